"""A gym's worth of stored sets, a live feed, and browsers: all real, in a temporary folder."""

from __future__ import annotations

import os
import shutil
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from edge_valgus.events import NAN, TRACE_COLUMNS, Measures, Phase, Reading, Rep, Valgus
from edge_valgus.feedback.pattern import LampState
from edge_valgus.frames import KEYPOINT_COUNT, Pose
from edge_valgus.live.client import LiveClient
from edge_valgus.live.publisher import LivePublisher
from edge_valgus.live.snapshot import Snapshot
from edge_valgus.store.reader import StoreReader
from edge_valgus.store.writer import Store
from edge_valgus.web.app import create_app
from edge_valgus.web.server import PageServer

MODEL = "movenet-lightning-int8"


def make_rep(
    number=1, *, start_s=0.0, counted=True, depth=0.95, down_s=1.4, up_s=1.2, left=0.0, right=0.0, judged=True
):
    """A rep whose knees come `left` and `right` % inward on the way up."""
    times = np.arange(0.0, down_s + up_s, 1 / 20, dtype=np.float32)
    way = np.where(times < down_s, times / down_s / 2, 0.5 + (times - down_s) / up_s / 2)
    depths = depth * np.sin(np.pi * way)
    drive = np.exp(-(((way - 0.6) / 0.12) ** 2))
    seen = (depths > 0.25) & judged
    knees = [np.where(seen, inward * drive, NAN) for inward in (left, right)]
    flags = [np.nan_to_num(knee) > 3.5 for knee in knees]
    trace = np.full((len(times), len(TRACE_COLUMNS)), NAN, np.float32)
    trace[:, 0], trace[:, 1], trace[:, 3], trace[:, 4] = times, depths, *knees
    trace[:, -3], trace[:, -2], trace[:, -1] = *flags, seen
    caved = (bool(flags[0].any()), bool(flags[1].any()))
    names = {
        (False, False): Valgus.NONE,
        (True, False): Valgus.LEFT,
        (False, True): Valgus.RIGHT,
        (True, True): Valgus.BOTH,
    }
    peaks = [float(np.nanmax(knee)) if seen.any() else NAN for knee in knees]
    return Rep(
        number=number,
        counted=counted,
        start_s=start_s,
        bottom_s=start_s + down_s,
        end_s=start_s + down_s + up_s,
        depth=depth,
        valgus=names[caved] if judged else Valgus.UNKNOWN,
        flagged_frames=int((flags[0] | flags[1]).sum()),
        judged_frames=int(seen.sum()),
        frames=len(times),
        peak_mkd_left_pct=peaks[0],
        peak_mkd_right_pct=peaks[1],
        peak_fppa_left_deg=2 * peaks[0],
        peak_fppa_right_deg=2 * peaks[1],
        min_kasr=0.9 if judged else NAN,
        peak_pelvic_tilt_deg=NAN,
        peak_trunk_lean_deg=1.0,
        trace=trace,
    )


STORY = (
    {"down_s": 1.9},
    {"left": 5.0},
    {"counted": False, "depth": 0.4},
    {"left": 6.0, "right": 5.0},
    {"judged": False},
    {"right": 7.0},
)
"""One set in which everything happens: 5 counted, 1 partial, left on 2, right on 2, one that can't be judged."""


def add_set(store, session_id, number, at, story, *, ended=True):
    set_id = store.start_set(session_id, number, at)
    clock_s, tally = 0.0, {True: 0, False: 0}
    rep_ids = []
    for case in story:
        counted = case.get("counted", True)
        tally[counted] += 1
        rep = make_rep(tally[counted], start_s=clock_s, **case)
        rep_ids.append(store.add_rep(set_id, rep, started_at=at + clock_s, set_start_s=0.0))
        clock_s = rep.end_s + 1.0
    if ended:
        store.end_set(set_id, ended_at=at + clock_s, counted=tally[True], partial=tally[False])
    return set_id, rep_ids


@dataclass
class Gym:
    """Two sets today and one five days ago."""

    path: Path
    today_s: float
    session_id: int
    story_set: int
    story_reps: list[int]
    plain_set: int
    old_day: str

    @property
    def reader(self):
        return StoreReader(self.path)

    @contextmanager
    def writing(self):
        store = Store(self.path)
        yield store
        store.close()


