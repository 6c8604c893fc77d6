"""Reps as CSV."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TextIO

from edge_valgus.store.reader import StoreReader


def csv_lines(reader: StoreReader, start: date, end: date) -> Iterator[str]:
    """Yield the header and then one line per rep, each with its line end; for streaming."""
    raise NotImplementedError


def write_csv(reader: StoreReader, file: TextIO, start: date, end: date) -> int:
    """Write the reps of these local days, both included, and return how many. Open the file with newline=""."""
    raise NotImplementedError
