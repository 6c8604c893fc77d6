"""How far a figure may be off by chance."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import NormalDist
from typing import TypeVar

import numpy as np

from edge_valgus.events import NAN

Cluster = TypeVar("Cluster")


def wilson(successes: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """The score interval of a share, (lower, upper) within 0–1; (nan, nan) of nothing.

    Holds near 0 and 1 and for few trials, where the textbook's ±z·√(p(1−p)/n) does not. The trials have to be
    independent of each other: sets are, the reps of one set are not (see `bootstrap`).
    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927) 209–212.
    Raises ValueError for more successes than trials, negative numbers, or a confidence not between 0 and 1.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"successes = {successes!r} of n = {n!r}: expected 0 to n; count both over the same trials")
    z = NormalDist().inv_cdf(0.5 + _checked(confidence) / 2)
    if n == 0:
        return NAN, NAN
    share = successes / n
    shrunk = 1.0 + z * z / n
    middle = (share + z * z / (2 * n)) / shrunk
    half = z / shrunk * math.sqrt(share * (1.0 - share) / n + z * z / (4 * n * n))
    # At the ends the formula gives exactly 0 or 1, but for rounding.
    return (0.0 if successes == 0 else middle - half), (1.0 if successes == n else middle + half)


def bootstrap(
    clusters: Sequence[Cluster],
    statistic: Callable[[Sequence[Cluster]], float],
    *,
    seed: int,
    rounds: int = 1000,
    confidence: float = 0.95,
) -> tuple[float, float]:
    """The percentile interval of a statistic over whole clusters; (nan, nan) of nothing.

    clusters: one for each set, with all that was measured in it. A round draws as many sets as there are, with
    replacement, and never single reps: the reps of one set err alike, and drawn one by one they would make the interval
    too narrow. statistic: of such a draw, in any order; rounds where it is NaN (an F1 without a single fault) are left
    out, and if it always is, so is the interval. The same seed gives the same interval.
    Source: B. Efron, R. Tibshirani, An Introduction to the Bootstrap (1993), ch. 13; of clusters: A. Davison, D. Hinkley,
    Bootstrap Methods and their Application (1997), 3.8.
    Raises ValueError for less than one round or a confidence not between 0 and 1.
    """
    if rounds < 1:
        raise ValueError(f"rounds = {rounds!r}: expected at least 1; some hundreds are needed for a steady interval")
    tail = 0.5 - _checked(confidence) / 2
    if not clusters:
        return NAN, NAN
    random = np.random.default_rng(seed)
    drawn = (random.integers(len(clusters), size=len(clusters)) for _ in range(rounds))
    values = np.array([statistic([clusters[index] for index in indices]) for indices in drawn], np.float64)
    values = values[~np.isnan(values)]
    if not values.size:
        return NAN, NAN
    lower, upper = np.quantile(values, (tail, 1.0 - tail))
    return float(lower), float(upper)


def _checked(confidence: float) -> float:
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence = {confidence!r}: expected a share between 0 and 1, such as 0.95")
    return confidence
