"""The knees' neutral path: where this lifter's knees are at each depth when nothing caves in.

As the hips go down the knees travel forward over the feet, and turned-out toes take them outward: in the picture, a
clean knee moves *out* by a share of leg length that differs between lifters by more than a collapse is worth. A lifter
who is turned, or stands beside the camera's axis, moves both knees to the same side. And a network places the knees of
one lifter a little too far in at one depth, of another one too far out.

So the path is learned, as the offsets of both knees at a few depths (`KNOTS`, straight in between), together, by a
Kalman filter: what one knee shows at one depth says something about the other one and about other depths. How much is
in the covariance it starts from, which is the sum of what differs between lifters: how far both knees go out, how much
turning does to them, and what is left over, more alike the nearer two depths are. The early descent, before a collapse
develops, already says most in the first rep; further reps make it certain at every depth.

The turn has a second witness that a caving knee leaves alone: the trunk, which leans forward in a squat and so seems to
lean sideways when the lifter is turned. Frames in which a knee is well inside the path, or flagged, teach nothing, so
that a fault doesn't become normal.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge_valgus.events import Side

Array = NDArray[np.float64]

KNOTS: Final = (0.0, 0.06, 0.14, 0.24, 0.38, 0.58, 0.82, 1.1)  # depths
STANDING_PCT: Final = 3.0  # a knee inside its ankle, standing, % of leg length …
STANDING_SPREAD_PCT: Final = (5.0, 3.0)  # … and how much that differs: of both knees alike, of one against the other
USUAL_OUT_PCT: Final = -11.0  # knee against ankle at parallel, % of leg length, negative = outward …
OUT_SPREAD_PCT: Final = 4.5  # … and how much lifters and stances differ in it, one standard deviation
TURN_SPREAD_PCT: Final = 4.5  # of the turn: about 10° of it, or a place beside the camera's axis
REST_SPREAD_PCT: Final = 2.4  # what is left over on each side …
REST_DEPTH: Final = 0.35  # … between depths so far apart nearly independent …
REST_ALIKE: Final = 0.5  # … and how alike the sides are in it (correlation)
TRAVEL_DEPTH: Final = 0.22  # depth within which the knees go out by 63 % of it
FORWARD_POWER: Final = 0.45  # the shins lean forward fast at first and then ever more slowly
SHAPE_PCT: Final = 0.4  # what straight lines between knots are off
BEYOND_PCT: Final = 4.0  # and per depth beyond the last knot
NOISE_PCT: Final = 1.5  # one frame's error of a knee against its ankle
NOISE_TIME_S: Final = 0.1  # over which it hardly changes: neighbouring frames tell the same
SHAPE_TIME_S: Final = 1.0  # a wrong depth, and a curve that is not straight between knots, stay so for the rep
TRUNK_NOISE_PCT: Final = 2.0  # what the trunk says about the turn is this far off …
TRUNK_TIME_S: Final = 1.0  # … and goes on being so: whoever shifts the hips sideways does it for a while
FORGET_PCT2_S: Final = 0.02  # how fast certainty is lost, % squared a second in reps
SAFE_DEPTH: Final = 0.08  # until here a knee that is inside the path is no fault but a wrong path
STANDING_FORGET_PCT2_S: Final = 0.3  # … and of where the knees stand, standing: weight shifts, soles turn
EARLY_DEPTH: Final = 0.5  # until here knees that are inside the path move the path …
INWARD_RELUCTANCE: Final = 6.0  # … and deeper much less, by this times the square of how far in shares of the noise: there it may be the fault itself
MAX_TEACHING_PCT: Final = 2.0  # further inside than this and what is in doubt teaches nothing
MIN_TURN_DEPTH: Final = 0.05
DEPTH_NOISE: Final = 0.025  # where the path is steep, a wrong depth is a wrong place on it

_COUNT: Final = len(KNOTS)
_FIRST: Final = {Side.LEFT: 0, Side.RIGHT: _COUNT}
_OF: Final = {Side.LEFT: slice(0, _COUNT), Side.RIGHT: slice(_COUNT, 2 * _COUNT)}
_OTHER: Final = {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT}


def travel(depth: float) -> float:
    """Share of the knees' travel outward at a depth, 0–1: nearly all of it happens in the first half of the descent.

    Read by eye off front-view recordings of a dozen people without a marked fault, where the knees had done about 0.55
    of it at depth 0.2, 0.85 at 0.4 and 0.95 at 0.6; `REST_SPREAD_PCT` says how far it is trusted.
    """
    return 1.0 - math.exp(-max(depth, 0.0) / TRAVEL_DEPTH)


def forward(depth: float) -> float:
    """Share of the knees' travel forward, 1 at parallel: what turning the lifter shows of it."""
    return math.pow(max(depth, 0.0), FORWARD_POWER)


