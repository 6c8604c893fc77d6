"""The vocabulary: what the analysis says happened, and what it knows at each frame.

Times are capture times in seconds (see `frames.Frame`). A measure that could not be taken is NaN in arrays and
in `Measures`, and None at the JSON border; it is never zero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

NAN: Final = float("nan")


class Side(StrEnum):
    """The lifter's own left or right."""

    LEFT = "left"
    RIGHT = "right"


class Phase(StrEnum):
    """Where in a rep the lifter is."""

    AWAY = "away"
    STANDING = "standing"
    DESCENT = "descent"
    BOTTOM = "bottom"
    ASCENT = "ascent"


class Valgus(StrEnum):
    """Which knee caved in during a rep. `UNKNOWN`: the knees could not be judged."""

    NONE = "none"
    LEFT = "left"
    RIGHT = "right"
    BOTH = "both"
    UNKNOWN = "unknown"


class Doubt(StrEnum):
    """Why the knees can't be judged."""

    TURNED = "turned away"
    HIDDEN = "legs hidden"
    OUTSIDE = "legs outside the picture"
    TOO_SMALL = "too far away"
    UNSTEADY = "keypoints unsteady"
    BENT = "bent over"


@dataclass(frozen=True, slots=True)
class Measures:
    """What one frame says about the body. NaN where it could not be taken. docs/measures.md has the formulas."""

    depth: float = NAN  # 0 standing … 1 hip level with the knee
    kasr: float = NAN  # knee-to-ankle separation ratio
    mkd_left_pct: float = NAN  # medial knee displacement from neutral, % of standing leg length, positive = inward
    mkd_right_pct: float = NAN
    fppa_left_deg: float = NAN  # frontal plane projection angle, positive = valgus
    fppa_right_deg: float = NAN
    pelvic_tilt_deg: float = NAN  # hip line against the horizontal, positive = the lifter's left hip is lower
    trunk_lean_deg: float = NAN  # sideways lean of the trunk, positive = towards the lifter's left


TRACE_COLUMNS: Final = (
    "time_s",
    "depth",
    "kasr",
    "mkd_left_pct",
    "mkd_right_pct",
    "fppa_left_deg",
    "fppa_right_deg",
    "pelvic_tilt_deg",
    "trunk_lean_deg",
    "flagged_left",
    "flagged_right",
    "judged",
)
"""Columns of `Rep.trace`. time_s counts from the rep's start; the last three are 0 or 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Rep:
    """One repetition, counted or partial.

    number: 1-based within its set among reps of the same kind (counted reps and partial reps are numbered apart).
    trace: float32 [frames, len(TRACE_COLUMNS)], one row per frame that was seen.
    """

    number: int
    counted: bool
    start_s: float
    bottom_s: float
    end_s: float
    depth: float
    valgus: Valgus
    flagged_frames: int
    judged_frames: int
    frames: int
    peak_mkd_left_pct: float
    peak_mkd_right_pct: float
    peak_fppa_left_deg: float
    peak_fppa_right_deg: float
    min_kasr: float
    peak_pelvic_tilt_deg: float
    peak_trunk_lean_deg: float
    trace: NDArray[np.float32]

    @property
    def descent_s(self) -> float:
        """Duration of the eccentric half, start to bottom."""
        return self.bottom_s - self.start_s

    @property
    def ascent_s(self) -> float:
        """Duration of the concentric half, bottom to end."""
        return self.end_s - self.bottom_s


@dataclass(frozen=True, slots=True)
class LifterEntered:
    """A lifter stands in view, whole body, and can be followed."""

    time_s: float


@dataclass(frozen=True, slots=True)
class LifterLeft:
    """Nobody can be followed any more."""

    time_s: float


@dataclass(frozen=True, slots=True)
class RepStarted:
    """The hips began to go down."""

    time_s: float


@dataclass(frozen=True, slots=True)
class RepCounted:
    """A rep went down far enough and came back."""

    time_s: float
    rep: Rep


@dataclass(frozen=True, slots=True)
class RepPartial:
    """A rep came back, but had not gone down far enough to count."""

    time_s: float
    rep: Rep


@dataclass(frozen=True, slots=True)
class RepAbandoned:
    """What had begun as a rep was not one: the lifter left, was lost, or did something else."""

    time_s: float
    reason: str


@dataclass(frozen=True, slots=True)
class FlagOn:
    """That knee is caving in."""

    time_s: float
    side: Side


@dataclass(frozen=True, slots=True)
class FlagOff:
    """That knee is back."""

    time_s: float
    side: Side


@dataclass(frozen=True, slots=True)
class CantJudgeOn:
    """The knees can't be judged now."""

    time_s: float
    reason: Doubt


@dataclass(frozen=True, slots=True)
class CantJudgeOff:
    """The knees can be judged again."""

    time_s: float


@dataclass(frozen=True, slots=True)
class SetStarted:
    """The first rep of a set began to be worth keeping. `new_session`: and of a session."""

    time_s: float
    number: int  # 1-based within the session
    new_session: bool


@dataclass(frozen=True, slots=True)
class SetEnded:
    """No rep for the rest time, the lifter pressed the button, or the source ended."""

    time_s: float
    number: int
    counted: int
    partial: int


Event = (
    LifterEntered
    | LifterLeft
    | RepStarted
    | RepCounted
    | RepPartial
    | RepAbandoned
    | FlagOn
    | FlagOff
    | CantJudgeOn
    | CantJudgeOff
    | SetStarted
    | SetEnded
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the analysis knows after one frame; the live page and the annotated video show it."""

    time_s: float
    phase: Phase
    in_view: bool
    measures: Measures
    doubt: Doubt | None  # None while the knees can be judged
    flagged_left: bool
    flagged_right: bool
    set_number: int  # 0 before the first set
    counted: int  # in the current set
    partial: int

    @property
    def judged(self) -> bool:
        """Whether a knee has a valid reading in this frame: both, or on one leg that one."""
        left, right = self.measures.mkd_left_pct, self.measures.mkd_right_pct
        return self.doubt is None and not (math.isnan(left) and math.isnan(right))
