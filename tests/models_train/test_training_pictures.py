"""What the network of our own is trained on: pictures with joints where they say, always the same for a seed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from concurrent.futures import Future
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from edge_valgus.capture.drawn.acts import Place
from edge_valgus.frames import LEFT_ANKLE, LEFT_KNEE, LEFT_SHOULDER, RIGHT_ANKLE, RIGHT_KNEE, RIGHT_SHOULDER
from keypoint_training import pictures as module
from keypoint_training import shards, source
from keypoint_training.people import random_body, random_person, random_stance
from keypoint_training.pictures import KEPT_PX, PICTURES_PER_ROOM, pictures

NICE = min(19, os.nice(0) + 5)  # of who draws


@pytest.fixture(scope="module")
def drawn():
    return [picture for seed in range(3) for picture in pictures(seed)]


def test_a_room_gives_pictures_with_joints_most_of_them_in_the_square(drawn):
    assert len(drawn) == 3 * PICTURES_PER_ROOM
    for picture in drawn:
        assert (picture.image.shape, picture.image.dtype) == ((KEPT_PX, KEPT_PX, 3), np.uint8)
        assert (picture.xy.shape, picture.xy.dtype) == ((17, 2), np.float32)
    with_somebody = [picture.xy for picture in drawn if not np.isnan(picture.xy).any()]
    assert 0.8 * len(drawn) < len(with_somebody) < len(drawn)
    inside = [((xy > 0.0) & (xy < 1.0)).all(axis=1).mean() for xy in with_somebody]
    assert np.mean(inside) > 0.9
    assert np.median([np.ptp(xy[:, 1]) for xy in with_somebody]) > 0.4


def test_the_same_seed_gives_the_same_pictures(drawn):
    again = list(islice(pictures(0), 4))
    for one, other in zip(drawn, again, strict=False):
        assert np.array_equal(one.image, other.image)
        assert np.array_equal(one.xy, other.xy, equal_nan=True)


def test_the_joints_are_where_somebody_was_drawn(monkeypatch):
    """Beside the same room without anybody: at knees and shoulders something else is seen."""

    def shown(*, empty):
        with monkeypatch.context() as patch:
            if empty:
                patch.setattr(module._Room, "_draw", lambda *_: None)
            patch.setattr(module, "COMPANY", 0.0)
            return [picture for seed in range(1, 5) for picture in islice(pictures(seed), 6)]

    changed = []
    for there, gone in zip(shown(empty=False), shown(empty=True), strict=True):
        assert np.array_equal(there.xy, gone.xy, equal_nan=True)
        difference = np.abs(there.image.astype(int) - gone.image).max(axis=2)
        edge = (KEPT_PX - module.INPUT_PX) / 2
        for x, y in edge + there.xy[[LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_KNEE, RIGHT_KNEE]] * module.INPUT_PX:
            if 0 <= x < KEPT_PX and 0 <= y < KEPT_PX:
                changed.append(difference[int(y), int(x)] > 12)
    assert len(changed) >= 60
    assert np.mean(changed) > 0.9


def test_bones_stay_rigid_in_every_posture():
    random = np.random.default_rng(3)
    for _ in range(300):
        pose = random_person(random).pose
        points, body = pose.keypoints, pose.body
        for knee, ankle in ((LEFT_KNEE, LEFT_ANKLE), (RIGHT_KNEE, RIGHT_ANKLE)):
            assert np.linalg.norm(points[knee] - points[ankle]) == pytest.approx(body.shank_m, rel=0.02)
        assert np.isfinite(points).all()
        assert Place().to_gym(points)[:, 1].min() > -0.05, "under the floor"


def test_every_body_gets_a_stance_it_can_squat_in():
    random = np.random.default_rng(4)
    for _ in range(100):
        body = random_body(random)
        assert 0.1 <= random_stance(random, body).width_m <= 0.9


@pytest.fixture
def small(monkeypatch):
    """Shards of one picture, drawn in this process."""
    monkeypatch.setattr(shards, "ROOMS_PER_SHARD", 1)
    monkeypatch.setattr(shards, "pictures", lambda seed: islice(pictures(seed), 2))

    class Here:
        _processes = None

        def __init__(self, *_, **__):
            pass

        def shutdown(self, **_):
            pass

        def submit(self, work, *of):
            future = Future()
            future.set_result(work(*of))
            return future

    monkeypatch.setattr(shards, "ProcessPoolExecutor", Here)


def test_shards_are_drawn_once_and_read_back(tmp_path, small):
    told = []
    with shards.Drawing(tmp_path, seed=7, shards=2, jobs=1, done=lambda: told.append(1)) as drawing:
        first, second = drawing.paths
        shard = drawing.wait_for(second)
    assert len(told) == 3, "two to learn from, and the one that nothing is learned from"
    assert drawing.held_out.exists()
    assert shards.decoded(shard.jpegs).shape == (2, KEPT_PX, KEPT_PX, 3)
    assert shard.xy.shape == (2, 17, 2)
    kept = first.stat().st_mtime_ns
    second.unlink()
    with shards.Drawing(tmp_path, seed=7, shards=2, jobs=1) as drawing:
        assert drawing.wait_for(second).jpegs == shard.jpegs
    assert first.stat().st_mtime_ns == kept, "drawn again"


def test_pictures_of_another_recipe_are_not_mixed_in(tmp_path, small):
    shards.Drawing(tmp_path, seed=1, shards=1, jobs=1)
    with pytest.raises(ValueError, match="another recipe"):
        shards.Drawing(tmp_path, seed=2, shards=1, jobs=1)
    assert json.loads((tmp_path / "recipe.json").read_text())["seed"] == 1


def test_pictures_that_other_code_has_drawn_are_not_mixed_in(tmp_path, small, monkeypatch):
    drawn_by = tmp_path / "drawn"
    drawn_by.mkdir()
    (drawn_by / "actor.py").write_text("before")
    monkeypatch.setattr(source, "DRAWN", drawn_by)
    shards.Drawing(tmp_path / "pictures", seed=1, shards=1, jobs=1)
    shards.Drawing(tmp_path / "pictures", seed=1, shards=1, jobs=1)
    (drawn_by / "actor.py").write_text("after")
    with pytest.raises(ValueError, match="other code"):
        shards.Drawing(tmp_path / "pictures", seed=1, shards=1, jobs=1)


def test_who_draws_ends_with_a_training_that_is_killed(tmp_path):
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from keypoint_training.shards import Drawing\n"
        "if __name__ == '__main__':\n"
        "    drawing = Drawing(Path(sys.argv[1]), seed=3, shards=50, jobs=2)\n"
        "    while len(drawing._pool._processes) < 2: time.sleep(0.05)\n"
        "    print(*drawing._pool._processes, flush=True)\n"
        "    time.sleep(60)\n"
    )
    script = tmp_path / "training.py"
    script.write_text(code)
    with subprocess.Popen(
        [sys.executable, script, tmp_path / "pictures"],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    ) as training:
        assert training.stdout is not None
        drawing = [Path(f"/proc/{pid}") for pid in training.stdout.readline().split()]
        # Only processes that have come so far as to draw can notice.
        until_s = time.monotonic() + 30.0
        while time.monotonic() < until_s and not all((p / "comm").exists() and _nice(p) == NICE for p in drawing):
            time.sleep(0.1)
        training.kill()
    until_s = time.monotonic() + 10.0
    while time.monotonic() < until_s and any(map(Path.exists, drawing)):
        time.sleep(0.1)
    assert len(drawing) == 2
    assert not any(map(Path.exists, drawing))


def _nice(process: Path) -> int:
    return int((process / "stat").read_text().rpartition(")")[2].split()[16])


def test_the_square_is_as_tight_as_the_crop_trackers():
    random, sides = np.random.default_rng(5), []
    for _ in range(500):
        xy_px = random.uniform(100, 300, (17, 2))
        extent = np.ptp(xy_px, axis=0).max()
        sides.append(module._crop_around(random, xy_px).side_px / (extent * (1 + 2 * module.MARGIN)))
    low, middle, high = np.percentile(sides, (5, 50, 95))
    assert 0.9 < low < middle < 1.05
    assert high < 1.6


def test_a_python_without_what_drawing_needs_says_so_in_one_line():
    script = Path(shards.__file__).parents[1] / "train.py"
    done = subprocess.run([sys.executable, "-E", "-S", script, "--help"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "click is missing; install what training needs, with Python 3.11: pip install -e '.[train]'\n"
