"""What the reader gives: one dataclass per kind of row. A measure that could not be taken is None, never 0.

Times of day are `datetime` with the reader's time zone; `start_s`, `bottom_s`, `end_s` are seconds of the capture clock
since the set's first event, so that they survive a correction of the wall clock in the middle of a set.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from edge_valgus.events import Valgus


@dataclass(frozen=True, slots=True)
class DayRow:
    """A day on which something was lifted.

    flagged_reps: counted reps on which a knee caved in. models: what saw its sets, each once.
    """

    day: date
    sessions: int
    sets: int
    counted: int
    partial: int
    flagged_reps: int
    models: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SetRow:
    """One set. The means and the rep tallies are over its counted reps; partial reps are not in them.

    number: 1-based within its session. session_number: 1-based among the sessions with sets on the day of this set.
    ended_at: None while the set is going on.
    flagged_left_reps, flagged_right_reps: counted reps on which that knee caved in; a rep with both is in both.
    unknown_reps: counted reps whose knees could not be judged. model: what saw it.
    """

    id: int
    number: int
    session_id: int
    session_number: int
    started_at: datetime
    ended_at: datetime | None
    counted: int
    partial: int
    mean_depth: float | None
    mean_descent_s: float | None
    mean_ascent_s: float | None
    flagged_left_reps: int
    flagged_right_reps: int
    unknown_reps: int
    model: str


@dataclass(frozen=True, slots=True)
class RepRow:
    """One rep, counted or partial; `number` is 1-based among its kind. See `events.Rep` for the measures."""

    id: int
    set_id: int
    number: int
    counted: bool
    started_at: datetime
    start_s: float
    bottom_s: float
    end_s: float
    depth: float | None
    valgus: Valgus
    flagged_frames: int
    judged_frames: int
    frames: int
    peak_mkd_left_pct: float | None
    peak_mkd_right_pct: float | None
    peak_fppa_left_deg: float | None
    peak_fppa_right_deg: float | None
    min_kasr: float | None
    peak_pelvic_tilt_deg: float | None
    peak_trunk_lean_deg: float | None

    @property
    def descent_s(self) -> float:
        """Duration of the eccentric half, start to bottom."""
        return self.bottom_s - self.start_s

    @property
    def ascent_s(self) -> float:
        """Duration of the concentric half, bottom to end."""
        return self.end_s - self.bottom_s


@dataclass(frozen=True, slots=True)
class SetDetail:
    """A set with its reps in the order in which they were done, and what saw them."""

    set: SetRow
    source: str
    model: str
    reps: tuple[RepRow, ...]


@dataclass(frozen=True, slots=True)
class ExportRow:
    """One rep with all that places it: a line of the CSV export."""

    session_id: int
    set_number: int
    source: str
    model: str
    rep: RepRow


@dataclass(frozen=True, slots=True)
class Health:
    """How the database is doing. `schema_version` is 0 while there is none."""

    schema_version: int
    sessions: int
    sets: int
    reps: int
    size_bytes: int
    free_bytes: int