def turn_per_trunk_shift(depth: float) -> float:
    """How much of the turn's effect on a knee goes with a sideways shift of the shoulders over the hips.

    Fitted on drawn lifters turned by up to 20°, whose knees it gives within 1.2 % of leg length at every depth; on 18
    recordings of real people the same line has slope 0.53 where this says 0.5, and is off by 1.9 %.
    """
    return 0.35 + 0.5 * max(0.0, depth - 0.4)


class NeutralPath:
    """The offsets at the knots, left ones first, and how certain they are.

    turn_pct: what turning is known to do to a knee at parallel before anything is seen of it, see the property.
    """

    def __init__(self, turn_pct: float = 0.0) -> None:
        usual = [STANDING_PCT + USUAL_OUT_PCT * travel(knot) for knot in KNOTS]
        self._offsets: Array = np.array(usual * 2) + turn_pct * _TURNED_OUT
        self.unsettle()

    def copy(self) -> NeutralPath:
        """What is known now, to come back to."""
        other = NeutralPath()
        other._offsets, other._covariance = self._offsets.copy(), self._covariance.copy()
        return other

    def unsettle(self) -> None:
        """The feet were placed anew: what was learned is where to start, and no longer certain."""
        self._covariance: Array = _SPREAD.copy()

    @property
    def turn_pct(self) -> float:
        """What turning does to a knee at parallel, % of leg length, positive = to the picture's right."""
        return float(_TURNED @ self._offsets)

    def offset_pct(self, side: Side, depth: float) -> float:
        """Where the knee would be, relative to its ankle; % of leg length, positive = medial."""
        return float(_shares(side, depth) @ self._offsets)

    def doubt_pct(self, side: Side, depth: float) -> float:
        """One standard deviation of `offset_pct`."""
        shares = _shares(side, depth)
        return math.sqrt(max(float(shares @ self._covariance @ shares), 0.0) + _shape_variance(depth))

    def learn(self, side: Side, depth: float, offset_pct: float, dt_s: float, *, noise_share: float = 1.0) -> None:
        """One frame of a knee that moves as it should. noise_share: of `doubt.UsualNoise`."""
        error = offset_pct - self.offset_pct(side, depth)
        if depth > SAFE_DEPTH and error > MAX_TEACHING_PCT + 2.0 * self.doubt_pct(side, depth):
            return
        frames_alike = max(1.0, NOISE_TIME_S / max(dt_s, 1e-3))
        shape_frames_alike = max(1.0, SHAPE_TIME_S / max(dt_s, 1e-3))
        noise = NOISE_PCT**2 * frames_alike + _shape_variance(depth) * shape_frames_alike
        suspicious = depth > EARLY_DEPTH and error > 0.0
        if suspicious:
            noise *= 1.0 + INWARD_RELUCTANCE * (error / noise_share) ** 2
        self._covariance += (_FORGETTING if depth > SAFE_DEPTH else _STANDING_FORGETTING) * (dt_s / 2.0)
        # A knee that caves in would seem to be the turn of the lifter, and move the other knee's path outward.
        self._update(_shares(side, depth), error, noise, only=side if suspicious else None)

    def learn_turn(self, depth: float, trunk_shift_pct: float, dt_s: float) -> None:
        """What the trunk says. trunk_shift_pct: see `turn_per_trunk_shift`; % of leg length, from standing."""
        if depth < MIN_TURN_DEPTH or math.isnan(trunk_shift_pct):
            return
        shares = (_shares(Side.RIGHT, depth) - _shares(Side.LEFT, depth) - _STANDING_APART) / 2
        error = turn_per_trunk_shift(depth) * trunk_shift_pct - float(shares @ self._offsets)
        self._update(shares, error, TRUNK_NOISE_PCT**2 * max(1.0, TRUNK_TIME_S / max(dt_s, 1e-3)))

    def _update(self, shares: Array, error: float, noise: float, *, only: Side | None = None) -> None:
        carried = self._covariance @ shares
        innovation = noise + float(shares @ carried)
        gain = carried / innovation
        if only is None:
            self._covariance -= gain[:, None] * carried
        else:
            gain[_OF[_OTHER[only]]] = 0.0
            # The short form above holds for the full gain only.
            moved = gain[:, None] * carried
            self._covariance += (innovation * gain)[:, None] * gain - moved - moved.T
        self._offsets += gain * error


