"""Frames from a video file, of whatever container and codec FFmpeg reads.

Times are the file's own timestamps, so a clip of varying frame rate keeps its rhythm; how bad stamps are repaired is
told at `Timeline`. Pictures come upright, with square pixels, and never larger than `MAX_SIDE_PX`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from edge_valgus.capture.orientation import UPRIGHT, Orientation, from_display_matrix
from edge_valgus.capture.timeline import Timeline
from edge_valgus.errors import CaptureError, VideoBrokeOff
from edge_valgus.frames import Frame

MAX_SIDE_PX: Final = 1920
"""Pictures with a longer side are scaled down to this. The pose network looks at 192 pixels; 8K would only cost memory."""

MIN_SIDE_PX: Final = 64
"""A shorter side below this shows no legs to judge."""

FALLBACK_RATE_HZ: Final = 25.0
"""Taken when neither timestamps nor the container say how fast the pictures follow each other."""

_SQUARE_ENOUGH: Final = 0.02  # pixel aspect ratios this close to 1 are left alone: resampling would only blur
_MANY_PIXELS: Final = 4096 * 2304
_ATTACHED_PICTURE: Final = 0x400  # FFmpeg's AV_DISPOSITION_ATTACHED_PIC
_MISSING_END_S: Final = 0.5
_MISSING_END_SHARE: Final = 0.03


def load_pyav(subject: str) -> ModuleType:
    """PyAV, which reads and writes video.

    Raises CaptureError, beginning with `subject`, where it is not installed (there are no wheels for armv6l).
    """
    try:
        import av
    except ImportError as error:
        raise CaptureError(
            f"{subject}: video files need PyAV, which cannot be imported ({error}): install it with `pip install av`; "
            "for the oldest Raspberry Pis (armv6l) there is none, so use another computer there"
        ) from error
    return av  # type: ignore[no-any-return, unused-ignore]


class VideoFile:
    """A video file as a `Source`.

    Rotation and mirroring in the file's display matrix are applied, oblong pixels are made square, and a picture whose
    longer side exceeds MAX_SIDE_PX is scaled down to it, keeping its aspect; all in the pass that converts to RGB, so
    that no large array is ever made. Packets that can't be decoded are skipped.

    Opening raises CaptureError for anything that yields no picture. Iterating a file that breaks off yields every frame
    that can be decoded and then raises VideoBrokeOff saying how far it got: what was analysed until then is good.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._av: ModuleType | None = None
        self._container: Any = None
        self._stream: Any = None
        self._frames: Iterator[Any] = iter(())
        self._first: Any = None
        self._broken: str | None = None
        self._demuxed_end: int | None = None
        self._orientation: Orientation = UPRIGHT
        self._scaled_px = (0, 0)
        self._timeline = Timeline(1 / FALLBACK_RATE_HZ)

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return self.path.name

    @property
    def size_px(self) -> tuple[int, int]:
        """(width, height) of the frames, after scaling and rotation. Known once opened."""
        self._require_open()
        return self._orientation.turned(self._scaled_px)

    @property
    def frame_count(self) -> int | None:
        """The container's own count, else its duration times its frame rate, else None. An estimate: good for a bar."""
        self._require_open()
        if self._stream.frames > 0:
            return int(self._stream.frames)
        duration_s = self._announced_duration_s() or (self._container.duration or 0) / 1e6
        return round(duration_s * self.fps) if duration_s else None

    @property
    def fps(self) -> float:
        """Nominal frame rate. The frames' own times are what counts."""
        return 1.0 / self._timeline.period_s

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def __iter__(self) -> Iterator[Frame]:
        """Yield each frame; its image is overwritten by the next one."""
        self._require_open()
        width, height = self.size_px
        image = np.empty((height, width, 3), np.uint8)
        count, time_s = 0, 0.0
        picture = self._first
        while picture is not None:
            stamp = picture.pts
            time_s = self._timeline.time_s(None if stamp is None else stamp * float(picture.time_base))
            self._convert(picture, image)
            count += 1
            yield Frame(image, time_s)
            picture = next(self._frames, None)
        self._raise_if_cut_off(count, time_s)

    def _require_open(self) -> None:
        if self._container is None:
            raise RuntimeError(f"{self.name} is not open: use `with VideoFile(...) as video`")

    def _open(self) -> None:
        path = self.path
        _check_is_file(path)
        self._av = av = load_pyav(str(path))
        try:
            # An absolute path starts with a slash, so FFmpeg never takes "10:30.mp4" for a protocol.
            self._container = av.open(os.path.abspath(path))  # noqa: PTH100  resolving links could change the suffix
            self._stream = self._find_stream()
            # Decoding several pictures at once needs memory for each: too much for 8K on a Pi.
            big = (self._stream.width or 0) * (self._stream.height or 0) > _MANY_PIXELS
            self._stream.thread_type = "SLICE" if big else "AUTO"
            self._frames = self._decode()
            self._first = next(self._frames, None)
        except av.error.FFmpegError as error:
            raise CaptureError(
                f"{path}: not a video that can be read ({_reason(error)}): expected a file such as mp4, mov, webm or gif, "
                "copied completely"
            ) from error
        if self._first is None:
            detail = self._broken or "it ends before the first one"
            raise CaptureError(f"{path}: no picture can be decoded ({detail}): copy or record it again")
        self._measure(self._first)

    def _find_stream(self) -> Any:
        path, container = self.path, self._container
        kinds = [stream.type for stream in container.streams]
        if container.format.name == "tty":  # FFmpeg renders text files as pictures of a terminal
            raise CaptureError(
                f"{path}: this is a text file, not a video: expected a file such as mp4, mov, webm or gif"
            )
        if not set(kinds) - {"data"}:
            raise CaptureError(
                f"{path}: a {_title(container)} file without pictures or sound, as when a recording is cut off before its index is "
                "written: copy or record it again"
            )
        # Cover art of a song is a video stream to FFmpeg.
        stream = container.streams.best("video")
        if stream is None or int(getattr(stream, "disposition", 0)) & _ATTACHED_PICTURE:
            found = ", ".join(sorted(set(kinds) - {"video"})) or "cover art"
            raise CaptureError(f"{path}: holds no video, only {found}: choose a file with pictures")
        if stream.codec_context is None:
            raise CaptureError(f"{path}: its video codec is unknown to this FFmpeg: convert it to H.264 in an mp4")
        return stream

    def _decode(self) -> Iterator[Any]:
        """Yield every picture that can be decoded. How the stream ended, if badly, is left in `_broken`."""
        assert self._av is not None  # noqa: S101
        bad_since_last = 0
        fault: Exception | None = None
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except self._av.error.FFmpegError as error:
                self._broken = _reason(error)
                packet = None
            if packet is not None and packet.pts is not None:
                end = packet.pts + (packet.duration or 0)
                self._demuxed_end = end if self._demuxed_end is None else max(self._demuxed_end, end)
            try:
                pictures = self._stream.codec_context.decode(packet)
            except self._av.error.EOFError:
                break
            except self._av.error.FFmpegError as error:
                bad_since_last, fault = bad_since_last + 1, error
                pictures = []
            for picture in pictures:
                bad_since_last = 0
                yield picture
            if packet is None or packet.size == 0:
                break
        if bad_since_last and self._broken is None and fault is not None:
            self._broken = _reason(fault)

    def _measure(self, picture: Any) -> None:
        width, height = picture.width, picture.height
        aspect = self._stream.sample_aspect_ratio or self._stream.codec_context.sample_aspect_ratio
        aspect = float(aspect) if aspect else 1.0
        shown = float(width)
        if not 1 - _SQUARE_ENOUGH <= aspect <= 1 + _SQUARE_ENOUGH:
            shown = width * aspect
        shrink = min(1.0, MAX_SIDE_PX / max(shown, height))
        self._scaled_px = (max(1, round(shown * shrink)), max(1, round(height * shrink)))
        if min(self._scaled_px) < MIN_SIDE_PX:
            raise CaptureError(
                f"{self.path}: pictures of {width}×{height} pixels are too small: expected at least {MIN_SIDE_PX} on the "
                "shorter side; film larger"
            )
        self._orientation = _orientation_of(picture)
        for rate in (self._stream.guessed_rate, self._stream.average_rate, self._stream.codec_context.framerate):
            if rate and 0.1 <= float(rate) <= 1000:
                self._timeline = Timeline(1 / float(rate))
                break

    def _convert(self, picture: Any, out: NDArray[np.uint8]) -> None:
        width, height = self._scaled_px
        plane = picture.reformat(width=width, height=height, format="rgb24").planes[0]
        rows = np.frombuffer(plane, np.uint8)[: plane.line_size * height].reshape(height, plane.line_size)
        self._orientation.copy(rows[:, : width * 3].reshape(height, width, 3), out)

    def _announced_duration_s(self) -> float | None:
        """What the container says this stream lasts, or None. Other streams may last longer and don't count."""
        stream = self._stream
        if stream.duration and stream.time_base:
            return float(stream.duration * stream.time_base)
        if self._container.duration and len(self._container.streams) == 1:
            return float(self._container.duration) / 1e6
        return None

    def _raise_if_cut_off(self, count: int, time_s: float) -> None:
        announced_s = self._announced_duration_s()
        if self._broken is None and announced_s is not None and self._demuxed_end is not None:
            reached_s = float((self._demuxed_end - (self._stream.start_time or 0)) * self._stream.time_base)
            if announced_s - reached_s > max(_MISSING_END_S, _MISSING_END_SHARE * announced_s):
                self._broken = "the rest of the file is missing"
        if self._broken is None:
            return
        of = f" of {announced_s:.1f} s" if announced_s and announced_s > time_s else ""
        raise VideoBrokeOff(
            f"{self.path}: the video breaks off after {count} frames, {time_s:.1f} s{of} ({self._broken}): what came "
            "before is complete; copy or record it again for the rest"
        )

    def _close(self) -> None:
        self._frames, self._first, self._stream = iter(()), None, None
        container, self._container = self._container, None
        if container is not None:
            container.close()


