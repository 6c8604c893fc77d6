"""Ranges of what may be asked of the drawn lifter."""

from __future__ import annotations

import math


def require(name: str, value: float, low: float, high: float) -> None:
    """Raise ValueError unless low <= value <= high (so NaN fails)."""
    if not (math.isfinite(value) and low <= value <= high):
        raise ValueError(f"{name} = {value!r}: expected a number from {low:g} to {high:g}")
