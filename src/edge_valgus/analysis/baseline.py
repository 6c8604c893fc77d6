"""How this lifter stands: the yardstick (leg length in pixels), where the feet are, and the neutral knees.

Standing is recognised by shape, without a yardstick: upright trunk, knee half-way between hip and ankle. A lifter who
steps closer gets a new yardstick within a second of standing there; one who places a foot anew, a new neutral.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

from edge_valgus.analysis.body import Body, Leg, Point
from edge_valgus.analysis.measures import medial_offset_pct
from edge_valgus.events import Side

MIN_STRAIGHTNESS: Final = 0.72  # thigh height over shank height in the picture; 0.8–1.35 was seen standing, by camera
TRUNK_TO_LEG: Final = (0.4, 1.0)  # trunk height over leg length, standing; 0.5–0.8 was seen
RISE_TIME_S: Final = 0.1  # a body that gets longer was not yet standing: believe it fast
DRIFT_TIME_S: Final = 1.5  # a body that stands and is shorter has moved: believe it slowly
NEAR_STANDING: Final = 0.93  # hip height over the yardstick above which the lifter is taken to stand
QUITE_STANDING: Final = 0.97  # … and above which the knees are neutral: they go out before the hips go down
STILL_SPEED: Final = 0.25  # leg lengths per second; slower than this is standing still
SHORTER_FOR_S: Final = 0.8  # standing still, straight and shorter this long means the lifter moved away

NEUTRAL_TIME_S: Final = 1.0  # averaging time of the standing knees
NEUTRAL_NOISE_PCT: Final = 2.0  # error of a knee against its ankle in one frame …
NEUTRAL_NOISE_TIME_S: Final = 0.15  # … which hardly changes within this time
STEP: Final = 0.12  # leg lengths an ankle must be off its place …
STEP_FOR_S: Final = 0.4  # … for this long, standing, to have stepped
GAP_S: Final = 1.0


@dataclass(slots=True)
class Neutral:
    """One leg, standing: the medial offset of its knee (% of leg length), and the place of its ankle (px)."""

    offset_pct: float = math.nan
    ankle: Point = (math.nan, math.nan)
    seen_s: float = 0.0
    _off_since_s: float | None = None

    @property
    def doubt_pct(self) -> float:
        """One standard deviation of `offset_pct`."""
        return NEUTRAL_NOISE_PCT / math.sqrt(1.0 + min(self.seen_s, NEUTRAL_TIME_S) / NEUTRAL_NOISE_TIME_S)

    def planted(self, leg: Leg, leg_length_px: float, tolerance: float) -> bool:
        """Whether the foot is where it stood. Not while the leg swings free."""
        return self.off_place(leg, leg_length_px) <= tolerance

    def off_place(self, leg: Leg, leg_length_px: float) -> float:
        """How far the ankle is from where it stood, in leg lengths; infinite if it never stood."""
        if math.isnan(self.ankle[0]):
            return math.inf
        return math.hypot(leg.ankle[0] - self.ankle[0], leg.ankle[1] - self.ankle[1]) / leg_length_px

    def learn(self, leg: Leg, side: Side, leg_length_px: float, time_s: float, dt_s: float) -> bool:
        """One frame of standing; returns whether the foot was just found to have been placed anew."""
        offset_pct = medial_offset_pct(leg, side, leg_length_px)
        if math.isnan(offset_pct):
            return False
        moved = False
        if self.seen_s > 0.0 and self.off_place(leg, leg_length_px) > STEP:
            self._off_since_s = time_s if self._off_since_s is None else self._off_since_s
            if time_s - self._off_since_s < STEP_FOR_S:
                return False
            moved, self.seen_s = True, 0.0
        self._off_since_s = None
        # A plain mean at first, a running one later.
        gain = 1.0 if self.seen_s == 0.0 else max(dt_s / (self.seen_s + dt_s), _gain(dt_s, NEUTRAL_TIME_S))
        self.seen_s += dt_s
        if gain == 1.0:
            self.offset_pct, self.ankle = offset_pct, leg.ankle
        else:
            self.offset_pct += gain * (offset_pct - self.offset_pct)
            x, y = self.ankle
            self.ankle = x + gain * (leg.ankle[0] - x), y + gain * (leg.ankle[1] - y)
        return moved


@dataclass(slots=True)
class Standing:
    """The lifter's standing leg length and trunk height in pixels, and how each leg stands."""

    leg_length_px: float
    trunk_height_px: float
    straightness: float  # thigh height over shank height when standing
    left: Neutral = field(default_factory=Neutral)
    right: Neutral = field(default_factory=Neutral)
    steps: int = 0  # how often a foot was placed anew


