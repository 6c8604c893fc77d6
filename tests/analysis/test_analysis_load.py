"""The analysis has a Pi's frame time left over by the network: it must take next to none, and never more and more."""

import gc
import statistics
import time
import tracemalloc
from dataclasses import replace

from poses import STANDING, film, later, rep, seen_by_network

from edge_valgus.analysis import Analyser
from edge_valgus.events import TRACE_COLUMNS

MAX_MEDIAN_S = 0.0005


def test_a_frame_takes_less_than_half_a_millisecond():
    frames = seen_by_network(film((1.0, STANDING), *rep() * 3), 0)
    analyser, spent_s = Analyser(), []
    for time_s, pose in frames:
        before_s = time.perf_counter()
        analyser.update(time_s, pose)
        spent_s.append(time.perf_counter() - before_s)
    assert statistics.median(spent_s) < MAX_MEDIAN_S


def test_standing_for_half_an_hour_takes_no_memory():
    pose = STANDING.pose()
    analyser = Analyser()
    for index in range(600):  # fill what is bounded
        analyser.update(index / 10, pose)
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for index in range(6_000):
            analyser.update(60.0 + index * 0.3, pose)
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < 150_000  # the traces of the last seconds changed hands, nothing was added


def test_sitting_down_and_reps_without_end_take_no_memory():
    moves = film(
        (1.0, STANDING),
        *rep(),
        (1.0, replace(STANDING, depth=1.0)),
        (60.0, replace(STANDING, depth=1.0)),
        *rep(),
        fps=10.0,
    )
    analyser = Analyser()
    kept = []
    for turn in range(12):
        for time_s, pose in later(moves, turn * 80.0):
            analyser.update(time_s, pose)
        kept.append(len(analyser._recorder._values) // len(TRACE_COLUMNS) + len(analyser._shape._looks))
    assert max(kept) <= 2 * 10 * 6
