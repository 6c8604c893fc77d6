"""Everything that edge-valgus raises on purpose.

    EdgeValgusError
    ├── ConfigError (ValueError)      a config file is wrong; carries every problem in it
    ├── CaptureError (OSError)        a camera, video or recording cannot be read
    │   └── VideoBrokeOff             a video ends too early; what came before is good
    ├── ModelError (RuntimeError)     a model is missing, corrupt or of another shape
    ├── StoreError (RuntimeError)     a database is not ours, locked by another device, or full
    ├── LightsError (RuntimeError)    a pin or the GPIO chip cannot be used
    ├── WebError (OSError)            the page cannot be served (port in use)
    └── AimError (ValueError)         what aiming measured cannot be read, or is of another rig

Each is also a builtin, so that a caller may catch it either way. A message names the thing, the value found, what was
expected and what to do next, on one line: the command line prints it as it is and exits with `exit_code`.
"""

from __future__ import annotations

from dataclasses import dataclass


class EdgeValgusError(Exception):
    """Base of every error meant for the person in front of the device or the terminal."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """One thing wrong in a config file."""

    key: str
    value: object
    expected: str

    def __str__(self) -> str:
        return f"{self.key} = {self.value!r}: {self.expected}"


class ConfigError(EdgeValgusError, ValueError):
    """A config file is wrong. `problems` lists all that is wrong with it, not just the first."""

    exit_code = 2

    def __init__(self, path: str, problems: tuple[ConfigProblem, ...]) -> None:
        self.path = path
        self.problems = problems
        super().__init__("\n".join(f"{path}: {problem}" for problem in problems))


class CaptureError(EdgeValgusError, OSError):
    """A camera, a video file or a keypoint recording cannot be read."""

    exit_code = 3


class VideoBrokeOff(CaptureError):  # noqa: N818  callers go on from it: what came before is good
    """A video ends before it should. Every picture that could be decoded was given before."""


class ModelError(EdgeValgusError, RuntimeError):
    """A model file or an interpreter is missing, corrupt, or not of the expected shape."""

    exit_code = 4


class StoreError(EdgeValgusError, RuntimeError):
    """The database cannot be opened, belongs to something else, or is in use by another device."""

    exit_code = 5


class LightsError(EdgeValgusError, RuntimeError):
    """A pin or the GPIO chip cannot be used."""

    exit_code = 6


class WebError(EdgeValgusError, OSError):
    """The page cannot be served."""

    exit_code = 7


class AimError(EdgeValgusError, ValueError):
    """What aiming measured cannot be read or kept, or belongs to another camera, network or picture size."""

    exit_code = 8
