"""From the bytes a camera delivers to RGB.

Format names are libcamera's, which are DRM's: they name a little-endian word from its highest byte down, so that
"RGB888" lies in memory as blue, green, red, and "BGR888" as red, green, blue. Rows are `stride` bytes apart; a row's
end may be padding.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge_valgus.errors import CaptureError


class Matrix(StrEnum):
    """How luma and colour difference were made from RGB. The value is the standard's name."""

    BT601 = "BT.601"
    BT709 = "BT.709"


@dataclass(frozen=True, slots=True)
class YuvColours:
    """How to read Y, U and V. full_range: 0–255 for each (JPEG's way); otherwise Y is 16–235, U and V 16–240."""

    matrix: Matrix = Matrix.BT601
    full_range: bool = True


JPEG_COLOURS: Final = YuvColours()

_RED_BLUE_WEIGHTS: Final = {Matrix.BT601: (0.299, 0.114), Matrix.BT709: (0.2126, 0.0722)}

# Bytes per pixel, and where red, green and blue lie in a pixel.
_PACKED: Final = {
    "BGR888": (3, (0, 1, 2)),
    "RGB888": (3, (2, 1, 0)),
    "XBGR8888": (4, (0, 1, 2)),
    "XRGB8888": (4, (2, 1, 0)),
}
_PLANAR: Final = {"YUV420": (0, 1), "YVU420": (1, 0)}  # which of the two small planes is U, which is V
_SEMI_PLANAR: Final = {"NV12": (0, 1), "NV21": (1, 0)}  # which byte of a pair is U, which is V
_INTERLEAVED: Final = {"YUYV": (0, 1, 3), "UYVY": (1, 0, 2)}  # first luma, U, V in four bytes; second luma is two on

FORMATS: Final = (*_PACKED, *_PLANAR, *_SEMI_PLANAR, *_INTERLEAVED)
"""Every format that `to_rgb` reads."""


def to_rgb(
    buffer: NDArray[np.uint8],
    pixel_format: str,
    size_px: tuple[int, int],
    stride: int,
    colours: YuvColours = JPEG_COLOURS,
) -> NDArray[np.uint8]:
    """RGB, uint8 [height, width, 3], C-contiguous, of a camera's buffer.

    buffer: uint8, one dimension; it may be longer than the picture. pixel_format: one of FORMATS. size_px: (width,
    height), both even for the YUV formats. stride: bytes from one row to the next (of the luma plane; the small planes
    of YUV420 have half of it). colours: for the YUV formats, how they were made; see ITU-R BT.601-7 and BT.709-6.

    A "BGR888" buffer without padding is returned as a view of `buffer`; all others are copied.
    Raises CaptureError for another format, or a buffer or stride too small for the picture.
    """
    width, height = size_px
    what = f"{pixel_format} of {width}×{height} pixels"
    if pixel_format in _PACKED:
        depth, order = _PACKED[pixel_format]
        rows = _rows(buffer, height, stride, width * depth, what=what)
        pixels = rows[:, : width * depth].reshape(height, width, depth)
        if order == (0, 1, 2):
            return np.ascontiguousarray(pixels[..., :3])
        return np.ascontiguousarray(pixels[..., 2::-1])
    if pixel_format not in FORMATS:
        raise CaptureError(f"pixel format {pixel_format}: cannot be converted: expected one of {', '.join(FORMATS)}")
    if width % 2 or height % 2 or stride % 2:
        raise CaptureError(f"{what} in rows of {stride} bytes: all must be even: change the size")
    if pixel_format in _INTERLEAVED:
        luma_at, u_at, v_at = _INTERLEAVED[pixel_format]
        quads = _rows(buffer, height, stride, width * 2, what=what)[:, : width * 2]
        quads = quads.reshape(height, width // 2, 4)
        luma = quads[..., luma_at::2].reshape(height, width)
        return _yuv_to_rgb(luma, quads[..., u_at], quads[..., v_at], colours)
    if pixel_format in _SEMI_PLANAR:
        u_at, v_at = _SEMI_PLANAR[pixel_format]
        rows = _rows(buffer, height * 3 // 2, stride, width, what=what)[:, :width]
        pairs = rows[height:].reshape(height // 2, width // 2, 2)
        return _yuv_to_rgb(rows[:height], pairs[..., u_at], pairs[..., v_at], colours)
    u_at, v_at = _PLANAR[pixel_format]
    rows = _rows(buffer, height * 3, stride // 2, width // 2, what=what)
    luma = rows[: height * 2].reshape(height, stride)[:, :width]
    planes = rows[height * 2 :].reshape(2, height // 2, stride // 2)[:, :, : width // 2]
    return _yuv_to_rgb(luma, planes[u_at], planes[v_at], colours)


def _rows(buffer: NDArray[np.uint8], count: int, stride: int, used: int, *, what: str) -> NDArray[np.uint8]:
    # Some drivers leave out the padding after the very last row.
    needed = (count - 1) * stride + used
    if stride < used or buffer.size < needed:
        raise CaptureError(
            f"{what}: buffer of {buffer.size} bytes with rows of {stride}: "
            f"expected rows of at least {used} and {needed} bytes in all; the camera driver and its report disagree"
        )
    whole = buffer[: count * stride]
    if whole.size < count * stride:
        whole = np.concatenate([whole, np.zeros(count * stride - whole.size, np.uint8)])
    return whole.reshape(count, stride)


def _yuv_to_rgb(
    luma: NDArray[np.uint8], u: NDArray[np.uint8], v: NDArray[np.uint8], colours: YuvColours
) -> NDArray[np.uint8]:
    """Each U and V serves a block of luma: 2×2 pixels, or 2×1 where u has as many rows as luma. Off by at most 1."""
    red_weight, blue_weight = _RED_BLUE_WEIGHTS[colours.matrix]
    green_weight = 1.0 - red_weight - blue_weight
    level = np.arange(256, dtype=np.float64)
    bright = level if colours.full_range else (level - 16.0) * 255.0 / 219.0
    tint = level - 128.0 if colours.full_range else (level - 128.0) * 255.0 / 224.0
    # Tables and the small planes carry the arithmetic; at full size there is one addition and one clip per channel.
    base = np.rint(bright).astype(np.int16)[luma]
    to_red = np.rint(2 * (1 - red_weight) * tint).astype(np.int16)
    to_blue = np.rint(2 * (1 - blue_weight) * tint).astype(np.int16)
    u_to_green = -2 * (1 - blue_weight) * blue_weight / green_weight * tint
    v_to_green = -2 * (1 - red_weight) * red_weight / green_weight * tint
    shifts = (to_red[v], np.rint(u_to_green[u] + v_to_green[v]).astype(np.int16), to_blue[u])

    height, width = luma.shape
    block = (u.shape[0], height // u.shape[0], width // 2, 2)
    base = base.reshape(block)
    out = np.empty((height, width, 3), np.uint8)
    for channel, shift in enumerate(shifts):
        total = base + shift[:, None, :, None]
        np.clip(total, 0, 255, out=total)
        out[..., channel] = total.reshape(height, width)
    return out
