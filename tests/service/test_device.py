"""The running device in a process of its own: how it starts, how it ends, and what is left when it is killed."""

from __future__ import annotations

import io
import logging
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from datetime import date
from pathlib import Path

import pytest
from device_child import config_for
from gpiozero.pins.mock import MockFactory, MockPin

from drawn_joints import noised
from drawn_video import drawn_set, write_drawn_video
from edge_valgus.analysis import Analyser
from edge_valgus.config import MOVENET, PRACTICE, PRACTICE_NOTICE
from edge_valgus.errors import LightsError, ModelError, StoreError
from edge_valgus.feedback.lights import Press
from edge_valgus.feedback.mock import mock_pins, read_lamps
from edge_valgus.feedback.pattern import LampState
from edge_valgus.feedback.terminal import TerminalLights
from edge_valgus.live.client import LiveClient
from edge_valgus.service.device import Outputs, run_device, stop_on_signals
from edge_valgus.service.loop import judge
from edge_valgus.service.sinks import StoreFault, StoreSink
from edge_valgus.store.reader import StoreReader
from edge_valgus.store.thread import StoreThread
from edge_valgus.store.writer import Store

HERE = Path(__file__).parent
CHILD_ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join([str(HERE), *filter(None, sys.path)])}


@pytest.fixture
def folder():
    path = Path(tempfile.mkdtemp(prefix="ev-"))
    yield path
    shutil.rmtree(path)


def start_child(folder, reps, speed, **environment):
    return subprocess.Popen(
        [sys.executable, HERE / "device_child.py", folder, str(reps), str(speed)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=CHILD_ENVIRONMENT | environment,
    )


def reps_in(folder):
    return list(StoreReader(folder / "edge-valgus.db").reps_between(date(1970, 1, 1), date(2100, 1, 1)))


def wait_for_reps(folder, process, count, within_s=40.0):
    end_s = time.monotonic() + within_s
    while not ((folder / "edge-valgus.db").exists() and len(reps_in(folder)) >= count):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end_s, "no rep came"
        time.sleep(0.05)


def outputs_for(folder, **more):
    given = {"source": "drawn lifter", "model": "none", "to_wall": lambda t: 1.7e9 + t, "pins": mock_pins()}
    return Outputs(config_for(folder), **(given | {"fault_shown_s": 0.0} | more))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_ends_it_in_order_with_all_that_was_counted(folder, number):
    process = start_child(folder, reps=20, speed=6)
    wait_for_reps(folder, process, 1)
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "ended in order\n", "")
    reader = StoreReader(folder / "edge-valgus.db")
    (day,) = reader.days()
    (finished,) = reader.sets(day.day)
    assert finished.ended_at is not None
    assert finished.counted == len(reps_in(folder)) >= 1
    assert not (folder / "live.sock").exists()


def test_what_was_counted_survives_kill_9(folder):
    process = start_child(folder, reps=20, speed=6)
    wait_for_reps(folder, process, 2)
    process.kill()
    process.communicate(timeout=20)
    before = len(reps_in(folder))
    assert before >= 2
    # The next start owns the database at once, ends the set that was left open, and goes on.
    again = start_child(folder, reps=1, speed=100)
    out, err = again.communicate(timeout=30)
    assert (again.returncode, out, err) == (0, "ended in order\n", "")
    assert len(reps_in(folder)) == before + 1
    reader = StoreReader(folder / "edge-valgus.db")
    (day,) = reader.days()
    assert sorted(row.counted for row in reader.sets(day.day)) == sorted([before, 1])
    assert len({row.session_id for row in reader.sets(day.day)}) == 1, "a restart is no new session"


def test_systemd_hears_ready_after_the_first_frame_then_the_watchdog_then_stopping(folder):
    address = folder / "notify.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(address))
        systemd.settimeout(20)
        process = start_child(folder, 2, 3.0, NOTIFY_SOCKET=str(address), WATCHDOG_USEC="300000")
        try:
            said = [systemd.recv(4096).decode() for _ in range(8)]
            assert (folder / "edge-valgus.db").exists()
            process.terminate()
            while said[-1] != "STOPPING=1":
                said.append(systemd.recv(4096).decode())
        finally:
            process.kill()
            process.communicate(timeout=20)
    assert said[0] == "READY=1\nSTATUS=Watching"
    assert set(said[1:-1]) == {"WATCHDOG=1"}


