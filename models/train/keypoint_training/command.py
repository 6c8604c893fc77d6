"""The command line that makes the network."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from edge_valgus.cli.common import FILE, progress_bar
from keypoint_training.shards import PICTURES_PER_SHARD, draw

if TYPE_CHECKING:
    from keypoint_training.fit import Progress

MODEL_FILE: Final = "edge_valgus_lifter_int8.tflite"
FLOAT_FILE: Final = "edge_valgus_lifter_float.tflite"
PICTURES: Final = 40_960
EPOCHS: Final = 5
REPORT_S: Final = 15.0


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--out", type=FILE, default=Path("build/train"), show_default=True, help="Folder for everything it makes."
)
@click.option(
    "--seed", type=click.IntRange(0, 200), default=0, show_default=True, help="The same seed, the same pictures."
)
@click.option(
    "--pictures", type=click.IntRange(PICTURES_PER_SHARD), default=PICTURES, show_default=True, help="How many to draw."
)
@click.option(
    "--epochs", type=click.IntRange(1, 1000), default=EPOCHS, show_default=True, help="How often each is shown."
)
@click.option(
    "--jobs", type=click.IntRange(1, 256), default=os.cpu_count() or 1, show_default=True, help="Processes that draw."
)
def train(out: Path, seed: int, pictures: int, epochs: int, jobs: int) -> None:
    """Make the keypoint network of the repository from scratch.

    Draws lifters, trains on them, and writes OUT/edge_valgus_lifter_int8.tflite. About two hours on two cores. Stop it when you
    like: started again with the same options, it goes on.
    Needs the extra `train`: pip install -e '.[train]', on Python 3.11.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    count = pictures // PICTURES_PER_SHARD
    try:
        with progress_bar("drawing", count) as done:
            shards = draw(out / "pictures", seed=seed, shards=count, jobs=jobs, done=done)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    # Only now: TensorFlow takes seconds to load, and every process that draws would wait for it.
    try:
        from keypoint_training.fit import fit
        from keypoint_training.quantize import quantized, unquantized
    except ImportError as error:
        raise click.ClickException(f"{error}; install what training needs: pip install -e '.[train]'") from error
    model = fit(shards, out / "checkpoint", seed=seed, epochs=epochs, report=_reporter())
    click.echo("Quantizing")
    (out / FLOAT_FILE).write_bytes(unquantized(model))
    written = out / MODEL_FILE
    written.write_bytes(quantized(model, shards))
    click.echo(f"{written}: {written.stat().st_size / 1e6:.2f} MB")


def _reporter() -> Callable[[Progress], None]:
    last_s = -REPORT_S

    def report(progress: Progress) -> None:
        nonlocal last_s
        if time.monotonic() - last_s < REPORT_S and progress.step < progress.steps:
            return
        last_s = time.monotonic()
        left_min = (progress.steps - progress.step) * 32 / max(progress.pictures_s, 1e-6) / 60
        click.echo(
            f"step {progress.step} of {progress.steps}, {progress.pictures_s:.0f} pictures a second, "
            f"{left_min:.0f} min left; heat {progress.heat:.3f}, offsets {progress.offsets:.3f}"
        )

    return report
