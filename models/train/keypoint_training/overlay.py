"""Pictures with the joints that are in them, and with those that a network sees, to look at."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from edge_valgus.frames import SKELETON

SHOWN_PX: Final = 288  # of a picture's side
TRUE_RGB: Final = (60, 220, 90)
SAID_RGB: Final = (255, 70, 60)
LEFT_RGB: Final = (255, 220, 0)


def sheet(
    pictures: NDArray[np.uint8], true: NDArray[np.float32], said: NDArray[np.float32] | None = None, columns: int = 6
) -> Image.Image:
    """A sheet of pictures, uint8 [n, side, side, 3], with true joints in green and said ones in red, float32 [n, 17, 2]."""
    rows = -(-len(pictures) // columns)
    whole = Image.new("RGB", (columns * SHOWN_PX, rows * SHOWN_PX))
    for index, picture in enumerate(pictures):
        image = Image.fromarray(picture).resize((SHOWN_PX, SHOWN_PX), Image.Resampling.BILINEAR)
        draw = ImageDraw.Draw(image)
        _skeleton(draw, true[index], TRUE_RGB)
        if said is not None:
            _skeleton(draw, said[index], SAID_RGB)
        whole.paste(image, (index % columns * SHOWN_PX, index // columns * SHOWN_PX))
    return whole


def _skeleton(draw: ImageDraw.ImageDraw, xy: NDArray[np.float32], colour: tuple[int, int, int]) -> None:
    if np.isnan(xy).any():
        return
    points = [(float(x) * SHOWN_PX, float(y) * SHOWN_PX) for x, y in xy]
    for one, other in SKELETON:
        draw.line([points[one], points[other]], fill=colour)
    for number, (x, y) in enumerate(points):
        # Odd numbers are the left side's: a network that mixes them up is seen at once.
        draw.ellipse((x - 2, y - 2, x + 2, y + 2), fill=LEFT_RGB if number % 2 else colour)
