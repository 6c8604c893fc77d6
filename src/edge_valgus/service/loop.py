"""The loop: one sighting after the other through the analysis and out to whoever is there, the lights first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from edge_valgus.analysis import Analyser
from edge_valgus.events import Event, Reading
from edge_valgus.service.sightings import Sighting


class Sink(Protocol):
    """Somebody who wants to know. Called in order within the frame's time: do little, never wait."""

    def take(self, sighting: Sighting, events: tuple[Event, ...], reading: Reading) -> None:
        """One frame was judged."""

    def finish(self, time_s: float, events: tuple[Event, ...]) -> None:
        """The source has ended; these events came of it."""


def judge(
    sightings: Iterable[Sighting],
    analyser: Analyser,
    sinks: Sequence[Sink],
    *,
    asked: Callable[[Analyser, float], tuple[Event, ...]] | None = None,
) -> None:
    """Run until the sightings end, then close what is open; also if they end with an error, which goes on afterwards.

    asked: called once a frame, for what people asked for in the meantime (the button); returns the events of it.
    """
    time_s = 0.0
    try:
        for sighting in sightings:
            time_s = sighting.time_s
            events = analyser.update(time_s, sighting.pose)
            if asked is not None:
                events += asked(analyser, time_s)
            for sink in sinks:
                sink.take(sighting, events, analyser.reading)
    finally:
        closing = analyser.finish(time_s)
        for sink in sinks:
            sink.finish(time_s, closing)
