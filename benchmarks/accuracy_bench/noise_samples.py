"""What MoveNet gets wrong on drawn lifters, measured: the material of the noise model."""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass, fields, replace
from itertools import takewhile
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accuracy_bench.noise import SIGN, STANDING_DEPTH, TrueJoints, Vantage, lifter_axes, vantage
from accuracy_bench.scenes import squat_scene
from edge_valgus.capture.drawn import CameraView, DrawnLifter, SetScript, random_set
from edge_valgus.capture.drawn.stage import DrawnStage
from edge_valgus.pose import PoseTracker
from edge_valgus.pose.smooth import OneEuro
from edge_valgus.pose.tracker import Network

Array = NDArray[np.float64]

KINDS: Final = ("sets", "scenes")
REPS: Final = 3
AROUND_S: Final = 0.8  # before and after, some lifters walk
MOST_S: Final = 22.0  # longer scenes tell little more for their time


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One measured set of n frames; unseen frames are NaN.

    raw_px, pose_px: float64 [n, 17, 2], the network's answer in the frame's pixels, and the tracker's smoothed pose.
    score: float64 [n, 17]. view: float64 [3], the vantage's height_m, yaw_deg and roll_deg.
    """

    time_s: Array
    true_px: Array
    visible: NDArray[np.bool_]
    depth: Array
    raw_px: Array
    pose_px: Array
    score: Array
    view: Array

    @property
    def true(self) -> TrueJoints:
        """As `noised` takes it."""
        return TrueJoints(self.time_s, self.true_px, self.visible, self.depth, (640, 480))

    @property
    def vantage(self) -> Vantage:
        """From where it was seen."""
        return Vantage(*self.view.tolist())

    def only_the_set(self) -> Sample:
        """From AROUND_S before the first rep to as long after the last, and only frames with all of the body in view."""
        keep = self.visible.all(axis=1)
        bent_s = self.time_s[self.depth > STANDING_DEPTH]
        if len(bent_s):
            keep &= (self.time_s >= bent_s[0] - AROUND_S) & (self.time_s <= bent_s[-1] + AROUND_S)
        return replace(
            self, **{field.name: getattr(self, field.name)[keep] for field in fields(self) if field.name != "view"}
        )

    def error(self, xy_px: Array) -> Array:
        """Outward and upward error of keypoints in % of the standing leg, float64 [n, 17, 2]."""
        left, up, leg_px = lifter_axes(self.true)
        off = 100.0 * (xy_px - self.true_px) / leg_px[:, None, None]
        return np.stack([SIGN * (off @ left), off @ up], axis=-1)


class _Overheard:
    """Stands before the tracker's smoothing and keeps what goes in: the network's answers, as they are believed."""

    def __init__(self, smooth: OneEuro) -> None:
        self._smooth = smooth
        self.reset = smooth.reset
        self.raw_px = np.empty((17, 2), np.float32)

    def smooth(
        self, value: NDArray[np.float32], time_s: float, scale: float, trust: NDArray[np.float32] | None = None
    ) -> Array:
        self.raw_px = value.copy()
        return self._smooth.smooth(value, time_s, scale, trust)


def wide_view(random: np.random.Generator, script: SetScript) -> CameraView:
    """A camera from anywhere in front, with the whole standing lifter in the picture."""
    height_m, distance_m = random.uniform(0.4, 1.5), random.uniform(2.0, 4.0)
    lowest = math.atan2(-height_m, distance_m - 0.25)
    highest = math.atan2(script.body.height_m + 0.04 - height_m, distance_m)
    return CameraView(
        height_m=height_m,
        distance_m=distance_m,
        focal_heights=0.5 / math.tan((highest - lowest) / 2) * random.uniform(0.72, 0.95),
        pitch_deg=math.degrees((lowest + highest) / 2),
        yaw_deg=random.uniform(-20, 20),
        roll_deg=random.uniform(-5, 5),
        sideways_m=random.uniform(-0.05, 0.05) * distance_m,
    )


def wide_set(seed: int) -> DrawnLifter:
    """A set as `random_set` draws it, seen from anywhere in front. Some knees travel inward."""
    random = np.random.default_rng((seed, 77))

    def travel_m() -> float:
        return random.uniform(0, 0.07) * (random.random() < 0.6)

    script = random_set(
        seed, REPS, knee_in={rep: (travel_m(), travel_m()) for rep in range(1, REPS)}, rest_s=(0.6, 1.2)
    )
    return DrawnLifter(replace(script, view=wide_view(random, script)))


def drawn(kind: str, seed: int) -> DrawnLifter | DrawnStage:
    """What is measured, by KINDS: a wide set, or one of the benchmark's own scenes."""
    return wide_set(seed) if kind == "sets" else squat_scene(seed).source()


def measure(source: DrawnLifter | DrawnStage, network: Network) -> Sample:
    """Let the tracker look at the first MOST_S of what is drawn."""
    tracker = PoseTracker(network)
    overheard = _Overheard(tracker._smooth)  # noqa: SLF001  nobody else needs what is not smoothed
    vars(tracker)["_smooth"] = overheard
    rows = []
    for frame in takewhile(lambda frame: frame.time_s <= MOST_S, source):
        truth, pose = source.truth(frame.time_s), tracker.track(frame)
        if pose is None:
            raw_px = pose_px = np.full((17, 2), np.nan)
            score = np.full(17, np.nan)
        else:
            raw_px, pose_px, score = overheard.raw_px, pose.xy_px, pose.score
        rows.append((frame.time_s, truth.xy_px, truth.visible, truth.depth, raw_px, pose_px, score))
    time_s, true_px, visible, depth, raw, seen, score = (np.array(column) for column in zip(*rows, strict=True))
    return Sample(
        time_s,
        true_px.astype(np.float64),
        visible,
        depth,
        raw.astype(np.float64),
        seen.astype(np.float64),
        score.astype(np.float64),
        np.array(astuple(vantage(source))),
    )


def save(sample: Sample, path: Path) -> None:
    """Keep a sample."""
    np.savez_compressed(path, **{field.name: getattr(sample, field.name) for field in fields(Sample)})


def load(folder: Path, chosen: list[str]) -> list[Sample]:
    """The samples chosen, each as "KIND:FIRST:END", that are in the folder.

    Raises FileNotFoundError if there are none of a choice, ValueError for one that is none.
    """
    samples = []
    for choice in chosen:
        kind, seeds = seeds_of(choice)
        paths = [path for seed in seeds if (path := path_of(folder, kind, seed)).is_file()]
        if not paths:
            raise FileNotFoundError(f"{folder}: no samples of {choice}; run `measure` first")
        samples += [Sample(**np.load(path)) for path in paths]
    return samples


def path_of(folder: Path, kind: str, seed: int) -> Path:
    """Where a sample is kept."""
    return folder / f"{kind}-{seed}.npz"


def seeds_of(choice: str) -> tuple[str, range]:
    """Read "KIND:FIRST:END"; END is not included. Raises ValueError."""
    match choice.split(":"):
        case [kind, first, end] if kind in KINDS and first.isdigit() and end.isdigit() and int(first) < int(end):
            return kind, range(int(first), int(end))
    raise ValueError(
        f"{choice!r}: expected KIND:FIRST:END with a kind of {' or '.join(KINDS)}, for instance sets:300:340"
    )
