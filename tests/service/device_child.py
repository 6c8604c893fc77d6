"""A device whose lifter is drawn, in a process of its own: `python device_child.py FOLDER REPS SPEED`."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

from drawn_joints import noised
from drawn_video import FPS, drawn_set
from edge_valgus.config import Config
from edge_valgus.feedback.mock import mock_pins
from edge_valgus.service.device import Outputs, run_device, stop_on_signals, until
from edge_valgus.service.sightings import Sighting

WALL_S = 1_700_000_000.0


def config_for(folder: Path) -> Config:
    config = Config()
    store = config.store.model_copy(update={"state_dir": str(folder), "runtime_dir": str(folder)})
    return config.model_copy(update={"store": store})


def paced(sightings: Iterator[Sighting], speed: float) -> Iterator[Sighting]:
    for sighting in sightings:
        yield sighting
        time.sleep(1 / FPS / speed)


def main() -> None:
    folder, reps, speed = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    with stop_on_signals() as stop:
        run_device(
            lambda: until(stop, paced(noised(drawn_set(reps), 1), speed)),
            Outputs(config_for(folder), "drawn lifter", "none", lambda time_s: WALL_S + time_s, mock_pins()),
        )
    print("ended in order")


if __name__ == "__main__":
    main()
