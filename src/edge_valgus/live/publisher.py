"""The camera process' end of the live feed."""

from __future__ import annotations

from pathlib import Path

from edge_valgus.live.snapshot import Snapshot


class LivePublisher:
    """Serves the newest snapshot to every client, as lines of JSON. Context manager."""

    def __init__(self, socket_path: Path | str, *, max_clients: int = 8, rate_hz: float = 12.0) -> None:
        raise NotImplementedError

    def publish(self, snapshot: Snapshot) -> None:
        """Replace the newest; takes microseconds, whatever the clients do."""
        raise NotImplementedError

    def close(self) -> None:
        """Stop and remove the socket; may be called twice."""
        raise NotImplementedError
