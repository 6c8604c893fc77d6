"""The queries that the page and the export need."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from edge_valgus.errors import StoreError
from edge_valgus.events import Valgus
from edge_valgus.store import trace as traces
from edge_valgus.store.faults import explain, explain_system
from edge_valgus.store.rows import DayRow, ExportRow, Health, RepRow, SetDetail, SetRow
from edge_valgus.store.schema import SCHEMA_VERSION, version_of

BUSY_TIMEOUT_S: Final = 2.0
_PAGE: Final = 500

_REP_FIELDS: Final = tuple(RepRow.__dataclass_fields__)
_REP_COLUMNS: Final = ", ".join(f"reps.{name}" for name in _REP_FIELDS)

# Everything but its place in the day; one row per set.
_SETS: Final = """
    SELECT sets.id, sets.number, sets.session_id, sets.started_at, sets.ended_at, sets.counted, sets.partial,
        avg(reps.depth), avg(reps.bottom_s - reps.start_s), avg(reps.end_s - reps.bottom_s),
        count(*) FILTER (WHERE reps.valgus IN ('left', 'both')),
        count(*) FILTER (WHERE reps.valgus IN ('right', 'both')),
        count(*) FILTER (WHERE reps.valgus = 'unknown'), sessions.model
    FROM sets JOIN sessions ON sessions.id = sets.session_id LEFT JOIN reps ON reps.set_id = sets.id AND reps.counted = 1