@pytest.fixture(scope="session")
def _furnished(tmp_path_factory):
    path = tmp_path_factory.mktemp("gym") / "gym.db"
    store = Store(path)
    noon = datetime.now().astimezone().replace(hour=12, minute=0, second=0, microsecond=0).timestamp()
    old = noon - 5 * 86400
    add_set(store, store.start_session(old, source="camera", model=MODEL), 1, old, ({"left": 5.0}, {}))
    session_id = store.start_session(noon, source="camera", model=MODEL)
    story_set, story_reps = add_set(store, session_id, 1, noon, STORY)
    plain_set, _ = add_set(store, session_id, 2, noon + 200, ({}, {}, {}))
    store.close()
    old_day = datetime.fromtimestamp(old).astimezone().date().isoformat()
    return Gym(path, noon, session_id, story_set, story_reps, plain_set, old_day)


@pytest.fixture
def gym(_furnished, tmp_path):
    """A database of its own for every test."""
    return replace(_furnished, path=Path(shutil.copy(_furnished.path, tmp_path / "gym.db")))


def lifter(depth=0.0):
    """A frontal stick lifter: float32 [17, 2], left joints in the right half of the picture."""
    half = {0: 0, 1: 8, 3: 15, 5: 36, 7: 58, 9: 44, 11: 22, 13: 27 + 22 * depth, 15: 32}
    heights = {0: 100, 1: 94, 3: 98, 5: 150, 7: 186, 9: 156, 11: 262, 13: 345, 15: 432}
    xy = np.zeros((KEYPOINT_COUNT, 2), np.float32)
    for index, x in half.items():
        y = heights[index] + (70 * depth if index < 12 else 0)
        xy[index] = (320 + x, y)
        if index:
            xy[index + 1] = (320 - x, y)
    return Pose(xy, np.full(KEYPOINT_COUNT, 0.8, np.float32), 0.0, (640, 480))


def make_snapshot(**changes):
    values = {
        "time_s": time.monotonic(),
        "wall_s": time.time(),
        "phase": Phase.STANDING,
        "in_view": True,
        "doubt": None,
        "flagged_left": False,
        "flagged_right": False,
        "lights": LampState(green=True),
        "set_number": 2,
        "counted": 3,
        "partial": 0,
        "measures": Measures(depth=0.1),
        "pose": lifter(),
        "last_rep": None,
        "model": MODEL,
        "fault": None,
        "fps": 29.6,
    }
    values |= changes
    reading = Reading(**{field.name: values.pop(field.name) for field in fields(Reading)})
    return Snapshot(reading, **values)


@dataclass
class Box:
    """The camera process' half of the live feed; `show` keeps publishing a snapshot until the next `show`.

    A change given as a function is asked anew for every snapshot.
    """

    publisher: LivePublisher
    client: LiveClient
    _changes: dict | None = None
    _stop: threading.Event = field(default_factory=threading.Event)

    def show(self, **changes):
        self._changes = changes
        before = self.client.latest()[0]
        assert self.client.wait(before + 1, 5.0)[0] > before + 1, "the live feed did not take the snapshot"

    def run(self):
        while not self._stop.wait(0.04):
            if self._changes is not None:
                now = {name: value() if callable(value) else value for name, value in self._changes.items()}
                self.publisher.publish(make_snapshot(**now))

    def halt(self):
        self._stop.set()


@pytest.fixture
def live(tmp_path):
    """A live feed whose camera process does not run."""
    with LiveClient(tmp_path / "nobody.sock") as client:
        yield client


@pytest.fixture
def box(tmp_path):
    socket_path = tmp_path / "live.sock"
    with LivePublisher(socket_path, rate_hz=20.0) as publisher, LiveClient(socket_path) as client:
        running = Box(publisher, client)
        thread = threading.Thread(target=running.run)
        thread.start()
        yield running
        running.halt()
        thread.join()


@contextmanager
def serving(app, port=0):
    """Serve the app on a loopback port (0: any free one), in a thread."""
    server = PageServer(app, "127.0.0.1", port)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join(timeout=10)
        assert not thread.is_alive()


@pytest.fixture
def serve_app():
    return serving


@pytest.fixture
def rep():
    return make_rep


@pytest.fixture
def snapshot():
    return make_snapshot


@pytest.fixture
def more_reps():
    return add_set


@pytest.fixture(scope="session")
def client(_furnished):
    """The page over the gym, without a camera process. Nothing can change what it shows."""
    with LiveClient(_furnished.path.with_name("nobody.sock")) as live:
        yield create_app(_furnished.reader, live).test_client()


@pytest.fixture(scope="session")
def _driver():
    chromium, driver = shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")
    if not (chromium and driver):
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail("CI=true, but there is no chromium or chromedriver on PATH")
        pytest.skip("needs chromium and chromedriver on PATH")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield browser
    browser.quit()


@pytest.fixture
def browser(_driver):
    """Chromium, on a blank page, with an empty console."""
    _driver.get("about:blank")
    _driver.get_log("browser")
    yield _driver
    _driver.get("about:blank")
