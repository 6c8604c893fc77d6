"""Many scenes' scores in a few figures, each with its 95 % interval and what it rests on.

Shares of sets have Wilson's interval. The reps of one set err alike, so everything about reps is drawn set by set: a
bootstrap over whole sets like `stats.bootstrap`, with all its rounds at once, since there are thousands of figures. A
share of reps, and F1, takes the wider of the two, since a bootstrap of nothing but successes has no width.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from accuracy_bench.scoring import Said, SceneScore, Tally
from accuracy_bench.stats import wilson
from edge_valgus.events import NAN

ROUNDS: Final = 1000
ROUNDS_ASIDE: Final = 300  # of the bootstrap, for conditions and baselines: hundreds of figures
SEED: Final = 1
CHUNK: Final = 4_000_000  # numbers held at once
NARROW_YAW: Final = "0-10"
WIDE_YAW: Final = "10-20"

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. NaN: there was nothing to take it from. n: sets, reps, legs or frames, whatever it is a share of."""

    value: float = NAN
    low: float = NAN
    high: float = NAN
    n: int = 0


Figures = dict[str, Figure]


def figures(scores: Sequence[SceneScore], *, aside: bool = False) -> Figures:
    """Sum up one judge's scores. Figures of knees are NaN for a judge without an opinion on them.

    aside: one of hundreds of tables, whose intervals may be a little rougher.
    """
    rounds = ROUNDS_ASIDE if aside else ROUNDS
    knees = any(score.knees for score in scores)
    legs = scores if knees else ()
    narrow, wide = _turned(legs, NARROW_YAW), _turned(legs, WIDE_YAW)
    hours = sum(score.seconds for score in scores) / 3600.0
    errors = [score.errors for score in scores]
    depths = [[error.depth for error in of_set if math.isfinite(error.depth)] for of_set in errors]
    return {
        "exact_count": _share_of_sets([score.exact for score in scores]),
        "obo": _share_of_sets([score.off_by_one for score in scores]),
        "ghosts": _count(sum(score.ghosts for score in scores), len(scores)),
        "ghosts_per_hour": _rate(sum(score.ghosts for score in scores), hours, len(scores)),
        "partial_told": _share([score.partial_told for score in scores], rounds),
        "shallow_told_strict": _share([score.shallow_told_strict or Tally() for score in scores], rounds),
        "partial_told_strict": _share([score.partial_told_strict or Tally() for score in scores], rounds),
        "knee_f1_yaw_le_10": _f1(narrow, rounds),
        "knee_recall_yaw_le_10": _share([_recall(score) for score in narrow], rounds),
        "knee_precision_yaw_le_10": _share([_precision(score) for score in narrow], rounds),
        "false_flag_rate": _share([_false_flags(score) for score in narrow], rounds),
        "abstained_yaw_le_10": _share([_abstained(score) for score in narrow], rounds),
        "knee_f1_yaw_10_20": _f1(wide, rounds),
        "knee_f1_yaw_10_20_when_judged": _f1(wide, rounds, abstained=False),
        "false_flag_rate_yaw_10_20": _share([_false_flags(score) for score in wide], rounds),
        "abstained_yaw_10_20": _share([_abstained(score) for score in wide], rounds),
        "right_leg": _share([score.right_leg for score in legs], rounds),
        "stray_flags_per_hour": _rate(sum(score.stray_flags for score in legs), hours, len(legs)),
        **_latency([score.latency_s for score in legs], rounds),
        **_time_error("bottom", [[error.bottom_s for error in of_set] for of_set in errors], rounds),
        "bottom_outside_ms_median": _quantile(
            [[abs(1000.0 * error.bottom_outside_s) for error in of_set] for of_set in errors], 0.5, rounds
        ),
        **_time_error("start", [[error.start_s for error in of_set] for of_set in errors], rounds),
        **_time_error("end", [[error.end_s for error in of_set] for of_set in errors], rounds),
        "depth_mae": _mean([[abs(depth) for depth in of_set] for of_set in depths], rounds),
        "depth_bias": _mean(depths, rounds),
        "judged_share_yaw_le_10": _share([score.judged for score in narrow], rounds),
        "judged_share_yaw_10_20": _share([score.judged for score in wide], rounds),
    }


def by_condition(scores: Sequence[SceneScore]) -> dict[str, dict[str, Figures]]:
    """The same figures for each label of each condition, in the order of their names."""
    names = sorted({name for score in scores for name in score.conditions})
    return {name: _by_label(scores, name) for name in names}


