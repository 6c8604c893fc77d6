"""Seeing, keeping what was seen, judging it, and running scenes."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from types import ModuleType

import numpy as np
import pytest
from accuracy_samples import known, true_rep

from accuracy_bench.judging import PRODUCT, Product, strict_product
from accuracy_bench.record import Known, Seen, TrueRepetition
from accuracy_bench.scoring import score
from accuracy_bench.seeing import TRACKED, WHOLE, PoseShelf, see
from accuracy_bench.suites import Model, run_suite
from drawn_joints import noised
from edge_valgus.capture.drawn import DrawnLifter, RepScript, SetScript
from edge_valgus.frames import Pose

REPS = (RepScript(), RepScript(depth=0.55), RepScript())


@dataclass(frozen=True)
class LifterScene:
    """One drawn lifter at 10 frames a second, in a small picture."""

    seed: int
    conditions: dict[str, str] = field(default_factory=lambda: {"yaw": "0-10"})

    def source(self):
        script = SetScript(reps=(RepScript(descent_s=0.5, ascent_s=0.5, rest_s=0.2),), lead_in_s=0.3, seed=self.seed)
        return DrawnLifter(script, size_px=(96, 96), fps=10.0)

    def known(self):
        return known_of(self.source(), self.conditions)


class BrokenScene(LifterScene):
    def known(self):
        if self.seed == 1:
            raise ValueError("seed 1\nis broken")
        return super().known()


def known_of(lifter, conditions):
    time_s = np.arange(lifter.frame_count) / lifter.fps
    truths = [lifter.truth(at_s) for at_s in time_s]
    return Known(
        tuple(TrueRepetition(rep.start_s, rep.bottom_s, rep.end_s, rep.depth) for rep in lifter.true_reps),
        time_s,
        np.array([truth.depth for truth in truths]),
        np.zeros((len(truths), 2)),
        np.ones(len(truths), np.bool_),
        conditions,
    )


class BlindNetwork:
    """Sees nobody, and counts how often it was asked."""

    side_px = 64

    def __init__(self):
        self.asked = 0

    def infer(self, _):
        self.asked += 1
        return np.zeros((17, 3), np.float32)


@pytest.fixture
def truth():
    return known(true_rep())


@pytest.fixture
def views(truth):
    random = np.random.default_rng(1)
    poses = tuple(
        (at_s, None if index % 3 else Pose(*_keypoints(random), at_s, (640, 480)))
        for index, at_s in enumerate(truth.time_s.tolist())
    )
    return {TRACKED: Seen(poses), WHOLE: Seen(poses[:5])}


def _keypoints(random):
    return random.uniform(0, 480, (17, 2)).astype(np.float32), random.uniform(0, 1, 17).astype(np.float32)


def same(one, other):
    return len(one.poses) == len(other.poses) and all(
        at_s == again_s
        and (pose is None) == (copy is None)
        and (pose is None or (np.array_equal(pose.xy_px, copy.xy_px) and np.array_equal(pose.score, copy.score)))
        and (pose is None or (pose.time_s, pose.size_px) == (copy.time_s, copy.size_px))
        for (at_s, pose), (again_s, copy) in zip(one.poses, other.poses, strict=True)
    )


def test_what_is_kept_is_found_again(tmp_path, truth, views):
    shelf = PoseShelf(tmp_path / "poses", "a-model")
    shelf.keep("drawn", 3, truth, views)
    found = shelf.load("drawn", 3, truth)
    assert all(same(found[name], views[name]) for name in (TRACKED, WHOLE))
    assert [path.name for path in (tmp_path / "poses").iterdir()] == ["drawn-000003-a-model.npz"]


@pytest.mark.parametrize(
    ("of", "model"),
    [(("negatives", 3), "a-model"), (("drawn", 4), "a-model"), (("drawn", 3), "another")],
    ids=["another suite", "another seed", "another model"],
)
def test_what_was_seen_otherwise_is_not_found(tmp_path, truth, views, of, model):
    PoseShelf(tmp_path, "a-model").keep("drawn", 3, truth, views)
    assert PoseShelf(tmp_path, model).load(*of, truth) is None


def test_poses_of_another_network_under_the_same_name_are_not_found(tmp_path, truth, views):
    PoseShelf(tmp_path, "a-model", "one").keep("drawn", 3, truth, views)
    assert PoseShelf(tmp_path, "a-model", "one").load("drawn", 3, truth) is not None
    assert PoseShelf(tmp_path, "a-model", "another").load("drawn", 3, truth) is None


def test_poses_of_a_scene_that_has_changed_are_not_found(tmp_path, truth, views):
    shelf = PoseShelf(tmp_path, "a-model")
    shelf.keep("drawn", 3, truth, views)
    assert shelf.load("drawn", 3, replace(truth, depth=truth.depth * 1.01)) is None


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda path: path.write_bytes(b""), id="empty"),
        pytest.param(lambda path: path.write_bytes(b"not a zip file"), id="something else"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:500]), id="broken off"),
        pytest.param(lambda path: np.savez(path, key=np.array("1-abc")), id="another version"),
        pytest.param(lambda path: np.savez(path, other=np.zeros(3)), id="a foreign file"),
        pytest.param(lambda path: np.savez(path, key=np.array([{}], dtype=object)), id="pickled objects"),
    ],
)
def test_files_that_are_no_poses_are_made_anew(tmp_path, truth, views, spoil):
    shelf = PoseShelf(tmp_path, "a-model")
    shelf.keep("drawn", 3, truth, views)
    spoil(shelf.path("drawn", 3))
    assert shelf.load("drawn", 3, truth) is None
    shelf.keep("drawn", 3, truth, views)
    assert shelf.load("drawn", 3, truth) is not None


def test_a_scene_is_seen_in_both_ways_at_its_own_times():
    network = BlindNetwork()
    scene = LifterScene(0)
    views = see(scene, network)
    times_s = [at_s for at_s, _ in views[TRACKED].poses]
    assert times_s == pytest.approx(scene.known().time_s)
    assert network.asked == 2 * len(times_s)
    assert all(pose is None for seen in views.values() for _, pose in seen.poses)


@pytest.mark.parametrize(("judge", "counted"), [(Product(), 3), (strict_product(), 2)], ids=["default", "strict"])
def test_the_product_judges_what_it_is_shown(judge, counted):
    lifter = DrawnLifter(SetScript(reps=REPS))
    seen = Seen(tuple((sighting.time_s, sighting.pose) for sighting in noised(lifter, 1)))
    verdict = judge(seen)
    assert [rep.counted for rep in verdict.reps].count(True) == counted
    assert len(verdict.reps) == 3
    of = score(0, known_of(lifter, {}), seen, verdict)
    assert (of.true_count, of.ghosts, of.knees) == (3, 0, True)
    assert of.judged.right > 0.8 * of.judged.of


@pytest.fixture
def made_up(monkeypatch):
    """Puts scenes of ours in place of the made-up ones, and no network."""

    def put(scene):
        module = ModuleType("accuracy_bench.scenes")
        module.squat_scene = scene
        monkeypatch.setitem(sys.modules, "accuracy_bench.scenes", module)
        monkeypatch.setattr("accuracy_bench.suites._network", lambda _: network)
        return network

    network = BlindNetwork()
    return put


def test_every_judge_has_a_score_of_every_scene(made_up, tmp_path):
    made_up(LifterScene)
    steps = []
    run = run_suite("drawn", range(3), model=Model("m", tmp_path / "m"), jobs=1, done=lambda: steps.append(1))
    assert run.faults == ()
    assert {judge: [of.seed for of in scores] for judge, scores in run.scores.items()} == {
        judge: [0, 1, 2] for judge in (PRODUCT, "knee_angle", "hip_height", "fppa_10", "kasr_0_9", "no_crop")
    }
    assert len(steps) == 3


def test_kept_poses_are_judged_without_looking_again(made_up, tmp_path):
    network = made_up(LifterScene)
    first, again = (
        run_suite("drawn", range(2), model=Model("m", tmp_path / "m"), poses=tmp_path / "poses", jobs=1)
        for _ in range(2)
    )
    frames = sum(len(LifterScene(seed).known().time_s) for seed in range(2))
    assert network.asked == 2 * frames
    assert first == again


def test_poses_that_other_code_saw_are_used_and_told(made_up, tmp_path, monkeypatch):
    network = made_up(LifterScene)
    runs = []
    for code in ("before", "before", "after"):
        monkeypatch.setattr("accuracy_bench.seeing.code_key", lambda code=code: code)
        runs.append(run_suite("drawn", range(1), model=Model("m", tmp_path / "m"), poses=tmp_path / "poses", jobs=1))
    assert [run.old_poses for run in runs] == [0, 0, 1]
    assert network.asked == 2 * len(LifterScene(0).known().time_s)


def test_a_scene_that_fails_is_named_and_the_others_go_on(made_up, tmp_path):
    made_up(BrokenScene)
    run = run_suite("drawn", range(3), model=Model("m", tmp_path / "m"), jobs=1)
    assert run.faults == ("drawn, seed 1: ValueError: seed 1 is broken",)
    assert [of.seed for of in run.scores[PRODUCT]] == [0, 2]
