"""Following one lifter, with a network whose answers are known."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from pose_samples import (
    BYSTANDER,
    FRAME_S,
    LIFTER,
    NOBODY,
    Scripted,
    is_mirrored,
    map_picture,
    one_deep_rep,
    scores,
    seen_mirrored,
    stand,
    track,
)

from edge_valgus.config import ZoneConfig
from edge_valgus.frames import LEFT_ELBOW, LEFT_WRIST, RIGHT_ANKLE, RIGHT_KNEE
from edge_valgus.pose.crop import search_crops
from edge_valgus.pose.gate import height_px
from edge_valgus.pose.smooth import GAP_S
from edge_valgus.pose.tracker import LOST_AFTER_S, MAX_JUMP, PoseTracker


class Fixed:
    """A network that sees somebody in the same place of every square that it is shown."""

    side_px = 192

    def __init__(self):
        self.answer = np.concatenate([stand((0.48, 0.9), 0.8)[:, ::-1], scores()[:, None]], axis=1)

    def infer(self, square):
        answer = self.answer.astype(np.float32)
        return seen_mirrored(answer) if is_mirrored(square) else answer


class Reusing(Fixed):
    """A network that gives its answers out of memory of its own."""

    def __init__(self):
        super().__init__()
        straight = self.answer.astype(np.float32)
        self.memory = {False: straight, True: seen_mirrored(straight)}

    def infer(self, square):
        return self.memory[is_mirrored(square)]


@pytest.mark.parametrize("size_px", [(640, 480), (480, 640), (1920, 1080)], ids=str)
def test_keypoints_come_back_in_frame_pixels_exactly(size_px):
    network, zone = Fixed(), ZoneConfig()
    tracker = PoseTracker(network, zone)
    x_y = network.answer[:, 1::-1]
    pose = tracker.track(map_picture(0.0, size_px))
    searched = [crop.side_px * x_y + (crop.left_px, crop.top_px) for crop in search_crops(size_px, 0.0, 1.0)]
    assert min(np.abs(pose.xy_px - xy_px).max() for xy_px in searched) < 1e-3
    assert pose.xy_px.dtype == pose.score.dtype == np.float32
    assert np.array_equal(pose.score, scores())
    assert (pose.time_s, pose.size_px) == (0.0, size_px)
    for index in range(1, 5):
        crop = tracker.crop
        pose = tracker.track(map_picture(index * (GAP_S + 0.01), size_px))  # after a gap nothing is smoothed
        assert np.abs(pose.xy_px - (crop.side_px * x_y + (crop.left_px, crop.top_px))).max() < 1e-3


def test_every_other_frame_is_shown_mirrored_whether_believed_or_not():
    answer = (LIFTER, scores())
    network = Scripted(lambda _: answer)
    tracker = PoseTracker(network)
    track(tracker, 0.5)
    answer = NOBODY
    assert track(tracker, 0.6, start_s=0.5) == [None] * 3
    answer = (LIFTER, scores())
    track(tracker, 1.0, start_s=0.6)
    assert len(network.mirrored) == 30
    assert all(now != before for before, now in pairwise(network.mirrored))


@pytest.mark.parametrize("mirrored", [False, True], ids=["shown as it is", "shown mirrored"])
def test_each_keypoint_comes_back_in_its_place_with_its_own_score(mirrored):
    lopsided = LIFTER.copy()
    lopsided[[LEFT_WRIST, LEFT_ELBOW]] -= np.float32([[-10.0, 180.0], [-20.0, 90.0]])
    lopsided[[RIGHT_KNEE, RIGHT_ANKLE]] -= np.float32([[25.0, 15.0], [30.0, 5.0]])
    score = np.linspace(0.5, 0.9, 17, dtype=np.float32)
    network = Scripted(lambda _: (lopsided, score))
    tracker = PoseTracker(network)
    poses = [tracker.track(map_picture(index * (GAP_S + 0.01))) for index in range(6)]  # nothing is smoothed
    shown = [pose for pose, seen in zip(poses, network.mirrored, strict=True) if seen == mirrored]
    assert shown
    for pose in shown:
        assert np.abs(pose.xy_px - lopsided).max() < 1.0
        assert np.array_equal(pose.score, score)


def test_somebody_who_stands_still_does_so_in_the_mirrored_frames_as_well():
    poses = track(PoseTracker(Scripted(lambda _: (LIFTER, scores()))), 1.0)
    assert np.ptp([pose.xy_px for pose in poses[5:]], axis=0).max() < 0.5


def test_the_memory_that_a_network_answers_from_stays_its_own():
    network = Reusing()
    kept = {mirrored: answer.copy() for mirrored, answer in network.memory.items()}
    poses = track(PoseTracker(network), 0.2)
    for mirrored, answer in network.memory.items():
        assert np.array_equal(answer, kept[mirrored]), f"written to, mirrored={mirrored}"
        answer[:] = 0.0
    assert all(np.array_equal(pose.score, scores()) and pose.xy_px.all() for pose in poses), "handed on"


def test_the_network_is_shown_the_lifter():
    network = Scripted(lambda _: (LIFTER, scores()))
    poses = track(PoseTracker(network), 1.0)
    assert max(np.abs(pose.xy_px - LIFTER).max() for pose in poses) < 1.0
    for crop in network.shown[1:]:
        assert crop.contains(LIFTER).all()
        assert crop.side_px < 560


def test_the_square_that_is_shown_is_the_one_that_the_tracker_names():
    network = Scripted(lambda _: (LIFTER, scores()))
    tracker = PoseTracker(network)
    track(tracker, 0.5)
    named = tracker.crop
    tracker.track(map_picture(0.6))
    shown = network.shown[-1]
    assert (shown.left_px, shown.top_px, shown.side_px) == pytest.approx(
        (named.left_px, named.top_px, named.side_px), abs=0.5
    )


def test_a_squat_is_followed_from_standing_to_the_bottom_and_back():
    lifter = one_deep_rep()
    network = Scripted(lambda _: (here.xy_px, scores()))
    tracker = PoseTracker(network)
    for time_s in np.arange(0.0, 8.0, FRAME_S):
        here = lifter.truth(float(time_s))
        pose = tracker.track(map_picture(float(time_s)))
        assert pose is not None, f"lost at {time_s:.2f} s"
        assert np.abs(pose.xy_px - here.xy_px).max() < 25.0


def test_a_bystander_whom_the_network_prefers_for_a_moment_is_not_followed():
    answer = LIFTER
    network = Scripted(lambda _: (answer, scores()))
    tracker = PoseTracker(network)
    track(tracker, 1.0)
    followed = tracker.crop
    answer = BYSTANDER
    assert track(tracker, 1.5, start_s=1.0) == [None] * 15
    assert tracker.crop == followed
    answer = LIFTER
    pose = tracker.track(map_picture(1.5))
    assert np.abs(pose.xy_px - LIFTER).max() < 1.0


def test_a_bystander_outside_the_square_cannot_take_over():
    """The network sees only what is shown to it; whoever is nearest to the middle of that wins."""
    people = [LIFTER, stand((610, 450), 400)]

    def nearest(crop):
        middle = np.array((crop.left_px + crop.side_px / 2, crop.top_px + crop.side_px / 2))
        shown = [xy_px for xy_px in people if crop.contains(xy_px).mean() > 0.8]
        return min(shown, key=lambda xy_px: np.hypot(*(xy_px.mean(axis=0) - middle))), scores()

    tracker = PoseTracker(Scripted(nearest))
    poses = track(tracker, 3.0)
    assert all(np.abs(pose.xy_px - LIFTER).max() < 1.0 for pose in poses if pose is not None)
    assert sum(pose is not None for pose in poses) > 80


@pytest.mark.parametrize(("share", "followed"), [(0.8, True), (1.3, False)], ids=["a lunge aside", "a jump"])
def test_a_body_moves_no_further_in_a_frame_than(share, followed):
    answer = LIFTER
    tracker = PoseTracker(Scripted(lambda _: (answer, scores())))
    track(tracker, 1.0)
    answer = LIFTER + np.float32([share * MAX_JUMP * tracker.crop.side_px, 0.0])
    assert (tracker.track(map_picture(1.0)) is not None) == followed


def test_whoever_crosses_in_front_of_somebody_at_the_bottom_is_not_followed():
    """His skeleton is half the lifter's at first: near enough to have moved there, but of another size."""
    answer = LIFTER
    tracker = PoseTracker(Scripted(lambda _: (answer, scores())))
    track(tracker, 1.0)
    squatting = LIFTER.copy()
    squatting[:13, 1] += 100.0
    answer = squatting
    assert None not in track(tracker, 2.0, start_s=1.0)
    answer = stand((330, 500), 470)
    assert track(tracker, 2.0 + LOST_AFTER_S - 0.1, start_s=2.0) == [None] * 19
    answer = LIFTER  # up again meanwhile, and no taller than he was
    assert tracker.track(map_picture(2.6)) is not None


