"""Is the one who is followed the lifter? Somebody who stood there first may not be.

Whoever squats stands in the middle of the zone and nearer to the camera than those who watch. While the followed one
stands aside, one frame now and then shows the network the whole zone, and who stands better at two such looks in a row is
the lifter. Somebody who is down is never left: a rep would be lost, and a knee unseen for a frame.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge_valgus.config import ZoneConfig
from edge_valgus.frames import LEFT_HIP, RIGHT_HIP
from edge_valgus.pose.gate import height_px

ASIDE: Final = 0.22  # hips this far from the zone's middle, in shares of its width: he may not be the lifter
EVERY_S: Final = 0.8  # one frame in so long is spent on the others
UPRIGHT: Final = 0.94  # of how tall he was lately; lower is down: a squat has 0.94 at depth 0.12, and 0.6 at its bottom
NEARER: Final = 0.12  # so much nearer to the middle, in shares of the zone's width, …
LARGER: Final = 1.1  # … and so much taller in the picture is who stands better
IN_A_ROW_S: Final = 2.0  # two looks further apart may have shown two people
SAME_PLACE: Final = 0.15  # share of his height that he may have moved between two looks; who walks by moves more


@dataclass(frozen=True, slots=True)
class Followed:
    """Who is followed: keypoints [17, 2] px as last seen, the height they take up, and the most of that lately."""

    xy_px: NDArray[np.float32]
    height_px: float
    tallest_px: float


class RivalWatch:
    """Decides when to look at the whole zone, and whether somebody else is the lifter."""

    def __init__(self, zone: ZoneConfig) -> None:
        self._zone = zone
        self._looked_s = -math.inf
        self._seen_s = -math.inf
        self._place_x_px = math.nan

    def due(self, followed: Followed, size_px: tuple[int, int], time_s: float) -> bool:
        """Whether this frame is for the whole zone."""
        if followed.height_px < UPRIGHT * followed.tallest_px or 0.0 <= time_s - self._looked_s < EVERY_S:
            return False
        if _aside(followed.xy_px, size_px, self._zone) < ASIDE:
            return False
        self._looked_s = time_s
        return True

    def is_lifter(
        self,
        xy_px: NDArray[np.float32],
        score: NDArray[np.float32],
        followed: Followed,
        size_px: tuple[int, int],
        time_s: float,
    ) -> bool:
        """Whether somebody believable who was seen ([17, 2] px, [17]) is to be followed from now on."""
        tall_px = height_px(xy_px, score)
        nearer = _aside(followed.xy_px, size_px, self._zone) - _aside(xy_px, size_px, self._zone) > NEARER
        if not nearer or tall_px < LARGER * followed.tallest_px:
            self.reset()
            return False
        before_x_px, self._place_x_px = self._place_x_px, float(xy_px[[LEFT_HIP, RIGHT_HIP], 0].mean())
        before_s, self._seen_s = self._seen_s, time_s
        return time_s - before_s <= IN_A_ROW_S and abs(self._place_x_px - before_x_px) < SAME_PLACE * tall_px

    def reset(self) -> None:
        """Nobody stands better, or somebody else is followed: two looks are needed again."""
        self._place_x_px = math.nan


def _aside(xy_px: NDArray[np.float32], size_px: tuple[int, int], zone: ZoneConfig) -> float:
    """How far the hips are from the zone's middle, in shares of its width."""
    hip_x = float(xy_px[[LEFT_HIP, RIGHT_HIP], 0].mean()) / size_px[0]
    return abs(hip_x - (zone.left + zone.right) / 2) / (zone.right - zone.left)
