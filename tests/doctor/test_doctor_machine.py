"""The computer, as folders of files tell of it."""

from __future__ import annotations

import calendar
from types import SimpleNamespace

import pytest

from edge_valgus.doctor import machine
from edge_valgus.doctor.check import State
from edge_valgus.doctor.machine import (
    check_clock,
    check_disk,
    check_heat,
    check_power,
    check_system,
    check_wear,
)

NOW_S = calendar.timegm((2026, 11, 26, 12, 0, 0))
LONG_AGO_S = calendar.timegm((1970, 1, 1, 0, 5, 0))


def put(root, path, text):
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


@pytest.fixture
def answers(monkeypatch):
    """Other programs' answers, by their name; those without one are not there."""
    given = {}
    monkeypatch.setattr(machine, "ask", lambda *command: given.get(command[0]))
    return given


@pytest.mark.parametrize(
    ("codename", "state"),
    [("bookworm", State.WELL), ("trixie", State.WELL), ("bullseye", State.DOUBTFUL), (None, State.DOUBTFUL)],
)
def test_system(tmp_path, codename, state):
    put(tmp_path, "proc/device-tree/model", "Raspberry Pi 4 Model B Rev 1.4\0")
    if codename:
        put(tmp_path, "etc/os-release", f'PRETTY_NAME="Debian ({codename})"\nVERSION_CODENAME={codename}\n')
    check = check_system(tmp_path)
    assert check.state is state
    assert "Raspberry Pi 4 Model B Rev 1.4" in check.found
    assert (check.fix == "") == (state is State.WELL)


@pytest.mark.parametrize(
    ("raw", "state"),
    [
        ("51234\n", State.WELL),
        ("73000", State.DOUBTFUL),
        ("84500", State.FAILS),
        ("-5000", State.WELL),
        ("", State.UNKNOWN),
        ("hot", State.UNKNOWN),
    ],
)
def test_heat(tmp_path, raw, state):
    put(tmp_path, "sys/class/thermal/thermal_zone0/temp", raw)
    assert check_heat(tmp_path).state is state


@pytest.mark.parametrize(
    ("answer", "state", "said"),
    [
        ("throttled=0x0", State.WELL, "never"),
        ("throttled=0x50005", State.FAILS, "voltage now"),
        ("throttled=0x50000", State.DOUBTFUL, "at times"),
        ("throttled=0x4", State.DOUBTFUL, "slowed down"),
        ("throttled=0x8", State.DOUBTFUL, "slowed down"),
        (None, State.UNKNOWN, "vcgencmd"),
        ("error", State.UNKNOWN, "vcgencmd"),
    ],
)
def test_power(answers, answer, state, said):
    answers["vcgencmd"] = answer
    check = check_power()
    assert check.state is state
    assert said in check.found


@pytest.mark.parametrize(
    ("now_s", "synchronized", "state"),
    [
        (NOW_S, "file", State.WELL),
        (NOW_S, "timedatectl", State.WELL),
        (NOW_S, "no", State.DOUBTFUL),
        (LONG_AGO_S, "no", State.FAILS),
    ],
)
def test_clock(tmp_path, answers, now_s, synchronized, state):
    if synchronized == "file":
        put(tmp_path, "run/systemd/timesync/synchronized", "")
    answers["timedatectl"] = "yes" if synchronized == "timedatectl" else "no"
    assert check_clock(tmp_path, now_s).state is state


@pytest.mark.parametrize(("free_mb", "state"), [(10, State.FAILS), (200, State.DOUBTFUL), (5000, State.WELL)])
def test_disk_by_what_is_free(tmp_path, monkeypatch, free_mb, state):
    usage = machine.shutil.disk_usage(tmp_path)._replace(free=int(free_mb * 1e6))
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: usage)
    check = check_disk(tmp_path / "not" / "there" / "yet")
    assert check.state is state
    assert str(tmp_path) in check.found


def test_a_disk_that_became_read_only(monkeypatch):
    of_disk = machine.os.statvfs("/")
    flags = SimpleNamespace(f_flag=of_disk.f_flag | machine.os.ST_RDONLY)
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: SimpleNamespace(free=1e9))
    monkeypatch.setattr(machine.os, "statvfs", lambda _: flags)
    check = check_disk(machine.Path("/"))
    assert check.state is State.FAILS
    assert "read-only" in check.found


@pytest.mark.parametrize(
    ("life", "warning", "state"),
    [
        ("0x01 0x02", "0x01", State.WELL),
        ("0x09 0x03", "0x01", State.DOUBTFUL),
        ("0x01 0x01", "0x02", State.DOUBTFUL),
        ("0x01 0x0b", "0x01", State.FAILS),
        ("0x01 0x01", "0x03", State.FAILS),
        ("", "", State.UNKNOWN),
    ],
)
def test_wear(tmp_path, life, warning, state):
    put(tmp_path, "sys/block/mmcblk0/device/life_time", life + "\n")
    put(tmp_path, "sys/block/mmcblk0/device/pre_eol_info", warning + "\n")
    assert check_wear(tmp_path).state is state


def test_a_card_that_tells_nothing_and_no_card_at_all(tmp_path):
    assert check_wear(tmp_path).state is State.UNKNOWN
    (tmp_path / "sys/block/mmcblk0").mkdir(parents=True)
    assert check_wear(tmp_path).state is State.UNKNOWN