@pytest.mark.parametrize(
    ("growth_a_s", "fps", "followed"),
    [(0.45, 30, True), (0.45, 10, True), (1.5, 30, False), (1.5, 10, False)],
    ids=["walks closer", "walks closer, 10 fps", "hidden by somebody nearer", "hidden by somebody nearer, 10 fps"],
)
def test_nobody_gets_taller_faster_than_people_walk(growth_a_s, fps, followed):
    tall_px = 300.0
    tracker = PoseTracker(Scripted(lambda _: (stand((300, 460), tall_px), scores())))
    track(tracker, 1.0, step_s=1 / fps)
    poses = []
    for time_s in np.arange(1.0, 1.0 + LOST_AFTER_S - 0.05, 1 / fps):
        tall_px *= (1.0 + growth_a_s) ** (1 / fps)
        poses.append(tracker.track(map_picture(float(time_s))))
    assert (poses[-1] is not None) == followed


def test_raised_arms_make_nobody_taller():
    raised = LIFTER.copy()
    raised[[LEFT_ELBOW, LEFT_WRIST], 1] -= np.float32([200.0, 300.0])
    assert height_px(raised, scores()) == height_px(LIFTER, scores())


def test_somebody_lost_is_looked_for_where_he_was_for_a_while_and_then_everywhere():
    answer = (LIFTER, scores())
    network = Scripted(lambda _: answer)
    tracker = PoseTracker(network)
    track(tracker, 1.0)
    answer = NOBODY
    before = len(network.shown)
    assert track(tracker, 1.0 + LOST_AFTER_S - 0.05, start_s=1.0) == [None] * 20
    assert tracker.crop is not None
    assert len({round(crop.side_px, -1) for crop in network.shown[before:]}) == 1
    track(tracker, 1.0 + LOST_AFTER_S + 0.05, start_s=1.0 + LOST_AFTER_S - 0.05)
    assert tracker.crop is None
    before = len(network.shown)
    track(tracker, 3.0, start_s=2.0)
    assert {round(crop.side_px, -1) for crop in network.shown[before:]} == {480, 640}


