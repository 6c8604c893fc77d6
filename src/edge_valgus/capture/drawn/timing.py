"""When pictures are taken, and for how long the shutter is open."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_valgus.capture.drawn.checks import require

MOST_JITTER = 0.45  # of a frame's time: frames never change places


@dataclass(frozen=True, slots=True)
class FrameTiming:
    """The pace of a camera in real life.

    fps: the nominal rate, 1–240. drop_share: share of the frames that never arrive, 0–0.5; run_frames: how many are
    missing in a row on average, from 1. jitter_s: standard deviation of the capture times about their nominal ones; a
    picture shows what was there at its own time, and its time says so.
    Raises ValueError outside these ranges.
    """

    fps: float = 30.0
    drop_share: float = 0.0
    run_frames: float = 1.5
    jitter_s: float = 0.0

    def __post_init__(self) -> None:
        require("fps", self.fps, 1.0, 240.0)
        require("drop_share", self.drop_share, 0.0, 0.5)
        require("run_frames", self.run_frames, 1.0, 100.0)
        require("jitter_s", self.jitter_s, 0.0, 1.0)

    def frame_times(self, duration_s: float, seed: int) -> NDArray[np.float64]:
        """The capture times, float64 [n], increasing, n at least 1. The first frame is never missing."""
        count = max(1, round(duration_s * self.fps))
        random = np.random.default_rng((seed, 3))
        late_s = self.jitter_s * random.standard_normal(count)
        most_s = MOST_JITTER / self.fps
        times_s = np.arange(count) / self.fps + np.clip(late_s, -most_s, most_s)
        times_s[0] = max(times_s[0], 0.0)
        kept: NDArray[np.float64] = times_s[self._arrive(random.random(count))]
        return kept

    def _arrive(self, chance: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which frames arrive: runs of missing ones begin and end by chance, so that the share comes out as asked."""
        ends = 1.0 / self.run_frames
        begins = self.drop_share / (1.0 - self.drop_share) * ends
        arrive = np.ones(len(chance), np.bool_)
        for index in range(1, len(chance)):
            arrive[index] = chance[index] >= (begins if arrive[index - 1] else 1.0 - ends)
        return arrive


@dataclass(frozen=True, slots=True)
class Exposure:
    """How long each picture is exposed: exposure_s about the frame's time, half before it and half after.

    0 is no motion blur. sub_frames: at most so many pictures, 1–16, make up one frame, fewer while little moves.
    Raises ValueError outside 0–0.25 s and that range.
    """

    exposure_s: float = 0.0
    sub_frames: int = 3

    def __post_init__(self) -> None:
        require("exposure_s", self.exposure_s, 0.0, 0.25)
        require("sub_frames", self.sub_frames, 1, 16)

    def span_s(self, time_s: float) -> tuple[float, float]:
        """When the exposure about a time begins and ends; not before 0."""
        return max(0.0, time_s - self.exposure_s / 2), time_s + self.exposure_s / 2

    def moments_s(self, time_s: float, sub_frames: int) -> list[float]:
        """The middles of so many equal parts of the exposure; none is before 0, when nobody is there yet."""
        parts = ((index + 0.5) / sub_frames - 0.5 for index in range(sub_frames))
        return [max(0.0, time_s + self.exposure_s * part) for part in parts]
