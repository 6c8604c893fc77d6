"""When a rep began, turned and ended, told by shoulders and head.

The hips decide whether it was a rep and how deep, but at the bottom networks see them worst: up to a fifth of a leg too
high for half a second. Shoulders and head ride on them and are seen well all the way (drawn lifters, MoveNet Lightning
int8: median error of the bottom 15 ms, where the deepest reading of the hips is off by 170 ms).
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import replace
from typing import Final

from edge_valgus.analysis.segmenter import Segment

LAG_S: Final = 0.03  # by which the smoothing of the keypoints delays a movement, at the speeds of a squat
BEFORE_S: Final = 0.5  # so much earlier than the hips show it the upper body may have begun
BEGUN: Final = 0.05  # share of its fall at which the upper body has begun to move …
ENDED: Final = 0.045  # … and has come back
UPPER_SHARE: Final = 0.9  # crossed at these two shares of the fall, …
LOWER_SHARE: Final = 0.6
STOPPING: Final = 1.24  # … a smooth stop (minimum jerk: Flash & Hogan 1985) comes so many times their distance later


class RepClock:
    """Remembers how high shoulders and head were, and times a rep by them."""

    def __init__(self) -> None:
        self._readings: deque[tuple[float, float]] = deque()

    def see(self, time_s: float, upper_y_px: float) -> None:
        """Take in one frame; upper_y_px grows downward."""
        if math.isfinite(upper_y_px):
            self._readings.append((time_s, upper_y_px))

    def forget_before(self, time_s: float) -> None:
        """Those frames belong to no rep any more."""
        while self._readings and self._readings[0][0] < time_s:
            self._readings.popleft()

    def timed(self, segment: Segment, *, not_before_s: float) -> Segment:
        """The same rep with better times; as it was where shoulders and head don't tell them.

        not_before_s: the end of the rep before it.
        """
        first_s = max(segment.start_s - BEFORE_S, not_before_s)
        readings = [reading for reading in self._readings if first_s <= reading[0] <= segment.end_s]
        if len(readings) < 5:
            return segment
        heights = [y for _, y in readings]
        lowest = max(range(len(readings)), key=heights.__getitem__)
        fall = _Fall(readings[: lowest + 1])
        rise = _Fall([(-time_s, y) for time_s, y in readings[: lowest - 1 if lowest else None : -1]])
        if min(fall.deep_px, rise.deep_px) <= 0.0:
            return segment
        bottom_s = (fall.stop_s - rise.stop_s) / 2 - LAG_S
        start_s = max(fall.crossing_s(BEGUN, last=True) - LAG_S, not_before_s)
        # It is asked when the hips are back, and shoulders and head may still be on their last few centimetres: back is
        # where they came from. Who turns round short of that has turned where they are highest.
        end_s = -rise.crossing_s(ENDED, last=True, top_px=fall.top_px) - LAG_S
        if not start_s < bottom_s < end_s <= segment.end_s:
            return segment
        return replace(segment, start_s=start_s, bottom_s=bottom_s, end_s=end_s)


class _Fall:
    """One way down, from the highest reading to the last one, which is the lowest."""

    def __init__(self, readings: list[tuple[float, float]]) -> None:
        top = min(range(len(readings)), key=lambda index: readings[index][1])
        self._readings = readings[top:]
        self.top_px = readings[top][1]
        self.deep_px = readings[-1][1] - self.top_px

    @property
    def stop_s(self) -> float:
        """When the movement down came to its end, which a lifter may then wait at."""
        lower_s, upper_s = self.crossing_s(LOWER_SHARE, last=False), self.crossing_s(UPPER_SHARE, last=False)
        return upper_s + STOPPING * (upper_s - lower_s)

    def crossing_s(self, share: float, *, last: bool, top_px: float | None = None) -> float:
        """When a share of the fall was crossed, for the first or the last time; that of the highest reading if never."""
        top_px = self.top_px if top_px is None else top_px
        level = top_px + share * (self.top_px + self.deep_px - top_px)
        readings = self._readings
        places = range(1, len(readings))
        for place in reversed(places) if last else places:
            before_s, before = readings[place - 1]
            after_s, after = readings[place]
            if before <= level < after:
                return before_s + (level - before) / (after - before) * (after_s - before_s)
        return readings[0][0]
