"""`edge-valgus run`: the camera's process of the device."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path
from queue import SimpleQueue

import click

from edge_valgus.capture.picamera import PiCamera
from edge_valgus.capture.source import Source
from edge_valgus.capture.video import VideoFile
from edge_valgus.cli.common import FILE, config_option, model_options, open_model, settings
from edge_valgus.config import Config
from edge_valgus.errors import ModelError
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
from edge_valgus.service.sightings import Sighting, tracked


@click.command()
@click.option("--mock-gpio", is_flag=True, help="No pins: draw the lights in this terminal.")
@click.option("--video", type=FILE, help="Watch this file, in real time, instead of the camera.")
@click.option("--state-dir", help="Folder of the database; goes before the settings file.")
@click.option("--runtime-dir", help="Folder of the socket to the page; goes before the settings file.")
@model_options
@config_option
def run(
    *,
    mock_gpio: bool,
    video: Path | None,
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
    what was counted; anything that goes wrong lights the fault pattern and ends it, so that systemd starts it anew.

    \b
    edge-valgus run                                      on the device
    edge-valgus run --mock-gpio --video squat.mp4        at a desk
    """
    config = settings(config_file, model_name=model_name, runtime=runtime, state_dir=state_dir, runtime_dir=runtime_dir)
    source: Source = VideoFile(video) if video is not None else PiCamera(config.camera)
    presses: SimpleQueue[Press] = SimpleQueue()
    with (
        stop_on_signals() as stop,
        aim_on_signal(presses),
        TerminalLights() if mock_gpio else nullcontext() as terminal,
    ):

        def sightings() -> Iterable[Sighting]:
            network, _ = open_model(config, model_dir, real_people=video is None)
            with source:
                seen = tracked(source, PoseTracker(network, config.zone))
                yield from until(stop, paced(seen, stop) if video is not None else seen)

        run_device(
            sightings,
            Outputs(
                config,
                source=_name(video, config),
                model=_model_to_show(config, model_dir),
                to_wall=wall_clock_from_now() if video is not None else wall_clock_of_camera(),
                pins=mock_pins() if mock_gpio else None,
                terminal=terminal,
                stop=stop,
                presses=presses,
            ),
        )


def _model_to_show(config: Config, model_dir: Path | None) -> str:
    try:
        return meant_by(config.model.name, model_dir=model_dir, state_dir=config.store.state_path)
    except ModelError:  # told when the model is opened, where the lights can show that something is wrong
        return config.model.name


def _name(video: Path | None, config: Config) -> str:
    return video.name if video is not None else f"camera {config.camera.number}"
