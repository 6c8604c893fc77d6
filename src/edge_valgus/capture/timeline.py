"""From a video's timestamps to seconds that always grow."""

from __future__ import annotations

from typing import Final

_RESTART_S: Final = 1.0


class Timeline:
    """Turns a stream's timestamps into seconds that start at 0 and always grow.

    - The first frame is at 0.0; a stamp counts from the first frame's stamp.
    - A frame without a stamp comes one nominal period after the one before it.
    - A stamp that repeats or steps back by up to a second is a glitch: that frame, too, comes one period after the one
      before it, and later stamps are believed again as soon as they are ahead.
    - A stamp that steps back further is a restart (a joined or wrapped recording): that frame comes one period after
      the one before it, and all later stamps count from there.
    """

    def __init__(self, period_s: float) -> None:
        self.period_s = period_s
        self._offset_s: float | None = None
        self._last_s: float | None = None

    def time_s(self, stamp_s: float | None) -> float:
        """Seconds since the first frame, for the next frame in display order. Each is greater than the last."""
        if self._last_s is None:
            self._offset_s = stamp_s
            self._last_s = 0.0
            return 0.0
        expected_s = self._last_s + self.period_s
        if stamp_s is None:
            time_s = expected_s
        else:
            if self._offset_s is None:
                self._offset_s = stamp_s - expected_s
            time_s = stamp_s - self._offset_s
            if time_s <= self._last_s:
                if time_s < self._last_s - _RESTART_S:
                    self._offset_s = stamp_s - expected_s
                time_s = expected_s
        self._last_s = time_s
        return time_s
