"""The command line in a process of its own, as people and systemd start it, and what it is given to read."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import numpy as np

from drawn_joints import noised
from edge_valgus.capture.drawn import DrawnLifter
from edge_valgus.capture.replay import PoseWriter

COMMAND = [sys.executable, "-m", "edge_valgus"]
FAULT_LIGHTS = "fault: red and amber by turns\n"
TIMEOUT_S = 180.0  # a demonstration takes 10 s of one core, and a machine may have other things to do


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Without anything of the machine that runs the tests: settings, models and state lie in `folder`, and are its own."""
    config = folder / "config.toml"
    if not config.exists():
        config.write_text(f'[store]\nstate_dir = "{folder}/state"\nruntime_dir = "{folder}/run"\n')
        (folder / "no-models").mkdir()
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("EDGE_VALGUS_", "XDG_", "JOURNAL_"))}
    own = {
        "EDGE_VALGUS_CONFIG": str(config),
        "EDGE_VALGUS_MODEL_DIR": str(folder / "no-models"),
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "COLUMNS": "120",
    }
    return kept | own | more


class CommandLine:
    """Runs `edge-valgus` in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = environment(folder)

    def start(self, *arguments: object, **options: Any) -> subprocess.Popen[str]:
        given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, "text": True}
        given |= {"cwd": self.folder, "env": self.environment}
        return subprocess.Popen([*COMMAND, *map(str, arguments)], **(given | options))

    def __call__(self, *arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments, **options)
        try:
            out, err = process.communicate(timeout=TIMEOUT_S)
        except BaseException:
            process.kill()
            process.wait()
            raise
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)


def refused(done: subprocess.CompletedProcess[str], *says: str, status: int, out: str = "") -> str:
    """One line on standard error, which says these, and the exit status."""
    assert done.returncode == status, done.stderr
    assert done.stdout == out
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("edge-valgus: ")
    for part in says:
        assert part in lines[0]
    return lines[0]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def write_grey_video(path: Path, frames: int = 20, size_px: tuple[int, int] = (96, 96)) -> Path:
    """Write a video of nothing: enough for everything that is about files."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=20)
        stream.width, stream.height = size_px
        stream.pix_fmt = "yuv420p"
        random = np.random.default_rng(0)
        for _ in range(frames):
            image = random.integers(
                0, 255, (size_px[1], size_px[0], 3), np.uint8
            )  # noise, so that the file has a length
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    return path


def write_poses(path: Path, lifter: DrawnLifter) -> Path:
    """Write the drawn lifter's noised joints as a recording."""
    with PoseWriter(path, "drawn.mp4", "none", lifter.size_px) as writer:
        for sighting in noised(lifter, 1):
            writer.write(sighting.time_s, sighting.pose)
    return path
