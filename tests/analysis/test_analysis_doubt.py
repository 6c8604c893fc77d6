"""When the knees can't be judged, and what is said then."""

import math
from dataclasses import replace

import numpy as np
import pytest
from poses import (
    STANDING,
    Film,
    changed,
    down_to,
    drawn_film,
    film,
    joined,
    mirrored,
    rep,
    seen_by_network,
    told,
)

from edge_valgus.capture.drawn import CameraView, RepScript, SetScript
from edge_valgus.events import CantJudgeOff, CantJudgeOn, Doubt, FlagOn
from edge_valgus.frames import (
    LEFT_ANKLE,
    LEFT_KNEE,
    LEFT_SHOULDER,
    LEFT_WRIST,
    RIGHT_ANKLE,
    RIGHT_KNEE,
    RIGHT_SHOULDER,
    RIGHT_WRIST,
    Pose,
)

LEAD = (1.5, STANDING)
SQUATS = film(LEAD, *rep(), *rep(hold_s=1.5))
BOTTOM_S = 6.5  # within the second one's hold, which lasts from 5.9 to 7.4 s


def scored(pose: Pose, joints: list[int], score: float) -> Pose:
    scores = pose.score.copy()
    scores[joints] = score
    return replace(pose, score=scores)


CAVING = film(LEAD, *rep(knee_in_left=0.1), *rep(knee_in_left=0.1))
DOUBTS = {
    "a knee is hidden": (changed(CAVING, lambda p: scored(p, [LEFT_KNEE], 0.1)), Doubt.HIDDEN),
    "one leg is hidden": (changed(CAVING, lambda p: scored(p, [RIGHT_KNEE, RIGHT_ANKLE], 0.1)), Doubt.HIDDEN),
    "the feet are outside the picture": (changed(CAVING, lambda p: replace(p, size_px=(640, 435))), Doubt.OUTSIDE),
    "the lifter shows the back": (film((1.0, replace(STANDING, shoulders=-0.42)), begin=replace(STANDING, shoulders=-0.42)), Doubt.TURNED),
    "the lifter stands sideways": (film((1.0, replace(STANDING, shoulders=0.05)), begin=replace(STANDING, shoulders=0.05)), Doubt.TURNED),
    "the lifter is far away": (film((1.0, replace(STANDING, leg_px=50.0)), begin=replace(STANDING, leg_px=50.0)), Doubt.TOO_SMALL),
    "the keypoints tremble": (seen_by_network(CAVING, 0, 9.0, 0.0), Doubt.UNSTEADY),
}  # fmt: skip


@pytest.mark.parametrize("way_round", [lambda frames: frames, mirrored], ids=["as it is", "mirrored"])
@pytest.mark.parametrize("name", DOUBTS)
def test_cant_judge_when(name, way_round):
    frames, doubt = DOUBTS[name]
    story = told(way_round(frames))
    (on,) = story.of(CantJudgeOn)
    assert on.reason is doubt
    assert on.time_s < 1.0
    assert set(story.valgus) <= {"unknown"}
    assert story.of(FlagOn) == []
    settled = [r for r in story.readings if r.time_s > on.time_s]
    assert settled
    assert all(r.doubt is doubt and not r.judged for r in settled)


def test_legs_that_nobody_sees_are_nobody():
    joints = [LEFT_KNEE, RIGHT_KNEE, LEFT_ANKLE, RIGHT_ANKLE]
    assert told(changed(CAVING, lambda p: scored(p, joints, 0.1))).events == []


def test_legs_hidden_for_most_of_a_rep_leave_it_unknown():
    story = told(changed(SQUATS, lambda p: scored(p, [LEFT_KNEE], 0.1), 5.2, 7.9))
    assert story.valgus == ["none", "unknown"]
    assert len(story.of(CantJudgeOn)) == len(story.of(CantJudgeOff)) == 1
    assert math.isnan(story.reps[1].peak_mkd_left_pct) or story.reps[1].peak_mkd_left_pct < 3.8


def test_one_doubtful_frame_changes_no_light():
    story = told(changed(SQUATS, lambda p: scored(p, [LEFT_KNEE], 0.1), BOTTOM_S, BOTTOM_S + 0.1))
    assert story.of(CantJudgeOn) == []
    assert story.valgus == ["none", "none"]


def turned_set(yaw_deg: float, reps: int) -> Film:
    return drawn_film(SetScript(reps=(RepScript(),) * reps, view=CameraView(yaw_deg=yaw_deg)))


@pytest.mark.parametrize("yaw_deg", [-45.0, 45.0])
def test_a_lifter_who_turned_back_to_the_front_is_judged_again(yaw_deg):
    story = told(joined(turned_set(yaw_deg, 2), turned_set(0.0, 5)))
    assert Doubt.TURNED in [event.reason for event in story.of(CantJudgeOn)]
    assert story.valgus[:2] == ["unknown"] * 2
    assert story.valgus[-3:] == ["none"] * 3
    assert story.readings[-1].doubt is None


