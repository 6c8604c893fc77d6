"""How tall somebody stands, from what is seen of him frame by frame: for telling whether he is down, and who is nearer.

The tracker's own yardstick only grows and is slowly forgotten. Where the lifter walks past somebody who is followed, and for
some frames is taken for him, it is the lifter's height from then on, and by it the followed one seems to be down for good. Here, whoever is
less tall at once without having sunk, and stays so, was never taller.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge_valgus.frames import LEFT_ANKLE, LEFT_HIP, RIGHT_ANKLE, RIGHT_HIP
from edge_valgus.pose.gate import height_px, reliable

DOWN: Final = 0.84  # of how tall he stands: so low, at depth 0.3, …
SUNK: Final = 0.07  # … with the hips so much lower, he has not only bent
FELL: Final = 0.1  # less tall by this share of his height from one frame to the next, …
FELL_PER_S: Final = 1.0  # … faster than he mostly sinks, …
UPPER_FELL: Final = 0.1  # … with what is above his hips so much less tall too, which who sinks hardly is, …
LEGS_FELL: Final = 0.03  # … and the legs as well, which they are not where only the head is hidden, …
FELL_FOR_S: Final = 2.0  # … and so for so long: he had been taken for somebody taller
_HIPS: Final = [LEFT_HIP, RIGHT_HIP]
_ANKLES: Final = [LEFT_ANKLE, RIGHT_ANKLE]


@dataclass(frozen=True, slots=True)
class Extent:
    """What of somebody is seen: his height, the hips above his feet, and where these are, in pixels.

    hips_px, feet_y_px: NaN when no ankle was seen, without which he also seems less tall.
    """

    height_px: float
    hips_px: float = math.nan
    feet_y_px: float = math.nan

    @classmethod
    def of(cls, xy_px: NDArray[np.float32], score: NDArray[np.float32]) -> Extent:
        """Of keypoints [17, 2] px with their scores [17]."""
        seen = reliable(score)
        feet_y_px = max((float(xy_px[ankle, 1]) for ankle in _ANKLES if seen[ankle]), default=math.nan)
        return cls(height_px(xy_px, score), feet_y_px - float(xy_px[_HIPS, 1].mean()), feet_y_px)

    @property
    def whole(self) -> bool:
        """Whether an ankle was seen."""
        return not math.isnan(self.feet_y_px)

    def is_sunk(self, standing_px: float, standing_hips_px: float) -> bool:
        """Whether he squats who stands so tall, with his hips so high: bent alone, these would stay."""
        low = self.height_px < DOWN * standing_px
        return low and self.hips_px < standing_hips_px - SUNK * standing_px


class Stature:
    """How tall the followed one stands, px: 0 before he was seen. hips_px: how high above the feet his hips are then."""

    def __init__(self) -> None:
        self.px = 0.0
        self.hips_px = 0.0
        self._last: tuple[Extent, float] | None = None
        self._fell: tuple[Extent, float] | None = None

    @property
    def doubtful(self) -> bool:
        """Whether it fell a moment ago: he may be down, or have been taken for somebody else before."""
        return self._fell is not None

    def saw(self, extent: Extent, tallest_px: float, time_s: float) -> None:
        """He takes up so much of the picture now. tallest_px: he is no taller, as the tracker knows."""
        self.px = min(tallest_px, max(self.px, extent.height_px))
        if not extent.whole:
            return
        self.hips_px = min(self.px, max(self.hips_px, extent.hips_px))
        if self._last is not None and self._fell_from(*self._last, extent, time_s):
            self._fell = extent, time_s
        elif self._fell is not None:
            fallen, since_s = self._fell
            if abs(extent.height_px - fallen.height_px) > FELL * self.px or time_s < since_s:
                self._fell = None
            elif time_s - since_s >= FELL_FOR_S:
                self.px, self.hips_px, self._fell = extent.height_px, extent.hips_px, None
        self._last = extent, time_s

    def _fell_from(self, before: Extent, before_s: float, extent: Extent, time_s: float) -> bool:
        fell = (before.height_px - extent.height_px) / self.px
        return (
            fell > FELL
            and 0.0 < (time_s - before_s) * FELL_PER_S < fell
            and extent.hips_px < (1.0 - LEGS_FELL) * before.hips_px
            and extent.height_px - extent.hips_px < (1.0 - UPPER_FELL) * (before.height_px - before.hips_px)
        )
