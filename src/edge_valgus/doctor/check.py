"""What a check answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a thing is. Only FAILS keeps the device from working."""

    WELL = "well"
    DOUBTFUL = "doubtful"
    FAILS = "fails"
    UNKNOWN = "unknown"  # it can't be told here


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the doctor's screen. fix: what to do; empty where there is nothing to do."""

    name: str
    state: State
    found: str
    fix: str = ""


def well(name: str, found: str) -> Check:
    """Nothing to do."""
    return Check(name, State.WELL, found)


def doubtful(name: str, found: str, fix: str) -> Check:
    """It works, but not as it should."""
    return Check(name, State.DOUBTFUL, found, fix)


def fails(name: str, found: str, fix: str) -> Check:
    """The device does not work so."""
    return Check(name, State.FAILS, found, fix)


def unknown(name: str, found: str) -> Check:
    """On this machine it can't be told."""
    return Check(name, State.UNKNOWN, found)
