"""What several commands share: options, opening the model, printing a result."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from edge_valgus.analysis.rig import Rig
from edge_valgus.config import PRACTICE, PRACTICE_NOTICE, Config, load_config
from edge_valgus.errors import AimError
from edge_valgus.models.find import find_model, require_folder
from edge_valgus.pose import KeypointModel
from edge_valgus.service.summary import Summary
from edge_valgus.store.aim import read_aim

log = logging.getLogger(__name__)
Function = TypeVar("Function", bound=Callable[..., Any])

# Whether a file can be read is found out by opening it, and said in our own words.
FILE = click.Path(path_type=Path, readable=False)

config_option = click.option(
    "--config",
    "config_file",
    type=FILE,
    help="Settings file. Default: EDGE_VALGUS_CONFIG, else /etc/edge-valgus/config.toml, else the defaults.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")


aim_option = click.option(
    "--aim",
    "aim_file",
    type=FILE,
    metavar="FILE.json",
    help="Judge by what `edge-valgus aim` measured of this rig. Default: by the settings alone.",
)


def model_options(command: Function) -> Function:
    """Add the options that choose a model."""
    for option in (
        click.option("--runtime", type=click.Choice(["auto", "litert", "tflite-runtime"]), help="Force a runtime."),
        click.option(
            "--model", "model_name", help="A name of `edge-valgus models list`, or the path of a .tflite file."
        ),
        click.option("--model-dir", type=FILE, help="Folder of model files. Default: EDGE_VALGUS_MODEL_DIR."),
    ):
        command = option(command)
    return command


def settings(
    config_file: Path | None, *, model_name: str | None = None, runtime: str | None = None, **store_and_web: Any
) -> Config:
    """Read the settings; what the command line says goes before."""
    return overridden(load_config(config_file), model_name=model_name, runtime=runtime, **store_and_web)


def overridden(
    config: Config, *, model_name: str | None = None, runtime: str | None = None, **store_and_web: Any
) -> Config:
    """Put what the command line says in place of the settings."""
    given = {
        "model": {"name": model_name, "runtime": runtime},
        "store": {key: store_and_web.get(key) for key in ("state_dir", "runtime_dir")},
        "web": {key: store_and_web.get(key) for key in ("host", "port")},
    }
    for key, value in store_and_web.items():
        if value == "":
            raise click.UsageError(f"--{key.replace('_', '-')} is empty: give a value, or leave it out.")
    changes = {
        name: getattr(config, name).model_copy(
            update={key: value for key, value in values.items() if value is not None}
        )
        for name, values in given.items()
    }
    return config.model_copy(update=changes)


def open_model(config: Config, model_dir: Path | None, *, real_people: bool = False) -> tuple[KeypointModel, str]:
    """Find and load the model that the settings name; returns it and the name to show. Raises ModelError.

    real_people: see `find_model`. The practice network, and before a camera one that is on no list, is told of in the log and so in a terminal.
    """
    require_folder(model_dir)
    found = find_model(
        config.model.name, model_dir=model_dir, state_dir=config.store.state_path, real_people=real_people
    )
    network = KeypointModel(
        found.path,
        runtime=config.model.runtime,
        threads=config.model.threads,
        verified=found.entry is not None,
    )
    tell_of_practice(found.name)
    if real_people and found.entry is None:
        log.warning("%s is on no list of networks: nobody has measured how well it sees people", found.path)
    return network, found.name


def tell_of_practice(model: str) -> None:
    """Say so if it is the practice network: what it sees in people is worth little."""
    if model == PRACTICE:
        log.warning(PRACTICE_NOTICE)


def rig_of(aim_file: Path | None, *, model: str, size_px: tuple[int, int]) -> Rig | None:
    """What was measured of the rig that these poses come from; None without a file.

    Raises AimError when there is none in it, or one of another network or picture size.
    """
    if aim_file is None:
        return None
    found = read_aim(aim_file)
    if found is None:
        raise AimError(f"{aim_file}: is not there; measure it: edge-valgus aim --video VIDEO --out {aim_file}")
    if other := found.differs(model=model, size_px=size_px):
        raise AimError(f"{aim_file}: was measured with {other}; leave --aim out, or aim with the same")
    return found.rig


@contextmanager
def progress_bar(what: str, total: int | None) -> Iterator[Callable[[], None]]:
    """Show a bar on a terminal, and nothing in a pipe; yields the function that moves it by one."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda: progress.advance(task)


def print_summary(summary: Summary, *, as_json: bool) -> None:
    """Print the result of a run."""
    if as_json:
        click.echo(json.dumps(summary.as_dict(), allow_nan=False))
        return
    console = Console(highlight=False)
    if summary.reps:
        console.print(summary.table())
        console.print()
    seen_with = "; seen with the practice network" if summary.model == PRACTICE else ""
    console.print(f"{summary.source}: {summary.headline()}{seen_with}.", soft_wrap=True, markup=False)
    sys.stdout.flush()
