"""Judges whether a knee is caving in, and whether that can be said at all."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

from edge_valgus.analysis.baseline import Standing
from edge_valgus.analysis.body import Body
from edge_valgus.analysis.measures import medial_offset_pct
from edge_valgus.analysis.path import NeutralPath
from edge_valgus.config import KneeConfig
from edge_valgus.events import CantJudgeOff, CantJudgeOn, Doubt, FlagOff, FlagOn, Side

DOUBT_SETTLE_S: Final = 0.3  # one unreadable frame is no reason to change a light
MIN_FRAMES: Final = 3  # whatever the frame rate, two frames don't make a flag
CERTAINTY: Final = 1.0  # a knee must be inside by the threshold and by this many standard deviations of the path
MIN_TURN_COSINE: Final = 0.45  # apparent shoulder width over trunk height, against a frontal view's
FRONTAL_SHOULDERS: Final = 0.62  # shoulder width over trunk height, facing the camera
MIN_LEG_PX: Final = 60.0  # below this, a centimetre is less than a pixel


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
    doubt: Doubt | None
    flagged_left: bool
    flagged_right: bool
    events: tuple[FlagOn | FlagOff | CantJudgeOn | CantJudgeOff, ...] = field(default=())


class KneeJudge:
    """Per-leg flag with hysteresis and minimum duration, against the lifter's own neutral path; abstains when it must."""

    def __init__(self, config: KneeConfig) -> None:
        self._config = config
        self._knees = {Side.LEFT: _KneeState(), Side.RIGHT: _KneeState()}
        self.path = NeutralPath()
        self._doubt: Doubt | None = None  # as shown
        self._other_doubt_since_s: float | None = None
        self._time_s = 0.0

    @property
    def doubt(self) -> Doubt | None:
        """Why the knees can't be judged now; None while they can."""
        return self._doubt

    def new_lifter(self, time_s: float) -> tuple[FlagOff | CantJudgeOff, ...]:
        """Somebody else, or the same one after a break: nothing learned holds any more, and no light stays on."""
        events = self._release_all(time_s)
        self.path = NeutralPath()
        if self._doubt is not None:
            self._doubt, self._other_doubt_since_s = None, None
            return (*events, CantJudgeOff(time_s))
        return events

    def update(self, body: Body, standing: Standing, depth: float, time_s: float, *, in_rep: bool) -> KneeReading:
        """One frame on."""
        dt_s, self._time_s = max(0.0, time_s - self._time_s), time_s
        raw_doubt = doubt_about(body, standing)
        events: list[FlagOn | FlagOff | CantJudgeOn | CantJudgeOff] = list(self._settle_doubt(raw_doubt, time_s))
        mkd = {Side.LEFT: math.nan, Side.RIGHT: math.nan}
        if raw_doubt is None:
            for side, leg, neutral_pct in (
                (Side.LEFT, body.left, standing.offset_left_pct),
                (Side.RIGHT, body.right, standing.offset_right_pct),
            ):
                offset_pct = medial_offset_pct(leg, side, standing.leg_length_px) - neutral_pct
                mkd[side] = offset_pct - self.path.offset_pct(side, depth)
                if in_rep and not math.isnan(offset_pct) and not self._knees[side].flagged:
                    self.path.learn(side, depth, offset_pct, dt_s)
        judging = in_rep and self._doubt is None and raw_doubt is None and depth >= self._config.from_depth
        for side in Side:
            events.extend(self._flag(side, mkd[side] if judging else math.nan, depth, time_s, in_rep=in_rep))
        return KneeReading(
            mkd[Side.LEFT],
            mkd[Side.RIGHT],
            self._doubt,
            self._knees[Side.LEFT].flagged,
            self._knees[Side.RIGHT].flagged,
            tuple(events),
        )

    def _flag(self, side: Side, mkd_pct: float, depth: float, time_s: float, *, in_rep: bool) -> list[FlagOn | FlagOff]:
        knee, config = self._knees[side], self._config
        if math.isnan(mkd_pct):
            knee.inside_since_s, knee.inside_frames = None, 0
            over = knee.flagged and (not in_rep or depth < config.from_depth or self._doubt is not None)
            return self._release(side, time_s) if over else []
        if knee.flagged:
            return self._release(side, time_s) if mkd_pct < config.release_pct else []
        if mkd_pct < max(config.threshold_pct, CERTAINTY * self.path.doubt_pct(side, depth)):
            knee.inside_since_s, knee.inside_frames = None, 0
            return []
        if knee.inside_since_s is None:
            knee.inside_since_s = time_s
        knee.inside_frames += 1
        if (time_s - knee.inside_since_s) * 1000.0 < config.min_duration_ms or knee.inside_frames < MIN_FRAMES:
            return []
        knee.flagged = True
        return [FlagOn(time_s, side)]

    def _release(self, side: Side, time_s: float) -> list[FlagOn | FlagOff]:
        self._knees[side] = _KneeState()
        return [FlagOff(time_s, side)]

    def _release_all(self, time_s: float) -> tuple[FlagOff, ...]:
        flagged = [side for side, knee in self._knees.items() if knee.flagged]
        self._knees = {Side.LEFT: _KneeState(), Side.RIGHT: _KneeState()}
        return tuple(FlagOff(time_s, side) for side in flagged)

    def _settle_doubt(self, doubt: Doubt | None, time_s: float) -> tuple[FlagOff | CantJudgeOn | CantJudgeOff, ...]:
        """Follow the frame's own doubt with a delay, so that the amber light does not flicker."""
        if (doubt is None) == (self._doubt is None):
            self._other_doubt_since_s = None
            return ()
        if self._other_doubt_since_s is None:
            self._other_doubt_since_s = time_s
        if time_s - self._other_doubt_since_s < DOUBT_SETTLE_S:
            return ()
        self._other_doubt_since_s = None
        self._doubt = doubt
        if doubt is None:
            return (CantJudgeOff(time_s),)
        return (*self._release_all(time_s), CantJudgeOn(time_s, doubt))


def doubt_about(body: Body, standing: Standing) -> Doubt | None:
    """Why this frame's knees can't be judged; None if they can."""
    if not (body.left.seen and body.right.seen):
        return Doubt.HIDDEN
    if not (body.left.inside and body.right.inside):
        return Doubt.OUTSIDE
    if standing.leg_length_px < MIN_LEG_PX:
        return Doubt.TOO_SMALL
    if math.isnan(standing.offset_left_pct) or math.isnan(standing.offset_right_pct):
        return Doubt.UNSTEADY
    trunk_px = standing.trunk_height_px
    if body.shoulder_width_px < MIN_TURN_COSINE * FRONTAL_SHOULDERS * trunk_px:
        return Doubt.TURNED
    return None
