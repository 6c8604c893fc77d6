"""The running device: lights, database, live page and watchdog around the loop, and an orderly end."""

from __future__ import annotations

import logging
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, Final, TypeVar

from edge_valgus.analysis import Analyser
from edge_valgus.capture.pace import Pace
from edge_valgus.config import Config
from edge_valgus.errors import EdgeValgusError, LightsError, StoreError
from edge_valgus.events import Event, Measures, Phase, Reading
from edge_valgus.feedback.lights import Lights, Press
from edge_valgus.feedback.pattern import LampState
from edge_valgus.feedback.terminal import TerminalLights
from edge_valgus.live.publisher import LivePublisher
from edge_valgus.live.snapshot import Snapshot
from edge_valgus.service.aiming import Aiming
from edge_valgus.service.loop import Sink, judge
from edge_valgus.service.notify import HeartbeatSink, Notifier
from edge_valgus.service.sightings import Sighting
from edge_valgus.service.sinks import LightsSink, LiveSink, StoreFault, StoreSink
from edge_valgus.store.thread import StoreThread
from edge_valgus.store.writer import Store

FAULT_SHOWN_S: Final = 5.0  # how long the fault lights stay before the process ends and systemd starts it anew
LONGEST_WAIT_S: Final = 1.0  # playing a recording in real time skips what is longer than this

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where a device's results go.

    pins: gpiozero's pin factory, None for the Pi's own. stop: cuts the showing of a fault short (see `stop_on_signals`).
    """

    config: Config
    source: str
    model: str
    to_wall: Callable[[float], float]
    pins: Any = None
    terminal: TerminalLights | None = None
    extra: tuple[Sink, ...] = ()
    fault_shown_s: float = FAULT_SHOWN_S
    stop: threading.Event = field(default_factory=threading.Event)
    presses: queue.SimpleQueue[Press] = field(default_factory=queue.SimpleQueue)


def run_device(sightings: Callable[[], Iterable[Sighting]], outputs: Outputs) -> None:
    """Watch until the sightings end or a signal says stop (see `stop_on_signals`).

    sightings: opens the camera and the model, and yields poses; called when the lights are ready to show a fault in it.
    Raises what went wrong, after the fault lights were shown and all that was counted was written.
    """
    config = outputs.config
    notifier = Notifier()
    with ExitStack() as stack:
        stack.callback(notifier.close)
        lights = stack.enter_context(_open_lights(outputs))
        publisher = _showing_faults(outputs, lights, None, lambda: open_live(config))
        stack.callback(publisher.close)
        store = _showing_faults(outputs, lights, publisher, lambda: Store(config.store.database))
        writer = StoreThread(
            store,
            to_wall=outputs.to_wall,
            source=outputs.source,
            model=outputs.model,
            keep_days=config.store.keep_days,
            session_gap_s=config.count.session_gap_min * 60,
        )
        stack.callback(_drain, writer)
        aiming = Aiming(
            config, config.store.aim_file, source=outputs.source, model=outputs.model, to_wall=outputs.to_wall
        )
        stack.callback(aiming.close)
        shown = LightsSink(config.lights, lights, outputs.terminal, aiming)
        live = LiveSink(
            publisher, shown, model=outputs.model, to_wall=outputs.to_wall, fault=StoreFault(writer), aiming=aiming
        )
        sinks: tuple[Sink, ...] = (shown, HeartbeatSink(notifier), StoreSink(writer), live, *outputs.extra)
        _showing_faults(
            outputs,
            lights,
            publisher,
            lambda: judge(
                sightings(),
                Analyser(config),
                sinks,
                asked=lambda a, t: _pressed(outputs.presses, aiming, a, t),
                aside=aiming.takes,
            ),
        )


def _open_lights(outputs: Outputs) -> Lights:
    config = outputs.config
    try:
        return Lights(config.lights, outputs.pins, on_press=outputs.presses.put, runtime_dir=config.store.runtime_path)
    except LightsError as error:
        # No light can show this one: the page has to.
        with suppress(EdgeValgusError), open_live(config) as publisher:
            publisher.publish(fault_snapshot(outputs, str(error)))
            outputs.stop.wait(outputs.fault_shown_s)
        raise


def open_live(config: Config) -> LivePublisher:
    """Make the runtime folder and publish in it. Raises StoreError or WebError."""
    try:
        config.store.runtime_path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"{config.store.runtime_path}: cannot be made ({error.strerror}); give a folder of yours in runtime_dir"
        ) from error
    return LivePublisher(config.store.live_socket)


def _showing_faults(outputs: Outputs, lights: Lights, publisher: LivePublisher | None, step: Callable[[], T]) -> T:
    """Run a step of the device; if it fails, say so on the page and with the lights for a while, and raise."""
    try:
        return step()
    except Exception as error:
        reason = str(error) if isinstance(error, EdgeValgusError) else f"internal error: {error!r}"
        log.info("Fault: %s", reason)  # the caller reports it, after the lights have been shown
        if publisher is not None:
            publisher.publish(fault_snapshot(outputs, reason))
        # The lights may be what failed.
        with suppress(Exception):
            lights.fault()
        if outputs.terminal is not None:
            outputs.terminal.fault()
        outputs.stop.wait(outputs.fault_shown_s)
        raise


def fault_snapshot(outputs: Outputs, reason: str) -> Snapshot:
    """What the page gets in place of a reading: the reason, and lamps as they blink."""
    return Snapshot(
        Reading(0.0, Phase.AWAY, False, Measures(), None, False, False, 0, 0, 0),
        wall_s=time.time(),
        lights=LampState(amber=True, red_left=True),
        model=outputs.model,
        fault=reason,
    )


def _drain(writer: StoreThread) -> None:
    """Write what waits. Raises StoreError if something could not be kept, unless another error is on its way."""
    unwritten = writer.close()
    lost = unwritten + writer.lost
    if lost == 0:
        return
    reason = writer.error or "the disk failed"
    message = f"{lost} {'rep or set' if lost == 1 else 'reps or sets'} could not be kept: {reason}; mend the disk or free space"
    if sys.exc_info()[0] is not None:
        log.error(message)
        return
    raise StoreError(message)


def _pressed(presses: queue.SimpleQueue[Press], aiming: Aiming, analyser: Analyser, time_s: float) -> tuple[Event, ...]:
    try:
        press = presses.get_nowait()
    except queue.Empty:
        return ()
    if press is Press.AIM or aiming.goes_on:
        return aiming.pressed(analyser, time_s)
    return analyser.end_set(time_s, new_session=press is Press.NEW_SESSION)


@contextmanager
def stop_on_signals() -> Iterator[threading.Event]:
    """Within the block, SIGTERM and Ctrl-C set the event instead of ending the process mid-frame."""
    stop = threading.Event()

    def on_signal(number: int, _frame: FrameType | None) -> None:
        stop.set()  # first: the log may be what is stuck
        log.info("Stopping: %s", signal.Signals(number).name)

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def aim_on_signal(presses: queue.SimpleQueue[Press]) -> Iterator[None]:
    """Within the block, SIGUSR1 (`edge-valgus aim` sends it) is as good as holding the button for 6 s."""
    before = signal.signal(signal.SIGUSR1, lambda _number, _frame: presses.put(Press.AIM))
    try:
        yield
    finally:
        signal.signal(signal.SIGUSR1, before)


def until(stop: threading.Event, sightings: Iterable[Sighting]) -> Iterator[Sighting]:
    """The sightings up to the moment at which `stop` is set."""
    for sighting in sightings:
        if stop.is_set():
            return
        yield sighting


def paced(sightings: Iterable[Sighting], stop: threading.Event) -> Iterator[Sighting]:
    """Sightings no sooner than their times say, so that a recording plays in real time. Long gaps are cut short."""
    pace = Pace(LONGEST_WAIT_S)
    for sighting in sightings:
        if (wait_s := pace.wait_s(sighting.time_s)) > 0.0:
            stop.wait(wait_s)
        yield sighting


def wall_clock_of_camera() -> Callable[[float], float]:
    """Capture times of the monotonic clock to seconds since 1970, by what the wall clock says now (it may be set late)."""
    return lambda time_s: time.time() - (time.monotonic() - time_s)


def wall_clock_from_now() -> Callable[[float], float]:
    """Capture times that count from a source's start to seconds since 1970, as if it started now."""
    start_s = time.time()
    return lambda time_s: start_s + time_s
