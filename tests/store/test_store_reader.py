from __future__ import annotations

import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from store_samples import CHILD_ENVIRONMENT, make_rep, make_trace

from edge_valgus.events import Valgus
from edge_valgus.store.reader import StoreReader
from edge_valgus.store.writer import Store

BERLIN = ZoneInfo("Europe/Berlin")


class Diary:
    """Stores sets at local times."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.store = Store(path)
        self.reader = StoreReader(path, time_zone=BERLIN)

    def session(self, when: str) -> int:
        return self.store.start_session(self.at(when), source="camera 0", model="movenet")

    def set(self, session: int, number: int, when: str, *kinds: Valgus, partial: int = 0, end: bool = True) -> int:
        start = self.at(when)
        set_id = self.store.start_set(session, number, start)
        for index, valgus in enumerate(kinds):
            rep = make_rep(index + 1, 4.0 * index, valgus=valgus, depth=0.8 + 0.1 * index)
            self.store.add_rep(set_id, rep, started_at=start + 4.0 * index, set_start_s=0.0)
        for index in range(partial):
            rep = make_rep(index + 1, 100.0 + 4 * index, counted=False, depth=0.3, valgus=Valgus.BOTH)
            self.store.add_rep(set_id, rep, started_at=start + 100.0 + 4 * index, set_start_s=0.0)
        if end:
            self.store.end_set(set_id, ended_at=start + 60.0, counted=len(kinds), partial=partial)
        return set_id

    @staticmethod
    def at(when: str) -> float:
        return datetime.fromisoformat(when).replace(tzinfo=BERLIN).timestamp()


@pytest.fixture
def diary(tmp_path: Path) -> Iterator[Diary]:
    kept = Diary(tmp_path / "reps.db")
    yield kept
    kept.store.close()


def test_without_a_database_all_is_empty(tmp_path: Path) -> None:
    reader = StoreReader(tmp_path / "nowhere" / "reps.db")
    today = date(2026, 1, 2)
    assert reader.days() == ()
    assert reader.sets(today) == ()
    assert reader.set(1) is None
    assert reader.trace(1) is None
    assert reader.neighbours(today) == (None, None)
    assert list(reader.reps_between(today, today)) == []
    health = reader.health()
    assert (health.schema_version, health.sessions, health.sets, health.reps, health.size_bytes) == (0, 0, 0, 0, 0)
    assert not (tmp_path / "nowhere").exists()


def test_days_are_local_and_newest_first(diary: Diary) -> None:
    none, left, unknown = Valgus.NONE, Valgus.LEFT, Valgus.UNKNOWN
    late = diary.session("2026-03-01 23:40")
    diary.set(late, 1, "2026-03-01 23:50", none, left)
    diary.set(late, 2, "2026-03-02 00:10", none)
    diary.set(diary.session("2026-03-02 18:00"), 1, "2026-03-02 18:00", left, left, unknown, partial=2)
    diary.set(diary.session("2026-04-01 18:00"), 1, "2026-04-01 18:00", none)
    days = diary.reader.days()
    assert [(row.day, row.sessions, row.sets, row.counted, row.partial, row.flagged_reps) for row in days] == [
        (date(2026, 4, 1), 1, 1, 1, 0, 0),
        (date(2026, 3, 2), 2, 2, 4, 2, 2),
        (date(2026, 3, 1), 1, 1, 2, 0, 1),
    ]
    assert diary.reader.days(2) == days[:2]
    assert {row.models for row in days} == {("movenet",)}
    assert {row.model for row in diary.reader.sets(date(2026, 3, 2))} == {"movenet"}
    # In Tokyo all of that evening was the next day.
    assert StoreReader(diary.path, time_zone=ZoneInfo("Asia/Tokyo")).days()[-1].day == date(2026, 3, 2)


@pytest.mark.parametrize(
    ("day", "earlier", "later"),
    [
        pytest.param("2026-02-01", None, "2026-03-01", id="before all"),
        pytest.param("2026-03-01", None, "2026-03-02", id="the first"),
        pytest.param("2026-03-02", "2026-03-01", "2026-04-01", id="one between"),
        pytest.param("2026-03-10", "2026-03-02", "2026-04-01", id="an empty one between"),
        pytest.param("2026-04-01", "2026-03-02", None, id="the last"),
        pytest.param("2026-05-01", "2026-04-01", None, id="after all"),
    ],
)
def test_the_days_beside_a_day(diary: Diary, day: str, earlier: str | None, later: str | None) -> None:
    for when in ("2026-03-01 00:00", "2026-03-01 23:59", "2026-03-02 00:10", "2026-04-01 18:00"):
        diary.set(diary.session(when), 1, when, Valgus.NONE)
    found = diary.reader.neighbours(date.fromisoformat(day))
    assert [None if each is None else each.isoformat() for each in found] == [earlier, later]


@pytest.mark.parametrize(
    ("day", "hours"),
    [pytest.param("2026-03-29", 23, id="spring forward"), pytest.param("2026-10-25", 25, id="fall back")],
)
def test_a_day_of_another_length_keeps_its_sets(diary: Diary, day: str, hours: int) -> None:
    session = diary.session(f"{day} 00:00")
    for number, clock in enumerate(("00:00:01", "23:59:59"), 1):
        diary.set(session, number, f"{day} {clock}", Valgus.NONE)
    start, end = diary.reader._bounds(date.fromisoformat(day))
    assert end - start == hours * 3600
    assert [row.sets for row in diary.reader.days()] == [2]
    assert len(diary.reader.sets(date.fromisoformat(day))) == 2


def test_the_machines_own_time_zone_is_the_default(diary: Diary) -> None:
    diary.set(diary.session("2026-03-02 12:00"), 1, "2026-03-02 12:00", Valgus.NONE)
    reader = StoreReader(diary.path)
    (day,) = reader.days()
    (row,) = reader.sets(day.day)
    assert row.started_at.utcoffset() == datetime.fromtimestamp(diary.at("2026-03-02 12:00")).astimezone().utcoffset()
    assert row.started_at == datetime.fromisoformat("2026-03-02 12:00").replace(tzinfo=BERLIN)


def test_a_days_sets_come_newest_first_with_means_over_counted_reps(diary: Diary) -> None:
    none, left, right, both, unknown = Valgus.NONE, Valgus.LEFT, Valgus.RIGHT, Valgus.BOTH, Valgus.UNKNOWN
    diary.set(diary.session("2026-03-01 09:00"), 1, "2026-03-01 09:00", none)
    morning = diary.session("2026-03-02 09:00")
    diary.set(morning, 1, "2026-03-02 09:00", none, left, both, unknown, partial=2)
    evening = diary.session("2026-03-02 18:00")
    diary.set(evening, 1, "2026-03-02 18:00", partial=1)
    diary.set(evening, 2, "2026-03-02 18:05", right, end=False)
    going_on, shallow, full = diary.reader.sets(date(2026, 3, 2))
    assert [(row.session_number, row.number) for row in (going_on, shallow, full)] == [(2, 2), (2, 1), (1, 1)]
    assert (going_on.ended_at, going_on.counted, going_on.flagged_right_reps) == (None, 1, 1)
    assert (shallow.counted, shallow.partial, shallow.flagged_left_reps) == (0, 1, 0)
    assert (shallow.mean_depth, shallow.mean_descent_s, shallow.mean_ascent_s) == (None, None, None)
    assert (full.counted, full.partial) == (4, 2)
    assert (full.flagged_left_reps, full.flagged_right_reps, full.unknown_reps) == (2, 1, 1)
    assert full.mean_depth == pytest.approx(0.95)
    assert (full.mean_descent_s, full.mean_ascent_s) == pytest.approx((1.5, 1.0))
    assert full.started_at.isoformat() == "2026-03-02T09:00:00+01:00"
    assert full.ended_at == full.started_at + timedelta(seconds=60)


def test_a_set_is_the_same_alone_and_among_its_day(diary: Diary) -> None:
    diary.set(diary.session("2026-03-02 08:00"), 1, "2026-03-02 08:00", Valgus.NONE)
    set_id = diary.set(diary.session("2026-03-02 09:00"), 1, "2026-03-02 09:00", Valgus.NONE, Valgus.LEFT, partial=1)
    detail = diary.reader.set(set_id)
    assert detail is not None
    assert detail.set == diary.reader.sets(date(2026, 3, 2))[0]
    assert [(rep.number, rep.counted, rep.valgus) for rep in detail.reps] == [
        (1, True, Valgus.NONE),
        (2, True, Valgus.LEFT),
        (1, False, Valgus.BOTH),
    ]
    assert diary.reader.set(set_id + 1) is None


def test_a_trace_comes_back(diary: Diary) -> None:
    set_id = diary.set(diary.session("2026-03-02 08:00"), 1, "2026-03-02 08:00", Valgus.NONE)
    trace = make_trace()
    trace[5:9, 2:7] = np.nan
    rep_id = diary.store.add_rep(set_id, make_rep(2, trace=trace), started_at=0.0, set_start_s=0.0)
    back = diary.reader.trace(rep_id)
    assert back is not None
    assert np.array_equal(np.isnan(back), np.isnan(trace))
    assert diary.reader.trace(rep_id + 1) is None


def test_reps_of_a_range_come_in_pages_oldest_first(diary: Diary, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge_valgus.store.reader._PAGE", 3)
    for day in (1, 2, 3, 4):
        diary.set(diary.session(f"2026-03-0{day} 08:00"), 1, f"2026-03-0{day} 08:00", *[Valgus.NONE] * 3, partial=1)
    rows = list(diary.reader.reps_between(date(2026, 3, 2), date(2026, 3, 3)))
    assert [(row.rep.started_at.day, row.rep.number, row.rep.counted) for row in rows] == [
        (day, number, counted) for day in (2, 3) for number, counted in ((1, True), (2, True), (3, True), (1, False))
    ]
    assert {(row.set_number, row.source, row.model) for row in rows} == {(1, "camera 0", "movenet")}


def test_health_tells_sizes(diary: Diary) -> None:
    diary.set(diary.session("2026-03-02 08:00"), 1, "2026-03-02 08:00", Valgus.NONE, partial=1)
    health = diary.reader.health()
    assert (health.schema_version, health.sessions, health.sets, health.reps) == (1, 1, 1, 2)
    assert health.size_bytes > 4096
    assert health.free_bytes > 0


def test_readers_in_several_threads_always_see_whole_sets_while_it_is_written(diary: Diary) -> None:
    session = diary.session("2026-03-02 08:00")
    set_id = diary.store.start_set(session, 1, diary.at("2026-03-02 08:00"))
    stop = threading.Event()
    seen: list[int] = []
    wrong: list[object] = []

    def read() -> None:
        newest = 0
        while not stop.is_set():
            try:
                detail = diary.reader.set(set_id)
            except Exception as error:  # noqa: BLE001  whatever it is, the test shows it
                wrong.append(error)
                return
            if detail is None or len(detail.reps) != detail.set.counted or detail.set.counted < newest:
                wrong.append(detail)
                return
            newest = detail.set.counted
            seen.append(newest)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(1, 80):
        rep = make_rep(number, 4.0 * number)
        diary.store.add_rep(set_id, rep, started_at=diary.at("2026-03-02 08:00") + number, set_start_s=0.0)
    deadline_s = time.monotonic() + 5.0
    while 79 not in seen and not wrong and time.monotonic() < deadline_s:
        time.sleep(0.01)
    stop.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(set(seen)) > 3


@pytest.mark.parametrize("owner", ["stopped", "running", "killed"])
def test_a_process_without_the_right_to_write_can_read(owner: str) -> None:
    # Not tmp_path, whose parents another user may not enter.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "reps.db"
        writing = f"""
            import os, signal, sys
            from edge_valgus.store.writer import Store
            from store_samples import make_rep
            os.umask(0o022)
            store = Store({str(path)!r})
            set_id = store.start_set(store.start_session(1e9, source="s", model="m"), 1, 1e9)
            store.add_rep(set_id, make_rep(), started_at=1e9, set_start_s=10.0)
            print("written", flush=True)
            if {owner!r} == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            if {owner!r} == "running":
                sys.stdin.read()
            store.close()
        """
        reading = f"""
            import os
            from edge_valgus.store.reader import StoreReader
            if os.getuid() == 0:
                os.setgid(65534)
                os.setuid(65534)
            assert not os.access({name!r}, os.W_OK)
            print(StoreReader({str(path)!r}).health().reps)
        """
        environment = CHILD_ENVIRONMENT
        with subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(writing)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "written\n"
            if owner != "running":
                writer.wait()
            folder.chmod(0o555)
            try:
                outcome = subprocess.run(
                    [sys.executable, "-c", textwrap.dedent(reading)],
                    capture_output=True,
                    text=True,
                    env=environment,
                    check=False,
                )
            finally:
                folder.chmod(0o755)
            with suppress(OSError):
                writer.communicate("")
        assert (outcome.stdout, outcome.stderr) == ("1\n", "")


def test_a_database_that_appears_later_is_found(tmp_path: Path) -> None:
    path = tmp_path / "reps.db"
    reader = StoreReader(path, time_zone=UTC)
    assert reader.days() == ()
    with Store(path) as store:
        store.start_set(store.start_session(1e9, source="s", model="m"), 1, 1e9)
        assert [row.day for row in reader.days()] == [date(2001, 9, 9)]
