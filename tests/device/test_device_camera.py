"""The real picamera2 on the real libcamera, whose virtual camera plays drawn pictures, in the device as systemd runs it."""

from __future__ import annotations

import json
import shutil
import time
from contextlib import suppress
from statistics import median

import pytest
from camera_machine import (
    CAMERA,
    PAGE,
    PROGRAM,
    PYTHON,
    SETTINGS,
    WITH_CAMERA,
    camera_machine,
    fit,
    is_watching,
    now,
    page_sees,
    settings_for,
    start_watching,
    stored_reps,
    unplug,
)
from camera_pictures import FAULTY_REP, REPS
from machine import wait_for

from edge_valgus.config import MOVENET, PRACTICE

DATABASE = "/var/lib/edge-valgus/edge-valgus.db"
EXIT_STATUS = 3  # CaptureError's
CYCLES = 20

LOOK = """
import json, time
import numpy as np
from PIL import Image
from edge_valgus.capture.picamera import PiCamera
from edge_valgus.config import CameraConfig

with PiCamera(CameraConfig(width_px=480, height_px=360)) as camera:
    frames = iter(camera)
    first = next(frames).image.astype(float)
    times_s = [next(frames).time_s for _ in range(60)]
    time.sleep(0.7)
    late_s = time.monotonic() - next(frames).time_s
    drawn = np.asarray(Image.open("/mnt/set/few/00000.jpg"), float)
    alike = [np.corrcoef(first[..., a].ravel(), drawn[..., b].ravel())[0, 1] for a, b in ((0, 0), (1, 1), (2, 2))]
    tint = np.corrcoef((first[..., 0] - first[..., 2]).ravel(), (drawn[..., 0] - drawn[..., 2]).ravel())[0, 1]
    print(json.dumps({
        "format": camera._format, "periods_s": np.diff(times_s).tolist(), "late_s": late_s, "alike": alike, "tint": tint,
    }))
"""
"""Looks at the camera's pictures: when they come, how old the one after a pause is, and whether they are the ones played."""

OPEN_AND_CLOSE = """
import json, os, sys
from edge_valgus.capture.picamera import PiCamera
from edge_valgus.config import CameraConfig


def links(folder):
    found = []
    for name in os.listdir(folder):
        try:
            found.append(os.readlink(f"{folder}/{name}"))
        except FileNotFoundError:  # the listing's own
            pass
    return sorted(found)


def left():
    status = dict(line.split(":", 1) for line in open("/proc/self/status"))
    threads = sorted(open(f"/proc/self/task/{task}/comm").read().strip() for task in os.listdir("/proc/self/task"))
    return {"threads": threads, "files": links("/proc/self/fd"), "rss_mb": int(status["VmRSS"].split()[0]) / 1024}


states = []
for cycle in range(int(sys.argv[1])):
    with PiCamera(CameraConfig(width_px=480, height_px=360)) as camera:
        frames = iter(camera)
        for _ in range(5):
            next(frames)
    states.append(left())
print(json.dumps(states))
"""
"""Opens and closes the camera, and says after each time what is left of it in the process."""

HOLD = """
import os, time
from picamera2 import Picamera2
camera = Picamera2()
print("held by", os.getpid(), flush=True)
time.sleep(600)
"""
"""Another program that uses the camera."""


@pytest.fixture(scope="module")
def machine(folder, pictures, long_watch):
    made = camera_machine(folder, {"/mnt/set": pictures.folder.parent}, settings_for(PRACTICE))
    made.run("systemctl", "start", "--no-block", PAGE)
    yield made
    made.delete()


