"""Scenes made up by seed: the same again, within their ranges, and with the truth that they claim."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from accuracy_bench.company import COMPANY, passer_by
from accuracy_bench.negatives import ACTIVITIES, LONGEST_S, SHORTEST_S, negative_scene
from accuracy_bench.repetitions import (
    CLEAN_M,
    CLEAR_OF_LINE,
    COUNTING_LINE,
    FAULT_M,
    random_reps,
    reached,
    true_repetition,
)
from accuracy_bench.sampling import SHORT_SIDE_DEG, band, camera_bearing_deg, random_lifter, random_shot, stream
from accuracy_bench.scenes import Scene, squat_scene
from edge_valgus.capture.drawn import Body, CameraView, RepScript, Squat, Stance
from edge_valgus.capture.drawn.actor import Player
from edge_valgus.capture.drawn.acts import Place, Squats
from edge_valgus.capture.drawn.camera import Camera
from edge_valgus.capture.drawn.look import Arms
from edge_valgus.capture.drawn.motion import KneePhase, TrueRep
from edge_valgus.config import Config

SEEDS = range(24)


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return [squat_scene(seed) for seed in SEEDS]


@pytest.fixture(scope="module")
def rep_sets() -> list:
    squat = Squat(Body(), Stance())
    return [random_reps(seed, squat, barbell=False) for seed in range(300)]


@pytest.mark.parametrize("make", [squat_scene, negative_scene], ids=["squats", "no squats"])
def test_a_seed_always_gives_the_same_scene(make):
    assert make(12) == make(12)
    assert make(12) != make(13)
    assert make(2**31 + 5).script.seed == 2**31 + 5


@pytest.mark.parametrize("make", [squat_scene, negative_scene], ids=["squats", "no squats"])
def test_a_negative_seed_is_refused(make):
    with pytest.raises(ValueError, match="seed = -1: expected 0 or more"):
        make(-1)


def test_scenes_stay_affordable_and_in_their_ranges(scenes):
    for scene in scenes:
        view, script = scene.script.view, scene.script
        (squats,) = [act for act in script.lifter.acts if isinstance(act, Squats)]
        assert 8.0 <= script.length_s <= 50.0
        assert 3 <= len(squats.reps) <= 8
        assert 0.4 <= view.height_m <= 1.5
        assert 2.0 <= view.distance_m <= 4.0
        assert abs(view.roll_deg) <= 5.0
        assert abs(camera_bearing_deg(view, squats.place)) <= 20.1
        assert 10.0 <= script.timing.fps <= 30.0
        assert 1 / 201 <= script.exposure.exposure_s <= 1 / 29
        assert scene.size_px in ((640, 480), (480, 640))
        assert scene.source().size_px == scene.size_px


def test_the_lifter_is_in_view_through_every_rep(scenes):
    for scene in scenes[:12]:
        stage = scene.source()
        for rep in stage.true_reps:
            for time_s in np.linspace(rep.start_s, rep.end_s, 9):
                assert stage.truth(float(time_s)).visible[11:].all(), f"seed {scene.seed} at {time_s:.2f} s"


def test_known_agrees_with_the_stage(scenes):
    scene = min(scenes, key=lambda scene: scene.source().frame_count)
    known, stage = scene.known(), scene.source()
    assert known.time_s.tolist() == stage.frame_times.tolist()
    assert known.depth.shape == known.in_view.shape == known.time_s.shape
    assert known.knee_in_m.shape == (len(known.time_s), 2)
    assert [rep.bottom_s for rep in known.reps] == [rep.bottom_s for rep in stage.true_reps]
    for rep in known.reps:
        during = (known.time_s >= rep.start_s) & (known.time_s <= rep.end_s)
        assert known.depth[during].max() <= rep.depth + 1e-9
        assert known.depth[during].max() > 0.7 * rep.depth
        assert known.knee_in_m[during].max() <= max(rep.knee_in_m) + 1e-3
    assert known.conditions == scene.conditions


def test_every_scene_says_the_same_dimensions(scenes):
    dimensions = set(scenes[0].conditions)
    assert {
        "yaw",
        "camera_height",
        "distance",
        "fps",
        "tempo_s",
        "arms",
        "legwear",
        "exposure_ms",
        "front",
        "company",
    } <= (dimensions)
    assert all(set(scene.conditions) == dimensions for scene in scenes)


def test_company_and_comings_come_in_parts(scenes):
    company = Counter(scene.conditions["company"] for scene in scenes)
    assert set(company) <= set(COMPANY)
    assert company["alone"] > len(scenes) // 4
    assert all(bool(scene.script.others) == (scene.conditions["company"] != "alone") for scene in scenes)
    assert len({scene.conditions["begins"] for scene in scenes}) >= 3


def test_whoever_has_a_second_lifter_beside_them_is_there_throughout():
    beside = [scene for seed in range(60) if (scene := squat_scene(seed)).conditions["company"] == "beside"]
    assert len(beside) >= 2
    for scene in beside:
        (other,) = scene.script.others
        assert any(isinstance(act, Squats) for act in other.acts)
        assert scene.conditions["begins"] not in ("walks in", "steps up")
        assert scene.conditions["ends"] not in ("walks out", "steps back")


@pytest.mark.parametrize("in_front", [False, True], ids=["behind", "in front"])
def test_passers_by_come_from_out_of_view_and_go_there(in_front):
    for seed in range(15):
        random = stream(seed, "test")
        shot = random_shot(random, random_lifter(random, barbell=False))
        player = Player(passer_by(random, shot, in_front=in_front, length_s=30.0))
        camera = Camera(shot.view, shot.size_px)
        for time_s, seen in ((player.actor.enters_s, False), (player.actor.ends_s, False), (None, True)):
            middle_s = (player.actor.enters_s + player.actor.ends_s) / 2
            posture = player.at(middle_s if time_s is None else time_s)
            points_m = posture.place.to_gym(posture.pose.keypoints)
            xy_px = camera.project(points_m)
            inside = ((xy_px >= 0) & (xy_px < shot.size_px)).all(axis=1) & (camera.to_camera(points_m)[:, 2] > 0)
            assert inside.any() == seen, f"seed {seed} at {time_s}"


def test_a_bar_in_the_rack_comes_to_lie_on_the_back():
    scene = next(scene for seed in range(200) if (scene := squat_scene(seed)).conditions["begins"] == "unracks")
    stage_bar_m, unrack = scene.script.frontage.racked_bar_m, scene.script.lifter.acts[0]
    assert unrack.racked_bar(scene.script.lifter.body)[1] == pytest.approx(stage_bar_m, abs=1e-3)
    assert unrack.racked_bar(scene.script.lifter.body)[2] < scene.script.frontage.uprights_z_m
    assert scene.script.lifter.look.arms is Arms.BARBELL


def test_no_rep_is_near_the_counting_line(rep_sets):
    assert Config().count.min_depth == COUNTING_LINE
    depths = np.array([rep.depth for rep_set in rep_sets for rep in rep_set.reps])
    assert (abs(depths - COUNTING_LINE) > CLEAR_OF_LINE).all()
    assert depths.min() >= 0.14
    assert 1.1 < depths.max() <= 1.25


def test_a_fifth_of_the_sets_has_partial_reps(rep_sets):
    partials = [sum(rep.depth < COUNTING_LINE for rep in rep_set.reps) for rep_set in rep_sets]
    assert 0.12 < np.mean([count > 0 for count in partials]) < 0.28
    assert max(partials) == 2
    assert all(
        (count > 0) == (rep_set.conditions["partials"] == "yes")
        for count, rep_set in zip(partials, rep_sets, strict=True)
    )


def test_half_of_the_reps_is_clean_and_faults_are_clear(rep_sets):
    squat = Squat(Body(), Stance())
    peaks = [reached(rep, squat) for rep_set in rep_sets[:45] for rep in rep_set.reps]
    worst, least = np.max(peaks, axis=1), np.min(peaks, axis=1)
    assert 0.4 < np.mean(worst <= CLEAN_M) < 0.65
    assert np.mean((worst > CLEAN_M) & (worst < FAULT_M)) < 0.1
    assert worst.max() <= 0.0801
    both = np.mean(least[worst >= FAULT_M] >= FAULT_M)
    assert 0.03 < both < 0.3
    clean = [knee for knee in np.ravel(peaks) if knee <= CLEAN_M]
    assert np.mean(np.array(clean) <= 0.01) > 0.8


def test_all_phases_and_tempos_come_up(rep_sets):
    reps = [rep for rep_set in rep_sets for rep in rep_set.reps]
    assert {rep.knee_in_phase for rep in reps} == set(KneePhase)
    moving_s = np.array([rep.descent_s + rep.ascent_s for rep in reps])
    assert moving_s.max() <= 6.01
    assert moving_s.min() < 1.1
    assert {"yes", "no"} == {rep_set.conditions["double_dip"] for rep_set in rep_sets}


def test_nobody_drops_faster_than_a_stone(rep_sets):
    squat = Squat(Body(), Stance())
    drop_m = squat.pose(0.0).pelvis[1] - squat.pose(1.0).pelvis[1]
    for rep in (rep for rep_set in rep_sets for rep in rep_set.reps):
        assert 5.77 * rep.depth * drop_m / min(rep.descent_s, rep.ascent_s) ** 2 < 9.81


@pytest.mark.parametrize(
    ("phase", "knee_in_m", "expected"),
    [
        (KneePhase.DESCENT, 0.06, "descent"),
        (KneePhase.BOTTOM, 0.06, "bottom"),
        (KneePhase.THROUGHOUT, 0.06, "bottom"),
        (KneePhase.ASCENT, 0.06, "ascent"),
        (KneePhase.ASCENT, 0.01, "none"),
    ],
    ids=["descent", "bottom", "throughout", "ascent", "clean"],
)
def test_truth_says_what_the_knees_reached_and_when(phase, knee_in_m, expected):
    rep = RepScript(depth=0.9, knee_in_right_m=knee_in_m, knee_in_phase=phase)
    true = TrueRep(1.0, 2.0, 3.0, 0.9, 0.0, knee_in_m)
    said = true_repetition(true, rep, Squat(Body(), Stance()))
    assert said.phase == expected
    assert said.knee_in_m == pytest.approx((0.0, knee_in_m), abs=1e-3)


def test_yaw_is_what_the_lifter_sees_of_the_camera():
    view = CameraView(yaw_deg=10.0)
    assert camera_bearing_deg(view, Place()) == pytest.approx(10.0)
    assert camera_bearing_deg(view, Place(turn_deg=4.0)) == pytest.approx(6.0)
    assert camera_bearing_deg(replace(view, yaw_deg=0.0, distance_m=2.0, sideways_m=0.35), Place()) == pytest.approx(
        9.93, abs=0.01
    )


@pytest.mark.parametrize(
    ("value", "expected"), [(-1, "0-10"), (0, "0-10"), (9.99, "0-10"), (10, "10-20"), (20, "10-20"), (25, "10-20")]
)
def test_bands(value, expected):
    assert band(value, (0, 10, 20)) == expected


def test_every_camera_is_one_that_can_be_bought():
    tangents = {np.tan(np.radians(short) / 2) for short in SHORT_SIDE_DEG.values()}
    for seed in range(40):
        lifter = random_lifter(stream(seed, "lifter"), barbell=False)
        shot = random_shot(stream(seed, "camera"), lifter)
        shorter = min(shot.size_px) / shot.size_px[1] * 0.5 / shot.view.focal_heights
        assert min(abs(shorter - tangent) for tangent in tangents) < 1e-3


def test_negatives_take_turns_and_nobody_squats():
    scenes = [negative_scene(seed) for seed in range(len(ACTIVITIES))]
    assert [scene.conditions["activity"] for scene in scenes] == list(ACTIVITIES)
    for scene in scenes:
        assert SHORTEST_S <= scene.script.length_s <= LONGEST_S
        assert scene.source().true_reps == ()
        everybody = [*scene.script.others, *([scene.script.lifter] if scene.script.lifter else [])]
        assert everybody
        assert not any(isinstance(act, Squats) for actor in everybody for act in actor.acts)


def test_known_of_a_scene_without_squats():
    scene = negative_scene(ACTIVITIES.index("people passing"))
    known = scene.known()
    assert known.reps == ()
    assert not known.depth.any()
    assert not known.in_view.any()


@pytest.mark.parametrize("activity", ["talking", "picking up", "unracking"])
def test_acts_of_a_scene_follow_on_each_other(activity):
    stage = negative_scene(ACTIVITIES.index(activity)).source()
    times_s = np.arange(0.0, stage.script.length_s, 0.04)
    hips = np.array([stage.truth(float(time_s)).xy_px[11:13].mean(axis=0) for time_s in times_s])
    height_px = stage.size_px[1]
    assert all(np.hypot(*(after - before)) < 0.05 * height_px for before, after in pairwise(hips))
