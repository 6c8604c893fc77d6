"""The two units under real systemd, with drawn lifters in place of a camera: READY, watchdog, restarts, safe mode."""

from __future__ import annotations

import json
import time
from itertools import pairwise

import pytest
from installation import DROP_IN
from machine import wait_for

from edge_valgus.service.safe_mode import PATIENCE_S

CAMERA, PAGE = "edge-valgus", "edge-valgus-web"
SHORT_S, STOP_S = 15, 15

SLOW = """
import time
from edge_valgus.capture.drawn.rack import DrawnRack
from edge_valgus.cli import main

frames = DrawnRack.__iter__


def late(self):
    time.sleep(8)
    yield from frames(self)


DrawnRack.__iter__ = late
main()
"""
"""The device, but that its first picture comes after 8 s."""


@pytest.fixture
def machine(drawn):
    """The device, ready."""
    wait_for(lambda: drawn.unit(CAMERA, "ActiveState") == "active" and drawn.ask_page("/healthz")[0], 40)
    return drawn


def now(machine):
    return json.loads(machine.ask_page("/api/now")[1])


def monotonic_s(machine, unit, what):
    return int(machine.unit(unit, what)) / 1e6


def test_both_are_ready_and_stay_so(machine):
    time.sleep(3)
    assert [machine.unit(unit, "ActiveState") for unit in (CAMERA, PAGE)] == ["active", "active"]
    assert machine.unit(CAMERA, "StatusText") == "Watching"


def test_reps_are_counted_and_stand_on_the_page(machine):
    def counted():
        return json.loads(machine.ask_page("/healthz")[1])["database"]["reps"]

    assert wait_for(counted, 60) >= 1
    assert json.loads(machine.ask_page("/healthz")[1])["camera_sending"]


def test_it_is_ready_only_after_the_first_judged_frame(machine):
    machine.write("/opt/late.py", SLOW)
    machine.write(
        DROP_IN.replace("drawn", "late"),
        "[Service]\nExecStart=\nExecStart=/opt/edge-valgus/bin/python /opt/late.py run --drawn --mock-gpio\n",
    )
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "restart", "--no-block", CAMERA)
    try:
        wait_for(lambda: (now(machine)["camera_running"], now(machine)["view"]["state"]) == (True, "stalled"), 15)
        assert machine.unit(CAMERA, "ActiveState") == "activating", "ready without having judged a frame"
        wait_for(lambda: machine.unit(CAMERA, "ActiveState") == "active", 30)
        assert (
            monotonic_s(machine, CAMERA, "ActiveEnterTimestampMonotonic")
            - monotonic_s(machine, CAMERA, "ExecMainStartTimestampMonotonic")
            > 8
        )
        assert wait_for(lambda: now(machine)["now"], 5), "ready, and the page has nothing to show"
    finally:
        machine.path(DROP_IN.replace("drawn", "late")).unlink()
        machine.run("systemctl", "daemon-reload")
        machine.run("systemctl", "restart", "--no-block", CAMERA)


def test_a_process_that_hangs_is_restarted_by_the_watchdog(machine):
    first = machine.unit(CAMERA, "MainPID")
    machine.run("kill", "-STOP", first)
    began_s = time.monotonic()
    wait_for(lambda: machine.unit(CAMERA, "MainPID") not in {first, "0"}, 45)
    assert time.monotonic() - began_s > 5
    wait_for(lambda: machine.unit(CAMERA, "ActiveState") == "active", 30)
    assert "Watchdog timeout (limit 10s)" in machine.log(CAMERA)
    assert machine.unit(PAGE, "ActiveState") == "active"


def test_killed_it_comes_back_after_a_pause_and_keeps_what_was_counted(machine):
    reps = json.loads(machine.ask_page("/healthz")[1])["database"]["reps"]
    first = machine.unit(CAMERA, "MainPID")
    machine.run("kill", "-KILL", first)
    began_s = time.monotonic()
    wait_for(lambda: machine.unit(CAMERA, "MainPID") not in {first, "0"}, 30, every_s=0.1)
    assert time.monotonic() - began_s > 1.5, "without a pause, one that dies at once would keep the Pi busy"
    wait_for(lambda: machine.unit(CAMERA, "ActiveState") == "active", 30)
    assert json.loads(machine.ask_page("/healthz")[1])["database"]["reps"] >= reps


def test_a_process_that_always_fails_is_tried_again_for_ever(machine):
    machine.write(DROP_IN.replace("drawn", "gone"), "[Service]\nExecStart=\nExecStart=/bin/false\nRestartSec=100ms\n")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "restart", "--no-block", CAMERA)
    grows = int(machine.run("systemctl", "--version").stdout.split()[1]) >= 254
    before = len(restart_times_s(machine))
    try:
        wait_for(lambda: len(restart_times_s(machine)) > before + (5 if grows else 12), 90)
        assert machine.unit(CAMERA, "ActiveState") == "activating"
        if grows:
            gaps_s = [later - earlier for earlier, later in pairwise(restart_times_s(machine)[-5:])]
            assert gaps_s == sorted(gaps_s)
            assert gaps_s[-1] > 3 * gaps_s[0]
    finally:
        machine.path(DROP_IN.replace("drawn", "gone")).unlink()
        machine.run("systemctl", "daemon-reload")
        machine.run("systemctl", "restart", "--no-block", CAMERA)


