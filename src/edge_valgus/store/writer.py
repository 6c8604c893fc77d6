"""The one owner of the database."""

from __future__ import annotations

import logging
import math
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from edge_valgus.errors import StoreError
from edge_valgus.events import Rep
from edge_valgus.store import trace as traces
from edge_valgus.store.faults import DiskError, damaged, explain, explain_system
from edge_valgus.store.lock import OwnerLock
from edge_valgus.store.schema import migrate, version_of

LOG = logging.getLogger(__name__)

BUSY_TIMEOUT_S: Final = 5.0

_MEASURES: Final = (
    "depth",
    "peak_mkd_left_pct",
    "peak_mkd_right_pct",
    "peak_fppa_left_deg",
    "peak_fppa_right_deg",
    "min_kasr",
    "peak_pelvic_tilt_deg",
    "peak_trunk_lean_deg",
)
_REP_COLUMNS: Final = (
    *("set_id", "number", "counted", "started_at", "start_s", "bottom_s", "end_s"),
    *("valgus", "flagged_frames", "judged_frames", "frames", "trace"),
    *_MEASURES,
)
_INSERT_REP: Final = f"INSERT INTO reps ({', '.join(_REP_COLUMNS)}) VALUES ({', '.join('?' * len(_REP_COLUMNS))})"  # noqa: S608

# Sets that a power cut left open end with their last rep; a set or a session in which nothing was done never was.
_CLOSE_LEFT_OPEN: Final = (
    """UPDATE sets SET
        counted = (SELECT count(*) FROM reps WHERE set_id = sets.id AND counted = 1),
        partial = (SELECT count(*) FROM reps WHERE set_id = sets.id AND counted = 0),
        ended_at = (SELECT max(started_at + end_s - start_s) FROM reps WHERE set_id = sets.id)
    WHERE ended_at IS NULL""",
    "DELETE FROM sets WHERE ended_at IS NULL",
    """UPDATE sessions SET ended_at = (SELECT max(ended_at) FROM sets WHERE session_id = sessions.id)
    WHERE id IN (SELECT session_id FROM sets ORDER BY id DESC LIMIT 1) OR ended_at IS NULL""",
    "DELETE FROM sessions WHERE id NOT IN (SELECT session_id FROM sets)",
)


