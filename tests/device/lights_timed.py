"""`edge-valgus run --mock-gpio --drawn …`, with a stopwatch from a frame's answer, which is its pose, to the pins. Usage: lights_timed.py OUT VIDEO OPTION…

What it watches comes from VIDEO, but when a camera would give it: each picture when its time has come.

OUT gets one JSON object when it ends, all of it in ms: edges, from the answer to each change of a pin; frames, from each frame's answer to
when its lights were set, both without the time in which this thread could have gone on but other programs had the processor (Linux counts it):
a Pi has no neighbours. wall: frames with it. work: how much of it this thread worked. network: wall, from what the network said.
"""

from __future__ import annotations

import atexit
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gpiozero.pins.mock import MockFactory, MockPin

import edge_valgus.cli.run as command
from edge_valgus.capture.drawn.rack import in_real_time
from edge_valgus.capture.video import VideoFile
from edge_valgus.cli import main
from edge_valgus.feedback.lights import Lights
from edge_valgus.frames import Frame
from edge_valgus.pose import KeypointModel, PoseTracker

measured: dict[str, list[float]] = {"edges": [], "frames": [], "wall": [], "work": [], "network": []}
answered_s = answered_work_s = answered_queued_s = inferred_s = 0.0
showing = False


def queued_s() -> float:
    """How long this thread has waited for a processor (proc(5), schedstat)."""
    return int(os.pread(schedule, 64, 0).split()[1]) / 1e9


def since_answer_s() -> float:
    return time.perf_counter() - answered_s - (queued_s() - answered_queued_s)


def note(what: str, seconds: float) -> None:
    measured[what].append(1000.0 * seconds)


class TimedPin(MockPin):
    def _change_state(self, value: Any) -> Any:
        changed = super()._change_state(value)
        if changed and showing:
            note("edges", since_answer_s())
        return changed


class AsFromCamera(VideoFile):
    def __iter__(self) -> Iterator[Frame]:
        return in_real_time(super().__iter__())


infer, track, show = KeypointModel.infer, PoseTracker.track, Lights.show


def timed_infer(self: KeypointModel, square: Any) -> Any:
    global inferred_s  # noqa: PLW0603
    answer = infer(self, square)
    inferred_s = time.perf_counter()
    return answer


def timed_track(self: PoseTracker, frame: Frame) -> Any:
    global answered_s, answered_work_s, answered_queued_s  # noqa: PLW0603
    pose = track(self, frame)
    answered_queued_s = queued_s()
    answered_s, answered_work_s = time.perf_counter(), time.thread_time()
    return pose


def timed_show(self: Lights, state: Any) -> None:
    global showing  # noqa: PLW0603
    showing = True
    show(self, state)
    showing = False
    note("wall", time.perf_counter() - answered_s)
    note("frames", since_answer_s())
    note("network", time.perf_counter() - inferred_s)
    note("work", time.thread_time() - answered_work_s)


def write(path: str) -> None:
    Path(path).write_text(json.dumps(measured))


KeypointModel.infer, PoseTracker.track, Lights.show = timed_infer, timed_track, timed_show  # type: ignore[method-assign]
command.mock_pins = lambda: MockFactory(pin_class=TimedPin)
schedule = os.open("/proc/thread-self/schedstat", os.O_RDONLY)
out, video, *options = sys.argv[1:]
command._source = lambda *_, **__: AsFromCamera(video)
atexit.register(write, out)
sys.argv[1:] = ["run", "--mock-gpio", "--drawn", *options]
main()
