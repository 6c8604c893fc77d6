"""What goes from one step of the benchmark to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edge_valgus.events import Side, Valgus
from edge_valgus.frames import Pose


@dataclass(frozen=True, slots=True)
class TrueRepetition:
    """One repetition as it was drawn. Times in seconds of the scene.

    start_s, end_s: the hips leave the top and are back. bottom_s: middle of the time at the deepest point.
    knee_in_m: peak inward travel of (left, right) knee as reached, away from its neutral path.
    phase: when the knees were in: "none", "descent", "bottom" or "ascent".
    """

    start_s: float
    bottom_s: float
    end_s: float
    depth: float
    knee_in_m: tuple[float, float] = (0.0, 0.0)
    phase: str = "none"


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """The truth about one scene, frame by frame.

    time_s: float64 [n], capture times. depth: float64 [n], 0 standing … 1 parallel, of the lifter's squats.
    knee_in_m: float64 [n, 2], inward travel of (left, right) knee. in_view: bool [n], all of the lifter's hips, knees and
    ankles lie inside the picture. conditions: labels under which the scene is reported, e.g. {"yaw": "0-10"}.
    """

    reps: tuple[TrueRepetition, ...]
    time_s: NDArray[np.float64]
    depth: NDArray[np.float64]
    knee_in_m: NDArray[np.float64]
    in_view: NDArray[np.bool_]
    conditions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What the network saw of one scene: a pose or None (nobody) for each frame."""

    poses: tuple[tuple[float, Pose | None], ...]


@dataclass(frozen=True, slots=True)
class JudgedRep:
    """A repetition as judged. valgus None: this judge has no opinion on knees."""

    start_s: float
    bottom_s: float
    end_s: float
    depth: float
    counted: bool
    valgus: Valgus | None = None


@dataclass(frozen=True, slots=True)
class Flag:
    """A red light."""

    side: Side
    on_s: float
    off_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """What a judge said about one scene. judged: bool [n], whether the knees had a reading, per frame of `Seen`."""

    reps: tuple[JudgedRep, ...]
    flags: tuple[Flag, ...]
    judged: NDArray[np.bool_]
