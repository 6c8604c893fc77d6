"""The tempo of evenly repeated movements."""

from __future__ import annotations

from edge_valgus.capture.drawn.motion import minimum_jerk

THERE, HOLD, BACK = 0.42, 0.08, 0.38  # shares of a rep's time; the rest is rest


def there_and_back(time_s: float, reps: int, rep_s: float) -> float:
    """How far, 0–1, a movement repeated `reps` times has gone; 0 before and after, and at rest between the reps."""
    index, share = rep_at(time_s, reps, rep_s)
    if index is None:
        return 0.0
    return minimum_jerk(share / THERE) - minimum_jerk((share - THERE - HOLD) / BACK)


def rep_at(time_s: float, reps: int, rep_s: float) -> tuple[int | None, float]:
    """Which rep is going on, and how much of its time is gone; None before and after."""
    if not 0.0 <= time_s < reps * rep_s:
        return None, 0.0
    index = int(time_s / rep_s)
    return index, time_s / rep_s - index