"""


class StoreReader:
    """Read-only view of the database; may be used from several threads. Empty while there is no database yet.

    Each call opens the file anew, so that it sees what was last committed, holds up nobody between calls, and follows a
    database that is restored from a backup. The process needs to read the database's folder and no more; give it no
    right to write there, or SQLite may leave a -shm file of its own that the owner then cannot write.

    time_zone: which days and times of day are meant; None takes the machine's.
    Errors: StoreError, when the file is not a database of edge-valgus or cannot be read.
    """

    def __init__(self, path: Path | str, *, time_zone: tzinfo | None = None) -> None:
        self.path = Path(path)
        self._time_zone = time_zone

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.path)!r})"

    def days(self, limit: int = 60) -> tuple[DayRow, ...]:
        """Give the newest days that have sets, newest first."""
        found: list[DayRow] = []
        with self._connection() as db:
            before = float("inf")
            while db is not None and len(found) < limit:
                (newest,) = db.execute("SELECT max(started_at) FROM sets WHERE started_at < ?", (before,)).fetchone()
                if newest is None:
                    break
                day = self._local(newest).date()
                start, end = self._bounds(day)
                sessions, sets, counted, partial = db.execute(
                    "SELECT count(DISTINCT session_id), count(*), total(counted), total(partial) FROM sets"
                    " WHERE started_at >= ? AND started_at < ?",
                    (start, end),
                ).fetchone()
                (flagged,) = db.execute(
                    "SELECT count(*) FROM sets JOIN reps ON reps.set_id = sets.id AND reps.counted = 1"
                    " WHERE sets.started_at >= ? AND sets.started_at < ? AND reps.valgus IN ('left', 'right', 'both')",
                    (start, end),
                ).fetchone()
                models = db.execute(
                    "SELECT DISTINCT sessions.model FROM sets JOIN sessions ON sessions.id = sets.session_id"
                    " WHERE sets.started_at >= ? AND sets.started_at < ? ORDER BY sessions.model",
                    (start, end),
                ).fetchall()
                names = tuple(model for (model,) in models)
                found.append(DayRow(day, sessions, sets, int(counted), int(partial), flagged, names))
                before = start
        return tuple(found)

    def neighbours(self, day: date) -> tuple[date | None, date | None]:
        """Give the days with sets just before and just after that day."""
        start, end = self._bounds(day)
        with self._connection() as db:
            if db is None:
                return None, None
            earlier, later = db.execute(
                "SELECT (SELECT max(started_at) FROM sets WHERE started_at < ?),"
                " (SELECT min(started_at) FROM sets WHERE started_at >= ?)",
                (start, end),
            ).fetchone()
        return (
            None if earlier is None else self._local(earlier).date(),
            None if later is None else self._local(later).date(),
        )

    def sets(self, day: date) -> tuple[SetRow, ...]:
        """Give the sets begun on that local day, newest first."""
        with self._connection() as db:
            return () if db is None else self._sets_of(db, day)

    def set(self, set_id: int) -> SetDetail | None:
        """Give one set with its reps."""
        with self._connection() as db:
            row = None if db is None else _one(db, "SELECT started_at FROM sets WHERE id = ?", set_id)
            if db is None or row is None:
                return None
            found = next(each for each in self._sets_of(db, self._local(row[0]).date()) if each.id == set_id)
            source, model = db.execute(
                "SELECT source, model FROM sessions WHERE id = ?", (found.session_id,)
            ).fetchone()
            reps = db.execute(f"SELECT {_REP_COLUMNS} FROM reps WHERE set_id = ? ORDER BY start_s, id", (set_id,))  # noqa: S608
            return SetDetail(found, source, model, tuple(self._rep(each) for each in reps))

    def trace(self, rep_id: int) -> NDArray[np.float32] | None:
        """Give a rep's frames, float32 [frames, len(TRACE_COLUMNS)], NaN where a measure could not be taken."""
        with self._connection() as db:
            row = None if db is None else _one(db, "SELECT trace FROM reps WHERE id = ?", rep_id)
        if row is None or row[0] is None:
            return None
        try:
            return traces.decode(row[0])
        except ValueError as error:
            raise StoreError(
                f"{self.path}: rep {rep_id} has {error}; it may have been made by a newer edge-valgus"
            ) from error

    def reps_between(self, start: date, end: date) -> Iterator[ExportRow]:
        """Yield every rep begun from local day `start` to local day `end`, both included, oldest first.

        Read a page at a time: a slow download holds no transaction open, which would let the journal grow.
        """
        after = (self._bounds(start)[0], -1)
        until = self._bounds(end)[1]
        while True:
            with self._connection() as db:
                rows = (
                    []
                    if db is None
                    else db.execute(
                        f"SELECT {_REP_COLUMNS}, sets.session_id, sets.number, sessions.source, sessions.model"  # noqa: S608
                        " FROM reps JOIN sets ON sets.id = reps.set_id JOIN sessions ON sessions.id = sets.session_id"
                        " WHERE (reps.started_at, reps.id) > (?, ?) AND reps.started_at < ?"
                        f" ORDER BY reps.started_at, reps.id LIMIT {_PAGE}",
                        (*after, until),
                    ).fetchall()
                )
            width = len(_REP_FIELDS)
            for row in rows:
                session_id, set_number, source, model = row[width:]
                yield ExportRow(session_id, set_number, source, model, self._rep(row[:width]))
            if len(rows) < _PAGE:
                return
            after = (rows[-1][_REP_FIELDS.index("started_at")], rows[-1][0])

    def health(self) -> Health:
        """Give sizes, for the status page. size_bytes: with the journal; free_bytes: of the disk, 0 if not known."""
        counts, version = (0, 0, 0), 0
        with self._connection() as db:
            if db is not None:
                version = SCHEMA_VERSION
                counts = db.execute(
                    "SELECT (SELECT count(*) FROM sessions), (SELECT count(*) FROM sets), (SELECT count(*) FROM reps)"
                ).fetchone()
        size = sum(_size(self.path.with_name(self.path.name + suffix)) for suffix in ("", "-wal"))
        try:
            free = shutil.disk_usage(self.path.parent).free
        except OSError:
            free = 0
        return Health(version, *counts, size_bytes=size, free_bytes=free)

    def _sets_of(self, db: sqlite3.Connection, day: date) -> tuple[SetRow, ...]:
        rows = db.execute(
            f"{_SETS} WHERE sets.started_at >= ? AND sets.started_at < ? GROUP BY sets.id ORDER BY sets.started_at, sets.id",
            self._bounds(day),
        ).fetchall()
        session_numbers: dict[int, int] = {}
        for row in rows:
            session_numbers.setdefault(row[2], len(session_numbers) + 1)
        return tuple(
            SetRow(
                set_id,
                number,
                session_id,
                session_numbers[session_id],
                self._local(started_at),
                None if ended_at is None else self._local(ended_at),
                *tallies,
            )
            for set_id, number, session_id, started_at, ended_at, *tallies in reversed(rows)
        )

    def _rep(self, row: tuple[Any, ...]) -> RepRow:
        values: dict[str, Any] = dict(zip(_REP_FIELDS, row, strict=True))
        values["counted"] = bool(values["counted"])
        values["valgus"] = Valgus(values["valgus"])
        values["started_at"] = self._local(values["started_at"])
        return RepRow(**values)

    def _local(self, wall_s: float) -> datetime:
        if self._time_zone is not None:
            return datetime.fromtimestamp(wall_s, self._time_zone)
        return datetime.fromtimestamp(wall_s).astimezone()

    def _bounds(self, day: date) -> tuple[float, float]:
        """[start, end) of a local day, which has 23 to 25 hours."""
        midnights = (datetime.combine(each, time.min, self._time_zone) for each in (day, day + timedelta(days=1)))
        start, end = (midnight.timestamp() for midnight in midnights)
        return start, end

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection | None]:
        """One consistent view of the database, or None if there is none yet."""
        connection: sqlite3.Connection | None = None
        try:
            connection = self._connect()
            if connection is not None and version_of(connection, self.path) != SCHEMA_VERSION:
                # Its owner has not set it up, or not upgraded it yet, and will at its next start.
                connection.close()
                connection = None
            if connection is not None:
                connection.execute("BEGIN")
            yield connection
        except sqlite3.Error as error:
            raise explain(self.path, error) from error
        except OSError as error:
            raise explain_system(self.path, error) from error
        finally:
            if connection is not None:
                connection.close()

    def _connect(self) -> sqlite3.Connection | None:
        if self.path.is_dir():
            raise StoreError(f"{self.path} is a folder, expected a database file; move it away or name another file")
        if not self.path.exists():
            return None
        address = f"file:{quote(str(self.path.absolute()))}?mode=ro"
        try:
            return _open(address)
        except sqlite3.OperationalError as error:
            # After a clean stop there is no journal, and whoever may not write in the folder cannot make one; but
            # then nobody else is writing either.
            unable = error.sqlite_errorname.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY"))
            if not unable or _size(self.path.with_name(self.path.name + "-wal")):
                raise
            return _open(address + "&immutable=1")


def _open(address: str) -> sqlite3.Connection:
    connection = sqlite3.connect(address, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def _one(db: sqlite3.Connection, query: str, key: int) -> tuple[Any, ...] | None:
    row: tuple[Any, ...] | None = db.execute(query, (key,)).fetchone()
    return row


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
