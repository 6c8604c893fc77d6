from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from store_samples import NOON, child, make_rep, partial, rows, set_events, wall

from edge_valgus.events import FlagOn, RepCounted, SetEnded, SetStarted, Side
from edge_valgus.store.reader import StoreReader
from edge_valgus.store.thread import StoreThread
from edge_valgus.store.writer import Store


def _until(condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s, "it did not happen in time"
        time.sleep(0.01)


def test_events_become_sessions_sets_and_reps(tmp_path: Path) -> None:
    path = tmp_path / "reps.db"
    events = [
        *set_events(1, 100.0, 3, new_session=True),
        FlagOn(205.0, Side.LEFT),
        *set_events(2, 200.0, 2),
        *set_events(1, 2000.0, 1, new_session=True),
    ]
    with StoreThread(Store(path), to_wall=wall, source="camera 0", model="movenet") as thread:
        for event in events:
            thread.put(event)  # type: ignore[arg-type]
        assert thread.close() == 0
    assert rows(path, "SELECT id, started_at, ended_at, source, model FROM sessions") == [
        (1, wall(100.0), wall(228.0), "camera 0", "movenet"),
        (2, wall(2000.0), wall(2024.0), "camera 0", "movenet"),
    ]
    assert rows(path, "SELECT session_id, number, started_at, ended_at, counted, partial FROM sets") == [
        (1, 1, wall(100.0), wall(132.0), 3, 0),
        (1, 2, wall(200.0), wall(228.0), 2, 0),
        (2, 1, wall(2000.0), wall(2024.0), 1, 0),
    ]
    assert rows(path, "SELECT set_id, number, started_at, start_s FROM reps WHERE set_id = 2") == [
        (2, 1, wall(200.0), 0.0),
        (2, 2, wall(204.0), 4.0),
    ]


def test_a_rep_can_be_read_as_soon_as_it_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "reps.db"
    with StoreThread(Store(path), to_wall=wall) as thread:
        for event in set_events(1, 0.0, 2, new_session=True)[:-1]:
            thread.put(event)  # type: ignore[arg-type]
        thread.put(partial(1, 8.0))
        _until(lambda: thread.backlog == 0)
        assert rows(path, "SELECT counted, partial, ended_at FROM sets") == [(2, 1, None)]
        assert StoreReader(path).health().reps == 3


def test_a_rep_outside_any_set_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "reps.db"
    with StoreThread(Store(path), to_wall=wall) as thread:
        thread.put(SetEnded(1.0, 1, 5, 0))
        thread.put(RepCounted(12.5, make_rep()))
    assert rows(path, "SELECT number, counted, started_at FROM sets") == [(1, 1, wall(10.0))]


def test_a_set_whose_end_was_not_told_ends_with_its_last_rep(tmp_path: Path) -> None:
    path = tmp_path / "reps.db"
    with StoreThread(Store(path), to_wall=wall) as thread:
        for event in (*set_events(1, 0.0, 2, new_session=True)[:-1], SetStarted(60.0, 2, new_session=False)):
            thread.put(event)  # type: ignore[arg-type]
    assert rows(path, "SELECT ended_at, counted FROM sets") == [(wall(6.5), 2), (None, 0)]


def test_one_senseless_rep_does_not_hold_up_the_others(tmp_path: Path) -> None:
    path = tmp_path / "reps.db"
    with StoreThread(Store(path), to_wall=wall) as thread:
        thread.put(SetStarted(0.0, 1, new_session=True))
        thread.put(RepCounted(2.5, make_rep(0, 0.0)))
        thread.put(RepCounted(6.5, make_rep(2, 4.0)))
        assert thread.close() == 0
        assert thread.lost == 1
    assert rows(path, "SELECT number FROM reps") == [(2,)]


def test_a_database_deleted_in_the_middle_of_a_set_gets_the_rest_of_it(tmp_path: Path) -> None:
    path = tmp_path / "reps.db"
    with StoreThread(Store(path), to_wall=wall) as thread:
        thread.put(SetStarted(0.0, 1, new_session=True))
        thread.put(RepCounted(2.5, make_rep(1, 0.0)))
        _until(lambda: thread.backlog == 0)
        path.unlink()
        thread.put(RepCounted(6.5, make_rep(2, 4.0)))
        thread.put(SetEnded(30.0, 1, 2, 0))
        assert thread.close() == 0
        assert thread.lost == 0
    assert rows(path, "SELECT number FROM reps") == [(2,)]
    assert rows(path, "SELECT number, counted FROM sets") == [(1, 2)]


def test_put_never_waits_for_a_database_that_another_program_holds(tmp_path: Path) -> None:
    path = tmp_path / "reps.db"
    holder = """
        import sqlite3, sys, time
        db = sqlite3.connect(sys.argv[1], isolation_level=None)
        db.execute("BEGIN IMMEDIATE")
        print("held", flush=True)
        time.sleep(2.0)
        db.execute("COMMIT")
        db.close()
    """
    with (
        StoreThread(Store(path), to_wall=wall) as thread,
        subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(holder), str(path)], stdout=subprocess.PIPE, text=True
        ) as other,
    ):
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        events = [event for number in range(1, 41) for event in set_events(number, 100.0 * number, 5)]
        took_s = []
        for event in events:
            start_s = time.perf_counter()
            thread.put(event)  # type: ignore[arg-type]
            took_s.append(time.perf_counter() - start_s)
            time.sleep(0.001)
        assert thread.backlog == len(events)
        assert np.percentile(took_s, 99) < 0.001
        assert max(took_s) < 0.5
        other.wait()
        assert thread.close(20.0) == 0
        assert (thread.lost, thread.error) == (0, None)
    assert rows(path, "SELECT count(*) FROM reps") == [(200,)]


