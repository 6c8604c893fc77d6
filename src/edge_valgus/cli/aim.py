"""`edge-valgus aim`: mount the box, and measure what it can tell apart where it stands."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console
from rich.markup import escape

from edge_valgus.aim import Aim, Aimer, AimStatus, Stage
from edge_valgus.analysis.rig import Rig, limits_of
from edge_valgus.capture.picamera import PiCamera
from edge_valgus.capture.source import Source
from edge_valgus.capture.video import VideoFile
from edge_valgus.cli.common import FILE, config_option, json_option, model_options, open_model, settings
from edge_valgus.config import PRACTICE, Config
from edge_valgus.errors import AimError
from edge_valgus.events import Side
from edge_valgus.feedback.aiming import AimLights
from edge_valgus.feedback.lights import Lights
from edge_valgus.live.client import LiveClient
from edge_valgus.live.process import publishing_process, signal_publisher
from edge_valgus.pose import PoseTracker
from edge_valgus.service import demo as drawn
from edge_valgus.service.device import stop_on_signals, until
from edge_valgus.service.sightings import tracked
from edge_valgus.store.aim import StoredAim, require_writable, write_aim

ANSWER_S: Final = 5.0  # the running device begins to aim within its next frame
MOVES_S: Final = 1.0  # a device that judges sends a dozen snapshots in it
KEEP_S: Final = 30.0  # longer than an SD card takes for a small file
FOLLOW_S: Final = 330.0  # longer than any aiming


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. kept: where; trouble: why it could not be kept; advice: what to do about it."""

    aim: StoredAim | None
    why: str
    advice: tuple[str, ...] = ()
    kept: Path | None = None
    trouble: str = ""


@click.command()
@click.option("--video", type=FILE, help="A video of an aiming instead of the camera.")
@click.option("--drawn", "with_drawn", is_flag=True, help="A drawn lifter instead of the camera, to see how it goes.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Which drawn lifter.")
@click.option(
    "--out",
    type=FILE,
    metavar="FILE.json",
    help="Where to keep it, for `analyze --aim`. The camera's is kept in the state folder, another one nowhere.",
)
@click.option("--mock-gpio", is_flag=True, help="With the camera, but without lights.")
@click.option("--state-dir", help="Folder of the device's state; goes before the settings file.")
@click.option("--runtime-dir", help="Folder of the device's socket; goes before the settings file.")
@json_option
@model_options
@config_option
def aim(
    *,
    video: Path | None,
    with_drawn: bool,
    seed: int,
    out: Path | None,
    mock_gpio: bool,
    state_dir: str | None,
    runtime_dir: str | None,
    as_json: bool,
    model_dir: Path | None,
    model_name: str | None,
    runtime: str | None,
    config_file: Path | None,
) -> None:
    """Mount the box well, then measure what it can tell apart where it stands.

    Stand where the lifter will, facing the box, and do what it says: first what to change (step back, lower it, level it …), then
    stand still, then squat five times, slowly, knees over the feet. What comes of it is this rig's own minimum detectable change: knees light up from there on, or from the settings' threshold if that is
    larger. And how far aside the box stands, which is then allowed for. Once is enough until the box or its light changes.

    \b
    On the device, while it runs: hold its button for 6 s, or from a shell: sudo edge-valgus aim
    The lights: amber blinks fast: not right yet · green and amber: stand still · green: squat ·
    green blinks fast: aimed · green and amber by turns: given up. The page says it in words.

    \b
    edge-valgus aim --drawn                              at a desk
    edge-valgus aim --video aiming.mp4 --out rig.json    of a phone on a tripod; then:
    edge-valgus analyze squat.mp4 --aim rig.json
    """
    config = settings(config_file, model_name=model_name, runtime=runtime, state_dir=state_dir, runtime_dir=runtime_dir)
    if video is not None and with_drawn:
        raise click.UsageError("--video and --drawn are two sources: give one.")
    say = _Teller(quiet=as_json)
    process = None if video is not None or with_drawn else _device_of(config)
    if process is not None:
        if out is not None:
            raise click.UsageError("--out: the running device keeps it in its own state folder; leave --out out.")
        outcome = _ask_the_device(process, config, say)
    else:
        source, of_camera = _source(config, video, seed if with_drawn else None)
        keep = out or (config.store.aim_file if of_camera else None)
        lamps = of_camera and not mock_gpio
        outcome = _watch(source, config, model_dir, say, keep=keep, of_camera=of_camera, with_lamps=lamps)
    if as_json:
        click.echo(json.dumps(_as_dict(outcome, config), allow_nan=False))
    else:
        _print(outcome, config)
    if outcome.trouble:
        raise AimError(outcome.trouble)
    if outcome.aim is None:
        sys.exit(1)


