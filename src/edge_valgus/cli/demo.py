"""`edge-valgus demo`: the whole product at a desk."""

from __future__ import annotations

import itertools
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import click

from edge_valgus.cli.common import (
    config_option,
    json_option,
    model_options,
    open_model,
    print_summary,
    settings,
)
from edge_valgus.feedback.mock import mock_pins
from edge_valgus.feedback.terminal import TerminalLights
from edge_valgus.service import demo as drawn
from edge_valgus.service.device import Outputs, paced, run_device, stop_on_signals, until, wall_clock_from_now
from edge_valgus.service.summary import Summary

SETS_WITHOUT_TERMINAL = 2


@click.command()
@click.option("--reps", type=click.IntRange(1, 100), default=5, show_default=True, help="Reps per set.")
@click.option(
    "--sets", type=click.IntRange(1, 1000), help="Stop after so many sets.  [default: on a terminal, never; else 2]"
)
@click.option("--headless", is_flag=True, help="One set, no page and no lights, as fast as it goes: for scripts.")
@json_option
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True, help="Port of the page.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Which lifters come.")
@model_options
@config_option
def demo(
    *,
    reps: int,
    sets: int | None,
    headless: bool,
    as_json: bool,
    port: int,
    seed: int,
    model_dir: Path | None,
    model_name: str | None,
    runtime: str | None,
    config_file: Path | None,
) -> None:
    """Watch drawn lifters squat: model, counting, knee lights in this terminal, page on http://127.0.0.1:8080.

    MoveNet looks at them if it was fetched, and else the practice network that comes with edge-valgus. Each lifter lets the left knee cave in on the third rep and the right one on the fifth. Everything is as on the device
    except the camera and the pins. Ends with Ctrl-C; without a terminal, after its sets.

    \b
    edge-valgus demo
    edge-valgus demo --reps 5 --headless --json
    """
    config = settings(config_file, model_name=model_name, runtime=runtime)
    terminal = sys.stdout.isatty() and not (headless or as_json)
    if headless:
        sets = sets or 1
    elif not terminal:
        sets = sets or SETS_WITHOUT_TERMINAL
    network, model = open_model(config, model_dir)
    summary = Summary("drawn lifter", model, network.runtime)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="edge-valgus-demo-"))
        config = drawn.config_for(config, folder, port)
        stop = stack.enter_context(stop_on_signals())
        if not headless:
            address = stack.enter_context(drawn.page(config, Path(folder) / "config.toml"))
            click.echo(f"The page is at {address}" + (", until Ctrl-C." if terminal else "."), err=as_json)
        lamps = stack.enter_context(TerminalLights()) if not (headless or as_json) else None
        lifters = itertools.islice(drawn.lifters(seed, reps), sets)
        sightings = drawn.show(lifters, network, config)
        if not headless:
            sightings = paced(sightings, stop)
        run_device(
            lambda: until(stop, sightings),
            Outputs(
                config,
                source="drawn lifter",
                model=model,
                to_wall=wall_clock_from_now(),
                pins=mock_pins(),
                terminal=lamps,
                extra=(summary,),
                fault_shown_s=0.0,
                stop=stop,
            ),
        )
    print_summary(summary, as_json=as_json)
