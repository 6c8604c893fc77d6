"""`edge-valgus run --mock-gpio --drawn …`, with a stopwatch from the network's answer to the pins. Usage: lights_timed.py OUT VIDEO OPTION…

What it watches comes from VIDEO, but when a camera would give it: each picture when its time has come.

OUT gets one JSON object when it ends, all of it in ms since the network's answer: edges, for each change of a pin; frames, for each frame
when its lights were set; work, how much of that this thread worked and did not wait for others.
"""

from __future__ import annotations

import atexit
import json
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
from edge_valgus.pose import KeypointModel

measured: dict[str, list[float]] = {"edges": [], "frames": [], "work": []}
answered_s = answered_work_s = 0.0
showing = False


def note(what: str, seconds: float) -> None:
    measured[what].append(1000.0 * seconds)


class TimedPin(MockPin):
    def _change_state(self, value: Any) -> Any:
        changed = super()._change_state(value)
        if changed and showing:
            note("edges", time.perf_counter() - answered_s)
        return changed


class AsFromCamera(VideoFile):
    def __iter__(self) -> Iterator[Frame]:
        return in_real_time(super().__iter__())


infer, show = KeypointModel.infer, Lights.show


def timed_infer(self: KeypointModel, square: Any) -> Any:
    global answered_s, answered_work_s  # noqa: PLW0603
    answer = infer(self, square)
    answered_s, answered_work_s = time.perf_counter(), time.thread_time()
    return answer


def timed_show(self: Lights, state: Any) -> None:
    global showing  # noqa: PLW0603
    showing = True
    show(self, state)
    showing = False
    note("frames", time.perf_counter() - answered_s)
    note("work", time.thread_time() - answered_work_s)


def write(path: str) -> None:
    Path(path).write_text(json.dumps(measured))


KeypointModel.infer, Lights.show = timed_infer, timed_show  # type: ignore[method-assign]
command.mock_pins = lambda: MockFactory(pin_class=TimedPin)
out, video, *options = sys.argv[1:]
command._source = lambda *_, **__: AsFromCamera(video)
atexit.register(write, out)
sys.argv[1:] = ["run", "--mock-gpio", "--drawn", *options]
main()