def _source(config: Config, video: Path | None, drawn_seed: int | None) -> tuple[Source, bool]:
    """Where the pictures come from, and whether that is the box's own camera."""
    if video is not None:
        return VideoFile(video), False
    if drawn_seed is not None:
        return drawn.aimed_at(drawn_seed), False
    return PiCamera(config.camera), True


def _device_of(config: Config) -> int | None:
    """The process that has the camera; None if no device runs."""
    try:
        process = publishing_process(config.store.live_socket)
    except PermissionError as error:
        raise AimError(
            f"{config.store.runtime_path}: may not be read ({error.strerror}), so that the running device can't be asked; "
            "run it as root (sudo edge-valgus aim), or hold the button for 6 s"
        ) from error
    return process.pid if process is not None else None


class _Teller:
    """Says what to do whenever that changes, on standard error."""

    def __init__(self, *, quiet: bool) -> None:
        self._console = Console(stderr=True, highlight=False, quiet=quiet)
        self._said = ""

    def __call__(self, headline: str, hint: str) -> None:
        if f"{headline}{hint}" != self._said:
            self._said = f"{headline}{hint}"
            self._console.print(f"[bold]{escape(headline)}[/]  {escape(hint)}", soft_wrap=True)


def _watch(
    source: Source,
    config: Config,
    model_dir: Path | None,
    say: _Teller,
    *,
    keep: Path | None,
    of_camera: bool,
    with_lamps: bool,
) -> Outcome:
    """Aim with a source of our own. keep: where the result goes, None for nowhere."""
    if keep is not None:
        require_writable(keep)
    network, model = open_model(config, model_dir, real_people=of_camera)
    with ExitStack() as stack:
        stop = stack.enter_context(stop_on_signals())
        lamps = None
        if with_lamps:
            lamps = stack.enter_context(Lights(config.lights, runtime_dir=config.store.runtime_path))
        stack.enter_context(source)
        size_px = source.size_px
        aimer, lights = Aimer(config), AimLights()
        for sighting in until(stop, tracked(source, PoseTracker(network, config.zone))):
            status = aimer.see(sighting.time_s, sighting.pose)
            if lamps is not None:
                lamps.show(lights.update(status, sighting.time_s))
            if status.ended:
                break
            say(*_in_words(status))
        what = "It was stopped" if stop.is_set() else f"{source.name} ended"
        status = aimer.give_up(
            f"{what} during: {aimer.status.headline}. It takes 2 s of standing, 3 s of standing still, 5 squats."
        )
    if status.result is None:
        return Outcome(None, status.hint)
    stored = StoredAim.of(
        status.result, at=datetime.now(UTC).astimezone(), source=source.name, model=model, size_px=size_px
    )
    advice = status.result.advice(config.knee.threshold_pct)
    try:
        if keep is not None:
            write_aim(keep, stored)
    except AimError as error:  # the numbers are told all the same: five squats were squatted for them
        return Outcome(stored, "", advice, trouble=str(error))
    return Outcome(stored, "", advice, keep)


