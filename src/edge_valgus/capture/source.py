"""The contract that every source of pictures keeps."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Protocol, Self

from edge_valgus.frames import Frame


class Source(Protocol):
    """Pictures in the order in which they were taken.

    A source is a context manager; iterating it once yields every frame and then ends (a camera never ends by itself).
    Errors are `CaptureError`. Frame times never go backwards; they may have gaps.
    """

    @property
    def name(self) -> str:
        """What a person calls it: a file name, "camera 0", "drawn lifter"."""

    @property
    def size_px(self) -> tuple[int, int]:
        """(width, height) of the frames, after rotation."""

    @property
    def frame_count(self) -> int | None:
        """How many frames there will be, as far as is known before reading; None if it isn't."""

    def __iter__(self) -> Iterator[Frame]:
        """Yield each frame. A frame's image is valid until the next one is asked for."""

    def __enter__(self) -> Self:
        """Open."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close, whatever happened."""


class AlwaysOpen:
    """Entering and leaving, for sources that have nothing to open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass
