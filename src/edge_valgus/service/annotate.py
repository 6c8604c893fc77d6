"""A video with what was seen drawn in: skeleton, count, depth, measures, flags."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Final, Never, Self

import numpy as np

from edge_valgus.capture.video import load_pyav
from edge_valgus.errors import CaptureError
from edge_valgus.events import Reading
from edge_valgus.frames import Frame, Pose
from edge_valgus.service.overlay import Overlay

SUFFIXES: Final = (".mp4", ".m4v", ".mov", ".mkv")

_TICKS_PER_S: Final = 90_000
_BT709: Final = 1
_LIMITED_RANGE: Final = 1


class AnnotatedVideo:
    """Writes an annotated H.264 video; a context manager.

    path: where to; its suffix, one of SUFFIXES, chooses the container. size_px: (width, height) of the frames that will
    be written. fps: nominal, for the encoder's rate control; frames are shown at their capture times. min_depth: the
    depth from which a rep counts, drawn as a line. note: words that stand in every picture.

    The file grows under a hidden name beside `path` and takes its own, replacing what was there, only when the block
    ends without an error; otherwise it is removed. A source that may break off is therefore caught inside the block.

    Raises CaptureError for another suffix, a folder that can't be written to, a full disk, and when no frame came.
    """

    def __init__(
        self, path: str | Path, size_px: tuple[int, int], fps: float, *, min_depth: float = 0.5, note: str = ""
    ) -> None:
        self.path = Path(path)
        self.frames = 0
        self._overlay = Overlay(size_px, min_depth, note)
        self._fps = fps
        self._partial = self.path.with_name(f".{self.path.stem}.part{self.path.suffix}")
        self._av: ModuleType | None = None
        self._container: Any = None
        self._stream: Any = None
        self._start_s = 0.0
        self._last_tick = -1

    @property
    def size_px(self) -> tuple[int, int]:
        """(width, height) of the video that is written: the picture and the panel."""
        return self._overlay.canvas_px

    def __enter__(self) -> Self:
        if self.path.suffix.lower() not in SUFFIXES:
            raise CaptureError(
                f"{self.path}: a video named {self.path.suffix or 'without a suffix'} cannot be written: expected one of "
                f"{', '.join(SUFFIXES)}"
            )
        self._av = av = load_pyav(str(self.path))
        try:
            if self.path.is_dir():
                raise IsADirectoryError(f"{self.path} is a folder")
            self._partial.touch()  # PyAV opens the file only at the first picture
            quick_start = {} if self.path.suffix.lower() == ".mkv" else {"movflags": "+faststart"}
            self._container = av.open(str(self._partial.absolute()), "w", options=quick_start)
            self._stream = self._add_stream(av)
        except (av.error.FFmpegError, OSError) as error:
            self._fail(error)
        return self

    def write(
        self,
        frame: Frame,
        pose: Pose | None,
        reading: Reading,
        *,
        counted: int | None = None,
        partial: int | None = None,
    ) -> None:
        """Draw and write one frame. `counted` and `partial` default to the reading's, which are those of its set."""
        if self._container is None or self._av is None:
            raise RuntimeError(f"{self.path} is not open: use `with AnnotatedVideo(...) as video`")
        canvas = self._overlay.draw(
            frame.image,
            pose,
            reading,
            reading.counted if counted is None else counted,
            reading.partial if partial is None else partial,
        )
        if self.frames == 0:
            self._start_s = frame.time_s
        picture = self._av.VideoFrame.from_ndarray(np.asarray(canvas), format="rgb24")
        picture = picture.reformat(format="yuv420p", dst_colorspace="ITU709")
        tick = max(self._last_tick + 1, round((frame.time_s - self._start_s) * _TICKS_PER_S))
        picture.pts, picture.time_base = tick, Fraction(1, _TICKS_PER_S)
        self._last_tick = tick
        try:
            self._mux(picture)
        except (self._av.error.FFmpegError, OSError) as error:
            self._fail(error)
        self.frames += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._container is None or self._av is None:
            return
        if kind is not None or self.frames == 0:
            self._discard()
            if kind is None:
                raise CaptureError(f"{self.path}: not written, as there was no picture: check the source")
            return
        try:
            self._mux(None)
            container, self._container = self._container, None
            container.close()
            self._partial.replace(self.path)
        except (self._av.error.FFmpegError, OSError) as fault:
            self._fail(fault)

    def _add_stream(self, av: ModuleType) -> Any:
        h264 = "libx264" in av.codecs_available
        rate = Fraction(self._fps).limit_denominator(1001)
        options = {"preset": "veryfast", "crf": "21"} if h264 else {"qscale": "4"}
        stream = self._container.add_stream("libx264" if h264 else "mpeg4", rate=rate, options=options)
        stream.width, stream.height = self._overlay.canvas_px
        stream.pix_fmt = "yuv420p"
        # mpeg4 can't count finer than 1/65535 s.
        stream.codec_context.time_base = Fraction(1, _TICKS_PER_S if h264 else 60_000)
        # Untagged, players guess the colours from the picture's size.
        stream.codec_context.colorspace = _BT709
        stream.codec_context.color_primaries = _BT709
        stream.codec_context.color_trc = _BT709
        stream.codec_context.color_range = _LIMITED_RANGE
        return stream

    def _mux(self, picture: Any) -> None:
        for packet in self._stream.encode(picture):
            self._container.mux(packet)

    def _discard(self) -> None:
        container, self._container = self._container, None
        # What goes wrong in closing a file that is thrown away is of no interest, and another error is on its way.
        with suppress(Exception):
            if container is not None:
                container.close()
        with suppress(OSError):
            self._partial.unlink(missing_ok=True)

    def _fail(self, error: Exception) -> Never:
        self._discard()
        reason = str(getattr(error, "strerror", None) or error).lower()
        raise CaptureError(
            f"{self.path}: the annotated video cannot be written ({reason}) after {self.frames} frames: choose a folder "
            "that you may write to, with free space"
        ) from error
