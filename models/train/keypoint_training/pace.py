"""How long networks take for a picture, in one process and by turns, so that what else the machine does hits both alike."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge_valgus.pose.tracker import Network

WARM_UP: Final = 3


def times_ms(networks: Sequence[Network], runs: int) -> NDArray[np.float64]:
    """[networks, runs], of pictures of noise."""
    random = np.random.default_rng(0)
    squares = [random.integers(0, 256, (1, one.side_px, one.side_px, 3), np.uint8) for one in networks]
    taken = np.zeros((len(networks), runs + WARM_UP))
    for run in range(runs + WARM_UP):
        for index, (network, square) in enumerate(zip(networks, squares, strict=True)):
            since_s = time.perf_counter()
            network.infer(square)
            taken[index, run] = 1000.0 * (time.perf_counter() - since_s)
    return taken[:, WARM_UP:]
