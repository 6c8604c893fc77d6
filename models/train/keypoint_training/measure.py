"""Networks beside each other on the same squares: how far off their joints are, and whether they see people in empty gyms.

The squares are cut out of whole drawn sets by the device's own crop tracker, which here follows the true joints, so that
no network is judged by what another one did to the crop.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import click
import numpy as np
from numpy.typing import NDArray

from edge_valgus.capture.drawn.timing import FrameTiming
from edge_valgus.cli.common import FILE, progress_bar
from edge_valgus.config import ZoneConfig
from edge_valgus.frames import (
    LEFT_ANKLE,
    LEFT_HIP,
    LEFT_KNEE,
    RIGHT_ANKLE,
    RIGHT_HIP,
    RIGHT_KNEE,
    Frame,
)
from edge_valgus.pose import KeypointModel
from edge_valgus.pose.crop import CropSampler, CropTracker, search_crops
from edge_valgus.pose.gate import is_lifter

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "benchmarks"))
from accuracy_bench.scenes import squat_scene
from accuracy_bench.stats import wilson

JOINTS: Final = {
    "hip": (LEFT_HIP, RIGHT_HIP),
    "knee": (LEFT_KNEE, RIGHT_KNEE),
    "ankle": (LEFT_ANKLE, RIGHT_ANKLE),
}
LEGS: Final = ((LEFT_HIP, LEFT_KNEE, LEFT_ANKLE), (RIGHT_HIP, RIGHT_KNEE, RIGHT_ANKLE))
FPS: Final = 2.0

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Errors:
    """Of one network in one set. off: [frames, 17] in shares of leg length; depth: [frames], the true one."""

    off: Array
    depth: Array


def errors_in(seed: int, networks: Sequence[KeypointModel]) -> list[Errors]:
    """One drawn set, seen by each network through the same squares."""
    scene = squat_scene(seed)
    scene = replace(scene, script=replace(scene.script, timing=FrameTiming(FPS)))
    samplers = [CropSampler(network.side_px) for network in networks]
    crops = CropTracker()
    off: list[list[Array]] = [[] for _ in networks]
    depths, leg_px = [], 0.0
    with scene.source() as source:
        for frame in source:
            truth = source.truth(frame.time_s)
            if not truth.visible.all():
                continue
            crop = crops.follow(truth.xy_px, truth.visible, frame.time_s)
            legs = truth.xy_px[np.array(LEGS)].astype(np.float64)
            leg_px = max(leg_px, float(np.hypot(*np.diff(legs, axis=1).transpose(2, 0, 1)).sum(axis=1).max()))
            depths.append(truth.depth)
            for network, sampler, of_network in zip(networks, samplers, off, strict=True):
                answer = network.infer(sampler.sample(frame.image, crop))
                of_network.append(np.hypot(*(crop.in_frame_px(answer) - truth.xy_px).T))
    return [Errors(np.array(of_network).reshape(-1, 17) / max(leg_px, 1.0), np.array(depths)) for of_network in off]


def empty_gym(seed: int) -> Iterator[Frame]:
    """Pictures of a drawn set's gym in which nobody is."""
    scene = squat_scene(seed)
    script = replace(scene.script, lifter=None, others=(), duration_s=1.0, timing=FrameTiming(1.0))
    with replace(scene, script=script).source() as source:
        yield from source


def people_seen(seed: int, network: KeypointModel) -> tuple[int, int]:
    """In how many of the squares that a search looks through somebody believable is seen, and of how many."""
    seen = count = 0
    sampler, zone = CropSampler(network.side_px), ZoneConfig()
    for frame in empty_gym(seed):
        for crop in search_crops(frame.size_px, zone.left, zone.right):
            answer = network.infer(sampler.sample(frame.image, crop))
            seen += is_lifter(crop.in_frame_px(answer), answer[:, 2], frame.size_px, zone, following=False)
            count += 1
    return seen, count


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.argument("models", nargs=-1, required=True, type=FILE)
@click.option("--first", type=click.IntRange(0), default=20_000, show_default=True, help="Seed of the first drawn set.")
@click.option("--sets", type=click.IntRange(1), default=40, show_default=True, help="How many drawn sets.")
def measure(models: tuple[Path, ...], first: int, sets: int) -> None:
    """Print how far each of the MODELS is off on the same drawn sets, as a table in Markdown."""
    networks = [KeypointModel(path, verified=True) for path in models]
    found: list[list[Errors]] = []
    people = [[0, 0] for _ in networks]
    with progress_bar("measuring", sets) as done:
        for seed in range(first, first + sets):
            found.append(errors_in(seed, networks))
            for total, network in zip(people, networks, strict=True):
                seen, count = people_seen(seed, network)
                total[0], total[1] = total[0] + seen, total[1] + count
            done()
    click.echo("| network | hip | knee | ankle | hip, deep | knee, deep | ankle, deep | somebody in an empty gym |")
    click.echo("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for index, path in enumerate(models):
        off = np.concatenate([errors[index].off for errors in found])
        deep = np.concatenate([errors[index].depth for errors in found]) > 0.6
        cells = [f"{100 * np.mean(part[:, list(of)]):.2f} %" for part in (off, off[deep]) for of in JOINTS.values()]
        seen, count = people[index]
        low, high = wilson(seen, count)
        click.echo(f"| {path.name} | {' | '.join(cells)} | {seen} of {count} [{100 * low:.1f}, {100 * high:.1f} %] |")
    click.echo("\nMean distance from the true joint, in % of leg length; deep: depth over 0.6.")
