from __future__ import annotations

import errno
import os
import sqlite3
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from store_samples import CHILD_ENVIRONMENT, NOON, make_rep

from edge_valgus.errors import StoreError
from edge_valgus.store.faults import DiskError
from edge_valgus.store.reader import StoreReader
from edge_valgus.store.schema import APPLICATION_ID, MIGRATIONS, SCHEMA_VERSION, migrate, version_of
from edge_valgus.store.writer import Store


def _other_program(path: Path) -> None:
    db = sqlite3.connect(path)
    db.executescript("CREATE TABLE music (title TEXT); INSERT INTO music VALUES ('x');")
    db.close()


def _other_application_id(path: Path) -> None:
    db = sqlite3.connect(path)
    db.executescript("PRAGMA application_id = 77; CREATE TABLE t (x);")
    db.close()


def _newer(path: Path) -> None:
    Store(path).close()
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    db.close()


def _damaged(path: Path) -> None:
    with Store(path) as store:
        set_id = store.start_set(store.start_session(NOON, source="s", model="m"), 1, NOON)
        for number in range(1, 60):
            store.add_rep(set_id, make_rep(number), started_at=NOON + number, set_start_s=0.0)
    content = bytearray(path.read_bytes())
    for offset in range(4096 * 2, len(content), 4096):
        content[offset : offset + 64] = b"\xa5" * 64
    path.write_bytes(content)


UNUSABLE = [
    pytest.param(lambda path: path.write_bytes(b"Dear diary, " * 1000), "not a database", id="a text file"),
    pytest.param(lambda path: path.write_bytes(b"short"), "not a database", id="a short text file"),
    pytest.param(_other_program, "another program", id="another program's database"),
    pytest.param(_other_application_id, "another program", id="another application id"),
    pytest.param(_newer, "newer edge-valgus", id="a newer version"),
    pytest.param(lambda path: path.mkdir(), "folder", id="a folder"),
]


@pytest.mark.parametrize(("make", "says"), [*UNUSABLE, pytest.param(_damaged, "damaged", id="damaged pages")])
def test_what_is_not_our_database_is_named_and_left_as_it_was(tmp_path: Path, make: object, says: str) -> None:
    path = tmp_path / "reps.db"
    make(path)  # type: ignore[operator]
    before = path.read_bytes() if path.is_file() else None
    for _ in range(2):
        with pytest.raises(StoreError, match=says) as caught:
            Store(path)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)
    assert (path.read_bytes() if path.is_file() else None) == before


@pytest.mark.parametrize(("make", "says"), UNUSABLE)
def test_the_reader_says_the_same(tmp_path: Path, make: object, says: str) -> None:
    path = tmp_path / "reps.db"
    make(path)  # type: ignore[operator]
    with pytest.raises(StoreError, match=says):
        StoreReader(path).days()


def test_an_empty_file_becomes_a_database(tmp_path: Path) -> None:
    path = tmp_path / "reps.db"
    path.touch()
    assert StoreReader(path).days() == ()
    with Store(path):
        assert StoreReader(path).health().schema_version == SCHEMA_VERSION


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"file/state.*state_dir"):
        Store(tmp_path / "file" / "state" / "reps.db")


def test_the_owner_commits_durably_and_keeps_foreign_keys(tmp_path: Path) -> None:
    with Store(tmp_path / "reps.db") as store:
        db = store._current()
        assert [
            db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "foreign_keys")
        ] == [
            "wal",
            2,
            1,
        ]


def test_a_second_owner_in_another_process_is_told_the_first_ones_id(tmp_path: Path) -> None:
    path = tmp_path / "reps.db"
    script = f"""
        import sys
        from edge_valgus.store.writer import Store
        store = Store({str(path)!r})
        print("open", flush=True)
        sys.stdin.read()
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(StoreError, match=f"process {other.pid}"):
            Store(path)
        other.kill()
        other.wait()
    with Store(path) as store:
        assert store.start_session(NOON, source="s", model="m") == 1


def test_a_second_owner_in_the_same_process_is_refused_until_the_first_closes(tmp_path: Path) -> None:
    path = tmp_path / "reps.db"
    with Store(path), pytest.raises(StoreError, match=f"process {os.getpid()}"):
        Store(path)
    Store(path).close()


@pytest.mark.parametrize("before", [None, 0o640], ids=["a new one", "one of an older version"])
def test_only_the_owner_may_open_the_lock(tmp_path: Path, before: int | None) -> None:
    """A descriptor to read from is enough to hold it."""
    lock = tmp_path / "reps.db.lock"
    if before is not None:
        lock.touch(before)
    with Store(tmp_path / "reps.db"):
        assert stat.S_IMODE(lock.stat().st_mode) == 0o600


def test_a_failed_opening_lets_go_of_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "reps.db"
    path.write_bytes(b"not a database at all")
    with pytest.raises(StoreError, match="not a database"):
        Store(path)
    path.unlink()
    Store(path).close()


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = Store(tmp_path / "reps.db")
    store.close()
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.start_session(NOON, source="s", model="m")


def test_a_step_is_applied_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "reps.db"
    with sqlite3.connect(path, isolation_level=None) as db:
        migrate(db, 0)
        with pytest.raises(sqlite3.OperationalError):
            migrate(db, 1, (*MIGRATIONS, "CREATE TABLE later (x); CREATE TABLE reps (x);"))
        assert version_of(db, path) == len(MIGRATIONS)
        assert db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'later'").fetchone() == (0,)
        migrate(db, 1, (*MIGRATIONS, "CREATE TABLE later (x);"))
        assert version_of(db, path, known=len(MIGRATIONS) + 1) == len(MIGRATIONS) + 1
        assert db.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    db.close()


def test_a_name_that_no_disk_takes_is_a_store_error(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 300)
    with pytest.raises(StoreError, match="too long"):
        Store(path)
    with pytest.raises(StoreError, match="too long"):
        StoreReader(path).days()


# Every step of opening that needs a file of its own fails once: the lock, the database, its journal, its folder.
FEW_FILES = """
    import os, resource, sys
    from edge_valgus.errors import StoreError
    from edge_valgus.store.writer import Store

    Store(sys.argv[1]).close()
    first_free = os.open("/dev/null", os.O_RDONLY)
    os.close(first_free)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    said = []
    for more in range(8):
        resource.setrlimit(resource.RLIMIT_NOFILE, (first_free + more, hard))
        try:
            store = Store(sys.argv[1])
            started = store.start_session(0.0, source="s", model="m")
        except StoreError as error:
            said.append(type(error).__name__)
            if "store" in globals():
                store.close()
                del store
            continue
        store.close()
        print(more, *said)
        break
"""


def test_too_few_open_files_are_a_store_error_wherever_they_run_out(tmp_path: Path) -> None:
    outcome = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(FEW_FILES), str(tmp_path / "reps.db")],
        env=CHILD_ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stderr
    assert "DiskError" in outcome.stdout


def test_a_folder_that_cannot_be_synced_is_tried_again_at_the_next_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(fd: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", broken)
        store = Store(tmp_path / "reps.db")
        with pytest.raises(DiskError, match=r"reps\.db cannot be read or written .*dmesg") as caught:
            store.start_session(NOON, source="s", model="m")
        assert "\n" not in str(caught.value)
    assert store.start_session(NOON, source="s", model="m") == 1
    store.close()
