"""The square of the picture that the network gets to see.

The network answers best when the lifter fills its input. Tracking the crop halves the keypoint error against showing
it the whole picture (docs/science.md). The rule published with MoveNet recomputes the square from each
frame's keypoints, and its reference example never computes the body's own extent, so that the ankles leave the
square in deep squats. Ours follows the extent of *all* keypoints: it grows at once and shrinks soon after, so that a lifter who is
down, and only two thirds as tall, still fills it. That takes a tenth off the knees' error (docs/decisions.md); a square that waits for the
lifter to stand again shows the deep squat, where knees are judged, at two thirds of the size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge_valgus.frames import KEYPOINT_COUNT, LEFT_ANKLE, RIGHT_ANKLE

SHRINK_TIME_S: Final = 0.2  # a frame in which hands or head were not seen moves it little
AHEAD_GAP_S: Final = 0.35  # after a longer pause nobody knows how fast the lifter moves
FEET_HOLD_S: Final = 4.0  # feet stand still in a squat: where an ankle was is good this long while it is not seen
MARGIN: Final = 0.12  # on every side, in shares of the body's longer extent: hands and shoes lie outside the joints
FEET_MARGIN: Final = 0.06  # further room under the ankle joints
SLACK: Final = 0.03  # the square moves only when it is off by more than this share of its side
_ANKLES: Final = [LEFT_ANKLE, RIGHT_ANKLE]


@dataclass(frozen=True, slots=True)
class Crop:
    """A square in frame pixels; may reach outside the picture, where the network sees black."""

    left_px: float
    top_px: float
    side_px: float

    @property
    def right_px(self) -> float:
        """Right edge."""
        return self.left_px + self.side_px

    @property
    def bottom_px(self) -> float:
        """Bottom edge."""
        return self.top_px + self.side_px

    def in_frame_px(self, answer: NDArray[np.float32]) -> NDArray[np.float32]:
        """Where a network's keypoints ([n, 3]: y, x in shares of the square, score) lie: float32 [n, 2], x, y in pixels."""
        xy_px: NDArray[np.float32] = answer[:, 1::-1] * np.float32(self.side_px)
        xy_px += np.array((self.left_px, self.top_px), np.float32)
        return xy_px

    def contains(self, xy_px: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Which of the points [n, 2] lie inside."""
        inside: NDArray[np.bool_] = np.all(
            (xy_px >= (self.left_px, self.top_px)) & (xy_px <= (self.right_px, self.bottom_px)), axis=1
        )
        return inside


def search_crops(size_px: tuple[int, int], zone_left: float, zone_right: float) -> tuple[Crop, ...]:
    """Squares to look through, in turn, while nobody is followed: the zone as a whole, then full-height tiles of it.

    A lifter in a wide picture is only 80 pixels high in the letterbox; in a tile he is twice that.
    """
    width, height = size_px
    left, right = zone_left * width, zone_right * width
    side = max(right - left, height)
    crops = [Crop((left + right - side) / 2, (height - side) / 2, side)]
    if right - left > 1.2 * height:
        for share in (0.5, 0.2, 0.8):
            centre = left + share * (right - left)
            crops.append(Crop(min(max(centre - height / 2, left), right - height), 0.0, height))
    elif height > 1.2 * (right - left):
        tile = right - left
        crops.extend(Crop(left, share * (height - tile), tile) for share in (0.5, 1.0))
    return tuple(crops)


class CropTracker:
    """Follows one lifter's extent."""

    def __init__(self) -> None:
        self._box: NDArray[np.float64] | None = None  # left, top, right, bottom in px, with memory …
        self._last_px = np.zeros((KEYPOINT_COUNT, 2), np.float32)  # the last frame's keypoints …
        self._last_reliable = np.zeros(KEYPOINT_COUNT, np.bool_)  # … those that were believed …
        self._interval_s = np.inf  # … and how long after the one before it came
        self._feet_px = np.zeros((2, 2), np.float32)  # where the ankles were last believed …
        self._feet_s = np.full(2, -np.inf)  # … and when
        self._time_s = 0.0
        self._crop: Crop | None = None

    @property
    def crop(self) -> Crop | None:
        """The square for the next frame; None before the first `follow`."""
        return self._crop

    def reset(self) -> None:
        """Forget the lifter."""
        self._box = self._crop = None
        self._feet_s[:] = -np.inf
        self._interval_s = np.inf

    def follow(self, xy_px: NDArray[np.float32], reliable: NDArray[np.bool_], time_s: float) -> Crop:
        """Take in one frame's keypoints ([17, 2] px, [17]) and return the square for the next frame."""
        # Ankles score lowest at the bottom of a squat, where the square must not let go of them.
        seen = reliable[_ANKLES]
        self._feet_px[seen] = xy_px[_ANKLES][seen]
        self._feet_s[seen] = time_s
        held = time_s - self._feet_s <= FEET_HOLD_S
        points = np.concatenate([xy_px[reliable], self._feet_px[held]])
        box = np.concatenate([points.min(axis=0), points.max(axis=0)]).astype(np.float64)
        if self._box is None:
            self._box = box.copy()
        else:
            dt_s = max(0.0, time_s - self._time_s)
            keep = np.exp(-dt_s / SHRINK_TIME_S)
            shrunk = keep * self._box + (1.0 - keep) * box
            ahead_px = self._ahead_px(xy_px, reliable, dt_s)
            self._box[:2] = np.minimum(np.minimum(box[:2], shrunk[:2]), ahead_px.min(axis=0, initial=np.inf))
            self._box[2:] = np.maximum(np.maximum(box[2:], shrunk[2:]), ahead_px.max(axis=0, initial=-np.inf))
            self._interval_s = dt_s
        self._time_s = time_s
        self._last_px[:], self._last_reliable[:] = xy_px, reliable
        left, top, right, bottom = self._box
        extent = max(right - left, bottom - top)
        side = extent * (1.0 + 2.0 * MARGIN)
        ideal = Crop(
            (left + right - side) / 2,
            (top + bottom - side) / 2 + extent * FEET_MARGIN / 2,
            side,
        )
        if self._crop is None or _apart(self._crop, ideal) > SLACK:
            self._crop = ideal
        return self._crop

    def _ahead_px(self, xy_px: NDArray[np.float32], reliable: NDArray[np.bool_], dt_s: float) -> NDArray[np.float32]:
        """Where the keypoints believed in this frame and the last one will be by the next: [n, 2], none after a gap.

        Whoever comes up fast has moved as far again: at 10 frames a second by half a head. A joint that only comes and
        goes has not moved.
        """
        both = reliable & self._last_reliable
        if not 0.0 < dt_s < AHEAD_GAP_S:
            both = np.zeros_like(both)
        # After a frame that was missed, the next one is expected as soon as they came before it.
        steps = np.float32(min(1.0, self._interval_s / dt_s) if dt_s > 0.0 else 0.0)
        ahead_px: NDArray[np.float32] = xy_px[both] + steps * (xy_px[both] - self._last_px[both])
        return ahead_px


def _apart(crop: Crop, other: Crop) -> float:
    """How far two squares differ, in shares of the first one's side."""
    return (
        max(
            abs(crop.left_px - other.left_px),
            abs(crop.top_px - other.top_px),
            abs(crop.right_px - other.right_px),
            abs(crop.bottom_px - other.bottom_px),
        )
        / crop.side_px
    )


class CropSampler:
    """Scales a square of the picture to the network's input, bilinearly with pixel centres aligned, black outside.

    The tables are kept while the square stands still, and every buffer is kept for good: nothing is allocated per frame.
    """

    def __init__(self, side_px: int) -> None:
        self.output: NDArray[np.uint8] = np.zeros((1, side_px, side_px, 3), np.uint8)
        self._side_px = side_px
        self._key: tuple[Crop, tuple[int, int]] | None = None
        pixels = side_px * side_px
        self._taps = np.empty((4, pixels), np.intp)  # flat indices of the four neighbours
        # Of 256 in all. Written out for each channel: broadcasting over the channels takes three times as long.
        self._weights = np.empty((4, pixels, 3), np.uint16)
        self._outside = np.empty(pixels, np.bool_)
        self._any_outside = False
        self._gathered = np.empty((pixels, 3), np.uint8)
        self._product = np.empty((pixels, 3), np.uint16)
        self._sum = np.empty((pixels, 3), np.uint16)

    def sample(self, image: NDArray[np.uint8], crop: Crop) -> NDArray[np.uint8]:
        """uint8 [H, W, 3] → uint8 [1, side, side, 3]; the result is overwritten by the next call."""
        height, width = image.shape[:2]
        if self._key != (crop, (width, height)):
            self._prepare(crop, width, height)
            self._key = (crop, (width, height))
        pixels = np.ascontiguousarray(image).reshape(-1, 3)
        for tap, weight, target in zip(
            self._taps, self._weights, (self._sum, self._product, self._product, self._product), strict=True
        ):
            np.take(pixels, tap, axis=0, out=self._gathered, mode="clip")
            np.multiply(self._gathered, weight, out=target)
            if target is self._product:
                np.add(self._sum, self._product, out=self._sum)
        np.add(self._sum, 128, out=self._sum)
        np.right_shift(self._sum, 8, out=self._sum)
        flat = self.output.reshape(-1, 3)
        np.copyto(flat, self._sum, casting="unsafe")
        if self._any_outside:
            flat[self._outside] = 0
        return self.output

    def _prepare(self, crop: Crop, width: int, height: int) -> None:
        """Fill the tables, in place: in a squat the square moves every few frames."""
        step = crop.side_px / self._side_px
        centres = (np.arange(self._side_px) + 0.5) * step - 0.5
        x, y = centres + crop.left_px, centres + crop.top_px
        x0, x1, fx = _neighbours(x, width)
        y0, y1, fy = _neighbours(y, height)
        square = (self._side_px, self._side_px)
        for tap, rows, columns in zip(self._taps, (y0, y0, y1, y1), (x0, x1, x0, x1), strict=True):
            np.add((rows * width)[:, None], columns, out=tap.reshape(square))
        top_left, top_right, bottom_left, bottom_right = self._weights.reshape(4, self._side_px, -1)
        gx, gy = np.repeat(fx, 3), fy[:, None]
        # Integer weights that sum to 256 exactly, so that white stays white.
        np.multiply(gx, gy, out=bottom_right)
        bottom_right += 128
        bottom_right >>= 8
        np.subtract(gx, bottom_right, out=top_right)
        np.subtract(gy, bottom_right, out=bottom_left)
        np.subtract(256 - gx, bottom_left, out=top_left)
        outside_y, outside_x = (y < -0.5) | (y > height - 0.5), (x < -0.5) | (x > width - 0.5)
        np.logical_or(outside_y[:, None], outside_x, out=self._outside.reshape(square))
        self._any_outside = bool(outside_y.any() or outside_x.any())


def _neighbours(
    position: NDArray[np.float64], size: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.uint16]]:
    """Lower and upper pixel of each sample position, and the upper one's weight of 256: 255 at most, so that two fit."""
    clipped = np.clip(position, 0.0, size - 1.0)
    lower = np.floor(clipped).astype(np.intp)
    upper = np.minimum(lower + 1, size - 1)
    return lower, upper, np.minimum(np.rint((clipped - lower) * 256), 255).astype(np.uint16)
