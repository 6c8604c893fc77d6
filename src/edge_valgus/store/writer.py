"""The one owner of the database."""

from __future__ import annotations

from pathlib import Path

from edge_valgus.events import Rep


class Store:
    """Opens, upgrades and writes the database. One process at a time owns it; use from one thread at a time."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)

    def start_session(self, started_at: float, *, source: str, model: str) -> int:
        """Begin a session and return its id."""
        raise NotImplementedError

    def start_set(self, session_id: int, number: int, started_at: float) -> int:
        """Begin a set and return its id."""
        raise NotImplementedError

    def add_rep(self, set_id: int, rep: Rep, *, started_at: float, set_start_s: float) -> int:
        """Store a rep and return its id; it is on the disk when this returns."""
        raise NotImplementedError

    def end_set(self, set_id: int, *, ended_at: float, counted: int, partial: int) -> None:
        """End a set."""
        raise NotImplementedError

    def prune(self, keep_days: int, *, now: float) -> int:
        """Delete sets older than that; return how many."""
        raise NotImplementedError

    def close(self) -> None:
        """Close and let go of the lock."""
        raise NotImplementedError
