from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from store_samples import CHILD_ENVIRONMENT, NOON, make_rep

from edge_valgus.events import NAN, Valgus
from edge_valgus.store.faults import RejectedError
from edge_valgus.store.reader import StoreReader
from edge_valgus.store.writer import Store

DAY_S = 86400.0


def _set(store: Store, at: float = NOON) -> int:
    return store.start_set(store.start_session(at, source="camera 0", model="movenet"), 1, at)


def _raw(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(query).fetchall()


def test_a_reading_that_could_not_be_taken_is_null_and_then_none(tmp_path: Path) -> None:
    path = tmp_path / "reps.db"
    unseen = make_rep(depth=NAN, peak_mkd_left_pct=float("inf"), min_kasr=np.float32("nan"), valgus=Valgus.UNKNOWN)
    with Store(path) as store:
        set_id = _set(store)
        store.add_rep(set_id, unseen, started_at=NOON, set_start_s=10.0)
        detail = StoreReader(path).set(set_id)
    assert _raw(path, "SELECT depth, peak_mkd_left_pct, min_kasr FROM reps") == [(None, None, None)]
    assert detail is not None
    rep = detail.reps[0]
    assert (rep.depth, rep.peak_mkd_left_pct, rep.min_kasr) == (None, None, None)
    assert (rep.peak_mkd_right_pct, rep.valgus) == (-0.5, Valgus.UNKNOWN)
    assert (detail.set.mean_depth, detail.set.unknown_reps) == (None, 1)


def test_all_of_a_rep_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "reps.db"
    rep = make_rep(3, start_s=112.0, valgus=Valgus.BOTH, flagged_frames=np.int64(7), depth=np.float32(0.5))
    with Store(path) as store:
        set_id = _set(store)
        rep_id = store.add_rep(set_id, rep, started_at=NOON + 12.0, set_start_s=100.0)
    detail = StoreReader(path, time_zone=UTC).set(set_id)
    assert detail is not None
    row = detail.reps[0]
    assert row.started_at == datetime.fromtimestamp(NOON + 12.0, UTC)
    assert (row.id, row.set_id, row.number, row.counted) == (rep_id, set_id, 3, True)
    assert (row.start_s, row.bottom_s, row.end_s) == pytest.approx((12.0, 13.5, 14.5))
    assert (row.descent_s, row.ascent_s) == pytest.approx((1.5, 1.0))
    assert (row.depth, row.flagged_frames, row.judged_frames, row.frames) == (0.5, 7, 55, 60)
    assert (row.peak_fppa_right_deg, row.peak_pelvic_tilt_deg, row.peak_trunk_lean_deg) == (4.5, 2.0, -3.0)
    assert (detail.source, detail.model) == ("camera 0", "movenet")
    trace = StoreReader(path).trace(rep_id)
    assert trace is not None
    assert np.allclose(trace, rep.trace, atol=0.011)


def test_a_rep_with_an_impossible_trace_still_counts(tmp_path: Path) -> None:
    path = tmp_path / "reps.db"
    with Store(path) as store:
        set_id = _set(store)
        rep_id = store.add_rep(set_id, make_rep(trace=np.zeros((4, 2), np.float32)), started_at=NOON, set_start_s=10.0)
    assert StoreReader(path).trace(rep_id) is None
    assert _raw(path, "SELECT counted FROM sets") == [(1,)]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"number": 0}, id="number 0"),
        pytest.param({"start_s": float("nan")}, id="no start"),
        pytest.param({"frames": -1}, id="negative frames"),
    ],
)
def test_a_senseless_row_is_refused_and_leaves_nothing(tmp_path: Path, changes: dict[str, Any]) -> None:
    path = tmp_path / "reps.db"
    with Store(path) as store:
        set_id = _set(store)
        with pytest.raises(RejectedError, match="refused"):
            store.add_rep(set_id, make_rep(**changes), started_at=NOON, set_start_s=0.0)
        with pytest.raises(RejectedError, match="FOREIGN KEY"):
            store.add_rep(set_id + 1, make_rep(), started_at=NOON, set_start_s=0.0)
        store.add_rep(set_id, make_rep(), started_at=NOON, set_start_s=0.0)
    assert _raw(path, "SELECT counted, partial FROM sets") == [(1, 0)]
    assert _raw(path, "SELECT count(*) FROM reps") == [(1,)]


def test_a_set_begins_with_its_first_rep(tmp_path: Path) -> None:
    path = tmp_path / "reps.db"
    with Store(path) as store:
        set_id = _set(store, NOON)
        store.add_rep(set_id, make_rep(start_s=10.0), started_at=NOON - 3.0, set_start_s=13.0)
        store.add_rep(set_id, make_rep(start_s=16.0), started_at=NOON + 3.0, set_start_s=13.0)
    assert _raw(path, "SELECT started_at FROM sets") == [(NOON - 3.0,)]
    assert _raw(path, "SELECT start_s FROM reps ORDER BY id") == [(-3.0,), (3.0,)]