def _in_words(status: AimStatus) -> tuple[str, str]:
    return status.headline, status.hint


def _ask_the_device(process: int, config: Config, say: _Teller) -> Outcome:
    """The device has the camera: ask it to aim, and tell what it says."""
    device = f"the device (process {process})"
    asked = False

    def ask() -> None:
        nonlocal asked
        _signal(process, config)
        asked = True

    with LiveClient(config.store.live_socket) as live:
        now: dict[str, Any] | None = _begun(live, device, ask)
        ended_s = time.monotonic() + FOLLOW_S
        try:
            while time.monotonic() < ended_s:
                if now is None or now.get("aim") is None:
                    fault = now.get("fault") if now is not None else None
                    return Outcome(None, f"The device stopped aiming, or stopped{f': {fault}' if fault else ''}.")
                status = now["aim"]
                if status["stage"] == Stage.FAILED.value:
                    return Outcome(None, status["hint"])
                if status["stage"] == Stage.DONE.value and now.get("rig"):
                    return _measured(live, now, config)
                say(status["headline"], status["hint"])
                now = _wait_for(live, lambda _: True, ANSWER_S)
        except KeyboardInterrupt:
            # Else the device would count and judge nothing for minutes, with nobody before it.
            if asked and now is not None and _in_progress(now):
                _signal(process, config)
            raise
    return Outcome(None, "It took too long.")


def _begun(live: LiveClient, device: str, ask: Callable[[], None]) -> dict[str, Any]:
    """The first snapshot of an aiming that is in progress; one is asked for where none is. Raises AimError."""
    before = live.wait(0, ANSWER_S)[1]
    if before is None:
        raise AimError(
            f"{device} sends no picture yet: it is still starting, or its camera hangs; try again in a minute, or look into its log: "
            "journalctl -u edge-valgus"
        )
    # A fault of the disk does not keep it from aiming; after any other there is no next frame.
    if before.get("fault") and _wait_for(live, lambda snapshot: snapshot.get("t") != before.get("t"), MOVES_S) is None:
        raise AimError(f"{device} can't aim: {before['fault']}; mend that first")
    if "aim" not in before:
        raise AimError(
            f"{device} has the camera, and can't be asked from here; hold its button for 6 s, or stop it first: "
            "sudo systemctl stop edge-valgus"
        )
    if _in_progress(before):
        return before
    ask()
    # What is told of the one before is not this one's end.
    now = _wait_for(live, _in_progress, ANSWER_S)
    if now is None:
        raise AimError(
            f"{device} did not begin to aim within {ANSWER_S:.0f} s, but still may with its next picture: a short press of its button "
            "ends that; its log says why: journalctl -u edge-valgus"
        )
    return now


def _in_progress(snapshot: dict[str, Any]) -> bool:
    status = snapshot.get("aim")
    return status is not None and status["stage"] not in {Stage.DONE.value, Stage.FAILED.value}


def _measured(live: LiveClient, now: dict[str, Any], config: Config) -> Outcome:
    """The device's result, once it is on its disk or can't be."""

    def settled(snapshot: dict[str, Any]) -> bool:
        return bool(snapshot.get("rig_kept") or snapshot.get("rig_trouble"))

    stored = StoredAim(**now["rig"])
    last = now if settled(now) else _wait_for(live, settled, KEEP_S)
    if last is not None and last.get("rig_kept"):
        return Outcome(stored, "", _advice(stored, config), config.store.aim_file)
    trouble = last.get("rig_trouble") if last is not None else None
    trouble = trouble or (
        f"{config.store.aim_file}: the device did not say that it was written; look into its log: journalctl -u edge-valgus"
    )
    return Outcome(stored, "", _advice(stored, config), trouble=trouble)


