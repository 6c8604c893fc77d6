"""Sightings one by one: a recording's in their own time, and none once it is to stop."""

from __future__ import annotations

import os
import signal
import threading
import time

from edge_valgus.service.device import paced, stop_on_signals, until
from edge_valgus.service.sightings import Sighting


def test_a_signal_stops_between_two_sightings_and_the_old_handlers_come_back():
    before = signal.getsignal(signal.SIGTERM)
    seen = []
    with stop_on_signals() as stop:
        for sighting in until(stop, (Sighting(float(i), None) for i in range(1000))):
            seen.append(sighting)
            if len(seen) == 3:
                os.kill(os.getpid(), signal.SIGTERM)
    assert len(seen) == 3
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_recording_plays_in_real_time_long_gaps_cut_short():
    times_s = [5.0, 5.1, 5.2, 305.2, 305.3]
    began_s = time.monotonic()
    played = [(sighting.time_s, time.monotonic() - began_s) for sighting in paced(_at(times_s), threading.Event())]
    assert [time_s for time_s, _ in played] == times_s
    for (_, at_s), due_s in zip(played, [0.0, 0.1, 0.2, 1.2, 1.3], strict=True):
        assert due_s - 0.01 <= at_s < due_s + 0.5


def test_a_machine_too_slow_does_not_hurry_afterwards():
    def slow():
        for sighting in _at([0.0, 0.05, 0.1, 0.15]):
            if sighting.time_s == 0.05:
                time.sleep(0.3)
            yield sighting

    at_s = [time.monotonic() for _ in paced(slow(), threading.Event())]
    assert at_s[3] - at_s[2] > 0.04


def test_stopping_does_not_wait_for_the_next_picture():
    stop = threading.Event()
    threading.Timer(0.1, stop.set).start()
    began_s = time.monotonic()
    assert len(list(until(stop, paced(_at([0.0, 0.9, 1.8, 2.7, 3.6, 4.5]), stop)))) < 3
    assert time.monotonic() - began_s < 0.8


def _at(times_s):
    return (Sighting(time_s, None) for time_s in times_s)
