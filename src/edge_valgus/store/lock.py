"""One owner per file, across processes."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

from edge_valgus.errors import EdgeValgusError


class OwnerLock:
    """An exclusive lock on `path`, with the owner's process id in it. The kernel lets go of it when the process dies.

    Only its owner may open it. The file stays behind: removing it would let two processes each lock a file of that name.
    """

    def __init__(self, path: Path, *, owned: str, error: type[EdgeValgusError], advice: str) -> None:
        """Take the lock on `path`; `owned` and `advice` word the `error` raised when another process has it."""
        self.path = path
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as reason:
            raise error(
                f"{path} cannot be opened ({reason.strerror}); check that its folder exists and is writable"
            ) from None
        # Whoever may read it may lock it: the page's user could keep the camera from starting. Older ones were readable.
        with contextlib.suppress(OSError):
            os.fchmod(self._fd, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as reason:
            pid = ""
            with contextlib.suppress(OSError):
                pid = os.pread(self._fd, 32, 0).decode("ascii", "replace").strip()
            os.close(self._fd)
            if not isinstance(reason, BlockingIOError):
                raise error(
                    f"{path} cannot be locked ({reason.strerror}); its folder must be on a local disk"
                ) from None
            raise error(f"{owned} is in use by another edge-valgus (process {pid or 'unknown'}); {advice}") from None
        # On a full disk the lock holds all the same, only the number for the message is missing.
        with contextlib.suppress(OSError):
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)

    @property
    def released(self) -> bool:
        """Whether `close` was called."""
        return self._fd < 0

    def close(self) -> None:
        """Let go of the lock; may be called twice."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
