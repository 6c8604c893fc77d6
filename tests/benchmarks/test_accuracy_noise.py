"""The noise model: poses as a network would see them, without drawing anything."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from accuracy_bench import noise_fit
from accuracy_bench.noise import (
    KNOTS,
    PARTS,
    SMOOTHING,
    UNSEEN_SCORE,
    TrueJoints,
    Vantage,
    lifter_axes,
    load_table,
    noised,
    noised_poses,
    true_joints,
    vantage,
)
from accuracy_bench.noise_fidelity import compare, figures
from accuracy_bench.noise_samples import Sample, load, measure, path_of, save, seeds_of
from edge_valgus.capture.drawn import CameraView, DrawnLifter, RepScript, SetScript
from edge_valgus.capture.drawn.actor import Actor
from edge_valgus.capture.drawn.acts import Place, Squats
from edge_valgus.capture.drawn.stage import DrawnStage, StageScript
from edge_valgus.capture.drawn.timing import FrameTiming
from edge_valgus.frames import LEFT_ANKLE, LEFT_HIP, LEFT_KNEE, RIGHT_ANKLE, RIGHT_HIP
from edge_valgus.pose import PoseTracker

AHEAD = Vantage(0.95, 0.0, 0.0)
REPS = (RepScript(depth=1.0, descent_s=0.9, hold_s=0.1, ascent_s=0.9, rest_s=0.4),)


@pytest.fixture(scope="module")
def lifter() -> DrawnLifter:
    return DrawnLifter(SetScript(reps=REPS, lead_in_s=0.7))


@pytest.fixture(scope="module")
def true(lifter) -> TrueJoints:
    return true_joints(lifter)


def measured(true: TrueJoints, seed: int, *, view: Vantage = AHEAD, mean: float = 3.0, fresh: float = 2.0) -> Sample:
    """A sample whose joints are all so far outward and tremble so much, in % of leg length."""
    left, _, leg_px = lifter_axes(true)
    random = np.random.default_rng(seed)
    side = np.array([0.0] + [1.0, -1.0] * 8)
    off = mean * side[:, None] * left + fresh * random.normal(size=true.xy_px.shape)
    xy_px = true.xy_px + off / 100 * leg_px[:, None, None]
    score = random.uniform(0.6, 0.9, true.visible.shape)
    seen_from = np.array([view.height_m, view.yaw_deg, view.roll_deg])
    return Sample(true.time_s, true.xy_px, true.visible, true.depth, xy_px, xy_px, score, seen_from)


def stage(**changes) -> DrawnStage:
    return DrawnStage(StageScript(lifter=Actor((Squats(REPS, lead_in_s=0.7),), enters_s=0.5), **changes))


def test_the_same_seed_gives_the_same_poses_and_another_gives_others(lifter):
    first, again, other = (noised_poses(lifter, seed).poses for seed in (1, 1, 2))
    assert all(np.array_equal(a.xy_px, b.xy_px) for (_, a), (_, b) in zip(first, again, strict=True))
    assert not np.array_equal(first[5][1].xy_px, other[5][1].xy_px)


def test_there_is_a_pose_for_each_frame_at_its_time(lifter):
    poses = noised_poses(lifter, 3).poses
    assert [time_s for time_s, _ in poses] == pytest.approx([i / 30 for i in range(lifter.frame_count)])
    assert all(
        pose.time_s == time_s and pose.size_px == (640, 480) and pose.xy_px.dtype == np.float32
        for time_s, pose in poses
    )


def test_knees_are_off_by_a_few_percent_of_the_leg(true):
    _, _, leg_px = lifter_axes(true)
    off = []
    for seed in range(20):
        poses = noised(true, AHEAD, seed).poses
        off += [
            (pose.xy_px[LEFT_KNEE] - joints[LEFT_KNEE]) / leg_px[0]
            for (_, pose), joints in zip(poses, true.xy_px, strict=True)
        ]
    assert 0.008 < np.std(off) < 0.03


def test_a_high_camera_sees_the_hips_too_low_in_a_squat_and_a_low_one_does_not(true):
    def mean_rise_px(height_m: float) -> float:
        deep = np.flatnonzero(true.depth > 0.8)
        hips = [LEFT_HIP, RIGHT_HIP]
        rises = []
        for seed in range(30):
            poses = noised(true, Vantage(height_m, 0.0, 0.0), seed).poses
            rises += [float((true.xy_px[i, hips, 1] - poses[i][1].xy_px[hips, 1]).mean()) for i in deep]
        return float(np.mean(rises))

    assert mean_rise_px(1.4) + 3.0 < mean_rise_px(0.5)


def test_who_is_not_there_is_not_seen():
    poses = noised_poses(stage(), 0).poses
    assert [pose is None for _, pose in poses] == [time_s < 0.5 for time_s, _ in poses]


def test_nobody_is_seen_in_an_empty_gym():
    poses = noised_poses(DrawnStage(StageScript(duration_s=0.5)), 0).poses
    assert [pose for _, pose in poses] == [None] * 15


def test_frames_that_were_dropped_are_not_seen():
    scene = stage(timing=FrameTiming(fps=20.0, drop_share=0.2), seed=4)
    assert [time_s for time_s, _ in noised_poses(scene, 0).poses] == scene.frame_times.tolist()


def test_what_makes_a_source_will_do_as_well(lifter):
    class Scene:
        def source(self) -> DrawnLifter:
            return lifter

    assert len(noised_poses(Scene(), 0).poses) == lifter.frame_count


def test_something_not_drawn_is_refused():
    class Scene:
        def source(self) -> str:
            return "a film"

    with pytest.raises(TypeError, match="str: expected a scene whose truth is known"):
        noised_poses(Scene(), 0)


def test_joints_outside_the_picture_score_next_to_nothing(true):
    visible = true.visible.copy()
    visible[:, [LEFT_ANKLE, RIGHT_ANKLE]] = False
    for _, pose in noised(replace(true, visible=visible), AHEAD, 0).poses:
        assert pose.score[LEFT_ANKLE] == pytest.approx(UNSEEN_SCORE)
        assert pose.score[LEFT_KNEE] > UNSEEN_SCORE


def test_nobody_is_seen_whose_body_is_outside_the_picture(true):
    poses = noised(replace(true, visible=np.zeros_like(true.visible)), AHEAD, 0).poses
    assert all(pose is None for _, pose in poses)


@pytest.mark.parametrize("roll_deg", [0.0, 5.0, -5.0], ids=["upright", "rolled one way", "rolled the other way"])
def test_the_lifters_axes_follow_the_cameras_roll(roll_deg):
    drawn = DrawnLifter(SetScript(reps=REPS, view=CameraView(roll_deg=roll_deg)))
    left, up, leg_px = lifter_axes(true_joints(drawn))
    roll = math.radians(roll_deg)
    assert left == pytest.approx([math.cos(roll), -math.sin(roll)], abs=0.01)
    assert up == pytest.approx([-math.sin(roll), -math.cos(roll)], abs=0.01)
    assert np.ptp(leg_px) < 0.04 * leg_px[0]


@pytest.mark.parametrize(
    ("place", "yaw_deg"),
    [
        pytest.param(Place(), 10.0, id="in the middle"),
        pytest.param(Place(turn_deg=10.0), 0.0, id="turned to the camera"),
        pytest.param(Place(turn_deg=-5.0), 15.0, id="turned away from it"),
    ],
)
def test_yaw_is_the_cameras_as_the_lifter_sees_it(place, yaw_deg):
    script = StageScript(lifter=Actor((Squats(REPS, place=place),)), view=CameraView(yaw_deg=10.0, height_m=1.2))
    assert vantage(DrawnStage(script)).yaw_deg == pytest.approx(yaw_deg)
    assert vantage(DrawnStage(script)).height_m == 1.2


def test_the_table_says_how_it_was_fitted():
    table = load_table()
    assert table["sets"] >= 15
    assert table["fitted_to"]
    assert set(table) >= {*PARTS, "others"}


def test_the_smoothing_is_the_trackers():
    class Network:
        side_px = 192

    smooth = PoseTracker(Network())._smooth
    assert {"min_cutoff_hz": smooth._min_cutoff_hz, "beta": smooth._beta} == SMOOTHING


def twelve_sets(true: TrueJoints) -> list[Sample]:
    views = [Vantage(height_m, yaw_deg, 0.0) for height_m in (0.5, 0.9, 1.4) for yaw_deg in (-15, -5, 5, 15)]
    return [measured(true, seed, view=view) for seed, view in enumerate(views)]


@pytest.fixture(scope="module")
def fitted(true) -> dict:
    return noise_fit.fit(twelve_sets(true))


def test_the_fit_finds_a_bias_that_is_there(fitted):
    knee = fitted["both"]["knee.out"]
    assert knee["mean"][0] == pytest.approx([3.0] * len(KNOTS), abs=0.6)
    assert fitted["apart"]["knee.out"]["mean"][0] == pytest.approx([0.0] * len(KNOTS), abs=0.6)


def test_the_fit_finds_the_noise_that_is_there(fitted):
    knee = fitted["both"]["knee.out"]
    assert knee["fresh"] == pytest.approx(2.0 / math.sqrt(2), rel=0.1)
    assert knee["drift"] < 0.5
    assert knee["outliers"] < 0.01
    assert fitted["lost_frames"] == 0.0


def test_too_few_sets_are_refused(true):
    with pytest.raises(ValueError, match="9 sets: expected ten or more"):
        noise_fit.fit([measured(true, seed) for seed in range(9)])


def test_figures_of_an_exact_network_are_nothing(true):
    exact = dict(figures([measured(true, 0, mean=0.0, fresh=0.0)]))
    assert all(abs(value) < 1e-6 for name, value in exact.items() if not name.startswith("score"))


def test_figures_compare_what_was_measured_with_what_is_simulated(true):
    rows = {row.name: row for row in compare([measured(true, 0), measured(true, 1)], repeats=2)}
    jitter = rows["jitter of the knees, sideways"]
    assert jitter.measured == pytest.approx(2.0 * math.sqrt(2), rel=0.1)  # not smoothed
    assert 0.3 < jitter.simulated < 1.5


class Sees:
    """A network that sees the same standing person in whatever it is shown."""

    side_px = 192

    def __init__(self, score: float) -> None:
        self._score = score

    def infer(self, square):
        assert square.shape == (1, 192, 192, 3)
        x = np.array([0, 1, -1, 2, -2, 9, -9, 12, -12, 13, -13, 6, -6, 7, -7, 7, -7]) / 100 + 0.5
        y = np.array([10, 9, 9, 10, 10, 22, 22, 35, 35, 47, 47, 50, 50, 68, 68, 86, 86]) / 100
        return np.stack([y, x, np.full(17, self._score)], axis=1).astype(np.float32)


@pytest.fixture
def brief_source() -> DrawnLifter:
    rep = RepScript(depth=0.3, descent_s=0.2, hold_s=0.0, ascent_s=0.2, rest_s=0.0)
    return DrawnLifter(SetScript(reps=(rep,), lead_in_s=0.1), size_px=(160, 120))


def test_measured_are_the_truth_what_was_believed_and_what_was_made_of_it(brief_source):
    sample = measure(brief_source, Sees(0.8))
    assert len(sample.time_s) == brief_source.frame_count
    assert sample.true_px[3] == pytest.approx(brief_source.truth(sample.time_s[3]).xy_px)
    assert np.array_equal(sample.raw_px[0], sample.pose_px[0])
    assert not np.array_equal(sample.raw_px[5], sample.pose_px[5])
    assert sample.score == pytest.approx(0.8)


def test_measured_frames_without_anybody_are_empty(brief_source):
    sample = measure(brief_source, Sees(0.05))
    assert np.isnan(sample.raw_px).all()
    assert np.isnan(sample.pose_px).all()


def test_samples_come_back_as_they_were_kept(true, tmp_path):
    sample = measured(true, 0)
    save(sample, path_of(tmp_path, "scenes", 7))
    (back,) = load(tmp_path, ["scenes:5:9"])
    assert np.array_equal(back.raw_px, sample.raw_px)
    assert back.vantage == AHEAD


def test_a_folder_without_samples_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match="no samples of sets:3:5; run `measure` first"):
        load(tmp_path, ["sets:3:5"])


@pytest.mark.parametrize("choice", ["sets", "sets:1", "films:1:2", "sets:a:2", "sets:2:2", "sets:-1:2"])
def test_a_choice_of_samples_that_is_none_is_named(choice):
    with pytest.raises(ValueError, match="expected KIND:FIRST:END with a kind of sets or scenes"):
        seeds_of(choice)


def test_frames_partly_outside_the_picture_are_not_fitted(true):
    wild = []
    for sample in twelve_sets(true):
        visible, raw_px = sample.visible.copy(), sample.raw_px.copy()
        visible[:10, LEFT_ANKLE] = False
        raw_px[:10] += 300.0
        wild.append(replace(sample, visible=visible, raw_px=raw_px))
    assert noise_fit.fit(wild)["both"]["knee.up"]["mean"][0] == pytest.approx([0.0] * len(KNOTS), abs=0.6)


@pytest.mark.parametrize(
    "arguments", [[], ["fit"], ["dance", "folder", "1:2"]], ids=["none", "too few", "unknown task"]
)
def test_a_wrong_command_line_shows_the_usage(arguments):
    with pytest.raises(SystemExit, match="usage"):
        noise_fit.main(arguments)
