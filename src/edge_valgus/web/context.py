"""What every view of the page may reach: the database read-only, the live feed, and the settings of this page."""

from __future__ import annotations

import hashlib
import threading
import time
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from flask import current_app

from edge_valgus.config import KneeConfig
from edge_valgus.errors import StoreError
from edge_valgus.live.client import LiveClient
from edge_valgus.store.reader import StoreReader
from edge_valgus.store.rows import SetRow
from edge_valgus.web.now import describe

EXTENSION: Final = "edge_valgus"
STATIC_DIR: Final = Path(__file__).with_name("static")

_LOOK_EVERY_S: Final = 1.0
_PATIENCE_S: Final = 0.3  # a look takes milliseconds


@dataclass(slots=True)
class Today:
    """Notices that today's list changed, with at most one look at the database per second for all browsers together.

    It looks in a thread of its own: a disk that does not answer must not stop the live view, which has nothing to do with it.
    """

    reader: StoreReader
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _looked: threading.Event = field(default_factory=threading.Event)
    _due_s: float = 0.0
    _version: str = ""

    def version(self) -> str:
        """A word that changes whenever a set or a rep of today was stored, or the day changed.

        While the disk does not answer, it is the last one known.
        """
        with self._lock:
            now_s = time.monotonic()
            if now_s < self._due_s:
                return self._version
            self._due_s = float("inf")  # nobody else looks before this look is over
            self._looked.clear()
            threading.Thread(target=self._note, name="today", daemon=True).start()
        self._looked.wait(_PATIENCE_S)
        return self._version

    def _note(self) -> None:
        try:
            self._version = self._look()
        finally:
            self._due_s = time.monotonic() + _LOOK_EVERY_S
            self._looked.set()

    def _look(self) -> str:
        day = today()
        try:
            rows: tuple[SetRow, ...] | str = self.reader.sets(day)
        except StoreError as error:
            rows = str(error)
        return hashlib.sha256(repr((day, rows)).encode()).hexdigest()[:12]


class Watchers:
    """The places for browsers that watch live, each of which keeps a server thread."""

    def __init__(self, places: int) -> None:
        self.places = places
        self._taken = 0
        self._lock = threading.Lock()

    @property
    def taken(self) -> int:
        """How many places are taken now."""
        return self._taken

    def take(self) -> bool:
        """Take a place; False if none is free."""
        with self._lock:
            if self._taken >= self.places:
                return False
            self._taken += 1
            return True

    def leave(self) -> None:
        """Give a place back."""
        with self._lock:
            self._taken -= 1


@dataclass(slots=True)
class Page:
    """One page's parts.

    aim_file: where what aiming measured is kept, if it is. stopping: set when the server shuts down, so that the event streams end. also_known_as: names beside those of
    `hosts.is_known` under which the page is asked for.
    """

    reader: StoreReader
    live: LiveClient
    notice: str | None
    count_depth: float
    knee: KneeConfig
    aim_file: Path | None
    watchers: Watchers
    today: Today
    assets: str
    also_known_as: frozenset[str] = frozenset()
    stopping: threading.Event = field(default_factory=threading.Event)

    def now(self) -> dict[str, Any]:
        """What `now.describe` says about the newest snapshot."""
        return describe(self.live.latest()[1], connected=self.live.connected, knee=self.knee)


def page() -> Page:
    """The parts of the page that the current request belongs to."""
    found = current_app.extensions[EXTENSION]
    assert isinstance(found, Page)  # noqa: S101  narrows the type; create_app put it there
    return found


def today() -> date:
    """Today in the device's time zone."""
    return date.today()  # noqa: DTZ011  days are the gym's days


def assets_version() -> str:
    """A word that changes whenever a file under static/ does, so that browsers may keep them for good."""
    digest = hashlib.sha256()
    for path in sorted(STATIC_DIR.rglob("*")):
        if path.is_file():
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