def _by_label(scores: Sequence[SceneScore], name: str) -> dict[str, Figures]:
    groups: dict[str, list[SceneScore]] = {}
    for score in scores:
        if name in score.conditions:
            groups.setdefault(score.conditions[name], []).append(score)
    return {label: figures(groups[label], aside=True) for label in sorted(groups, key=natural)}


def natural(label: str) -> tuple[tuple[float, str], ...]:
    """A key that sorts "2-3" before "10-20": numbers by size, then the rest by letters."""
    words = label.replace("–", "-").replace("-", " ").split()
    return tuple((_number(word), word) for word in words)


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        return math.inf


def as_json(named: Figures) -> dict[str, Any]:
    """Plain numbers under their names, and beside them "ci" with [low, high] and "n". NaN is null."""
    return {
        **{name: plain(figure.value) for name, figure in named.items()},
        "ci": {name: [plain(figure.low), plain(figure.high)] for name, figure in named.items()},
        "n": {name: figure.n for name, figure in named.items()},
    }


def plain(value: float) -> float | None:
    """Rounded for JSON; None for NaN and infinity."""
    return round(value, 5) if math.isfinite(value) else None


def _turned(scores: Iterable[SceneScore], yaw: str) -> list[SceneScore]:
    return [score for score in scores if score.conditions.get("yaw") == yaw]


def _share_of_sets(right: list[bool]) -> Figure:
    if not right:
        return Figure()
    return Figure(sum(right) / len(right), *wilson(sum(right), len(right)), len(right))


def _share(tallies: list[Tally], rounds: int) -> Figure:
    counts = np.array([(tally.right, tally.of) for tally in tallies], np.float64).reshape(-1, 2)
    right, of = counts.sum(axis=0)
    if not of:
        return Figure()
    low, high = _drawn_sums(counts, lambda sums: _ratios(sums[:, 0], sums[:, 1]), rounds)
    independent = wilson(int(right), int(of))
    return Figure(right / of, min(low, independent[0]), max(high, independent[1]), int(of))


def _f1(scores: list[SceneScore], rounds: int, *, abstained: bool = True) -> Figure:
    """F1 = 2 TP / (2 TP + FP + FN). abstained: a fault abstained from is a miss; else it is left out."""
    counts = np.array([_confusion(score, abstained=abstained) for score in scores], np.float64).reshape(-1, 3)
    if not counts[:, [0, 2]].sum():
        return Figure()

    def f1(sums: Array) -> Array:
        hits, false, missed = sums.T
        return np.where(hits + missed > 0, _ratios(2 * hits, 2 * hits + false + missed), NAN)

    low, high = _drawn_sums(counts, f1, rounds)
    hits, false, missed = counts.sum(axis=0)
    independent = wilson(int(hits), math.ceil(hits + (false + missed) / 2))  # F1 is this share
    legs = sum(len(score.legs) if abstained else _judged_legs(score) for score in scores)
    return Figure(
        float(f1(counts.sum(axis=0, keepdims=True))[0]), min(low, independent[0]), max(high, independent[1]), legs
    )


def _confusion(score: SceneScore, *, abstained: bool) -> tuple[int, int, int]:
    """Hits, false flags, misses."""
    missing = (Said.FINE, Said.ABSTAINED) if abstained else (Said.FINE,)
    return (
        sum(leg.fault and leg.said is Said.FLAGGED for leg in score.legs),
        sum(not leg.fault and leg.said is Said.FLAGGED for leg in score.legs),
        sum(leg.fault and leg.said in missing for leg in score.legs),
    )


def _judged_legs(score: SceneScore) -> int:
    return sum(leg.said is not Said.ABSTAINED for leg in score.legs)


def _recall(score: SceneScore) -> Tally:
    hits, _, missed = _confusion(score, abstained=True)
    return Tally(hits, hits + missed)


def _precision(score: SceneScore) -> Tally:
    hits, false, _ = _confusion(score, abstained=True)
    return Tally(hits, hits + false)


def _false_flags(score: SceneScore) -> Tally:
    # Of those judged: who abstains much must not look better for it.
    clean = [leg.said for leg in score.legs if not leg.fault and leg.said is not Said.ABSTAINED]
    return Tally(clean.count(Said.FLAGGED), len(clean))


