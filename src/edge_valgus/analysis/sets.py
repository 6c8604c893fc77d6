"""Groups reps into sets and sets into sessions, by the pauses between them."""

from __future__ import annotations

from edge_valgus.config import CountConfig
from edge_valgus.events import SetEnded, SetStarted


class SetKeeper:
    """Knows the current set. The numbers follow `CountConfig`: rest_s ends a set, session_gap_min a session."""

    def __init__(self, config: CountConfig) -> None:
        self._config = config
        self._last_rep_s: float | None = None  # end of the last rep, also after its set has ended
        self._open = False
        self.number = 0  # of the current or last set within the session
        self.counted = 0
        self.partial = 0

    def note_rep(self, start_s: float, end_s: float, *, counted: bool) -> SetStarted | None:
        """A rep was done; says so if it opened a set."""
        started = None
        if not self._open:
            gap_s = self._config.session_gap_min * 60.0
            new_session = self._last_rep_s is None or start_s - self._last_rep_s >= gap_s
            self.number = 1 if new_session else self.number + 1
            self.counted = self.partial = 0
            self._open = True
            started = SetStarted(start_s, self.number, new_session)
        self._last_rep_s = end_s
        if counted:
            self.counted += 1
        else:
            self.partial += 1
        return started

    def rest(self, time_s: float, *, in_rep: bool) -> SetEnded | None:
        """Time goes by; says so if the pause was long enough to end the set."""
        if not self._open or in_rep or self._last_rep_s is None:
            return None
        return self.end(time_s) if time_s - self._last_rep_s >= self._config.rest_s else None

    def end(self, time_s: float) -> SetEnded | None:
        """End the set now, if there is one."""
        if not self._open:
            return None
        self._open = False
        return SetEnded(time_s, self.number, self.counted, self.partial)

    def new_session(self, time_s: float) -> SetEnded | None:
        """End the set and let the next one open a new session."""
        ended = self.end(time_s)
        self._last_rep_s = None
        return ended
