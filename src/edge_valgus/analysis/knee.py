"""Judges whether a knee is caving in."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from edge_valgus.analysis.baseline import Foot, Standing
from edge_valgus.analysis.body import Body, Leg
from edge_valgus.analysis.doubt import SETTLE_S, Trembling, UsualNoise, doubt_about, turned
from edge_valgus.analysis.measures import medial_offset_pct, trunk_shift_pct
from edge_valgus.analysis.path import NeutralPath
from edge_valgus.analysis.rig import Rig, limits_of
from edge_valgus.config import KneeConfig
from edge_valgus.events import CantJudgeOff, CantJudgeOn, Doubt, FlagOff, FlagOn, Side

MIN_FRAMES: Final = 3  # two frames don't make a flag …
HELD_S: Final = 0.1  # … unless the knee was in for so long without a break: at 10 frames a second two do …
CLOCK_S: Final = 0.002  # … as exactly as cameras tell the time
MARKED_PCT: Final = 2.0  # a knee so much further in than it has to be is flagged after `KneeConfig.min_duration_ms`
NOISE_DEPTH: Final = 0.2  # from here on down noise is measured: what is higher is hardly a squat yet
STANDING_DEPTH: Final = 0.12  # outside of reps, whoever is deeper is doing something else
MAX_STEP_S: Final = 0.15  # a frame after a gap doesn't weigh as much as the gap was long
DARK_AFTER_S: Final = 1.0  # nobody seen for longer: a light that is on goes out, though the rep may still go on
PLANTED: Final = 0.15  # leg lengths a foot may seem to move and still carry; a free leg's knee says nothing

KneeEvent = FlagOn | FlagOff | CantJudgeOn | CantJudgeOff


@dataclass(slots=True)
class _KneeState:
    evidence_pct_s: float = 0.0
    frames: int = 0
    held_s: float = 0.0  # in without a break
    was_in: bool = False  # in the last frame
    flagged: bool = False
    release_pct: float = 0.0  # while flagged: as it was when the light came on, whatever the noise has become
    unread_s: float = 0.0  # since the last reading


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

    def __init__(self, config: KneeConfig, rig: Rig | None = None) -> None:
        self._config = config
        self.use(rig)
        self._knees = {Side.LEFT: _KneeState(), Side.RIGHT: _KneeState()}
        self._trembling = {Side.LEFT: Trembling(), Side.RIGHT: Trembling()}
        self._usual_noise = UsualNoise()
        self._path_before_rep: NeutralPath | None = None
        self._steps = 0
        self._doubt: Doubt | None = None  # as shown
        self._other_doubt_since_s: float | None = None
        self._time_s = math.inf  # no frame yet: the first one has no time to weigh by

    def use(self, rig: Rig | None) -> None:
        """Judge by what was measured of this rig from now on, beginning with a path of which nothing is learned."""
        self._rig = rig
        self._path = self._unlearned()

    def _unlearned(self) -> NeutralPath:
        return NeutralPath(self._rig.turn_pct if self._rig is not None else 0.0)

    @property
    def doubt(self) -> Doubt | None:
        """Why the knees can't be judged now; None while they can."""
        return self._doubt

    def new_lifter(self, time_s: float) -> tuple[KneeEvent, ...]:
        """Somebody else, or the same one after a break: nothing learned holds any more, and no light stays on."""
        events: tuple[KneeEvent, ...] = self._release_all(time_s)
        self.interrupt(time_s)
        self._path = self._unlearned()
        self._trembling = {Side.LEFT: Trembling(), Side.RIGHT: Trembling()}
        self._usual_noise = UsualNoise()
        if self._doubt is not None:
            self._doubt, self._other_doubt_since_s = None, None
            events = (*events, CantJudgeOff(time_s))
        return events

    def flagged(self, side: Side) -> bool:
        """Whether that knee's light is on."""
        return self._knees[side].flagged

    def begin_rep(self) -> None:
        """Something began that may be a rep."""
        self._path_before_rep = self._path.copy()

    def end_rep(self, *, was_squat: bool) -> None:
        """It is over. What somebody's knees did who bent for a plate is no path of a squat."""
        if not was_squat and self._path_before_rep is not None:
            self._path = self._path_before_rep
        self._path_before_rep = None

    def interrupt(self, time_s: float, dark_after_s: float = DARK_AFTER_S) -> tuple[FlagOff, ...]:
        """A frame that can't be read: a knee that was in before it has to be in long enough after it.

        dark_after_s: for how long a light that is on may outlast the last frame that could be.
        """
        for knee in self._knees.values():
            knee.evidence_pct_s, knee.frames, knee.was_in = 0.0, 0, False
        return self._release_all(time_s) if time_s - self._time_s > dark_after_s else ()

    def update(self, body: Body, standing: Standing, depth: float, time_s: float, *, in_rep: bool) -> KneeReading:
        """One frame on."""
        late = self.interrupt(time_s) if time_s - self._time_s > DARK_AFTER_S else ()
        dt_s, self._time_s = min(max(0.0, time_s - self._time_s), MAX_STEP_S), time_s
        if standing.steps != self._steps:
            self._steps = standing.steps
            self._path.unsettle()
            self._path_before_rep = None
        offset_pct = {
            Side.LEFT: self._offset_pct(body.left, Side.LEFT, standing.left, standing.leg_length_px, dt_s),
            Side.RIGHT: self._offset_pct(body.right, Side.RIGHT, standing.right, standing.leg_length_px, dt_s),
        }
        noise_pct = max(each.deviation for each in self._trembling.values())
        if in_rep and depth > NOISE_DEPTH:
            self._usual_noise.update(noise_pct, dt_s)
        unclear = doubt_about(body, standing, noise_pct)
        turn = turned(self._path.turn_pct)
        if turn:
            # Nothing certain may come of it: whoever turns to the front again has to be believed at once.
            self._path.unsettle()
        raw_doubt = unclear or turn
        events: list[KneeEvent] = [*late, *self._settle_doubt(raw_doubt, time_s)]
        mkd = {side: value - self._path.offset_pct(side, depth) for side, value in offset_pct.items()}
        judging = in_rep and self._doubt is None and raw_doubt is None and depth >= self._config.from_depth
        for side in Side:
            limits = limits_of(self._config, self._rig, side, self._usual_noise.share)
            needed_pct = math.hypot(limits.threshold_pct, self._path.doubt_pct(side, depth))
            beyond_pct = mkd[side] - needed_pct if judging else math.nan
            over = not in_rep or self._doubt is not None or depth < self._config.from_depth
            events.extend(self._flag(side, mkd[side], beyond_pct, limits.release_pct, dt_s, over=over))
        # Only then, so that neither knee is judged by what the other one has taught in this very frame.
        for side in Side:
            # A lifter who seems turned goes on teaching, or would seem so for ever.
            teaches = unclear is None and (in_rep or depth < STANDING_DEPTH) and not self._knees[side].flagged
            if teaches and not math.isnan(offset_pct[side]):
                self._path.learn(side, depth, offset_pct[side], dt_s, noise_share=self._usual_noise.share)
        if in_rep and unclear is None and body.trunk_seen:
            self._path.learn_turn(depth, trunk_shift_pct(body, standing.leg_length_px) - standing.trunk_shift_pct, dt_s)
        return KneeReading(
            mkd_left_pct=math.nan if raw_doubt else mkd[Side.LEFT],
            mkd_right_pct=math.nan if raw_doubt else mkd[Side.RIGHT],
            flagged_left=self._knees[Side.LEFT].flagged,
            flagged_right=self._knees[Side.RIGHT].flagged,
            events=tuple(events),
        )

    def _offset_pct(self, leg: Leg, side: Side, foot: Foot, leg_length_px: float, dt_s: float) -> float:
        """How far the knee is inside its ankle; NaN for a leg that is unseen or swings free."""
        offset_pct = medial_offset_pct(leg, side, leg_length_px)
        if not foot.planted(leg, leg_length_px, PLANTED):
            offset_pct = math.nan
        self._trembling[side].update(offset_pct, dt_s)
        return offset_pct

    def _flag(
        self, side: Side, mkd_pct: float, beyond_pct: float, release_pct: float, dt_s: float, *, over: bool
    ) -> list[KneeEvent]:
        """Follow one knee. beyond_pct: further in than it has to be, NaN where it isn't judged; over: nothing is.

        Evidence is summed (Page's CUSUM, 1954): the further in, the sooner the light; single bad frames don't get far.
        """
        knee, config = self._knees[side], self._config
        knee.unread_s = knee.unread_s + dt_s if math.isnan(mkd_pct) else 0.0
        if knee.flagged:
            if over or mkd_pct < knee.release_pct or knee.unread_s > SETTLE_S:
                return [self._release(side, self._time_s)]
            return []
        if over:
            knee.evidence_pct_s, knee.frames, knee.was_in = 0.0, 0, False
        if math.isnan(beyond_pct):
            return []
        knee.evidence_pct_s = max(0.0, knee.evidence_pct_s + beyond_pct * dt_s)
        knee.held_s = knee.held_s + dt_s if beyond_pct > 0.0 and knee.was_in else 0.0
        knee.was_in = beyond_pct > 0.0
        knee.frames = 0 if knee.evidence_pct_s == 0.0 else knee.frames + (beyond_pct > 0.0)
        brief = knee.frames < MIN_FRAMES and knee.held_s < HELD_S - CLOCK_S
        needed_pct_s = MARKED_PCT * config.min_duration_ms / 1000.0 * self._usual_noise.share
        if brief or knee.evidence_pct_s < needed_pct_s:
            return []
        knee.flagged, knee.release_pct = True, release_pct
        return [FlagOn(self._time_s, side)]

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