def test_the_memory_is_bounded_and_what_does_not_fit_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "reps.db"
    with StoreThread(Store(path), to_wall=wall, max_backlog=5) as thread:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            for event in set_events(1, 0.0, 8, new_session=True):
                thread.put(event)  # type: ignore[arg-type]
            assert (thread.backlog, thread.lost) == (5, 5)
            other.execute("COMMIT")
        assert thread.close() == 0
    assert rows(path, "SELECT count(*) FROM reps") == [(4,)]


def test_closing_gives_up_in_time_and_says_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "reps.db"
    thread = StoreThread(Store(path), to_wall=wall)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for event in set_events(1, 0.0, 2, new_session=True):
            thread.put(event)  # type: ignore[arg-type]
        start_s = time.monotonic()
        assert thread.close(0.3) == 4
        assert time.monotonic() - start_s < 1.5
        other.execute("COMMIT")
    _until(lambda: not thread._thread.is_alive())


def test_old_sets_are_deleted_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "reps.db"
    with StoreThread(Store(path), to_wall=wall) as thread:
        for event in (*set_events(1, 0.0, 1, new_session=True), *set_events(2, 40 * 86400.0, 1)):
            thread.put(event)  # type: ignore[arg-type]
    with StoreThread(Store(path), to_wall=wall, keep_days=30):
        _until(lambda: rows(path, "SELECT number FROM sets") == [(2,)])


def test_wall_times_are_those_at_which_things_happened(tmp_path: Path) -> None:
    path = tmp_path / "reps.db"
    offset = [NOON]
    with StoreThread(Store(path), to_wall=lambda time_s: offset[0] + time_s) as thread:
        thread.put(SetStarted(0.0, 1, new_session=True))
        offset[0] += 3600.0
        thread.put(RepCounted(2.5, make_rep(1, 0.0)))
    assert rows(path, "SELECT started_at FROM sets") == [(NOON,)]
    assert rows(path, "SELECT started_at, start_s FROM reps") == [(NOON + 3600.0, 0.0)]


