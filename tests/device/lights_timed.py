"""`edge-valgus run --mock-gpio …`, with a stopwatch from the network's answer to the pins. Usage: lights_timed.py OUT OPTION…

OUT gets one JSON object when it ends: frames_ms, for each frame the time from the answer to when all its lights were set; edges_ms, for each
change of a pin the time from the answer to it.
"""

from __future__ import annotations

import atexit
import json
import sys
import time
from pathlib import Path
from typing import Any

from gpiozero.pins.mock import MockFactory, MockPin

import edge_valgus.cli.run as command
from edge_valgus.cli import main
from edge_valgus.feedback.lights import Lights
from edge_valgus.pose import KeypointModel

answered_s = 0.0
frames_ms: list[float] = []
edges_ms: list[float] = []


def since_answer_ms() -> float:
    return 1000.0 * (time.perf_counter() - answered_s)


class TimedPin(MockPin):
    def _change_state(self, value: Any) -> Any:
        changed = super()._change_state(value)
        if changed and answered_s:
            edges_ms.append(since_answer_ms())
        return changed


infer, show = KeypointModel.infer, Lights.show


def timed_infer(self: KeypointModel, square: Any) -> Any:
    global answered_s  # noqa: PLW0603
    answer = infer(self, square)
    answered_s = time.perf_counter()
    return answer


def timed_show(self: Lights, state: Any) -> None:
    show(self, state)
    frames_ms.append(since_answer_ms())


def write(path: str) -> None:
    Path(path).write_text(json.dumps({"frames_ms": frames_ms, "edges_ms": edges_ms}))


KeypointModel.infer, Lights.show = timed_infer, timed_show  # type: ignore[method-assign]
command.mock_pins = lambda: MockFactory(pin_class=TimedPin)
atexit.register(write, sys.argv[1])
main(["run", "--mock-gpio", *sys.argv[2:]])
