"""Showing in real time what was recorded, or is drawn, with times of its own."""

from __future__ import annotations

import math
import time


class Pace:
    """When each moment of a recording is due. A machine too slow for it shows it slower, and does not hurry afterwards.

    longest_s: gaps longer than this are cut short.
    """

    def __init__(self, longest_s: float = math.inf) -> None:
        self._longest_s = longest_s
        self._last_s: float | None = None
        self._due_s = 0.0

    def wait_s(self, time_s: float) -> float:
        """How long to wait from now until this moment is due, 0 if it is over; the first one is due at once."""
        now_s = time.monotonic()
        if self._last_s is None:
            self._due_s = now_s
        else:
            self._due_s += min(self._longest_s, max(0.0, time_s - self._last_s))
        self._last_s = time_s
        self._due_s = max(self._due_s, now_s)
        return self._due_s - now_s
