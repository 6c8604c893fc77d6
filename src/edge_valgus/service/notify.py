"""systemd's notify protocol (sd_notify(3)): a datagram to the socket it names. Does nothing where there is none.

The one library for it on PyPI without a compiler is unmaintained since 2017, and this is a page of code.
"""

from __future__ import annotations

import os
import socket
import time

from edge_valgus.events import Event, Reading
from edge_valgus.service.sightings import Sighting


class Notifier:
    """Tells systemd how the process is. All from the environment that systemd sets."""

    def __init__(self) -> None:
        address = os.environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        watchdog_us = os.environ.get("WATCHDOG_USEC", "") if _is_for_us() else ""
        self._beat_s = int(watchdog_us) / 3e6 if watchdog_us.isdigit() and int(watchdog_us) > 0 else float("inf")
        self._next_beat_s = 0.0
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) if self._address else None
        if self._socket is not None:
            self._socket.setblocking(False)

    def say(self, *lines: str) -> None:
        """Send lines such as READY=1 or STATUS=…; a full or missing socket is none of our business."""
        if self._socket is None:
            return
        try:
            self._socket.sendto("\n".join(lines).encode(), self._address)
        except OSError:
            return

    def alive(self) -> None:
        """Feed the watchdog, a third of its time apart. For the frame loop alone: it is what may get stuck."""
        now_s = time.monotonic()
        if now_s >= self._next_beat_s:
            self._next_beat_s = now_s + self._beat_s
            if self._beat_s != float("inf"):
                self.say("WATCHDOG=1")

    def more_time(self, seconds: float) -> None:
        """Ask that a start may take this much longer from now on; for whoever goes on asking, so that one that hangs is ended."""
        self.say(f"EXTEND_TIMEOUT_USEC={seconds * 1e6:.0f}")

    def close(self) -> None:
        """Let go of the socket."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class HeartbeatSink:
    """READY after the first judged frame, then the watchdog. Comes after the lights in the loop."""

    def __init__(self, notifier: Notifier) -> None:
        self._notifier = notifier
        self._ready = False

    def take(self, sighting: Sighting, events: tuple[Event, ...], reading: Reading) -> None:  # noqa: ARG002
        """One frame was judged."""
        if not self._ready:
            self._ready = True
            self._notifier.say("READY=1", "STATUS=Watching")
        self._notifier.alive()

    def finish(self, time_s: float, events: tuple[Event, ...]) -> None:  # noqa: ARG002
        """The source has ended."""
        self._notifier.say("STOPPING=1")


def _is_for_us() -> bool:
    return os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
