"""Several people on one stage, things in front, and motion blur."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from edge_valgus.capture.drawn import (
    Actor,
    Arms,
    Bench,
    Body,
    Camera,
    CameraView,
    DrawnLifter,
    DrawnStage,
    Exposure,
    FloorPlate,
    FrameTiming,
    Frontage,
    Hair,
    Light,
    Look,
    RepScript,
    SetScript,
    Squat,
    StageScript,
    Stance,
    wall_z_m,
)
from edge_valgus.capture.drawn.acts import Place, Posture, Squats
from edge_valgus.capture.drawn.render import Canvas
from edge_valgus.capture.drawn.scene import gym
from edge_valgus.capture.drawn.skeleton import stand_up
from edge_valgus.capture.drawn.solids import FAR_M, Solid
from edge_valgus.frames import LEFT_EYE, LEFT_KNEE, LEFT_SHOULDER, RIGHT_EYE, RIGHT_KNEE

SMALL = (240, 180)
QUICK = RepScript(descent_s=0.2, hold_s=0.1, ascent_s=0.2, rest_s=0.1)
GREEN, PINK, BLUE, HAIR = (20, 200, 40), (220, 40, 200), (20, 30, 120), (200, 190, 20)
CLEAN = Look(noise=0.0, light=Light(warmth=0.0))
BARE_KNEES = Look(legwear_rgb=GREEN, skin_rgb=PINK, hair_rgb=HAIR, arms=Arms.CROSSED)
ALL_BLUE = Look(legwear_rgb=BLUE, skin_rgb=BLUE, hair_rgb=BLUE, shirt_rgb=BLUE, shoe_rgb=BLUE, sole_rgb=BLUE)
ON_THE_SPOT = Place()


@dataclass(frozen=True)
class Still:
    """Stands, or slides along at a speed along x, for a while."""

    place: Place = ON_THE_SPOT
    duration_s: float = 1.0
    speed_mps: float = 0.0
    barbell: bool = False

    def performed_by(self, body):
        pose = stand_up(body, Squat(body, Stance()).pose(0.0), Arms.SIDES, 0.0)

        def at(time_s):
            place = replace(self.place, x_m=self.place.x_m + self.speed_mps * time_s)
            return Posture(pose, place, barbell=self.barbell)

        return at


def person(place=ON_THE_SPOT, look=BARE_KNEES, **act):
    return Actor((Still(place, **act),), look=look)


def first_image(lifter=None, *others, **script):
    script = {"duration_s": 0.1, "room": CLEAN, **script}
    stage = DrawnStage(StageScript(lifter, others, **script), size_px=SMALL)
    return next(iter(stage)).image.astype(int)


def colour_at(image, xy_px):
    """Which channel is strongest, e.g. "red+blue" for pink; "grey" for none."""
    pixel = image[int(xy_px[1]), int(xy_px[0])]
    if np.ptp(pixel) < 40:
        return "grey"
    strong = pixel > (pixel.min() + pixel.max()) / 2
    return "+".join(name for name, on in zip(("red", "green", "blue"), strong, strict=True) if on)


def lifter_px(actor, joint, **script):
    return DrawnStage(StageScript(actor, **script), size_px=SMALL).truth(0.0).xy_px[joint]


@pytest.mark.parametrize("time_s", [0.0, 0.2, 0.35], ids=["standing", "going down", "at the bottom"])
def test_a_lone_lifter_is_the_drawn_lifter(time_s):
    alone = DrawnLifter(SetScript(reps=(QUICK,), lead_in_s=0.1, look=CLEAN), size_px=SMALL, fps=20.0)
    actor = Actor((Squats((QUICK,), arms=CLEAN.arms, lead_in_s=0.1),), look=CLEAN)
    stage = DrawnStage(StageScript(actor, room=CLEAN, timing=FrameTiming(fps=20.0)), size_px=SMALL)
    assert stage.frame_count == alone.frame_count
    assert stage.true_reps == alone.true_reps
    assert stage.truth(time_s).xy_px == pytest.approx(alone.truth(time_s).xy_px, abs=1e-4)
    pairs = zip(stage, alone, strict=True)
    images = next((a.image.astype(int), b.image) for a, b in pairs if abs(b.time_s - time_s) < 0.02)
    assert np.abs(images[0] - images[1]).mean() < 1.0


PLACES = {
    "on the spot": Place(),
    "aside and behind": Place(0.6, -0.8, 0.0),
    "turned to the left": Place(-0.3, 0.2, 40.0),
    "turned to the right": Place(0.2, -0.3, -50.0),
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_joints_are_where_the_figure_is(place):
    actor = person(place)
    image = first_image(actor)
    for joint in (LEFT_KNEE, RIGHT_KNEE):
        assert colour_at(image, lifter_px(actor, joint)) == "red+blue", "bare knees under shorts"


@pytest.mark.parametrize(
    ("turn_deg", "hair", "colour"),
    [
        (0.0, Hair.LONG, "red+blue"),
        (180.0, Hair.LONG, "red+green"),
        (180.0, Hair.SHORT, "red+green"),
        (180.0, Hair.NONE, "red+blue"),
    ],
    ids=["a face from the front", "long hair from behind", "short hair from behind", "a bald head from behind"],
)
def test_who_faces_away_shows_the_back_of_the_head(turn_deg, hair, colour):
    actor = person(Place(turn_deg=turn_deg), replace(BARE_KNEES, hair=hair))
    between_eyes = lifter_px(actor, [LEFT_EYE, RIGHT_EYE]).mean(axis=0)
    assert colour_at(first_image(actor), between_eyes) == colour


def test_who_faces_away_has_the_left_on_the_left():
    away = person(Place(turn_deg=180.0))
    assert lifter_px(away, LEFT_KNEE)[0] < SMALL[0] / 2 < lifter_px(away, RIGHT_KNEE)[0]


@pytest.mark.parametrize(
    ("z_m", "seen"),
    [(-0.8, "red+blue"), (0.8, "blue")],
    ids=["behind: hidden by the lifter", "in front: hides the lifter"],
)
def test_the_nearer_person_hides_the_farther(z_m, seen):
    lifter = person()
    camera_height = CameraView(height_m=0.47)
    other = person(Place(z_m=z_m), ALL_BLUE)
    image = first_image(lifter, other, view=camera_height)
    assert colour_at(image, lifter_px(lifter, LEFT_KNEE, view=camera_height)) == seen


@pytest.mark.parametrize(("z_m", "seen"), [(0.4, "green"), (-0.5, "red+blue")], ids=["in front", "behind"])
def test_an_upright_hides_a_knee_it_stands_before(z_m, seen):
    lifter, view = person(), CameraView(height_m=0.47)
    knee = Squat(Body(), Stance()).pose(0.0).left.knee
    in_line = float(knee[0]) * (view.distance_m - z_m) / (view.distance_m - float(knee[2]))
    rack = Frontage(uprights_x_m=(in_line,), uprights_z_m=z_m, thickness_m=0.1, colour=GREEN)
    image = first_image(lifter, frontage=rack, view=view)
    assert colour_at(image, lifter_px(lifter, LEFT_KNEE, view=view)) == seen


FRONTAGES = {
    "safety bars": Frontage(uprights_x_m=(-0.6, 0.6), safety_m=0.6),
    "a crossbar": Frontage(uprights_x_m=(-0.6, 0.6), top_bar=True, height_m=1.4),
    "a bench across": Frontage(benches=(Bench(0.2, 0.8),)),
    "a bench along": Frontage(benches=(Bench(0.4, 0.5, across=False),)),
    "a plate": Frontage(plates=(FloorPlate(0.4, 0.6),)),
    "a bar on hooks": Frontage(racked_bar_m=1.3),
}


@pytest.mark.parametrize("frontage", FRONTAGES.values(), ids=FRONTAGES)
def test_each_thing_in_front_is_seen(frontage):
    bare = replace(frontage, safety_m=None, top_bar=False, benches=(), plates=(), racked_bar_m=None)
    changed = np.abs(first_image(frontage=frontage) - first_image(frontage=bare)).max(axis=2) > 25
    assert changed.sum() > 40


def test_the_barbell_is_on_the_back_or_on_the_hooks():
    hooks = Frontage(racked_bar_m=1.2, uprights_z_m=0.5)
    shown = {
        (carried, hung): first_image(person(barbell=carried), frontage=hooks if hung else Frontage())
        for carried in (True, False)
        for hung in (True, False)
    }
    assert (shown[True, True] == shown[True, False]).all(), "the one bar there is lies on the back"
    assert (shown[False, True] != shown[False, False]).any(axis=2).sum() > 500
    assert (shown[True, False] != shown[False, False]).any(axis=2).sum() > 500


def test_a_look_with_barbell_arms_alone_draws_no_barbell():
    with_arms = first_image(person(look=replace(BARE_KNEES, arms=Arms.BARBELL)))
    assert (with_arms == first_image(person())).all()


def test_people_cast_shadows_that_go_with_them():
    empty = first_image()
    for x_m in (-0.5, 0.5):
        image = first_image(person(Place(x_m=x_m)))
        camera = Camera(CameraView(), SMALL)
        under, elsewhere = (camera.project(np.array([x, 0.0, 0.22])).astype(int) for x in (x_m, -x_m))
        assert image[under[1], under[0]].sum() < 0.8 * empty[under[1], under[0]].sum()
        assert image[elsewhere[1], elsewhere[0]] == pytest.approx(empty[elsewhere[1], elsewhere[0]], abs=8)


def test_the_gyms_rack_hides_who_walks_behind_it():
    seeds = (seed for seed in range(50) if wall_z_m(seed) < -2.5)
    for seed in seeds:
        room = replace(CLEAN, room_seed=seed)
        depth_m = gym(Camera(CameraView(), SMALL), room, np.zeros((0, 4))).depth_m
        nearest = depth_m < CameraView().distance_m + 1.3
        nearest[SMALL[1] // 2 :] = False
        if nearest.any():
            break
    empty = first_image(room=room)
    crowd = [person(Place(x_m, -1.6), ALL_BLUE) for x_m in np.linspace(-1.5, 1.5, 7)]
    image = first_image(None, *crowd, room=room)
    assert (image != empty).any(axis=2).sum() > 3000
    assert (image[nearest] == empty[nearest]).all()


HARD_PLACES = {
    "left of the picture": Place(-4.0, 0.0),
    "half outside": Place(-1.6, 0.3),
    "against the lens": Place(0.0, 2.3),
    "around the lens": Place(0.05, 2.6),
    "behind the camera": Place(0.3, 4.0),
    "far away": Place(0.0, -40.0),
}


@pytest.mark.parametrize("place", HARD_PLACES.values(), ids=HARD_PLACES)
def test_people_may_be_anywhere(place):
    image = first_image(person(place), person())
    truth = DrawnStage(StageScript(person(place)), size_px=SMALL).truth(0.0)
    assert image.shape == (180, 240, 3)
    inside = ((truth.xy_px >= 0) & (truth.xy_px < SMALL)).all(axis=1)
    assert (truth.visible == inside).all()


def test_what_reaches_into_the_picture_is_drawn_although_the_person_is_outside():
    outside = Place(-2.4, 0.0)
    assert not DrawnStage(StageScript(person(outside)), size_px=SMALL).truth(0.0).visible.any()
    empty, bar = first_image(), first_image(person(outside, barbell=True))
    assert (bar != empty).any(axis=2).sum() > 100


def test_joints_behind_the_lens_have_no_place():
    truth = DrawnStage(StageScript(person(Place(0.3, 4.0)))).truth(0.0)
    assert np.isnan(truth.xy_px).all()
    assert not truth.visible.any()


def test_truth_counts_reps_over_all_squats():
    first, second = Squats((QUICK, QUICK), lead_in_s=0.2), Squats((QUICK,), lead_in_s=0.3, place=Place(0.2))
    actor = Actor((first, Still(duration_s=0.5), second), enters_s=1.0)
    stage = DrawnStage(StageScript(actor))
    begins_s = 1.0 + first.duration_s + 0.5 + 0.3
    assert [rep.start_s for rep in stage.true_reps] == pytest.approx([1.2, 1.8, begins_s])
    for index, rep in enumerate(stage.true_reps):
        truth = stage.truth(rep.bottom_s)
        assert truth.rep_index == index
        assert truth.depth == pytest.approx(1.0)
    between = stage.truth(1.0 + first.duration_s + 0.25)
    assert between.rep_index is None
    assert between.visible[LEFT_SHOULDER]


@pytest.mark.parametrize(
    ("time_s", "leaves", "there"),
    [(0.9, False, False), (1.1, False, True), (1.9, True, True), (2.1, True, False), (60.0, False, True)],
    ids=["before entering", "just entered", "before leaving", "gone", "stays for good"],
)
def test_who_is_there_when(time_s, leaves, there):
    stage = DrawnStage(StageScript(replace(person(), enters_s=1.0, leaves=leaves)))
    truth = stage.truth(time_s)
    assert truth.visible.any() == there
    assert np.isnan(truth.xy_px).all() != there
    if not there:
        assert (truth.depth, truth.rep_index) == (0.0, None)


def test_an_empty_gym_has_a_truth_of_nobody():
    stage = DrawnStage(StageScript(None, (person(),), duration_s=0.2, room=CLEAN), size_px=SMALL)
    assert stage.true_reps == ()
    assert np.isnan(stage.truth(0.1).xy_px).all()
    assert len(list(stage)) == stage.frame_count == 6


def test_blur_is_the_mean_of_the_exposure():
    walks, stands = person(look=ALL_BLUE, speed_mps=2.5), person(Place(-0.6, 0.4))
    script = StageScript(walks, (stands,), room=CLEAN, duration_s=0.1)
    sharp = [
        frame.image.astype(float) for frame in DrawnStage(replace(script, timing=FrameTiming(90.0)), size_px=SMALL)
    ]
    blurred = DrawnStage(replace(script, exposure=Exposure(1 / 30, 3)), size_px=SMALL)
    image = [frame.image.astype(float) for frame in blurred][1]
    assert np.abs(image - np.mean(sharp[2:5], axis=0)).max() <= 1.0
    assert np.abs(image - sharp[3]).max() > 20


def test_who_stands_still_is_not_blurred():
    script = StageScript(person(), room=CLEAN, duration_s=0.1)
    pairs = zip(*(DrawnStage(replace(script, exposure=Exposure(s)), size_px=SMALL) for s in (0.0, 0.05)), strict=True)
    assert all((a.image == b.image).all() for a, b in pairs)


def crowded(seed=0):
    return StageScript(
        Actor((Squats((QUICK,), arms=Arms.BARBELL, lead_in_s=0.1),), look=replace(BARE_KNEES, arms=Arms.BARBELL)),
        (person(Place(0.6, -0.9, 90.0), ALL_BLUE, speed_mps=1.2), person(Place(-0.9, 1.0, 30.0))),
        room=Look(noise=2.0, room_seed=4),
        frontage=Frontage(uprights_x_m=(-0.6, 0.6), safety_m=0.6),
        exposure=Exposure(0.02, 2),
        duration_s=0.4,
        timing=FrameTiming(fps=15.0, drop_share=0.2, jitter_s=0.005),
        seed=seed,
    )


def test_same_script_same_pixels_and_another_seed_others():
    stage = DrawnStage(crowded(), size_px=SMALL)
    first = [(frame.time_s, frame.image.copy()) for frame in stage]
    for again in (stage, DrawnStage(crowded(), size_px=SMALL)):
        for (time_s, image), frame in zip(first, again, strict=True):
            assert time_s == frame.time_s
            assert (image == frame.image).all()
    assert [time_s for time_s, _ in first] == stage.frame_times.tolist()
    assert (first[0][1] != next(iter(DrawnStage(crowded(seed=1), size_px=SMALL))).image).any()


def test_a_rod_that_points_at_the_camera_is_solid():
    camera = Camera(CameraView(height_m=1.0, distance_m=2.0, focal_heights=1.0), (640, 480))
    rod = Solid(np.array([0.0, 0.8, 0.5]), np.array([0.0, 0.2, -1.0]), 0.03, 0.03, (200, 200, 200))
    ends = [camera.project(point) for point in (rod.start, rod.end)]
    reached = {}
    for opaque in (True, False):
        canvas = Canvas(np.zeros((3, 480, 640), np.float32), camera, Light(), opaque=opaque)
        canvas.draw([rod])
        row = int(0.5 * (ends[0][1] + ends[1][1]))
        reached[opaque] = float(canvas.rgb[0, row, 320])
    assert reached[True] > 60
    assert reached[True] > 1.5 * reached[False]


def test_a_background_with_depth_hides_what_is_behind_it():
    camera = Camera(CameraView(height_m=1.0, distance_m=2.0, focal_heights=1.0), (640, 480))
    depth_m = np.full((480, 640), FAR_M, np.float32)
    depth_m[:, :320] = 1.5
    canvas = Canvas(np.zeros((3, 480, 640), np.float32), camera, Light(), depth_m)
    for _ in range(2):
        centre = np.array([0.0, 1.0, 0.0])
        canvas.draw([Solid(centre, centre, 0.2, 0.2, (200, 200, 200))])
        assert not canvas.rgb[:, :, :320].any()
        assert canvas.rgb[0, 240, 330] > 60
        canvas.restore()


WRONG = {
    "nobody and no end": (StageScript, "duration_s"),
    "a negative length": (lambda: StageScript(duration_s=-1.0), "duration_s"),
    "an actor without acts": (lambda: Actor(()), "acts"),
    "entering before the beginning": (lambda: Actor((Still(),), enters_s=-1.0), "enters_s"),
    "an exposure of a second": (lambda: Exposure(1.0), "exposure_s"),
    "no sub-frames": (lambda: Exposure(0.1, 0), "sub_frames"),
    "most frames missing": (lambda: FrameTiming(drop_share=0.9), "drop_share"),
    "runs of no frames": (lambda: FrameTiming(run_frames=0.0), "run_frames"),
    "safety bars above the rack": (lambda: Frontage(safety_m=3.0), "safety_m"),
    "a huge picture": (lambda: DrawnStage(StageScript(duration_s=1.0), size_px=(640, 10_000)), "size_px"),
}


@pytest.mark.parametrize(("make", "key"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_is_refused_by_name(make, key):
    with pytest.raises(ValueError, match=key):
        make()