def _wait_for(live: LiveClient, wanted: Callable[[dict[str, Any]], bool], within_s: float) -> dict[str, Any] | None:
    """The next snapshot that is as wanted."""
    until_s, sequence = time.monotonic() + within_s, live.latest()[0]
    while (left_s := until_s - time.monotonic()) > 0.0:
        sequence, snapshot = live.wait(sequence, left_s)
        if snapshot is not None and wanted(snapshot):
            return snapshot
    return None


def _signal(process: int, config: Config) -> None:
    try:
        signal_publisher(config.store.live_socket, signal.SIGUSR1)
    except PermissionError as error:
        raise AimError(
            f"the device (process {process}) has the camera and belongs to another user; hold its button for 6 s, or: sudo edge-valgus aim"
        ) from error
    except ProcessLookupError as error:
        raise AimError(f"the device (process {process}) just ended; try again") from error


def _advice(stored: StoredAim, config: Config) -> tuple[str, ...]:
    result = Aim(stored.rig, stored.roll_deg, stored.lens_height_m, stored.still_pct, stored.squats)
    return result.advice(config.knee.threshold_pct)


def _as_dict(outcome: Outcome, config: Config) -> dict[str, Any]:
    told: dict[str, Any] = {"aimed": outcome.aim is not None, "why": outcome.why or None}
    if outcome.aim is not None:
        rig = outcome.aim.rig
        limits = {side: limits_of(config.knee, rig, side) for side in Side}
        told |= asdict(outcome.aim)
        told |= {f"mdc_{side.value}_pct": round(rig.mdc_pct(side), 2) for side in Side}
        told |= {f"threshold_{side.value}_pct": round(limits[side].threshold_pct, 2) for side in Side}
        told |= {f"release_{side.value}_pct": round(limits[side].release_pct, 2) for side in Side}
    told |= {"advice": list(outcome.advice), "kept": str(outcome.kept) if outcome.kept else None}
    return told | {"trouble": outcome.trouble or None}


def _print(outcome: Outcome, config: Config) -> None:
    console = Console(highlight=False)
    stored = outcome.aim
    if stored is None:
        console.print(f"Not aimed. {outcome.why}", soft_wrap=True, markup=False)
        return
    console.print(
        f"Aimed, by {stored.squats} squats before {stored.source} ({stored.width_px}×{stored.height_px}).",
        soft_wrap=True,
        markup=False,
    )
    console.print()
    for side in Side:
        console.print(_knee_line(side, stored.rig, config), soft_wrap=True)
    aside = (
        "straight in front"
        if abs(stored.yaw_deg) < 3.0
        else (
            f"{abs(stored.yaw_deg):.0f}° round to the lifter's {'left' if stored.yaw_deg > 0 else 'right'} (within about 3°), allowed for"
        )
    )
    console.print(f"  box         {aside}", soft_wrap=True)
    console.print(f"  lens        about {stored.lens_height_m:.1f} m up (within 0.4 m)", soft_wrap=True)
    console.print()
    for line in outcome.advice or ("Nothing to change.",):
        console.print(f"→ {line}", soft_wrap=True, markup=False)
    if stored.model == PRACTICE:
        console.print("Measured with the practice network: it holds for drawn lifters only.", soft_wrap=True)
    if outcome.kept is not None:
        console.print(f"Kept in {outcome.kept}.", soft_wrap=True, markup=False)


def _knee_line(side: Side, rig: Rig, config: Config) -> str:
    limits = limits_of(config.knee, rig, side)
    sem = rig.sem_left_pct if side is Side.LEFT else rig.sem_right_pct
    which = "this rig's own" if limits.threshold_pct > config.knee.threshold_pct else "the settings'"
    return (
        f"  {side.value + ' knee':<11} repeats within {sem:.1f} % of leg length (SEM), so changes of {rig.mdc_pct(side):.1f} % are certain; "
        f"red from {limits.threshold_pct:.1f} % ({which}), or a little sooner where knees are seen steadily"
    )
