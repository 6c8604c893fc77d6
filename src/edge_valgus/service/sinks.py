"""The loop's listeners: lights, database, live page, files."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from edge_valgus.capture.replay import PoseWriter
from edge_valgus.config import LightsConfig
from edge_valgus.events import Event, Reading, Rep, RepCounted, RepPartial, SetStarted
from edge_valgus.feedback.aiming import AimLights
from edge_valgus.feedback.lights import Lights
from edge_valgus.feedback.pattern import LampState, LightPattern
from edge_valgus.feedback.terminal import TerminalLights
from edge_valgus.live.publisher import LivePublisher
from edge_valgus.live.snapshot import Snapshot
from edge_valgus.service.aiming import Aiming
from edge_valgus.service.annotate import AnnotatedVideo
from edge_valgus.service.sightings import Sighting
from edge_valgus.store.thread import StoreThread

FPS_TIME_S = 2.0  # averaging time of the frame rate shown on the page
LOSS_SHOWN_S = 300.0  # how long the page tells of reps that were lost once the database can be written again


class LightsSink:
    """Events to lamps. Comes first in the loop, so that the light is on before anything else is done.

    aiming: while the box is aimed, the lamps say how that goes.
    """

    def __init__(
        self,
        config: LightsConfig,
        lights: Lights,
        terminal: TerminalLights | None = None,
        aiming: Aiming | None = None,
    ) -> None:
        self._pattern = LightPattern(config)
        self._aiming = aiming
        self._aim_lights = AimLights()
        self._lights = lights
        self._terminal = terminal
        self.state = LampState()

    def take(self, sighting: Sighting, events: tuple[Event, ...], reading: Reading) -> None:
        """One frame was judged."""
        self.state = self._pattern.update(events, sighting.time_s)
        said = _in_words(reading)
        status = self._aiming.status if self._aiming is not None else None
        if status is not None:
            self.state = self._aim_lights.update(status, sighting.time_s)
            said = f"aiming: {status.headline}"
        self._lights.show(self.state)
        if self._terminal is not None:
            self._terminal.show(self.state, sighting.time_s, said)

    def finish(self, time_s: float, events: tuple[Event, ...]) -> None:
        """The source has ended."""
        self.state = self._pattern.update(events, time_s)
        self._lights.show(self.state)


class StoreSink:
    """Sets and reps to the database's own thread."""

    def __init__(self, store: StoreThread) -> None:
        self._store = store

    def take(self, sighting: Sighting, events: tuple[Event, ...], reading: Reading) -> None:  # noqa: ARG002
        """One frame was judged."""
        for event in events:
            self._store.put(event)

    def finish(self, time_s: float, events: tuple[Event, ...]) -> None:  # noqa: ARG002
        """The source has ended."""
        for event in events:
            self._store.put(event)


class StoreFault:
    """What is wrong with the database, in one line for the page; None while all is well. Call it."""

    def __init__(self, store: StoreThread) -> None:
        self._store = store
        self._lost = 0
        self._lost_at_s = -math.inf

    def __call__(self) -> str | None:
        """Say what could not be kept and why nothing can be kept now."""
        lost, now_s = self._store.lost, time.monotonic()
        if lost > self._lost:
            self._lost, self._lost_at_s = lost, now_s
        said = [self._store.error]
        # Not for ever: a fault hides the skeleton, and nobody restarts a box that works again.
        if self._lost and (said[0] or now_s - self._lost_at_s < LOSS_SHOWN_S):
            said.insert(0, f"{self._lost} {'rep or set' if self._lost == 1 else 'reps or sets'} could not be kept")
        return "; ".join(part for part in said if part) or None


class LiveSink:
    """The newest state to the page."""

    def __init__(
        self,
        publisher: LivePublisher,
        lights: LightsSink,
        *,
        model: str,
        to_wall: Callable[[float], float],
        fault: Callable[[], str | None],
        aiming: Aiming | None = None,
    ) -> None:
        self._publisher = publisher
        self._lights = lights
        self._model = model
        self._to_wall = to_wall
        self._fault = fault
        self._aiming = aiming
        self._last_rep: Rep | None = None
        self._fps = 0.0
        self._taken_s = time.monotonic()

    def take(self, sighting: Sighting, events: tuple[Event, ...], reading: Reading) -> None:
        """One frame was judged."""
        now_s = time.monotonic()
        dt_s, self._taken_s = max(now_s - self._taken_s, 1e-6), now_s
        self._fps += min(1.0, dt_s / FPS_TIME_S) * (1.0 / dt_s - self._fps)
        for event in events:
            if isinstance(event, SetStarted):
                self._last_rep = None
            elif isinstance(event, RepCounted | RepPartial):
                self._last_rep = event.rep
        self._publisher.publish(
            Snapshot(
                reading,
                wall_s=self._to_wall(sighting.time_s),
                lights=self._lights.state,
                pose=sighting.pose,
                last_rep=self._last_rep,
                model=self._model,
                fault=self._fault(),
                fps=self._fps,
                aim=self._aiming.status if self._aiming is not None else None,
                rig=self._aiming.stored if self._aiming is not None else None,
                rig_kept=self._aiming.kept if self._aiming is not None else False,
                rig_trouble=self._aiming.trouble if self._aiming is not None else None,
            )
        )

    def finish(self, time_s: float, events: tuple[Event, ...]) -> None:
        """The source has ended; the page notices by itself that nothing comes any more."""


class PosesSink:
    """Every pose to a recording."""

    def __init__(self, writer: PoseWriter) -> None:
        self._writer = writer

    def take(self, sighting: Sighting, events: tuple[Event, ...], reading: Reading) -> None:  # noqa: ARG002
        """One frame was judged."""
        self._writer.write(sighting.time_s, sighting.pose)

    def finish(self, time_s: float, events: tuple[Event, ...]) -> None:
        """The source has ended."""


class VideoSink:
    """Every frame, annotated, to a video. Counts go on from set to set, since one video shows them all."""

    def __init__(self, video: AnnotatedVideo) -> None:
        self._video = video
        self._counted = 0
        self._partial = 0

    def take(self, sighting: Sighting, events: tuple[Event, ...], reading: Reading) -> None:
        """One frame was judged."""
        self._counted += sum(isinstance(event, RepCounted) for event in events)
        self._partial += sum(isinstance(event, RepPartial) for event in events)
        if sighting.frame is not None:
            self._video.write(sighting.frame, sighting.pose, reading, counted=self._counted, partial=self._partial)

    def finish(self, time_s: float, events: tuple[Event, ...]) -> None:
        """The source has ended."""


class ProgressSink:
    """Counts frames for a progress bar."""

    def __init__(self, step: Callable[[], None]) -> None:
        self._step = step

    def take(self, sighting: Sighting, events: tuple[Event, ...], reading: Reading) -> None:  # noqa: ARG002
        """One frame was judged."""
        self._step()

    def finish(self, time_s: float, events: tuple[Event, ...]) -> None:
        """The source has ended."""


def _in_words(reading: Reading) -> str:
    partial = f", {reading.partial} partial" if reading.partial else ""
    doubt = f", can't judge: {reading.doubt}" if reading.doubt and reading.in_view else ""
    reps = "1 rep" if reading.counted == 1 else f"{reading.counted} reps"
    return f"set {reading.set_number}: {reps}{partial}  {reading.phase}{doubt}"
