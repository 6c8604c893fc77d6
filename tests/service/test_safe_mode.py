"""Safe mode: settings that are wrong show on the lights, on the page and to systemd, until they are mended."""

from __future__ import annotations

import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from edge_valgus.config import Config, load_config, sound_config
from edge_valgus.errors import ConfigError
from edge_valgus.feedback.mock import mock_pins, read_lamps
from edge_valgus.feedback.terminal import TerminalLights
from edge_valgus.live.client import LiveClient
from edge_valgus.service.safe_mode import LOOK_EVERY_S, PATIENCE_S, show_until_mended


@pytest.fixture
def folder():
    path = Path(tempfile.mkdtemp(prefix="ev-"))
    yield path
    shutil.rmtree(path)


def wrong_settings(folder, text="[camera]\nfps = 600.0\n"):
    file = folder / "config.toml"
    file.write_text(f'[store]\nstate_dir = "{folder}"\nruntime_dir = "{folder}"\n{text}')
    with pytest.raises(ConfigError) as error:
        load_config(file)
    return file, error.value


def shown(folder, error, **more):
    """Start showing it in a thread; (thread, stop)."""
    stop = threading.Event()
    given = {"pins": mock_pins(), "stop": stop} | more
    thread = threading.Thread(target=show_until_mended, args=(error, sound_config(Path(error.path))), kwargs=given)
    thread.start()
    return thread, stop


def test_the_page_hears_the_reason_and_the_lights_alternate(folder):
    _, error = wrong_settings(folder)
    pins = mock_pins()
    thread, stop = shown(folder, error, pins=pins)
    try:
        with LiveClient(folder / "live.sock") as client:
            _, newest = client.wait(0, 10)
        seen = set()
        for _ in range(40):
            lamps = read_lamps(pins, Config().lights)
            seen.add((lamps.red_left, lamps.amber, lamps.green))
            time.sleep(0.05)
    finally:
        stop.set()
        thread.join(10)
    assert (
        newest["fault"]
        == f"The settings are wrong: {folder}/config.toml: camera.fps = 600.0: must be a number from 5 to 60"
    )
    assert {(True, False, False), (False, True, False)} <= seen
    assert not (folder / "live.sock").exists(), "the page would wait for somebody who is gone"


def test_mending_the_file_ends_it(folder):
    file, error = wrong_settings(folder)
    thread, _ = shown(folder, error)
    time.sleep(0.2)
    assert thread.is_alive()
    file.write_text(file.read_text().replace("600", "30"))
    thread.join(5)
    assert not thread.is_alive()


def test_a_file_that_was_missing_and_comes_ends_it(folder):
    file = folder / "config.toml"
    with pytest.raises(ConfigError) as error:
        load_config(file)
    thread, _ = shown(folder, error.value)
    time.sleep(0.2)
    file.write_text("")
    thread.join(5)
    assert not thread.is_alive()


def test_systemd_is_asked_for_time_again_and_again_before_what_it_gave_is_over(folder, monkeypatch):
    _, error = wrong_settings(folder)
    address = folder / "notify.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(address))
        systemd.settimeout(20)
        monkeypatch.setenv("NOTIFY_SOCKET", str(address))
        thread, stop = shown(folder, error)
        try:
            assert systemd.recv(4096).decode().startswith("STATUS=Safe mode: ")
            asked = [systemd.recv(4096).decode() for _ in range(3)]
        finally:
            stop.set()
            thread.join(10)
    assert asked == [f"EXTEND_TIMEOUT_USEC={PATIENCE_S * 1e6:.0f}"] * 3
    assert PATIENCE_S > 10 * LOOK_EVERY_S, "a Pi that is busy would be taken for one that hangs"


def test_pins_that_cannot_be_had_keep_the_page_from_nothing(folder):
    _, error = wrong_settings(folder)
    thread, stop = shown(folder, error, pins=object())
    try:
        with LiveClient(folder / "live.sock") as client:
            assert client.wait(0, 10)[1]["fault"].startswith("The settings are wrong")
    finally:
        stop.set()
        thread.join(10)


def test_the_terminal_shows_it_too(folder):
    _, error = wrong_settings(folder)
    drawn = io.StringIO()
    with TerminalLights(drawn) as terminal:
        thread, stop = shown(folder, error, terminal=terminal)
        time.sleep(0.3)
        stop.set()
        thread.join(10)
    assert drawn.getvalue() == "fault: red and amber by turns\n"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("[camera]\nfps = 600.0\n[web]\nport = 8081\n", {"port": 8081, "green": 17}),
        ("[web]\nport = 0\n[lights]\ngreen_pin = 5\n", {"port": 8080, "green": 5}),
        ("[web]\nport = 8081\nspeed = 1\n", {"port": 8080, "green": 17}),
        ("[wep]\nport = 8081\n[lights]\ngreen_pin = 5\n", {"port": 8080, "green": 5}),
        ('["we.b"]\nport = 1\n[web]\nport = 8081\n', {"port": 8081, "green": 17}),
        ("port = 8081\n", {"port": 8080, "green": 17}),
        ("[web\n", {"port": 8080, "green": 17}),
    ],
    ids=[
        "another table is wrong",
        "its own table is wrong",
        "an unknown key in it",
        "an unknown table",
        "a table with a dot in its name",
        "a key outside of all tables",
        "not even TOML",
    ],
)
def test_tables_that_are_right_stay_in_force(tmp_path, text, kept):
    file = tmp_path / "config.toml"
    file.write_text(text)
    with pytest.raises(ConfigError):
        load_config(file)
    config = sound_config(file)
    assert {"port": config.web.port, "green": config.lights.green_pin} == kept


def start(file, *options, **environment):
    return subprocess.Popen(
        [sys.executable, "-m", "edge_valgus", "run", "--mock-gpio", "--drawn", "--config", file, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
    )


def test_at_a_desk_the_error_is_all(folder):
    file, error = wrong_settings(folder)
    out, err = start(file).communicate(timeout=30)
    assert (out, err) == ("", f"edge-valgus: {error}\n")


@pytest.mark.parametrize("how", ["mended", "stopped"])
def test_under_systemd_it_shows_it_and_ends_so_that_systemd_starts_it_anew(folder, how):
    file, error = wrong_settings(folder)
    address = folder / "notify.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(address))
        systemd.settimeout(20)
        process = start(file, NOTIFY_SOCKET=str(address))
        assert systemd.recv(4096).decode() == f"STATUS=Safe mode: {error}"
        if how == "mended":
            file.write_text(file.read_text().replace("600", "30"))
        else:
            process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    assert "fault: red and amber by turns" in out
    assert f"edge-valgus: Safe mode, until it is mended: {error}" in err
    assert process.returncode == (2 if how == "mended" else 0)
