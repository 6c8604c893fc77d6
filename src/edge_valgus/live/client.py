"""The page's end of the live feed."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

LOG = logging.getLogger(__name__)

STALE_AFTER_S: Final = 3.0
MAX_LINE_BYTES: Final = 1 << 20
_FIRST_DELAY_S: Final = 0.1
_LAST_DELAY_S: Final = 2.0


class LiveClient:
    """Keeps the newest snapshot (JSON types, keys as in `snapshot.to_dict`), reconnecting by itself. Thread-safe.

    Its thread starts at once and goes on until `close`; a missing, dead or silent camera process is no error, only
    None. A line that is not a JSON object is skipped. Context manager.
    """

    def __init__(self, socket_path: Path | str) -> None:
        self.socket_path = Path(socket_path)
        self._changed = threading.Condition()
        self._sequence = 0
        self._newest: dict[str, Any] | None = None
        self._heard_s = float("-inf")
        self._socket: socket.socket | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="live-client", daemon=True)
        self._thread.start()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.socket_path)!r})"

    @property
    def connected(self) -> bool:
        """Whether the camera process holds the other end now."""
        return self._socket is not None

    def latest(self) -> tuple[int, dict[str, Any] | None]:
        """Give (sequence, newest). None before the first and when nothing came for more than 3 s.

        A newest that tells of a fault stays until another comes: the process that sent it has probably ended of it.

        The dict is shared between callers: don't write to it.
        """
        with self._changed:
            return self._latest()

    def wait(self, after_sequence: int, timeout_s: float) -> tuple[int, dict[str, Any] | None]:
        """Give the newest as soon as its sequence is greater, or, after the timeout, what there is."""
        with self._changed:
            self._changed.wait_for(lambda: self._sequence > after_sequence or self._closing.is_set(), timeout_s)
            return self._latest()

    def close(self) -> None:
        """Stop; may be called twice. Waiting callers return."""
        with self._changed:
            self._closing.set()
            self._changed.notify_all()
            if self._socket is not None:
                with suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _latest(self) -> tuple[int, dict[str, Any] | None]:
        fresh = time.monotonic() - self._heard_s <= STALE_AFTER_S
        kept = fresh or (self._newest is not None and self._newest.get("fault"))
        return self._sequence, self._newest if kept else None

    def _run(self) -> None:
        delay_s = _FIRST_DELAY_S
        while not self._closing.is_set():
            heard = False
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                connection.settimeout(1.0)
                connection.connect(str(self.socket_path))
                with self._changed:
                    if self._closing.is_set():
                        return
                    self._socket = connection
                connection.settimeout(None)
                heard = self._listen(connection)
            except OSError as error:
                LOG.debug("no live feed on %s: %s", self.socket_path, error)
            finally:
                with self._changed:
                    self._socket = None
                connection.close()
            # A feed that worked is probably being restarted; one that never did may be missing for long.
            delay_s = _FIRST_DELAY_S if heard else min(2 * delay_s, _LAST_DELAY_S)
            self._closing.wait(delay_s)

    def _listen(self, connection: socket.socket) -> bool:
        """Take in lines until the other end hangs up; say whether any was good."""
        heard = False
        rest = b""
        while chunk := connection.recv(65536):
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > MAX_LINE_BYTES:
                LOG.warning("%s sends a line of more than %d bytes; connecting anew", self.socket_path, MAX_LINE_BYTES)
                break
            # Several lines at once means that we were slow: only the newest good one matters.
            for line in reversed(lines):
                snapshot = _parsed(line)
                if snapshot is not None:
                    heard = True
                    with self._changed:
                        self._sequence += 1
                        self._newest = snapshot
                        self._heard_s = time.monotonic()
                        self._changed.notify_all()
                    break
        return heard


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
