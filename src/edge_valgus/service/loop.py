"""The loop: one sighting after the other through the analysis and out to whoever is there, the lights first."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Protocol

from edge_valgus.analysis import Analyser
from edge_valgus.events import Event, Reading
from edge_valgus.service.sightings import Sighting

log = logging.getLogger(__name__)


class Sink(Protocol):
    """Somebody who wants to know. Called in order within the frame's time: do little, never wait.

    An error ends the loop, but not before the other sinks have heard the same frame and the end.
    """

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
    aside: Callable[[Analyser, Sighting], bool] | None = None,
) -> None:
    """Run until the sightings end, then close what is open; also if they end with an error, which goes on afterwards.

    aside: called with each sighting first; where it is true, the sighting is not for the analysis, which then sees nobody.
    asked: called once a frame, for what people asked for in the meantime (the button); returns the events of it.
    Raises the first error, of the sightings or of a sink. Whatever follows from it is only logged.
    """
    time_s = 0.0
    try:
        for sighting in sightings:
            time_s = sighting.time_s
            pose = None if aside is not None and aside(analyser, sighting) else sighting.pose
            events = analyser.update(time_s, pose)
            if asked is not None:
                events += asked(analyser, time_s)
            _call([partial(sink.take, sighting, events, analyser.reading) for sink in sinks])
    except BaseException:
        try:
            _finish(analyser, sinks, time_s)
        except Exception:
            log.info("This followed from the fault", exc_info=True)
        raise
    _finish(analyser, sinks, time_s)


def _finish(analyser: Analyser, sinks: Sequence[Sink], time_s: float) -> None:
    closing = analyser.finish(time_s)
    _call([partial(sink.finish, time_s, closing) for sink in sinks])


def _call(steps: Iterable[Callable[[], None]]) -> None:
    """Take every step, also after one that failed; then raise the first error."""
    first: Exception | None = None
    for step in steps:
        try:
            step()
        except Exception as error:
            if first is not None:
                log.info("This failed too", exc_info=True)
            first = first or error
    if first is not None:
        raise first
