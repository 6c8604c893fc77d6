"""What the lamps say while the box is aimed."""

from __future__ import annotations

import pytest

from edge_valgus.aim import AimStatus, Check, Finding, Stage
from edge_valgus.feedback.aiming import FAST_PERIOD_S, AimLights
from edge_valgus.feedback.pattern import BLINK_PERIOD_S, WINK_S


def status(stage, *, right=True, taken=False):
    return AimStatus(stage, "", "", tuple(Finding(check, right) for check in Check), taken=taken)


def over_a_second(shown):
    """(green, amber) ten times in a second."""
    lights, said = AimLights(), []
    for step in range(10):
        state = lights.update(shown, step / 10)
        assert (state.red_left, state.red_right) == (False, False), "red is for knees and faults"
        said.append((state.green, state.amber))
    return said


@pytest.mark.parametrize(
    ("shown", "lamps"),
    [
        pytest.param(status(Stage.PLACE, right=False), {(False, True), (False, False)}, id="not right: amber blinks"),
        pytest.param(status(Stage.PLACE), {(True, True)}, id="right: both"),
        pytest.param(status(Stage.STILL), {(True, True)}, id="stand still: both"),
        pytest.param(status(Stage.SQUAT), {(True, False)}, id="squat: green"),
        pytest.param(status(Stage.DONE), {(True, False), (False, False)}, id="aimed: green blinks"),
        pytest.param(status(Stage.FAILED), {(True, False), (False, True)}, id="given up: by turns"),
    ],
)
def test_every_stage_has_its_lamps(shown, lamps):
    assert set(over_a_second(shown)) == lamps


def test_no_two_stages_look_alike():
    seen = [
        tuple(over_a_second(shown))
        for shown in (
            status(Stage.PLACE, right=False), status(Stage.STILL), status(Stage.SQUAT), status(Stage.DONE), status(Stage.FAILED),
        )
    ]  # fmt: skip
    assert len(set(seen)) == len(seen)


def test_the_blink_is_told_from_the_slow_one_of_step_into_view():
    assert FAST_PERIOD_S < BLINK_PERIOD_S / 2


def test_a_squat_that_was_taken_winks_and_clicks_once():
    lights = AimLights()
    states = [
        lights.update(status(Stage.SQUAT, taken=time_s == 0.0), time_s) for time_s in (0.0, WINK_S / 2, WINK_S + 0.01)
    ]
    assert [state.green for state in states] == [False, False, True]
    assert [state.click for state in states] == [True, False, False]
