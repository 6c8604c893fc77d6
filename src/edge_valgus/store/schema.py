"""The tables, and how a database of an older version becomes one of this version.

`PRAGMA user_version` is the number of migrations applied, `PRAGMA application_id` tells our file from any other.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from edge_valgus.errors import StoreError

APPLICATION_ID: Final = int.from_bytes(b"EdVa", "big")

_V1 = """
CREATE TABLE sessions (
    id INTEGER PRIMARY KEY,
    started_at REAL NOT NULL,                      -- seconds since 1970
    ended_at REAL,                                 -- end of its last finished set
    source TEXT NOT NULL,                          -- what was looked at: "camera 0", a file name
    model TEXT NOT NULL                            -- what found the keypoints
) STRICT;

CREATE TABLE sets (
    id INTEGER PRIMARY KEY,
    session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    number INTEGER NOT NULL CHECK (number >= 1),   -- within the session
    started_at REAL NOT NULL,                      -- seconds since 1970
    ended_at REAL,                                 -- NULL while it goes on
    counted INTEGER NOT NULL DEFAULT 0 CHECK (counted >= 0),
    partial INTEGER NOT NULL DEFAULT 0 CHECK (partial >= 0)
) STRICT;

CREATE INDEX sets_by_start ON sets (started_at);
CREATE INDEX sets_by_session ON sets (session_id);
CREATE INDEX sets_going_on ON sets (id) WHERE ended_at IS NULL;

CREATE TABLE reps (
    id INTEGER PRIMARY KEY,
    set_id INTEGER NOT NULL REFERENCES sets (id) ON DELETE CASCADE,
    number INTEGER NOT NULL CHECK (number >= 1),   -- within the set, among its kind
    counted INTEGER NOT NULL CHECK (counted IN (0, 1)),
    started_at REAL NOT NULL,                      -- seconds since 1970
    start_s REAL NOT NULL,                         -- capture clock, since the set's first event; may be negative
    bottom_s REAL NOT NULL,
    end_s REAL NOT NULL,
    depth REAL,                                    -- NULL, here and below: could not be taken
    valgus TEXT NOT NULL CHECK (valgus IN ('none', 'left', 'right', 'both', 'unknown')),
    flagged_frames INTEGER NOT NULL CHECK (flagged_frames >= 0),
    judged_frames INTEGER NOT NULL CHECK (judged_frames >= 0),
    frames INTEGER NOT NULL CHECK (frames >= 0),
    peak_mkd_left_pct REAL,
    peak_mkd_right_pct REAL,
    peak_fppa_left_deg REAL,
    peak_fppa_right_deg REAL,
    min_kasr REAL,
    peak_pelvic_tilt_deg REAL,
    peak_trunk_lean_deg REAL,
    trace BLOB                                     -- see trace.py
) STRICT;

CREATE INDEX reps_by_set ON reps (set_id, start_s);
CREATE INDEX reps_by_start ON reps (started_at, id);
"""

MIGRATIONS: Final[tuple[str, ...]] = (_V1,)
"""Script i brings a database from version i to i + 1. A released script never changes; a change is a new script."""

SCHEMA_VERSION: Final = len(MIGRATIONS)


def version_of(connection: sqlite3.Connection, path: Path, *, known: int = SCHEMA_VERSION) -> int:
    """Give the schema version, 0 for an empty file, without writing anything.

    Raises StoreError for somebody else's database and for one made by a newer edge-valgus; sqlite3.Error for a file that
    is none at all.
    """
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if (application_id, version, tables) == (0, 0, 0):
        return 0
    if application_id != APPLICATION_ID:
        raise StoreError(
            f"{path} is a database of another program (application_id {application_id}, expected {APPLICATION_ID}); "
            "it was left as it is: move it away or set store.state_dir to another folder"
        )
    if version > known:
        raise StoreError(
            f"{path} was made by a newer edge-valgus (schema {version}, this one knows up to {known}); it was left as it is: "
            "upgrade edge-valgus, or set store.state_dir to another folder"
        )
    return int(version)


def migrate(connection: sqlite3.Connection, version: int, migrations: Sequence[str] = MIGRATIONS) -> None:
    """Bring a database of `version` to the newest, one transaction per step, so that a power cut leaves a whole step."""
    for step in range(version, len(migrations)):
        try:
            connection.executescript(
                f"BEGIN IMMEDIATE;\n{migrations[step]}\n"
                f"PRAGMA application_id = {APPLICATION_ID};\nPRAGMA user_version = {step + 1};\nCOMMIT;"
            )
        except sqlite3.Error:
            if connection.in_transaction:
                connection.rollback()
            raise