def _spread_between_lifters() -> Array:
    out = np.array([travel(knot) for knot in KNOTS] * 2)
    spread: Array = _standing() + _rest()
    spread += OUT_SPREAD_PCT**2 * np.outer(out, out) + TURN_SPREAD_PCT**2 * np.outer(_TURNED_OUT, _TURNED_OUT)
    return spread


def _standing() -> Array:
    """What differs in where the knees are over the ankles to begin with: the same at every depth."""
    alike, apart = (spread**2 for spread in STANDING_SPREAD_PCT)
    same = np.full((_COUNT, _COUNT), alike + apart)
    other = np.full((_COUNT, _COUNT), alike - apart)
    return np.block([[same, other], [other, same]])


def _rest() -> Array:
    """What is left over: alike at near depths, less alike on both sides, and hardly there where the descent begins."""
    knots = np.array(KNOTS)
    near = np.exp(-0.5 * ((knots[:, None] - knots) / REST_DEPTH) ** 2)
    sizes = np.minimum(1.0, 0.4 + knots)
    near *= REST_SPREAD_PCT**2 * np.outer(sizes, sizes)
    return np.block([[near, REST_ALIKE * near], [REST_ALIKE * near, near]])


@lru_cache(maxsize=4)  # a frame asks for the same two again and again
def _shares(side: Side, depth: float) -> Array:
    """What each knot adds to the offset at a depth, float64 [2 * len(KNOTS)]: straight lines, 0 standing. Read only."""
    shares = np.zeros(2 * _COUNT)
    first = _FIRST[side]
    above = bisect_right(KNOTS, depth)
    if above in (0, _COUNT):
        shares[first + min(above, _COUNT - 1)] = 1.0
    else:
        share = (depth - KNOTS[above - 1]) / (KNOTS[above] - KNOTS[above - 1])
        shares[first + above - 1], shares[first + above] = 1.0 - share, share
    shares.flags.writeable = False
    return shares


def _shape_variance(depth: float) -> float:
    steepness = USUAL_OUT_PCT / TRAVEL_DEPTH * (1.0 - travel(depth))
    return SHAPE_PCT**2 + (DEPTH_NOISE * steepness) ** 2 + (BEYOND_PCT * max(0.0, depth - KNOTS[-1])) ** 2


_TURNED_OUT: Final = np.array([-forward(knot) for knot in KNOTS] + [forward(knot) for knot in KNOTS])
"""What a turn of 1 does at each knot, medial positive."""
_SPREAD: Final = _spread_between_lifters()
_STANDING_APART: Final = _shares(Side.RIGHT, 0.0) - _shares(Side.LEFT, 0.0)
_TURNED: Final = (_shares(Side.RIGHT, 1.0) - _shares(Side.LEFT, 1.0) - _STANDING_APART) / 2
_FORGETTING: Final = FORGET_PCT2_S * _rest() / REST_SPREAD_PCT**2
_STANDING_FORGETTING: Final = STANDING_FORGET_PCT2_S * _standing() / sum(spread**2 for spread in STANDING_SPREAD_PCT)
