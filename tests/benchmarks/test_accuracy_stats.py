"""Intervals against published values, against chance itself, and at their edges."""

from __future__ import annotations

import math

import numpy as np
import pytest

from accuracy_bench.stats import bootstrap, wilson


@pytest.mark.parametrize(
    ("successes", "n", "lower", "upper"),
    [
        pytest.param(81, 263, 0.2553, 0.3662, id="Newcombe 1998, 81 of 263"),
        pytest.param(15, 148, 0.0624, 0.1605, id="Newcombe 1998, 15 of 148"),
        pytest.param(0, 20, 0.0, 0.1611, id="Newcombe 1998, none of 20"),
        pytest.param(1, 29, 0.0061, 0.1718, id="Newcombe 1998, 1 of 29"),
        pytest.param(20, 20, 1 - 0.1611, 1.0, id="all of 20 mirrors none of 20"),
    ],
)
def test_wilson_agrees_with_the_published_values(successes, n, lower, upper):
    assert wilson(successes, n) == pytest.approx((lower, upper), abs=5e-5)


def test_wilson_covers_the_true_share_about_as_often_as_it_says():
    true_share, n = 0.9, 40
    outcomes = np.random.default_rng(1).binomial(n, true_share, 4000)
    covered = np.mean([low <= true_share <= high for low, high in (wilson(int(k), n, 0.9) for k in outcomes)])
    assert 0.87 < covered < 0.95


def test_more_confidence_and_fewer_trials_mean_a_wider_interval():
    def width(*of, **confidence):
        low, high = wilson(*of, **confidence)
        return high - low

    assert width(9, 10) > width(90, 100)
    assert width(9, 10, confidence=0.99) > width(9, 10)


@pytest.mark.parametrize("interval", [wilson(0, 0), bootstrap([], len, seed=1)], ids=["wilson", "bootstrap"])
def test_nothing_has_no_interval(interval):
    assert all(math.isnan(end) for end in interval)


@pytest.mark.parametrize(
    ("call", "named"),
    [
        pytest.param(lambda: wilson(3, 2), "successes = 3", id="more successes than trials"),
        pytest.param(lambda: wilson(-1, 2), "successes = -1", id="negative successes"),
        pytest.param(lambda: wilson(1, 2, 1.0), "confidence = 1.0", id="a certain interval"),
        pytest.param(lambda: wilson(1, 2, math.nan), "confidence = nan", id="no confidence"),
        pytest.param(lambda: bootstrap([1], len, seed=0, rounds=0), "rounds = 0", id="no rounds"),
        pytest.param(lambda: bootstrap([], len, seed=0, confidence=95), "confidence = 95", id="per cent"),
    ],
)
def test_wrong_questions_are_refused(call, named):
    with pytest.raises(ValueError, match=named):
        call()


def mean(sample):
    return float(np.mean(np.concatenate(sample)))


def test_bootstrap_of_single_values_is_near_the_textbook_interval():
    values = np.random.default_rng(2).normal(10.0, 2.0, 400)
    low, high = bootstrap([[value] for value in values], mean, seed=3)
    half = 1.96 * values.std() / 20.0
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.04)


def test_bootstrap_knows_that_reps_of_one_set_err_alike():
    sets = [[float(index % 2)] * 10 for index in range(20)]  # in every set all reps are right, or none is
    reps = [[value] for values in sets for value in values]

    def width(clusters):
        low, high = bootstrap(clusters, mean, seed=4)
        return high - low

    assert width(sets) == pytest.approx(math.sqrt(10) * width(reps), rel=0.25)


def test_the_same_seed_gives_the_same_interval_and_another_another():
    values = [[float(value)] for value in np.random.default_rng(5).normal(size=30)]
    assert bootstrap(values, mean, seed=6) == bootstrap(values, mean, seed=6) != bootstrap(values, mean, seed=7)


def test_rounds_without_a_value_are_left_out():
    def share_of_faults_found(sample):
        found = [hit for hits in sample for hit in hits]
        return sum(found) / len(found) if found else math.nan

    low, high = bootstrap([[True], [], [], []], share_of_faults_found, seed=8, rounds=200)
    assert (low, high) == (1.0, 1.0)
    assert all(math.isnan(end) for end in bootstrap([[], []], share_of_faults_found, seed=8, rounds=50))
