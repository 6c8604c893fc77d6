"""Drawn lifters in front of the device, as a camera would show them: in real time, one after the other, for ever."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from edge_valgus.capture.drawn.source import DrawnLifter
from edge_valgus.capture.pace import Pace
from edge_valgus.capture.source import AlwaysOpen
from edge_valgus.frames import Frame

NOBODY_FPS: Final = 5.0
"""Frames per second of the empty picture between two lifters: enough for who waits for frames, little to do."""


class DrawnRack(AlwaysOpen):
    """A source without a camera: it never ends, and its frames are stamped with the monotonic clock, as a camera's are.

    lifters: who comes; all of one picture size, drawn in the order given. break_s: nobody is there for so long between two.
    A machine too slow to draw them in time shows them slower; it does not hurry afterwards.
    """

    def __init__(self, lifters: Iterable[DrawnLifter], *, break_s: float) -> None:
        self._lifters = iter(lifters)
        self._break_s = break_s
        self._next = next(self._lifters)

    @property
    def name(self) -> str:
        """What a person calls it."""
        return self._next.name

    @property
    def size_px(self) -> tuple[int, int]:
        """(width, height) of the frames."""
        return self._next.size_px

    @property
    def frame_count(self) -> None:
        """It never ends."""

    def __iter__(self) -> Iterator[Frame]:
        """Yield each frame when its time has come."""
        for lifter in itertools.chain([self._next], self._lifters):
            yield from in_real_time(lifter)
            yield from in_real_time(self._nobody())

    def _nobody(self) -> Iterator[Frame]:
        width, height = self.size_px
        image = np.zeros((height, width, 3), np.uint8)
        for index in range(max(1, round(self._break_s * NOBODY_FPS))):
            yield Frame(image, index / NOBODY_FPS)


def in_real_time(frames: Iterable[Frame]) -> Iterator[Frame]:
    """Each frame when its time has come, with the monotonic clock's time in place of its own, as a camera gives it."""
    pace = Pace()
    for frame in frames:
        time.sleep(pace.wait_s(frame.time_s))
        yield Frame(frame.image, time.monotonic())
