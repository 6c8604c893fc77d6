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
"""On a machine that does `yardstick_ms` in YARDSTICK_MS, as the one on which 0.95 ms were measured; on a slower one as much more."""
YARDSTICK_MS = 0.9
MEASURED_S = 45
TIMES = 20
REPS = tuple(
    RepScript(
        depth=0.95,
        descent_s=0.8,
        hold_s=0.1,
        ascent_s=0.8,
        rest_s=0.7,
        knee_in_left_m=left_m,
        knee_in_right_m=0.06 - left_m,
    )
    for left_m in (0.06, 0.0)
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
def running(*words, nice=0, **more):
    """Within the block a Python program runs, as nice as its unit lets it be."""
    process = subprocess.Popen(["nice", "-n", str(nice), sys.executable, *map(str, words)], **more)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def test_from_a_frames_answer_to_the_pin_it_takes_less_than_a_millisecond(video, disk, folder):
    limit_ms = LIMIT_MS * max(1.0, yardstick_ms() / YARDSTICK_MS)
    # What else the machine does only ever adds: the best of three counts.
    for attempt in range(3):
        times_ms = measure(folder / f"busy-{attempt}", video, disk)
        shares = {what: np.percentile(each, [50, 90, 99, 100]).round(2).tolist() for what, each in times_ms.items()}
        print({what: (len(times_ms[what]), *each) for what, each in shares.items()})
        # The frame that ends a rep reckons it up before green winks.
        if shares["frames"][2] < limit_ms and shares["edges"][2] < 2 * limit_ms:
            break
    assert len(times_ms["edges"]) >= 50
    assert shares["frames"][2] < limit_ms
    assert shares["edges"][2] < 2 * limit_ms


def yardstick_ms():
    """How long this machine takes for a little arithmetic in Python, at its best."""
    times_ms = []
    for _ in range(30):
        since_s = time.perf_counter()
        sum(index * index for index in range(20_000))
        times_ms.append(1000.0 * (time.perf_counter() - since_s))
    return min(times_ms)


def measure(folder, video, disk):
    """Run the device and its page while browsers watch and the disk has stopped: {what: times in ms}, see lights_timed.py."""
    folder.mkdir()
    port = free_port()
    settings = folder / "config.toml"
    settings.write_text(
        f'[store]\nstate_dir = "{disk}"\nruntime_dir = "{folder}/run"\n[web]\nhost = "127.0.0.1"\nport = {port}\n'
    )
    said, measured = folder / "log", folder / "times.json"
    stored_before = stored(disk)
    with ExitStack() as stack:
        output = stack.enter_context(said.open("wb"))
        options = ("--config", settings, "--model", PRACTICE)
        timed = (HERE / "lights_timed.py", measured, video, *options)
        watching = stack.enter_context(running(*timed, nice=-5, stdout=output, stderr=output))
        page = ("-m", "edge_valgus", "web", "--config", settings)
        stack.enter_context(running(*page, nice=5, stdout=output, stderr=output))
        wait_for(lambda: answers(port), 30)
        browsers = [Browser(port) for _ in range(BROWSERS)]
        for browser in browsers:
            stack.callback(browser.close)
        # A rep is written first, so that it is in the middle of its work that the disk stops.
        wait_for(lambda: watching.poll() is not None or stored(disk) > stored_before, 30)
        before = [browser.events for browser in browsers]
        with frozen(disk):
            # It ends when the disk goes on again, and not sooner, whatever is done to it.
            stuck = stack.enter_context(running("-c", f"open({str(disk / 'stuck')!r}, 'w')"))
            time.sleep(MEASURED_S)
            assert stuck.poll() is None, "the disk answers"
            assert watching.poll() is None, said.read_text()
            seen = [browser.events - earlier for browser, earlier in zip(browsers, before, strict=True)]
        watching.send_signal(signal.SIGTERM)
        watching.wait(timeout=60)
    assert min(seen) > 5 * MEASURED_S, "the live view stood still"
    return json.loads(measured.read_text())


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
