"""Aiming in the running device: begun by the button, over by itself; nothing counted is lost and none of its squats is kept."""

from __future__ import annotations

import itertools
import json
import os
import queue
import shutil
import signal
import tempfile
import threading
import time
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from device_child import config_for

from drawn_joints import noised
from edge_valgus.aim import Stage
from edge_valgus.capture.drawn import DrawnLifter, RepScript, SetScript
from edge_valgus.errors import AimError
from edge_valgus.feedback.lights import Press
from edge_valgus.feedback.mock import mock_pins, read_lamps
from edge_valgus.feedback.pattern import LampState
from edge_valgus.service import device
from edge_valgus.service.aiming import TOLD_S, Aiming
from edge_valgus.service.device import Outputs, aim_on_signal, run_device
from edge_valgus.service.sightings import Sighting
from edge_valgus.store.aim import StoredAim, read_aim, write_aim
from edge_valgus.store.reader import StoreReader

FPS = 20.0
MODEL, SOURCE = "some-model", "camera 0"
REP = RepScript(depth=1.0, descent_s=1.0, hold_s=0.1, ascent_s=0.9, rest_s=0.9)


@pytest.fixture
def folder():
    path = Path(tempfile.mkdtemp(prefix="ev-"))
    yield path
    shutil.rmtree(path)


def act(reps, *, from_s=0.0, standing_s=2.0, seed=1):
    """Somebody stands, then squats."""
    script = SetScript(reps=(REP,) * reps, lead_in_s=standing_s, seed=3)
    for sighting in noised(DrawnLifter(script, fps=FPS), seed):
        yield at(sighting, from_s)


def at(sighting, by_s):
    time_s = sighting.time_s + by_s
    return Sighting(time_s, sighting.pose and replace(sighting.pose, time_s=time_s))


def nobody(from_s, for_s):
    return [Sighting(from_s + index / FPS, None) for index in range(round(for_s * FPS))]


class Witness:
    """Another listener of the device: what it saw of lamps and aiming."""

    def __init__(self, pins, config):
        self.pins, self.config = pins, config
        self.lamps, self.readings = [], []

    def take(self, sighting, events, reading):  # noqa: ARG002
        self.lamps.append((sighting.time_s, read_lamps(self.pins, self.config.lights)))
        self.readings.append(reading)

    def finish(self, time_s, events):
        pass


class Run:
    """A device over a film, with presses at given times; what it published is kept."""

    def __init__(self, folder, film, presses=(), **outputs):
        self.folder, self.config, self.pins = folder, config_for(folder), mock_pins()
        self.published = []
        asked = queue.SimpleQueue()
        self.witness = Witness(self.pins, self.config)
        waiting = sorted(presses)

        def sightings():
            *most, last = film
            for sighting in most:
                while waiting and sighting.time_s >= waiting[0][0]:
                    asked.put(waiting.pop(0)[1])
                yield sighting
            # The film is over sooner than a slow disk has written what was measured in it.
            for thread in threading.enumerate():
                if thread.name == "aim":
                    thread.join(20.0)
            yield last

        given = {
            "source": SOURCE,
            "model": MODEL,
            "to_wall": lambda t: 1.7e9 + t,
            "pins": self.pins,
            "fault_shown_s": 0.0,
        }
        with pytest.MonkeyPatch.context() as patch:
            publish = device.LivePublisher.publish
            patch.setattr(
                device.LivePublisher, "publish", lambda this, snapshot: (self.published.append(snapshot), publish(this, snapshot))
            )  # fmt: skip
            run_device(sightings, Outputs(self.config, presses=asked, extra=(self.witness,), **(given | outputs)))

    @property
    def reps(self):
        return list(StoreReader(self.folder / "edge-valgus.db").reps_between(date(1970, 1, 1), date(2100, 1, 1)))

    @property
    def stages(self):
        stages = [snapshot.aim and snapshot.aim.stage for snapshot in self.published]
        return [stage for stage, _ in itertools.groupby(stages)]

    @property
    def stored(self):
        return read_aim(self.config.store.aim_file)


def aiming_film():
    """Two reps of training, then an aiming, then two reps of training."""
    training = list(act(2))
    begins_s = training[-1].time_s + 1 / FPS
    aiming = list(act(8, from_s=begins_s, standing_s=7.0))
    again_s = aiming[-1].time_s + 1 / FPS
    after = list(act(2, from_s=again_s, standing_s=4.0, seed=2))
    return begins_s, aiming, [*training, *aiming, *after]


