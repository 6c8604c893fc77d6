"""What aiming measured, in a small file of its own beside the database: written whole or not at all, and doubted when read.

A file and not a table: the page and the commands read it without the database, a person can read it, copy it or throw it away,
and what is wrong with it can be no trouble for the sets.
"""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, ClassVar, Final, Self

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationError

from edge_valgus.aim import Aim
from edge_valgus.analysis.rig import Rig
from edge_valgus.errors import AimError
from edge_valgus.events import Side

FORMAT: Final = "edge-valgus-aim"
VERSION: Final = 1
MAX_BYTES: Final = 10_000
ADVICE: Final = "aim again (edge-valgus aim), or delete the file"


def _moment(text: str) -> str:
    try:
        aware = datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        aware = False
    if not aware:
        raise ValueError("expected a moment as 2026-11-26T18:04:00+01:00")
    return text


_Text = Annotated[str, Field(max_length=300)]
_SizePx = Annotated[int, Field(ge=16, le=10_000)]
_SemPct = Annotated[float, Field(ge=0.01, le=10.0)]
_Deg = Annotated[float, Field(ge=-90.0, le=90.0)]


@dataclass(frozen=True, slots=True)
class StoredAim:
    """One aiming, and of what. at: ISO 8601 with its time zone. source: as in "camera 0"."""

    __pydantic_config__: ClassVar = ConfigDict(strict=True, allow_inf_nan=False)

    at: Annotated[str, AfterValidator(_moment)]
    source: _Text
    model: _Text
    width_px: _SizePx
    height_px: _SizePx
    sem_left_pct: _SemPct
    sem_right_pct: _SemPct
    yaw_deg: _Deg
    roll_deg: _Deg
    lens_height_m: Annotated[float, Field(ge=-5.0, le=10.0)]
    still_pct: Annotated[float, Field(ge=0.0, le=100.0)]
    squats: Annotated[int, Field(ge=1, le=100)]

    @classmethod
    def of(cls, aim: Aim, *, at: datetime, source: str, model: str, size_px: tuple[int, int]) -> Self:
        """What is kept of a result."""
        return cls(
            at=at.isoformat(timespec="seconds"),
            source=source,
            model=model,
            width_px=size_px[0],
            height_px=size_px[1],
            sem_left_pct=round(aim.rig.sem_left_pct, 3),
            sem_right_pct=round(aim.rig.sem_right_pct, 3),
            yaw_deg=round(aim.rig.yaw_deg, 1),
            roll_deg=round(aim.roll_deg, 1),
            lens_height_m=round(aim.lens_height_m, 2),
            still_pct=round(aim.still_pct, 3),
            squats=aim.squats,
        )

    @property
    def rig(self) -> Rig:
        """What the knee flag uses."""
        return Rig(self.sem_left_pct, self.sem_right_pct, self.yaw_deg)

    @property
    def mdc_pct(self) -> float:
        """The larger of both knees' minimum detectable changes, % of leg length."""
        return max(self.rig.mdc_pct(side) for side in Side)

    @property
    def moment(self) -> datetime:
        """When it was measured."""
        return datetime.fromisoformat(self.at)

    @property
    def day(self) -> str:
        """The day it was measured, as 2026-11-26."""
        return self.at[:10]

    def differs(self, *, model: str, size_px: tuple[int, int] | None = None, source: str | None = None) -> str:
        """In what it belongs to something else, in words; empty if it fits. None: whatever it is."""
        said = []
        if source is not None and source != self.source:
            said.append(f"{self.source}, not {source}")
        if model != self.model:
            said.append(f"{self.model}, not {model or 'no network'}")
        if size_px is not None and size_px != (self.width_px, self.height_px):
            said.append(f"{self.width_px}×{self.height_px} pixels, not {size_px[0]}×{size_px[1]}")
        return " and ".join(said)


_STORED: Final = TypeAdapter(StoredAim)


def require_writable(path: Path) -> None:
    """Raises AimError if an aim can't be written there: better before five squats than after them."""
    with _said_as_aim_error(path):
        os.close(_open_new(path))
        _temporary(path).unlink()


def write_aim(path: Path, aim: StoredAim) -> None:
    """Put it in place of what was there. Raises AimError when it can't be written; what was there then still is.

    One writer at a time. What `read_aim` would refuse is refused here, too.
    """
    content = json.dumps({"format": FORMAT, "version": VERSION, **asdict(aim)}, indent=1) + "\n"
    try:
        _STORED.validate_json(content)
    except ValidationError as error:
        raise AimError(f"{path}: was not written: {_first_of(error)}; aim again") from error
    with _said_as_aim_error(path):
        descriptor = _open_new(path)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(content)
                file.flush()
                os.fchmod(file.fileno(), 0o640)  # the page's user is in the group
                if os.geteuid() == 0:
                    # By `sudo edge-valgus aim` without a running device: it has to be able to read it afterwards.
                    folder = path.parent.stat()
                    os.fchown(file.fileno(), folder.st_uid, folder.st_gid)
                os.fsync(file.fileno())
            _temporary(path).replace(path)
        except BaseException:
            with suppress(OSError):
                _temporary(path).unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)


def read_aim(path: Path) -> StoredAim | None:
    """What was measured; None where nothing was. Raises AimError naming file, value and what to do if it is no good."""
    try:
        raw = _read(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        what = "it is a symbolic link" if error.errno == errno.ELOOP else error.strerror
        raise AimError(f"{path}: cannot be read ({what}); {ADVICE}") from error
    try:
        table = json.loads(raw) if len(raw) <= MAX_BYTES else None
    except (ValueError, RecursionError):
        table = None
    if not isinstance(table, dict) or table.get("format") != FORMAT:
        raise AimError(f"{path}: is not what `edge-valgus aim` writes; {ADVICE}")
    if table.get("version") != VERSION:
        raise AimError(f"{path}: version = {table.get('version')!r}: expected {VERSION}; {ADVICE}")
    try:
        return _STORED.validate_json(raw)
    except ValidationError as error:
        raise AimError(f"{path}: {_first_of(error)}; {ADVICE}") from error


def _temporary(path: Path) -> Path:
    # Always the same name: a power cut leaves one file behind, which the next write takes away.
    return path.with_name(path.name + "~")


def _open_new(path: Path) -> int:
    """Make the folder, and in it the empty file that is to become `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "there is something that is no ordinary file")
    temporary = _temporary(path)
    temporary.unlink(missing_ok=True)
    # Root may write into the device's folder, and must not be led out of it by what lies there.
    return os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def _sync_folder(folder: Path) -> None:
    # Without it a power cut may undo the renaming.
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path) -> bytes:
    # What lies there may be anything: a link to what only root may read, or a pipe, which keeps who opens it waiting.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is no ordinary file")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(MAX_BYTES + 1)
    finally:
        os.close(descriptor)


@contextmanager
def _said_as_aim_error(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise AimError(
            f"{path}: cannot be written ({error.strerror or error}); give a folder of yours, or run as the device's user"
        ) from error


def _first_of(error: ValidationError) -> str:
    detail = error.errors(include_url=False)[0]
    found = "missing" if detail["type"] == "missing" else repr(detail["input"])[:80]
    return f"{'.'.join(map(str, detail['loc']))} = {found}: {detail['msg'].removeprefix('Value error, ')}"