@pytest.mark.parametrize("yaw_deg", [-10.0, -5.0, 5.0, 10.0])
def test_a_lifter_turned_a_little_is_judged_rightly(yaw_deg):
    assert told(turned_set(yaw_deg, 3)).valgus == ["none"] * 3
    reps = tuple(RepScript(knee_in_right_m=0.06) for _ in range(3))
    assert told(drawn_film(SetScript(reps=reps, view=CameraView(yaw_deg=yaw_deg)))).valgus == ["right"] * 3


def test_a_free_leg_is_not_judged_and_the_carrying_one_is():
    up = replace(STANDING, foot_up_left=0.1, knee_up_left=0.1)
    low = down_to(0.6, foot_up_left=0.3, knee_up_left=0.2, foot_in_left=0.05)
    swinging = replace(low, knee_in_left=0.3, knee_in_from=0.2)
    moves = [LEAD, (0.5, up), (0.5, up), (1.2, swinging), (0.2, swinging), (1.0, up), (0.5, up), (1.0, STANDING)]
    story = told(film(*moves))
    assert story.valgus == ["none"]
    deep = [r.measures for r in story.readings if r.measures.depth > 0.4]
    assert deep
    assert all(math.isnan(m.mkd_left_pct) and math.isfinite(m.mkd_right_pct) for m in deep)


@pytest.mark.parametrize("value", [math.nan, math.inf], ids=str)
@pytest.mark.parametrize("where", ["positions", "scores", "one ankle", "one score"])
def test_frames_that_are_no_numbers_do_not_poison_later_ones(value, where):
    def poison(pose: Pose) -> Pose:
        xy_px, score = pose.xy_px.copy(), pose.score.copy()
        if where == "positions":
            xy_px[:] = value
        elif where == "scores":
            score[:] = value
        elif where == "one ankle":
            xy_px[LEFT_ANKLE] = value
        else:
            score[RIGHT_KNEE] = value
        return replace(pose, xy_px=xy_px, score=score)

    clean = told(CAVING)
    poisoned = told(changed(changed(CAVING, poison, 1.0, 1.2), poison, 3.0, 3.2))
    assert poisoned.valgus == clean.valgus == ["left", "left"]
    assert [r.start_s for r in poisoned.reps] == pytest.approx([r.start_s for r in clean.reps], abs=0.1)
    assert poisoned.reps[1].peak_mkd_left_pct == pytest.approx(clean.reps[1].peak_mkd_left_pct, abs=0.5)
    assert all(np.isfinite(r.depth) for r in poisoned.reps)


def test_a_knee_that_was_not_read_is_not_called_fine():
    """The left foot is set aside right before the descent, so that nobody knows where its knee belongs."""
    aside = replace(STANDING, foot_in_left=-0.2)
    low = down_to(1.0, foot_in_left=-0.2, knee_in_left=0.12)
    story = told(film((1.5, STANDING), (0.2, aside), (1.2, low), (0.2, low), (1.0, aside), (1.0, aside)))
    assert story.valgus == ["unknown"]
    assert math.isnan(story.reps[0].peak_mkd_left_pct)


def arms_hang(pose: Pose) -> Pose:
    xy_px = pose.xy_px.copy()
    xy_px[[LEFT_WRIST, RIGHT_WRIST], 1] = xy_px[[LEFT_SHOULDER, RIGHT_SHOULDER], 1] + 0.6 * STANDING.leg_px
    return replace(pose, xy_px=xy_px)


def hands_unseen(pose: Pose) -> Pose:
    return scored(pose, [LEFT_WRIST], 0.1)


@pytest.mark.parametrize(
    ("hands", "depth", "trunk", "judged"),
    [
        pytest.param(arms_hang, 0.6, 0.2, False, id="lifts a bar off the floor"),
        pytest.param(arms_hang, 1.0, 0.40, True, id="holds dumbbells"),
        pytest.param(arms_hang, 1.0, 0.24, True, id="holds dumbbells and leans far"),
        pytest.param(hands_unseen, 1.0, 0.22, False, id="bends, hands out of sight"),
        pytest.param(hands_unseen, 1.0, 0.29, True, id="leans far, hands out of sight"),
        pytest.param(lambda pose: pose, 1.0, 0.22, True, id="leans far, hands held up"),
    ],
)
def test_knees_are_not_judged_of_somebody_who_is_bent_over(hands, depth, trunk, judged):
    low = replace(down_to(depth), trunk=trunk, knee_in_left=0.1)
    begins_s = film(LEAD, *rep())[-1][0]
    frames = film(LEAD, *rep(), (1.0, low), (1.5, low), (1.0, STANDING), (1.0, STANDING))
    story = told(changed(frames, hands, begins_s))
    lit = [r.flagged_left for r in story.readings if begins_s + 1.5 < r.time_s < begins_s + 2.4]
    assert set(lit) == {judged}
    assert (Doubt.BENT in [event.reason for event in story.of(CantJudgeOn)]) != judged
