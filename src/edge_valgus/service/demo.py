"""The demonstration: drawn lifters come to the rack one after the other."""

from __future__ import annotations

import contextlib
import itertools
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Final

import urllib3

from edge_valgus.capture.drawn import CameraView, DrawnLifter, random_set
from edge_valgus.config import Config
from edge_valgus.errors import WebError
from edge_valgus.frames import Frame
from edge_valgus.pose import PoseTracker
from edge_valgus.pose.tracker import Network
from edge_valgus.service.sightings import Sighting, tracked

KNEE_IN_M: Final = 0.05  # how far the demonstrated faults go
AIM_SQUATS: Final = 6  # one more than it takes
AIM_STANDING_S: Final = 7.0
AIM_FPS: Final = 20.0  # half the waiting
BREAK_S: Final = 1.0  # longer than the rest time by this: a new lifter begins a new set
PAGE_UP_S: Final = 20.0


def lifters(first_seed: int, reps: int) -> Iterator[DrawnLifter]:
    """Endless lifters. Each lets the left knee cave in on one rep and the right one on a later one, if there are that many."""
    for seed in itertools.count(first_seed):
        faults = {2: (KNEE_IN_M, 0.0), 4: (0.0, KNEE_IN_M)}
        wanted = {rep: knees for rep, knees in faults.items() if rep < reps}
        yield DrawnLifter(random_set(seed, reps, knee_in=wanted))


def aimed_at(seed: int) -> DrawnLifter:
    """A lifter who stands still long enough to aim by, and then squats five times without a fault."""
    script = random_set(seed, AIM_SQUATS)
    well = CameraView(height_m=1.0, distance_m=2.8, yaw_deg=script.view.yaw_deg, pitch_deg=-1.0, focal_heights=1.0)
    return DrawnLifter(replace(script, view=well, lead_in_s=AIM_STANDING_S), fps=AIM_FPS)


def show(drawn: Iterator[DrawnLifter], network: Network, config: Config) -> Iterator[Sighting]:
    """Sightings of lifter after lifter, with a pause between them long enough to end the set."""
    start_s = 0.0
    for lifter in drawn:
        time_s = 0.0
        for sighting in tracked(lifter, PoseTracker(network, config.zone)):
            time_s = sighting.time_s
            yield _later(sighting, start_s)
        start_s += time_s + config.count.rest_s + BREAK_S


def _later(sighting: Sighting, by_s: float) -> Sighting:
    time_s = sighting.time_s + by_s
    pose = sighting.pose
    frame = sighting.frame
    return Sighting(
        time_s,
        None if pose is None else replace(pose, time_s=time_s),
        None if frame is None else Frame(frame.image, time_s),
    )


def config_for(config: Config, folder: str, port: int) -> Config:
    """The settings with the demonstration's own database and a page for this machine only."""
    return config.model_copy(
        update={
            "store": config.store.model_copy(update={"state_dir": folder, "runtime_dir": folder}),
            "web": config.web.model_copy(update={"host": "127.0.0.1", "port": port}),
        }
    )


@contextlib.contextmanager
def page(config: Config, config_file: Path) -> Iterator[str]:
    """Run the page in a process of its own, as on the device; yields its address once it answers.

    config_file: where to write the settings for it. Raises WebError when it does not come up.
    """
    address = f"http://{config.web.host}:{config.web.port}"
    if _answers(address):
        raise WebError(f"{address}: another edge-valgus has its page there; end that one, or take another port")
    config_file.write_text(render_config(config), encoding="utf-8")
    command = [sys.executable, "-m", "edge_valgus", "web", "--config", str(config_file)]
    command.append("--until-stdin-closes")  # the kernel closes it, also where nobody here can any more
    with config_file.with_suffix(".log").open("w+b") as said:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=said)  # noqa: S603  our own program
        try:
            _wait_for(process, address, said)
            yield address
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdin is not None:
                process.stdin.close()


def _wait_for(process: subprocess.Popen[bytes], address: str, said: IO[bytes]) -> None:
    deadline_s = time.monotonic() + PAGE_UP_S
    while time.monotonic() < deadline_s:
        answered = _answers(address)
        # Something else may answer on a taken port; ours ends then, and says why.
        if process.poll() is not None:
            said.seek(0)
            lines = said.read().decode(errors="replace").strip().splitlines()
            raise WebError(
                lines[-1].removeprefix("edge-valgus: ") if lines else f"the page ended: {process.returncode}"
            )
        if answered:
            return
        time.sleep(0.2)
    raise WebError(f"{address}: the page did not come up within {PAGE_UP_S:.0f} s; try `edge-valgus web`")


def _answers(address: str) -> bool:
    """Whether a page of an edge-valgus is there, of whichever."""
    pool = urllib3.PoolManager(retries=False, timeout=1.0)
    try:
        return pool.request("GET", f"{address}/healthz").headers.get("Server") == "edge-valgus"
    except urllib3.exceptions.HTTPError:
        return False


def render_config(config: Config) -> str:
    """Write settings as TOML."""
    lines = []
    for section, values in config.model_dump().items():
        lines.append(f"[{section}]")
        # JSON's numbers, booleans and strings are TOML's too.
        lines += [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
    return "\n".join(lines) + "\n"