class StandingBaseline:
    """Learns `Standing` from the frames in which the lifter stands."""

    def __init__(self) -> None:
        self._standing: Standing | None = None
        self._time_s = -math.inf
        self._height_px = 0.0
        self._shorter_since_s: float | None = None

    @property
    def standing(self) -> Standing | None:
        """None until the lifter was seen standing."""
        return self._standing

    def reset(self) -> None:
        """Forget the lifter."""
        self._standing = None
        self._shorter_since_s = None

    def update(self, body: Body, time_s: float, *, in_rep: bool) -> Standing | None:
        """One frame on; the yardstick only shrinks outside of reps."""
        dt_s = time_s - self._time_s
        if not 1e-3 < dt_s <= GAP_S:
            dt_s = 1e-3  # after a gap one frame must not weigh as much as the gap was long
        height_px = body.hip_height_px
        speed_px_s = abs(height_px - self._height_px) / dt_s
        self._time_s, self._height_px = time_s, height_px
        if not looks_standing(body):
            self._shorter_since_s = None
            return self._standing
        if self._standing is None:
            self._standing = Standing(height_px, body.trunk_height_px, straightness(body))
        standing = self._standing
        share = height_px / standing.leg_length_px
        if share > 1.0:
            standing.leg_length_px += _gain(dt_s, RISE_TIME_S) * (height_px - standing.leg_length_px)
            self._shorter_since_s = None
        elif share > NEAR_STANDING:
            if not in_rep:
                standing.leg_length_px += _gain(dt_s, DRIFT_TIME_S) * (height_px - standing.leg_length_px)
            self._shorter_since_s = None
        else:
            self._maybe_moved_away(standing, body, time_s, speed_px_s)
            return self._standing
        if not in_rep and share > QUITE_STANDING:
            self._learn_neutral(standing, body, time_s, dt_s)
        return standing

    def _maybe_moved_away(self, standing: Standing, body: Body, time_s: float, speed_px_s: float) -> None:
        straight = straightness(body) > 0.9 * standing.straightness
        if not straight or speed_px_s > STILL_SPEED * standing.leg_length_px:
            self._shorter_since_s = None
        elif self._shorter_since_s is None:
            self._shorter_since_s = time_s
        elif time_s - self._shorter_since_s > SHORTER_FOR_S:
            steps = standing.steps + 1
            self._standing = Standing(body.hip_height_px, body.trunk_height_px, straightness(body), steps=steps)
            self._shorter_since_s = None

    @staticmethod
    def _learn_neutral(standing: Standing, body: Body, time_s: float, dt_s: float) -> None:
        gain = _gain(dt_s, NEUTRAL_TIME_S)
        standing.straightness += gain * (straightness(body) - standing.straightness)
        standing.trunk_height_px += gain * (body.trunk_height_px - standing.trunk_height_px)
        for neutral, leg, side in (
            (standing.left, body.left, Side.LEFT),
            (standing.right, body.right, Side.RIGHT),
        ):
            standing.steps += neutral.learn(leg, side, standing.leg_length_px, time_s, dt_s)


def straightness(body: Body) -> float:
    """Height of hip over knee divided by height of knee over ankle, on the carrying side; about 1 standing, 0 at parallel."""
    leg = body.left if body.left.ankle[1] >= body.right.ankle[1] else body.right
    shank_px = leg.ankle[1] - leg.knee[1]
    return (leg.knee[1] - leg.hip[1]) / shank_px if shank_px > 0.0 else math.inf


def looks_standing(body: Body) -> bool:
    """Whether the shape is that of somebody upright on straight legs, whatever the scale."""
    height_px = body.hip_height_px
    if not (body.legs_seen and body.trunk_seen) or height_px <= 0.0:
        return False
    upright = TRUNK_TO_LEG[0] < body.trunk_height_px / height_px < TRUNK_TO_LEG[1]
    return upright and MIN_STRAIGHTNESS < straightness(body) < 2.0


def _gain(dt_s: float, time_constant_s: float) -> float:
    return 1.0 - math.exp(-dt_s / time_constant_s)
