"""Is the one who is followed the lifter? Somebody who stood there first may not be.

Whoever squats stands in the middle of the zone and nearer to the camera than those who watch. While the followed one
has not squatted, one frame now and then shows the network others: the whole zone, and by turns the places beside him, for
of two people in one square the network may see the smaller one for good. Who stands better twice, in the same place, is
the lifter; and so is who has squatted there, if he is not further from the middle or much taller. Somebody who is down is never left, nor who
squatted there lately: a rep would be lost, and a knee unseen for a frame.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge_valgus.config import ZoneConfig
from edge_valgus.frames import LEFT_HIP, LEFT_SHOULDER, RIGHT_HIP, RIGHT_SHOULDER
from edge_valgus.pose.crop import Crop, search_crops
from edge_valgus.pose.stature import Extent, Stature

ASIDE: Final = 0.1  # hips so far from the zone's middle, in shares of its width: nobody better stands further aside
IN_THE_MIDDLE_S: Final = 4.0  # who stands there is the lifter at first, and squats soon, or he is looked past too
EVERY_S: Final = 0.8  # one frame in so long is spent on the others
UPRIGHT: Final = 0.94  # of how tall he was lately; lower is down: a squat has 0.94 at depth 0.12, and 0.6 at its bottom
DOWN_FOR_S: Final = 0.3  # whose hips have sunk for so long squats, …
SQUATTED_S: Final = 20.0  # … and is the lifter for so long, by default the pause that ends a set, …
SQUATTED_THERE: Final = 0.25  # … while he stays where he squatted, give or take this share of his height
AS_NEAR: Final = -0.06  # about as near to the zone's middle, in shares of its width; further off stands no lifter
TALLER: Final = 1.28  # so much taller in the picture stands better, who is as near to the middle; who is nearer …
FOR_NEARER: Final = 2.0  # … by a share of the zone's width may be so many times it less tall, …
AS_TALL: Final = 1.0  # … but no smaller: who is further off only watches
SQUATS_TALLER: Final = 1.2  # so much taller is the lifter who squats, wherever he stands, …
SQUATS_SMALLER: Final = 0.8  # … and no smaller than this where he is about as near to the middle
WITHIN_S: Final = 3.0  # two looks further apart may have shown two people who stood better
REMEMBERED_S: Final = 10.0  # how tall somebody stood when he was last seen is good so long
SAME_PLACE: Final = 0.15  # share of his height that he may have moved between two looks; who walks by moves more
SAME_FEET: Final = 0.06  # and his feet up or down, while he squats: who steps nearer is measured anew
GAP_S: Final = 1.0  # not seen for longer, he may have stood in between
BESIDE: Final = (
    0.6  # the place beside the followed one begins so far from his hips, in widths of his shoulders or hips, …
)
BESIDE_IN_PROFILE: Final = 0.1  # … and at least so far, in shares of his height
LEAST_ROOM: Final = 0.2  # of the picture's height: in less of the zone nobody can stand beside him


@dataclass(frozen=True, slots=True)
class Followed:
    """Who is followed: keypoints [17, 2] px as last seen, how much of him is seen, and his greatest height of late."""

    xy_px: NDArray[np.float32]
    extent: Extent
    tallest_px: float

    @property
    def hip_x_px(self) -> float:
        """Of the hips' middle."""
        return _hip_x_px(self.xy_px)


class _Square(Enum):
    """What a look is for. By turns, in this order."""

    ZONE = 0
    LEFT = 1
    RIGHT = 2


@dataclass(frozen=True, slots=True)
class _Other:
    """Somebody else whom looks have shown in one place: where, how he stood, when and in which square last.

    better: whether he stood better the last time. squatted: whether his hips were seen sunk, on the same feet.
    """

    hip_x_px: float
    standing: Extent
    time_s: float
    square: _Square
    better: bool
    squatted: bool = False


