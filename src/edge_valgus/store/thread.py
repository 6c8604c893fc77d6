"""The writer thread: the frame loop hands events over and never waits for the disk."""

from __future__ import annotations

from collections.abc import Callable

from edge_valgus.events import Event
from edge_valgus.store.writer import Store


class StoreThread:
    """Owns `store` from now on, closing it at the end.

    to_wall: capture time (s) → seconds since 1970. source, model: what sees the lifter, kept with each session.
    keep_days: sets older than this are deleted, at the start and once a day; None keeps all.
    """

    def __init__(
        self,
        store: Store,
        *,
        to_wall: Callable[[float], float],
        source: str = "",
        model: str = "",
        keep_days: int | None = None,
    ) -> None:
        raise NotImplementedError

    def put(self, event: Event) -> None:
        """Take any event; those about sets and reps get stored. Never waits, never raises for the disk."""
        raise NotImplementedError

    @property
    def backlog(self) -> int:
        """How many events are not on the disk yet."""
        raise NotImplementedError

    @property
    def lost(self) -> int:
        """How many events had to be given up (the memory's bound was reached)."""
        raise NotImplementedError

    @property
    def error(self) -> str | None:
        """What keeps the disk from being written, in one line for the page; None while all is well."""
        raise NotImplementedError

    def close(self, timeout_s: float = 5.0) -> int:
        """Write what waits, for at most this long, and stop; return how many events were not written."""
        raise NotImplementedError
