"""The sensor's noise over what was drawn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge_valgus.capture.drawn.render import Box, Plane

NOISE_PICTURES = 6  # noised rooms drawn up front; taking turns, they look like fresh noise


class Sensor:
    """Turns shaded planes into a noisy picture.

    room: float32 [3, height, width], what is there in every picture. noise: standard deviation in grey levels.
    """

    def __init__(self, room: Plane, noise: float, random: np.random.Generator) -> None:
        _, height, width = room.shape
        grain = random.normal(0, noise, (NOISE_PICTURES, 1, height, width)).astype(np.float32)
        self._noise = grain + random.normal(0, 0.4 * noise, (1, 3, height, width)).astype(np.float32)
        self._noised = np.clip(room + self._noise, 0, 255).astype(np.uint8).transpose(0, 2, 3, 1).copy()
        self._random = random

    def take(self, rgb: Plane, box: Box, image: NDArray[np.uint8]) -> None:
        """Write a picture into `image`, uint8 [height, width, 3]: the room, and rgb where the box says it differs."""
        turn = int(self._random.integers(NOISE_PICTURES))
        np.copyto(image, self._noised[turn])
        drawn = rgb[:, *box] + self._noise[turn][:, *box]
        np.clip(drawn, 0, 255, out=drawn)
        np.copyto(image[box], drawn.transpose(1, 2, 0), casting="unsafe")
