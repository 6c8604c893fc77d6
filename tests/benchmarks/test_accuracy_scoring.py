"""A verdict against the truth, where a person can tell the score."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from accuracy_samples import flag, judged_rep, known, scene_score, seen_of, true_rep, verdict

from accuracy_bench.record import Seen
from accuracy_bench.scoring import LegScore, RepError, Said, Tally, match, score
from edge_valgus.events import NAN, Valgus


def scored(truth, *reps, flags=(), judged=True, strict=None):
    return score(7, truth, seen_of(truth), verdict(truth, *reps, flags=flags, judged=judged), strict=strict)


def counting(depths, judged):
    """A set of reps of these depths; judged: for each (rep's index, counted, seconds late)."""
    reps = [true_rep(index, depth=depth) for index, depth in enumerate(depths)]
    return scored(known(*reps), *(judged_rep(reps[i], counted=counted, late_s=late_s) for i, counted, late_s in judged))


@pytest.mark.parametrize(
    ("depths", "judged", "expected"),
    [
        pytest.param([1, 1], [(0, True, 0), (1, True, 0)], (2, 2, 0, True, True), id="both counted"),
        pytest.param([1, 1], [(0, True, 0)], (2, 1, 0, False, True), id="one missed"),
        pytest.param([1, 1, 1], [(2, True, 0)], (3, 1, 0, False, False), id="two missed"),
        pytest.param([1, 0.2], [(0, True, 0), (1, False, 0)], (1, 1, 0, True, True), id="a shallow one is no rep"),
        pytest.param([1, 0.2], [(0, True, 0), (1, True, 0)], (1, 2, 0, False, True), id="a shallow one was counted"),
        pytest.param([1], [(0, True, 0), (0, True, 1.5)], (1, 2, 1, False, True), id="counted while standing: a ghost"),
        pytest.param([1], [(0, True, -0.4), (0, True, 0.4)], (1, 2, 1, False, True), id="one rep counted as two"),
        pytest.param([1, 1], [(0, True, 1.5), (1, True, 0)], (2, 2, 1, True, True), id="a ghost makes up for a miss"),
        pytest.param([1], [(0, False, 1.5)], (1, 0, 0, False, True), id="what is not counted is no ghost"),
        pytest.param([], [], (0, 0, 0, True, True), id="nothing and nothing"),
    ],
)
def test_counts(depths, judged, expected):
    of = counting(depths, judged)
    assert (of.true_count, of.counted, of.ghosts, of.exact, of.off_by_one) == expected


@pytest.mark.parametrize(
    ("late_and_counted", "expected"),
    [
        pytest.param([(0.1, True), (-0.3, True)], 0, id="the nearest bottom"),
        pytest.param([(0.1, False), (0.5, True)], 1, id="one on the right side of the line before a nearer one"),
        pytest.param([(1.1, True)], None, id="a bottom after the end is about something else"),
        pytest.param([(-1.1, True)], None, id="a bottom before the start is about something else"),
    ],
)
def test_a_true_rep_gets_the_judged_rep_that_is_about_it(late_and_counted, expected):
    true = true_rep()
    judged = tuple(judged_rep(true, late_s=late_s, counted=counted) for late_s, counted in late_and_counted)
    assert match((true,), judged) == [None if expected is None else judged[expected]]


def test_where_reps_touch_a_judged_rep_is_given_to_one_only():
    first = true_rep()
    second = replace(first, start_s=first.end_s, bottom_s=first.end_s + 0.5, end_s=first.end_s + 2.0)
    between = replace(judged_rep(first), bottom_s=first.end_s)
    assert match((first, second), (between,)) == [None, between]


@pytest.mark.parametrize(
    ("depth", "counted", "default", "strict"),
    [
        pytest.param(1.0, True, Tally(1, 1), Tally(1, 1), id="deep and counted"),
        pytest.param(1.0, False, Tally(0, 1), Tally(0, 1), id="deep and called partial"),
        pytest.param(0.2, False, Tally(1, 1), Tally(1, 1), id="shallow and called partial"),
        pytest.param(0.2, True, Tally(0, 1), Tally(0, 1), id="shallow and counted"),
        pytest.param(0.4, True, Tally(0, 0), Tally(0, 1), id="too near to the default line to be told"),
        pytest.param(0.7, True, Tally(1, 1), Tally(0, 0), id="too near to the strict line to be told"),
        pytest.param(0.2, None, Tally(1, 1), Tally(1, 1), id="shallow and not seen at all"),
        pytest.param(1.0, None, Tally(0, 1), Tally(0, 1), id="deep and not seen at all"),
    ],
)
def test_partial_reps_are_told_from_counted_ones(depth, counted, default, strict):
    rep = true_rep(depth=depth)
    truth = known(rep)
    judged = () if counted is None else (judged_rep(rep, counted=counted),)
    of = scored(truth, *judged, strict=verdict(truth, *judged))
    assert (of.partial_told, of.partial_told_strict) == (default, strict)


def test_a_judge_without_the_setting_has_no_strict_figure():
    assert scored(known(true_rep()), judged_rep(true_rep())).partial_told_strict is None


@pytest.mark.parametrize(
    ("knee_in_m", "valgus", "expected"),
    [
        pytest.param((0.05, 0.0), Valgus.LEFT, ["fault flagged", "clean fine"], id="the right knee flagged"),
        pytest.param((0.05, 0.0), Valgus.RIGHT, ["fault fine", "clean flagged"], id="the wrong knee flagged"),
        pytest.param((0.05, 0.05), Valgus.BOTH, ["fault flagged", "fault flagged"], id="both"),
        pytest.param((0.05, 0.0), Valgus.UNKNOWN, ["fault abstained", "clean abstained"], id="abstained"),
        pytest.param((0.05, 0.0), None, ["fault abstained", "clean abstained"], id="no rep was found"),
        pytest.param((0.03, 0.0), Valgus.LEFT, ["clean fine"], id="in between is not scored"),
        pytest.param((0.04, 0.015), Valgus.NONE, ["fault fine", "clean fine"], id="the limits belong to their sides"),
        pytest.param((-0.05, 0.0), Valgus.NONE, ["clean fine", "clean fine"], id="knees pushed out are clean"),
    ],
)
def test_knees_by_rep_and_leg(knee_in_m, valgus, expected):
    rep = true_rep(knee_in_m=knee_in_m)
    judged = () if valgus is None else (judged_rep(rep, valgus=valgus),)
    found = [f"{'fault' if leg.fault else 'clean'} {leg.said}" for leg in scored(known(rep), *judged).legs]
    assert found == expected


def test_a_red_light_in_a_rep_that_was_not_written_down_is_a_flag_too():
    rep = true_rep(knee_in_m=(0.05, 0.0))
    of = scored(known(rep), flags=[flag("left", rep.bottom_s)])
    assert of.legs == (LegScore(fault=True, said=Said.FLAGGED), LegScore(fault=False, said=Said.ABSTAINED))


def test_knees_of_reps_not_worth_counting_are_not_scored():
    rep = true_rep(depth=0.3, knee_in_m=(0.05, 0.0))
    assert scored(known(rep), judged_rep(rep, counted=False, valgus=Valgus.LEFT)).legs == ()


@pytest.mark.parametrize(
    ("knee_in_m", "valgus", "expected"),
    [
        pytest.param((0.05, 0.0), Valgus.LEFT, Tally(1, 1), id="that leg"),
        pytest.param((0.05, 0.0), Valgus.RIGHT, Tally(0, 1), id="the other leg"),
        pytest.param((0.05, 0.0), Valgus.BOTH, Tally(0, 1), id="both legs"),
        pytest.param((0.05, 0.0), Valgus.NONE, Tally(0, 0), id="not flagged"),
        pytest.param((0.05, 0.06), Valgus.BOTH, Tally(0, 0), id="truly both"),
        pytest.param((0.05, 0.03), Valgus.LEFT, Tally(0, 0), id="the other leg is neither clean nor at fault"),
    ],
)
def test_one_sided_collapse_is_given_to_a_leg(knee_in_m, valgus, expected):
    rep = true_rep(knee_in_m=knee_in_m)
    assert scored(known(rep), judged_rep(rep, valgus=valgus)).right_leg == expected


# The knee goes 8 cm in within the second before the bottom: it crosses 4 cm half a second before it.
@pytest.mark.parametrize(
    ("on_s", "expected"),
    [
        pytest.param([1.6], [0.1], id="after the crossing"),
        pytest.param([1.4], [-0.1], id="before the crossing"),
        pytest.param([1.6, 2.2], [0.1], id="the first flag of the rep"),
        pytest.param([0.5], [], id="before the rep"),
        pytest.param([], [], id="no flag"),
    ],
)
def test_how_long_after_the_true_crossing_the_flag_comes(on_s, expected):
    rep = true_rep(knee_in_m=(0.08, 0.0))
    of = scored(known(rep), judged_rep(rep), flags=[flag("left", time_s, time_s + 0.1) for time_s in on_s])
    assert of.latency_s == pytest.approx(expected, abs=1e-6)


def test_a_flag_on_the_clean_leg_has_no_latency():
    rep = true_rep(knee_in_m=(0.08, 0.0))
    assert scored(known(rep), judged_rep(rep), flags=[flag("right", 1.6)]).latency_s == ()


def test_red_lights_outside_every_rep_are_stray():
    rep = true_rep()
    of = scored(known(rep), judged_rep(rep), flags=[flag("left", 0.2), flag("left", 1.5), flag("right", 3.2)])
    assert of.stray_flags == 1


def test_errors_of_times_and_depth_are_judged_less_true():
    rep = true_rep(depth=1.0)
    judged = replace(judged_rep(rep, late_s=0.1), depth=0.9)
    # Depth passes 0.05 at 5 % of the way: 0.05 s after the start and before the end.
    (error,) = scored(known(rep), judged).errors
    expected = RepError(start_s=0.05, bottom_s=0.1, bottom_outside_s=0.1, end_s=0.15, depth=-0.1)
    assert [getattr(error, name) for name in RepError.__slots__] == pytest.approx(
        [getattr(expected, name) for name in RepError.__slots__], abs=1e-6
    )


def test_any_moment_of_a_wait_at_the_bottom_is_the_bottom():
    rep = replace(true_rep(), end_s=4.0, bottom_s=2.5)
    truth = known(rep)
    waiting = replace(truth, depth=np.interp(truth.time_s, [1.0, 2.0, 3.0, 4.0], [0.0, 1.0, 1.0, 0.0]))
    (error,) = scored(waiting, replace(judged_rep(rep), bottom_s=2.1)).errors
    assert (error.bottom_s, error.bottom_outside_s) == pytest.approx((-0.4, 0.0))


def test_a_rep_that_turns_short_of_the_top_starts_and_ends_at_its_turns():
    rep = true_rep()
    truth = known(rep)
    bouncing = replace(truth, depth=np.maximum(truth.depth, 0.2))
    (error,) = scored(bouncing, judged_rep(rep)).errors
    assert (error.start_s, error.end_s) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("judged", "in_view", "share"),
    [
        pytest.param(True, None, 1.0, id="all judged"),
        pytest.param(False, None, 0.0, id="none judged"),
        pytest.param(True, lambda time_s: time_s < 2.0, 1.0, id="what is out of view is not asked for"),
    ],
)
def test_judged_frames_are_those_of_squats_in_view(judged, in_view, share):
    truth = known(true_rep(), in_view=in_view)
    of = scored(truth, judged_rep(true_rep()), judged=judged).judged
    squatting = (truth.time_s >= 1.0) & (truth.time_s <= 3.0) & truth.in_view
    assert (of.of, of.right) == (squatting.sum(), share * squatting.sum())


def test_a_judge_that_says_nothing_of_knees_is_known_for_it():
    rep = true_rep(knee_in_m=(0.05, 0.0))
    assert not scored(known(rep), judged_rep(rep, valgus=None, depth=NAN)).knees


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda poses: poses[:-1], id="a frame is missing"),
        pytest.param(lambda poses: ((9.0, None), *poses[1:]), id="another time"),
    ],
)
def test_truth_and_poses_have_to_be_of_the_same_frames(spoil):
    truth = known(true_rep())
    poses = spoil(seen_of(truth).poses)
    with pytest.raises(ValueError, match="make the poses anew"):
        score(1, truth, Seen(poses), replace(verdict(truth), judged=np.ones(len(poses), np.bool_)))


def test_a_score_counts_off_by_one_as_the_literature_does():
    assert [scene_score(counted=counted).off_by_one for counted in (3, 4, 5, 6, 7)] == [False, True, True, True, False]
