"""`edge-valgus run`: the camera's process of the device."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path
from queue import SimpleQueue
from typing import Final

import click

from edge_valgus.capture.picamera import PiCamera
from edge_valgus.capture.source import Source
from edge_valgus.capture.video import VideoFile
from edge_valgus.cli.common import FILE, config_option, model_options, open_model, overridden, settings
from edge_valgus.config import Config, sound_config
from edge_valgus.errors import ConfigError, ModelError
from edge_valgus.feedback.lights import Press
from edge_valgus.feedback.mock import mock_pins
from edge_valgus.feedback.terminal import TerminalLights
from edge_valgus.models.find import meant_by
from edge_valgus.pose import PoseTracker
from edge_valgus.service.device import (
    Outputs,
    aim_on_signal,
    paced,
    run_device,
    stop_on_signals,
    until,
    wall_clock_from_now,
    wall_clock_of_camera,
)
from edge_valgus.service.safe_mode import is_supervised, show_until_mended
from edge_valgus.service.sightings import Sighting, tracked

REPS_PER_DRAWN_SET: Final = 5
HANDOVER_S: Final = 0.001


@click.command()
@click.option("--mock-gpio", is_flag=True, help="No pins: draw the lights in this terminal.")
@click.option("--video", type=FILE, help="Watch this file, in real time, instead of the camera.")
@click.option("--drawn", is_flag=True, help="Watch drawn lifters, one after the other, instead of the camera.")
@click.option("--state-dir", help="Folder of the database; goes before the settings file.")
@click.option("--runtime-dir", help="Folder of the socket to the page; goes before the settings file.")
@model_options
@config_option
def run(
    *,
    mock_gpio: bool,
    video: Path | None,
    drawn: bool,
    state_dir: str | None,
    runtime_dir: str | None,
    model_dir: Path | None,
    model_name: str | None,
    runtime: str | None,
    config_file: Path | None,
) -> None:
    """Watch the camera, drive the lights, keep the sets: the half of the device that sees pictures.

    It needs MoveNet (`edge-valgus models fetch`): before a camera, the practice network that comes with edge-valgus runs only
    if it is asked for by its name. It opens no network socket; the page is the other process, `edge-valgus web`. Ends on SIGTERM or Ctrl-C after writing
    what was counted; anything that goes wrong lights the fault pattern and ends it, so that systemd starts it anew. Started by systemd
    with a wrong settings file, it shows the fault until the file is mended, and then starts anew.

    \b
    edge-valgus run                                      on the device
    edge-valgus run --mock-gpio --video squat.mp4        at a desk
    edge-valgus run --mock-gpio --drawn                  the device without a camera, to try it
    """
    if drawn and video is not None:
        raise click.UsageError("--drawn and --video both say what to watch instead of the camera: give one of them.")
    # What a frame's answer may wait at most for another thread's Python, instead of 5 ms.
    sys.setswitchinterval(HANDOVER_S)
    given = {"model_name": model_name, "runtime": runtime, "state_dir": state_dir, "runtime_dir": runtime_dir}
    presses: SimpleQueue[Press] = SimpleQueue()
    with (
        stop_on_signals() as stop,
        aim_on_signal(presses),
        TerminalLights() if mock_gpio else nullcontext() as terminal,
    ):
        pins = mock_pins() if mock_gpio else None
        try:
            config = settings(config_file, **given)
        except ConfigError as error:
            if not is_supervised():
                raise
            sound = overridden(sound_config(config_file), **given)
            show_until_mended(error, sound, pins=pins, terminal=terminal, stop=stop)
            if stop.is_set():
                return
            raise
        source = _source(config, video, drawn=drawn)

        def sightings() -> Iterable[Sighting]:
            network, _ = open_model(config, model_dir, real_people=video is None and not drawn)
            with source:
                seen = tracked(source, PoseTracker(network, config.zone))
                yield from until(stop, paced(seen, stop) if video is not None else seen)

        run_device(
            sightings,
            Outputs(
                config,
                source=_name(config, video, drawn=drawn),
                model=_model_to_show(config, model_dir),
                to_wall=wall_clock_from_now() if video is not None else wall_clock_of_camera(),
                pins=pins,
                terminal=terminal,
                stop=stop,
                presses=presses,
            ),
        )


def _source(config: Config, video: Path | None, *, drawn: bool) -> Source:
    if video is not None:
        return VideoFile(video)
    if drawn:
        from edge_valgus.capture.drawn.rack import DrawnRack
        from edge_valgus.service.demo import BREAK_S, lifters

        return DrawnRack(lifters(0, REPS_PER_DRAWN_SET), break_s=config.count.rest_s + BREAK_S)
    return PiCamera(config.camera)


def _model_to_show(config: Config, model_dir: Path | None) -> str:
    try:
        return meant_by(config.model.name, model_dir=model_dir, state_dir=config.store.state_path)
    except ModelError:  # told when the model is opened, where the lights can show that something is wrong
        return config.model.name


def _name(config: Config, video: Path | None, *, drawn: bool) -> str:
    if video is not None:
        return video.name
    return "drawn lifter" if drawn else f"camera {config.camera.number}"
