"""Recorded keypoints: what the model saw, without the picture.

A recording is a text file of one JSON object per line, gzipped if its name ends in .gz. The first line is the header

    {"format": "edge-valgus-poses", "version": 1, "source": "clip.mp4", "model": "movenet-…", "size_px": [640, 480]}

and every further line one frame, in the order of time

    {"t": 0.033, "xy": [[312.4, 88.1], …], "s": [0.912, …]}      17 keypoints in pixels, 17 scores 0–1
    {"t": 0.067, "xy": null}                                     nobody was seen
"""

from __future__ import annotations

import gzip
import json
import math
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Never, Self, cast

import numpy as np
from numpy.typing import NDArray

from edge_valgus.errors import CaptureError
from edge_valgus.frames import KEYPOINT_COUNT, Pose

FORMAT: Final = "edge-valgus-poses"
VERSION: Final = 1

_MAX_PX: Final = 1_000_000.0
_MAX_LINE: Final = 100_000  # a frame takes about 500 characters; a binary file may have no line end at all
_FLUSH_FRAMES: Final = 30
_GZIP_MAGIC: Final = b"\x1f\x8b"


def partial_path(path: Path) -> Path:
    """Where a recording to `path` grows until it is complete: "a.jsonl.gz" grows as "a.part.jsonl.gz"."""
    stem, dot, suffixes = path.name.partition(".")
    return path.with_name(f"{stem}.part{dot}{suffixes}")


class PoseWriter:
    """Writes a recording; a context manager.

    The file grows under `partial_path(path)` and takes its own name, replacing an older recording, only when the block
    ends without an error: a recording under its own name is complete. After an error, a crash or a power cut the
    partial file stays and can be read up to its last second; an older recording under `path` is left alone.

    Raises CaptureError when the folder can't be written to or the disk is full.
    """

    def __init__(self, path: str | Path, source: str, model: str, size_px: tuple[int, int]) -> None:
        self.path = Path(path)
        self.frames = 0
        self._header = {
            "format": FORMAT,
            "version": VERSION,
            "source": source,
            "model": model,
            "size_px": [int(size_px[0]), int(size_px[1])],
        }
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        partial = partial_path(self.path)
        try:
            if self.path.is_dir():
                raise IsADirectoryError(f"{self.path} is a folder")
            # mtime 0: the same poses give the same bytes.
            self._file = cast(
                "IO[bytes]", gzip.GzipFile(partial, "wb", mtime=0) if self.path.suffix == ".gz" else partial.open("wb")
            )
            self._put(self._header)
            self._file.flush()
        except OSError as error:
            self._fail(error)
        return self

    def write(self, time_s: float, pose: Pose | None) -> None:
        """Add a frame; `pose` is None when nobody was seen. Rounds to 0.1 px, 0.001 of score and 0.1 ms.

        Raises ValueError for a keypoint that is not finite, which a reader would refuse.
        """
        line: dict[str, Any] = {"t": round(float(time_s), 4), "xy": None}
        if pose is not None:
            line["xy"] = [[round(x, 1), round(y, 1)] for x, y in pose.xy_px.tolist()]
            line["s"] = [round(score, 3) for score in pose.score.tolist()]
        try:
            self._put(line)
            self.frames += 1
            if self.frames % _FLUSH_FRAMES == 0 and self._file is not None:
                self._file.flush()
        except OSError as error:
            self._fail(error)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        file, self._file = self._file, None
        try:
            if file is not None:
                file.close()
                if kind is None:
                    partial_path(self.path).replace(self.path)
        except OSError as fault:
            if kind is None:  # else the error that is on its way says more
                self._fail(fault)

    def _put(self, line: dict[str, Any]) -> None:
        if self._file is None:
            raise RuntimeError(f"{self.path} is not open: use `with PoseWriter(...) as writer`")
        self._file.write(json.dumps(line, separators=(",", ":"), allow_nan=False).encode() + b"\n")

    def _fail(self, error: OSError) -> Never:
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):
                file.close()
        raise CaptureError(
            f"{self.path}: the keypoints cannot be written ({(error.strerror or str(error)).lower()}) after {self.frames} "
            "frames: choose a folder that you may write to, with free space"
        ) from error


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording's header. Iterating reads the frames from the file, as often as wanted: (time_s, Pose or None)."""

    path: Path
    source: str
    model: str
    size_px: tuple[int, int]

    def __iter__(self) -> Iterator[tuple[float, Pose | None]]:
        """Yield each frame. Raises CaptureError at the first wrong line, naming it; those before it are good."""
        last_s = -math.inf
        lines = _lines(self.path)
        next(lines, None)
        for where, text in lines:
            line = _object(where, text)
            time_s = _time(where, line.get("t"), last_s)
            last_s = time_s
            unknown = sorted(set(line) - {"t", "xy", "s"})
            if unknown:
                raise _wrong(where, unknown[0], line[unknown[0]], "no such field: expected t, xy and s")
            yield time_s, self._pose(where, line, time_s)

    def _pose(self, where: str, line: dict[str, Any], time_s: float) -> Pose | None:
        if "xy" not in line:
            raise CaptureError(f"{where}: xy is missing: expected {KEYPOINT_COUNT} pairs, or null when nobody was seen")
        if line["xy"] is None:
            if line.get("s") is not None:
                raise _wrong(where, "s", line["s"], "expected none where xy is null")
            return None
        xy_px = _numbers(where, "xy", line["xy"], (KEYPOINT_COUNT, 2), (-_MAX_PX, _MAX_PX))
        score = _numbers(where, "s", line.get("s"), (KEYPOINT_COUNT,), (0.0, 1.0))
        return Pose(xy_px, score, time_s, self.size_px)