def restart_times_s(machine):
    """When systemd decided to start the camera's process again."""
    lines = machine.run("journalctl", "--no-pager", "-o", "short-unix", "-u", CAMERA).stdout.splitlines()
    return [float(line.split()[0]) for line in lines if "Scheduled restart job" in line]


def test_the_page_killed_comes_back_while_the_camera_goes_on(machine):
    camera, first = machine.unit(CAMERA, "MainPID"), machine.unit(PAGE, "MainPID")
    machine.run("kill", "-KILL", first)
    wait_for(lambda: machine.unit(PAGE, "MainPID") not in {first, "0"} and machine.ask_page("/healthz")[0] == 200, 30)
    assert machine.unit(CAMERA, "MainPID") == camera


def test_stopping_is_in_order(machine):
    machine.run("systemctl", "stop", CAMERA)
    assert machine.unit(CAMERA, "Result") == "success"
    assert not machine.path("/run/edge-valgus/live.sock").exists()
    machine.run("systemctl", "start", CAMERA)


@pytest.fixture(scope="class")
def broken(drawn):
    wait_for(lambda: drawn.unit(CAMERA, "ActiveState") == "active", 40)
    file = drawn.path("/etc/edge-valgus/config.toml")
    good = file.read_text()
    # One wrong value, in a table of its own: the page keeps its port.
    file.write_text(good.replace("#fps = 30.0", "fps = 600.0"))
    drawn.run("systemctl", "restart", "--no-block", CAMERA, PAGE)
    time.sleep(1)
    wait_for(lambda: drawn.unit(PAGE, "ActiveState") == "active" and drawn.ask_page("/")[0], 30)
    yield drawn
    file.write_text(good)
    drawn.run("systemctl", "restart", "--no-block", CAMERA, PAGE)


class TestSafeMode:
    """With wrong settings: the page is up at its port and says why, the lights show the fault, and mending is enough."""

    def test_the_page_names_file_key_value_and_what_is_allowed(self, broken):
        status, body = broken.ask_page("/")
        assert status == 200
        assert "/etc/edge-valgus/config.toml: camera.fps = 600.0: must be a number from 5 to 60" in body

    def test_the_page_shows_a_fault_with_the_reason(self, broken):
        view = wait_for(lambda: now(broken)["now"] and now(broken)["view"], 20)
        assert (view["state"], view["headline"]) == ("fault", "Fault")
        assert "camera.fps = 600.0" in view["hint"]
        assert view["lights"]["amber"] or view["lights"]["red_left"]

    def test_the_lights_say_fault(self, broken):
        assert "fault: red and amber by turns" in broken.log(CAMERA)

    def test_systemd_knows_and_does_not_take_it_for_ready(self, broken):
        assert broken.unit(CAMERA, "ActiveState") == "activating"
        assert broken.unit(CAMERA, "StatusText").startswith("Safe mode: /etc/edge-valgus/config.toml: camera.fps")

    def test_it_stays_although_a_start_may_not_take_so_long(self, broken):
        """The unit's TimeoutStartSec, made short: the lights would be dark while systemd pauses between two tries."""
        broken.write(DROP_IN.replace("drawn", "short"), f"[Service]\nTimeoutStartSec={SHORT_S}\n")
        broken.run("systemctl", "daemon-reload")
        broken.run("systemctl", "stop", CAMERA)
        broken.run("systemctl", "start", "--no-block", CAMERA)
        try:
            wait_for(lambda: broken.unit(CAMERA, "StatusText").startswith("Safe mode: "), SHORT_S)
            first = broken.unit(CAMERA, "MainPID")
            time.sleep(SHORT_S + 10)
            assert broken.unit(CAMERA, "TimeoutStartUSec") == f"{SHORT_S}s"
            assert (broken.unit(CAMERA, "MainPID"), broken.unit(CAMERA, "ActiveState")) == (
                first,
                "activating",
            ), broken.log(CAMERA)
            # One that hangs no longer asks for more.
            broken.run("kill", "-STOP", first)
            wait_for(lambda: broken.unit(CAMERA, "MainPID") not in {first, "0"}, PATIENCE_S + STOP_S + 30)
        finally:
            broken.path(DROP_IN.replace("drawn", "short")).unlink()
            broken.run("systemctl", "daemon-reload")

    def test_it_goes_on_by_itself_when_the_file_is_mended(self, broken):
        file = broken.path("/etc/edge-valgus/config.toml")
        file.write_text(file.read_text().replace("fps = 600.0", "fps = 25.0"))
        wait_for(lambda: broken.unit(CAMERA, "ActiveState") == "active", 30)
