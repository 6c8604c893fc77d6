"""The queries that the page and the export need."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, tzinfo
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge_valgus.store.rows import DayRow, ExportRow, Health, SetDetail, SetRow


class StoreReader:
    """Read-only view of the database; may be used from several threads. Empty while there is no database yet.

    Errors: StoreError, when the file is not a database of edge-valgus or cannot be read.
    """

    def __init__(self, path: Path | str, *, time_zone: tzinfo | None = None) -> None:
        self.path = Path(path)
        self._time_zone = time_zone

    def days(self, limit: int = 60) -> tuple[DayRow, ...]:
        """Give the newest days that have sets, newest first."""
        raise NotImplementedError

    def sets(self, day: date) -> tuple[SetRow, ...]:
        """Give the sets begun on that local day, newest first."""
        raise NotImplementedError

    def set(self, set_id: int) -> SetDetail | None:
        """Give one set with its reps."""
        raise NotImplementedError

    def trace(self, rep_id: int) -> NDArray[np.float32] | None:
        """Give a rep's frames, float32 [frames, len(TRACE_COLUMNS)], NaN where a measure could not be taken."""
        raise NotImplementedError

    def reps_between(self, start: date, end: date) -> Iterator[ExportRow]:
        """Yield every rep begun from local day `start` to local day `end`, both included, oldest first."""
        raise NotImplementedError

    def health(self) -> Health:
        """Give sizes, for the status page."""
        raise NotImplementedError
