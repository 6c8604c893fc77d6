"""Which lamp is on, as a function of events and capture time. No pin, no thread, no clock.

| lamp | says |
| --- | --- |
| green | on: I see all of you; off for 200 ms: rep counted |
| amber | slow blink: step into view; on: can't judge your knees |
| red left, red right | on while that knee is flagged, at least `min_red_ms` |
| red and amber alternate | fault, see the page (`fault_lamps`) |
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from edge_valgus.config import LightsConfig
from edge_valgus.events import (
    CantJudgeOff,
    CantJudgeOn,
    Event,
    FlagOff,
    FlagOn,
    LifterEntered,
    LifterLeft,
    RepCounted,
    Side,
)

WINK_S: Final = 0.2
BLINK_PERIOD_S: Final = 1.0
FAULT_PERIOD_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class LampState:
    """What each lamp does at one moment.

    red_left and red_right are the knees, also where one LED serves both.
    click: a rep was counted in this very update; sound the buzzer once.
    blinking: amber is in its slow blink, on or off at the moment.
    winking: green is off for a moment because a rep was counted.
    """

    green: bool = False
    amber: bool = False
    red_left: bool = False
    red_right: bool = False
    click: bool = False
    blinking: bool = False
    winking: bool = False


class LightPattern:
    """Turns events into lamps. Starts with nobody in view.

    All times are capture times. They may repeat or jump; where they go back (another recording), what was timed ends.
    """

    def __init__(self, config: LightsConfig) -> None:
        self._min_red_s = config.min_red_ms / 1000
        self._now_s = -math.inf
        self._in_view = False
        self._doubtful = False
        self._flagged: set[Side] = set()
        self._red_until_s: dict[Side, float] = {}
        self._wink_until_s = -math.inf
        self._blink_from_s: float | None = None

    def update(self, events: Iterable[Event], time_s: float) -> LampState:
        """Take the events of a frame in their order and the frame's capture time, and say what the lamps do now."""
        if time_s < self._now_s:
            self._red_until_s.clear()
            self._wink_until_s = -math.inf
            self._blink_from_s = None
        self._now_s = time_s
        clicks = [self._take(event) for event in events]

        if self._in_view:
            self._blink_from_s = None
        elif self._blink_from_s is None:
            self._blink_from_s = time_s
        winking = self._in_view and time_s < self._wink_until_s
        return LampState(
            green=self._in_view and not winking,
            amber=self._doubtful if self._in_view else self._blink_is_on(),
            red_left=self._is_red(Side.LEFT),
            red_right=self._is_red(Side.RIGHT),
            click=any(clicks),
            blinking=not self._in_view,
            winking=winking,
        )

    def _take(self, event: Event) -> bool:
        """Note one event; true if it is to be heard."""
        match event:
            case LifterEntered():
                self._in_view = True
            case LifterLeft():
                self._in_view = self._doubtful = False
                self._flagged.clear()
            case CantJudgeOn():
                self._doubtful = True
                self._flagged.clear()
            case CantJudgeOff():
                self._doubtful = False
            case FlagOn(side=side) if self._in_view:
                if side not in self._flagged:
                    self._red_until_s[side] = self._now_s + self._min_red_s
                self._flagged.add(side)
            case FlagOff(side=side):
                self._flagged.discard(side)
            case RepCounted():
                self._wink_until_s = self._now_s + WINK_S
                return True
            case _:
                pass
        return False

    def _is_red(self, side: Side) -> bool:
        flagged = side in self._flagged and not self._doubtful
        return flagged or self._now_s < self._red_until_s.get(side, -math.inf)

    def _blink_is_on(self) -> bool:
        return _in_first_half(self._now_s - (self._blink_from_s or 0.0), BLINK_PERIOD_S)


def fault_lamps(time_s: float) -> LampState:
    """Red and amber in turn: what the lamps do at `time_s` of a fault."""
    red = _in_first_half(time_s, FAULT_PERIOD_S)
    return LampState(amber=not red, red_left=red, red_right=red)


def _in_first_half(time_s: float, period_s: float) -> bool:
    return time_s % period_s < period_s / 2
