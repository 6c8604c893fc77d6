"""When somebody else is followed from one frame to the next."""

import math
from dataclasses import replace

import numpy as np
import pytest
from poses import PARALLEL, STANDING, Stick, Story, changed, down_to, film, joined, lost, rep, told

from edge_valgus.events import FlagOff, FlagOn, LifterEntered, LifterLeft, RepAbandoned
from edge_valgus.frames import LEFT_ANKLE, RIGHT_ANKLE, Pose

LEAD = (1.5, STANDING)
END = (1.0, STANDING)


def stand(**changes: float) -> Stick:
    return replace(STANDING, **changes)


@pytest.mark.parametrize("feet_score", [0.7, 0.3], ids=["feet well seen", "feet badly seen"])
def test_somebody_else_who_is_followed_from_one_frame_to_the_next_is_measured_anew(feet_score):
    def seen(pose: Pose) -> Pose:
        score = pose.score.copy()
        score[[LEFT_ANKLE, RIGHT_ANKLE]] = feet_score
        return replace(pose, score=score)

    watcher = stand(leg_px=165.0, x=120.0, y=380.0)
    lifter = changed(film((0.3, STANDING), *rep(), *rep(), END), seen)
    alone = told(lifter)
    someone_else = changed(lifter, lambda pose: replace(pose, person=1))
    story = told(joined(film((3.0, watcher), begin=watcher), someone_else))
    assert [r.depth for r in story.reps] == pytest.approx([r.depth for r in alone.reps], abs=0.02)
    assert [type(e) for e in story.events if isinstance(e, LifterEntered | LifterLeft)] == [
        LifterEntered,
        LifterLeft,
        LifterEntered,
        LifterLeft,
    ]


def test_a_rep_of_somebody_who_is_followed_no_more_is_given_up():
    down = film(LEAD, (1.0, PARALLEL))
    story = told(joined(down, changed(film(LEAD, *rep(), END), lambda pose: replace(pose, person=1))))
    assert [r.counted for r in story.reps] == [True]
    assert [e.reason for e in story.of(RepAbandoned)] == ["somebody else stands there"]


def lower(pose: Pose, *feet: int, by: float) -> Pose:
    """The same with some feet nearer to the camera."""
    xy_px = pose.xy_px.copy()
    xy_px[list(feet), 1] += by * STANDING.leg_px
    return replace(pose, xy_px=xy_px)


def depths(story: Story) -> list[float]:
    return [r.depth for r in story.reps]


@pytest.mark.parametrize("foot", [LEFT_ANKLE, RIGHT_ANKLE], ids=["left", "right"])
@pytest.mark.parametrize("since_s", [3.2, 3.9, 4.3], ids=["before the bottom", "on the way up", "near the top"])
@pytest.mark.parametrize("fps", [12.0, 30.0])
def test_somebody_who_crosses_in_front_ends_no_rep(since_s, fps, foot):
    """For half a second one foot is theirs, nearer to the camera, and the hips seem to be as high above it as in standing."""
    lifter = film((2.0, STANDING), *rep(), *rep(), END, fps=fps)
    hidden = changed(lifter, lambda pose: lower(pose, foot, by=0.4), since_s, since_s + 0.5)
    story = told(hidden)
    assert depths(story) == pytest.approx(depths(told(lifter)), abs=0.08)
    assert not story.partial


@pytest.mark.parametrize(
    ("feet", "by"),
    [((LEFT_ANKLE, RIGHT_ANKLE), 0.09), ((LEFT_ANKLE, RIGHT_ANKLE), 0.2), ((RIGHT_ANKLE,), 0.1)],
    ids=["both, as networks err", "both", "one, as networks err"],
)
def test_a_frame_is_left_out_only_when_one_foot_is_much_lower(feet, by):
    lifter = film((2.0, STANDING), *rep(knee_in_left=0.12), END)
    story = told(changed(lifter, lambda pose: lower(pose, *feet, by=by), 2.9, 3.4))
    assert all(not math.isnan(r.measures.depth) for r in story.readings if 2.0 < r.time_s < 4.0)


