"""The camera process' end of the live feed."""

from __future__ import annotations

import logging
import os
import selectors
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Final, Self

from edge_valgus.errors import WebError
from edge_valgus.live.snapshot import Snapshot, to_json
from edge_valgus.store.lock import OwnerLock

LOG = logging.getLogger(__name__)

MAX_PATH_BYTES: Final = 107
_MODE: Final = 0o660
_SEND_BUFFER_BYTES: Final = 16384
"""A handful of snapshots: what a slow client finds when it reads again is not older than about a second."""


GIVE_UP_AFTER_S: Final = 30.0
"""A client that takes nothing for this long holds a place that another could have."""


class _Client:
    """One connection and the rest of the line that it has not taken yet."""

    __slots__ = ("moved_s", "rest", "seen", "socket")

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.rest = memoryview(b"")
        self.seen: Snapshot | None = None
        self.moved_s = time.monotonic()

    def send(self) -> None:
        """Send as much of the rest as the client takes now. Raises OSError when it is gone or as good as."""
        while self.rest:
            try:
                sent = self.socket.send(self.rest)
            except BlockingIOError:
                if time.monotonic() - self.moved_s > GIVE_UP_AFTER_S:
                    raise TimeoutError("it reads nothing") from None
                return
            self.rest = self.rest[sent:]
            self.moved_s = time.monotonic()


class LivePublisher:
    """Serves the newest snapshot to every client, as newline-ended JSON, at most `rate_hz` times a second. Context manager.

    A client that reads slowly gets fewer snapshots, each whole; one that is gone is forgotten; beyond `max_clients`,
    further ones are hung up on. The socket's mode is 0660, so its group says who may watch. What clients send is ignored.

    Errors: WebError, when the socket cannot be made or another process publishes on it.
    """

    def __init__(self, socket_path: Path | str, *, max_clients: int = 8, rate_hz: float = 12.0) -> None:
        self.socket_path = Path(socket_path)
        self.max_clients = max_clients
        self._period_s = 1.0 / rate_hz
        self._newest: Snapshot | None = None
        self._line: tuple[Snapshot, bytes] | None = None
        self._clients: dict[int, _Client] = {}
        self._closed = False
        self._owner, self._listener, self._inode = _listen(self.socket_path)
        self._waker, self._wake = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._waker, selectors.EVENT_READ)
        self._thread = Thread(target=self._run, name="live", daemon=True)
        self._thread.start()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.socket_path)!r})"

    def publish(self, snapshot: Snapshot) -> None:
        """Replace the newest; takes microseconds, whatever the clients do."""
        # One assignment, no lock and no system call: the thread looks by itself when somebody watches.
        self._newest = snapshot

    @property
    def client_count(self) -> int:
        """How many are connected now."""
        return len(self._clients)

    def close(self) -> None:
        """Stop and remove the socket; may be called twice."""
        if self._closed:
            return
        self._closed = True
        self._wake.send(b".")
        self._thread.join()
        with suppress(OSError):
            if self.socket_path.stat().st_ino == self._inode:
                self.socket_path.unlink()
        self._selector.close()
        for end in (self._listener, self._waker, self._wake):
            end.close()
        self._owner.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self) -> None:
        next_s = 0.0
        while not self._closed:
            # Nobody watches: sleep until somebody does.
            timeout_s = max(0.0, next_s - time.monotonic()) if self._clients else None
            for key, _ in self._selector.select(timeout_s):
                if key.fileobj is self._listener:
                    self._accept()
                    next_s = 0.0
                elif key.fileobj is not self._waker:
                    self._hear(key.fd)
            if time.monotonic() >= next_s:
                next_s = time.monotonic() + self._period_s
                try:
                    self._send_newest()
                except Exception:
                    # A snapshot that cannot be serialised is a bug; the lights and the next snapshot go on.
                    LOG.exception("a snapshot could not be sent")
        for fd in list(self._clients):
            self._drop(fd)

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except BlockingIOError:
            return
        except OSError as error:
            # Out of file descriptors: whoever knocks goes on knocking, so don't spin.
            LOG.warning("a client could not be let in: %s", error)
            time.sleep(self._period_s)
            return
        if len(self._clients) >= self.max_clients:
            LOG.warning("%d clients watch already, hung up on another", self.max_clients)
            connection.close()
            return
        connection.setblocking(False)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
        self._clients[connection.fileno()] = _Client(connection)
        self._selector.register(connection, selectors.EVENT_READ)

    def _hear(self, fd: int) -> None:
        """Notice that a client hung up; what it says is thrown away."""
        try:
            heard = self._clients[fd].socket.recv(4096)
        except BlockingIOError:
            return
        except OSError:
            heard = b""
        if not heard:
            self._drop(fd)

    def _drop(self, fd: int) -> None:
        client = self._clients.pop(fd)
        self._selector.unregister(client.socket)
        client.socket.close()

    def _send_newest(self) -> None:
        newest = self._newest
        if newest is None:
            return
        for fd, client in list(self._clients.items()):
            try:
                client.send()
                if not client.rest and client.seen is not newest:
                    client.rest = memoryview(self._line_of(newest))
                    client.seen = newest
                    client.send()
            except OSError:
                self._drop(fd)

    def _line_of(self, snapshot: Snapshot) -> bytes:
        if self._line is None or self._line[0] is not snapshot:
            self._line = (snapshot, to_json(snapshot) + b"\n")
        return self._line[1]


def _listen(path: Path) -> tuple[OwnerLock, socket.socket, int]:
    # Made under another name and moved there when it listens with the right mode: nobody sees it half made.
    new = path.with_name(path.name + "~")
    size = len(os.fsencode(new))
    if size > MAX_PATH_BYTES:
        raise WebError(
            f"{path} is too long for a socket ({size - 1} bytes, at most {MAX_PATH_BYTES - 1}); set store.runtime_dir to a "
            "shorter folder"
        )
    with _said_as_web_error(path):
        if path.exists() and not path.is_socket():
            raise WebError(f"{path} is not a socket; it was left as it is: move it away or set store.runtime_dir")
        path.parent.mkdir(parents=True, exist_ok=True)
    owner = OwnerLock(
        path.with_name(path.name + ".lock"),
        owned=f"the live socket {path}",
        error=WebError,
        advice="stop that one, or set store.runtime_dir to another folder",
    )
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _said_as_web_error(path):
            # We own the lock, so what is left of either is of a process that died.
            new.unlink(missing_ok=True)
            listener.bind(str(new))
            new.chmod(_MODE)
            listener.listen(8)
            listener.setblocking(False)
            inode = new.stat().st_ino
            new.replace(path)
    except BaseException:
        listener.close()
        owner.close()
        raise
    return owner, listener, inode


@contextmanager
def _said_as_web_error(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise WebError(
            f"the live socket {path} cannot be made ({error.strerror or error}); check its folder, or set "
            "store.runtime_dir to another"
        ) from error