def test_whoever_comes_next_is_taken_as_he_is():
    answer = (LIFTER, scores())
    tracker = PoseTracker(Scripted(lambda _: answer))
    track(tracker, 1.0)
    answer = NOBODY
    track(tracker, 2.0, start_s=1.0)
    answer = (BYSTANDER, scores())
    pose = tracker.track(map_picture(2.0))
    assert np.abs(pose.xy_px - BYSTANDER).max() < 1.0, "smoothed from where the last one stood"


def test_reset_begins_to_search_at_once():
    tracker = PoseTracker(Scripted(lambda _: (LIFTER, scores())))
    track(tracker, 0.5)
    assert tracker.crop is not None
    tracker.reset()
    assert tracker.crop is None
    pose = tracker.track(map_picture(0.55))
    assert np.abs(pose.xy_px - LIFTER).max() < 1.0


@pytest.mark.parametrize(
    ("xy_px", "zone"),
    [
        pytest.param(stand((320, 300), 90), ZoneConfig(), id="small"),
        pytest.param(BYSTANDER, ZoneConfig(right=0.7), id="outside the zone"),
    ],
)
def test_nobody_is_followed_who_is(xy_px, zone):
    tracker = PoseTracker(Scripted(lambda _: (xy_px, scores())), zone)
    assert track(tracker, 0.5) == [None] * 15
    assert tracker.crop is None


def test_only_the_zone_is_searched():
    network = Scripted(lambda _: NOBODY)
    track(PoseTracker(network, ZoneConfig(left=0.25, right=0.75)), 0.3)
    assert {round(crop.left_px + crop.side_px / 2) for crop in network.shown} == {320}
    assert max(crop.side_px for crop in network.shown) < 490


def test_the_gap_of_a_stalled_camera_is_no_reason_to_drag_the_lifter_along():
    answer = LIFTER
    tracker = PoseTracker(Scripted(lambda _: (answer, scores())))
    track(tracker, 1.0)
    answer = LIFTER + np.float32([60.0, 0.0])
    pose = tracker.track(map_picture(1.6))
    assert np.abs(pose.xy_px - answer).max() < 1.0


def test_an_answer_that_is_no_number_is_nobody_and_leaves_no_trace():
    network = Fixed()
    tracker = PoseTracker(network, ZoneConfig())
    good = network.answer
    before = [tracker.track(map_picture(index * FRAME_S)) for index in range(3)][-1]
    network.answer = good.copy()
    network.answer[9, 0] = np.nan
    assert tracker.track(map_picture(3 * FRAME_S)) is None
    network.answer = good
    after = tracker.track(map_picture(4 * FRAME_S))
    assert before is not None
    assert after is not None
    np.testing.assert_allclose(after.xy_px, before.xy_px, atol=5.0)  # the square still settles