@pytest.fixture
def camera(machine):
    """The machine with its camera connected, and nobody watching yet."""
    machine.run("systemctl", "stop", CAMERA)
    machine.run("rm", "-rf", "/run/virtual-camera", DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm")
    machine.write(SETTINGS, settings_for(PRACTICE))
    fit(machine, "/mnt/set/pictures")
    return machine


def in_python(machine, program, *words):
    return json.loads(machine.run(*WITH_CAMERA, PYTHON, "-c", program, *words, timeout_s=300).stdout)


def test_pictures_come_evenly_and_are_those_that_are_played(camera):
    fit(camera, "/mnt/set/few")
    seen = in_python(camera, LOOK)
    # What was asked for is BGR888. The virtual camera has none, and says so.
    assert seen["format"] == "NV12"
    assert median(seen["periods_s"]) == pytest.approx(1 / 30, abs=0.002)
    assert min(seen["alike"]) > 0.98
    assert seen["tint"] > 0.9, "red and blue have changed places"
    assert seen["late_s"] < 0.15, "an old picture came after a pause"


def test_opened_and_closed_often_it_leaves_no_thread_no_file_and_no_memory(camera):
    fit(camera, "/mnt/set/few")
    states = in_python(camera, OPEN_AND_CLOSE, str(CYCLES))
    assert len(states) == CYCLES
    # The first times, libraries are still loaded and pools made.
    settled, last = states[4], states[-1]
    assert last["threads"] == settled["threads"]
    assert [file.partition(":")[0] for file in last["files"]] == [file.partition(":")[0] for file in settled["files"]]
    assert last["rss_mb"] - settled["rss_mb"] < 2.0, [round(state["rss_mb"], 1) for state in states]


@pytest.mark.parametrize("network", [PRACTICE, pytest.param(MOVENET, marks=pytest.mark.movenet)])
def test_the_same_set_gives_the_same_reps_and_flags_through_the_camera_and_from_a_file(
    camera, pictures, network, request
):
    if network == MOVENET:
        models = camera.path("/var/lib/edge-valgus/models")
        models.mkdir(parents=True, exist_ok=True)
        shutil.copy(request.getfixturevalue("movenet_path"), models)
    camera.write(SETTINGS, settings_for(network))
    words = (PROGRAM, "analyze", "/mnt/set/set.mkv", "--json", "--config", SETTINGS)
    from_file = json.loads(camera.run(*words, timeout_s=300).stdout)["reps"]

    start_watching(camera)
    # The camera plays it on and on; what is compared is the first time.
    time.sleep(pictures.duration_s - 0.5)
    camera.run("systemctl", "stop", CAMERA)
    assert camera.unit(CAMERA, "Result") == "success"
    seen = stored_reps(camera)

    faults = ["left" if number == FAULTY_REP else "none" for number in range(1, REPS + 1)]
    assert [rep["valgus"] for rep in from_file] == faults
    assert [rep["valgus"] for rep in seen] == faults
    assert {rep["model"] for rep in seen} == {network}
    for through_camera, file in zip(seen, from_file, strict=True):
        assert through_camera["depth"] == pytest.approx(file["depth"], abs=0.03)
        for moment in ("start_s", "bottom_s", "end_s"):
            after_s = through_camera[moment] - seen[0]["start_s"]
            assert after_s == pytest.approx(file[moment] - from_file[0]["start_s"], abs=0.15), moment
        assert through_camera["flagged_frames"] == pytest.approx(file["flagged_frames"], abs=8)


class Trouble:
    """Something that is wrong with the camera: how it is done and undone, and what the device says to it."""

    def __init__(self, says, do, undo, *, while_watching=False):
        self.says = says if isinstance(says, tuple) else (says,)
        self.do, self.undo, self.while_watching = do, undo, while_watching


def _hold(machine):
    machine.other = machine.start(*WITH_CAMERA, PYTHON, "-c", HOLD)
    said = iter(machine.other.stdout.readline, "")
    machine.holder = next(line for line in said if line.startswith("held by ")).split()[-1]


def _let_go(machine):
    machine.run("kill", "-KILL", machine.holder)
    machine.other.wait()
    machine.other.stdout.close()


def _tuned(name, content=None):
    def do(machine):
        if content is not None:
            machine.write(f"/opt/{name}", content)
        machine.write(SETTINGS, settings_for(PRACTICE, tuning_file=f"/opt/{name}"))

    return do


def _untuned(machine):
    machine.write(SETTINGS, settings_for(PRACTICE))


def _with(fault):
    return lambda machine: machine.run("sh", "-c", f"mkdir -p /run/virtual-camera && touch /run/virtual-camera/{fault}")


def _without(fault):
    return lambda machine: machine.run("rm", f"/run/virtual-camera/{fault}")


TROUBLES = {
    "absent": Trouble(
        "camera 0: no such camera (found none): check the ribbon cable at both ends",
        unplug,
        lambda machine: fit(machine, "/mnt/set/few"),
    ),
    "in use by another program": Trouble(
        "camera 0 (imx708): cannot be opened (Failed to acquire camera: Device or resource busy): end the other program",
        _hold,
        _let_go,
    ),
    "tuned for another sensor": Trouble(
        "camera.tuning_file /opt/imx219.json: is for the sensor imx219, and the camera has imx708",
        _tuned("imx219.json", '{"version": 2.0, "target": "bcm2835", "algorithms": []}'),
        _untuned,
    ),
    "tuned by a file that is none": Trouble(
        "camera.tuning_file /opt/mine.json: is not JSON (Expecting value: line 1 column 1",
        _tuned("mine.json", "%YAML 1.1"),
        _untuned,
    ),
    "tuned by a file that is not there": Trouble(
        "camera.tuning_file /opt/gone.json: cannot be read (No such file or directory)", _tuned("gone.json"), _untuned
    ),
    "stalled": Trouble(
        "camera 0: no picture for 3 s: check the ribbon cable",
        _with("stalled"),
        _without("stalled"),
        while_watching=True,
    ),
    # Who hears of it first, the camera's thread or ours, is chance.
    "unplugged": Trouble(
        (
            "camera 0: stopped giving pictures (Failed to queue request: No such device): check the ribbon cable",
            "camera 0: no picture for 3 s: check the ribbon cable",
        ),
        _with("unplugged"),
        _without("unplugged"),
        while_watching=True,
    ),
}


@pytest.fixture(params=TROUBLES.values(), ids=list(TROUBLES))
def trouble(request, camera):
    """One of them, not done yet, and undone afterwards if the test has not done so."""
    fit(camera, "/mnt/set/few")
    yield request.param
    with suppress(Exception):
        request.param.undo(camera)


def test_a_camera_that_fails_is_told_shown_and_tried_again(camera, trouble):
    if trouble.while_watching:
        start_watching(camera)
        wait_for(lambda: page_sees(camera), 20)
    before = len(camera.log(CAMERA))
    trouble.do(camera)
    if not trouble.while_watching:
        camera.run("systemctl", "restart", "--no-block", CAMERA)

    def said():
        return camera.log(CAMERA)[before:]

    def told():
        """The page tells of it."""
        view = (now(camera) or {}).get("view", {})
        return view if any(each in (view.get("hint") or "") for each in trouble.says) else None

    # The page and the lights, while the process still runs …
    view = wait_for(told, 40)
    assert view["state"] == "fault"
    assert view["lights"]["amber"] or view["lights"]["red_left"]
    wait_for(lambda: "fault: red and amber by turns" in said(), 10)
    # … then it ends with an error, in one line, and systemd starts it again.
    wait_for(lambda: f"Main process exited, code=exited, status={EXIT_STATUS}/" in said(), 30)
    assert any(f"\nedge-valgus: {each}" in said() for each in trouble.says)
    wait_for(lambda: "Scheduled restart job" in said(), 30)
    trouble.undo(camera)
    wait_for(lambda: is_watching(camera), 90)
