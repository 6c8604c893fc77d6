"""Can the knees be judged at all? Better no verdict than a wrong red light."""

from __future__ import annotations

import math
from typing import Final

from edge_valgus.analysis.baseline import Standing
from edge_valgus.analysis.body import Body
from edge_valgus.events import Doubt

SETTLE_S: Final = 0.3  # one unreadable frame is no reason to change a light
MIN_SHOULDERS: Final = 0.28  # shoulder width over standing trunk height; 0.5–0.8 from the front, 0.1 from the side
MAX_TURN_PCT: Final = 9.0  # what turning does to a knee at parallel: about 20° of it
MIN_LEG_PX: Final = 60.0  # below this, a centimetre is less than a pixel
MAX_NOISE_PCT: Final = 3.0  # trembling of a knee against its ankle that leaves no room for a verdict
NOISE_TIME_S: Final = 0.7
USUAL_NOISE_S: Final = 2.0  # of squatting, that `UsualNoise` looks back
EXPECTED_NOISE_PCT: Final = 0.65  # its size with MoveNet, the median of drawn sets and of recordings alike
MIN_NOISE_SHARE: Final = 0.4  # errors that stay for a whole rep don't tremble

# Trunk height over that standing, of one frame. Whole reps are told by how far hips and knees are bent (`movements`); one frame shows
# joints too noisily for that, so here the camera's height still matters.
BENT_HANDS_UNSEEN: Final = 0.4
BENT_HANDS_DOWN: Final = 0.49  # on the way down a squat folds before its hips sink
HANDS_LOW: Final = -0.42  # hands over the shoulders, in leg lengths: nothing on the back; held forward they are higher
AT_KNEES: Final = -0.08  # hands below the knees, in leg lengths: who keeps them higher reaches for nothing on the floor
# Trunk height lost over hips' travel: drawn deadlifts 0.93 to 1.16, squats with hanging arms up to 0.9.
FOLDS: Final = 0.92


def doubt_about(body: Body, standing: Standing, noise_pct: float) -> Doubt | None:
    """Why this frame's knees can't be seen well enough to be judged; None if they can."""
    if not (body.left.seen and body.right.seen):
        return Doubt.HIDDEN
    if not (body.left.inside and body.right.inside):
        return Doubt.OUTSIDE
    if standing.leg_length_px < MIN_LEG_PX:
        return Doubt.TOO_SMALL
    if body.shoulder_width_px < MIN_SHOULDERS * standing.trunk_height_px:
        return Doubt.TURNED
    if noise_pct > MAX_NOISE_PCT:
        return Doubt.UNSTEADY
    return Doubt.BENT if _bent_over(body, standing) else None


def _bent_over(body: Body, standing: Standing) -> bool:
    """Whether this frame is none of a squat: knees of who bends for a plate follow no squat's path."""
    hands_up_px = body.shoulder[1] - body.hands_y_px[1]
    if math.isnan(hands_up_px):
        return body.trunk_height_px < BENT_HANDS_UNSEEN * standing.trunk_height_px
    if hands_up_px >= HANDS_LOW * standing.leg_length_px:
        return False
    lost_px = standing.trunk_height_px - body.trunk_height_px
    sunk_px = max(standing.leg_length_px - body.hip_height_px, 1.0)
    low_knee_y_px = max(body.left.knee[1], body.right.knee[1])
    reaches = body.hands_y_px[1] - low_knee_y_px >= AT_KNEES * standing.leg_length_px
    return reaches and lost_px >= FOLDS * sunk_px and body.trunk_height_px < BENT_HANDS_DOWN * standing.trunk_height_px


def turned(turn_pct: float) -> Doubt | None:
    """Whether the knees' paths say that the lifter is turned too far. turn_pct: of `NeutralPath`."""
    return Doubt.TURNED if abs(turn_pct) > MAX_TURN_PCT else None


class Trembling:
    """How much a signal jumps from frame to frame beyond any movement: its second difference, averaged."""

    def __init__(self) -> None:
        self._last: list[float] = []
        self._variance = 0.0

    @property
    def deviation(self) -> float:
        """One standard deviation of a frame's error."""
        return math.sqrt(self._variance)

    def update(self, value: float, dt_s: float) -> None:
        """One frame on; NaN interrupts."""
        if math.isnan(value):
            self._last.clear()
            return
        self._last.append(value)
        if len(self._last) < 3:
            return
        first, second, third = self._last
        del self._last[0]
        # The second difference of white noise has six times its variance.
        squared = (first - 2.0 * second + third) ** 2 / 6.0
        self._variance += (1.0 - math.exp(-dt_s / NOISE_TIME_S)) * (squared - self._variance)


class UsualNoise:
    """The trembling that one lifter's knees are seen with, averaged over the last squats: it hardly changes within a set."""

    def __init__(self) -> None:
        self._seen_s = 0.0
        self._mean_pct = EXPECTED_NOISE_PCT

    @property
    def share(self) -> float:
        """Of what is expected: from MIN_NOISE_SHARE to 1, and 1 before any squat. What is noisier still gets no more room."""
        return min(max(MIN_NOISE_SHARE, self._mean_pct / EXPECTED_NOISE_PCT), 1.0)

    def update(self, noise_pct: float, dt_s: float) -> None:
        """One frame of a squat. noise_pct: of `Trembling`, % of leg length."""
        self._seen_s += dt_s
        weight = -math.expm1(-dt_s / min(self._seen_s, USUAL_NOISE_S)) if self._seen_s > 0.0 else 0.0
        self._mean_pct += weight * (noise_pct - self._mean_pct)