class RivalWatch:
    """Decides when to look at others than the followed one, where, and whether somebody else is the lifter.

    For each frame one call: `saw` with the followed one, if he was seen, after `look` said that the frame is his.
    """

    def __init__(self, zone: ZoneConfig) -> None:
        self._zone = zone
        self._looked_s = -math.inf
        self._since_s = math.nan  # he is followed
        self._seen = False  # the followed one, since the last look: at one frame a second it is not all looks
        self._square = _Square.ZONE  # of the last look
        self._other: _Other | None = None
        self._stature = Stature()  # of the followed one
        self._saw_s = -math.inf
        self._low_since_s: float | None = None
        self._squatted_s = -math.inf
        self._squatted_x_px = math.nan

    def look(self, followed: Followed, size_px: tuple[int, int], time_s: float) -> Crop | None:
        """The square that this frame is for, instead of the followed one's; None mostly."""
        if not self._seen or followed.extent.height_px < UPRIGHT * self._stature.px:
            return None
        if 0.0 <= time_s - self._looked_s < EVERY_S or self._squatted_there(followed, time_s):
            return None
        new = 0.0 <= time_s - self._since_s < IN_THE_MIDDLE_S
        if new and _aside(followed.xy_px, size_px, self._zone) < ASIDE:
            return None
        self._looked_s = time_s
        self._seen = False
        squares = self._squares(followed, size_px)
        order = list(squares)
        last = order.index(self._square) if self._square in squares else 0
        self._square = order[(last + 1) % len(order)]
        return squares[self._square]

    def saw(self, followed: Followed, time_s: float) -> None:
        """The followed one was seen and believed."""
        self._seen = True
        if math.isnan(self._since_s):
            self._since_s = time_s
        self._stature.saw(followed.extent, followed.tallest_px, time_s)
        if not followed.extent.whole:
            return
        if self._stature.doubtful or not followed.extent.is_sunk(self._stature.px, self._stature.hips_px):
            self._low_since_s = None
        elif self._low_since_s is None or not 0.0 <= time_s - self._saw_s <= GAP_S:
            self._low_since_s = time_s
        elif time_s - self._low_since_s >= DOWN_FOR_S:
            self._squatted_s, self._squatted_x_px = time_s, followed.hip_x_px
        self._saw_s = time_s

    def takes_over(
        self,
        xy_px: NDArray[np.float32],
        score: NDArray[np.float32],
        followed: Followed,
        size_px: tuple[int, int],
        time_s: float,
    ) -> bool:
        """Whether somebody believable whom the look showed ([17, 2] px, [17]) is to be followed from now on."""
        extent = Extent.of(xy_px, score)
        nearer = _aside(followed.xy_px, size_px, self._zone) - _aside(xy_px, size_px, self._zone)
        larger = extent.height_px / self._stature.px
        better = nearer >= AS_NEAR and larger >= max(AS_TALL, TALLER - FOR_NEARER * nearer)
        x_px = _hip_x_px(xy_px)
        himself = abs(x_px - followed.hip_x_px) < SQUATTED_THERE * self._stature.px
        if himself and not better:
            self.nobody()
            return False
        before = self._met(x_px, time_s)
        now = _Other(x_px, extent, time_s, self._square, better)
        if before is None:
            # Of two others the one who stands better is remembered.
            if better or self._other is None or self._other.square is self._square or self._forgotten(time_s):
                self._other = now
            return False
        self._other = _together(before, now)
        if better and before.better and time_s - before.time_s <= WITHIN_S:
            return True
        # Not while he is down: how he stands is what his squats are measured against.
        if not self._other.squatted or extent.height_px < UPRIGHT * self._other.standing.height_px:
            return False
        if not (larger >= SQUATS_TALLER or (nearer >= AS_NEAR and larger >= SQUATS_SMALLER)):
            return False
        self._squatted_s, self._squatted_x_px = time_s, x_px
        return True

    def nobody(self) -> None:
        """The look showed nobody else: who stood better in such a look before has gone."""
        if self._other is not None and self._other.square is self._square:
            self._other = replace(self._other, better=False)

    def reset(self) -> None:
        """Nobody is followed any more. Where somebody squatted is kept: lost for a moment, he squats there still."""
        self._other = None
        self._seen = False
        self._since_s = math.nan
        self._low_since_s = None
        self._stature = Stature()

    def _met(self, x_px: float, time_s: float) -> _Other | None:
        """The one whom a look before has shown in this place."""
        other = self._other
        if (
            other is None
            or self._forgotten(time_s)
            or abs(x_px - other.hip_x_px) >= SAME_PLACE * other.standing.height_px
        ):
            return None
        return other

    def _forgotten(self, time_s: float) -> bool:
        return self._other is not None and not 0.0 <= time_s - self._other.time_s <= REMEMBERED_S

    def _squatted_there(self, followed: Followed, time_s: float) -> bool:
        lately = 0.0 <= time_s - self._squatted_s < SQUATTED_S
        return lately and abs(followed.hip_x_px - self._squatted_x_px) < SQUATTED_THERE * self._stature.px

    def _squares(self, followed: Followed, size_px: tuple[int, int]) -> dict[_Square, Crop]:
        """Squares that may show others: the whole zone, and those beside the followed one, without him.

        Beside somebody who stands aside only the side where more of the zone is; and none where nobody has room.
        """
        side_px = float(size_px[1])
        left_px, right_px = self._zone.left * size_px[0], self._zone.right * size_px[0]
        spread_px = max(
            float(np.ptp(followed.xy_px[[LEFT_SHOULDER, RIGHT_SHOULDER], 0])),
            float(np.ptp(followed.xy_px[[LEFT_HIP, RIGHT_HIP], 0])),
        )
        half_px = max(BESIDE * spread_px, BESIDE_IN_PROFILE * self._stature.px)
        room_px = {
            _Square.LEFT: followed.hip_x_px - half_px - left_px,
            _Square.RIGHT: right_px - followed.hip_x_px - half_px,
        }
        if _aside(followed.xy_px, size_px, self._zone) >= ASIDE:
            wider = max(room_px, key=lambda square: room_px[square])
            room_px = {wider: room_px[wider]}
        begins_px = {_Square.LEFT: followed.hip_x_px - half_px - side_px, _Square.RIGHT: followed.hip_x_px + half_px}
        beside = {
            square: Crop(begins_px[square], 0.0, side_px)
            for square, px in room_px.items()
            if px >= LEAST_ROOM * side_px
        }
        return {_Square.ZONE: search_crops(size_px, self._zone.left, self._zone.right)[0], **beside}


def _together(before: _Other, now: _Other) -> _Other:
    """What is known of somebody whom two looks have shown in the same place."""
    stood, seen = before.standing, now.standing
    if not seen.whole:
        return replace(now, standing=stood, squatted=before.squatted)
    if not stood.whole or abs(seen.feet_y_px - stood.feet_y_px) >= SAME_FEET * max(stood.height_px, seen.height_px):
        return now
    sunk = seen.is_sunk(stood.height_px, stood.hips_px)
    standing = seen if seen.height_px > stood.height_px else stood
    return replace(now, standing=standing, squatted=before.squatted or sunk)


def _aside(xy_px: NDArray[np.float32], size_px: tuple[int, int], zone: ZoneConfig) -> float:
    """How far the hips are from the zone's middle, in shares of its width."""
    hip_x = _hip_x_px(xy_px) / size_px[0]
    return abs(hip_x - (zone.left + zone.right) / 2) / (zone.right - zone.left)


def _hip_x_px(xy_px: NDArray[np.float32]) -> float:
    return float(xy_px[LEFT_HIP, 0] + xy_px[RIGHT_HIP, 0]) / 2
