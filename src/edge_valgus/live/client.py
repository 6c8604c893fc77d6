"""The page's end of the live feed."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any, Self


class LiveClient:
    """Keeps the newest snapshot (JSON types, keys as in `snapshot.to_dict`), reconnecting by itself. Thread-safe."""

    def __init__(self, socket_path: Path | str) -> None:
        self.socket_path = Path(socket_path)

    @property
    def connected(self) -> bool:
        """Whether the camera process holds the other end now."""
        raise NotImplementedError

    def latest(self) -> tuple[int, dict[str, Any] | None]:
        """Give (sequence, newest). None before the first and when nothing came for more than 3 s."""
        raise NotImplementedError

    def wait(self, after_sequence: int, timeout_s: float) -> tuple[int, dict[str, Any] | None]:
        """Give the newest as soon as its sequence is greater, or, after the timeout, what there is."""
        raise NotImplementedError

    def close(self) -> None:
        """Stop; may be called twice."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
