"""Reps as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import date
from typing import Final, TextIO

from edge_valgus.store.reader import StoreReader
from edge_valgus.store.rows import ExportRow

Cell = str | int | float | None


def _rounded(name: str, digits: int) -> Callable[[ExportRow], Cell]:
    def cell(row: ExportRow) -> Cell:
        value = getattr(row.rep, name)
        return None if value is None else f"{value:.{digits}f}"

    return cell


_COLUMNS: Final[tuple[tuple[str, Callable[[ExportRow], Cell]], ...]] = (
    ("started_at", lambda row: row.rep.started_at.isoformat(timespec="milliseconds")),
    ("session", lambda row: row.session_id),
    ("set", lambda row: row.set_number),
    ("rep", lambda row: row.rep.number),
    ("counted", lambda row: int(row.rep.counted)),
    ("depth (1 = hip level with the knee)", _rounded("depth", 3)),
    ("descent (s)", _rounded("descent_s", 3)),
    ("ascent (s)", _rounded("ascent_s", 3)),
    ("knees inward (none, left, right, both, unknown)", lambda row: row.rep.valgus.value),
    ("flagged (frames)", lambda row: row.rep.flagged_frames),
    ("judged (frames)", lambda row: row.rep.judged_frames),
    ("seen (frames)", lambda row: row.rep.frames),
    ("peak medial knee displacement left (% of leg length)", _rounded("peak_mkd_left_pct", 2)),
    ("peak medial knee displacement right (% of leg length)", _rounded("peak_mkd_right_pct", 2)),
    ("peak FPPA left (deg)", _rounded("peak_fppa_left_deg", 1)),
    ("peak FPPA right (deg)", _rounded("peak_fppa_right_deg", 1)),
    ("least knee-to-ankle separation ratio", _rounded("min_kasr", 3)),
    ("peak pelvic tilt (deg)", _rounded("peak_pelvic_tilt_deg", 1)),
    ("peak trunk lean (deg)", _rounded("peak_trunk_lean_deg", 1)),
    ("source", lambda row: _plain(row.source)),
    ("model", lambda row: _plain(row.model)),
)


def csv_lines(reader: StoreReader, start: date, end: date) -> Iterator[str]:
    r"""Yield the header and then one line per rep, each ending in \r\n (RFC 4180); for streaming.

    Times are ISO 8601 with their offset; a measure that could not be taken is an empty cell.
    Raises StoreError as the reader does, also after the first lines.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)

    def line(cells: list[Cell]) -> str:
        writer.writerow(cells)
        text = buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
        return text

    yield line([name for name, _ in _COLUMNS])
    for row in reader.reps_between(start, end):
        yield line([cell(row) for _, cell in _COLUMNS])


def write_csv(reader: StoreReader, file: TextIO, start: date, end: date) -> int:
    """Write the reps of these local days, both included, and return how many. Open the file with newline=""."""
    written = -1
    for text in csv_lines(reader, start, end):
        file.write(text)
        written += 1
    return written


def _plain(text: str) -> str:
    """Keep a spreadsheet from taking a file's name for a formula."""
    return f"'{text}" if text.lstrip().startswith(("=", "+", "-", "@")) or text.startswith(("\t", "\r", "\n")) else text
