"""The JSON document and its tables."""

from __future__ import annotations

import json

import pytest
from accuracy_samples import legs, scene_score, suite_run

from accuracy_bench.floors import FLOORS, PRACTICE_FLOORS, below_floor
from accuracy_bench.report import document, markdown, suite_json
from accuracy_bench.scoring import Tally
from accuracy_bench.targets import TARGETS, written, written_with_interval
from edge_valgus.config import PRACTICE

HOLDS = 4


@pytest.fixture(autouse=True)
def _few_rounds(monkeypatch):
    monkeypatch.setattr("accuracy_bench.figures.ROUNDS", 10)
    monkeypatch.setattr("accuracy_bench.figures.ROUNDS_ASIDE", 10)


@pytest.fixture
def drawn():
    scores = [
        scene_score(seed, conditions={"yaw": yaw, "fps": "24-30"}, counted=5 - (seed == 1))
        for seed, yaw in enumerate(["0-10", "0-10", "10-20", "0-10"])
    ]
    return suite_json(suite_run(*scores, no_crop=(scene_score(counted=0),), faults=["drawn, seed 9: it broke"]), (0, 5))


def whole(**suites):
    return document(suites, command="python benchmarks/accuracy.py --seeds 0:5", model="a-model", runtime="litert")


def rows_of(text, heading):
    """The cells of the first table below a heading."""
    lines = text.split(heading + "\n", 1)[1].splitlines()
    table = []
    for line in lines:
        if line.startswith("|"):
            table.append([cell.strip() for cell in line.strip("|").split("|")])
        elif table:
            break
    return table[:1] + table[2:]


def test_the_json_holds_what_others_read(drawn):
    of = json.loads(json.dumps(whole(drawn=drawn), allow_nan=False))["suites"]["drawn"]
    assert of["exact_count"] == 0.75
    for name in ("exact_count", "knee_f1_yaw_le_10", "knee_f1_yaw_10_20", "false_flag_rate"):
        low, high = of["ci"][name]
        assert 0.0 <= low <= of[name] <= high <= 1.0
        assert of["n"][name] > 0
    assert of["conditions"]["yaw"]["10-20"]["sets"] == 1
    assert of["baselines"]["no_crop"]["exact_count"] == 0.0
    assert (of["seeds"], of["sets"], of["worst"][0]["seed"], of["faults"]) == (
        [0, 5],
        4,
        1,
        ["drawn, seed 9: it broke"],
    )


def test_the_same_scores_give_the_same_text(drawn):
    again = json.loads(json.dumps(whole(drawn=drawn)))
    assert markdown(again) == markdown(whole(drawn=drawn))


def test_every_target_of_a_suite_that_was_run_has_a_row(drawn):
    table = rows_of(markdown(whole(drawn=drawn)), "## Targets")
    assert table[0] == ["figure", "target", "measured [95 % interval]", "n", "holds?"]
    assert [row[0] for row in table[1:]] == [target.title for target in TARGETS if target.bound.suite == "drawn"]
    assert table[1] == ["drawn sets with the exact count", "≥ 98.0 %", "75.0 % [30.1, 95.4]", "4 sets", "no"]


@pytest.mark.parametrize(
    ("right", "sets", "expected"),
    [
        pytest.param(1000, 1000, "yes", id="sure"),
        pytest.param(20, 20, "likely", id="too few to be sure"),
        pytest.param(15, 20, "no", id="missed"),
        pytest.param(0, 0, "not measured", id="nothing to measure it from"),
    ],
)
def test_whether_a_target_holds(right, sets, expected):
    suite = suite_json(suite_run(scene_score(partial_told=Tally(right, sets))), (0, 1))
    table = rows_of(markdown(whole(drawn=suite)), "## Targets")
    assert {row[0]: row[HOLDS] for row in table}["reps clear of the counting line told from partial ones"] == expected


def test_conditions_and_baselines_have_the_same_columns(drawn):
    text = markdown(whole(drawn=drawn))
    judges, yaw = rows_of(text, "### Beside the usual methods"), rows_of(text, "### By yaw")
    assert judges[0][1:] == yaw[0][2:]
    assert [row[0] for row in judges[1:]] == [
        "**edge-valgus**",
        "the device, its network shown the whole picture every time",
    ]
    assert [row[:2] for row in yaw[1:]] == [["0-10", "3"], ["10-20", "1"]]


