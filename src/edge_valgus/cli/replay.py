"""`edge-valgus replay`: judge recorded keypoints again."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from pathlib import Path

import click

from edge_valgus.analysis import Analyser
from edge_valgus.capture.replay import read_poses
from edge_valgus.cli.common import (
    FILE,
    aim_option,
    config_option,
    json_option,
    print_summary,
    rig_of,
    settings,
    tell_of_practice,
)
from edge_valgus.feedback.lights import Lights
from edge_valgus.feedback.mock import mock_pins
from edge_valgus.feedback.terminal import TerminalLights
from edge_valgus.service.device import paced
from edge_valgus.service.loop import Sink, judge
from edge_valgus.service.sightings import replayed
from edge_valgus.service.sinks import LightsSink
from edge_valgus.service.summary import Summary


@click.command()
@click.argument("poses", type=FILE)
@json_option
@click.option("--lights", "with_lights", is_flag=True, help="Play it in real time and show the lights in the terminal.")
@aim_option
@config_option
def replay(poses: Path, *, as_json: bool, with_lights: bool, aim_file: Path | None, config_file: Path | None) -> None:
    """Judge POSES, a recording made by `analyze --poses`, without a camera or a model.

    The same keypoints give the same reps as when they were recorded, unless the settings or the judgement have changed:
    that is what it is for.
    """
    config = settings(config_file)
    recording = read_poses(poses)
    rig = rig_of(aim_file, model=recording.model, size_px=recording.size_px)
    tell_of_practice(recording.model)
    summary = Summary(recording.source, recording.model, "replay")
    sinks: list[Sink] = [summary]
    sightings = replayed(recording)
    with ExitStack() as stack:
        if with_lights:
            lights = stack.enter_context(Lights(config.lights, mock_pins()))
            sinks.insert(0, LightsSink(config.lights, lights, stack.enter_context(TerminalLights())))
            sightings = paced(sightings, threading.Event())
        judge(sightings, Analyser(config, rig), sinks)
    print_summary(summary, as_json=as_json)
