"""The tables of the model card: the network of our own beside another one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import click
import numpy as np

from edge_valgus.cli.common import FILE, progress_bar
from edge_valgus.config import MOVENET, PRACTICE
from edge_valgus.errors import EdgeValgusError
from edge_valgus.models.find import find_model
from edge_valgus.pose import KeypointModel
from edge_valgus.pose.model import Runtime, available_runtimes
from edge_valgus.pose.tracker import Network

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "benchmarks"))
from accuracy_bench.clip_index import FRONT, NEGATIVE, SIDE, Clip, read_clips
from accuracy_bench.stats import wilson
from keypoint_training.clips_beside import Beside, beside
from keypoint_training.drawn_errors import DEEP, JOINTS, Errors, errors_in, seen_in_empty_gym, together
from keypoint_training.networks import FloatNetwork
from keypoint_training.pace import times_ms

MOST_BYTES: Final = 1_200_000
MOST_TIME: Final[dict[Runtime, float]] = {"litert": 0.45, "tflite-runtime": 0.65}  # of the other's
MOST_ERROR: Final = 0.5  # of the other's
MOST_WORSE: Final = 0.10  # for being quantized
MOST_PEOPLE: Final = 0.01  # of the squares in which nobody is
Item = TypeVar("Item")
Result = TypeVar("Result")

CLIPS: Final = {"squats from the front": FRONT, "squats from the side or behind": SIDE, "no squats": NEGATIVE}


@dataclass(frozen=True, slots=True)
class Target:
    """What is to hold."""

    what: str
    most: float
    found: float

    def row(self) -> str:
        """A row of the table."""
        return (
            f"| {self.what} | at most {self.most:g} | {self.found:.3g} | {'yes' if self.found <= self.most else 'no'} |"
        )


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--model", default=PRACTICE, show_default=True, help="Name or path of the network to measure.")
@click.option(
    "--beside", "other_name", default=MOVENET, show_default=True, help="Name or path of the one to compare with."
)
@click.option(
    "--float", "float_file", type=FILE, help="The unquantized file that convert.py wrote, to see what 8 bits cost."
)
@click.option("--clips", type=FILE, help="Folder of recordings with an INDEX.json, to see how both differ on people.")
@click.option("--first", type=click.IntRange(0), default=20_000, show_default=True, help="Seed of the first drawn set.")
@click.option("--sets", type=click.IntRange(1), default=30, show_default=True, help="How many drawn sets.")
@click.option("--gyms", type=click.IntRange(1), default=150, show_default=True, help="How many empty gyms.")
@click.option("--runs", type=click.IntRange(1), default=200, show_default=True, help="Pictures to take the time of.")
def measure(
    *,
    model: str,
    other_name: str,
    float_file: Path | None,
    clips: Path | None,
    first: int,
    sets: int,
    gyms: int,
    runs: int,
) -> None:
    """Print, in Markdown, how good a network is beside another one, and which of its targets it meets."""
    try:
        recordings = read_clips(clips) if clips is not None else ()  # before anything that takes long
        paths = find_model(model).path, find_model(other_name).path
        networks: list[Network] = [KeypointModel(path, threads=1, verified=True) for path in paths]
        floats: list[Network] = [FloatNetwork(float_file)] if float_file is not None else []
        targets = [Target("size, MB", MOST_BYTES / 1e6, paths[0].stat().st_size / 1e6)]
        targets += _pace(paths, runs)
        targets += _drawn(networks, floats, range(first, first + sets))
        targets += _empty(networks, range(first, first + gyms))
        if clips is not None:
            _people(recordings, *networks)
    except EdgeValgusError as error:
        raise click.ClickException(str(error)) from error
    click.echo("\n| target | asked for | measured | holds? |\n| --- | --- | --- | --- |")
    click.echo("\n".join(target.row() for target in targets))


def _pace(paths: Sequence[Path], runs: int) -> list[Target]:
    click.echo("| runtime, one thread | network | the other | shortest, as a share | median, as a share |")
    click.echo("| --- | --- | --- | --- | --- |")
    targets = []
    for runtime in available_runtimes():
        taken_ms = times_ms([KeypointModel(path, runtime=runtime, threads=1, verified=True) for path in paths], runs)
        (own_ms, other_ms), (own_median_ms, other_median_ms) = taken_ms.min(axis=1), np.median(taken_ms, axis=1)
        share = own_ms / other_ms
        click.echo(
            f"| {runtime} | {own_ms:.1f} ms | {other_ms:.1f} ms | {share:.2f} | {own_median_ms / other_median_ms:.2f} |"
        )
        targets.append(Target(f"time, of the other's, {runtime}", MOST_TIME[runtime], share))
    return targets


def _drawn(networks: Sequence[Network], floats: Sequence[Network], seeds: range) -> list[Target]:
    found = _each("drawn sets", seeds, lambda seed: errors_in(seed, [*networks, *floats]))
    own, other, *unquantized = (together(errors) for errors in zip(*found, strict=True))
    names = ("this network", "the other", "this one before quantizing")
    deep = ", deep | ".join(JOINTS)
    click.echo(f"\n| {len(seeds)} drawn sets, {len(own.depth)} pictures | {' | '.join(JOINTS)} | {deep}, deep |")
    click.echo("| --- " * (1 + 2 * len(JOINTS)) + "|")
    for name, errors in zip(names, (own, other, *unquantized), strict=False):
        cells = [f"{100 * errors.mean(of, deep=down):.2f} %" for down in (False, True) for of in JOINTS.values()]
        click.echo(f"| {name} | {' | '.join(cells)} |")
    click.echo(f"\nMean distance from the true joint, in % of leg length; deep: depth over {DEEP}.")
    return [
        *(_share(f"error of the {kind}, of the other's", MOST_ERROR, own, other, of) for kind, of in JOINTS.items()),
        *(_worse(kind, own, unquantized[0], of) for kind, of in JOINTS.items() if unquantized),
    ]


def _share(what: str, most: float, own: Errors, other: Errors, joints: Sequence[int]) -> Target:
    return Target(what, most, own.mean(joints) / other.mean(joints))


def _worse(kind: str, own: Errors, before: Errors, joints: Sequence[int]) -> Target:
    return _share(f"error of the {kind}, of that before quantizing", 1.0 + MOST_WORSE, own, before, joints)


def _empty(networks: Sequence[Network], seeds: range) -> list[Target]:
    gyms = _each("empty gyms", seeds, lambda seed: seen_in_empty_gym(seed, networks))
    squares = sum(gym.squares for gym in gyms)
    click.echo(
        f"\n| {len(gyms)} empty gyms, {sum(gym.rack for gym in gyms)} with a rack, {sum(gym.mirror for gym in gyms)} with a mirror "
        "| somebody seen | 95 % interval |"
    )
    click.echo("| --- | --- | --- |")
    for index, name in enumerate(("this network", "the other")):
        seen = sum(gym.seen[index] for gym in gyms)
        low, high = wilson(seen, squares)
        click.echo(f"| {name} | in {seen} of {squares} squares | {100 * low:.1f} to {100 * high:.1f} % |")
    return [Target("somebody in an empty square", MOST_PEOPLE, sum(gym.seen[0] for gym in gyms) / squares)]


def _people(clips: Sequence[Clip], network: Network, other: Network) -> None:
    found = _each("recordings", clips, lambda clip: (clip.category, beside(clip.path, network, other)))
    header = " | ".join(f"{kind}, median; mean" for kind in JOINTS)
    click.echo(f"\n| recordings of people | clips | frames | lifter seen too | {header} |")
    click.echo("| --- " * (4 + len(JOINTS)) + "|")
    for name, categories in CLIPS.items():
        ours = [one for category, one in found if category in categories]
        frames = sum(one.frames for one in ours)
        share = sum(one.seen for one in ours) / frames if frames else np.nan
        cells = [_apart(ours, kind) for kind in JOINTS]
        click.echo(f"| {name} | {len(ours)} | {frames} | {100 * share:.0f} % | {' | '.join(cells)} |")
    click.echo(
        "\nDistance from where the other network sees the joint, in % of leg length, in frames in which it sees a lifter."
    )


def _apart(clips: Sequence[Beside], kind: str) -> str:
    apart = np.concatenate([clip.apart[kind] for clip in clips] or [np.zeros(0)])
    return f"{100 * np.median(apart):.1f} %; {100 * np.mean(apart):.1f} %" if len(apart) else "–"


def _each(what: str, items: Sequence[Item], do: Callable[[Item], Result]) -> list[Result]:
    with progress_bar(what, len(items)) as done:
        results = []
        for item in items:
            results.append(do(item))
            done()
    return results
