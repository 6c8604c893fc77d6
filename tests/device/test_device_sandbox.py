"""What the two processes can do, tried from inside of their units' sandboxes: no pictures on the network, no camera on the page."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from installation import DRAWN, DROP_IN
from machine import command, wait_for

CAMERA, PAGE = "edge-valgus", "edge-valgus-web"
PROBE = "ExecStartPre=/opt/edge-valgus/bin/python -I /opt/probe.py\n"


@pytest.fixture(scope="module")
def found(new_machine, ground):
    """{unit: {what was tried: "allowed" or the error}}, of the process that each unit starts before its own program."""
    machine = new_machine(ground)
    machine.write(DROP_IN, DRAWN + PROBE)
    machine.write(
        DROP_IN.replace(".service.d", "-web.service.d").replace("edge-valgus.service", "edge-valgus-web.service"),
        "[Service]\n" + PROBE,
    )
    machine.write("/opt/probe.py", Path(__file__).with_name("probe.py").read_text())
    machine.write("/home/somebody/diary", "I squatted.\n")
    machine.boot()
    for name, major, minor in (("video0", 1, 5), ("gpiochip0", 1, 5), ("other-device", 10, 200)):
        machine.run("mknod", "-m", "666", f"/dev/{name}", "c", major, minor)
    # Once more, now that the nodes and the database are there.
    wait_for(lambda: machine.unit(CAMERA, "ActiveState") == "active", 60)
    wait_for(lambda: json.loads(machine.ask_page("/healthz")[1])["database"]["reps"] > 0, 60)
    plain = machine.run("/opt/edge-valgus/bin/python", "-I", "/opt/probe.py").stdout
    machine.run("systemctl", "restart", CAMERA, PAGE)
    yield {"root": _read(plain), CAMERA: _read(machine.log(CAMERA)), PAGE: _read(machine.log(PAGE))}
    machine.delete()


def _read(text):
    return json.loads(re.findall(r"^probe (.*)$", text, re.MULTILINE)[-1])


def allowed(outcomes):
    return {name for name, outcome in outcomes.items() if outcome == "allowed"}


def test_the_probe_itself_finds_everything_open_where_there_is_no_sandbox(found):
    closed = {name: outcome for name, outcome in found["root"].items() if outcome != "allowed"}
    assert set(closed) <= {"kernel log", "set the clock", "change the host name"}, closed


@pytest.mark.parametrize("kind", ["internet socket", "internet 6 socket", "netlink socket", "packet socket"])
def test_the_camera_process_cannot_make_a_socket_to_anywhere(found, kind):
    assert found[CAMERA][kind] == "EAFNOSUPPORT"


def test_the_camera_process_can_do_what_its_work_takes_and_nothing_else(found):
    # Not "another device": DevicePolicy is enforced by control groups, which a container has no say in.
    assert allowed(found[CAMERA]) - {"another device"} == {
        "local socket",
        "camera",
        "pins",
        "null device",
        "write database",
        "read database",
        "delete reps",
        "open the database's lock",
        "open the live socket's lock",
        "new file beside the database",
        "new file in the runtime folder",
    }


@pytest.mark.parametrize("device", ["camera", "pins", "another device", "kernel log"])
def test_the_page_has_no_device(found, device):
    assert found[PAGE][device] == "ENOENT"


@pytest.mark.parametrize(
    "attempt", ["write database", "delete reps", "new file beside the database", "new file in the runtime folder"]
)
def test_the_page_cannot_write_what_it_shows(found, attempt):
    assert found[PAGE][attempt] in {"EROFS", "EACCES"}


@pytest.mark.parametrize("attempt", ["open the database's lock", "open the live socket's lock"])
def test_the_page_cannot_hold_the_cameras_locks(found, attempt):
    assert found[PAGE][attempt] == "EACCES"


def test_the_page_can_do_what_its_work_takes_and_nothing_else(found):
    assert allowed(found[PAGE]) == {
        "internet socket",
        "internet 6 socket",
        "local socket",
        "null device",
        "read database",
    }


@pytest.mark.parametrize("unit", [CAMERA, PAGE])
@pytest.mark.parametrize(
    "attempt",
    [
        "change its program",
        "change its settings",
        "program of the system",
        "become root",
        "set the clock",
        "change the host name",
    ],
)
def test_neither_can_change_the_machine(found, unit, attempt):
    # ENOENT: for the page, all of /proc but processes is not there.
    assert found[unit][attempt] in {"EROFS", "EACCES", "EPERM", "ENOENT"}


@pytest.mark.parametrize("unit", [CAMERA, PAGE])
def test_neither_sees_anybodys_home(found, unit):
    assert found[unit]["another user's file"] in {"ENOENT", "EACCES"}


@pytest.mark.parametrize("unit", [CAMERA, PAGE])
def test_systemd_rates_the_unit_at_1_5_or_less(ground, unit):
    file = ground[-1] / f"usr/local/lib/systemd/system/{unit}.service"
    said = command("systemd-analyze", "security", "--no-pager", "--offline=true", "--threshold=15", file)
    rating = re.search(r"exposure level for \S+: ([0-9.]+)", said)
    assert rating
    assert float(rating[1]) <= 1.5
