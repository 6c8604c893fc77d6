"""systemd's notify protocol, on real datagram sockets."""

from __future__ import annotations

import os
import socket
import time

import pytest

from edge_valgus.events import Measures, Phase, Reading
from edge_valgus.service.notify import HeartbeatSink, Notifier
from edge_valgus.service.sightings import Sighting

READING = Reading(0.0, Phase.AWAY, False, Measures(), None, False, False, 0, 0, 0)


@pytest.fixture(params=["a path", "an abstract name"])
def systemd(request, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = f"@edge-valgus-test-{os.getpid()}" if request.param == "an abstract name" else "notify.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind("\0" + name[1:] if name.startswith("@") else name)
        server.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", name)
        monkeypatch.delenv("WATCHDOG_USEC", raising=False)
        monkeypatch.delenv("WATCHDOG_PID", raising=False)
        yield server


@pytest.fixture
def notifier():
    made = []
    yield lambda: made.append(Notifier()) or made[-1]
    for one in made:
        one.close()


def heard(server):
    messages = []
    while True:
        try:
            messages.append(server.recv(4096).decode())
        except BlockingIOError:
            return messages


def beat(sink, times=1, every_s=0.0):
    for _ in range(times):
        sink.take(Sighting(0.0, None), (), READING)
        time.sleep(every_s)


def test_ready_is_said_once_and_not_before_the_first_frame(systemd, notifier):
    sink = HeartbeatSink(notifier())
    assert heard(systemd) == []
    beat(sink, 5)
    assert heard(systemd) == ["READY=1\nSTATUS=Watching"]
    sink.finish(0.0, ())
    assert heard(systemd) == ["STOPPING=1"]


def test_the_watchdog_is_fed_by_frames_alone_at_a_third_of_its_time(systemd, notifier, monkeypatch):
    monkeypatch.setenv("WATCHDOG_USEC", "150000")
    sink = HeartbeatSink(notifier())
    began_s = time.monotonic()
    beat(sink, 60, every_s=0.005)
    lasted_s = time.monotonic() - began_s
    beats = heard(systemd)[1:]
    assert set(beats) == {"WATCHDOG=1"}
    assert 3 <= len(beats) <= lasted_s / 0.05 + 1
    time.sleep(0.2)
    assert heard(systemd) == [], "it is fed although the loop stands still"


@pytest.mark.parametrize(
    ("given", "fed"),
    [
        pytest.param({"WATCHDOG_USEC": "1000"}, True, id="for anybody"),
        pytest.param({"WATCHDOG_USEC": "1000", "WATCHDOG_PID": str(os.getpid())}, True, id="for us"),
        pytest.param({"WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"}, False, id="for another process"),
        pytest.param({"WATCHDOG_USEC": "0"}, False, id="switched off"),
        pytest.param({"WATCHDOG_USEC": "soon"}, False, id="of nonsense"),
        pytest.param({"WATCHDOG_USEC": "-5"}, False, id="of negative time"),
    ],
)
def test_a_watchdog(systemd, notifier, monkeypatch, given, fed):
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    beat(HeartbeatSink(notifier()), 3, every_s=0.002)
    assert ("WATCHDOG=1" in heard(systemd)) == fed


def test_without_systemd_nothing_is_said(notifier, monkeypatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    sink = HeartbeatSink(notifier())
    beat(sink, 3)
    sink.finish(0.0, ())


@pytest.mark.parametrize("trouble", ["gone", "full"])
def test_a_manager_that_does_not_listen_never_holds_up_the_frame(systemd, notifier, monkeypatch, trouble):
    monkeypatch.setenv("WATCHDOG_USEC", "3")  # a beat per frame
    sink = HeartbeatSink(notifier())
    if trouble == "gone":
        systemd.close()
    began_s = time.monotonic()
    beat(sink, 2000)
    assert time.monotonic() - began_s < 2.0


def test_a_closed_notifier_is_silent(systemd, notifier):
    one = notifier()
    one.close()
    one.say("READY=1")
    one.close()
    assert heard(systemd) == []