def test_the_button_begins_it_and_only_training_is_kept(folder):
    begins_s, aiming, film = aiming_film()
    run = Run(folder, film, [(begins_s, Press.AIM)])
    assert run.stages == [None, Stage.PLACE, Stage.STILL, Stage.SQUAT, Stage.DONE, None]
    starts_s = [row.rep.started_at.timestamp() - 1.7e9 for row in run.reps]
    done_s = next(s.reading.time_s for s in run.published if s.aim and s.aim.stage is Stage.DONE)
    assert [start_s < begins_s for start_s in starts_s[:2]] == [True, True], "what was counted before is kept"
    assert all(start_s > done_s + TOLD_S - 1.0 for start_s in starts_s[2:]), "no squat of the aiming is"
    assert len(starts_s[2:]) >= 2, "and it goes on afterwards"
    assert aiming[0].time_s == begins_s


def test_what_was_measured_is_kept_in_force_and_told(folder):
    begins_s, _, film = aiming_film()
    run = Run(folder, film, [(begins_s, Press.AIM)])
    stored = run.stored
    assert (stored.source, stored.model, stored.width_px, stored.height_px) == (SOURCE, MODEL, 640, 480)
    assert 1.7e9 < stored.moment.timestamp() < 1.7e9 + 100
    assert run.published[0].rig is None
    assert not run.published[0].rig_kept
    assert run.published[-1].rig == stored
    assert run.published[-1].rig_kept
    assert run.published[-1].rig_trouble is None


def test_the_lamps_say_how_it_goes(folder):
    begins_s, _, film = aiming_film()
    run = Run(folder, film, [(begins_s, Press.AIM)])
    ends_s = next(s.reading.time_s for s in run.published if s.aim and s.aim.stage is Stage.DONE) + TOLD_S
    lamps = [lamp for time_s, lamp in run.witness.lamps if begins_s + 0.5 < time_s < ends_s]
    assert LampState(green=True, amber=True) in lamps
    assert LampState(green=True) in lamps
    assert not any(lamp.red_left or lamp.red_right for lamp in lamps)


@pytest.mark.parametrize("press", list(Press), ids=lambda press: press.value)
def test_any_press_ends_it(folder, press):
    film = [*act(1), *nobody(5.0, 12.0)]
    run = Run(folder, film, [(4.5, Press.AIM), (6.0, press)])
    assert run.stages == [None, Stage.PLACE, Stage.FAILED, None]
    assert not run.config.store.aim_file.exists()


def test_while_the_end_is_told_holding_begins_anew(folder):
    film = [*act(1), *nobody(5.0, 12.0)]
    run = Run(folder, film, [(4.5, Press.AIM), (6.0, Press.END_SET), (8.0, Press.AIM)])
    assert run.stages == [None, Stage.PLACE, Stage.FAILED, Stage.PLACE]


def test_while_the_end_is_told_a_short_press_is_what_it_always_is(folder):
    film = [*act(1), *nobody(5.0, 12.0)]
    run = Run(folder, film, [(4.5, Press.AIM), (6.0, Press.END_SET), (8.0, Press.NEW_SESSION)])
    assert run.stages == [None, Stage.PLACE, Stage.FAILED, None]


def test_it_ends_by_itself_and_the_device_counts_on(folder):
    away_s = 302.0
    film = [*nobody(0.0, away_s), *nobody(away_s, TOLD_S + 0.5), *act(2, from_s=away_s + TOLD_S + 0.5, standing_s=2.0)]
    run = Run(folder, film, [(0.5, Press.AIM)])
    assert run.stages == [None, Stage.PLACE, Stage.FAILED, None]
    assert len(run.reps) == 2


def stored_aim(**changes):
    values = {"at": datetime(2026, 11, 26, tzinfo=UTC).isoformat(), "source": SOURCE, "model": MODEL, "width_px": 640}
    values |= {"height_px": 480, "sem_left_pct": 0.7, "sem_right_pct": 0.8, "yaw_deg": 1.0, "roll_deg": 0.0}
    return StoredAim(**(values | {"lens_height_m": 1.0, "still_pct": 0.5, "squats": 5} | changes))


def test_a_stored_aim_is_in_force_from_the_first_pose_on(folder):
    write_aim(folder / "aim.json", stored_aim())
    run = Run(folder, act(1))
    assert run.published[-1].rig == stored_aim()
    assert run.published[-1].rig_trouble is None


CAVES = SetScript(reps=(REP, replace(REP, knee_in_left_m=0.06, knee_in_from=0.4)), lead_in_s=2.0, seed=3)


