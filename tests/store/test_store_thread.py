from __future__ import annotations

import errno
import json
import os
import shutil
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
from store_samples import CHILD_ENVIRONMENT, NOON, make_rep, partial, set_events, wall

from edge_valgus.events import FlagOn, RepCounted, SetEnded, SetStarted, Side
from edge_valgus.store.reader import StoreReader
from edge_valgus.store.thread import StoreThread
from edge_valgus.store.writer import Store


def _rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(query).fetchall()


def _until(condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s, "it did not happen in time"
        time.sleep(0.01)


def _child(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(script), *arguments],
        env=CHILD_ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


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
    assert _rows(path, "SELECT id, started_at, ended_at, source, model FROM sessions") == [
        (1, wall(100.0), wall(228.0), "camera 0", "movenet"),
        (2, wall(2000.0), wall(2024.0), "camera 0", "movenet"),
    ]
    assert _rows(path, "SELECT session_id, number, started_at, ended_at, counted, partial FROM sets") == [
        (1, 1, wall(100.0), wall(132.0), 3, 0),
        (1, 2, wall(200.0), wall(228.0), 2, 0),
        (2, 1, wall(2000.0), wall(2024.0), 1, 0),
    ]
    assert _rows(path, "SELECT set_id, number, started_at, start_s FROM reps WHERE set_id = 2") == [
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
        assert _rows(path, "SELECT counted, partial, ended_at FROM sets") == [(2, 1, None)]
        assert StoreReader(path).health().reps == 3


def test_a_rep_outside_any_set_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "reps.db"
    with StoreThread(Store(path), to_wall=wall) as thread:
        thread.put(SetEnded(1.0, 1, 5, 0))
        thread.put(RepCounted(12.5, make_rep()))
    assert _rows(path, "SELECT number, counted, started_at FROM sets") == [(1, 1, wall(10.0))]


def test_a_set_whose_end_was_not_told_ends_with_its_last_rep(tmp_path: Path) -> None:
    path = tmp_path / "reps.db"
    with StoreThread(Store(path), to_wall=wall) as thread:
        for event in (*set_events(1, 0.0, 2, new_session=True)[:-1], SetStarted(60.0, 2, new_session=False)):
            thread.put(event)  # type: ignore[arg-type]
    assert _rows(path, "SELECT ended_at, counted FROM sets") == [(wall(6.5), 2), (None, 0)]


def test_one_senseless_rep_does_not_hold_up_the_others(tmp_path: Path) -> None:
    path = tmp_path / "reps.db"
    with StoreThread(Store(path), to_wall=wall) as thread:
        thread.put(SetStarted(0.0, 1, new_session=True))
        thread.put(RepCounted(2.5, make_rep(0, 0.0)))
        thread.put(RepCounted(6.5, make_rep(2, 4.0)))
        assert thread.close() == 0
        assert thread.lost == 1
    assert _rows(path, "SELECT number FROM reps") == [(2,)]


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
    assert _rows(path, "SELECT number FROM reps") == [(2,)]
    assert _rows(path, "SELECT number, counted FROM sets") == [(1, 2)]


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
    assert _rows(path, "SELECT count(*) FROM reps") == [(200,)]


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
    assert _rows(path, "SELECT count(*) FROM reps") == [(4,)]


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
        _until(lambda: _rows(path, "SELECT number FROM sets") == [(2,)])


# Fills the disk, counts on, finds the events in memory with an error for the page, makes room, and finds all stored.
FULL_DISK = """
    import json, sys, time
    from store_samples import set_events, wall
    from edge_valgus.store.reader import StoreReader
    from edge_valgus.store.thread import StoreThread
    from edge_valgus.store.writer import Store

    {prelude}
    path = sys.argv[1]
    thread = StoreThread(Store(path), to_wall=wall)
    for event in set_events(1, 0.0, 10, new_session=True):
        thread.put(event)
    while thread.backlog:
        time.sleep(0.01)
    fill()
    slowest_s = 0.0
    for number in range(2, 22):
        for event in set_events(number, 100.0 * number, 10):
            start_s = time.perf_counter()
            thread.put(event)
            slowest_s = max(slowest_s, time.perf_counter() - start_s)
    deadline_s = time.monotonic() + 10.0
    while thread.error is None and time.monotonic() < deadline_s:
        time.sleep(0.01)
    error, waiting, readable = thread.error, thread.backlog, StoreReader(path).health().reps
    empty()
    left = thread.close(20.0)
    print(json.dumps([error, waiting, readable, left, thread.lost, thread.error, slowest_s]))
"""

FILE_SIZE_LIMIT = """
    import os, resource
    def fill():
        size = max(os.path.getsize(path + suffix) for suffix in ("", "-wal"))
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20000, resource.RLIM_INFINITY))
    def empty():
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
"""

SMALL_DISK = """
    import os, subprocess
    folder = os.path.dirname(sys.argv[1])
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", folder], check=True)
    def fill():
        with open(folder + "/ballast", "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError as error:
                assert error.errno == 28, error
    def empty():
        os.remove(folder + "/ballast")
"""


def _check_full_disk(outcome: subprocess.CompletedProcess[str]) -> None:
    assert outcome.returncode == 0, outcome.stderr
    error, waiting, readable, left, lost, error_after, slowest_s = json.loads(outcome.stdout)
    assert "events wait in memory" in error
    assert "space" in error
    assert waiting > 0
    assert readable >= 10
    assert (left, lost, error_after) == (0, 0, None)
    assert slowest_s < 0.5


def _script(template: str, prelude: str) -> str:
    return textwrap.dedent(template).replace("{prelude}", textwrap.dedent(prelude))


def test_nothing_is_lost_when_files_cannot_grow_for_a_while(tmp_path: Path) -> None:
    path = tmp_path / "reps.db"
    _check_full_disk(_child(_script(FULL_DISK, FILE_SIZE_LIMIT), str(path)))
    with Store(path):
        assert _rows(path, "SELECT count(*), sum(counted) FROM sets") == [(21, 210)]
        assert _rows(path, "SELECT count(*) FROM reps") == [(210,)]
        assert _rows(path, "PRAGMA integrity_check") == [("ok",)]


def _can_mount() -> bool:
    unshare = shutil.which("unshare")
    if unshare is None:
        return False
    command = [unshare, "--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _on_small_disk(path: Path, script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", sys.executable, "-W", "error", "-c", script, str(path)],
        env=CHILD_ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


needs_small_disk = pytest.mark.skipif(not _can_mount(), reason="needs user namespaces, to mount a small disk")


@needs_small_disk
def test_nothing_is_lost_when_the_disk_is_full_for_a_while(tmp_path: Path) -> None:
    # The disk is gone with its namespace, so the child counts what is on it.
    script = _script(FULL_DISK, SMALL_DISK) + 'assert StoreReader(path).health().reps == 210, "lost"\n'
    _check_full_disk(_on_small_disk(tmp_path / "reps.db", script))


FULL_AT_START = """
    import sys, time
    from store_samples import set_events, wall
    from edge_valgus.store.reader import StoreReader
    from edge_valgus.store.thread import StoreThread
    from edge_valgus.store.writer import Store

    {prelude}
    path = sys.argv[1]
    if sys.argv[2:] == ["used"]:
        Store(path).close()
    fill()
    thread = StoreThread(Store(path), to_wall=wall)
    for event in set_events(1, 0.0, 3, new_session=True):
        thread.put(event)
    deadline_s = time.monotonic() + 10.0
    while thread.error is None and time.monotonic() < deadline_s:
        time.sleep(0.01)
    assert "space" in thread.error, thread.error
    empty()
    assert thread.close(10.0) == 0
    assert StoreReader(path).health().reps == 3
"""


@needs_small_disk
@pytest.mark.parametrize("state", ["new", "used"])
def test_a_disk_that_is_full_at_the_start_loses_nothing_either(tmp_path: Path, state: str) -> None:
    script = _script(FULL_AT_START, SMALL_DISK).replace("sys.argv[2:]", repr([state]))
    outcome = _on_small_disk(tmp_path / "reps.db", script)
    assert outcome.returncode == 0, outcome.stderr


def test_wall_times_are_those_at_which_things_happened(tmp_path: Path) -> None:
    path = tmp_path / "reps.db"
    offset = [NOON]
    with StoreThread(Store(path), to_wall=lambda time_s: offset[0] + time_s) as thread:
        thread.put(SetStarted(0.0, 1, new_session=True))
        offset[0] += 3600.0
        thread.put(RepCounted(2.5, make_rep(1, 0.0)))
    assert _rows(path, "SELECT started_at FROM sets") == [(NOON,)]
    assert _rows(path, "SELECT started_at, start_s FROM reps") == [(NOON + 3600.0, 0.0)]


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
    assert _rows(path, "SELECT counted FROM sets") == [(2,)]


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
    assert _rows(path, "SELECT number, counted FROM sets") == [(1, 1)]


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
    assert _rows(path, "SELECT counted FROM sets") == [(1,)]


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
    assert _child(CRASH, str(path)).returncode == 1
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
    assert _rows(path, "SELECT session_id, number FROM sets ORDER BY id") == placed
    last_set, session = (
        "SELECT max(ended_at) FROM sets WHERE session_id = 1",
        "SELECT ended_at FROM sessions WHERE id = 1",
    )
    assert _rows(path, last_set) == _rows(path, session)


def test_an_empty_database_begins_a_session(tmp_path: Path) -> None:
    path = tmp_path / "reps.db"
    with StoreThread(Store(path), to_wall=wall, session_gap_s=900.0) as thread:
        for event in set_events(1, 0.0, 1, new_session=True):
            thread.put(event)  # type: ignore[arg-type]
    assert _rows(path, "SELECT session_id, number FROM sets") == [(1, 1)]
