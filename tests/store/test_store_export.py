from __future__ import annotations

import csv
import io
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from store_samples import make_rep

from edge_valgus.events import NAN, Valgus
from edge_valgus.store.export import csv_lines, write_csv
from edge_valgus.store.reader import StoreReader
from edge_valgus.store.writer import Store

DAY = date(2026, 7, 1)
ZONE = ZoneInfo("Europe/Berlin")


def _export(path: Path, source: str, **changes: Any) -> list[list[str]]:
    start = datetime(2026, 7, 1, 18, 30, 0, 250_000, tzinfo=ZONE).timestamp()
    with Store(path) as store:
        set_id = store.start_set(store.start_session(start, source=source, model="movenet"), 2, start)
        store.add_rep(set_id, make_rep(**changes), started_at=start, set_start_s=10.0)
    file = io.StringIO(newline="")
    assert write_csv(StoreReader(path, time_zone=ZONE), file, DAY, DAY) == 1
    return list(csv.reader(io.StringIO(file.getvalue(), newline="")))


def test_a_rep_is_a_line_with_units_in_the_header(tmp_path: Path) -> None:
    header, line = _export(tmp_path / "reps.db", "camera 0", valgus=Valgus.LEFT)
    cells = dict(zip(header, line, strict=True))
    assert cells["started_at"] == "2026-07-01T18:30:00.250+02:00"
    assert (cells["set"], cells["rep"], cells["counted"]) == ("2", "1", "1")
    assert (cells["descent (s)"], cells["ascent (s)"]) == ("1.500", "1.000")
    assert cells["knees inward (none, left, right, both, unknown)"] == "left"
    assert cells["peak medial knee displacement left (% of leg length)"] == "1.25"
    assert cells["peak FPPA right (deg)"] == "4.5"
    assert (cells["source"], cells["model"]) == ("camera 0", "movenet")


def test_what_could_not_be_taken_is_an_empty_cell(tmp_path: Path) -> None:
    header, line = _export(tmp_path / "reps.db", "camera 0", depth=NAN, min_kasr=NAN)
    empty = {name for name, cell in zip(header, line, strict=True) if cell == ""}
    assert empty == {
        "depth (1 = hip level with the knee)",
        "least knee-to-ankle separation ratio",
        "peak FPPA left (deg)",
    }


@pytest.mark.parametrize(
    ("source", "cell"),
    [
        pytest.param("=HYPERLINK(1)", "'=HYPERLINK(1)", id="equals"),
        pytest.param("+1.mp4", "'+1.mp4", id="plus"),
        pytest.param("-1.mp4", "'-1.mp4", id="minus"),
        pytest.param("@sum.mp4", "'@sum.mp4", id="at"),
        pytest.param(" =1+1", "' =1+1", id="space before it"),
        pytest.param("\t=1", "'\t=1", id="tab before it"),
        pytest.param('a,"b"\nc.mp4', 'a,"b"\nc.mp4', id="comma, quotes and line end stay in their cell"),
        pytest.param("front=squat.mp4", "front=squat.mp4", id="a plain name stays as it is"),
    ],
)
def test_a_source_is_never_a_formula(tmp_path: Path, source: str, cell: str) -> None:
    header, line = _export(tmp_path / "reps.db", source)
    assert dict(zip(header, line, strict=True))["source"] == cell


def test_without_a_database_only_the_header_comes(tmp_path: Path) -> None:
    (header,) = csv_lines(StoreReader(tmp_path / "reps.db"), DAY, DAY)
    assert header.startswith("started_at,")
    assert header.endswith("\r\n")