def test_it_lights_counts_stores_and_publishes(folder):
    pins, seen = mock_pins(), {}
    config = config_for(folder)

    def watched():
        with LiveClient(config.store.live_socket) as client:
            for sighting in noised(drawn_set(2), 1):
                yield sighting
                time.sleep(0.01)
                number, newest = client.latest()
                seen[number] = newest

    run_device(watched, outputs_for(folder, pins=pins))
    assert [row.rep.counted for row in reps_in(folder)] == [True, True]
    snapshots = [newest for newest in seen.values() if newest is not None]
    assert len(snapshots) > 5
    assert {snapshot["set"]["counted"] for snapshot in snapshots} >= {0, 1}
    assert any(snapshot["lights"]["green"] for snapshot in snapshots)
    assert snapshots[-1]["last_rep"]["counted"]
    assert (snapshots[-1]["model"], snapshots[-1]["fault"]) == ("none", None)
    assert 10.0 < snapshots[-1]["fps"] < 100.0
    assert read_lamps(pins, config.lights) == LampState(), "a lamp is left on"


def test_what_goes_wrong_lights_the_fault_and_is_said_on_the_page(folder):
    pins, heard, lit = mock_pins(), [], set()
    config = config_for(folder)

    def broken():
        yield from list(noised(drawn_set(1), 1))[:10]
        raise ModelError("the model fell over")

    def watch():
        with LiveClient(config.store.live_socket) as client:
            end_s = time.monotonic() + 10
            while time.monotonic() < end_s and not heard:
                _, newest = client.wait(0, 0.05)
                if newest is not None and newest["fault"]:
                    heard.append(newest["fault"])
            # By turns, and for a moment neither: one follows the other. Green may be lit until either is, and not beside them.
            while time.monotonic() < end_s and not {"red", "amber"} <= lit:
                lamps = read_lamps(pins, config.lights)
                on = {"red": lamps.red_left, "amber": lamps.amber, "green": lamps.green}
                if on["red"] or on["amber"]:
                    lit.update(name for name in on if on[name])
                time.sleep(0.005)

    watcher = threading.Thread(target=watch)
    watcher.start()
    with pytest.raises(ModelError, match="the model fell over"):
        run_device(broken, outputs_for(folder, pins=pins, fault_shown_s=3.0))
    watcher.join()
    assert heard == ["the model fell over"]
    assert lit == {"red", "amber"}


def test_lights_that_die_are_a_fault_on_the_page_and_lose_no_rep(folder):
    """The green one winks with the first rep, and its pin dies of it."""
    dead = []

    class DyingPin(MockPin):
        def _set_state(self, value):
            if self.info.name == "GPIO17" and self.function == "output" and self.state and not value:
                dead.append(True)
            if self.info.name != "GPIO25" and dead:
                raise OSError("the chip is gone")
            super()._set_state(value)

    config, heard = config_for(folder), []

    def watch():
        with LiveClient(config.store.live_socket) as client:
            end_s = time.monotonic() + 15
            while not heard and time.monotonic() < end_s:
                _, newest = client.wait(0, 0.05)
                if newest is not None and newest["fault"]:
                    heard.append(newest["fault"])

    watcher = threading.Thread(target=watch)
    watcher.start()
    with pytest.raises(LightsError, match="green on BCM pin 17"):
        run_device(
            lambda: noised(drawn_set(2), 1),
            outputs_for(folder, pins=MockFactory(pin_class=DyingPin), fault_shown_s=1.5),
        )
    watcher.join()
    assert len(heard) == 1
    assert heard[0].startswith("green on BCM pin 17 cannot be used (the chip is gone)")
    assert [row.rep.counted for row in reps_in(folder)] == [True]
    reader = StoreReader(folder / "edge-valgus.db")
    (day,) = reader.days()
    assert [row.ended_at is not None for row in reader.sets(day.day)] == [True]


def test_lights_that_cannot_be_opened_are_a_fault_on_the_page(folder):
    config, heard = config_for(folder), []

    def watch():
        with LiveClient(config.store.live_socket) as client:
            heard.append(client.wait(0, 10)[1])

    watcher = threading.Thread(target=watch)
    watcher.start()
    with pytest.raises(LightsError, match="red left on BCM pin 22"):
        run_device(list, outputs_for(folder, pins=object(), fault_shown_s=1.5))
    watcher.join()
    assert heard[0]["fault"].startswith("red left on BCM pin 22 cannot be used")


def test_a_signal_cuts_the_showing_of_a_fault_short(folder):
    def broken():
        raise ModelError("the model fell over")
        yield

    with stop_on_signals() as stop:
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM)).start()
        began_s = time.monotonic()
        with pytest.raises(ModelError, match="the model fell over"):
            run_device(broken, outputs_for(folder, fault_shown_s=30.0, stop=stop))
    assert 0.2 < time.monotonic() - began_s < 10.0


def test_the_event_is_set_before_the_log_is_written(caplog):
    class Stuck(logging.Handler):
        def emit(self, record):
            seen.append((record.getMessage(), stop.is_set()))

    seen, stuck, log = [], Stuck(), logging.getLogger("edge_valgus.service.device")
    caplog.set_level(logging.INFO, log.name)
    log.addHandler(stuck)
    try:
        with stop_on_signals() as stop:
            os.kill(os.getpid(), signal.SIGTERM)
    finally:
        log.removeHandler(stuck)
    assert seen == [("Stopping: SIGTERM", True)]