class Store:
    """Opens, checks, upgrades and writes the database; each method is one durable transaction. Context manager.

    Calls from several threads wait for each other. Wall times are seconds since 1970. Sets left open by a power cut are
    ended when the database is opened. A file that is deleted or exchanged while it is open is noticed at the next
    write and opened anew; `generation` then goes up by one, and ids given before are void.

    Errors: StoreError, also when another process owns the database; `faults.RejectedError` for a row that the schema
    refuses. A failed call has written nothing and may be tried again. A disk that is full or failing when the database
    is opened is no error yet, but one of each write until it works.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.generation = 0
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] = (0, 0)
        try:
            is_folder = self.path.is_dir()
        except OSError as error:
            raise explain_system(self.path, error) from error
        if is_folder:
            raise StoreError(f"{self.path} is a folder, expected a database file; move it away or name another file")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"the folder {self.path.parent} cannot be made ({error.strerror}); make it, or set store.state_dir to another"
            ) from error
        self._owner = OwnerLock(
            self.path.with_name(self.path.name + ".lock"),
            owned=str(self.path),
            error=StoreError,
            advice="stop that one, or set store.state_dir to another folder",
        )
        try:
            self._open()
        except DiskError as error:
            # A full disk must not keep the lifter from being counted; the first write that works opens it.
            LOG.warning("%s; opening it again with the first rep", error)
        except BaseException:
            self._owner.close()
            raise

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.path)!r})"

    def check(self) -> None:
        """See that the file is still the one that was opened, and open what is there now if it isn't."""
        with self._lock:
            self._current()

    def start_session(self, started_at: float, *, source: str, model: str) -> int:
        """Begin a session and return its id."""
        with self._transaction() as db:
            cursor = db.execute(
                "INSERT INTO sessions (started_at, source, model) VALUES (?, ?, ?)", (float(started_at), source, model)
            )
            return int(cursor.lastrowid or 0)

    def recent_session(self, started_at: float, *, source: str, model: str, gap_s: float) -> tuple[int, int] | None:
        """Give the last session's id and its last set's number, if what begins at `started_at` still belongs to it.

        It does within `gap_s` of that session's last rep, seen by the same source and model. After a restart the wall
        clock may have gone back a little, so that rep may also lie ahead by less than the gap.
        """
        with self._transaction() as db:
            row = db.execute(
                "SELECT id FROM sessions WHERE id = (SELECT max(id) FROM sessions) AND source = ? AND model = ?",
                (source, model),
            ).fetchone()
            if row is None:
                return None
            last_rep_at, number = db.execute(
                "SELECT max(reps.started_at + reps.end_s - reps.start_s), max(sets.number)"
                " FROM sets JOIN reps ON reps.set_id = sets.id WHERE sets.session_id = ?",
                row,
            ).fetchone()
        if last_rep_at is None or abs(started_at - last_rep_at) >= gap_s:
            return None
        return int(row[0]), int(number)

    def start_set(self, session_id: int, number: int, started_at: float) -> int:
        """Begin a set and return its id."""
        with self._transaction() as db:
            cursor = db.execute(
                "INSERT INTO sets (session_id, number, started_at) VALUES (?, ?, ?)",
                (session_id, int(number), float(started_at)),
            )
            return int(cursor.lastrowid or 0)

    def add_rep(self, set_id: int, rep: Rep, *, started_at: float, set_start_s: float) -> int:
        """Store a rep and return its id; it is on the disk when this returns.

        started_at: wall time of rep.start_s. set_start_s: capture time of the set's first event.
        """
        values: list[object] = [
            *(set_id, int(rep.number), int(rep.counted), float(started_at)),
            *(float(time_s) - set_start_s for time_s in (rep.start_s, rep.bottom_s, rep.end_s)),
            *(rep.valgus.value, int(rep.flagged_frames), int(rep.judged_frames), int(rep.frames), _packed(rep)),
            *(_measure(getattr(rep, name)) for name in _MEASURES),
        ]
        with self._transaction() as db:
            rep_id = int(db.execute(_INSERT_REP, values).lastrowid or 0)
            # A set begins with its first rep, even if it was recognised as a set only when that rep was over.
            db.execute(
                "UPDATE sets SET counted = counted + ?, partial = partial + ?, started_at = min(started_at, ?) WHERE id = ?",
                (int(rep.counted), int(not rep.counted), float(started_at), set_id),
            )
            return rep_id

    def end_set(self, set_id: int, *, ended_at: float, counted: int, partial: int) -> None:
        """End a set with the tally of the analysis."""
        with self._transaction() as db:
            db.execute(
                "UPDATE sets SET ended_at = max(?, started_at), counted = ?, partial = ? WHERE id = ?",
                (float(ended_at), int(counted), int(partial), set_id),
            )
            db.execute(
                "UPDATE sessions SET ended_at = max(?, started_at) WHERE id = (SELECT session_id FROM sets WHERE id = ?)",
                (float(ended_at), set_id),
            )

    def prune(self, keep_days: int, *, now: float) -> int:
        """Delete finished sets that began more than `keep_days` before `now`, with their reps; return how many sets.

        A clock that is years ahead (a board without a battery) must not delete everything: days are counted back from
        the newest set if that is earlier than `now`.
        """
        with self._transaction() as db:
            (newest,) = db.execute("SELECT max(started_at) FROM sets").fetchone()
            if newest is None:
                return 0
            before = min(float(now), newest) - keep_days * 86400.0
            deleted = db.execute("DELETE FROM sets WHERE started_at < ? AND ended_at IS NOT NULL", (before,)).rowcount
            if deleted:
                db.execute(
                    "DELETE FROM sessions WHERE started_at < ? AND id NOT IN (SELECT session_id FROM sets)", (before,)
                )
        if deleted:
            self._give_space_back()
        return deleted

    def close(self) -> None:
        """Close and let go of the lock; may be called twice."""
        with self._lock:
            try:
                self._disconnect()
            finally:
                self._owner.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self) -> None:
        try:
            connection = sqlite3.connect(
                self.path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise explain(self.path, error) from error
        try:
            _prepare(connection, self.path)
            self._file = self._identity()
        except sqlite3.Error as error:
            connection.close()
            raise explain(self.path, error) from error
        except OSError as error:
            connection.close()
            raise explain_system(self.path, error) from error
        except BaseException:
            connection.close()
            raise
        self._connection = connection

    def _identity(self) -> tuple[int, int]:
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return (-1, -1)
        except OSError as error:
            # A disk that does not answer has exchanged nothing.
            raise explain_system(self.path, error) from error
        return status.st_dev, status.st_ino

    def _current(self) -> sqlite3.Connection:
        if self._owner.released:
            raise StoreError(f"{self.path} was closed")
        # Otherwise reps would go, without any error, into a file that no longer has a name.
        if self._connection is not None and self._identity() != self._file:
            LOG.warning("%s was deleted or exchanged while in use; opening what is there now", self.path)
            self._disconnect()
            self.generation += 1
        if self._connection is None:
            self._open()
        if self._connection is None:
            raise StoreError(f"{self.path} was closed")
        return self._connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            connection = self._current()
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            except BaseException as error:
                try:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                except sqlite3.Error:
                    LOG.warning("%s: roll-back failed", self.path, exc_info=True)
                if isinstance(error, sqlite3.Error):
                    raise explain(self.path, error) from error
                raise

    def _give_space_back(self) -> None:
        with self._lock:
            if self._connection is not None:
                try:
                    # executescript goes on until the last page; execute would free one page only.
                    self._connection.executescript("PRAGMA incremental_vacuum")
                except sqlite3.Error as error:
                    LOG.info("%s: space of deleted sets not given back yet: %s", self.path, error)


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Check, then set up, upgrade and tidy. Nothing is written before the file is known to be ours and whole."""
    version = version_of(connection, path)
    if version:
        (finding,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if finding != "ok":
            raise StoreError(damaged(path, str(finding)))
    else:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise StoreError(
            f"{path} is on a file system without shared memory (journal mode {mode!r}, expected 'wal'); set "
            "store.state_dir to a folder on a local disk"
        )
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA journal_size_limit = 4194304")
    migrate(connection, version)
    connection.execute("BEGIN IMMEDIATE")
    for statement in _CLOSE_LEFT_OPEN:
        connection.execute(statement)
    connection.execute("COMMIT")
    _sync_folder(path.parent)


def _measure(value: float) -> float | None:
    value = float(value)
    return value if math.isfinite(value) else None


def _packed(rep: Rep) -> bytes | None:
    try:
        return traces.encode(rep.trace)
    except ValueError:
        # The rep counts, even if its curve cannot be drawn.
        LOG.exception("rep %d is stored without its trace", rep.number)
        return None


def _sync_folder(folder: Path) -> None:
    """Make the database's own directory entry durable; SQLite does that for its journal only."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