def _abstained(score: SceneScore) -> Tally:
    return Tally(len(score.legs) - _judged_legs(score), len(score.legs))


def _count(number: int, sets: int) -> Figure:
    return Figure(float(number), *poisson(number), sets) if sets else Figure()


def _rate(number: int, hours: float, sets: int) -> Figure:
    if not sets or hours <= 0.0:
        return Figure()
    low, high = poisson(number)
    return Figure(number / hours, low / hours, high / hours, sets)


def poisson(number: int) -> tuple[float, float]:
    """Garwood's exact 95 % interval of a count of rare events: of none seen, at most 3.7 are to be expected."""
    low = 0.0 if number == 0 else _mean_with_tail(number - 1, 0.975)
    return low, _mean_with_tail(number, 0.025)


def _mean_with_tail(number: int, tail: float) -> float:
    """The mean of the Poisson distribution of which a share `tail` lies at or below `number`."""
    low, high = 0.0, 2.0 * number + 10.0
    for _ in range(60):
        mean = (low + high) / 2
        logs = [k * math.log(mean) - mean - math.lgamma(k + 1) for k in range(number + 1)]
        low, high = (mean, high) if math.fsum(map(math.exp, logs)) > tail else (low, mean)
    return high


def _latency(of_sets: Sequence[Sequence[float]], rounds: int) -> Figures:
    in_ms = [[1000.0 * late_s for late_s in of_set] for of_set in of_sets]
    return {
        "latency_ms_median": _quantile(in_ms, 0.5, rounds),
        "latency_ms_p95": _quantile(in_ms, 0.95, rounds),
    }


def _time_error(name: str, of_sets: Sequence[Sequence[float]], rounds: int) -> Figures:
    in_ms = [[1000.0 * error_s for error_s in of_set] for of_set in of_sets]
    return {
        f"{name}_error_ms_median": _quantile([[abs(ms) for ms in of_set] for of_set in in_ms], 0.5, rounds),
        f"{name}_bias_ms_median": _quantile(in_ms, 0.5, rounds),
    }


def _quantile(of_sets: Sequence[Sequence[float]], share: float, rounds: int) -> Figure:
    """A quantile of all values, and its interval."""
    values = np.array([value for values in of_sets for value in values], np.float64)
    if not values.size:
        return Figure()
    owner = np.repeat(np.arange(len(of_sets)), [len(values) for values in of_sets])
    order = values.argsort(kind="stable")
    values, owner = values[order], owner[order]
    times_drawn = _times_drawn(len(of_sets), rounds)
    quantiles = []
    for first in range(0, rounds, max(1, CHUNK // values.size)):
        below = times_drawn[first : first + max(1, CHUNK // values.size), owner].cumsum(axis=1)
        wanted = below[:, -1:] * share
        found = values[np.minimum((below < wanted).sum(axis=1), values.size - 1)]
        quantiles.append(found[below[:, -1] > 0])
    value = float(np.quantile(values, share))
    low, high = _middle(np.concatenate(quantiles))
    # Of a few values, the rounds pick single ones, and the quantile lies between two.
    return Figure(value, min(low, value), max(high, value), values.size)


def _drawn_sums(counts: Array, statistic: Callable[[Array], Array], rounds: int) -> tuple[float, float]:
    """The interval of what depends on sums over sets alone: counts are [sets, k]."""
    return _middle(statistic(_times_drawn(len(counts), rounds) @ counts))


@lru_cache(maxsize=4)
def _times_drawn(sets: int, rounds: int) -> Array:
    """How often each set is in each round's draw: [rounds, sets], the same for every figure."""
    return np.random.default_rng(SEED).multinomial(sets, np.full(sets, 1.0 / sets), size=rounds).astype(np.float64)


def _middle(values: Array) -> tuple[float, float]:
    values = values[~np.isnan(values)]
    if not values.size:
        return NAN, NAN
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)


def _ratios(part: Array, whole: Array) -> Array:
    return np.divide(part, whole, out=np.full(len(part), NAN), where=whole > 0)


def _mean(of_sets: Sequence[Sequence[float]], rounds: int) -> Figure:
    sums = np.array([(sum(values), len(values)) for values in of_sets], np.float64).reshape(-1, 2)
    total, n = sums.sum(axis=0)
    if not n:
        return Figure()
    return Figure(total / n, *_drawn_sums(sums, lambda drawn: _ratios(drawn[:, 0], drawn[:, 1]), rounds), int(n))
