"""The lights never wait: measured in the real process, with a disk that does not answer and ten browsers that watch."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from camera_pictures import write_video
from machine import command, wait_for

from edge_valgus.capture.drawn import DrawnLifter, RepScript, random_set
from edge_valgus.config import PRACTICE

HERE = Path(__file__).parent
BROWSERS = 10
LIMIT_MS = 1.0
MEASURED_S = 30
TIMES = 20
REPS = tuple(
    RepScript(depth=0.95, descent_s=0.8, hold_s=0.1, ascent_s=0.8, rest_s=0.7, **{f"knee_in_{side}_m": 0.06})
    for side in ("left", "right")
)
"""Quick ones, each with a fault: the more the lights change, the more there is to measure."""


@pytest.fixture(scope="module")
def video(folder):
    """A lifter who does them on and on, for longer than is measured."""
    path = folder / "busy.mkv"
    script = replace(random_set(11, 2), reps=REPS)
    write_video(DrawnLifter(script, size_px=(480, 360), fps=30.0), path, times=TIMES)
    return path


@pytest.fixture
def disk(folder):
    """A disk of its own, that can be stopped: the path it is mounted at."""
    image, place = folder / "disk.img", folder / "disk"
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(64 << 20)
    command("mkfs.ext4", "-q", "-F", image)
    command("mount", "-o", "loop", image, place)
    yield place
    command("umount", place)
    image.unlink()


@contextmanager
def frozen(place):
    """Within the block no write to that disk returns."""
    command("fsfreeze", "--freeze", place)
    try:
        yield
    finally:
        command("fsfreeze", "--unfreeze", place)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Browser:
    """Watches the live page and reads all it sends."""

    def __init__(self, port):
        self.events = 0
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.sendall(b"GET /api/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        with self._socket.makefile("rb") as answer:
            for line in answer:
                self.events += line.startswith(b"event: now")

    def close(self):
        """Go away."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()


@contextmanager
def running(*words, **more):
    process = subprocess.Popen([sys.executable, *map(str, words)], **more)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def test_from_the_answer_to_the_pin_it_takes_less_than_a_millisecond(video, disk, folder):
    port = free_port()
    settings = folder / "busy.toml"
    settings.write_text(
        f'[store]\nstate_dir = "{disk}"\nruntime_dir = "{folder}/busy"\n[web]\nhost = "127.0.0.1"\nport = {port}\n'
    )
    said, measured = folder / "busy.log", folder / "busy.json"
    with ExitStack() as stack:
        output = stack.enter_context(said.open("wb"))
        options = ("--config", settings, "--model", PRACTICE)
        watching = stack.enter_context(
            running(HERE / "lights_timed.py", measured, video, *options, stdout=output, stderr=output)
        )
        page = ("-m", "edge_valgus", "web", "--config", settings)
        stack.enter_context(running(*page, stdout=output, stderr=output))
        wait_for(lambda: answers(port), 30)
        browsers = [Browser(port) for _ in range(BROWSERS)]
        for browser in browsers:
            stack.callback(browser.close)
        # Some reps are written first, so that it is in the middle of its work that the disk stops.
        wait_for(lambda: watching.poll() is not None or stored(disk) >= 2, 30)
        before = [browser.events for browser in browsers]
        with frozen(disk):
            # It ends when the disk goes on again, and not sooner, whatever is done to it.
            stuck = stack.enter_context(running("-c", f"open({str(disk / 'stuck')!r}, 'w')"))
            time.sleep(MEASURED_S)
            events = [browser.events for browser in browsers]
            assert stuck.poll() is None, "the disk answers"
            assert watching.poll() is None, said.read_text()
        watching.send_signal(signal.SIGTERM)
        watching.wait(timeout=60)
    times_ms = {what: np.array(each) for what, each in json.loads(measured.read_text()).items()}
    print({what: np.percentile(each, [50, 90, 95, 99, 100]).round(3).tolist() for what, each in times_ms.items()})
    print(before, events, {what: each.size for what, each in times_ms.items()})


def answers(port):
    """The page is up."""
    try:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
    except OSError:
        return False


def stored(disk):
    """How many reps are in the database."""
    try:
        with closing(sqlite3.connect(f"file:{disk}/edge-valgus.db?mode=ro", uri=True)) as database:
            return database.execute("SELECT count(*) FROM reps").fetchone()[0]
    except sqlite3.OperationalError:
        return 0
