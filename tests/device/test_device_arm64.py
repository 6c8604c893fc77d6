"""Debian for ARM with the packages that a Pi gets: they work there, and see and count as they do here."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import arm64
import numpy as np
import pytest
from arm64 import PI_4, PI_5
from camera_pictures import write_video
from machine import command
from roots import CHECKOUT, cache_folder

from edge_valgus.capture.drawn import DrawnLifter, random_set
from edge_valgus.config import MOVENET, PRACTICE
from edge_valgus.pose import KeypointModel
from edge_valgus.pose.model import available_runtimes

CORE = (
    *(
        f"tests/analysis/test_analysis_{name}.py"
        for name in ("gauge", "measures", "path", "recorder", "segmenter", "sets")
    ),
    *(f"tests/pose/test_pose_{name}.py" for name in ("crop", "gate", "smooth")),
    "tests/capture/test_pixels.py",
    "tests/capture/test_replay.py",
    "tests/feedback/test_pattern.py",
    "tests/live/test_live_snapshot.py",
    "tests/store/test_store_trace.py",
    "tests/store/test_store_writer.py",
    "tests/test_config.py",
)
"""What may differ with the processor or with its packages: numbers, runtimes, pictures, SQLite. All of it would take an hour."""

WITH_RUNTIMES = ("tests/pose/test_pose_model.py",)
"""In a process of their own: once loaded there, tflite-runtime flushes the smallest floats to zero, and Hypothesis won't have that."""

NEAR = 0.03
"""Of the picture's side."""

SHARE = {"litert": 1.0, "tflite-runtime": 0.95}
"""How many joints are as near as that to where the same runtime sees them here. LiteRT gives the same numbers to the last bit; the older
one's kernels round in their own way, and with MoveNet 3 joints of 136 were further off, up to 0.07."""

SEE = """
import json, sys
from pathlib import Path
import numpy as np
from edge_valgus.pose import KeypointModel

network = KeypointModel(Path(sys.argv[1]), runtime=sys.argv[2], threads=int(sys.argv[3]))
print(json.dumps([network.infer(square[None]).tolist() for square in np.load("/mnt/seen/squares.npy")]))
"""

WHICH = """
import importlib.metadata, json, platform
names = ("ai-edge-litert", "tflite-runtime", "numpy", "av", "pillow", "pydantic-core")
print(json.dumps([platform.machine(), {name: importlib.metadata.version(name) for name in names}]))
"""


@pytest.fixture(scope="module")
def seen(folder):
    """Pictures as the network gets them, and a video of one squat."""
    path = folder / "seen"
    path.mkdir()
    # 8 cm: what is near the threshold, one runtime flags and the other does not, here too.
    script = random_set(3, 1, knee_in={0: (0.08, 0.0)})
    squares = [frame.image.copy() for frame in DrawnLifter(script, size_px=(192, 192), fps=2.0)]
    np.save(path / "squares.npy", np.stack(squares[:8]))
    write_video(DrawnLifter(script, size_px=(480, 360), fps=12.0), path / "squat.mkv")
    return path


@pytest.fixture(scope="module")
def on(folder, seen):
    """Runs a command as on a Pi: on(pi, words …)."""
    root = arm64.arm64_root(cache_folder())
    shown = {"/mnt/edge-valgus": CHECKOUT, "/mnt/seen": seen}

    def run(pi, *words, timeout_s=300):
        return arm64.run(
            root, pi, *words, shown=shown, folder=folder, timeout_s=timeout_s, PYTHONPATH="/mnt/edge-valgus/src"
        )

    return run


def succeeded(done):
    assert done.returncode == 0, f"{done.args}: {done.returncode}\n{done.stdout[-4000:]}{done.stderr[-4000:]}"
    return done.stdout


def test_pip_chooses_wheels_for_a_pi(on):
    machine, versions = json.loads(succeeded(on(PI_4, "python", "-c", WHICH)))
    assert machine == "aarch64"
    assert versions["tflite-runtime"] == "2.14.0"
    assert versions["numpy"].startswith("1.")


@pytest.fixture(params=[PRACTICE, pytest.param(MOVENET, marks=pytest.mark.movenet)])
def network_file(request, seen):
    """A network, where the Pi finds it too."""
    fixture = {PRACTICE: "practice_path", MOVENET: "movenet_path"}[request.param]
    return Path(shutil.copy(request.getfixturevalue(fixture), seen / "network.tflite"))


@pytest.mark.parametrize("runtime", ["litert", "tflite-runtime"])
@pytest.mark.parametrize("pi", [PI_4, PI_5], ids=lambda pi: pi.model.partition(" Model")[0])
def test_a_network_sees_the_joints_where_it_sees_them_here(on, seen, pi, runtime, network_file):
    there = np.array(json.loads(succeeded(on(pi, "python", "-c", SEE, "/mnt/seen/network.tflite", runtime, "3"))))
    network = KeypointModel(network_file, runtime=runtime if runtime in available_runtimes() else "auto")
    here = np.array([network.infer(square[None]) for square in np.load(seen / "squares.npy")])
    assert there.shape == here.shape == (8, 17, 3)
    apart = np.abs(there - here)[..., :2].max(axis=-1)
    assert (apart < NEAR).mean() >= SHARE[runtime], np.sort(apart.ravel())[-5:]


def test_a_squat_on_video_is_judged_as_here(on, seen):
    words = ("-m", "edge_valgus", "analyze", "--json", "--model", PRACTICE)
    there = json.loads(succeeded(on(PI_4, "python", *words, "/mnt/seen/squat.mkv", timeout_s=800)))
    here = json.loads(command(sys.executable, *words, seen / "squat.mkv"))
    assert there["counted"] == here["counted"] == 1
    (rep,), (same,) = there["reps"], here["reps"]
    assert rep["valgus"] == same["valgus"]
    assert rep["depth"] == pytest.approx(same["depth"], abs=0.03)
    assert rep["peak_mkd_left_pct"] == pytest.approx(same["peak_mkd_left_pct"], abs=1.0)


@pytest.mark.parametrize("tests", [CORE, WITH_RUNTIMES], ids=["core", "runtimes"])
def test_the_suites_core_passes(on, tests):
    options = (
        "-q",
        "-p",
        "no:cacheprovider",
        "-o",
        "timeout=600",
        "--hypothesis-profile=ci",
        "--rootdir=/mnt/edge-valgus",
    )
    where = ("env", "--chdir=/mnt/edge-valgus", "PYTHONDONTWRITEBYTECODE=1")
    said = succeeded(on(PI_4, *where, "python", "-m", "pytest", *options, *tests, timeout_s=900))
    assert " passed" in said.splitlines()[-1]
