"""Is the one who is followed the lifter? With a network whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest
from pose_samples import (
    FRAME_S,
    LIFTER,
    NOBODY,
    Scripted,
    map_picture,
    scores,
    stand,
    track,
)

from edge_valgus.config import ZoneConfig
from edge_valgus.frames import LEFT_ANKLE, RIGHT_ANKLE
from edge_valgus.pose.rival import SQUATTED_S
from edge_valgus.pose.tracker import PoseTracker


def prefers(watcher, lifter, watcher_score=scores):
    """A network that sees the watcher in each square that shows some of him, unless the lifter is in its very middle."""

    def network(crop):
        middle_px = crop.left_px + crop.side_px / 2
        if abs(lifter()[:, 0].mean() - middle_px) < 0.1 * crop.side_px and crop.contains(lifter()).all():
            return lifter(), scores()
        if crop.contains(watcher()).mean() > 0.4:
            return watcher(), watcher_score()
        return (lifter(), scores()) if crop.contains(lifter()).all() else NOBODY

    return network


@pytest.mark.parametrize(
    ("rival", "taken"),
    [
        (lambda _: stand((300, 460), 420), True),
        (lambda time_s: stand((160 + 80 * time_s, 460), 420), False),
        (lambda _: stand((300, 400), 300), False),
    ],
    ids=["stands in the middle", "walks by", "stands further off"],
)
def test_somebody_at_the_side_is_followed_until_the_lifter_stands_there(rival, taken):
    aside = stand((90, 430), 330)
    now_s = 0.0

    def network(crop):
        people = [aside] if now_s < 1.0 or crop.side_px < 470 else [rival(now_s)]
        return people[0], scores()

    tracker = PoseTracker(Scripted(network))
    lost, people = 0, set()
    for now_s in np.arange(0.0, 5.0, FRAME_S):
        pose = tracker.track(map_picture(float(now_s)))
        lost += pose is None
        people |= set() if pose is None else {pose.person}
    middle_px = tracker.crop.left_px + tracker.crop.side_px / 2
    assert (abs(middle_px - 300) < 60) == taken
    assert len(people) == 1 + taken
    assert lost <= 7, "one frame now and then"


def test_somebody_who_squats_at_the_side_is_not_left_for_a_taller_one_who_watches():
    """The watcher is no taller than the lifter standing, and much taller than the lifter down."""
    standing, watcher = stand((100, 430), 330), stand((320, 430), 340)
    now_s = 0.0

    def network(crop):
        lifter = standing.copy()
        lifter[:13, 1] += 110.0 * down()
        return (lifter if crop.side_px < 470 or now_s < 0.5 else watcher), scores()

    def down():
        return 0.5 - 0.5 * np.cos(2.0 * np.pi * max(0.0, now_s - 1.0) / 3.0)

    tracker = PoseTracker(Scripted(network))
    looked = []
    for now_s in np.arange(0.0, 12.0, FRAME_S):
        pose = tracker.track(map_picture(float(now_s)))
        if pose is None:
            looked.append(down())
    assert abs(tracker.crop.left_px + tracker.crop.side_px / 2 - 100) < 60
    assert looked, "the others are looked at"
    assert max(looked) < 0.3, "while he is down"


@pytest.mark.parametrize("turned", [1.0, 0.1], ids=["faces the camera", "in profile"])
@pytest.mark.parametrize(("size_px", "watcher_x"), [((640, 480), 430), ((640, 480), 180), ((480, 640), 330)], ids=str)
def test_the_smaller_one_of_two_whom_the_network_prefers_is_left_for_the_lifter(size_px, watcher_x, turned):
    """It sees him in every square that shows both of them, or a part of him."""
    watcher, lifter = stand((watcher_x, 360), 190), stand((size_px[0] - watcher_x, size_px[1] - 20), 400)
    watcher[:, 0] = watcher_x + turned * (watcher[:, 0] - watcher_x)

    network = Scripted(prefers(lambda: watcher, lambda: lifter), size_px)
    tracker = PoseTracker(network)
    poses = [tracker.track(map_picture(float(time_s), size_px)) for time_s in np.arange(0.0, 4.0, FRAME_S)]
    assert poses[-1] is not None
    assert np.abs(poses[-1].xy_px - lifter).max() < 5.0


def test_whoever_squatted_lately_is_not_left_for_a_larger_one_who_comes_to_stand_in_the_middle():
    lifter, other = stand((140, 430), 300), stand((320, 470), 420)
    now_s = 0.0

    def network(crop):
        if crop.contains(other).all() and now_s > 4.0:
            return other, scores()
        xy_px = lifter.copy()
        xy_px[:13, 1] += 110.0 * (0.5 - 0.5 * np.cos(2.0 * np.pi * np.clip(now_s - 1.0, 0.0, 2.5) / 2.5))
        return xy_px, scores()

    tracker = PoseTracker(Scripted(network))
    people = set()
    for now_s in np.arange(0.0, SQUATTED_S, FRAME_S):
        pose = tracker.track(map_picture(float(now_s)))
        people |= set() if pose is None else {pose.person}
    assert people == {0}


@pytest.mark.parametrize("depth_px", [0.0, 70.0], ids=["has not squatted", "has squatted elsewhere"])
def test_whoever_walks_off_is_left_for_the_next_one_at_once(depth_px):
    now_s = 0.0

    def network(crop):
        walked = np.clip(now_s - 4.0, 0.0, 1.0)
        first = stand((310 - 200 * walked, 450), 300)
        first[:13, 1] += depth_px * (0.5 - 0.5 * np.cos(2.0 * np.pi * np.clip(now_s - 1.0, 0.0, 2.5) / 2.5))
        second = stand((330, 460), 360)
        if now_s > 5.0 and crop.contains(second).all():
            return second, scores()
        return first, scores()

    tracker = PoseTracker(Scripted(network))
    for now_s in np.arange(0.0, 9.0, FRAME_S):
        pose = tracker.track(map_picture(float(now_s)))
    assert pose.person == 1


@pytest.mark.parametrize("ankle_score", [0.8, 0.05], ids=["seen whole", "ankles hidden now and then"])
def test_a_talker_of_whom_not_all_is_seen_has_not_squatted(ankle_score):
    talker, lifter = stand((480, 360), 190), stand((240, 460), 400)
    now_s = 0.0

    def talker_score():
        score = scores()
        if now_s % 1.0 < 0.1:
            score[[LEFT_ANKLE, RIGHT_ANKLE]] = ankle_score
        return score

    tracker = PoseTracker(Scripted(prefers(lambda: talker, lambda: lifter, talker_score)))
    for now_s in np.arange(0.0, 6.0, FRAME_S):
        pose = tracker.track(map_picture(float(now_s)))
    assert pose is not None
    assert np.abs(pose.xy_px - lifter).max() < 5.0


@pytest.mark.parametrize(
    ("x_px", "tall_px", "taken"),
    [
        pytest.param(255, 330, True, id="nearer, taller"),
        pytest.param(210, 350, True, id="a little nearer, taller still"),
        pytest.param(160, 400, True, id="as near, much taller"),
        pytest.param(300, 310, True, id="much nearer, as tall"),
        pytest.param(300, 270, False, id="much nearer, smaller"),
        pytest.param(210, 330, False, id="a little nearer, hardly taller"),
        pytest.param(160, 370, False, id="as near, hardly taller"),
        pytest.param(130, 400, False, id="further off, much taller"),
    ],
)
def test_who_stands_better(x_px, tall_px, taken):
    """The middle is at 320; the followed one stands at 170, 295 tall."""
    followed, other = stand((170, 440), 295), stand((x_px, 470), tall_px)

    now_s = 0.0

    def network(crop):
        return (other if crop.side_px > 450 and now_s > 0.5 else followed), scores()

    tracker = PoseTracker(Scripted(network), ZoneConfig(left=0.0, right=1.0))
    people = set()
    for now_s in np.arange(0.0, 4.0, FRAME_S):
        pose = tracker.track(map_picture(float(now_s)))
        people |= set() if pose is None else {pose.person}
    assert (1 in people) == taken


@pytest.mark.parametrize(("every_s", "taken"), [(0.9, True), (4.0, False)], ids=["stays", "one, and later another"])
def test_two_people_one_after_the_other_in_the_same_place_are_no_lifter(every_s, taken):
    """Between their looks the followed one leans on his knees, too high for a squat, and nobody looks."""
    aside, passing = stand((100, 430), 330), stand((320, 450), 420)
    now_s = 0.0

    def network(crop):
        if crop.side_px > 470 and now_s > 1.0:
            return passing, scores()
        followed = aside.copy()
        followed[:13, 1] += 40.0 * np.clip((now_s % every_s - 0.6) / 0.3, 0.0, 1.0)
        return followed, scores()

    tracker = PoseTracker(Scripted(network))
    people = set()
    for now_s in np.arange(0.0, 16.0, FRAME_S):
        pose = tracker.track(map_picture(float(now_s)))
        people |= set() if pose is None else {pose.person}
    assert (1 in people) == taken


def test_for_somebody_in_the_middle_no_frame_is_spent_on_others_at_first():
    network = Scripted(lambda _: (LIFTER, scores()))
    tracker = PoseTracker(network)
    assert None not in track(tracker, 4.0)
