"""Judges whether a knee is caving in."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from edge_valgus.analysis.baseline import Neutral, Standing
from edge_valgus.analysis.body import Body, Leg
from edge_valgus.analysis.doubt import SETTLE_S, Trembling, doubt_about, turned
from edge_valgus.analysis.measures import medial_offset_pct
from edge_valgus.analysis.path import NeutralPath
from edge_valgus.config import KneeConfig
from edge_valgus.events import CantJudgeOff, CantJudgeOn, Doubt, FlagOff, FlagOn, Side

MIN_FRAMES: Final = 3  # whatever the frame rate, two frames don't make a flag
CERTAINTY: Final = 1.64  # standard deviations of the neutral path that a knee must be inside: 1 in 20 by chance
PLANTED: Final = 0.15  # leg lengths a foot may seem to move and still carry; a free leg's knee says nothing

KneeEvent = FlagOn | FlagOff | CantJudgeOn | CantJudgeOff


@dataclass(slots=True)
class _KneeState:
    inside_since_s: float | None = None
    inside_frames: int = 0
    flagged: bool = False


@dataclass(frozen=True, slots=True)
class KneeReading:
    """Both knees in one frame. mkd_*: medial knee displacement from the neutral path, % of leg length, positive = inward."""

    mkd_left_pct: float
    mkd_right_pct: float
    flagged_left: bool
    flagged_right: bool
    events: tuple[KneeEvent, ...]


class KneeJudge:
    """Per-leg flag with hysteresis and minimum duration, against the lifter's own neutral path; abstains when it must."""

    def __init__(self, config: KneeConfig) -> None:
        self._config = config
        self._knees = {Side.LEFT: _KneeState(), Side.RIGHT: _KneeState()}
        self._trembling = {Side.LEFT: Trembling(), Side.RIGHT: Trembling()}
        self._path = NeutralPath()
        self._steps = 0
        self._doubt: Doubt | None = None  # as shown
        self._other_doubt_since_s: float | None = None
        self._time_s = 0.0

    @property
    def doubt(self) -> Doubt | None:
        """Why the knees can't be judged now; None while they can."""
        return self._doubt

    def new_lifter(self, time_s: float) -> tuple[KneeEvent, ...]:
        """Somebody else, or the same one after a break: nothing learned holds any more, and no light stays on."""
        events: tuple[KneeEvent, ...] = self._release_all(time_s)
        self.interrupt()
        self._path = NeutralPath()
        self._trembling = {Side.LEFT: Trembling(), Side.RIGHT: Trembling()}
        if self._doubt is not None:
            self._doubt, self._other_doubt_since_s = None, None
            events = (*events, CantJudgeOff(time_s))
        return events

    def flagged(self, side: Side) -> bool:
        """Whether that knee's light is on."""
        return self._knees[side].flagged

    def interrupt(self) -> None:
        """A frame in which nobody was seen: a knee that was in before it has to be in long enough after it."""
        for knee in self._knees.values():
            knee.inside_since_s, knee.inside_frames = None, 0

    def update(self, body: Body, standing: Standing, depth: float, time_s: float, *, in_rep: bool) -> KneeReading:
        """One frame on."""
        dt_s, self._time_s = max(0.0, time_s - self._time_s), time_s
        if standing.steps != self._steps:
            self._steps = standing.steps
            self._path.unsettle()
        offset_pct = {
            Side.LEFT: self._offset_pct(body.left, Side.LEFT, standing.left, standing.leg_length_px, dt_s),
            Side.RIGHT: self._offset_pct(body.right, Side.RIGHT, standing.right, standing.leg_length_px, dt_s),
        }
        noise_pct = max(each.deviation for each in self._trembling.values())
        unclear = doubt_about(body, standing, noise_pct)
        turn = turned(self._path.turn_pct)
        if turn:
            # Nothing certain may come of it: whoever turns to the front again has to be believed at once.
            self._path.unsettle()
        raw_doubt = unclear or turn
        events: list[KneeEvent] = list(self._settle_doubt(raw_doubt, time_s))
        mkd = {side: value - self._path.offset_pct(side, depth) for side, value in offset_pct.items()}
        judging = in_rep and self._doubt is None and raw_doubt is None and depth >= self._config.from_depth
        for side, neutral in ((Side.LEFT, standing.left), (Side.RIGHT, standing.right)):
            doubt_pct = math.hypot(self._path.doubt_pct(side, depth), neutral.doubt_pct)
            needed_pct = max(self._config.threshold_pct, CERTAINTY * doubt_pct)
            inside_pct = mkd[side] if judging else math.nan
            over = not in_rep or self._doubt is not None or depth < self._config.from_depth
            events.extend(self._flag(side, inside_pct, needed_pct, time_s, over=over))
            # A lifter who seems turned goes on teaching, or would seem so for ever.
            if in_rep and unclear is None and not self._knees[side].flagged and not math.isnan(offset_pct[side]):
                self._path.learn(side, depth, offset_pct[side], dt_s)
        return KneeReading(
            mkd_left_pct=math.nan if raw_doubt else mkd[Side.LEFT],
            mkd_right_pct=math.nan if raw_doubt else mkd[Side.RIGHT],
            flagged_left=self._knees[Side.LEFT].flagged,
            flagged_right=self._knees[Side.RIGHT].flagged,
            events=tuple(events),
        )

    def _offset_pct(self, leg: Leg, side: Side, neutral: Neutral, leg_length_px: float, dt_s: float) -> float:
        """How far the knee is inside where it stood; NaN for a leg that is unseen or swings free."""
        offset_pct = medial_offset_pct(leg, side, leg_length_px) - neutral.offset_pct
        if not neutral.planted(leg, leg_length_px, PLANTED):
            offset_pct = math.nan
        self._trembling[side].update(offset_pct, dt_s)
        return offset_pct

    def _flag(self, side: Side, mkd_pct: float, needed_pct: float, time_s: float, *, over: bool) -> list[KneeEvent]:
        """Follow one knee. mkd_pct: NaN where it can't be read or isn't judged; over: whatever was flagged is done."""
        knee, config = self._knees[side], self._config
        if knee.flagged:
            if over or mkd_pct < config.release_pct:
                return [self._release(side, time_s)]
            return []
        if not mkd_pct >= needed_pct:
            knee.inside_since_s, knee.inside_frames = None, 0
            return []
        if knee.inside_since_s is None:
            knee.inside_since_s = time_s
        knee.inside_frames += 1
        if (time_s - knee.inside_since_s) * 1000.0 < config.min_duration_ms or knee.inside_frames < MIN_FRAMES:
            return []
        knee.flagged = True
        return [FlagOn(time_s, side)]

    def _release(self, side: Side, time_s: float) -> FlagOff:
        self._knees[side] = _KneeState()
        return FlagOff(time_s, side)

    def _release_all(self, time_s: float) -> tuple[FlagOff, ...]:
        return tuple(self._release(side, time_s) for side, knee in list(self._knees.items()) if knee.flagged)

    def _settle_doubt(self, doubt: Doubt | None, time_s: float) -> tuple[KneeEvent, ...]:
        """Follow the frame's own doubt with a delay, so that the amber light does not flicker."""
        if (doubt is None) == (self._doubt is None):
            self._other_doubt_since_s = None
            return ()
        if self._other_doubt_since_s is None:
            self._other_doubt_since_s = time_s
        if time_s - self._other_doubt_since_s < SETTLE_S:
            return ()
        self._other_doubt_since_s = None
        self._doubt = doubt
        if doubt is None:
            return (CantJudgeOff(time_s),)
        return (*self._release_all(time_s), CantJudgeOn(time_s, doubt))
