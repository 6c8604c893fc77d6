"""Skeletons and networks, for the tests of this folder."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from edge_valgus.capture.drawn import DrawnLifter, RepScript, SetScript
from edge_valgus.frames import KEYPOINT_COUNT, Frame
from edge_valgus.pose.crop import Crop

SIZE_PX = (640, 480)
SIDE_PX = 192

# x and y in shares of the lifter's height, from between the feet upwards; the lifter's left is on the picture's right.
STANDING = np.array(
    [
        (0.00, 0.93), (0.02, 0.95), (-0.02, 0.95), (0.05, 0.94), (-0.05, 0.94),
        (0.11, 0.81), (-0.11, 0.81), (0.14, 0.63), (-0.14, 0.63), (0.13, 0.49), (-0.13, 0.49),
        (0.05, 0.53), (-0.05, 0.53), (0.07, 0.28), (-0.07, 0.28), (0.09, 0.04), (-0.09, 0.04),
    ]
)  # fmt: skip


def stand(feet_px: tuple[float, float], height_px: float) -> NDArray[np.float32]:
    """Keypoints [17, 2] px of somebody who stands there."""
    return (np.array(feet_px) + STANDING * (height_px, -height_px)).astype(np.float32)


def scores(value: float = 0.7) -> NDArray[np.float32]:
    return np.full(KEYPOINT_COUNT, value, np.float32)


# In a mirror a left wrist looks like a right one. Written out, so that no mistake is shared with the tracker.
IN_A_MIRROR = [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15]


def seen_mirrored(answer: NDArray[np.float32]) -> NDArray[np.float32]:
    """What a network would answer ([17, 3] y, x, score) that is shown the same square mirrored."""
    return answer[IN_A_MIRROR] * np.float32([1.0, -1.0, 1.0]) + np.float32([0.0, 1.0, 0.0])


def map_picture(time_s: float = 0.0, size_px: tuple[int, int] = SIZE_PX) -> Frame:
    """A picture that says of each of its pixels where it lies: x in red, y in green, and blue for "inside"."""
    return Frame(_map(size_px), time_s)


@functools.cache
def _map(size_px: tuple[int, int]) -> NDArray[np.uint8]:
    width, height = size_px
    image = np.full((height, width, 3), 255, np.uint8)
    image[..., 0] = np.rint(np.linspace(0, 255, width))
    image[..., 1] = np.rint(np.linspace(0, 255, height))[:, None]
    return image


def is_mirrored(square: NDArray[np.uint8]) -> bool:
    """Whether this part of a `map_picture` is shown mirrored."""
    row = square[0, square.shape[1] // 2]
    red = row[row[:, 2] == 255, 0]
    assert red[0] != red[-1], "not a map"
    return bool(red[0] > red[-1])


def read_map(square: NDArray[np.uint8], size_px: tuple[int, int] = SIZE_PX) -> Crop:
    """Which square of a `map_picture` this is, mirrored or not, to less than a pixel."""
    if is_mirrored(square):
        square = square[:, :, ::-1]
    inside = square[0, :, :, 2] == 255
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    rows, columns = rows[2:-2], columns[2:-2]  # at the picture's edge the sampler repeats its last pixel
    red, green = square[0, rows[0], columns, 0].astype(float), square[0, rows, columns[0], 1].astype(float)
    slope_x, x0 = np.polyfit(columns + 0.5, red * (size_px[0] - 1) / 255 + 0.5, 1)
    slope_y, y0 = np.polyfit(rows + 0.5, green * (size_px[1] - 1) / 255 + 0.5, 1)
    assert abs(slope_x / slope_y - 1) < 0.02, "not a square"
    return Crop(x0, y0, (slope_x + slope_y) / 2 * SIDE_PX)


def one_deep_rep(depth: float = 1.3, descent_s: float = 1.2, **script: object) -> DrawnLifter:
    rep = RepScript(depth=depth, descent_s=descent_s, hold_s=1.0, ascent_s=1.0, rest_s=1.0)
    return DrawnLifter(SetScript(reps=(rep, rep), lead_in_s=1.0, **script))


class Scripted:
    """A network that answers with the keypoints ([17, 2] frame pixels) and scores that `answer` gives for a crop.

    It has to be shown `map_picture`s, from which it reads which crop it is being shown, and whether mirrored. Then it
    answers as a network does that knows nothing of mirrors: a left wrist seen in one is a right wrist on the other side.
    """

    side_px = SIDE_PX

    def __init__(
        self,
        answer: Callable[[Crop], tuple[NDArray[np.float32], NDArray[np.float32]]],
        size_px: tuple[int, int] = SIZE_PX,
    ) -> None:
        self.answer = answer
        self.size_px = size_px
        self.shown: list[Crop] = []
        self.mirrored: list[bool] = []

    def infer(self, square: NDArray[np.uint8]) -> NDArray[np.float32]:
        assert (square.shape, square.dtype) == ((1, SIDE_PX, SIDE_PX, 3), np.uint8)
        crop = read_map(square, self.size_px)
        self.shown.append(crop)
        self.mirrored.append(is_mirrored(square))
        xy_px, score = self.answer(crop)
        xy = (xy_px - (crop.left_px, crop.top_px)) / crop.side_px
        answer = np.concatenate([xy[:, ::-1], score[:, None]], axis=1).astype(np.float32)
        return seen_mirrored(answer) if self.mirrored[-1] else answer


LIFTER = stand((300, 450), 400)
BYSTANDER = stand((560, 450), 390)
NOBODY = (np.full((17, 2), 100.0, np.float32), scores(0.02))
FRAME_S = 1 / 30


def track(tracker, answers_until_s, start_s=0.0, step_s=FRAME_S):
    times_s = np.arange(start_s, answers_until_s, step_s)
    return [tracker.track(map_picture(float(time_s))) for time_s in times_s]