class _TiredCard:
    """Says EIO to every fsync of a folder until it is mended."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked = 0
        self.broken = True
        self._fsync = os.fsync
        monkeypatch.setattr(os, "fsync", self._answer)

    def _answer(self, fd: int) -> None:
        self.asked += 1
        if self.broken:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        self._fsync(fd)


@pytest.mark.parametrize("keep_days", [None, 30], ids=["keeping all", "deleting what is old"])
def test_a_failing_card_loses_nothing_once_it_works_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep_days: int | None
) -> None:
    path = tmp_path / "reps.db"
    card = _TiredCard(monkeypatch)
    with StoreThread(Store(path), to_wall=wall, keep_days=keep_days) as thread:
        for event in set_events(1, 0.0, 2, new_session=True):
            thread.put(event)  # type: ignore[arg-type]
        _until(lambda: card.asked >= 3 and thread.error is not None)
        assert "Input/output error" in str(thread.error)
        assert "4 events wait in memory" in str(thread.error)
        card.broken = False
        _until(lambda: thread.backlog == 0)
        assert (thread.lost, thread.error) == (0, None)
    assert rows(path, "SELECT counted FROM sets") == [(2,)]


def test_a_card_that_fails_in_the_middle_of_a_set_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "reps.db"
    with StoreThread(Store(path), to_wall=wall) as thread:
        thread.put(SetStarted(0.0, 1, new_session=True))
        _until(lambda: thread.backlog == 0)
        card = _TiredCard(monkeypatch)
        path.unlink()
        thread.put(RepCounted(2.5, make_rep(1, 0.0)))
        _until(lambda: thread.error is not None)
        card.broken = False
        thread.put(SetEnded(30.0, 1, 1, 0))
        assert thread.close() == 0
        assert thread.lost == 0
    assert rows(path, "SELECT number, counted FROM sets") == [(1, 1)]


def test_a_fault_in_deleting_does_not_end_the_writing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def mistaken(self: Store, keep_days: int, *, now: float) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(Store, "prune", mistaken)
    path = tmp_path / "reps.db"
    with StoreThread(Store(path), to_wall=wall, keep_days=30) as thread:
        for event in set_events(1, 0.0, 1, new_session=True):
            thread.put(event)  # type: ignore[arg-type]
        assert thread.close() == 0
    assert "old sets were not deleted" in caplog.text
    assert rows(path, "SELECT counted FROM sets") == [(1,)]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_writer_that_ended_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def ended(self: Store) -> None:
        raise SystemExit

    path = tmp_path / "reps.db"
    thread = StoreThread(Store(path), to_wall=wall)
    assert thread.error is None
    monkeypatch.setattr(Store, "check", ended)
    thread.put(SetStarted(0.0, 1, new_session=True))
    _until(lambda: thread.error is not None)
    assert str(path) in str(thread.error)
    assert "restart edge-valgus (1 events wait in memory)" in str(thread.error)
    assert thread.close() == 1


# Two sets, and then the power fails in the middle of the third.
CRASH = """
    import os, sys
    from store_samples import set_events, wall
    from edge_valgus.store.thread import StoreThread
    from edge_valgus.store.writer import Store

    thread = StoreThread(Store(sys.argv[1]), to_wall=wall, source="camera 0", model="movenet", session_gap_s=900.0)
    for event in [*set_events(1, 0.0, 1, new_session=True), *set_events(2, 100.0, 1), *set_events(3, 200.0, 2)[:-1]]:
        thread.put(event)
    while thread.backlog:
        pass
    os._exit(1)
"""
CRASHED_S = 206.5
"""When the last rep before the crash ended."""

NEW_SESSION = [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (3, 1)]


@pytest.mark.parametrize(
    ("settings", "back_s", "placed"),
    [
        pytest.param({}, 60.0, [(1, 1), (1, 2), (1, 3), (1, 4), (1, 5), (2, 1)], id="soon: the session goes on"),
        pytest.param({}, -60.0, [(1, 1), (1, 2), (1, 3), (1, 4), (1, 5), (2, 1)], id="the clock went back a little"),
        pytest.param({}, 899.0, [(1, 1), (1, 2), (1, 3), (1, 4), (1, 5), (2, 1)], id="just within the gap"),
        pytest.param({}, 900.0, NEW_SESSION, id="after the gap"),
        pytest.param({}, -900.0, NEW_SESSION, id="the clock went far back"),
        pytest.param({"source": "camera 1"}, 60.0, NEW_SESSION, id="another camera"),
        pytest.param({"model": "other"}, 60.0, NEW_SESSION, id="another model"),
        pytest.param({"session_gap_s": None}, 60.0, NEW_SESSION, id="no gap given"),
    ],
)
def test_after_a_crash_the_session_goes_on(
    tmp_path: Path, settings: dict[str, object], back_s: float, placed: list[tuple[int, int]]
) -> None:
    path = tmp_path / "reps.db"
    assert child(CRASH, str(path)).returncode == 1
    values: dict[str, object] = {"source": "camera 0", "model": "movenet", "session_gap_s": 900.0, **settings}
    start_s = CRASHED_S + back_s
    with StoreThread(Store(path), to_wall=wall, **values) as thread:  # type: ignore[arg-type]
        for event in (
            *set_events(1, start_s, 1, new_session=True),
            *set_events(2, start_s + 100.0, 1),
            *set_events(1, start_s + 200.0, 1, new_session=True),
        ):
            thread.put(event)  # type: ignore[arg-type]
        assert thread.close() == 0
    assert rows(path, "SELECT session_id, number FROM sets ORDER BY id") == placed
    last_set, session = (
        "SELECT max(ended_at) FROM sets WHERE session_id = 1",
        "SELECT ended_at FROM sessions WHERE id = 1",
    )
    assert rows(path, last_set) == rows(path, session)


def test_an_empty_database_begins_a_session(tmp_path: Path) -> None:
    path = tmp_path / "reps.db"
    with StoreThread(Store(path), to_wall=wall, session_gap_s=900.0) as thread:
        for event in set_events(1, 0.0, 1, new_session=True):
            thread.put(event)  # type: ignore[arg-type]
    assert rows(path, "SELECT session_id, number FROM sets") == [(1, 1)]