def test_what_a_crash_left_open_is_closed_with_what_was_counted(tmp_path: Path) -> None:
    path = tmp_path / "reps.db"
    with Store(path) as store:
        session = store.start_session(NOON, source="s", model="m")
        done = store.start_set(session, 1, NOON)
        store.add_rep(done, make_rep(1), started_at=NOON, set_start_s=10.0)
        store.end_set(done, ended_at=NOON + 30.0, counted=1, partial=0)
        cut = store.start_set(session, 2, NOON + 100.0)
        store.add_rep(cut, make_rep(1), started_at=NOON + 100.0, set_start_s=10.0)
        store.add_rep(cut, make_rep(1, counted=False), started_at=NOON + 104.0, set_start_s=10.0)
        store.start_set(session, 3, NOON + 200.0)
        store.start_session(NOON + 300.0, source="s", model="m")
    with Store(path):
        assert _raw(path, "SELECT number, ended_at, counted, partial FROM sets") == [
            (1, NOON + 30.0, 1, 0),
            (2, NOON + 106.5, 1, 1),
        ]
        assert _raw(path, "SELECT ended_at FROM sessions") == [(NOON + 106.5,)]


def test_old_sets_go_with_their_reps_and_their_sessions(tmp_path: Path) -> None:
    path = tmp_path / "reps.db"
    with Store(path) as store:
        for days_ago in (100, 31, 29, 0):
            set_id = _set(store, NOON - days_ago * DAY_S)
            store.add_rep(set_id, make_rep(), started_at=NOON - days_ago * DAY_S, set_start_s=10.0)
            store.end_set(set_id, ended_at=NOON - days_ago * DAY_S + 60, counted=1, partial=0)
        assert store.prune(30, now=NOON) == 2
        assert store.prune(30, now=NOON) == 0
    for table in ("sessions", "sets", "reps"):
        assert _raw(path, f"SELECT count(*) FROM {table}") == [(2,)]  # noqa: S608


def test_a_clock_years_ahead_deletes_nothing_recent(tmp_path: Path) -> None:
    with Store(tmp_path / "reps.db") as store:
        set_id = _set(store)
        store.end_set(set_id, ended_at=NOON + 60, counted=0, partial=0)
        assert store.prune(30, now=NOON + 4000 * DAY_S) == 0


def test_space_of_deleted_sets_goes_back_to_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "reps.db"
    with Store(path) as store:
        old, new = _set(store, NOON - 100 * DAY_S), _set(store)
        for number in range(1, 150):
            store.add_rep(old, make_rep(number), started_at=NOON - 100 * DAY_S, set_start_s=10.0)
        for set_id in (old, new):
            store.end_set(set_id, ended_at=NOON, counted=0, partial=0)
    size = path.stat().st_size
    with Store(path) as store:
        store.prune(30, now=NOON)
    assert path.stat().st_size < size / 2


def test_a_file_that_is_deleted_in_use_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "reps.db"
    with Store(path) as store:
        _set(store)
        path.unlink()
        set_id = _set(store)
        store.add_rep(set_id, make_rep(), started_at=NOON, set_start_s=10.0)
        assert store.generation == 1
    assert _raw(path, "SELECT count(*) FROM reps") == [(1,)]


def test_kill_9_in_the_middle_of_writing_loses_no_committed_rep(tmp_path: Path) -> None:
    path = tmp_path / "reps.db"
    script = f"""
        from store_samples import NOON, make_rep
        from edge_valgus.store.writer import Store
        store = Store({str(path)!r})
        set_id = store.start_set(store.start_session(NOON, source="s", model="m"), 1, NOON)
        for number in range(1, 100_000):
            rep_id = store.add_rep(set_id, make_rep(number, 4.0 * number), started_at=NOON + number, set_start_s=0.0)
            print(rep_id, flush=True)
    """
    told: list[int] = []
    for after in (7, 23, 41):
        with subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(script)],
            stdout=subprocess.PIPE,
            text=True,
            env=CHILD_ENVIRONMENT,
        ) as writer:
            assert writer.stdout is not None
            told += [int(writer.stdout.readline()) for _ in range(after)]
            writer.send_signal(signal.SIGKILL)
            told += [int(line) for line in writer.stdout]
            writer.wait()
        with Store(path):
            assert _raw(path, "PRAGMA integrity_check") == [("ok",)]
            assert _raw(path, "PRAGMA foreign_key_check") == []
            stored = {row[0] for row in _raw(path, "SELECT id FROM reps")}
            assert stored >= set(told)
            # One more may have been committed and not told.
            assert len(stored) <= len(told) + 3
            assert _raw(path, "SELECT count(*) FROM sets WHERE ended_at IS NULL") == [(0,)]
            assert _raw(path, "SELECT sum(counted) FROM sets") == [(len(stored),)]
