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
