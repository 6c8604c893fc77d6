"""The command lines that make the network."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zipfile import BadZipFile

import click

from keypoint_training import INSTALL
from keypoint_training.shards import PICTURES_PER_SHARD, Drawing

if TYPE_CHECKING:
    from keypoint_training.fit import Progress
    from keypoint_training.network import Weights

MODEL_FILE: Final = "edge_valgus_lifter_int8.tflite"
FLOAT_FILE: Final = "edge_valgus_lifter_float.tflite"
RECORD_FILE: Final = "training.json"
SEEN_FILE: Final = "seen.png"
PICTURES: Final = 40_960
EPOCHS: Final = 5
REPORT_S: Final = 15.0
SHOWN: Final = 48  # pictures on the sheet of what the network sees

NO_FILES: Final = (OSError, ValueError, EOFError, BadZipFile)  # what reading and writing files raises
FILE: Final = click.Path(path_type=Path)
SETTINGS: Final = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

out_option = click.option(
    "--out", type=FILE, default=Path("build/train"), show_default=True, help="Folder for everything it makes."
)
seed_option = click.option(
    "--seed", type=click.IntRange(0, 200), default=0, show_default=True, help="The same seed, the same pictures."
)
float_option = click.option(
    "--float", "with_float", is_flag=True, help=f"Write {FLOAT_FILE} too, the unquantized network, to compare with."
)
jobs_option = click.option(
    "--jobs", type=click.IntRange(1, 256), default=os.cpu_count() or 1, show_default=True, help="Processes that draw."
)


@click.command(context_settings=SETTINGS)
@out_option
@seed_option
@click.option(
    "--pictures", type=click.IntRange(PICTURES_PER_SHARD), default=PICTURES, show_default=True, help="How many to draw."
)
@click.option(
    "--epochs", type=click.IntRange(1), default=EPOCHS, show_default=True, help="How often each is shown, on average."
)
@jobs_option
@click.option("--device", type=click.Choice(["cpu", "cuda"]), help="What trains. Default: a GPU, if there is one.")
@click.option("--batch", type=click.IntRange(1), help="Pictures a step. Default: 32, on a GPU 256.")
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True),
    help="Train no longer than that, with as many pictures as are drawn by then. The result depends on the machine's speed.",
)
@click.option("--weights-only", is_flag=True, help="Leave out the conversion, which needs TensorFlow; see convert.py.")
@float_option
def train(
    *,
    out: Path,
    seed: int,
    pictures: int,
    epochs: int,
    jobs: int,
    device: str | None,
    batch: int | None,
    minutes: float | None,
    weights_only: bool,
    with_float: bool,
) -> None:
    """Make the keypoint network of the repository from scratch.

    Draws lifters, trains on them, and writes OUT/edge_valgus_lifter_int8.tflite. An hour and a quarter on two cores,
    and seven minutes with a GPU and some cores that draw. Stop it when you like: started again with the same options, it goes on.
    Needs the extra `train`: pip install -e '.[train]', on Python 3.11.
    """
    try:
        import torch

        from keypoint_training.fit import BATCH, Plan, fit
        from keypoint_training.supply import Supply

        if not weights_only:
            import tensorflow  # noqa: F401, ICN001  to say now, and not after an hour, that it is missing
    except ImportError as error:
        raise click.ClickException(f"{error}; {INSTALL}") from error
    if device == "cuda" and not torch.cuda.is_available():
        raise click.ClickException("--device cuda: torch finds no GPU; leave it out to train on the CPU")
    trains = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    shards = pictures // PICTURES_PER_SHARD
    plan = Plan(seed, shards, epochs, batch or BATCH[trains.type], 60.0 * minutes if minutes is not None else None)
    try:
        with (
            Drawing(out / "pictures", seed=seed, shards=shards, jobs=jobs) as drawing,
            Supply(drawing, trains) as supply,
        ):
            click.echo(f"Training on {_name(trains)}: {plan.steps} steps of {plan.batch} pictures")
            weights, outcome = fit(supply, plan, out, device=trains, report=_reporter(), say=click.echo)
            record = {**asdict(plan), **asdict(outcome), "device": _name(trains), "torch": str(torch.__version__)}
            (out / RECORD_FILE).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
            _show(weights, supply, out / SEEN_FILE)
        click.echo(f"{outcome}")
        if not weights_only:
            _convert(weights, out, seed=seed, jobs=jobs, with_float=with_float)
    except NO_FILES as error:
        raise click.ClickException(str(error)) from error


@click.command(context_settings=SETTINGS)
@click.argument("weights_file", type=FILE)
@out_option
@seed_option
@jobs_option
@float_option
def convert(weights_file: Path, *, out: Path, seed: int, jobs: int, with_float: bool) -> None:
    """Make OUT/edge_valgus_lifter_int8.tflite from WEIGHTS_FILE, the weights.npz that train.py has written.

    Draws some pictures if OUT has none, to see which numbers occur. For training on a machine without TensorFlow.
    """
    try:
        from keypoint_training.network import read

        weights = read(weights_file)
    except ImportError as error:
        raise click.ClickException(f"{error}; {INSTALL}") from error
    except NO_FILES as error:
        raise click.ClickException(f"{weights_file}: {error}") from error
    try:
        _convert(weights, out, seed=seed, jobs=jobs, with_float=with_float)
    except ImportError as error:
        raise click.ClickException(f"{error}; {INSTALL}") from error
    except KeyError as error:
        raise click.ClickException(f"{weights_file}: lacks {error}, so it holds no weights of this network") from error
    except NO_FILES as error:
        raise click.ClickException(str(error)) from error


def _convert(weights: Weights, out: Path, *, seed: int, jobs: int, with_float: bool) -> None:
    from keypoint_training.quantize import SHARDS, quantized, unquantized

    with Drawing(out / "pictures", seed=seed, shards=SHARDS, jobs=jobs) as drawing:
        shards = [drawing.wait_for(path) for path in drawing.paths]
    click.echo("Quantizing")
    if with_float:
        (out / FLOAT_FILE).write_bytes(unquantized(weights))
    written = out / MODEL_FILE
    written.write_bytes(quantized(weights, shards))
    click.echo(f"{written}: {written.stat().st_size / 1e6:.2f} MB")


def _name(device: Any) -> str:
    import torch

    return str(torch.cuda.get_device_name(device)) if device.type == "cuda" else "the CPU"


def _show(weights: Weights, supply: Any, path: Path) -> None:
    """Write a sheet of pictures that nothing was learned from, with what the network sees in them."""
    import numpy as np
    import torch

    from keypoint_training.network import decode, network_of
    from keypoint_training.overlay import sheet
    from keypoint_training.vary import middle

    kept, xy = (part.cpu()[:: max(1, PICTURES_PER_SHARD // SHOWN)] for part in supply.held_out())
    pictures = middle(kept)
    with torch.no_grad():
        said = decode(*network_of(weights)(pictures))
    images = pictures.permute(0, 2, 3, 1).numpy().astype(np.uint8)
    sheet(images, xy.numpy(), said[..., :2].flip(2).numpy()).save(path)


def _reporter() -> Callable[[Progress], None]:
    began_s = time.monotonic()
    last_s = -REPORT_S
    first_share: float | None = None

    def report(progress: Progress) -> None:
        nonlocal last_s, first_share
        now_s = time.monotonic()
        first_share = progress.share if first_share is None else first_share
        if now_s - last_s < REPORT_S:
            return
        last_s = now_s
        done = progress.share - first_share
        left = f"{(1.0 - progress.share) / done * (now_s - began_s) / 60:.0f} min left" if done > 0.0 else "begun"
        click.echo(
            f"{100 * progress.share:.1f} %, {left}: step {progress.step}, {progress.pictures_s:.0f} pictures a second, "
            f"{progress.shards * PICTURES_PER_SHARD} drawn; heat {progress.heat:.3f}, offsets {progress.offsets:.3f}"
        )

    return report
