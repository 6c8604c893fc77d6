"""Drawn lifters in place of a camera: in real time, one after the other, stamped as a camera stamps."""

from __future__ import annotations

import itertools
import time

import numpy as np

from edge_valgus.capture.drawn import DrawnLifter, random_set
from edge_valgus.capture.drawn.rack import NOBODY_FPS, DrawnRack
from edge_valgus.frames import Frame


class Still:
    """A lifter of a few frames that are drawn in no time."""

    name = "drawn lifter"
    size_px = (64, 64)

    def __init__(self, grey, frames=4, fps=40.0, slow_s=0.0):
        self.grey, self.frames, self.fps, self.slow_s = grey, frames, fps, slow_s

    def __iter__(self):
        for index in range(self.frames):
            time.sleep(self.slow_s)
            yield Frame(np.full((64, 64, 3), self.grey, np.uint8), index / self.fps)


def greys_and_times(rack, count):
    with rack as source:
        return [(int(frame.image[0, 0, 0]), frame.time_s) for frame in itertools.islice(source, count)]


def test_frames_come_in_their_time_and_carry_the_clock():
    began_s = time.monotonic()
    seen = greys_and_times(DrawnRack([Still(9)], break_s=1.0), 4)
    assert time.monotonic() - began_s >= 3 / 40
    times_s = [time_s for _, time_s in seen]
    assert times_s == sorted(times_s)
    assert began_s <= times_s[0] < times_s[-1] <= time.monotonic()
    assert times_s[-1] - times_s[0] >= 3 / 40


def test_after_a_lifter_nobody_is_there_for_a_while_and_then_the_next_one_comes():
    seen = greys_and_times(DrawnRack([Still(9), Still(90)], break_s=0.4), 4 + round(0.4 * NOBODY_FPS) + 4)
    assert [grey for grey, _ in seen] == [9] * 4 + [0] * 2 + [90] * 4


def test_a_machine_too_slow_shows_them_slower_and_does_not_hurry():
    seen = greys_and_times(DrawnRack([Still(9, frames=3, slow_s=0.1)], break_s=1.0), 3)
    gaps_s = np.diff([time_s for _, time_s in seen])
    assert gaps_s.min() > 0.09


def test_it_tells_what_a_source_tells():
    rack = DrawnRack([DrawnLifter(random_set(1, 1))], break_s=1.0)
    assert (rack.name, rack.size_px, rack.frame_count) == ("drawn lifter", (640, 480), None)
    with rack as source:
        frame = next(iter(source))
    assert frame.image.shape == (480, 640, 3)
