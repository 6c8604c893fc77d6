"""A rep's frames as a small blob.

Version 1: byte 0x01, then zlib of: each of the 12 columns in turn, as whole multiples of its step (`STEPS`), int32 with
-2^31 for NaN, differences between rows (modulo 2^32), zigzagged, the four bytes of all rows apart, lowest first. About
a quarter of the float32 it was.
Precision: half a step, that is far below what a keypoint can tell; ±inf becomes NaN.
"""

from __future__ import annotations

import zlib
from typing import Final

import numpy as np
from numpy.typing import NDArray

STEPS: Final = (0.001, 0.001, 0.001, 0.01, 0.01, 0.02, 0.02, 0.02, 0.02, 1.0, 1.0, 1.0)
"""Resolution of each of TRACE_COLUMNS in version 1, in the column's unit."""

_VERSION: Final = 1
_NAN: Final = -(2**31)


def encode(trace: NDArray[np.float32]) -> bytes:
    """Pack float32 [frames, 12]. Raises ValueError for another shape."""
    if trace.ndim != 2 or trace.shape[1] != len(STEPS):
        raise ValueError(f"a trace has the shape {trace.shape}, expected (frames, {len(STEPS)})")
    scaled = np.rint(trace.astype(np.float64) / np.array(STEPS))
    finite = np.isfinite(scaled)
    whole = np.where(finite, np.clip(np.where(finite, scaled, 0.0), _NAN + 1, 2**31 - 1), _NAN).astype(np.int32)
    bits = whole.T.copy().view(np.uint32)
    bits[:, 1:] -= bits[:, :-1].copy()
    signed = bits.view(np.int32)
    zigzag = ((signed << 1) ^ (signed >> 31)).astype("<i4")
    planes = zigzag.view(np.uint8).reshape(len(STEPS), -1, 4).transpose(0, 2, 1)
    return bytes([_VERSION]) + zlib.compress(planes.tobytes(), 9)


def decode(blob: bytes) -> NDArray[np.float32]:
    """Unpack to float32 [frames, len(TRACE_COLUMNS)]. Raises ValueError for a blob that is none."""
    if blob[:1] != bytes([_VERSION]):
        raise ValueError(f"a trace of version {blob[:1].hex() or 'nothing'}, expected {_VERSION:02x}")
    try:
        content = np.frombuffer(zlib.decompress(blob[1:]), np.uint8)
    except zlib.error as error:
        raise ValueError(f"a trace that cannot be unpacked ({error})") from error
    if content.size % (4 * len(STEPS)):
        raise ValueError(f"a trace of {content.size} bytes, expected a multiple of {4 * len(STEPS)}")
    planes = content.reshape(len(STEPS), 4, -1)
    zigzag = planes.transpose(0, 2, 1).copy().view("<u4")[:, :, 0].astype(np.uint32)
    steps = (zigzag >> 1) ^ (~(zigzag & 1) + np.uint32(1))
    whole = np.cumsum(steps, axis=1, dtype=np.uint32).view(np.int32)
    values = np.where(whole == _NAN, np.nan, whole * np.array(STEPS)[:, None])
    return np.ascontiguousarray(values.T, dtype=np.float32)
