"""Networks beside each other on the same drawn squares: how far off their joints are, and whom they see where nobody is.

The squares are cut out of whole drawn sets by the device's own crop tracker, which here follows the true joints, so that
no network is judged by what another one did to the crop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accuracy_bench.scenes import squat_scene
from edge_valgus.capture.drawn.timing import FrameTiming
from edge_valgus.config import ZoneConfig
from edge_valgus.frames import LEFT_ANKLE, LEFT_HIP, LEFT_KNEE, RIGHT_ANKLE, RIGHT_HIP, RIGHT_KNEE
from edge_valgus.pose.crop import CropSampler, CropTracker, search_crops
from edge_valgus.pose.gate import is_lifter
from edge_valgus.pose.tracker import Network

JOINTS: Final = {
    "hip": (LEFT_HIP, RIGHT_HIP),
    "knee": (LEFT_KNEE, RIGHT_KNEE),
    "ankle": (LEFT_ANKLE, RIGHT_ANKLE),
}
LEGS: Final = ((LEFT_HIP, LEFT_KNEE, LEFT_ANKLE), (RIGHT_HIP, RIGHT_KNEE, RIGHT_ANKLE))
FPS: Final = 2.0
MIRRORS: Final = 0.5  # share of the empty gyms that have one on the wall
DEEP: Final = 0.6  # depth from which on a squat is called deep here

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Errors:
    """Of one network. off: [frames, 17] in shares of leg length; depth: [frames], the true one."""

    off: Array
    depth: Array

    def mean(self, joints: Sequence[int], *, deep: bool = False) -> float:
        """Mean distance of these joints from the true ones, in shares of leg length."""
        rows = self.off[self.depth > DEEP] if deep else self.off
        return float(np.mean(rows[:, list(joints)]))


def together(errors: Sequence[Errors]) -> Errors:
    """Those of several sets as one."""
    return Errors(np.concatenate([one.off for one in errors]), np.concatenate([one.depth for one in errors]))


def leg_length_px(xy_px: NDArray[np.float32]) -> float:
    """The longer leg as it is seen, from keypoints [17, 2]: hip to knee to ankle."""
    legs = xy_px[np.array(LEGS)].astype(np.float64)
    return float(np.hypot(*np.diff(legs, axis=1).transpose(2, 0, 1)).sum(axis=1).max())


def errors_in(seed: int, networks: Sequence[Network]) -> list[Errors]:
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
            leg_px = max(leg_px, leg_length_px(truth.xy_px))
            depths.append(truth.depth)
            for network, sampler, of_network in zip(networks, samplers, off, strict=True):
                answer = network.infer(sampler.sample(frame.image, crop))
                of_network.append(np.hypot(*(crop.in_frame_px(answer) - truth.xy_px).T))
    return [Errors(np.array(of_network).reshape(-1, 17) / max(leg_px, 1.0), np.array(depths)) for of_network in off]


@dataclass(frozen=True, slots=True)
class Empty:
    """Of one gym without people. seen: by network, in how many of the squares somebody. rack, mirror: whether it has one."""

    squares: int
    seen: tuple[int, ...]
    rack: bool
    mirror: bool


def seen_in_empty_gym(seed: int, networks: Sequence[Network]) -> Empty:
    """Look through the squares of a search in a drawn set's gym in which nobody is; "somebody" is what the gate believes."""
    scene = squat_scene(seed)
    script = replace(scene.script, lifter=None, others=(), duration_s=1.0, timing=FrameTiming(1.0))
    zone, squares = ZoneConfig(), 0
    random = np.random.default_rng((seed, 7))
    mirror = bool(random.random() < MIRRORS)
    samplers, seen = [CropSampler(network.side_px) for network in networks], [0] * len(networks)
    with replace(scene, script=script).source() as source:
        for frame in source:
            image = with_mirror(frame.image, random) if mirror else frame.image
            for crop in search_crops(frame.size_px, zone.left, zone.right):
                squares += 1
                for index, (network, sampler) in enumerate(zip(networks, samplers, strict=True)):
                    answer = network.infer(sampler.sample(image, crop))
                    xy_px = crop.in_frame_px(answer)
                    seen[index] += is_lifter(xy_px, answer[:, 2], frame.size_px, zone, following=False)
    return Empty(squares, tuple(seen), bool(script.frontage.uprights_x_m), mirror)


def with_mirror(image: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """The same gym, uint8 [h, w, 3], with a framed mirror on its wall that shows it once more, smaller, dimmer and reversed."""
    height_px, width_px = image.shape[:2]
    wide_px, high_px = (int(size * random.uniform(0.25, 0.5)) for size in (width_px, 1.4 * height_px))
    left_px = int(random.integers(0, width_px - wide_px))
    top_px = int(random.uniform(0.02, 0.2) * height_px)
    away = random.uniform(1.3, 1.8)  # how much farther off the room in the mirror is
    rows = np.linspace(0, min(height_px, away * high_px) - 1, high_px).astype(int)
    columns = np.linspace(0, min(width_px, away * wide_px) - 1, wide_px).astype(int)[::-1]
    hung = image.copy()
    frame_px = max(1, round(0.008 * width_px))
    hung[
        max(0, top_px - frame_px) : top_px + high_px + frame_px,
        max(0, left_px - frame_px) : left_px + wide_px + frame_px,
    ] = 60
    hung[top_px : top_px + high_px, left_px : left_px + wide_px] = image[np.ix_(rows, columns)] * random.uniform(
        0.75, 0.95
    )
    return hung
