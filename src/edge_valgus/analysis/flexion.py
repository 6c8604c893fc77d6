"""How far hips and knees are bent, wherever the camera hangs.

From above, a trunk that leans far seems to lie, so a lean can't be read from a picture without the camera's height. A joint's
angle can. A segment shows its length times the cosine of its lean plus the angle at which the camera looks down on it; in the
difference between two segments that angle falls out. Thighs lean back, shins and trunk forward, in the plane that is squatted in.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

LEAST_SHOWN: Final = 0.1  # leg lengths: a segment that showed less when standing was not seen where it is


@dataclass(frozen=True, slots=True)
class Heights:
    """What the picture shows of a body: heights of the segments, the legs' averaged over both, in standing leg lengths."""

    shin: float
    thigh: float
    trunk: float


@dataclass(frozen=True, slots=True)
class Flexion:
    """Of hips and knees, in degrees; 0 standing."""

    hip_deg: float
    knee_deg: float

    @property
    def bend_deg(self) -> float:
        """By how much the hips flex more than the knees: how much further the trunk leans than the shins."""
        return self.hip_deg - self.knee_deg


def flexion_of(standing: Heights, deep: Heights) -> Flexion:
    """What has happened to a body since it stood. Every segment's height then is taken for its length."""
    shin, thigh, trunk = (
        _seen_deg(getattr(standing, name), getattr(deep, name)) for name in ("shin", "thigh", "trunk")
    )
    return Flexion(hip_deg=thigh + trunk, knee_deg=thigh + shin)


def _seen_deg(before: float, now: float) -> float:
    return math.degrees(math.acos(min(max(now / max(before, LEAST_SHOWN), -1.0), 1.0)))
