"""Which process publishes on a socket, as the kernel knows it, and how to signal that one and no other."""

from __future__ import annotations

import os
import signal
import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CONNECT_S: Final = 1.0
_CREDENTIALS: Final = struct.Struct("3i")  # struct ucred: pid, uid, gid


@dataclass(frozen=True, slots=True)
class Process:
    """One that publishes: its id and its user's."""

    pid: int
    uid: int


def publishing_process(socket_path: Path) -> Process | None:
    """The process that publishes there now; None if none does. Raises PermissionError where that may not be asked."""
    with _connected(socket_path) as process:
        return process


def signal_publisher(socket_path: Path, number: signal.Signals) -> None:
    """Signal the process that publishes there now. Raises ProcessLookupError if there is none, PermissionError if it is another's."""
    with _connected(socket_path) as process:
        if process is None:
            raise ProcessLookupError(f"nobody publishes on {socket_path}")
        _signal(process, number)


def _signal(process: Process, number: signal.Signals) -> None:
    # By a descriptor: a number may be given to another process between looking at it and signalling it.
    descriptor = os.pidfd_open(process.pid)
    try:
        # Who made the socket may have left it to a child and ended; its number may be anybody's by now.
        owner = Path(f"/proc/{process.pid}").stat().st_uid
        if owner != process.uid:
            raise ProcessLookupError(f"process {process.pid} belongs to user {owner}, not to {process.uid}")
        signal.pidfd_send_signal(descriptor, number)
    except FileNotFoundError as error:
        raise ProcessLookupError(f"process {process.pid} has ended") from error
    finally:
        os.close(descriptor)


@contextmanager
def _connected(socket_path: Path) -> Iterator[Process | None]:
    """Within the block the socket is held; gives who listens on it.

    Nothing that is written anywhere is believed: the service's user could write any number, and root acts on it.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(CONNECT_S)
        try:
            connection.connect(str(socket_path))
        except PermissionError:
            raise
        except OSError:  # no socket, a dead one, or a path that none can have
            yield None
        else:
            yield _peer(connection)


def _peer(connection: socket.socket) -> Process | None:
    if sys.platform != "linux":
        return None
    # The kernel took these down when the other end began to listen.
    pid, uid, _ = _CREDENTIALS.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
    # 0 is one that cannot be seen from here; 1 is the system itself, which may listen for a service.
    return Process(pid, uid) if pid > 1 else None
