"""The light table of the product, by capture time."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_valgus.config import LightsConfig
from edge_valgus.events import (
    TRACE_COLUMNS,
    CantJudgeOff,
    CantJudgeOn,
    Doubt,
    FlagOff,
    FlagOn,
    LifterEntered,
    LifterLeft,
    Rep,
    RepAbandoned,
    RepCounted,
    RepPartial,
    RepStarted,
    SetEnded,
    SetStarted,
    Side,
    Valgus,
)
from edge_valgus.feedback.pattern import LampState, LightPattern, fault_lamps

REP = Rep(
    1,
    True,
    0.0,
    1.0,
    2.0,
    1.0,
    Valgus.NONE,
    *(0, 60, 60),
    *[math.nan] * 7,
    trace=np.zeros((0, len(TRACE_COLUMNS)), np.float32),
)

ENTERED, LEFT = LifterEntered(0.0), LifterLeft(0.0)
DOUBT, NO_DOUBT = CantJudgeOn(0.0, Doubt.TURNED), CantJudgeOff(0.0)
LEFT_ON, LEFT_OFF = FlagOn(0.0, Side.LEFT), FlagOff(0.0, Side.LEFT)
RIGHT_ON, RIGHT_OFF = FlagOn(0.0, Side.RIGHT), FlagOff(0.0, Side.RIGHT)
COUNTED = RepCounted(0.0, REP)


def lamps(state: LampState) -> str:
    """Lit lamps as letters: g, a, l, r; c for a click."""
    lit = zip("galrc", (state.green, state.amber, state.red_left, state.red_right, state.click), strict=True)
    return "".join(letter for letter, on in lit if on)


STORIES = [
    pytest.param(
        [(0.0, [], "a"), (0.49, [], "a"), (0.5, [], ""), (0.99, [], ""), (1.0, [], "a")], id="nobody: 1 Hz blink"
    ),
    pytest.param([(7.3, [], "a"), (7.7, [], "a"), (7.9, [], "")], id="the blink starts lit whenever the clock starts"),
    pytest.param([(0.0, [ENTERED], "g"), (9.0, [], "g")], id="in view: green stays"),
    pytest.param(
        [(0.0, [ENTERED], "g"), (1.3, [LEFT], "a"), (1.7, [], "a"), (1.9, [], "")], id="left: blink from then on"
    ),
    pytest.param(
        [(0.0, [ENTERED], "g"), (1.0, [DOUBT], "ga"), (9.5, [], "ga"), (9.6, [NO_DOUBT], "g")], id="can't judge"
    ),
    pytest.param([(0.0, [ENTERED, DOUBT], "ga"), (1.0, [LEFT], "a"), (1.6, [], "")], id="nobody beats can't judge"),
    pytest.param([(0.0, [ENTERED, DOUBT, LEFT], "a"), (1.0, [ENTERED], "g")], id="doubt does not outlive the lifter"),
    pytest.param([(0.0, [DOUBT, ENTERED], "ga")], id="doubt told before the lifter holds"),
    pytest.param(
        [(0.0, [ENTERED], "g"), (1.0, [COUNTED], "c"), (1.19, [], ""), (1.21, [], "g")], id="200 ms wink per rep"
    ),
    pytest.param(
        [(0.0, [ENTERED], "g"), (1.0, [COUNTED], "c"), (1.1, [COUNTED], "c"), (1.25, [], ""), (1.31, [], "g")],
        id="a second rep within a wink makes it longer",
    ),
    pytest.param(
        [(0.0, [ENTERED, DOUBT, COUNTED], "ac"), (0.3, [], "ga")], id="a rep is seen while knees can't be judged"
    ),
    pytest.param(
        [(0.0, [ENTERED, COUNTED, LEFT], "ac"), (0.1, [ENTERED], ""), (0.2, [], "g")], id="counted, gone, back"
    ),
    pytest.param([(0.0, [ENTERED, LEFT_ON], "gl"), (5.0, [], "gl"), (6.0, [LEFT_OFF], "g")], id="red while flagged"),
    pytest.param(
        [(0.0, [ENTERED, RIGHT_ON], "gr"), (0.05, [RIGHT_OFF], "gr"), (0.16, [], "g")], id="red at least 150 ms"
    ),
    pytest.param([(0.0, [ENTERED, RIGHT_ON, RIGHT_OFF], "gr"), (0.2, [], "g")], id="on and off in one frame is seen"),
    pytest.param([(0.0, [ENTERED, LEFT_ON, RIGHT_ON], "glr"), (1.0, [LEFT_OFF], "gr")], id="knees are apart"),
    pytest.param(
        [(0.0, [ENTERED, LEFT_ON], "gl"), (0.1, [LEFT_ON], "gl"), (0.16, [LEFT_OFF], "g")],
        id="told twice, the minimum counts from the first",
    ),
    pytest.param(
        [(0.0, [ENTERED, LEFT_ON], "gl"), (0.1, [LEFT_OFF, LEFT_ON, LEFT_OFF], "gl"), (0.2, [], "gl"), (0.26, [], "g")],
        id="flagged anew, the minimum counts anew",
    ),
    pytest.param(
        [(0.0, [ENTERED, LEFT_ON], "gl"), (0.05, [DOUBT], "gal"), (0.16, [], "ga")], id="doubt ends red, in time"
    ),
    pytest.param(
        [(0.0, [ENTERED, LEFT_ON], "gl"), (0.5, [DOUBT], "ga"), (1.0, [NO_DOUBT], "g")], id="doubt forgets the flag"
    ),
    pytest.param([(0.0, [ENTERED, DOUBT], "ga"), (1.0, [LEFT_ON, NO_DOUBT], "gl")], id="flagged as doubt ends"),
    pytest.param(
        [(0.0, [ENTERED, LEFT_ON], "gl"), (0.05, [LEFT], "al"), (0.16, [], "a")], id="leaving ends red, in time"
    ),
    pytest.param([(0.0, [LEFT_ON], "a"), (5.0, [ENTERED], "g")], id="nobody's knee is not flagged"),
    pytest.param([(0.0, [ENTERED, LEFT_ON, LEFT_OFF], "gl"), (60.0, [], "g")], id="a long gap ends the minimum"),
    pytest.param(
        [(0.0, [ENTERED, COUNTED], "c"), (0.0, [], ""), (0.0, [], "")], id="a time that repeats changes nothing"
    ),
    pytest.param(
        [(90.0, [ENTERED, COUNTED, LEFT_ON, LEFT_OFF], "lc"), (1.0, [], "g")], id="time that goes back ends timers"
    ),
    pytest.param(
        [(90.0, [ENTERED, LEFT_ON], "gl"), (1.0, [], "gl"), (2.0, [LEFT_OFF], "g")], id="a flag outlives going back"
    ),
    pytest.param([(90.0, [], "a"), (1.2, [], "a"), (1.8, [], "")], id="the blink restarts where time goes back"),
    pytest.param(
        [(0.0, [ENTERED, RepStarted(0), RepPartial(0, REP), RepAbandoned(0, ""), SetStarted(0, 1, True)], "g")],
        id="other events light nothing",
    ),
]


@pytest.mark.parametrize("story", STORIES)
def test_lamps_follow_the_table(story):
    pattern = LightPattern(LightsConfig())
    told = [(time_s, lamps(pattern.update(events, time_s))) for time_s, events, _ in story]
    assert told == [(time_s, expected) for time_s, _, expected in story]


def test_the_minimum_is_the_configured_one():
    pattern = LightPattern(LightsConfig(min_red_ms=0.0))
    assert lamps(pattern.update([ENTERED, LEFT_ON, LEFT_OFF], 0.0)) == "g"
    pattern = LightPattern(LightsConfig(min_red_ms=2000.0))
    assert lamps(pattern.update([ENTERED, LEFT_ON, LEFT_OFF], 0.0)) == "gl"
    assert lamps(pattern.update([], 1.99)) == "gl"
    assert lamps(pattern.update([], 2.0)) == "g"


def test_a_blink_and_a_wink_are_told_apart_from_on_and_off():
    pattern = LightPattern(LightsConfig())
    assert pattern.update([], 0.0).blinking
    winking = pattern.update([ENTERED, COUNTED], 0.1)
    assert winking.winking
    assert not winking.blinking


def test_in_a_fault_red_and_amber_alternate():
    assert [lamps(fault_lamps(time_s)) for time_s in (0.0, 0.4, 0.5, 0.9, 1.0)] == ["lr", "lr", "a", "a", "lr"]


EVENTS = st.sampled_from(
    [
        *(ENTERED, LEFT, DOUBT, NO_DOUBT, LEFT_ON, LEFT_OFF, RIGHT_ON, RIGHT_OFF, COUNTED),
        *(
            RepStarted(0.0),
            RepPartial(0.0, REP),
            RepAbandoned(0.0, ""),
            SetStarted(0.0, 1, False),
            SetEnded(0.0, 1, 1, 0),
        ),
    ]
)
TIMES = st.floats(-1e6, 1e6, allow_nan=False)
HISTORY = st.lists(st.tuples(TIMES, st.lists(EVENTS, max_size=4)), max_size=25)


@given(HISTORY, TIMES)
def test_whatever_happened_no_lamp_is_stuck_a_second_after_the_lifter_left(history, left_at_s):
    pattern = LightPattern(LightsConfig())
    for time_s, events in history:
        pattern.update(events, time_s)
    pattern.update([LEFT], left_at_s)
    later = [pattern.update([], left_at_s + 1.0 + step / 8) for step in range(9)]
    assert not any(state.green or state.red_left or state.red_right or state.click for state in later)
    assert {state.amber for state in later} == {True, False}, "amber blinks"


@given(HISTORY)
def test_green_is_never_on_without_a_lifter_and_a_click_is_one_update_long(history):
    pattern = LightPattern(LightsConfig())
    for time_s, events in history:
        state = pattern.update(events, time_s)
        assert not (state.green and state.blinking)
        assert state.click == any(isinstance(event, RepCounted) for event in events)
        assert not pattern.update([], time_s).click
