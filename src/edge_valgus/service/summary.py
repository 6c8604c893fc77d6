"""What `analyze`, `replay` and `demo` print: one JSON object, or a table."""

from __future__ import annotations

import math
from typing import Any

from rich.table import Table
from rich.text import Text

from edge_valgus.events import Event, Reading, Rep, RepCounted, RepPartial, Valgus
from edge_valgus.service.sightings import Sighting

_KNEES = {
    Valgus.NONE: Text("fine", "green"),
    Valgus.LEFT: Text("left in", "red"),
    Valgus.RIGHT: Text("right in", "red"),
    Valgus.BOTH: Text("both in", "red"),
    Valgus.UNKNOWN: Text("can't judge", "yellow"),
}


class Summary:
    """Collects a run. A sink of the loop."""

    def __init__(self, source: str, model: str, runtime: str) -> None:
        self.source = source
        self.model = model
        self.runtime = runtime
        self.frames = 0
        self.judged_frames = 0
        self.flagged_frames = 0
        self.reps: list[Rep] = []
        self._anybody = False
        self._first_s = math.nan
        self._last_s = math.nan

    @property
    def counted(self) -> int:
        """Counted reps, all sets together."""
        return sum(rep.counted for rep in self.reps)

    @property
    def partial(self) -> int:
        """Partial reps, all sets together."""
        return len(self.reps) - self.counted

    @property
    def duration_s(self) -> float:
        """From the first frame to the last."""
        return self._last_s - self._first_s if self.frames else 0.0

    def take(self, sighting: Sighting, events: tuple[Event, ...], reading: Reading) -> None:
        """One frame was judged."""
        if not self.frames:
            self._first_s = sighting.time_s
        self.frames += 1
        self._last_s = sighting.time_s
        self.judged_frames += reading.judged
        self._anybody |= reading.in_view
        self.flagged_frames += reading.flagged_left or reading.flagged_right
        self._collect(events)

    def finish(self, time_s: float, events: tuple[Event, ...]) -> None:  # noqa: ARG002
        """The source has ended."""
        self._collect(events)

    def _collect(self, events: tuple[Event, ...]) -> None:
        self.reps.extend(event.rep for event in events if isinstance(event, RepCounted | RepPartial))

    def as_dict(self) -> dict[str, Any]:
        """Give the object that `--json` prints; docs/json.md describes it. Measures that could not be taken are None."""
        return {
            "source": self.source,
            "model": self.model,
            "runtime": self.runtime,
            "frames": self.frames,
            "duration_s": _rounded(self.duration_s, 3),
            "counted": self.counted,
            "partial": self.partial,
            "judged_frames": self.judged_frames,
            "flagged_frames": self.flagged_frames,
            "reps": [_rep_dict(number, rep) for number, rep in enumerate(self.reps, 1)],
        }

    def table(self) -> Table:
        """Give the reps as a table for a terminal."""
        table = Table("rep", "at", "depth", "down", "up", "knees", "left in", "right in", box=None, pad_edge=False)
        for column in table.columns[:5] + table.columns[6:]:
            column.justify = "right"
        number = 0
        for rep in self.reps:
            number += rep.counted
            table.add_row(
                str(number) if rep.counted else Text("partial", "dim"),
                f"{rep.start_s:.1f} s",
                f"{rep.depth:.0%}",
                f"{rep.descent_s:.1f} s",
                f"{rep.ascent_s:.1f} s",
                _KNEES[rep.valgus],
                _percent(rep.peak_mkd_left_pct),
                _percent(rep.peak_mkd_right_pct),
            )
        return table

    def headline(self) -> str:
        """Give the result in one sentence."""
        seen = f"{self.judged_frames} of {self.frames} frames judged"
        if self.frames and not self._anybody:
            seen += "; nobody was seen standing in it: is the picture upright, and the whole person in it"
        return f"{_count(self.counted, 'rep')}, {self.partial} partial in {self.duration_s:.1f} s; {seen}"


def _rep_dict(number: int, rep: Rep) -> dict[str, Any]:
    return {
        "number": number,
        "counted": rep.counted,
        "start_s": _rounded(rep.start_s, 3),
        "bottom_s": _rounded(rep.bottom_s, 3),
        "end_s": _rounded(rep.end_s, 3),
        "descent_s": _rounded(rep.descent_s, 3),
        "ascent_s": _rounded(rep.ascent_s, 3),
        "depth": _rounded(rep.depth, 3),
        "valgus": rep.valgus.value,
        "flagged_frames": rep.flagged_frames,
        "peak_mkd_left_pct": _rounded(rep.peak_mkd_left_pct, 2),
        "peak_mkd_right_pct": _rounded(rep.peak_mkd_right_pct, 2),
        "peak_fppa_left_deg": _rounded(rep.peak_fppa_left_deg, 1),
        "peak_fppa_right_deg": _rounded(rep.peak_fppa_right_deg, 1),
        "min_kasr": _rounded(rep.min_kasr, 3),
    }


def _rounded(value: float, digits: int) -> float | None:
    return None if math.isnan(value) else round(value, digits)


def _percent(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:+.1f} %"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
