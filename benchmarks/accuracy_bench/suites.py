"""Runs a suite of scenes, seed by seed, in several processes: see, judge, score."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final, cast

from accuracy_bench.baselines import BASELINES
from accuracy_bench.judging import PRODUCT, Product, strict_product
from accuracy_bench.record import Known
from accuracy_bench.scoring import SceneScore, score
from accuracy_bench.seeing import TRACKED, WHOLE, PoseShelf, Scene, Views, see
from accuracy_bench.workers import workers
from edge_valgus.errors import EdgeValgusError
from edge_valgus.pose import KeypointModel

DRAWN: Final = "drawn"
KEYPOINTS: Final = "keypoints"
NEGATIVES: Final = "negatives"
REAL: Final = "real"

NO_CROP: Final = "no_crop"

# Named, not imported: only what is run needs to be there, in each process anew.
_SCENES: Final = {
    DRAWN: "accuracy_bench.scenes:squat_scene",
    KEYPOINTS: "accuracy_bench.scenes:squat_scene",
    NEGATIVES: "accuracy_bench.negatives:negative_scene",
}


class WorkerLost(EdgeValgusError, RuntimeError):  # noqa: N818  says what happened
    """A process of the run died."""


@dataclass(frozen=True, slots=True)
class Model:
    """Which network to load. name: as the manifest has it. sha256: of its file."""

    name: str
    path: Path
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """One scene to run. model: None where no picture is looked at. poses: folder that keeps them, if any."""

    suite: str
    seed: int
    model: Model | None = None
    poses: Path | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """One scene's scores by judge, or why there are none. old_poses: they rest on poses that other code saw."""

    seed: int
    scores: dict[str, SceneScore] = field(default_factory=dict)
    fault: str | None = None
    old_poses: bool = False


@dataclass(frozen=True, slots=True)
class SuiteRun:
    """All scenes of a suite.

    scores: by judge, in the order of seeds. faults: one line for each scene that failed.
    old_poses: of how many scenes kept poses were used that other code saw than that of today.
    """

    suite: str
    scores: dict[str, tuple[SceneScore, ...]]
    faults: tuple[str, ...]
    old_poses: int = 0


def run_suite(
    suite: str,
    seeds: Iterable[int],
    *,
    model: Model | None,
    poses: Path | None = None,
    jobs: int = 2,
    done: Callable[[], None] = lambda: None,
) -> SuiteRun:
    """Run the seeds of a suite. done: called after each scene.

    A scene that fails does not stop the others; it is in `faults`. Raises WorkerLost when a process dies (no memory left).
    """
    tasks = [Task(suite, seed, None if suite == KEYPOINTS else model, poses) for seed in seeds]
    outcomes = []
    for outcome in _run_all(tasks, jobs):
        outcomes.append(outcome)
        done()
    outcomes.sort(key=lambda outcome: outcome.seed)
    scores: dict[str, list[SceneScore]] = {}
    for outcome in outcomes:
        for judge, of_scene in outcome.scores.items():
            scores.setdefault(judge, []).append(of_scene)
    old = sum(outcome.old_poses for outcome in outcomes)
    faults = tuple(f"{suite}, seed {o.seed}: {o.fault}" for o in outcomes if o.fault is not None)
    return SuiteRun(suite, {judge: tuple(of_judge) for judge, of_judge in scores.items()}, faults, old)


def _run_all(tasks: Sequence[Task], jobs: int) -> Iterator[Outcome]:
    if jobs == 1 or len(tasks) < 2:
        yield from map(run_scene, tasks)
        return
    with workers(min(jobs, len(tasks))) as pool:
        waiting: list[Future[Outcome]] = [pool.submit(run_scene, task) for task in tasks]
        try:
            for future in as_completed(waiting):
                yield future.result()
        except BrokenProcessPool as error:
            raise WorkerLost(
                "a process of the run died, most likely for want of memory: run again with fewer --jobs"
            ) from error


def run_scene(task: Task) -> Outcome:
    """Make up one scene, see it, have everybody judge it, and score them."""
    try:
        scene = _scene(task)
        known = scene.known()
        views, old = _views(task, scene, known)
        return Outcome(task.seed, _scores(task.seed, known, views), old_poses=old)
    except Exception as error:  # noqa: BLE001  whatever it is, the other scenes go on and this one is reported
        return Outcome(task.seed, fault=f"{type(error).__name__}: {' '.join(str(error).split())}")


def _scene(task: Task) -> Scene:
    module, name = _SCENES[task.suite].split(":")
    return cast("Scene", getattr(importlib.import_module(module), name)(task.seed))


def _views(task: Task, scene: Scene, known: Known) -> tuple[Views, bool]:
    if task.suite == KEYPOINTS:
        noised_poses = importlib.import_module("accuracy_bench.noise").noised_poses
        return {TRACKED: noised_poses(scene, task.seed)}, False
    if task.model is None:
        raise ValueError(f"suite {task.suite}: needs a model")
    shelf = PoseShelf(task.poses, task.model.name, task.model.sha256) if task.poses is not None else None
    views = shelf.load(task.suite, task.seed, known) if shelf is not None else None
    if shelf is not None and views is not None:
        return views, shelf.is_old(task.suite, task.seed)
    views = see(scene, _network(task.model.path))
    if shelf is not None:
        shelf.keep(task.suite, task.seed, known, views)
    return views, False


@cache
def _network(path: Path) -> KeypointModel:
    return KeypointModel(path, threads=1, verified=True)


def _scores(seed: int, known: Known, views: Views) -> dict[str, SceneScore]:
    device = Product()
    strictly = strict_product()
    seen = views[TRACKED]
    scores = {PRODUCT: score(seed, known, seen, device(seen), strict=strictly(seen))}
    scores |= {name: score(seed, known, seen, judge(seen)) for name, judge in BASELINES.items()}
    if WHOLE in views:
        seen = views[WHOLE]
        scores[NO_CROP] = score(seed, known, seen, device(seen), strict=strictly(seen))
    return scores