def _check_is_file(path: Path) -> None:
    if path.is_fifo() or path.is_char_device() or path.is_block_device() or path.is_socket():
        raise CaptureError(f"{path}: is a device or a pipe, not a file: expected a video file; save it first")
    try:
        with path.open("rb") as file:
            empty = not file.read(1)
    except FileNotFoundError as error:
        raise CaptureError(f"{path}: no such file: expected a video file; check the name") from error
    except IsADirectoryError as error:
        raise CaptureError(f"{path}: is a folder: expected a video file; choose one in it") from error
    except PermissionError as error:
        raise CaptureError(f"{path}: may not be read by this user: change its permissions or copy it") from error
    except (OSError, ValueError) as error:
        raise CaptureError(
            f"{path}: cannot be opened ({_reason(error)}): expected a video file; check the name"
        ) from error
    if empty:
        raise CaptureError(f"{path}: is empty (0 bytes): copy or record it again")


def _orientation_of(picture: Any) -> Orientation:
    matrix: NDArray[np.int32] | None = None
    # PyAV raises ValueError for side data that its FFmpeg knows and it does not; then there is only `rotation`.
    with suppress(ValueError, KeyError):
        for entry in (picture.side_data[index] for index in range(len(picture.side_data))):
            if getattr(entry.type, "name", "") == "DISPLAYMATRIX":
                matrix = np.frombuffer(bytes(entry), np.int32)
    if matrix is None:
        angle = np.deg2rad(float(getattr(picture, "rotation", 0)))
        cosine, sine = round(np.cos(angle) * 65536), round(np.sin(angle) * 65536)
        matrix = np.array([cosine, -sine, 0, sine, cosine, 0, 0, 0, 1 << 30], np.int64).astype(np.int32)
    return from_display_matrix(matrix)


def _title(container: Any) -> str:
    return str(container.format.long_name or container.format.name)


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error).lower()
