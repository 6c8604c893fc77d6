"""Where an edge-valgus keeps things unless its settings say otherwise: on the device and on a developer's machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

DEFAULT_STATE_DIR: Final = "/var/lib/edge-valgus"
DEFAULT_RUNTIME_DIR: Final = "/run/edge-valgus"


def default_state_dir() -> Path:
    """Where the database and fetched models are kept unless the config says otherwise.

    /var/lib/edge-valgus where a device is installed, that is, where the folder exists. Elsewhere, on a developer's
    machine, edge-valgus in $XDG_STATE_HOME, by default ~/.local/state.
    """
    # Not "where it is writable": on the device the page's process only reads it, and has to find the same folder.
    system = Path(DEFAULT_STATE_DIR)
    if system.is_dir():
        return system
    return _xdg("XDG_STATE_HOME", "~/.local/state") / "edge-valgus"


def default_runtime_dir() -> Path:
    """Where the socket between the processes is made unless the config says otherwise.

    /run/edge-valgus where a device runs (the folder exists) or is installed. Elsewhere, edge-valgus in $XDG_RUNTIME_DIR, or
    the state folder where there is none.
    """
    system = Path(DEFAULT_RUNTIME_DIR)
    # A page that starts before the camera's process, which makes the folder, would otherwise look elsewhere for ever.
    if system.is_dir() or Path(DEFAULT_STATE_DIR).is_dir():
        return system
    if Path(os.environ.get("XDG_RUNTIME_DIR", "")).is_absolute():
        return Path(os.environ["XDG_RUNTIME_DIR"]) / "edge-valgus"
    return default_state_dir()


def _xdg(variable: str, otherwise: str) -> Path:
    # The XDG specification: a relative path there is invalid and must be ignored.
    given = Path(os.environ.get(variable, ""))
    return given if given.is_absolute() else Path(otherwise).expanduser()
