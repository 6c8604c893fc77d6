"""The drawn lifter's own joints with a network's kind of error: for what is about everything behind the network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from edge_valgus.capture.drawn import DrawnLifter
from edge_valgus.frames import Pose
from edge_valgus.service.sightings import Sighting

NOISE_SHARE: Final = 0.003  # of the picture's height; about what is left of a network's error after smoothing
NOISE_SCORE: Final = 0.7
NOISE_STEADINESS: Final = 0.7  # how much of one frame's error is still there in the next: a network errs alike


def noised(drawn: DrawnLifter, seed: int) -> Iterator[Sighting]:
    """No model runs, no picture is drawn. The same seed, the same errors."""
    random = np.random.default_rng(seed)
    size_px = drawn.size_px
    error_px = np.zeros((17, 2))
    fresh_px = NOISE_SHARE * size_px[1] * np.sqrt(1.0 - NOISE_STEADINESS**2)
    for index in range(drawn.frame_count):
        time_s = index / drawn.fps
        truth = drawn.truth(time_s)
        error_px = NOISE_STEADINESS * error_px + random.normal(0.0, fresh_px, (17, 2))
        score = np.where(truth.visible, NOISE_SCORE, 0.1).astype(np.float32)
        yield Sighting(time_s, Pose((truth.xy_px + error_px).astype(np.float32), score, time_s, size_px))
