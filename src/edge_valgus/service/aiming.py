"""Aiming within the running device: who begins it, where its frames come from, what becomes of its result."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from edge_valgus.aim import Aim, Aimer, AimStatus
from edge_valgus.analysis import Analyser
from edge_valgus.config import Config
from edge_valgus.errors import AimError
from edge_valgus.events import Event
from edge_valgus.service.sightings import Sighting
from edge_valgus.store.aim import StoredAim, read_aim, write_aim

TOLD_S: Final = 8.0  # how long its end stays on lights and page before the device goes on
KEEP_PATIENCE_S: Final = 5.0

log = logging.getLogger(__name__)


class Aiming:
    """What was measured of this box, and the measuring of it.

    While `status` is not None the frames are the aiming's: the analysis sees nobody, so that no squat of it is counted or kept.
    stored: what was measured and is in force, None if nothing is. kept: whether that lies on the disk, too.
    trouble: why what was measured is not in force, or not kept, in one line.
    Nothing here raises: without a usable aim the device goes on as if there were none, and says so.
    """

    def __init__(
        self, config: Config, path: Path, *, source: str, model: str, to_wall: Callable[[float], float]
    ) -> None:
        self._config = config
        self._path = path
        self._source = source
        self._model = model
        self._to_wall = to_wall
        self._aimer: Aimer | None = None
        self._ended_s: float | None = None
        self._writing: threading.Thread | None = None
        self._disk = threading.Lock()
        self._found: StoredAim | None = None
        self._size_px: tuple[int, int] | None = None
        self.stored: StoredAim | None = None
        self.kept = False
        self.trouble: str | None = None
        try:
            self._found = read_aim(path)
        except AimError as error:
            self._doubt(f"{error}. Until then the settings' own threshold is in force")

    @property
    def status(self) -> AimStatus | None:
        """How the aiming stands; None while there is none."""
        return self._aimer.status if self._aimer is not None else None

    @property
    def goes_on(self) -> bool:
        """Whether one is in progress; its end, while that is told, is none."""
        return self._aimer is not None and not self._aimer.status.ended

    def pressed(self, analyser: Analyser, time_s: float) -> tuple[Event, ...]:
        """Begin; or, while it goes on, give up. Returns the events of ending the set that was open."""
        if self.goes_on:
            self.give_up()
            return ()
        log.info("Aiming begins")
        self._aimer, self._ended_s = Aimer(self._config), None
        return analyser.end_set(time_s)

    def give_up(self) -> None:
        """End it without a result."""
        if self._aimer is not None:
            self._aimer.give_up("It was ended by the button.")

    def takes(self, analyser: Analyser, sighting: Sighting) -> bool:
        """Look at one frame before the analysis does; whether it is the aiming's."""
        if sighting.pose is not None:
            self._size_px = sighting.pose.size_px
            self._put_in_force(analyser, sighting.pose.size_px)
        if self._aimer is None:
            return False
        status = self._aimer.see(sighting.time_s, sighting.pose)
        if status.ended and self._ended_s is None:
            self._ended_s = sighting.time_s
            log.info("Aiming ended: %s. %s", status.headline, status.hint)
            if status.result is not None and self._size_px is not None:
                self._keep(analyser, status.result, sighting.time_s, self._size_px)
        elif self._ended_s is not None and not 0.0 <= sighting.time_s - self._ended_s < TOLD_S:
            self._aimer = None
        return True

    def close(self) -> None:
        """Wait until what was measured is on the disk."""
        if self._writing is not None:
            self._writing.join(KEEP_PATIENCE_S)

    def _put_in_force(self, analyser: Analyser, size_px: tuple[int, int]) -> None:
        found, self._found = self._found, None
        if found is None:
            return
        other = found.differs(source=self._source, model=self._model, size_px=size_px)
        if other:
            self._doubt(f"The box was aimed on {found.day} with {other}: aim it again (hold the button for 6 s)")
            return
        self.stored, self.kept = found, True
        analyser.use(found.rig)

    def _keep(self, analyser: Analyser, result: Aim, time_s: float, size_px: tuple[int, int]) -> None:
        aim = StoredAim.of(
            result,
            at=datetime.fromtimestamp(self._to_wall(time_s), UTC).astimezone(),
            source=self._source,
            model=self._model,
            size_px=size_px,
        )
        self.stored, self.kept, self.trouble = aim, False, None
        analyser.use(aim.rig)
        # An SD card may take seconds, and the frame loop has none.
        self._writing = threading.Thread(target=self._write, args=(aim,), name="aim", daemon=True)
        self._writing.start()

    def _write(self, aim: StoredAim) -> None:
        with self._disk:
            if aim is not self.stored:  # the one before took so long that there is a newer one
                return
            try:
                write_aim(self._path, aim)
            except Exception as error:  # noqa: BLE001  nobody waits for this thread: what isn't told here is never told
                reason = error if isinstance(error, AimError) else f"{self._path}: internal error: {error!r}"
                self._doubt(f"What was measured is in force until the next start only: {reason}")
            else:
                if aim is self.stored:
                    self.trouble, self.kept = None, True

    def _doubt(self, trouble: str) -> None:
        self.trouble = trouble
        log.warning(trouble)
