"""The command line of the accuracy benchmark."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import sys
from pathlib import Path
from typing import Any, Final

import click

from accuracy_bench.clip_index import read_clips
from accuracy_bench.clip_score import clip_table
from accuracy_bench.floors import below_floor
from accuracy_bench.judging import PRODUCT
from accuracy_bench.real import run_real
from accuracy_bench.report import document, markdown, suite_json
from accuracy_bench.suites import DRAWN, KEYPOINTS, NEGATIVES, REAL, Model, run_suite
from edge_valgus.cli.common import FILE, progress_bar
from edge_valgus.config import MOVENET
from edge_valgus.errors import EdgeValgusError
from edge_valgus.models.find import find_model
from edge_valgus.pose.model import available_runtimes

SUITES: Final = (DRAWN, KEYPOINTS, REAL, NEGATIVES)
SCENE_SUITES: Final = (DRAWN, KEYPOINTS, NEGATIVES)
ALL: Final = "all"
MOST_SCENES: Final = 100_000
LONGEST_RANGE: Final = 40  # characters; a seed has at most 19 digits

Seeds = tuple[int, int]


def _seeds(_: click.Context, option: click.Parameter, values: tuple[str, ...]) -> dict[str, Seeds]:
    """The range of each suite that has its own, and under "all" that of the others."""
    ranges: dict[str, Seeds] = {}
    for value in values:
        suite, equals, numbers = value.rpartition("=")
        if equals and suite not in SCENE_SUITES:
            raise click.BadParameter(
                f"{value!r}: {suite!r} is no suite of scenes; expected one of {', '.join(SCENE_SUITES)}", param=option
            )
        if (suite or ALL) in ranges:
            raise click.BadParameter(
                f"{value!r} is the second range for {suite or 'all suites'}: give one", param=option
            )
        ranges[suite or ALL] = _range(numbers, option)
    return {ALL: (0, 20), **ranges}


def _range(value: str, option: click.Parameter) -> Seeds:
    first, colon, end = value.partition(":")
    if len(value) > LONGEST_RANGE or not (
        colon and first.isascii() and first.isdigit() and end.isascii() and end.isdigit()
    ):
        raise click.BadParameter(
            f"{value[:LONGEST_RANGE]!r}: expected A:B, two whole numbers from 0, such as 0:20, or SUITE=A:B",
            param=option,
        )
    if int(first) >= int(end):
        raise click.BadParameter(
            f"{value!r} holds no seed: A:B goes from A up to but without B; raise B above {first}", param=option
        )
    if int(end) - int(first) > MOST_SCENES:
        raise click.BadParameter(
            f"{value!r} are {int(end) - int(first)} scenes: expected at most {MOST_SCENES} a run", param=option
        )
    return int(first), int(end)


OWN_FOLDER: Final = Path(__file__).resolve().parent


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--suite",
    "chosen",
    type=click.Choice([*SUITES, ALL]),
    multiple=True,
    help="What to run; give it again for more. Default: drawn.",
)
@click.option(
    "--seeds",
    metavar="[SUITE=]A:B",
    multiple=True,
    callback=_seeds,
    help="Which drawn scenes: seeds from A up to but without B (default 0:20); give it again for a suite that gets others. Those from 10000 up are for reporting only: whoever tunes "
    "the analysis on them has nothing left to measure it with.",
)
@click.option("--clips", type=FILE, metavar="DIR", help="Folder of videos with an INDEX.json, for the suite real.")
@click.option("--json", "json_out", type=FILE, metavar="OUT", help="Write every figure, with interval and n, as JSON.")
@click.option("--markdown", "markdown_out", type=FILE, metavar="OUT", help="Write the tables. Default: print them.")
@click.option(
    "--poses",
    type=FILE,
    metavar="DIR",
    help="Keep what the network saw in this folder (made if missing) and use it again: the second run takes seconds. "
    "The report says when the renderer, the crop tracking or the smoothing has changed since: delete the folder then.",
)
@click.option("--jobs", type=click.IntRange(1, 256), default=2, show_default=True, help="Processes side by side.")
@click.option(
    "--model",
    "model_name",
    metavar="NAME",
    default=MOVENET,
    show_default=True,
    help="Which network looks: a name of `edge-valgus models list`, or the path of a .tflite file.",
)
@click.option("--model-dir", type=FILE, metavar="DIR", help="Folder of model files. Default: EDGE_VALGUS_MODEL_DIR.")
@click.option("--floors", is_flag=True, help="Exit with status 1, and name them, if figures are below their floors.")
def accuracy(
    *,
    chosen: tuple[str, ...],
    seeds: dict[str, Seeds],
    clips: Path | None,
    json_out: Path | None,
    markdown_out: Path | None,
    poses: Path | None,
    jobs: int,
    model_name: str,
    model_dir: Path | None,
    floors: bool,
) -> None:
    """Measure how often edge-valgus is right, against known truth.

    \b
    drawn      whole sets, rendered with known truth, through crop tracking, network and analysis; ½ min a set
    keypoints  the same sets without pictures: true joints with the network's kind of error; ½ s a set
    real       every clip of --clips, against its INDEX.json
    negatives  drawn people who do anything but squat

    Every figure has a 95 % interval and comes per condition too, beside the usual simple methods. Exit status: 1 when a
    scene or a clip failed, or with --floors a figure; 2 for a wrong option.

    \b
    python benchmarks/accuracy.py --seeds 0:5
    python benchmarks/accuracy.py --suite keypoints --seeds 0:1000 --json keypoints.json
    python benchmarks/accuracy.py --suite real --clips clips/
    python benchmarks/accuracy.py --seeds 0:5 --model edge-valgus-lifter-int8
    python benchmarks/accuracy.py --suite all --seeds 10000:10100 --seeds keypoints=10000:10600 --clips clips/ --markdown docs/accuracy.md
    """
    suites = [suite for suite in SUITES if suite in chosen or ALL in chosen] or [DRAWN]
    _check_seeds(suites, seeds)
    _check_folders(suites, clips, poses)
    if suites == [KEYPOINTS] and (model_name != MOVENET or model_dir is not None):
        raise click.UsageError("--model and --model-dir are of no use to the suite keypoints alone: no network looks")
    _check_outputs(json_out, markdown_out, clips)
    real_clips = read_clips(clips) if clips is not None else ()  # before anything that takes long
    model = _model(model_name, model_dir) if suites != [KEYPOINTS] else None
    for option, out in (("--json", json_out), ("--markdown", markdown_out)):
        if model is not None and out is not None and out.resolve() == model.path.resolve():
            raise click.BadParameter(f"{out} is the network's own file: write elsewhere", param_hint=f"'{option}'")
    results: dict[str, Any] = {}
    clip_rows = ""
    for suite in suites:
        if suite != REAL:
            first, end = seeds.get(suite, seeds[ALL])
            with progress_bar(suite, end - first) as done:
                run = run_suite(suite, range(first, end), model=model, poses=poses, jobs=jobs, done=done)
            results[suite] = suite_json(run, (first, end))
        elif clips is not None and model is not None:
            with progress_bar(suite, len(real_clips)) as done:
                real = run_real(clips, model=model, poses=poses, jobs=jobs, done=done)
            results[suite] = real.as_dict()
            clip_rows = clip_table(real.scores[PRODUCT], real.faults) if PRODUCT in real.scores else ""
    whole = document(
        results,
        command=_command(suites, seeds, model_name, with_clips=clips is not None),
        model=model.name if model is not None else "none",
        runtime=available_runtimes()[0] if model is not None else "none",
    )
    _write(markdown(whole, clips=clip_rows), whole, json_out, markdown_out)
    faults = [fault for result in results.values() for fault in result["faults"]]
    lines = [
        *faults,
        *(
            f"below the floor: {line}"
            for line in (below_floor(results, model.name if model is not None else MOVENET) if floors else ())
        ),
    ]
    for line in lines:
        click.echo(f"accuracy.py: {line}", err=True)
    if lines:
        raise click.exceptions.Exit(1)


def _write(tables: str, whole: dict[str, Any], json_out: Path | None, markdown_out: Path | None) -> None:
    """Raises OSError, but only once the tables were written somewhere: an hour's work is in them."""
    if markdown_out is None:
        click.echo(tables, nl=False)
    try:
        if json_out is not None:
            json_out.write_text(json.dumps(whole, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        if markdown_out is not None:
            markdown_out.write_text(tables, encoding="utf-8")
    except OSError:
        if markdown_out is not None:
            click.echo(tables, nl=False)
        raise


def _model(name: str, model_dir: Path | None) -> Model:
    if model_dir is not None and not model_dir.is_dir():
        raise click.BadParameter(
            f"{model_dir} is no folder: give the one that holds the model", param_hint="'--model-dir'"
        )
    found = find_model(name, model_dir=model_dir)
    name = found.entry.name if found.entry is not None else found.path.stem
    return Model(name, found.path.absolute(), hashlib.sha256(found.path.read_bytes()).hexdigest())


def _check_seeds(suites: list[str], seeds: dict[str, Seeds]) -> None:
    for suite in seeds:
        if suite not in (*suites, ALL):
            raise click.UsageError(f"--seeds has a range for {suite}, which is not run: add --suite {suite} or drop it")


def _check_folders(suites: list[str], clips: Path | None, poses: Path | None) -> None:
    if REAL in suites:
        if clips is None:
            raise click.UsageError("--clips is missing: the suite real needs a folder of videos with an INDEX.json")
        if not clips.is_dir():
            raise click.BadParameter(f"{clips} is no folder: give one with an INDEX.json", param_hint="'--clips'")
    elif clips is not None:
        raise click.UsageError(f"--clips {clips} is of no use without --suite real: add it, or leave --clips out")
    if poses is not None:
        try:
            poses.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise click.BadParameter(
                f"{poses} cannot be a folder ({error.strerror}): give another", param_hint="'--poses'"
            ) from error
        if clips is not None and poses.resolve().is_relative_to(clips.resolve()):
            raise click.BadParameter(
                f"{poses} lies in the folder of the clips, {clips}: give another folder", param_hint="'--poses'"
            )
        if not os.access(poses, os.W_OK):
            raise click.BadParameter(f"{poses} cannot be written to: give another folder", param_hint="'--poses'")


def _check_outputs(json_out: Path | None, markdown_out: Path | None, clips: Path | None) -> None:
    if json_out is not None and markdown_out is not None and json_out.resolve() == markdown_out.resolve():
        raise click.UsageError(f"--json and --markdown are both {json_out}: give each its own file")
    for option, out in (("--json", json_out), ("--markdown", markdown_out)):
        _check_output(option, out)
        if out is not None and clips is not None and out.resolve().is_relative_to(clips.resolve()):
            raise click.BadParameter(
                f"{out} lies in the folder of the clips, {clips}: write elsewhere, or a recording is overwritten",
                param_hint=f"'{option}'",
            )


def _check_output(option: str, out: Path | None) -> None:
    """Now, and not after an hour."""
    if out is None:
        return
    folder = out.absolute().parent
    if not folder.is_dir():
        raise click.BadParameter(
            f"{out}: there is no folder {folder}; make it, or write elsewhere", param_hint=f"'{option}'"
        )
    if out.resolve().is_relative_to(OWN_FOLDER):
        raise click.BadParameter(
            f"{out} lies among the benchmark's own files: write elsewhere", param_hint=f"'{option}'"
        )
    if out.is_dir() or not os.access(out if out.exists() else folder, os.W_OK):
        raise click.BadParameter(f"{out} cannot be written: give another file", param_hint=f"'{option}'")


def _command(suites: list[str], seeds: dict[str, Seeds], model_name: str, *, with_clips: bool) -> str:
    words = ["python", "benchmarks/accuracy.py"]
    for suite in suites:
        words += ["--suite", suite]
    if suites != [REAL]:
        words += ["--seeds", "{}:{}".format(*seeds[ALL])]
        for suite in suites:
            if suite in seeds:
                words += ["--seeds", "{}={}:{}".format(suite, *seeds[suite])]
    if model_name != MOVENET:
        words += ["--model", model_name]
    if with_clips:
        words += ["--clips", "CLIPS"]
    return shlex.join(words)


def main() -> None:
    """Run the command; what goes wrong on purpose becomes one line and an exit status."""
    # TensorFlow's runtimes greet on standard error; what they say is for their developers.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        sys.exit(accuracy.main(prog_name="accuracy.py", standalone_mode=False))
    except click.ClickException as error:
        click.echo(f"accuracy.py: {error.format_message()}", err=True)
        sys.exit(error.exit_code)
    except EdgeValgusError as error:
        for line in str(error).splitlines():
            click.echo(f"accuracy.py: {line}", err=True)
        sys.exit(error.exit_code)
    except OSError as error:
        # What could be checked before was; a disk that fills up in between, or a closed pipe, tells only now.
        click.echo(f"accuracy.py: {error.filename or 'output'} cannot be written: {error.strerror}", err=True)
        sys.exit(1)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
