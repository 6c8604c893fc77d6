"""What the figures have to reach: the project's targets, and how a figure is written."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Bound:
    """A limit of a figure of a suite. at_least: the figure has to be so great, else so small at most."""

    suite: str
    figure: str
    limit: float
    at_least: bool

    def holds(self, value: float) -> bool:
        """Whether a value is on the right side. NaN never is."""
        return value >= self.limit if self.at_least else value <= self.limit


@dataclass(frozen=True, slots=True)
class Target:
    """A line of the table: what it says, the bound, and of what `n` counts."""

    title: str
    bound: Bound
    unit: str


def least(suite: str, figure: str, limit: float) -> Bound:
    """Not less than this."""
    return Bound(suite, figure, limit, at_least=True)


def most(suite: str, figure: str, limit: float) -> Bound:
    """Not more than this."""
    return Bound(suite, figure, limit, at_least=False)


FRAME_MS: Final = 1000.0 / 30.0

TARGETS: Final = (
    Target("drawn sets with the exact count", least("drawn", "exact_count", 0.98), "sets"),
    Target("drawn sets off by one at most", least("drawn", "obo", 0.995), "sets"),
    Target("ghost reps where nobody squats, drawn", most("negatives", "ghosts", 0), "scenes"),
    Target("real clips from the front, certain count: exact", least("real", "front_exact", 1.0), "clips"),
    Target("… off by one at most", least("real", "front_obo", 1.0), "clips"),
    Target("ghost reps in clips without squats, lunges included", most("real", "ghosts_without_squats", 0), "clips"),
    Target("reps clear of the counting line told from partial ones", least("drawn", "partial_told", 0.97), "reps"),
    Target("the same, counting from depth 0.8", least("drawn", "partial_told_strict", 0.97), "reps"),
    Target("… of these, those not deep enough", least("drawn", "shallow_told_strict", 0.97), "shallow reps"),
    Target("knee flag per rep and leg, yaw ≤ 10°: F1", least("drawn", "knee_f1_yaw_le_10", 0.92), "legs"),
    Target("… clean legs flagged", most("drawn", "false_flag_rate", 0.02), "clean legs"),
    Target("knee flag, yaw 10–20°: F1, abstaining from a fault is a miss", least("drawn", "knee_f1_yaw_10_20", 0.80), "legs"),
    Target("… F1 of the legs judged", least("drawn", "knee_f1_yaw_10_20_when_judged", 0.80), "judged legs"),
    Target("… clean legs flagged", most("drawn", "false_flag_rate_yaw_10_20", 0.03), "clean legs"),
    Target("one-sided collapse given to the right leg", least("drawn", "right_leg", 0.95), "flagged reps"),
    Target("true crossing of 4 cm → flag on, median", most("drawn", "latency_ms_median", 150), "flags"),
    Target("… 95th percentile", most("drawn", "latency_ms_p95", 300), "flags"),
    Target("bottom against the middle of its time, median error", most("drawn", "bottom_error_ms_median", FRAME_MS), "reps"),
    Target("… against all of its time", most("drawn", "bottom_outside_ms_median", FRAME_MS), "reps"),
    Target("start against truth, median error", most("drawn", "start_error_ms_median", FRAME_MS), "reps"),
    Target("end against truth, median error", most("drawn", "end_error_ms_median", FRAME_MS), "reps"),
    Target("depth against truth, mean absolute error", most("drawn", "depth_mae", 0.06), "reps"),
    Target("frames judged while squatting in view, yaw ≤ 10°", least("drawn", "judged_share_yaw_le_10", 0.95), "frames"),
)  # fmt: skip


def _percent(value: float) -> str:
    return f"{100.0 * value:.1f} %"


def _ms(value: float) -> str:
    return f"{value:.0f} ms"


def _hundredths(value: float) -> str:
    return f"{value:.2f}"


def _depth(value: float) -> str:
    return f"{value:.3f}"


def _whole(value: float) -> str:
    return f"{value:.0f}"


def _tenths(value: float) -> str:
    return f"{value:.1f}"


def _writer(figure: str) -> Callable[[float], str]:
    if "_ms" in figure:
        return _ms
    if "_f1" in figure:
        return _hundredths
    if figure.startswith("depth"):
        return _depth
    if figure.endswith("per_hour") or figure.startswith("minutes"):
        return _tenths
    return _whole if figure.startswith("ghosts") else _percent


def written(figure: str, value: float | None) -> str:
    """A figure's value as it stands in a table; a dash for none."""
    return "–" if value is None or math.isnan(value) else _writer(figure)(value)


def written_with_interval(figure: str, of: Mapping[str, Any]) -> str:
    """The value and its interval, from a figures' JSON: "98.2 % [96.1, 99.3]"."""
    value, (low, high) = of[figure], of["ci"][figure]
    if value is None:
        return "–"
    if low is None or high is None:
        return written(figure, value)
    ends = (written(figure, end).removesuffix(" %").removesuffix(" ms") for end in (low, high))
    return f"{written(figure, value)} [{', '.join(ends)}]"
