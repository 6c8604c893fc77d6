"""Scenes in, poses out: through the renderer and the network, and kept, so that they can be judged anew in seconds."""

from __future__ import annotations

import ast
import hashlib
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Protocol, cast

import numpy as np
from numpy.typing import NDArray

import edge_valgus
from accuracy_bench import baselines
from accuracy_bench.baselines import WholeFrameTracker
from accuracy_bench.record import Known, Seen
from edge_valgus.capture.source import Source
from edge_valgus.config import Config
from edge_valgus.frames import KEYPOINT_COUNT, Frame, Pose
from edge_valgus.pose import PoseTracker
from edge_valgus.pose.tracker import Network

POSES_VERSION: Final = 2  # raise it when kept poses are no longer those that the renderer and the tracker would give
TRACKED: Final = "tracked"
WHOLE: Final = "whole"


class Scene(Protocol):
    """A drawn scene: what `scenes` and `negatives` make up."""

    @property
    def conditions(self) -> Mapping[str, str]:
        """Labels under which it is reported."""

    def known(self) -> Known:
        """The truth about each frame."""

    def source(self) -> Source:
        """Its pictures, with the times that `known` has."""


class Tracker(Protocol):
    """`PoseTracker`, or the baseline that always looks at the whole picture."""

    def track(self, frame: Frame) -> Pose | None:
        """One frame on."""


Views = dict[str, Seen]
"""What was seen, by the way of seeing: `TRACKED` (the device's) and `WHOLE`."""


def see(scene: Scene, network: Network) -> Views:
    """Draw a scene once and look at it in both ways."""
    zone = Config().zone
    trackers: dict[str, Tracker] = {TRACKED: PoseTracker(network, zone), WHOLE: WholeFrameTracker(network, zone)}
    poses: dict[str, list[tuple[float, Pose | None]]] = {name: [] for name in trackers}
    with scene.source() as source:
        for frame in source:
            for name, tracker in trackers.items():
                poses[name].append((frame.time_s, tracker.track(frame)))
    return {name: Seen(tuple(of_view)) for name, of_view in poses.items()}


@dataclass(frozen=True, slots=True)
class PoseShelf:
    """A folder that keeps what was seen: one .npz for each suite, seed and model.

    A file that is damaged, of another version, of another scene (the truth has changed since) or of another network under the
    same name counts as missing, so that it is made anew and replaced. What only the code that saw it has changed of is used, and told (`is_old`): most
    changes of code change no pose, and to see thousands of scenes anew takes a night.
    """

    folder: Path
    model: str
    sha256: str = ""  # of the network's file

    def path(self, suite: str, seed: int) -> Path:
        """Where that scene's poses lie."""
        return self.folder / f"{suite}-{seed:06d}-{self.model}.npz"

    def load(self, suite: str, seed: int, known: Known) -> Views | None:
        """The poses of a scene, None if they have to be made."""
        try:
            # Opened here: from a damaged archive, numpy runs away without closing it.
            with self.path(suite, seed).open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                if str(file["key"]) != _key(known) or str(file["network"]) != self.sha256:
                    return None
                return {name: _unpacked(file, name) for name in (TRACKED, WHOLE)}
        except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile):
            return None

    def is_old(self, suite: str, seed: int) -> bool:
        """Whether the kept poses come from another renderer or tracker than this one: their code has changed since."""
        with self.path(suite, seed).open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            return "code" not in file or str(file["code"]) != code_key()

    def keep(self, suite: str, seed: int, known: Known, views: Views) -> None:
        """Write the poses of a scene. Raises OSError when the folder can't be written to."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.path(suite, seed)
        # Under another name until it is whole: several processes and runs may use one folder.
        growing = path.with_name(f".{path.stem}.{os.getpid()}.npz")
        arrays = {key: array for name, seen in views.items() for key, array in _packed(seen, name).items()}
        try:
            made = {"key": np.array(_key(known)), "code": np.array(code_key()), "network": np.array(self.sha256)}
            np.savez_compressed(growing, **made, **cast("dict[str, NDArray[np.float64]]", arrays))
            growing.replace(path)
        finally:
            growing.unlink(missing_ok=True)


MAKES_POSES: Final = (
    "capture/drawn/*.py",
    "capture/orientation.py",
    "capture/pixels.py",
    "capture/video.py",
    "pose/*.py",
    "frames.py",
    "config.py",
)


@cache
def code_key() -> str:
    """Changes with the code that draws scenes, reads videos and looks at them; not with its comments and layout."""
    package = Path(edge_valgus.__file__).parent
    paths = [path for pattern in MAKES_POSES for path in sorted(package.glob(pattern))]
    digest = hashlib.sha256()
    for path in (*paths, Path(baselines.__file__)):
        # Written anew and not dumped: a dump differs between versions of Python.
        digest.update(ast.unparse(ast.parse(path.read_bytes())).encode())
    return digest.hexdigest()[:16]


def _key(known: Known) -> str:
    digest = hashlib.sha256()
    for array in (known.time_s, known.depth, known.knee_in_m):
        # To the micrometre and microsecond: another processor's rounding is no other scene.
        digest.update(np.round(array, 6).astype("<f8").tobytes())
    return f"{POSES_VERSION}-{digest.hexdigest()[:16]}"


def _packed(seen: Seen, name: str) -> dict[str, NDArray[np.generic]]:
    shape = (len(seen.poses), KEYPOINT_COUNT)
    xy_px, score = np.full((*shape, 2), np.nan, np.float32), np.zeros(shape, np.float32)
    size_px, person = np.zeros((shape[0], 2), np.int32), np.zeros(shape[0], np.int32)
    for index, (_, pose) in enumerate(seen.poses):
        if pose is not None:
            xy_px[index], score[index], size_px[index] = pose.xy_px, pose.score, pose.size_px
            person[index] = pose.person
    time_s = np.array([time_s for time_s, _ in seen.poses], np.float64)
    return {
        f"{name}_time_s": time_s,
        f"{name}_xy_px": xy_px,
        f"{name}_score": score,
        f"{name}_size_px": size_px,
        f"{name}_person": person,
    }


def _unpacked(file: Mapping[str, NDArray[np.generic]], name: str) -> Seen:
    time_s = cast("NDArray[np.float64]", file[f"{name}_time_s"])
    xy_px, score = file[f"{name}_xy_px"].astype(np.float32), file[f"{name}_score"].astype(np.float32)
    size_px, person = (file[f"{name}_{what}"].astype(np.int32) for what in ("size_px", "person"))
    frames = (len(time_s), KEYPOINT_COUNT)
    if (
        xy_px.shape != (*frames, 2)
        or score.shape != frames
        or size_px.shape != (frames[0], 2)
        or person.shape != frames[:1]
    ):
        raise ValueError(f"{name}: {xy_px.shape} keypoints: expected {(*frames, 2)}")
    return Seen(
        tuple(
            (at_s, None if width == 0 else Pose(xy, confidence, at_s, (width, height), who))
            for at_s, xy, confidence, (width, height), who in zip(
                time_s.tolist(), xy_px, score, size_px.tolist(), person.tolist(), strict=True
            )
        )
    )
