"""An aiming from its first frame to its end: in order, honest, and over by itself."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from aim_samples import FPS, REP, WELL, aimed, drawn, seen

from edge_valgus.aim import Aim, Aimer, Check, Stage
from edge_valgus.aim.aimer import AS_IT_IS_S, LONGEST_S, MAX_TRIES, NOTHING_S, SQUATS
from edge_valgus.analysis.rig import Rig
from edge_valgus.capture.drawn import RepScript

SHALLOW = replace(REP, depth=0.45)
CAVES = replace(REP, knee_in_left_m=0.06, knee_in_from=0.4)


def shifted(frames, by_s):
    return [(time_s + by_s, pose and replace(pose, time_s=time_s + by_s)) for time_s, pose in frames]


def nobody(from_s, for_s):
    return [(from_s + index / FPS, None) for index in range(round(for_s * FPS))]


def test_place_stand_still_squat_aimed():
    course = aimed(seen(drawn(reps=6)))
    assert course.stages == [Stage.PLACE, Stage.STILL, Stage.SQUAT, Stage.DONE]
    asked = [headline for stage, headline in course.said if stage is Stage.SQUAT]
    assert asked == ["Squat five times", "Squat 4 more", "Squat 3 more", "Squat 2 more", "Squat once more"]
    result = course.last.result
    assert result is not None
    assert result.squats == course.last.squats == SQUATS
    assert 0.1 < result.rig.sem_left_pct < 2.0
    assert 0.1 < result.rig.sem_right_pct < 2.0
    assert 0.0 < result.still_pct < 2.0


def test_each_squat_is_told_once():
    aimer = Aimer()
    assert sum(aimer.see(time_s, pose).taken for time_s, pose in seen(drawn(reps=6))) == SQUATS


def test_a_frame_now_and_then_in_which_nobody_is_seen_changes_nothing():
    """The tracker spends one on others, while somebody stands and has not squatted."""
    frames = list(seen(drawn(reps=6)))
    blinking = [
        (time_s, None if index % round(0.8 * FPS) == 5 else pose) for index, (time_s, pose) in enumerate(frames)
    ]
    assert aimed(blinking).said == aimed(frames).said


def test_once_ended_it_stays_so():
    aimer = Aimer()
    done = aimed(seen(drawn(reps=6)), aimer).last
    assert done.stage is Stage.DONE
    assert aimer.see(1000.0, None) is done
    assert aimer.give_up() is done


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        pytest.param(SHALLOW, "too shallow", id="a shallow squat"),
        pytest.param(CAVES, "a knee came in", id="a knee that caves in"),
    ],
)
def test_a_squat_that_is_no_reference_is_asked_again(bad, why):
    reps = (REP, REP, bad, REP, REP, REP)
    aimer, hints = Aimer(), []
    for time_s, pose in seen(_of(reps)):
        hints.append(aimer.see(time_s, pose).hint)
    assert aimer.status.stage is Stage.DONE, aimer.status
    assert any(why in hint for hint in hints)
    clean = aimed(seen(_of((REP,) * 6))).last.result
    assert aimer.status.result.rig.sem_left_pct < 2.0 * clean.rig.sem_left_pct


def _of(reps: tuple[RepScript, ...]):
    lifter = drawn()
    return type(lifter)(replace(lifter.script, reps=reps), fps=FPS)


def test_squats_that_all_differ_are_no_measure():
    """Knees that go anywhere: rather no result than one that blinds the flag."""
    inward_m = (0.0, 0.03, 0.06, 0.09, 0.12) * 3
    reps = tuple(replace(REP, knee_in_left_m=far, knee_in_right_m=far, knee_in_from=0.1) for far in inward_m)
    last = aimed(seen(_of(reps))).last
    assert last.stage is Stage.FAILED
    assert last.result is None
    assert "a knee came in" in last.hint


def test_shallow_squats_without_end_end():
    last = aimed(seen(_of((SHALLOW,) * (MAX_TRIES + 1)))).last
    assert last.stage is Stage.FAILED
    assert "too shallow" in last.hint


def test_nobody_comes_and_it_ends_by_itself():
    last = aimed(nobody(0.0, LONGEST_S + 2.0)).last
    assert last.stage is Stage.FAILED
    assert "longer than 5 minutes" in last.hint


def test_nobody_squats_and_it_ends_by_itself():
    course = aimed(seen(drawn(standing_s=NOTHING_S + 15.0)))
    assert course.stages == [Stage.PLACE, Stage.STILL, Stage.SQUAT, Stage.FAILED]
    assert "Nothing came" in course.last.hint


def test_who_walks_off_begins_anew():
    before = list(seen(drawn(reps=2)))
    away = nobody(before[-1][0] + 1 / FPS, 6.0)
    after = shifted(seen(drawn(reps=6), seed=2), away[-1][0] + 1 / FPS)
    course = aimed(itertools.chain(before, away, after))
    assert course.stages == [
        Stage.PLACE, Stage.STILL, Stage.SQUAT, Stage.PLACE, Stage.STILL, Stage.SQUAT, Stage.DONE,
    ]  # fmt: skip
    assert course.last.result.squats == SQUATS


def test_what_can_be_lived_with_is_lived_with_and_told():
    course = aimed(seen(drawn(replace(WELL, roll_deg=5.0), reps=6, standing_s=AS_IT_IS_S + 6.0)))
    assert course.stages == [Stage.PLACE, Stage.STILL, Stage.SQUAT, Stage.DONE]
    assert any(
        "Lift the box on your left" in note or "lift the box on your left" in note for note in course.last.result.notes
    )
    assert "lift the box on your left" in course.last.hint


def test_what_must_be_right_is_waited_for():
    course = aimed(seen(drawn(replace(WELL, distance_m=6.5), reps=6, standing_s=AS_IT_IS_S + 6.0)))
    assert course.stages == [Stage.PLACE]


def test_in_a_squat_nothing_is_said_of_the_mounting():
    aimer = Aimer()
    wrong = {
        finding.check
        for time_s, pose in seen(drawn(reps=3, standing_s=0.5))
        for finding in aimer.see(time_s, pose).findings
        if finding.right is False
    }
    assert wrong <= {Check.IN_VIEW}


def test_a_clock_that_goes_back_begins_anew():
    aimer = Aimer()
    aimed(seen(drawn(reps=3)), aimer)
    assert aimer.see(0.0, None).stage is Stage.PLACE
    assert aimed(shifted(seen(drawn(reps=6)), 0.01), aimer).last.stage is Stage.DONE


def test_a_frame_that_comes_again_says_nothing_new():
    aimer = Aimer()
    frames = list(seen(drawn(), until_s=3.0))
    for time_s, pose in frames:
        aimer.see(time_s, pose)
    before = aimer.status
    assert aimer.see(*frames[-1]) is before


def aim(**changes):
    values = {"rig": Rig(0.7, 0.7, 2.0), "roll_deg": 0.0, "lens_height_m": 1.0, "still_pct": 0.5, "squats": 5}
    return Aim(**(values | changes))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({}, (), id="all well"),
        pytest.param(
            {"rig": Rig(0.7, 0.7, 25.0)}, ("25° round to your left", "move it to your right"), id="too far aside"
        ),
        pytest.param(
            {"rig": Rig(0.7, 0.7, -25.0)}, ("25° round to your right", "move it to your left"), id="the other way"
        ),
        pytest.param({"lens_height_m": 1.6}, ("lower it",), id="lens too high"),
        pytest.param({"lens_height_m": 0.4}, ("raise it",), id="lens too low"),
        pytest.param({"rig": Rig(2.0, 0.7)}, ("left knee lights later",), id="one knee trembles"),
        pytest.param({"rig": Rig(2.0, 2.0)}, ("left and right knee light later",), id="both do"),
        pytest.param({"notes": ("Not mended: more light.",)}, ("Not mended",), id="let pass"),
    ],
)
def test_the_result_says_what_to_do(changes, words):
    said = aim(**changes).advice(3.3)
    assert bool(said) == bool(words)
    assert all(any(word in line for line in said) for word in words)
