"""The knees' neutral path: where this lifter's knees are at each depth when nothing caves in.

As the hips go down the knees travel forward over the feet, and turned-out toes take them outward: in the picture, a
clean knee moves *out* by a share of leg length that differs between lifters by more than a collapse is worth.
Turning the lifter or standing beside the camera's axis moves both knees to the same side. So the path is learned, per
leg: offset(depth) = slope · travel(depth), with the two slopes estimated together, starting from what is usual
and how much it varies, in the manner of a Kalman filter. The early descent, before a collapse
develops, already says much in the first rep; further reps make it certain. Frames in which the knee is well inside the
path, or flagged, teach nothing, so that a fault doesn't become normal.
"""

from __future__ import annotations

import math
from typing import Final

from edge_valgus.events import Side

USUAL_SLOPE_PCT: Final = -5.5  # knee travel at parallel, % of leg length, negative = outward (15° of toe-out)
SPREAD_PCT: Final = 4.0  # how much lifters differ in it, one standard deviation, both knees alike …
TURN_SPREAD_PCT: Final = 2.5  # … and one knee against the other (the lifter stands a few degrees turned)
NOISE_PCT: Final = 2.5  # one frame's error of a knee against its ankle
NOISE_TIME_S: Final = 0.2  # over which it hardly changes: neighbouring frames tell the same
FORGET_PCT2_S: Final = 0.02  # how fast certainty is lost, % squared a second in reps
MAX_TEACHING_PCT: Final = 2.0  # further inside than this teaches nothing


def travel(depth: float) -> float:
    """Share of the knees' forward travel at a depth: fast at first (the knees break before the hips), 1 at parallel."""
    return math.pow(min(max(depth, 0.0), 1.3), 0.6)


class NeutralPath:
    """Slopes of both knees, and how certain they are."""

    def __init__(self) -> None:
        common, turn = SPREAD_PCT**2, TURN_SPREAD_PCT**2
        self._slope = {Side.LEFT: USUAL_SLOPE_PCT, Side.RIGHT: USUAL_SLOPE_PCT}
        self._variance = {Side.LEFT: common + turn, Side.RIGHT: common + turn}
        self._covariance = common - turn

    def offset_pct(self, side: Side, depth: float) -> float:
        """Where the knee would be, relative to where it is standing; % of leg length, positive = medial."""
        return self._slope[side] * travel(depth)

    def doubt_pct(self, side: Side, depth: float) -> float:
        """One standard deviation of `offset_pct`."""
        return math.sqrt(self._variance[side]) * travel(depth)

    def learn(self, side: Side, depth: float, offset_pct: float, dt_s: float) -> None:
        """One frame of a knee that moves as it should."""
        share = travel(depth)
        if share < 0.2 or offset_pct - self.offset_pct(side, depth) > MAX_TEACHING_PCT + self.doubt_pct(side, depth):
            return
        other = Side.RIGHT if side is Side.LEFT else Side.LEFT
        for each in Side:
            self._variance[each] += FORGET_PCT2_S * dt_s
        noise = NOISE_PCT**2 * max(1.0, NOISE_TIME_S / max(dt_s, 1e-3))
        error = offset_pct - self.offset_pct(side, depth)
        innovation = share * share * self._variance[side] + noise
        gain = share * self._variance[side] / innovation
        gain_other = share * self._covariance / innovation
        self._slope[side] += gain * error
        self._slope[other] += gain_other * error
        self._variance[other] -= gain_other * share * self._covariance
        self._covariance -= gain * share * self._covariance
        self._variance[side] -= gain * share * self._variance[side]