def read_poses(path: str | Path) -> Recording:
    """Open a recording, plain or gzipped, and read its header.

    Raises CaptureError, naming file, line, field and value, when the file can't be read or is not such a recording.
    Frames are checked as they are read: see `Recording`.
    """
    path = Path(path)
    where, text = next(_lines(path), (f"{path}, line 1", ""))
    if not text:
        raise CaptureError(f"{path}: is empty: expected a recording made by `analyze --poses`")
    header = _object(where, text)
    if header.get("format") != FORMAT:
        raise _wrong(where, "format", header.get("format"), f"expected {FORMAT!r}, as written by `analyze --poses`")
    if header.get("version") != VERSION or isinstance(header.get("version"), bool):
        raise _wrong(
            where, "version", header.get("version"), f"this program reads {VERSION}: update it, or record anew"
        )
    for key in ("source", "model"):
        if not isinstance(header.get(key), str):
            raise _wrong(where, key, header.get(key), "expected a text")
    size = header.get("size_px")
    if not (
        isinstance(size, list) and len(size) == 2 and all(type(side) is int and 1 <= side <= 65536 for side in size)
    ):
        raise _wrong(where, "size_px", size, "expected [width, height] in pixels, each 1 to 65536")
    return Recording(path, header["source"], header["model"], (size[0], size[1]))


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """Yield ("FILE, line N", text without its end) for each line that is not blank."""
    number = 0
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise CaptureError(f"{path}: is no ordinary file: expected a recording made by `analyze --poses`")
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == _GZIP_MAGIC
            raw.seek(0)
            file = cast("IO[bytes]", gzip.GzipFile(fileobj=raw) if packed else raw)
            while data := file.readline(_MAX_LINE):
                number += 1
                where = f"{path}, line {number}"
                if text := _text(where, data):
                    yield where, text
    except CaptureError:
        raise
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise CaptureError(
            f"{path}, after line {number}: the gzip data breaks off or is damaged ({error}): what came before is complete"
        ) from error
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise CaptureError(
            f"{path}: cannot be read ({reason}): expected a recording made by `analyze --poses`"
        ) from error


def _text(where: str, data: bytes) -> str:
    if len(data) == _MAX_LINE:
        raise CaptureError(f"{where}: longer than {_MAX_LINE} characters: this is not a keypoint recording")
    try:
        return data.decode().strip()
    except UnicodeDecodeError as error:
        raise CaptureError(f"{where}: not text ({error.reason}): this is not a keypoint recording") from error


def _object(where: str, text: str) -> dict[str, Any]:
    try:
        line = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise CaptureError(f"{where}: not a JSON object ({error}): the file is damaged or breaks off here") from error
    if not isinstance(line, dict):
        raise CaptureError(f"{where}: {_shown(line)}: expected a JSON object")
    return line


def _refuse_constant(name: str) -> Never:
    raise ValueError(f"{name} is not a number")


def _time(where: str, value: object, last_s: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e12:
        raise _wrong(where, "t", value, "expected the frame's time in seconds")
    if value < last_s:
        raise _wrong(where, "t", value, f"time goes backwards: expected {last_s:g} or later")
    return float(value)


def _numbers(
    where: str, key: str, value: object, shape: tuple[int, ...], limits: tuple[float, float]
) -> NDArray[np.float32]:
    wanted = f"expected {shape[0]} {'pairs of numbers' if len(shape) == 2 else 'numbers'}"
    if not isinstance(value, list) or len(value) != shape[0]:
        raise _wrong(where, key, value, wanted)
    flat: list[float] = []
    for index, item in enumerate(value):
        for number in item if len(shape) == 2 and isinstance(item, list) and len(item) == shape[1] else (item,):
            if isinstance(number, bool) or not isinstance(number, int | float):
                raise _wrong(where, f"{key}[{index}]", item, wanted)
            if not limits[0] <= number <= limits[1]:
                raise _wrong(where, f"{key}[{index}]", item, f"expected {limits[0]:g} to {limits[1]:g}")
            flat.append(number)
    if len(flat) != math.prod(shape):
        raise _wrong(where, key, value, wanted)
    return np.array(flat, np.float32).reshape(shape)


def _wrong(where: str, field: str, value: object, expected: str) -> CaptureError:
    return CaptureError(f"{where}: {field} = {_shown(value)}: {expected}")


def _shown(value: object) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."
