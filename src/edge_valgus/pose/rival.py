"""Is the one who is followed the lifter? Somebody who stood there first may not be.

Whoever squats stands in the middle of the zone and nearer to the camera than those who watch. While the followed one
stands aside, one frame now and then shows the network others: the whole zone, and by turns the place beside him, for
of two people in one square the network may see the smaller one for good. Who stands better at two such looks in a row is
the lifter. Somebody who is down is never left, nor who was lately: a rep would be lost, and a knee unseen for a frame.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge_valgus.config import ZoneConfig
from edge_valgus.frames import LEFT_HIP, LEFT_SHOULDER, RIGHT_HIP, RIGHT_SHOULDER
from edge_valgus.pose.crop import Crop, search_crops
from edge_valgus.pose.gate import height_px

ASIDE: Final = 0.1  # hips this far from the zone's middle, in shares of its width: he may not be the lifter
EVERY_S: Final = 0.8  # one frame in so long is spent on the others
UPRIGHT: Final = 0.94  # of how tall he was lately; lower is down: a squat has 0.94 at depth 0.12, and 0.6 at its bottom
DOWN: Final = 0.75  # of how tall he was: this low he squats, …
SQUATTED_S: Final = 20.0  # … and is the lifter for so long, longer than anybody rests between two reps
NEARER: Final = 0.12  # so much nearer to the middle, in shares of the zone's width, …
LARGER: Final = 1.1  # … and so much taller in the picture is who stands better, …
AS_NEAR: Final = -0.1  # … or as near to it, give or take, …
MUCH_LARGER: Final = 1.3  # … and so much taller
IN_A_ROW_S: Final = 2.5  # two looks further apart may have shown two people
BESIDE: Final = 0.6  # the place beside the followed one ends so far from his hips, in shoulder widths
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
        self._down_s = -math.inf
        self._place_x_px = math.nan
        self._beside = False

    def look(self, followed: Followed, size_px: tuple[int, int], time_s: float) -> Crop | None:
        """The square that this frame is for, instead of the followed one's; None mostly."""
        if followed.height_px < DOWN * followed.tallest_px:
            self._down_s = time_s
        if followed.height_px < UPRIGHT * followed.tallest_px or 0.0 <= time_s - self._looked_s < EVERY_S:
            return None
        if _aside(followed.xy_px, size_px, self._zone) < ASIDE or 0.0 <= time_s - self._down_s < SQUATTED_S:
            return None
        self._looked_s = time_s
        self._beside = not self._beside
        if self._beside:
            return _beside(followed.xy_px, size_px, self._zone)
        return search_crops(size_px, self._zone.left, self._zone.right)[0]

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
        nearer = _aside(followed.xy_px, size_px, self._zone) - _aside(xy_px, size_px, self._zone)
        larger = tall_px / followed.tallest_px
        if not ((nearer > NEARER and larger > LARGER) or (nearer > AS_NEAR and larger > MUCH_LARGER)):
            return False
        before_x_px, self._place_x_px = self._place_x_px, float(xy_px[[LEFT_HIP, RIGHT_HIP], 0].mean())
        before_s, self._seen_s = self._seen_s, time_s
        return time_s - before_s <= IN_A_ROW_S and abs(self._place_x_px - before_x_px) < SAME_PLACE * tall_px

    def reset(self) -> None:
        """Nobody stands better, or somebody else is followed: two looks are needed again."""
        self._place_x_px = math.nan
        self._down_s = -math.inf


def _beside(xy_px: NDArray[np.float32], size_px: tuple[int, int], zone: ZoneConfig) -> Crop:
    """The square beside the followed one, on the side where more of the zone is, so that he himself is not in it."""
    side_px = float(min(size_px))
    left_px, right_px = zone.left * size_px[0], zone.right * size_px[0]
    hip_x, shoulder_x = xy_px[[LEFT_HIP, RIGHT_HIP], 0], xy_px[[LEFT_SHOULDER, RIGHT_SHOULDER], 0]
    half_px = BESIDE * max(float(np.ptp(shoulder_x)), float(np.ptp(hip_x)))
    middle_x = float(hip_x.mean())
    top_px = min(max(float(xy_px[:, 1].mean()) - side_px / 2, 0.0), size_px[1] - side_px)
    leftwards = middle_x - left_px > right_px - middle_x
    return Crop(middle_x - half_px - side_px if leftwards else middle_x + half_px, top_px, side_px)


def _aside(xy_px: NDArray[np.float32], size_px: tuple[int, int], zone: ZoneConfig) -> float:
    """How far the hips are from the zone's middle, in shares of its width."""
    hip_x = float(xy_px[[LEFT_HIP, RIGHT_HIP], 0].mean()) / size_px[0]
    return abs(hip_x - (zone.left + zone.right) / 2) / (zone.right - zone.left)
