"""The product's own verdict: its analysis, fed with the poses that were seen."""

from __future__ import annotations

from typing import Final, Protocol

import numpy as np

from accuracy_bench.record import Flag, JudgedRep, Seen, Verdict
from edge_valgus.analysis import Analyser
from edge_valgus.config import Config, CountConfig
from edge_valgus.events import Event, FlagOff, FlagOn, Reading, RepCounted, RepPartial, Side
from edge_valgus.service.loop import judge
from edge_valgus.service.sightings import Sighting

PRODUCT: Final = "edge-valgus"
STRICT_LINE: Final = 0.8  # depth at which the second condition draws the line between counted and partial


class Judge(Protocol):
    """Whoever says what happened in a scene: the product, or a baseline."""

    def __call__(self, seen: Seen) -> Verdict:
        """Judge one scene from its poses alone, without looking ahead."""


class Product:
    """The analysis as the device runs it. A `Judge`. config: None takes the default settings."""

    def __init__(self, config: Config | None = None) -> None:
        self._config = config or Config()

    def __call__(self, seen: Seen) -> Verdict:
        """Run the device's own loop over the poses."""
        witness = _Witness()
        judge((Sighting(time_s, pose) for time_s, pose in seen.poses), Analyser(self._config), [witness])
        return witness.verdict()


def strict_product() -> Product:
    """The product set to count only from `STRICT_LINE` on."""
    return Product(Config(count=CountConfig(min_depth=STRICT_LINE)))


class _Witness:
    """Writes down what the loop says. A sink."""

    def __init__(self) -> None:
        self._reps: list[JudgedRep] = []
        self._flags: list[Flag] = []
        self._on_s: dict[Side, float] = {}
        self._judged: list[bool] = []

    def take(self, sighting: Sighting, events: tuple[Event, ...], reading: Reading) -> None:
        """One frame was judged."""
        # A frame that came again leaves the reading of the one before: it has the other's time, and no reading itself.
        self._judged.append(reading.judged and reading.time_s == sighting.time_s)
        self._note(events)

    def finish(self, time_s: float, events: tuple[Event, ...]) -> None:
        """The scene is over, and so is every red light."""
        self._note(events)
        for side in tuple(self._on_s):
            self._release(side, time_s)

    def verdict(self) -> Verdict:
        """What was written down."""
        return Verdict(tuple(self._reps), tuple(self._flags), np.array(self._judged, np.bool_))

    def _note(self, events: tuple[Event, ...]) -> None:
        for event in events:
            if isinstance(event, FlagOn):
                self._on_s.setdefault(event.side, event.time_s)
            elif isinstance(event, FlagOff):
                self._release(event.side, event.time_s)
            elif isinstance(event, RepCounted | RepPartial):
                rep = event.rep
                self._reps.append(JudgedRep(rep.start_s, rep.bottom_s, rep.end_s, rep.depth, rep.counted, rep.valgus))

    def _release(self, side: Side, time_s: float) -> None:
        on_s = self._on_s.pop(side, None)
        if on_s is not None:
            self._flags.append(Flag(side, on_s, time_s))
