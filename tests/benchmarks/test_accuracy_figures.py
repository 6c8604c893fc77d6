"""Sums over scenes, and how sure they are."""

from __future__ import annotations

import json
import math

import pytest
from accuracy_samples import legs, scene_score

from accuracy_bench.figures import Figure, as_json, by_condition, figures, natural, poisson
from accuracy_bench.scoring import RepError, Tally
from edge_valgus.events import NAN

WIDE = {"yaw": "10-20"}


@pytest.fixture(autouse=True)
def _few_rounds(monkeypatch):
    monkeypatch.setattr("accuracy_bench.figures.ROUNDS", 100)
    monkeypatch.setattr("accuracy_bench.figures.ROUNDS_ASIDE", 10)


def summed(*scores):
    return figures(scores)


def test_exact_and_off_by_one_are_shares_of_sets():
    of = summed(*(scene_score(counted=counted) for counted in (5, 5, 4, 8)))
    assert (of["exact_count"].value, of["obo"].value, of["exact_count"].n) == (0.5, 0.75, 4)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("knee_f1_yaw_le_10", 2 * 6 / (2 * 6 + 1 + 3), id="abstained faults are misses"),
        pytest.param("knee_recall_yaw_le_10", 6 / 9, id="recall"),
        pytest.param("knee_precision_yaw_le_10", 6 / 7, id="precision"),
        pytest.param("false_flag_rate", 1 / 10, id="false flags of the clean legs that were judged"),
        pytest.param("abstained_yaw_le_10", 5 / 22, id="abstained"),
    ],
)
def test_knee_figures(name, expected):
    counts = legs(hits=3, misses=1, clean=4, faults_abstained=1, clean_abstained=1)
    others = legs(hits=3, false=1, clean=5, faults_abstained=0, clean_abstained=2, misses=0)
    of = summed(scene_score(0, legs=counts), scene_score(1, legs=(*others, *legs(faults_abstained=1))))
    assert of[name].value == pytest.approx(expected)


def test_a_turned_lifters_figures_stand_apart_and_both_ways():
    turned = scene_score(conditions=WIDE, legs=legs(hits=4, faults_abstained=4, clean=8))
    of = summed(turned, scene_score(legs=legs(misses=9)))
    assert of["knee_f1_yaw_10_20"].value == pytest.approx(8 / 12)
    assert of["knee_f1_yaw_10_20_when_judged"].value == 1.0
    assert of["abstained_yaw_10_20"].value == 0.25
    assert of["knee_f1_yaw_le_10"].value == 0.0


def test_times_and_depth():
    def error(bottom_s, depth):
        return RepError(start_s=0.01, bottom_s=bottom_s, bottom_outside_s=bottom_s / 2, end_s=-0.02, depth=depth)

    of = summed(
        scene_score(errors=(error(-0.1, 0.1), error(0.02, NAN)), latency_s=(0.1,)),
        scene_score(errors=(error(0.04, -0.2),), latency_s=(0.2, 0.4)),
    )
    found = {name: of[name].value for name in ("bottom_error_ms_median", "bottom_bias_ms_median", "end_bias_ms_median")}
    assert found == pytest.approx(
        {"bottom_error_ms_median": 40, "bottom_bias_ms_median": 20, "end_bias_ms_median": -20}
    )
    assert of["bottom_outside_ms_median"].value == pytest.approx(20)
    assert (of["depth_mae"].value, of["depth_bias"].value, of["depth_mae"].n) == pytest.approx((0.15, -0.05, 2))
    assert of["latency_ms_median"].value == pytest.approx(200)
    assert of["latency_ms_p95"].value == pytest.approx(380)


def test_ghosts_are_counted_and_put_to_the_hour():
    of = summed(scene_score(ghosts=1, seconds=900), scene_score(seconds=900, stray_flags=4))
    assert (of["ghosts"].value, of["ghosts_per_hour"].value, of["stray_flags_per_hour"].value) == (1, 2, 8)


@pytest.mark.parametrize(
    ("number", "low", "high"),
    [
        pytest.param(0, 0.0, 3.689, id="none"),
        pytest.param(1, 0.0253, 5.572, id="one"),
        pytest.param(10, 4.795, 18.39, id="ten"),
        pytest.param(300, 267.0, 335.9, id="many"),
    ],
)
def test_rare_events_have_the_tables_interval(number, low, high):
    assert poisson(number) == pytest.approx((low, high), rel=2e-3)


def test_sets_that_agree_have_narrower_intervals_than_sets_that_do_not():
    right, wrong = Tally(6, 6), Tally(0, 6)
    alike = summed(*(scene_score(partial_told=Tally(3, 6)) for _ in range(20)))["partial_told"]
    apart = summed(*(scene_score(partial_told=right if odd else wrong) for odd in [0, 1] * 10))["partial_told"]
    assert alike.value == apart.value == 0.5
    assert apart.high - apart.low > 1.5 * (alike.high - alike.low)


@pytest.mark.parametrize("name", ["partial_told", "knee_f1_yaw_le_10", "exact_count"])
def test_a_few_successes_are_no_certainty(name):
    of = summed(scene_score(0), scene_score(1))[name]
    assert of.value == 1.0
    assert of.high == 1.0
    assert of.low < 0.9


def test_a_judge_without_an_opinion_on_knees_has_no_figures_of_them():
    of = summed(scene_score(knees=False))
    unsaid = {name for name, figure in of.items() if math.isnan(figure.value)}
    said = {
        name
        for name in of
        if name.split("_")[0] in ("exact", "obo", "ghosts", "partial", "shallow", "depth", "bottom", "start", "end")
    }
    assert unsaid == set(of) - said


def test_nothing_gives_no_figures():
    assert all(math.isnan(figure.value) and figure.n == 0 for figure in summed().values())


def test_every_condition_has_the_same_figures_of_its_own_sets():
    scores = [scene_score(conditions={"fps": fps}, counted=counted) for fps, counted in [("10-15", 4), ("24-30", 5)]]
    tables = by_condition(scores)
    assert {label: of["exact_count"].value for label, of in tables["fps"].items()} == {"10-15": 0.0, "24-30": 1.0}
    assert set(tables["fps"]["10-15"]) == set(summed(*scores))


def test_labels_come_in_the_order_of_their_numbers():
    assert sorted(["10-20", "2-3", "0.5-2", "none", "20-30"], key=natural) == ["0.5-2", "2-3", "10-20", "20-30", "none"]


def test_json_has_plain_numbers_and_null_for_nothing():
    of = json.loads(json.dumps(as_json({"a": Figure(0.5, 0.25, 0.75, 8), "b": Figure()}), allow_nan=False))
    assert of == {"a": 0.5, "b": None, "ci": {"a": [0.25, 0.75], "b": [None, None]}, "n": {"a": 8, "b": 0}}
