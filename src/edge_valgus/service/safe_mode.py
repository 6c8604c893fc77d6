"""Safe mode: what the camera's process does when its settings are wrong and systemd started it.

At a desk the error in the terminal is all there is to say. On the device nobody sees one: the lights say that something is wrong,
the page says what, and mending the file is enough to go on.
"""

from __future__ import annotations

import logging
import os
import threading
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Final

from edge_valgus.config import Config
from edge_valgus.errors import ConfigError, EdgeValgusError
from edge_valgus.feedback.lights import Lights
from edge_valgus.feedback.terminal import TerminalLights
from edge_valgus.service.device import Outputs, fault_snapshot, open_live
from edge_valgus.service.notify import Notifier

LOOK_EVERY_S: Final = 0.5
PATIENCE_S: Final = 15.0
"""What systemd is asked for with each look, since it would end a start that takes longer than the unit's TimeoutStartSec."""

log = logging.getLogger(__name__)


def is_supervised() -> bool:
    """Whether systemd waits to hear from this process, so that it is the device and not a desk."""
    return bool(os.environ.get("NOTIFY_SOCKET"))


def show_until_mended(
    error: ConfigError,
    config: Config,
    *,
    pins: Any = None,
    terminal: TerminalLights | None = None,
    stop: threading.Event,
) -> None:
    """Show the fault with the lights, on the page and to systemd, until the settings file changes or `stop` is set.

    config: the tables of the file that are right, and defaults for the others (`config.sound_config`). It never gets READY,
    and stays however long that takes: ending and being started anew would leave the lights dark for systemd's pause between two tries.
    """
    reason = "; ".join(str(error).splitlines())
    file, before = Path(error.path), _looks(Path(error.path))
    with ExitStack() as stack:
        notifier = Notifier()
        stack.callback(notifier.close)
        notifier.say(f"STATUS=Safe mode: {reason}")
        log.error("Safe mode, until it is mended: %s", reason)
        # Each of them may fail for reasons of its own; what is left says it nevertheless.
        with suppress(EdgeValgusError):
            publisher = open_live(config)
            stack.callback(publisher.close)
            outputs = Outputs(config, source="", model="", to_wall=float)
            publisher.publish(fault_snapshot(outputs, f"The settings are wrong: {reason}"))
        with suppress(EdgeValgusError):
            lights = stack.enter_context(Lights(config.lights, pins, runtime_dir=config.store.runtime_path))
            lights.fault()
        if terminal is not None:
            terminal.fault()
        while not stop.wait(LOOK_EVERY_S):
            notifier.more_time(PATIENCE_S)
            if _looks(file) != before:
                log.info("%s has changed: starting anew", file)
                return


def _looks(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
