"""Cuts the hips' travel into reps, frame by frame, without looking ahead.

The signal is depth (0 standing … 1 parallel). A rep begins when the hips leave the top by a clear margin, and is over
when they are back near it: two thresholds apart, so that noise, pauses and double dips don't make reps. What was seen
in between, and not a count of frames, decides.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

from edge_valgus.events import Phase

LEAVE: Final = 0.12  # depth above the top's level at which a descent is certain
QUIET: Final = 0.05  # depth above the top's level that still is standing: start and end are taken here
RETURN: Final = 0.3  # share of the deepest point: back above it, the rep is as good as over …
SETTLE_S: Final = 0.35  # … and is closed when the top is reached, the hips turn again, or rise no more for this long
TURN: Final = 0.1  # share of the deepest point (at least QUIET) that makes a turning point certain
TOP_FORGET_S: Final = 3.0  # time constant with which the top's level follows a lifter who stands lower
MIN_READINGS: Final = 2  # back at the top, to have been there
MIN_REP_S: Final = 0.4  # quick reps take 0.5–0.6 s each way; less than 0.4 s in all is not a rep (docs/science.md)
HOVER: Final = 0.25  # whoever left the top and is less deep than this, which is no rep, …
HOVER_S: Final = 2.0  # … for so long, and sinks no faster than …
HOVER_SPEED: Final = 0.05  # … this, in depth per second, stands there, as after stepping back
MAX_REP_S: Final = 40.0  # whoever sits longer than this is sitting
MAX_GAP_S: Final = 1.5  # without a reading this long nobody knows what happened; who crosses in front hides for 1 s
SPEED_TIME_S: Final = 0.12  # averaging time of the speed
BOTTOM_SPEED: Final = 0.25  # depth per second; slower near the deepest point is the bottom, until twice as fast


@dataclass(frozen=True, slots=True)
class Segment:
    """One way down and back up. Times in capture seconds; `depth` is the deepest reading."""

    start_s: float
    bottom_s: float
    end_s: float
    depth: float


@dataclass(frozen=True, slots=True)
class Step:
    """What one frame changed."""

    phase: Phase
    started_s: float | None = None
    finished: Segment | None = None
    abandoned: str | None = None


class RepSegmenter:
    """Depth readings in, reps out. Feed every frame; NaN where depth could not be read."""

    def __init__(self) -> None:
        self._top = math.inf  # level of the top, in depth
        self._quiet_s = 0.0  # last moment near the top
        self._time_s = -math.inf  # last reading
        self._depth = 0.0
        self._speed = 0.0  # depth per second, lightly smoothed
        self._rep: _OpenRep | None = None

    @property
    def in_rep(self) -> bool:
        """Whether a rep is under way."""
        return self._rep is not None

    def reset(self) -> bool:
        """Forget everything; returns whether a rep was under way, which is gone."""
        was_in_rep = self.in_rep
        self.__init__()  # type: ignore[misc]
        return was_in_rep

    def update(self, time_s: float, depth: float) -> Step:
        """One frame on."""
        gap_s = time_s - self._time_s
        if math.isnan(depth) or gap_s > MAX_GAP_S:
            lost = self._rep is not None and gap_s > MAX_GAP_S
            if gap_s > MAX_GAP_S:
                self.reset()
            if math.isnan(depth):
                return Step(self._phase(), abandoned="lost sight of the lifter" if lost else None)
            self._time_s, self._depth, self._top, self._quiet_s = time_s, depth, depth, time_s
            return Step(Phase.STANDING, abandoned="lost sight of the lifter" if lost else None)
        # Nobody is taller than standing: what reads so is another body for a moment, and no top to come back to.
        depth = max(depth, -QUIET)
        if gap_s > 0.0:
            self._speed += (1.0 - math.exp(-gap_s / SPEED_TIME_S)) * ((depth - self._depth) / gap_s - self._speed)
        self._time_s, self._depth = time_s, depth
        if self._rep is None:
            return self._at_top(time_s, depth, gap_s)
        return self._in_rep(self._rep, time_s, depth)

    def finish(self) -> Step:
        """The source has ended: a rep that was as good as over is over, another one will never be."""
        rep = self._rep
        if rep is None:
            return Step(Phase.STANDING)
        if rep.returned_s is not None:
            return self._close(rep, self._time_s, Phase.STANDING)
        self._rep = None
        return Step(Phase.STANDING, abandoned="the source ended")

    def _at_top(self, time_s: float, depth: float, gap_s: float) -> Step:
        if depth < self._top:
            self._top = depth
        else:
            self._top += (1.0 - math.exp(-gap_s / TOP_FORGET_S)) * (depth - self._top)
        # Nobody is taller than standing: what reads so is a yardstick that lags behind somebody who rises.
        if depth <= max(0.0, self._top) + QUIET:
            self._quiet_s = time_s
        if depth < self._top + LEAVE or depth < LEAVE:
            return Step(Phase.STANDING)
        self._rep = _OpenRep(start_s=self._quiet_s, top=self._top, bottom_s=time_s, deepest=depth, turn=depth)
        return Step(Phase.DESCENT, started_s=self._quiet_s)

    def _in_rep(self, rep: _OpenRep, time_s: float, depth: float) -> Step:
        rep.note(time_s, depth)
        if rep.returned_s is None:
            if depth <= rep.top + RETURN * (rep.deepest - rep.top):
                rep.returned_s, rep.returned_readings = time_s, 1
        elif depth <= rep.top + RETURN * (rep.deepest - rep.top):
            rep.returned_readings += 1
        elif rep.returned_readings < MIN_READINGS:
            # One frame showed the hips at the top, and they are down again: it showed another body, or nonsense.
            rep.returned_s, rep.turn = None, depth
        elif depth > rep.turn + max(QUIET, TURN * rep.deepest) and depth > rep.top + LEAVE:
            # Turned round short of the top: that was one rep, and this is the next one.
            step = self._close(rep, rep.turn_s, Phase.DESCENT)
            self._rep = _OpenRep(start_s=rep.turn_s, top=rep.turn, bottom_s=time_s, deepest=depth, turn=depth)
            return replace(step, started_s=rep.turn_s)
        if rep.returned_s is not None:
            at_top = depth <= rep.top + QUIET and rep.returned_readings >= MIN_READINGS
            if at_top or time_s - max(rep.returned_s, rep.turn_s) >= SETTLE_S:
                self._top, self._quiet_s = min(depth, rep.turn), time_s
                return self._close(rep, time_s if at_top else rep.turn_s, Phase.STANDING)
            return Step(Phase.ASCENT)
        hovers = rep.deepest < HOVER and self._speed <= HOVER_SPEED and time_s - rep.start_s > HOVER_S
        if hovers or time_s - rep.start_s > MAX_REP_S:
            self._rep = None
            self._top, self._quiet_s = depth, time_s
            return Step(Phase.STANDING, abandoned="stood lower" if hovers else "stayed down too long")
        return Step(self._phase())

    def _close(self, rep: _OpenRep, end_s: float, phase: Phase) -> Step:
        self._rep = None
        if end_s - rep.start_s < MIN_REP_S:
            return Step(phase, abandoned="too quick to be a rep")
        return Step(phase, finished=Segment(rep.start_s, rep.bottom_s, end_s, rep.deepest))

    def _phase(self) -> Phase:
        rep = self._rep
        if rep is None:
            return Phase.STANDING
        margin = max(QUIET, TURN * rep.deepest)
        limit = BOTTOM_SPEED * (2.0 if rep.at_bottom else 1.0)
        rep.at_bottom = self._depth >= rep.deepest - margin and abs(self._speed) < limit
        if rep.at_bottom:
            return Phase.BOTTOM
        return Phase.ASCENT if self._speed < 0.0 else Phase.DESCENT


@dataclass(slots=True)
class _OpenRep:
    start_s: float
    top: float
    bottom_s: float
    deepest: float
    turn: float  # shallowest reading since the deepest one
    turn_s: float = 0.0
    returned_s: float | None = None
    returned_readings: int = 0
    at_bottom: bool = False

    def note(self, time_s: float, depth: float) -> None:
        if depth > self.deepest:
            self.deepest, self.bottom_s = depth, time_s
            self.turn = math.inf
        if depth < self.turn:
            self.turn, self.turn_s = depth, time_s
