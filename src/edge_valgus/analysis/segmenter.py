"""Cuts the hips' travel into reps, frame by frame, without looking ahead.

The signal is depth (0 standing … 1 parallel). A rep begins when the hips leave the top by a clear margin, and is over
when they are back near it: two thresholds apart, so that noise, pauses and double dips don't make reps. What was seen
in between, and not a count of frames, decides.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from edge_valgus.events import Phase

LEAVE: Final = 0.12  # depth above the top's level at which a descent is certain
QUIET: Final = 0.05  # depth above the top's level that still is standing: start and end are taken here
RETURN: Final = 0.3  # share of the deepest point: back above it, the rep is as good as over …
SETTLE_S: Final = 0.35  # … and is closed when the top is reached, the hips turn again, or after this long
TURN: Final = 0.1  # share of the deepest point (at least QUIET) that makes a turning point certain
TOP_FORGET_S: Final = 3.0  # time constant with which the top's level follows a lifter who stands lower
MIN_REP_S: Final = 0.4  # quick reps take 0.5–0.6 s each way; less than 0.4 s in all is not a rep (docs/science.md)
MAX_REP_S: Final = 40.0  # whoever sits longer than this is sitting
MAX_GAP_S: Final = 1.0  # without a reading this long nobody knows what happened
BOTTOM_SPEED: Final = 0.25  # depth per second; slower near the deepest point is the bottom


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

    @property
    def started_s(self) -> float | None:
        """When the rep under way began."""
        return self._rep.start_s if self._rep else None

    def reset(self) -> None:
        """Forget everything; a rep under way is gone."""
        self.__init__()  # type: ignore[misc]

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
        if gap_s > 0.0:
            self._speed += 0.5 * ((depth - self._depth) / gap_s - self._speed)
        self._time_s, self._depth = time_s, depth
        if self._rep is None:
            return self._at_top(time_s, depth, gap_s)
        return self._in_rep(self._rep, time_s, depth)

    def finish(self) -> Segment | None:
        """The source has ended: a rep that was as good as over is over."""
        rep = self._rep
        return self._close(rep, self._time_s) if rep and rep.returned_s is not None else None

    def _at_top(self, time_s: float, depth: float, gap_s: float) -> Step:
        if depth < self._top:
            self._top = depth
        else:
            self._top += (1.0 - math.exp(-gap_s / TOP_FORGET_S)) * (depth - self._top)
        if depth <= self._top + QUIET:
            self._quiet_s = time_s
        if depth < self._top + LEAVE or depth < LEAVE:
            return Step(Phase.STANDING)
        self._rep = _OpenRep(start_s=self._quiet_s, top=self._top, bottom_s=time_s, deepest=depth, turn=depth)
        return Step(Phase.DESCENT, started_s=self._quiet_s)

    def _in_rep(self, rep: _OpenRep, time_s: float, depth: float) -> Step:
        rep.note(time_s, depth)
        if rep.returned_s is None:
            if depth <= rep.top + RETURN * (rep.deepest - rep.top):
                rep.returned_s = time_s
        elif depth > rep.turn + max(QUIET, TURN * rep.deepest) and depth > rep.top + LEAVE:
            # Turned round short of the top: that was one rep, and this is the next one.
            finished = self._close(rep, rep.turn_s)
            self._rep = _OpenRep(start_s=rep.turn_s, top=rep.turn, bottom_s=time_s, deepest=depth, turn=depth)
            return Step(Phase.DESCENT, started_s=rep.turn_s, finished=finished)
        if rep.returned_s is not None:
            if depth <= rep.top + QUIET or time_s - rep.returned_s >= SETTLE_S:
                self._top, self._quiet_s = min(depth, rep.turn), time_s
                return Step(Phase.STANDING, finished=self._close(rep, time_s))
            return Step(Phase.ASCENT)
        if time_s - rep.start_s > MAX_REP_S:
            self._rep = None
            self._top, self._quiet_s = depth, time_s
            return Step(Phase.STANDING, abandoned="stayed down too long")
        return Step(self._phase())

    def _close(self, rep: _OpenRep, end_s: float) -> Segment | None:
        self._rep = None
        if end_s - rep.start_s < MIN_REP_S:
            return None
        return Segment(rep.start_s, rep.bottom_s, end_s, rep.deepest)

    def _phase(self) -> Phase:
        rep = self._rep
        if rep is None:
            return Phase.STANDING
        margin = max(QUIET, TURN * rep.deepest)
        if self._depth >= rep.deepest - margin and abs(self._speed) < BOTTOM_SPEED:
            return Phase.BOTTOM
        return Phase.ASCENT if self._depth < rep.deepest - margin and self._speed < 0.0 else Phase.DESCENT


@dataclass(slots=True)
class _OpenRep:
    start_s: float
    top: float
    bottom_s: float
    deepest: float
    turn: float  # shallowest reading since the deepest one
    turn_s: float = 0.0
    returned_s: float | None = None

    def note(self, time_s: float, depth: float) -> None:
        if depth > self.deepest:
            self.deepest, self.bottom_s = depth, time_s
            self.turn = math.inf
        if depth < self.turn:
            self.turn, self.turn_s = depth, time_s
