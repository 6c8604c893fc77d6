"""The eight ways in which a stored picture can lie, and how to set it upright."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Orientation:
    """Transpose first, then flip. Angles between right angles don't occur: they are snapped to the nearest."""

    transposed: bool = False
    flipped_x: bool = False
    flipped_y: bool = False

    def turned(self, size_px: tuple[int, int]) -> tuple[int, int]:
        """(width, height) of the upright picture, given that of the stored one."""
        width, height = size_px
        return (height, width) if self.transposed else (width, height)

    def copy(self, image: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
        """Write the stored `image`, uint8 [h, w, 3], upright into `out`, uint8 of `turned` shape."""
        upright = image.swapaxes(0, 1) if self.transposed else image
        upright = upright[:: -1 if self.flipped_y else 1, :: -1 if self.flipped_x else 1]
        if not self.transposed:
            np.copyto(out, upright)
            return
        # One channel at a time: numpy moves a transposed three-byte pixel half as fast.
        for channel in range(3):
            out[..., channel] = upright[..., channel]


UPRIGHT: Final = Orientation()


def from_display_matrix(matrix: NDArray[np.int32]) -> Orientation:
    """The orientation that a container's display matrix asks for.

    matrix: nine fixed-point integers (a b u, c d v, x y w), as in ISO/IEC 14496-12: a stored point (p, q) is shown at
    (a·p + c·q, b·p + d·q), up to a shift. A degenerate matrix leaves the picture as it is.
    """
    a, b, _, c, d = (int(value) for value in matrix[:5])
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return Orientation(transposed=False, flipped_x=a < 0, flipped_y=d < 0)
    return Orientation(transposed=True, flipped_x=c < 0, flipped_y=b < 0)
