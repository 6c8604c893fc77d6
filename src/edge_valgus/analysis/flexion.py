"""How far hips and knees are bent, from wherever the camera sees it.

From above, a trunk that leans far seems to lie, so how far it leans can't be told without the camera's height. How far a
joint is bent nearly can. A segment that leans towards the camera shows the cosine of its lean and the angle together at which
the camera looks down, one that leans away of their difference; and a joint's angle is what its two segments lean apart, in
which the camera's angle falls out. What is left of it: standing heights, taken for lengths, are shortened by that angle too, and a
near lens sees low and high from different angles. Thighs lean back, shins and trunk forward, in the plane that is squatted in.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from edge_valgus.analysis.body import Body

LEAST_SHOWN: Final = 0.1  # leg lengths: a segment that showed less before was not seen where it is
FREE_LEG: Final = 0.12  # leg lengths that its foot is higher in the picture: it does not carry the body


@dataclass(frozen=True, slots=True)
class Heights:
    """What the picture shows of a body: heights of its segments, any unit. Of both legs the middle, of a free leg nothing."""

    shin: float
    thigh: float
    trunk: float


@dataclass(frozen=True, slots=True)
class Flexion:
    """Of hips and knees, in degrees; 0 where nothing is bent further than before."""

    hip_deg: float
    knee_deg: float

    @property
    def bend_deg(self) -> float:
        """By how much the hips flex more than the knees.

        That is how much further the trunk leans than the shins: the thighs are in both. A shin that is seen too short hides as much.
        """
        return self.hip_deg - self.knee_deg


def heights_of(body: Body, leg_length_px: float) -> Heights:
    """In standing leg lengths."""
    one, other = body.left, body.right
    if one.seen != other.seen:
        one = other = one if one.seen else other
    lifted_px = one.ankle[1] - other.ankle[1]
    if abs(lifted_px) >= FREE_LEG * leg_length_px:
        one = other = one if lifted_px > 0.0 else other
    knee_px, ankle_px = (one.knee[1] + other.knee[1]) / 2, (one.ankle[1] + other.ankle[1]) / 2
    return Heights(
        shin=(ankle_px - knee_px) / leg_length_px,
        thigh=(knee_px - body.hip[1]) / leg_length_px,
        trunk=body.trunk_height_px / leg_length_px,
    )


def flexion_of(before: Heights, deep: Heights) -> Flexion:
    """What has happened to a body since it stood. Every segment's height then is taken for its length."""
    shin_deg = _lean_deg(before.shin, deep.shin)
    thigh_deg = _lean_deg(before.thigh, deep.thigh)
    trunk_deg = _lean_deg(before.trunk, deep.trunk)
    return Flexion(hip_deg=thigh_deg + trunk_deg, knee_deg=thigh_deg + shin_deg)


def _lean_deg(before: float, deep: float) -> float:
    """Against the line of sight's own upright, whichever that is."""
    return math.degrees(math.acos(min(max(deep / max(before, LEAST_SHOWN), -1.0), 1.0)))