def test_old_poses_are_told(drawn):
    assert "were kept from a run" not in markdown(whole(drawn=drawn))
    assert "**2 of the 4 scenes' poses were kept from a run" in markdown(whole(drawn={**drawn, "old_poses": 2}))


def test_a_target_of_all_or_none_holds_or_does_not():
    kinds = [suite_json(suite_run(scene_score(ghosts=ghosts)), (0, 1)) for ghosts in (0, 1)]
    rows = [rows_of(markdown(whole(negatives=suite)), "## Targets")[1] for suite in kinds]
    assert [(row[1], row[HOLDS]) for row in rows] == [("none", "yes"), ("none", "no")]


def test_a_scene_that_failed_is_told(drawn):
    assert "- drawn, seed 9: it broke" in markdown(whole(drawn=drawn))


def test_negatives_have_columns_of_their_own():
    suite = suite_json(suite_run(scene_score(true_count=0, counted=0, legs=(), conditions={"act": "walking"})), (0, 1))
    text = markdown(whole(negatives=suite))
    assert rows_of(text, "### By act")[0] == ["act", "sets", "ghosts", "ghosts per hour", "red lights per hour"]


def test_a_run_in_which_every_scene_failed_is_a_report_too():
    run = suite_run(faults=["drawn, seed 0: it broke"])
    suite = suite_json(type(run)("drawn", {}, run.faults), (0, 1))
    assert "it broke" in markdown(whole(drawn=suite))


@pytest.mark.parametrize(
    ("figure", "value", "expected"),
    [
        ("exact_count", 0.9825, "98.2 %"),
        ("knee_f1_yaw_le_10", 0.925, "0.93"),
        ("latency_ms_median", 141.4, "141 ms"),
        ("depth_mae", 0.0579, "0.058"),
        ("ghosts", 3.0, "3"),
        ("ghosts_per_hour", 0.25, "0.2"),
        ("depth_mae", None, "–"),
    ],
)
def test_values_are_written_in_their_units(figure, value, expected):
    assert written(figure, value) == expected


def test_an_interval_says_its_unit_once():
    of = {"latency_ms_p95": 280.4, "ci": {"latency_ms_p95": [210.0, 333.3]}}
    assert written_with_interval("latency_ms_p95", of) == "280 ms [210, 333]"


def test_figures_below_their_floors_are_named():
    bad = suite_json(suite_run(scene_score(counted=1, legs=legs(misses=2, clean=8))), (0, 1))
    lines = below_floor({"drawn": bad})
    assert "drawn: exact_count = 0.0 %: expected at least " in lines[0]
    assert any(line.startswith("drawn: knee_f1_yaw_le_10 = 0.00: ") for line in lines)


def test_a_figure_that_was_not_measured_is_below_its_floor():
    bad = suite_json(suite_run(scene_score(knees=False)), (0, 1))
    assert any("false_flag_rate = nothing to measure it from" in line for line in below_floor({"drawn": bad}))


def test_the_practice_network_has_floors_of_its_own():
    bad = suite_json(suite_run(scene_score(counted=1, legs=legs(misses=2, clean=8))), (0, 1))
    practice = below_floor({"drawn": bad}, PRACTICE)
    assert "drawn: exact_count = 0.0 %: expected at least " in practice[0]
    assert practice != below_floor({"drawn": bad})
    assert below_floor({"drawn": bad}, "own") == below_floor({"drawn": bad})
    assert below_floor({"keypoints": bad}, PRACTICE) == below_floor({"keypoints": bad}) != []


def test_suites_that_were_not_run_have_no_floor():
    assert below_floor({}) == []


def test_floors_and_targets_name_figures_that_there_are(drawn):
    known = {"drawn": drawn, "keypoints": drawn, "negatives": drawn}
    named = [
        (bound.suite, bound.figure) for bound in (*FLOORS, *PRACTICE_FLOORS, *(target.bound for target in TARGETS))
    ]
    assert [name for suite, name in named if suite in known and name not in known[suite]] == []