def test_a_fault_is_drawn_in_the_terminal_once(folder):
    def broken():
        raise ModelError("the model fell over")
        yield

    drawn = io.StringIO()
    with TerminalLights(drawn) as terminal, pytest.raises(ModelError):
        run_device(broken, outputs_for(folder, terminal=terminal))
    assert drawn.getvalue() == "fault: red and amber by turns\n"


def test_the_page_hears_of_reps_that_are_lost_and_why(folder, monkeypatch):
    store = Store(folder / "edge-valgus.db")
    holder = sqlite3.connect(folder / "edge-valgus.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with StoreThread(store, to_wall=lambda time_s: 1.7e9 + time_s, max_backlog=1) as writer:
        fault = StoreFault(writer)
        assert fault() is None
        judge(noised(drawn_set(2), 1), Analyser(), [StoreSink(writer)])
        end_s = time.monotonic() + 20
        while writer.error is None:
            assert time.monotonic() < end_s
            time.sleep(0.02)
        said = fault()
        assert said == f"3 reps or sets could not be kept; {writer.error}", "two reps and the set's end"
        holder.execute("COMMIT")
        holder.close()
        while writer.backlog:
            assert time.monotonic() < end_s
            time.sleep(0.02)
        assert fault() == "3 reps or sets could not be kept", "it is told for a while"
        monkeypatch.setattr("edge_valgus.service.sinks.LOSS_SHOWN_S", 0.0)
        assert fault() is None, "and not for ever"


def test_reps_counted_before_a_fault_are_stored(folder):
    def broken():
        yield from list(noised(drawn_set(2), 1))[:-30]
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        run_device(broken, outputs_for(folder))
    assert len(reps_in(folder)) >= 1


def test_an_end_with_reps_that_could_not_be_kept_is_an_error(folder):
    holders = []

    def locked_for_good():
        sightings = list(noised(drawn_set(2), 1))
        yield from sightings[:-1]
        holders.append(sqlite3.connect(folder / "edge-valgus.db", isolation_level=None))
        holders[0].execute("BEGIN IMMEDIATE")
        yield sightings[-1]

    try:
        with pytest.raises(StoreError, match="could not be kept"):
            run_device(locked_for_good, outputs_for(folder))
    finally:
        holders[0].close()


def test_a_foreign_database_is_a_fault_before_the_camera_is_opened(folder):
    (folder / "edge-valgus.db").write_text("not a database, and long enough to be one" * 100)
    opened = []
    with pytest.raises(StoreError, match="is not a database"):
        run_device(lambda: opened.append(1) or [], outputs_for(folder))
    assert opened == []


def test_the_button_ends_the_set_and_the_session(folder):
    outputs = outputs_for(folder)

    def pressing():
        sightings = list(noised(drawn_set(3), 1))
        for sighting in sightings:
            yield sighting
            if abs(sighting.time_s - 4.2) < 0.02:  # standing after the first rep
                outputs.presses.put(Press.END_SET)
            if abs(sighting.time_s - 7.0) < 0.02:  # and after the second
                outputs.presses.put(Press.NEW_SESSION)

    run_device(pressing, outputs)
    reader = StoreReader(folder / "edge-valgus.db")
    (day,) = reader.days()
    assert [row.counted for row in reader.sets(day.day)] == [1, 1, 1]
    assert len({row.session_id for row in reader.sets(day.day)}) == 2


def test_an_empty_source_ends_at_once(folder):
    run_device(list, outputs_for(folder))
    assert reps_in(folder) == []


@pytest.fixture(scope="module")
def drawn_video(tmp_path_factory):
    return write_drawn_video(tmp_path_factory.mktemp("video") / "drawn.mp4", drawn_set(3))


@pytest.mark.parametrize("model", [PRACTICE, pytest.param(MOVENET, marks=pytest.mark.movenet)])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_run_with_a_video_keeps_what_was_counted_and_by_which_model(folder, request, drawn_video, model, number):
    models = request.getfixturevalue("movenet_dir") if model == MOVENET else folder
    folders = ["--state-dir", folder, "--runtime-dir", folder, "--model-dir", models]
    process = subprocess.Popen(
        [sys.executable, "-m", "edge_valgus", "run", "--mock-gpio", "--video", drawn_video, *folders],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=CHILD_ENVIRONMENT,
    )
    wait_for_reps(folder, process, 1)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert err == ("" if model == MOVENET else f"edge-valgus: {PRACTICE_NOTICE}\n")
    assert process.returncode == (0 if number is signal.SIGTERM else -number)
    assert "green on" in out
    rows = reps_in(folder)
    assert len(rows) >= 1
    assert {row.model for row in rows} == {model}
