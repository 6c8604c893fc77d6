"""`edge-valgus aim` beside a running device that answers in all the ways that one can: by the real live feed and signal."""

from __future__ import annotations

import io
import queue
import tempfile
import threading
import time
from dataclasses import replace

import pytest
from rich.console import Console

from edge_valgus.aim import AimStatus, Stage
from edge_valgus.cli import aim as command
from edge_valgus.config import Config, StoreConfig
from edge_valgus.errors import AimError
from edge_valgus.events import Measures, Phase, Reading
from edge_valgus.feedback.pattern import LampState
from edge_valgus.live.publisher import LivePublisher
from edge_valgus.live.snapshot import Snapshot
from edge_valgus.service.device import aim_on_signal
from edge_valgus.store.aim import StoredAim

RIG = StoredAim(
    at="2026-11-26T18:04:05+01:00", source="camera 0", model="m", width_px=640, height_px=480, sem_left_pct=0.7, sem_right_pct=1.5,
    yaw_deg=2.0, roll_deg=0.0, lens_height_m=1.0, still_pct=0.5, squats=5,
)  # fmt: skip
OLD = {"aim": AimStatus(Stage.DONE, "Aimed", "An old one.", ()), "rig": RIG, "rig_kept": True}
NEW = replace(RIG, squats=6)
PLACE = {"aim": AimStatus(Stage.PLACE, "Step back", "A little.", ())}
DONE = {"aim": AimStatus(Stage.DONE, "Aimed", "", ()), "rig": NEW}
KEPT = DONE | {"rig_kept": True}
TROUBLE = (
    "What was measured is in force until the next start only: aim.json: cannot be written (No space left on device)"
)


@pytest.fixture
def config(monkeypatch):
    monkeypatch.setattr(command, "ANSWER_S", 1.5)
    monkeypatch.setattr(command, "MOVES_S", 0.5)
    monkeypatch.setattr(command, "KEEP_S", 3.0)
    # Not tmp_path: its name may be longer than a socket's may be.
    with tempfile.TemporaryDirectory(prefix="ev") as folder:
        yield Config(store=StoreConfig(state_dir=folder, runtime_dir=folder))


class Device:
    """Publishes one state after the other, each for 0.2 s and the last one on; the signal leads to `pressed`, if given."""

    def __init__(self, config, *states, pressed=(), moving=True):
        self._states, self._pressed, self._moving = list(states), list(pressed), moving
        self._config = config
        self.presses = queue.SimpleQueue()
        self.signals = 0
        self._over = threading.Event()

    def _run(self, publisher):
        frame = 0
        while not self._over.is_set():
            if not self.presses.empty():
                self.presses.get()
                self.signals += 1
                self._states = self._pressed or self._states
            if self._states and (self._moving or frame == 0):
                publisher.publish(_snapshot(frame / 20, **self._states[0]))
            frame += 1
            if frame % 4 == 0 and len(self._states) > 1:
                self._states.pop(0)
            time.sleep(0.05)

    def ask(self):
        """What `edge-valgus aim` makes of it: its outcome, and what it said on the way."""
        said = io.StringIO()
        with aim_on_signal(self.presses), LivePublisher(self._config.store.live_socket) as publisher:
            thread = threading.Thread(target=self._run, args=(publisher,))
            thread.start()
            try:
                say = command._Teller(quiet=False)
                say._console = Console(file=said)
                return command._ask_the_device(command._device_of(self._config), self._config, say), said.getvalue()
            finally:
                self._over.set()
                thread.join()


def _snapshot(time_s, **changes):
    reading = Reading(time_s, Phase.AWAY, False, Measures(), None, False, False, 0, 0, 0)
    return Snapshot(reading, wall_s=time_s, lights=LampState(), **changes)


def test_it_is_asked_followed_and_its_result_told(config):
    device = Device(config, {}, pressed=[PLACE, DONE, KEPT])
    outcome, said = device.ask()
    assert (outcome.aim, outcome.kept, outcome.trouble) == (NEW, config.store.aim_file, "")
    assert device.signals == 1
    assert "Step back" in said


def test_one_in_progress_is_followed_and_not_given_up(config):
    device = Device(config, PLACE, PLACE, PLACE, KEPT)
    outcome, _ = device.ask()
    assert (outcome.aim, device.signals) == (NEW, 0)


def test_the_end_of_the_one_before_is_not_taken_for_its_own(config):
    """A device tells an end for 8 s."""
    device = Device(config, OLD, pressed=[OLD, PLACE, PLACE, KEPT])
    outcome, said = device.ask()
    assert (outcome.aim, device.signals) == (NEW, 1)
    assert "Step back" in said


def test_kept_is_said_once_it_is(config):
    outcome, _ = Device(config, {}, pressed=[PLACE, DONE, DONE, {"rig": NEW}, {"rig": NEW, "rig_kept": True}]).ask()
    assert outcome.kept == config.store.aim_file


@pytest.mark.parametrize(
    ("last", "says"),
    [
        pytest.param(DONE | {"rig_trouble": TROUBLE}, TROUBLE, id="a disk that takes nothing"),
        pytest.param(DONE, "did not say that it was written", id="a disk that doesn't answer"),
    ],
)
def test_what_could_not_be_kept_is_told_as_that(config, last, says):
    outcome, _ = Device(config, {}, pressed=[PLACE, DONE, last]).ask()
    assert (outcome.aim, outcome.kept) == (NEW, None)
    assert says in outcome.trouble


def test_a_fault_is_repeated_and_nobody_is_asked(config):
    device = Device(config, {"fault": "The settings are wrong: camera.fps = 600"}, moving=False)
    with pytest.raises(AimError, match=r"can't aim: The settings are wrong: camera\.fps = 600; mend that first"):
        device.ask()
    assert device.signals == 0


def test_a_fault_of_the_disk_keeps_it_from_nothing(config):
    fault = {"fault": "the disk is full"}
    outcome, _ = Device(config, fault, pressed=[PLACE | fault, KEPT | fault]).ask()
    assert outcome.aim == NEW


def test_while_it_starts_that_is_said(config):
    with pytest.raises(AimError, match=r"sends no picture yet: it is still starting"):
        Device(config).ask()


def test_a_press_that_may_still_be_heard_is_told(config):
    device = Device(config, {})
    with pytest.raises(AimError, match=r"did not begin to aim .* still may with its next picture"):
        device.ask()
    assert device.signals == 1


def test_a_fault_on_the_way_is_told(config):
    outcome, _ = Device(config, {}, pressed=[PLACE, {"fault": "no picture for 5 s"}]).ask()
    assert outcome.why == "The device stopped aiming, or stopped: no picture for 5 s."


@pytest.mark.parametrize(("states", "signals"), [([{}], 2), ([PLACE], 0)], ids=["asked for here", "of somebody else"])
def test_breaking_off_ends_the_aiming_that_was_asked_for(config, monkeypatch, states, signals):
    """Or the device would judge nobody for minutes."""

    def breaks_off(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(command._Teller, "__call__", breaks_off)
    device = Device(config, *states, pressed=[PLACE])
    device_run = device._run

    def run_on(publisher):
        device_run(publisher)
        while not device.presses.empty():
            device.presses.get()
            device.signals += 1

    device._run = run_on
    with pytest.raises(KeyboardInterrupt):
        device.ask()
    assert device.signals == signals
