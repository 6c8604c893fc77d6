"""Made-by-hand truth and verdicts: sets whose scores can be told by looking."""

from __future__ import annotations

import numpy as np

from accuracy_bench.judging import PRODUCT
from accuracy_bench.record import Flag, JudgedRep, Known, Seen, TrueRepetition, Verdict
from accuracy_bench.scoring import LegScore, RepError, Said, SceneScore, Tally
from accuracy_bench.suites import SuiteRun
from edge_valgus.events import Side, Valgus

REP_S = 2.0
FIRST_S = 1.0
FPS = 50.0


def true_rep(index=0, *, depth=1.0, knee_in_m=(0.0, 0.0)):
    """The reps follow each other every 3 s from second 1 on, a second down and a second up."""
    start_s = FIRST_S + 3.0 * index
    return TrueRepetition(start_s, start_s + 1.0, start_s + REP_S, depth, knee_in_m)


def known(*reps, conditions=None, in_view=None):
    """Depth and knees go in straight lines from nothing to the bottom and back."""
    time_s = np.arange(0.0, (reps[-1].end_s if reps else 0.0) + 1.0, 1.0 / FPS)
    share = np.zeros((len(reps), len(time_s)))
    for row, rep in zip(share, reps, strict=True):
        row[:] = np.clip(1.0 - np.abs(time_s - rep.bottom_s), 0.0, 1.0)
    depths = np.array([rep.depth for rep in reps]).reshape(-1, 1)
    knees = np.array([rep.knee_in_m for rep in reps]).reshape(-1, 2)
    return Known(
        reps,
        time_s,
        (share * depths).sum(axis=0),
        share.T @ knees,
        np.ones(len(time_s), np.bool_) if in_view is None else in_view(time_s),
        conditions or {"yaw": "0-10"},
    )


def judged_rep(true, *, late_s=0.0, depth=None, counted=True, valgus=Valgus.NONE):
    depth = true.depth if depth is None else depth
    return JudgedRep(true.start_s + late_s, true.bottom_s + late_s, true.end_s + late_s, depth, counted, valgus)


def seen_of(truth):
    return Seen(tuple((float(time_s), None) for time_s in truth.time_s))


def verdict(truth, *reps, flags=(), judged=True):
    return Verdict(reps, tuple(flags), np.full(len(truth.time_s), judged))


def flag(side, on_s, off_s=None):
    return Flag(Side(side), on_s, on_s + 0.3 if off_s is None else off_s)


def legs(*, hits=0, misses=0, false=0, clean=0, faults_abstained=0, clean_abstained=0):
    return (
        *[LegScore(fault=True, said=Said.FLAGGED)] * hits,
        *[LegScore(fault=True, said=Said.FINE)] * misses,
        *[LegScore(fault=False, said=Said.FLAGGED)] * false,
        *[LegScore(fault=False, said=Said.FINE)] * clean,
        *[LegScore(fault=True, said=Said.ABSTAINED)] * faults_abstained,
        *[LegScore(fault=False, said=Said.ABSTAINED)] * clean_abstained,
    )


def scene_score(seed=0, **changes):
    plain = {
        "conditions": {"yaw": "0-10", "fps": "24-30"},
        "seconds": 30.0,
        "true_count": 5,
        "counted": 5,
        "ghosts": 0,
        "partial_told": Tally(5, 5),
        "partial_told_strict": Tally(4, 5),
        "shallow_told_strict": Tally(2, 2),
        "knees": True,
        "legs": legs(hits=2, clean=8),
        "right_leg": Tally(2, 2),
        "latency_s": (0.1, 0.2),
        "stray_flags": 0,
        "errors": (RepError(start_s=0.02, bottom_s=-0.03, bottom_outside_s=0.0, end_s=0.04, depth=-0.05),),
        "judged": Tally(95, 100),
    }
    return SceneScore(seed=seed, **{**plain, **changes})


def suite_run(*scores, suite="drawn", faults=(), **rivals):
    return SuiteRun(suite, {PRODUCT: scores or (scene_score(),), **rivals}, tuple(faults))
