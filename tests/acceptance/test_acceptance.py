"""The promises that need the real model, real clips and whole drawn sets. Run by .ci/run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from clips import FRONT, run_clip, run_folder, table
from drawn_sets import run_sets, summary_of

from edge_valgus.pose import KeypointModel

pytestmark = [pytest.mark.movenet, pytest.mark.slow, pytest.mark.timeout(3000)]


@pytest.fixture
def clips_dir() -> Path:
    named = os.environ.get("EDGE_VALGUS_CLIPS")
    folder = Path(named) if named else Path(__file__).parents[3] / "shared" / "clips"
    if (folder / "INDEX.json").is_file():
        return folder
    reason = "no clips: set EDGE_VALGUS_CLIPS to a folder of videos with an INDEX.json"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def test_real_people_are_counted_and_nobody_else_is(clips_dir, movenet_path, capsys):
    rows = run_folder(clips_dir, KeypointModel(movenet_path))
    with capsys.disabled():
        print("\n" + table(rows))
    front = [row for row in rows if row.category in FRONT]
    assert len(front) == 22
    assert sum(row.exact for row in front) >= 20
    assert sum(row.counted for row in rows if row.category.startswith("negative")) <= 3


def test_the_one_certain_collapse_is_flagged_on_the_right_knee(clips_dir, movenet_path):
    reps = run_clip(clips_dir / "front-single-leg-good-then-valgus-right.mp4", KeypointModel(movenet_path)).reps
    assert [str(rep.valgus) for rep in reps if 4.0 < rep.bottom_s < 7.5] == ["right"]


def test_drawn_sets_are_counted_and_their_knees_judged(movenet_path, monkeypatch, capsys):
    monkeypatch.setenv("EDGE_VALGUS_MODEL_DIR", str(movenet_path.parent))
    outcomes = run_sets(range(20))
    with capsys.disabled():
        print("\n" + summary_of(outcomes))
    assert sum(outcome.exact for outcome in outcomes) >= 19
    assert sum(o.faults_found for o in outcomes) >= 0.9 * sum(o.faults for o in outcomes)
    assert sum(o.clean_flagged for o in outcomes) <= 0.02 * sum(o.clean for o in outcomes)
