"""Real people: every clip of a folder, seen and judged as the device would, and scored (`clip_score`)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from accuracy_bench.baselines import BASELINES, DESCRIPTIONS
from accuracy_bench.clip_index import Clip, read_clips
from accuracy_bench.clip_score import ClipScore, clip_dict, real_figures, score_clip
from accuracy_bench.figures import as_json
from accuracy_bench.judging import PRODUCT, Judge, Product
from accuracy_bench.record import Known
from accuracy_bench.seeing import TRACKED, WHOLE, PoseShelf, Views, see
from accuracy_bench.suites import NO_CROP, Model
from accuracy_bench.workers import workers
from edge_valgus.capture.source import Source
from edge_valgus.capture.video import VideoFile
from edge_valgus.errors import EdgeValgusError, ModelError
from edge_valgus.pose import KeypointModel


@dataclass(frozen=True, slots=True)
class RealResult:
    """All clips of a folder.

    scores: by judge, in the order of the index. faults: one line for each clip that failed.
    old_poses: of how many clips kept poses were used that other code saw than that of today.
    """

    scores: Mapping[str, tuple[ClipScore, ...]]
    faults: tuple[str, ...]
    old_poses: int = 0

    @property
    def failed(self) -> bool:
        """Whether a clip could not be read to its end: the run does not count then."""
        return bool(self.faults)

    def as_dict(self) -> dict[str, Any]:
        """For JSON, in the shape of the drawn suites: the device's figures, its clips one by one, and the baselines'."""
        own = self.scores.get(PRODUCT, ())
        return {
            **as_json(real_figures(own)),
            "clips": [clip_dict(score) for score in own],
            "baselines": {
                name: {"description": DESCRIPTIONS[name], **as_json(real_figures(scores))}
                for name, scores in self.scores.items()
                if name != PRODUCT
            },
            "faults": list(self.faults),
            "sets": len(own),
            "old_poses": self.old_poses,
        }


def run_real(
    folder: Path,
    *,
    model: Model,
    poses: Path | None = None,
    jobs: int = 1,
    done: Callable[[], None] = lambda: None,
) -> RealResult:
    """Run every clip of the folder: read, see (both ways), have everybody judge it, and score them.

    poses: folder that keeps what was seen; found there again by the video's content. done: called after each clip.
    A clip that can't be read, or not to its end, is not scored: it is in `faults`, and the others go on.
    Raises ClipIndexError for an INDEX.json that can't be used, ModelError for such a model.
    """
    tasks = [_Task(index, clip, model, poses) for index, clip in enumerate(read_clips(folder))]
    outcomes = []
    for outcome in _run_all(tasks, jobs):
        outcomes.append(outcome)
        done()
    outcomes.sort(key=lambda outcome: outcome.index)
    scores: dict[str, list[ClipScore]] = {}
    for outcome in outcomes:
        for judge, score in outcome.scores.items():
            scores.setdefault(judge, []).append(score)
    faults = tuple(outcome.fault for outcome in outcomes if outcome.fault is not None)
    old = sum(outcome.old_poses for outcome in outcomes)
    return RealResult({judge: tuple(of_judge) for judge, of_judge in scores.items()}, faults, old)


@dataclass(frozen=True, slots=True)
class _Task:
    index: int
    clip: Clip
    model: Model
    poses: Path | None


@dataclass(frozen=True, slots=True)
class _Outcome:
    index: int
    scores: dict[str, ClipScore] = field(default_factory=dict)
    fault: str | None = None
    old_poses: bool = False


@dataclass(frozen=True, slots=True)
class _ClipScene:
    """A clip, to be seen and kept like a drawn scene. Nothing is known frame by frame."""

    path: Path
    conditions: Mapping[str, str] = field(default_factory=dict)

    def known(self) -> Known:
        return Known((), np.zeros(0), np.zeros(0), np.zeros((0, 2)), np.zeros(0, np.bool_))

    def source(self) -> Source:
        return VideoFile(self.path)


def _run_all(tasks: Sequence[_Task], jobs: int) -> Iterator[_Outcome]:
    if jobs == 1:
        yield from map(_run_clip, tasks)
        return
    alone: list[_Task] = []
    with workers(min(jobs, len(tasks))) as pool:
        waiting: dict[Future[_Outcome], _Task] = {pool.submit(_run_clip, task): task for task in tasks}
        for future in as_completed(waiting):
            try:
                yield future.result()
            except BrokenProcessPool:
                alone.append(waiting[future])
    # One clip took the process with it, and the pool all that was left: which one, only running them singly tells.
    for task in alone:
        with workers(1) as pool:
            try:
                yield pool.submit(_run_clip, task).result()
            except BrokenProcessPool:
                fault = f"{task.clip.path}: its process died while it was read: no memory left, or the video is damaged"
                yield _Outcome(task.index, fault=fault)


def _run_clip(task: _Task) -> _Outcome:
    clip = task.clip
    try:
        views, old = _views(task)
    except ModelError:
        raise
    except EdgeValgusError as error:
        return _Outcome(task.index, fault=str(error))
    except (OSError, MemoryError) as error:
        return _Outcome(task.index, fault=f"{clip.path}: {type(error).__name__}: {error}")
    judges: dict[str, Judge] = {PRODUCT: Product(), **BASELINES}
    scores = {name: score_clip(clip, views[TRACKED], judge(views[TRACKED])) for name, judge in judges.items()}
    scores[NO_CROP] = score_clip(clip, views[WHOLE], Product()(views[WHOLE]))
    return _Outcome(task.index, scores, old_poses=old)


def _views(task: _Task) -> tuple[Views, bool]:
    scene = _ClipScene(task.clip.path)
    if task.poses is None:
        return see(scene, _network(task.model.path)), False
    # By content: a video that was replaced or renamed is told by nothing else as surely.
    with scene.path.open("rb") as file:
        suite = f"real-{hashlib.file_digest(file, 'sha256').hexdigest()[:16]}"
    shelf = PoseShelf(task.poses, task.model.name, task.model.sha256)
    views = shelf.load(suite, 0, scene.known())
    if views is not None:
        return views, shelf.is_old(suite, 0)
    views = see(scene, _network(task.model.path))
    shelf.keep(suite, 0, scene.known(), views)
    return views, False


@cache
def _network(path: Path) -> KeypointModel:
    return KeypointModel(path, threads=1, verified=True)
