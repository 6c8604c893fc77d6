"""How this lifter stands: the yardstick (leg length in pixels) and the neutral knees.

Standing is recognised by shape, without a yardstick: upright trunk, knee half-way between hip and ankle. A lifter who
steps closer gets a new yardstick within half a second of standing there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from edge_valgus.analysis.body import Body
from edge_valgus.analysis.measures import medial_offset_pct
from edge_valgus.events import Side

MIN_STRAIGHTNESS: Final = 0.72  # thigh height over shank height in the picture; 0.8–1.35 was seen standing, by camera
TRUNK_TO_LEG: Final = (0.4, 1.0)  # trunk height over leg length, standing; 0.5–0.8 was seen
RISE_TIME_S: Final = 0.1  # a body that gets longer was not yet standing: believe it fast
DRIFT_TIME_S: Final = 1.5  # a body that stands and is shorter has moved: believe it slowly
NEUTRAL_TIME_S: Final = 0.7  # averaging time of the standing knees
NEAR_STANDING: Final = 0.93  # hip height over the yardstick above which the lifter is taken to stand
STILL_SPEED: Final = 0.25  # leg lengths per second; slower than this is standing still
SHORTER_FOR_S: Final = 0.8  # standing still, straight and shorter this long means the lifter moved away


@dataclass(slots=True)
class Standing:
    """The lifter's standing leg length in pixels and medial knee offsets in % of it (NaN until seen)."""

    leg_length_px: float
    trunk_height_px: float
    offset_left_pct: float = math.nan
    offset_right_pct: float = math.nan
    stance: float = math.nan  # ankle separation in leg lengths
    straightness: float = 1.0  # thigh height over shank height when standing


class StandingBaseline:
    """Learns `Standing` from the frames in which the lifter stands."""

    def __init__(self) -> None:
        self._standing: Standing | None = None
        self._time_s = 0.0
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
        dt_s = max(1e-3, time_s - self._time_s)
        height_px = body.hip_height_px
        speed_px_s = abs(height_px - self._height_px) / dt_s
        self._time_s, self._height_px = time_s, height_px
        if not looks_standing(body):
            self._shorter_since_s = None
            return self._standing
        if self._standing is None:
            self._standing = self._first_look(body)
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
            return standing
        if not in_rep:
            self._learn_neutral(standing, body, _gain(dt_s, NEUTRAL_TIME_S))
        return standing

    def _maybe_moved_away(self, standing: Standing, body: Body, time_s: float, speed_px_s: float) -> None:
        straight = straightness(body) > 0.9 * standing.straightness
        if not straight or speed_px_s > STILL_SPEED * standing.leg_length_px:
            self._shorter_since_s = None
        elif self._shorter_since_s is None:
            self._shorter_since_s = time_s
        elif time_s - self._shorter_since_s > SHORTER_FOR_S:
            self._standing = self._first_look(body)
            self._shorter_since_s = None

    @staticmethod
    def _first_look(body: Body) -> Standing:
        return Standing(body.hip_height_px, body.trunk_height_px, straightness=straightness(body))

    @staticmethod
    def _learn_neutral(standing: Standing, body: Body, gain: float) -> None:
        length = standing.leg_length_px
        standing.straightness += gain * (straightness(body) - standing.straightness)
        standing.trunk_height_px += gain * (body.trunk_height_px - standing.trunk_height_px)
        for name, value in (
            ("offset_left_pct", medial_offset_pct(body.left, Side.LEFT, length)),
            ("offset_right_pct", medial_offset_pct(body.right, Side.RIGHT, length)),
            ("stance", (body.left.ankle[0] - body.right.ankle[0]) / length),
        ):
            if not math.isnan(value):
                old = getattr(standing, name)
                setattr(standing, name, value if math.isnan(old) else old + gain * (value - old))


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