@pytest.mark.parametrize(
    ("sem_pct", "lit"), [(0.7, True), (3.5, False)], ids=["a usual rig", "a rig that tells 10 % apart"]
)
def test_the_red_light_goes_by_it(folder, sem_pct, lit):
    write_aim(folder / "aim.json", stored_aim(sem_left_pct=sem_pct, sem_right_pct=sem_pct))
    run = Run(folder, noised(DrawnLifter(CAVES, fps=FPS), 1))
    assert any(lamp.red_left for _, lamp in run.witness.lamps) == lit
    assert len(run.reps) == 2


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({"source": "camera 1"}, "camera 1, not camera 0", id="another camera"),
        pytest.param({"model": "other"}, "other, not some-model", id="another network"),
        pytest.param({"width_px": 1280}, "1280×480 pixels, not 640×480", id="another picture size"),
    ],
)
def test_one_of_another_rig_is_not_used_and_that_is_said(folder, changes, says):
    write_aim(folder / "aim.json", stored_aim(**changes, sem_left_pct=3.5))
    run = Run(folder, noised(DrawnLifter(CAVES, fps=FPS), 1))
    assert run.published[-1].rig is None
    assert says in run.published[-1].rig_trouble
    assert any(lamp.red_left for _, lamp in run.witness.lamps)


def test_a_bad_file_stops_nothing_and_is_told(folder, caplog):
    (folder / "aim.json").write_text('{"format": "edge-valgus-aim", "version": 1, "at": 5}')
    run = Run(folder, act(2))
    assert len(run.reps) == 2
    trouble = run.published[-1].rig_trouble
    assert "aim.json: at = 5: Input should be a valid string" in trouble
    assert "the settings' own threshold" in trouble
    assert trouble in caplog.text


def test_a_bad_file_is_replaced_by_the_next_aiming(folder):
    (folder / "aim.json").write_text("{")
    begins_s, _, film = aiming_film()
    run = Run(folder, film, [(begins_s, Press.AIM)])
    assert run.stored is not None
    assert run.published[-1].rig_trouble is None


@pytest.mark.parametrize(
    "error",
    [AimError("aim.json: cannot be written (No space left on device)"), RuntimeError("can't start new thread")],
    ids=["a full disk", "what nobody thought of"],
)
def test_a_disk_that_takes_nothing_leaves_it_in_force_and_says_so(folder, monkeypatch, error):
    def full(*_):
        raise error

    begins_s, _, film = aiming_film()
    monkeypatch.setattr("edge_valgus.service.aiming.write_aim", full)
    run = Run(folder, film, [(begins_s, Press.AIM)])
    assert run.published[-1].rig is not None
    assert "in force until the next start only" in run.published[-1].rig_trouble
    assert str(error) in run.published[-1].rig_trouble
    assert not run.published[-1].rig_kept
    assert len(run.reps) >= 4


def test_writing_does_not_hold_up_the_frames(folder, monkeypatch):
    """An SD card that takes a second for a file."""
    monkeypatch.setattr("edge_valgus.service.aiming.write_aim", lambda *_: time.sleep(1.0))
    begins_s, aiming, _ = aiming_film()
    config = config_for(folder)
    aiming_ = Aiming(config, config.store.aim_file, source=SOURCE, model=MODEL, to_wall=lambda t: 1.7e9 + t)
    from edge_valgus.analysis import Analyser

    analyser = Analyser(config)
    aiming_.pressed(analyser, begins_s)
    slowest_s = 0.0
    for sighting in aiming:
        before_s = time.monotonic()
        aiming_.takes(analyser, sighting)
        slowest_s = max(slowest_s, time.monotonic() - before_s)
    assert aiming_.stored is not None
    assert slowest_s < 0.8
    aiming_.close()


def test_the_signal_is_as_good_as_the_button():
    presses = queue.SimpleQueue()
    before = signal.getsignal(signal.SIGUSR1)
    with aim_on_signal(presses):
        os.kill(os.getpid(), signal.SIGUSR1)
        assert presses.get(timeout=2.0) is Press.AIM
    assert signal.getsignal(signal.SIGUSR1) == before


def test_the_live_feed_says_it_in_json(folder):
    from edge_valgus.live.snapshot import to_json

    begins_s, _, film = aiming_film()
    run = Run(folder, film, [(begins_s, Press.AIM)])
    told = [json.loads(to_json(snapshot)) for snapshot in run.published[::40]]
    squatting = [one["aim"] for one in told if one["aim"] and one["aim"]["stage"] == "squat"]
    assert squatting
    assert squatting[0]["headline"] == "Squat five times"
    assert [check["right"] for check in squatting[0]["checks"]] == [True] * 7
    assert told[-1]["rig"]["source"] == SOURCE
