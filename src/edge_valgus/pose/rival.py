"""Is the one who is followed the lifter? Somebody who stood there first may not be.

Whoever squats stands in the middle of the zone and nearer to the camera than those who watch. While the followed one
stands aside, one frame now and then shows the network others: the whole zone, and by turns the place beside him, for
of two people in one square the network may see the smaller one for good. Who stands better twice, in the same place, is
the lifter. Somebody who is down is never left, nor who squatted there lately: a rep would be lost, and a knee unseen for a frame.
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
DOWN: Final = 0.84  # of how tall he was: so low, at depth 0.3, …
DOWN_FOR_S: Final = 0.3  # … for so long, he squats, …
SQUATTED_S: Final = 10.0  # … and is the lifter for so long, longer than most rest between two reps, …
SQUATTED_THERE: Final = 0.25  # … while he stays where he squatted, give or take this share of his height
AS_NEAR: Final = -0.06  # about as near to the zone's middle, in shares of its width; further off stands no lifter
TALLER: Final = 1.28  # so much taller in the picture stands better, who is as near to the middle; who is nearer …
FOR_NEARER: Final = 2.0  # … by a share of the zone's width may be so many times it less tall, …
AS_TALL: Final = 1.0  # … but no smaller: who is further off only watches
WITHIN_S: Final = 2.5  # two looks further apart may have shown two people
SAME_PLACE: Final = 0.15  # share of his height that he may have moved between two looks; who walks by moves more
BESIDE: Final = (
    0.6  # the place beside the followed one begins so far from his hips, in widths of his shoulders or hips, …
)
BESIDE_IN_PROFILE: Final = 0.1  # … and at least so far, in shares of his height
LEAST_ROOM: Final = 0.2  # of the picture's height: in less of the zone nobody can stand beside him


@dataclass(frozen=True, slots=True)
class Followed:
    """Who is followed: keypoints [17, 2] px as last seen, the height they take up, and how tall he stands.

    whole: whether both ankles were seen, without which he seems to be down.
    """

    xy_px: NDArray[np.float32]
    height_px: float
    tallest_px: float
    whole: bool

    @property
    def hip_x_px(self) -> float:
        """Of the hips' middle."""
        return _hip_x_px(self.xy_px)


@dataclass(frozen=True, slots=True)
class _Better:
    """Who stood better in a look: hips' x, when, and whether it was a look beside the followed one."""

    hip_x_px: float
    time_s: float
    beside: bool


class RivalWatch:
    """Decides when to look at others than the followed one, where, and whether somebody else is the lifter.

    For each frame one call: `saw` with the followed one, if he was seen, after `look` said that the frame is his.
    """

    def __init__(self, zone: ZoneConfig) -> None:
        self._zone = zone
        self._looked_s = -math.inf
        self._seen = False  # the followed one, since the last look: at one frame a second it is not all looks
        self._beside = False  # what the last look was for
        self._better: _Better | None = None
        self._low_since_s: float | None = None
        self._squatted_s = -math.inf
        self._squatted_x_px = math.nan

    def look(self, followed: Followed, size_px: tuple[int, int], time_s: float) -> Crop | None:
        """The square that this frame is for, instead of the followed one's; None mostly."""
        if (
            followed.height_px < UPRIGHT * followed.tallest_px
            or not self._seen
            or 0.0 <= time_s - self._looked_s < EVERY_S
        ):
            return None
        if _aside(followed.xy_px, size_px, self._zone) < ASIDE or self._squatted_there(followed, time_s):
            return None
        self._looked_s = time_s
        self._seen = False
        beside = None if self._beside else _beside(followed, size_px, self._zone)
        self._beside = beside is not None
        return beside or search_crops(size_px, self._zone.left, self._zone.right)[0]

    def saw(self, followed: Followed, time_s: float) -> None:
        """The followed one was seen and believed."""
        self._seen = True
        if not followed.whole:
            return
        if followed.height_px > DOWN * followed.tallest_px:
            self._low_since_s = None
            return
        if self._low_since_s is None or time_s < self._low_since_s:
            self._low_since_s = time_s
        if time_s - self._low_since_s >= DOWN_FOR_S:
            self._squatted_s, self._squatted_x_px = time_s, followed.hip_x_px

    def is_lifter(
        self,
        xy_px: NDArray[np.float32],
        score: NDArray[np.float32],
        followed: Followed,
        size_px: tuple[int, int],
        time_s: float,
    ) -> bool:
        """Whether somebody believable whom the look showed ([17, 2] px, [17]) is to be followed from now on."""
        tall_px = height_px(xy_px, score)
        nearer = _aside(followed.xy_px, size_px, self._zone) - _aside(xy_px, size_px, self._zone)
        larger = tall_px / followed.tallest_px
        if nearer < AS_NEAR or larger < max(AS_TALL, TALLER - FOR_NEARER * nearer):
            self.nobody()
            return False
        before, self._better = self._better, _Better(_hip_x_px(xy_px), time_s, self._beside)
        return (
            before is not None
            and 0.0 <= time_s - before.time_s <= WITHIN_S
            and abs(self._better.hip_x_px - before.hip_x_px) < SAME_PLACE * tall_px
        )

    def nobody(self) -> None:
        """The look showed nobody who stands better: who did in such a look before has gone."""
        if self._better is not None and self._better.beside == self._beside:
            self._better = None

    def reset(self) -> None:
        """Nobody is followed any more. Where somebody squatted is kept: lost for a moment, he squats there still."""
        self._better = None
        self._low_since_s = None

    def _squatted_there(self, followed: Followed, time_s: float) -> bool:
        lately = 0.0 <= time_s - self._squatted_s < SQUATTED_S
        return lately and abs(followed.hip_x_px - self._squatted_x_px) < SQUATTED_THERE * followed.tallest_px


def _beside(followed: Followed, size_px: tuple[int, int], zone: ZoneConfig) -> Crop | None:
    """The square beside the followed one, on the side where more of the zone is, so that he himself is not in it.

    None where nobody has room there.
    """
    side_px = float(size_px[1])
    left_px, right_px = zone.left * size_px[0], zone.right * size_px[0]
    spread_px = max(
        float(np.ptp(followed.xy_px[[LEFT_SHOULDER, RIGHT_SHOULDER], 0])),
        float(np.ptp(followed.xy_px[[LEFT_HIP, RIGHT_HIP], 0])),
    )
    half_px = max(BESIDE * spread_px, BESIDE_IN_PROFILE * followed.tallest_px)
    to_the_left_px = followed.hip_x_px - half_px - left_px
    to_the_right_px = right_px - followed.hip_x_px - half_px
    if max(to_the_left_px, to_the_right_px) < LEAST_ROOM * side_px:
        return None
    if to_the_left_px > to_the_right_px:
        return Crop(followed.hip_x_px - half_px - side_px, 0.0, side_px)
    return Crop(followed.hip_x_px + half_px, 0.0, side_px)


def _aside(xy_px: NDArray[np.float32], size_px: tuple[int, int], zone: ZoneConfig) -> float:
    """How far the hips are from the zone's middle, in shares of its width."""
    hip_x = _hip_x_px(xy_px) / size_px[0]
    return abs(hip_x - (zone.left + zone.right) / 2) / (zone.right - zone.left)


def _hip_x_px(xy_px: NDArray[np.float32]) -> float:
    return float(xy_px[LEFT_HIP, 0] + xy_px[RIGHT_HIP, 0]) / 2
