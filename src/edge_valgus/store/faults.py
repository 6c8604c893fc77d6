"""What SQLite says went wrong, in words for the person in front of the device."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path
from typing import Final

from edge_valgus.errors import StoreError

_UNTOUCHED = "it was left as it is"

_SENTENCES: Final = (
    (
        ("SQLITE_NOTADB",),
        f"is not a database; {_UNTOUCHED}: move it away or set store.state_dir to another folder",
    ),
    (
        ("SQLITE_FULL",),
        "finds no space left on its disk; free some",
    ),
    (
        ("SQLITE_BUSY", "SQLITE_LOCKED"),
        "is held by another program; close it (a database browser, a backup)",
    ),
    (
        ("SQLITE_READONLY",),
        "cannot be written; check its owner and mode, and that its disk is not mounted read-only",
    ),
    (
        ("SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH"),
        "cannot be opened; check that its folder exists and who may read and write both",
    ),
    (
        ("SQLITE_IOERR",),
        "cannot be read or written ({name}); check the disk's free space and its health (dmesg)",
    ),
)
"""Beginnings of SQLite's error names, and what to say after the path."""


class RejectedError(StoreError):
    """A row was refused by the schema. Trying again cannot help."""


class DiskError(StoreError):
    """The disk does not take or give anything now (full, failing, held by another program). Trying again may help."""


_PASSING: Final = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_BUSY", "SQLITE_LOCKED")


def explain(path: Path, error: sqlite3.Error) -> StoreError:
    """Give the error that says which file, what is wrong with it and what to do, of the class that says if to try again."""
    if isinstance(
        error, sqlite3.IntegrityError | sqlite3.ProgrammingError | sqlite3.DataError | sqlite3.InterfaceError
    ):
        return RejectedError(f"{path} refused a row ({error}); please report this, with the log, as a bug")
    name = getattr(error, "sqlite_errorname", "") or ""
    for beginnings, sentence in _SENTENCES:
        if name.startswith(beginnings):
            kind = DiskError if name.startswith(_PASSING) else StoreError
            return kind(f"{path} {sentence.format(name=name)}")
    if name.startswith("SQLITE_CORRUPT"):
        return StoreError(damaged(path, str(error)))
    return StoreError(f"{path} cannot be used ({name or type(error).__name__}: {error}); see the log")


_LASTING: Final = (
    *(errno.EACCES, errno.EPERM, errno.EROFS),
    *(errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG),
)
"""What a person has to put right; everything else that the system says of a disk may pass."""


def explain_system(path: Path, error: OSError) -> StoreError:
    """Give the error for what the system, and not SQLite, says of the database's file or folder."""
    what = f"{path} cannot be read or written ({error.strerror or error})"
    if error.errno in _LASTING:
        return StoreError(f"{what}; check that its folder exists and who may read and write both")
    return DiskError(f"{what}; check the disk's free space and its health (dmesg)")


def damaged(path: Path, detail: str) -> str:
    """Give the message for a database that fails its integrity check."""
    return (
        f"{path} is damaged ({detail.splitlines()[0] if detail else 'no detail'}); {_UNTOUCHED}: copy it with its -wal file "
        "somewhere safe, then put a backup in its place or move it away"
    )
