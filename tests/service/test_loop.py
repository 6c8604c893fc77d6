"""The loop: who is told what in which order, and that nobody behind the lights can hold it up."""

from __future__ import annotations

import shutil
import socket
import sqlite3
import tempfile
import time
from datetime import date
from pathlib import Path

import pytest

from drawn_joints import noised
from drawn_video import drawn_set
from edge_valgus.analysis import Analyser
from edge_valgus.config import LightsConfig
from edge_valgus.errors import LightsError
from edge_valgus.events import RepCounted, SetEnded
from edge_valgus.feedback.lights import Lights
from edge_valgus.feedback.mock import mock_pins, read_lamps
from edge_valgus.live.publisher import LivePublisher
from edge_valgus.service.loop import judge
from edge_valgus.service.sightings import Sighting
from edge_valgus.service.sinks import LightsSink, LiveSink, StoreSink
from edge_valgus.store.reader import StoreReader
from edge_valgus.store.thread import StoreThread
from edge_valgus.store.writer import Store


class Notes:
    """A sink that remembers."""

    def __init__(self, log=None, name=""):
        self.log = log if log is not None else []
        self.name = name
        self.frames = 0
        self.events = []
        self.finished_at_s = None

    def take(self, sighting, events, reading):
        assert reading.time_s == sighting.time_s
        self.frames += 1
        self.events += events
        self.log.append(self.name)

    def finish(self, time_s, events):
        assert self.finished_at_s is None, "finished twice"
        self.finished_at_s = time_s
        self.events += events


@pytest.fixture
def folder():
    path = Path(tempfile.mkdtemp(prefix="ev-"))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def sightings():
    return list(noised(drawn_set(2), 1))


def test_every_frame_goes_to_every_sink_in_their_order(sightings):
    log = []
    first, second = Notes(log, "lights"), Notes(log, "store")
    judge(sightings, Analyser(), [first, second])
    assert log == ["lights", "store"] * len(sightings)
    assert first.events == second.events
    assert sum(isinstance(event, RepCounted) for event in first.events) == 2
    assert isinstance(first.events[-1], SetEnded)
    assert first.finished_at_s == second.finished_at_s == sightings[-1].time_s


def test_a_source_that_fails_still_closes_the_set(sightings):
    def failing():
        yield from sightings[:-20]
        raise OSError("the camera is gone")

    notes = Notes()
    with pytest.raises(OSError, match="the camera is gone"):
        judge(failing(), Analyser(), [notes])
    assert any(isinstance(event, SetEnded) for event in notes.events)
    assert notes.finished_at_s == sightings[-21].time_s


def test_a_sink_that_fails_ends_the_loop_and_the_others_are_told(sightings):
    class Failing(Notes):
        def take(self, sighting, events, reading):
            super().take(sighting, events, reading)
            if self.frames == 100:
                raise RuntimeError("a bug")

    before, after = Notes(), Notes()
    with pytest.raises(RuntimeError, match="a bug"):
        judge(sightings, Analyser(), [before, Failing(), after])
    assert (before.frames, after.frames) == (100, 100)
    assert before.finished_at_s == after.finished_at_s == sightings[99].time_s


def test_lights_that_fail_lose_nothing(sightings):
    """They come first, fail as a rep is counted, and again at the end: the others hear of the rep, and that the set ended."""

    class DeadLights(Notes):
        def take(self, sighting, events, reading):
            super().take(sighting, events, reading)
            if any(isinstance(event, RepCounted) for event in events):
                raise LightsError("green cannot be used")

        def finish(self, time_s, events):
            super().finish(time_s, events)
            raise LightsError("green still cannot be used")

    lights, store = DeadLights(), Notes()
    with pytest.raises(LightsError, match="green cannot be used"):
        judge(sightings, Analyser(), [lights, store])
    assert [event.counted for event in store.events if isinstance(event, SetEnded)] == [1]
    assert sum(isinstance(event, RepCounted) for event in store.events) == 1
    assert store.finished_at_s is not None


def test_of_two_sinks_that_fail_in_one_frame_the_first_is_heard(sightings):
    class Failing(Notes):
        def take(self, sighting, events, reading):
            super().take(sighting, events, reading)
            raise RuntimeError(self.name)

    with pytest.raises(RuntimeError, match="first"):
        judge(sightings, Analyser(), [Failing(name="first"), Failing(name="second")])


def test_a_sink_that_fails_only_at_the_end_is_heard(sightings):
    class Failing(Notes):
        def finish(self, time_s, events):
            super().finish(time_s, events)
            raise OSError("disk full")

    after = Notes()
    with pytest.raises(OSError, match="disk full"):
        judge(sightings, Analyser(), [Failing(), after])
    assert isinstance(after.events[-1], SetEnded)


def test_what_was_asked_for_is_done_once_a_frame_and_told_with_it(sightings):
    asked = []

    def ask(analyser, time_s):
        asked.append(time_s)
        return analyser.end_set(time_s) if abs(time_s - 4.2) < 0.02 else ()

    notes = Notes()
    judge(sightings, Analyser(), [notes], asked=ask)
    assert asked == [sighting.time_s for sighting in sightings]
    assert [event.counted for event in notes.events if isinstance(event, SetEnded)] == [1, 1]


def test_no_frames_at_all():
    notes = Notes()
    judge([], Analyser(), [notes])
    assert (notes.frames, notes.events) == (0, [])


def test_nobody_in_view_is_nothing_to_tell():
    notes = Notes()
    judge((Sighting(index / 10, None) for index in range(300)), Analyser(), [notes])
    assert (notes.frames, notes.events) == (300, [])


def test_the_lights_never_wait(folder, sightings):
    """Not for a disk that stands still (another program holds the database), nor for a page that reads nothing."""
    config, pins = LightsConfig(), mock_pins()
    store = Store(folder / "edge-valgus.db")
    holder = sqlite3.connect(folder / "edge-valgus.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    took_s, lamps = [], set()

    def timed():
        for sighting in sightings:
            began_s = time.monotonic()
            yield sighting
            took_s.append(time.monotonic() - began_s)
            lamps.add(read_lamps(pins, config))
            time.sleep(0.002)  # so that the other threads have their turn, as while the model runs

    with (
        LivePublisher(folder / "live.sock", rate_hz=500.0) as publisher,
        socket.socket(socket.AF_UNIX) as deaf,
        Lights(config, pins) as lights,
    ):
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        deaf.connect(str(folder / "live.sock"))
        writer = StoreThread(store, to_wall=lambda time_s: 1.7e9 + time_s)
        shown = LightsSink(config, lights)
        live = LiveSink(publisher, shown, model="none", to_wall=lambda time_s: time_s, fault=lambda: writer.error)
        judge(timed(), Analyser(), [shown, StoreSink(writer), live])
        waiting = writer.backlog
        holder.execute("COMMIT")
        holder.close()
        assert writer.close(timeout_s=20.0) == 0
    assert len({lamp.green for lamp in lamps}) == 2
    assert waiting >= 3, "the disk did not stand still"
    took_s.sort()
    assert took_s[len(took_s) // 2] < 0.010
    # SQLite would wait for seconds; a busy machine may take a moment from anybody.
    assert took_s[-1] < 1.0
    rows = list(StoreReader(folder / "edge-valgus.db").reps_between(date(1970, 1, 1), date(2100, 1, 1)))
    assert [row.rep.counted for row in rows] == [True, True]
