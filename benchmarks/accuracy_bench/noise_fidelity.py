"""How alike the noise model's poses are to the tracker's: the same figures of both, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accuracy_bench.noise import PAIRS, noised
from accuracy_bench.noise_samples import Sample

Array = NDArray[np.float64]

BANDS: Final = {"standing": (0.0, 0.05), "to 0.35": (0.05, 0.35), "0.35-0.7": (0.35, 0.7), "from 0.7": (0.7, 2.0)}
HEIGHTS_M: Final = {"below 0.9 m": (0.0, 0.9), "above 0.9 m": (0.9, 9.0)}
FEWEST: Final = 5  # frames of a sample in a band that say something


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure of measured and of simulated poses; % of leg length unless the name says otherwise."""

    name: str
    measured: float
    simulated: float


def compare(samples: list[Sample], repeats: int = 5) -> list[Compared]:
    """How alike measured and simulated smoothed poses are; each sample is simulated `repeats` times."""
    samples = [sample.only_the_set() for sample in samples]
    measured = dict(figures(samples))
    simulated = dict(figures([_simulated(sample, seed) for seed, sample in enumerate(samples * repeats)]))
    return [Compared(name, value, simulated[name]) for name, value in measured.items()]


def figures(samples: list[Sample]) -> Iterator[tuple[str, float]]:
    """What is compared, by name."""
    yield from _knees(samples)
    yield from _hips(samples)
    yield from _jitter(samples)
    yield from _scores(samples)


def _simulated(sample: Sample, seed: int) -> Sample:
    poses = [pose for _, pose in noised(sample.true, sample.vantage, seed).poses]
    nothing = np.full((17, 2), np.nan)
    xy_px = np.array([nothing if pose is None else pose.xy_px for pose in poses], np.float64)
    score = np.array([nothing[:, 0] if pose is None else pose.score for pose in poses], np.float64)
    return replace(sample, raw_px=nothing, pose_px=xy_px, score=score)


def _inside(sample: Sample, band: str) -> NDArray[np.bool_]:
    low, high = BANDS[band]
    inside: NDArray[np.bool_] = (sample.depth >= low) & (sample.depth < high) & np.isfinite(sample.pose_px[:, 0, 0])
    return inside


def _knees(samples: list[Sample]) -> Iterator[tuple[str, float]]:
    """Error of each knee's sideways place over its ankle, outward positive."""
    errors = []
    for sample in samples:
        outward = sample.error(sample.pose_px)[..., 0]
        errors.append(outward[:, list(PAIRS["knee"])] - outward[:, list(PAIRS["ankle"])])
    at_rest = [error[_inside(sample, "standing")].mean(axis=0) for sample, error in zip(samples, errors, strict=True)]
    for band in BANDS:
        in_band = [error[_inside(sample, band)] for sample, error in zip(samples, errors, strict=True)]
        reached = [(error, rest) for error, rest in zip(in_band, at_rest, strict=True) if len(error) >= FEWEST]
        if not reached:
            continue
        means = np.concatenate([error.mean(axis=0) for error, _ in reached])
        yield f"knee offset, {band}: mean", float(means.mean())
        yield f"knee offset, {band}: between legs", float(means.std())
        yield f"knee offset, {band}: within a leg", float(np.mean([error.std(axis=0) for error, _ in reached]))
        if band == "standing":
            continue
        changed = means - np.concatenate([rest for _, rest in reached])
        yield (
            f"knee offset, {band}: change since standing, between legs",
            float(changed.std()),
        )
        changes = np.concatenate([error - rest for error, rest in reached])
        for share in (5, 95):
            label = f"knee offset, {band}: change since standing, {share}th percentile of frames"
            yield label, float(np.percentile(changes, share))


def _hips(samples: list[Sample]) -> Iterator[tuple[str, float]]:
    """Error of the hips' height over the ankles, against standing; a depth of 1 is about 50 % of leg length."""
    for label, (low_m, high_m) in HEIGHTS_M.items():
        for band in ("to 0.35", "0.35-0.7", "from 0.7"):
            changes = []
            for sample in samples:
                if low_m <= sample.vantage.height_m < high_m and _inside(sample, band).sum() >= FEWEST:
                    upward = sample.error(sample.pose_px)[..., 1]
                    above = upward[:, list(PAIRS["hip"])].mean(axis=1) - upward[:, list(PAIRS["ankle"])].mean(axis=1)
                    changes.append(above[_inside(sample, band)].mean() - above[_inside(sample, "standing")].mean())
            if changes:
                yield f"hip height, camera {label}, {band}: mean", float(np.mean(changes))
                yield f"hip height, camera {label}, {band}: between sets", float(np.std(changes))


def _jitter(samples: list[Sample]) -> Iterator[tuple[str, float]]:
    """Standard deviation of the error's change from frame to frame."""
    for joint in ("shoulder", "hip", "knee", "ankle"):
        for axis, way in enumerate(("sideways", "upward")):
            steps = [np.diff(sample.error(sample.pose_px)[:, list(PAIRS[joint]), axis], axis=0) for sample in samples]
            yield f"jitter of the {joint}s, {way}", float(np.mean([np.nanstd(step) for step in steps]))


def _scores(samples: list[Sample]) -> Iterator[tuple[str, float]]:
    for joint in ("hip", "knee", "ankle"):
        for band in ("standing", "from 0.7"):
            scores = np.concatenate([sample.score[_inside(sample, band)][:, list(PAIRS[joint])] for sample in samples])
            for share in (5, 50):
                yield f"score of the {joint}s (0-1), {band}: {share}th percentile", float(np.percentile(scores, share))