def test_a_free_foot_that_is_put_forward_is_the_lifters_own():
    """A single-leg squat with the free foot in front, a little lower in the picture."""
    low = down_to(0.7, foot_up_left=-0.15)
    lifter = film((2.0, STANDING), (1.2, low), (0.2, low), (1.0, STANDING), END)
    story = told(lifter)
    assert all(not math.isnan(r.measures.depth) for r in story.readings if 2.0 < r.time_s < 4.0)


def test_a_light_goes_out_when_somebody_hides_the_feet():
    lifter = film((2.0, STANDING), *rep(hold_s=1.5, knee_in_left=0.12), END)
    (lit,) = told(lifter).of(FlagOn)
    since_s = lit.time_s + 0.3
    story = told(changed(lifter, lambda pose: lower(pose, RIGHT_ANKLE, by=0.4), since_s, since_s + 0.7))
    assert story.of(FlagOff)[0].time_s == pytest.approx(since_s + 0.3, abs=0.1)
    assert len(story.reps) == 1


def test_a_step_forward_in_a_rep_is_the_lifters_own():
    """A foot takes half a second for it; whose is there at once is somebody else's."""
    low, forward = down_to(0.7), down_to(0.7, foot_up_left=-0.25)
    story = told(film((2.0, STANDING), (1.2, low), (0.6, forward), (0.5, forward), (1.0, STANDING), END))
    assert all(not math.isnan(r.measures.depth) for r in story.readings if 2.0 < r.time_s < 4.0)


@pytest.mark.parametrize(("x", "counted"), [(330.0, 1), (560.0, 0)], ids=["where he stood", "elsewhere"])
def test_nobody_squats_where_he_was_not_seen_standing(x, counted):
    half_way = down_to(0.3, x=x)
    seen_again = film((0.8, down_to(1.0, x=x)), (0.8, stand(x=x)), (1.0, stand(x=x)), begin=half_way)
    story = told(joined(film(LEAD), film((0.7, None), begin=None), seen_again))
    assert len(story.reps) == counted


@pytest.mark.parametrize(("aside", "counted"), [(0.0, 1), (0.6, 0)], ids=["the lifter", "a bystander"])
def test_a_rep_goes_on_after_a_second_only_where_it_began(aside, counted):
    bottom_s = 2.0 + 1.2
    lifter = film((2.0, STANDING), *rep(hold_s=1.4), END)
    aside_px = aside * STANDING.leg_px

    def elsewhere(pose: Pose) -> Pose:
        return replace(pose, xy_px=pose.xy_px + np.array([aside_px, 0.0], np.float32))

    frames = changed(lost(lifter, bottom_s, bottom_s + 1.2), elsewhere, bottom_s + 1.2)
    story = told(frames)
    assert len(story.reps) == counted
    if not counted:
        assert "lost sight of the lifter" in [e.reason for e in story.of(RepAbandoned)]


@pytest.mark.parametrize("frames_come", [True, False], ids=["nobody in them", "none"])
def test_a_light_goes_out_after_a_second_and_the_rep_goes_on(frames_come):
    lifter = film((2.0, STANDING), *rep(hold_s=3.0, knee_in_left=0.12), END)
    (lit,) = told(lifter).of(FlagOn)
    since_s = lit.time_s + 0.3
    frames = lost(lifter, since_s, since_s + 1.3)
    if not frames_come:
        frames = [(t, pose) for t, pose in frames if pose is not None]
    story = told(frames)
    assert len(story.reps) == 1
    assert story.of(FlagOff)[0].time_s <= since_s + (1.1 if frames_come else 1.4)


def test_whoever_steps_forward_is_not_hidden():
    """A lunge lowers a foot in the picture as well, but it stays there."""
    astride = stand(depth=0.6, foot_up_left=-0.2, knee_up_left=-0.2)
    story = told(film(LEAD, (0.5, astride), (1.5, astride), (0.8, STANDING), END))
    assert not story.reps
    assert not story.partial
    assert not story.of(LifterLeft)[:-1]
