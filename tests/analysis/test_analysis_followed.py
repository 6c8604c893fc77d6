"""When somebody else is followed from one frame to the next."""

from dataclasses import replace

import pytest
from poses import PARALLEL, STANDING, Stick, changed, film, joined, rep, told

from edge_valgus.events import LifterEntered, LifterLeft, RepAbandoned
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


@pytest.mark.parametrize("since_s", [3.2, 3.9, 4.3], ids=["before the bottom", "on the way up", "near the top"])
@pytest.mark.parametrize("fps", [12.0, 30.0])
def test_somebody_who_crosses_in_front_ends_no_rep(since_s, fps):
    """For half a second one foot is theirs, who is nearer to the camera: the hips seem to be as high above it as in standing."""

    def with_their_foot(pose: Pose) -> Pose:
        xy_px = pose.xy_px.copy()
        xy_px[RIGHT_ANKLE, 1] += 0.4 * STANDING.leg_px
        return replace(pose, xy_px=xy_px)

    lifter = film((2.0, STANDING), *rep(), *rep(), END, fps=fps)
    hidden = changed(lifter, with_their_foot, since_s, since_s + 0.5)
    story = told(hidden)
    assert [r.depth for r in story.reps] == pytest.approx([r.depth for r in told(lifter).reps], abs=0.08)
    assert not story.partial


def test_whoever_steps_forward_is_not_hidden():
    """A lunge lowers a foot in the picture as well, but it stays there."""
    astride = stand(depth=0.6, foot_up_left=-0.2, knee_up_left=-0.2)
    story = told(film(LEAD, (0.5, astride), (1.5, astride), (0.8, STANDING), END))
    assert not story.reps
    assert not story.partial
    assert not story.of(LifterLeft)[:-1]
