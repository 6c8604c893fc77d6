"""The knees' neutral path: where this lifter's knees are at each depth when nothing caves in.

As the hips go down the knees travel forward over the feet, and turned-out toes take them outward: in the picture, a
clean knee moves *out* by a share of leg length that differs between lifters by more than a collapse is worth.
Turning the lifter or standing beside the camera's axis moves both knees to the same side. So the path is learned, per
leg: offset(depth) = reach · travel(depth), with the two reaches estimated together, starting from what is usual and how
much it varies, in the manner of a Kalman filter. The early descent, before a collapse develops, already says most in
the first rep; further reps make it certain. Frames in which the knee is well inside the path, or flagged, teach
nothing, so that a fault doesn't become normal.
"""

from __future__ import annotations

import math
from typing import Final

from edge_valgus.events import Side

USUAL_REACH_PCT: Final = -11.0  # knee against ankle at parallel, % of leg length, negative = outward …
SPREAD_PCT: Final = 4.5  # … how much lifters and stances differ in it, one standard deviation, both knees alike …
TURN_SPREAD_PCT: Final = 3.5  # … and one knee against the other (feet placed unevenly, the lifter a few degrees turned)
TRAVEL_DEPTH: Final = 0.22  # depth within which the knees go out by 63 % of it
SHAPE_SHARE: Final = 0.05  # how far a lifter's travel strays from the usual curve, of the reach …
EARLY_SHAPE_SHARE: Final = 0.3  # … and where the curve is steep …
DEEP_SHAPE_SHARE: Final = 0.25  # … and per depth beyond parallel, where some knees drift back in and others don't
NOISE_PCT: Final = 1.5  # one frame's error of a knee against its ankle
NOISE_TIME_S: Final = 0.2  # over which it hardly changes: neighbouring frames tell the same
FORGET_PCT2_S: Final = 0.02  # how fast certainty is lost, % squared a second in reps
EARLY_DEPTH: Final = 0.5  # until here knees that are inside the path move the path …
INWARD_RELUCTANCE: Final = (
    2.0  # … and deeper much less, by this times the square of how far: there it may be the fault itself
)
MAX_TEACHING_PCT: Final = 2.0  # further inside than this and what is in doubt teaches nothing


def travel(depth: float) -> float:
    """Share of the knees' travel outward at a depth, 0–1: nearly all of it happens in the first half of the descent.

    Read by eye off front-view recordings of a dozen people without a marked fault, where the knees had done about 0.55
    of it at depth 0.2, 0.85 at 0.4 and 0.95 at 0.6; `SHAPE_SHARE` and its kin say how far it is trusted.
    """
    return 1.0 - math.exp(-max(depth, 0.0) / TRAVEL_DEPTH)


class NeutralPath:
    """Reaches of both knees, and how certain they are."""

    def __init__(self) -> None:
        self._reach = {Side.LEFT: USUAL_REACH_PCT, Side.RIGHT: USUAL_REACH_PCT}
        self.unsettle()

    def unsettle(self) -> None:
        """The feet were placed anew: what was learned is where to start, and no longer certain."""
        common, turn = SPREAD_PCT**2, TURN_SPREAD_PCT**2
        self._variance = {Side.LEFT: common + turn, Side.RIGHT: common + turn}
        self._covariance = common - turn

    @property
    def turn_pct(self) -> float:
        """Half the difference of the two reaches: how much the lifter seems turned, positive = to the picture's right."""
        return (self._reach[Side.RIGHT] - self._reach[Side.LEFT]) / 2

    def offset_pct(self, side: Side, depth: float) -> float:
        """Where the knee would be, relative to where it is standing; % of leg length, positive = medial."""
        return self._reach[side] * travel(depth)

    def doubt_pct(self, side: Side, depth: float) -> float:
        """One standard deviation of `offset_pct`."""
        return math.hypot(math.sqrt(self._variance[side]) * travel(depth), self._shape_doubt_pct(side, depth))

    def learn(self, side: Side, depth: float, offset_pct: float, dt_s: float) -> None:
        """One frame of a knee that moves as it should."""
        share = travel(depth)
        error = offset_pct - self.offset_pct(side, depth)
        if share < 0.2 or error > MAX_TEACHING_PCT + 2.0 * self.doubt_pct(side, depth):
            return
        other = Side.RIGHT if side is Side.LEFT else Side.LEFT
        for each in Side:
            self._variance[each] += FORGET_PCT2_S * dt_s
        spread = NOISE_PCT**2 + self._shape_doubt_pct(side, depth) ** 2
        noise = spread * max(1.0, NOISE_TIME_S / max(dt_s, 1e-3))
        if depth > EARLY_DEPTH and error > 0.0:
            noise *= 1.0 + INWARD_RELUCTANCE * error * error
        innovation = share * share * self._variance[side] + noise
        gain = share * self._variance[side] / innovation
        gain_other = share * self._covariance / innovation
        self._reach[side] += gain * error
        self._reach[other] += gain_other * error
        self._variance[other] -= gain_other * share * self._covariance
        self._covariance -= gain * share * self._covariance
        self._variance[side] -= gain * share * self._variance[side]

    def _shape_doubt_pct(self, side: Side, depth: float) -> float:
        steep = EARLY_SHAPE_SHARE * (1.0 - travel(depth))
        deep = DEEP_SHAPE_SHARE * max(0.0, depth - 1.0)
        return abs(self._reach[side]) * math.hypot(SHAPE_SHARE, steep + deep)
