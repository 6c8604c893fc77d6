"""How the lifter stands in the picture: what the guide asks about, in leg lengths and shares of the picture."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Final

from edge_valgus.analysis.body import MIN_SCORE, Body
from edge_valgus.frames import LEFT_EAR, LEFT_EYE, LEFT_HIP, NOSE, RIGHT_ANKLE, RIGHT_EAR, RIGHT_EYE, Pose

SMOOTH_S: Final = 0.4  # of what is shown: half a second of wobbling keypoints makes no advice
CROWN: Final = 0.16  # of a leg from the eyes to the crown
HEAD_OVER_SHOULDERS: Final = 0.34  # and from the shoulders to the eyes, where the face isn't seen
# What the feet's and the body's tilt say of the lifter's turn, standing; fitted on 146 drawn lifters, off by 4.5°.
YAW_PER_ANKLE_PCT: Final = 2.2
YAW_PER_ROLL_DEG: Final = 1.9

_FACE: Final = [NOSE, LEFT_EYE, RIGHT_EYE, LEFT_EAR, RIGHT_EAR]
_LEGS: Final = [*range(LEFT_HIP, RIGHT_ANKLE + 1)]


@dataclass(frozen=True, slots=True)
class Posture:
    """One frame's, or smoothed. Sideways: positive to the picture's right.

    leg_px: hips above the lower ankle. tall_px: crown to ankles. below, above: room under the ankles and over the crown, in leg lengths.
    aside: hips from the picture's middle, share of its width. hips_low: hips below the picture's middle, in leg lengths.
    roll_deg: the body leans to the picture's left by so much, as it does if the box leans to the lifter's left. yaw_deg: a
    coarse guess at how far round to the lifter's left the box is. shoulders: their width over the trunk's height, negative from
    behind. score: mean of hips, knees and ankles.
    """

    leg_px: float
    tall_px: float
    below: float
    above: float
    aside: float
    hips_low: float
    roll_deg: float
    yaw_deg: float
    shoulders: float
    score: float

    def towards(self, other: Posture, share: float) -> Posture:
        """So far on the way to another one."""
        names = [field.name for field in fields(self)]
        return Posture(*((1.0 - share) * getattr(self, name) + share * getattr(other, name) for name in names))


def posture_of(body: Body, pose: Pose) -> Posture | None:
    """None where hips, shoulders or ankles are not where a standing body has them."""
    width, height = pose.size_px
    leg_px = max(body.left.ankle[1], body.right.ankle[1]) - body.hip[1]
    if leg_px < 1.0 or body.trunk_height_px < 0.2 * leg_px:
        return None
    face = [index for index in _FACE if pose.score[index] >= MIN_SCORE]
    eyes_y = float(pose.xy_px[face, 1].mean()) if face else body.shoulder[1] - HEAD_OVER_SHOULDERS * leg_px
    crown_y = eyes_y - CROWN * leg_px
    lowest = max(body.left.ankle[1], body.right.ankle[1])
    roll = roll_deg(body)
    ankles_apart_pct = 100.0 * (body.left.ankle[1] - body.right.ankle[1]) / leg_px
    return Posture(
        leg_px=leg_px,
        tall_px=lowest - crown_y,
        below=(height - lowest) / leg_px,
        above=crown_y / leg_px,
        aside=(body.hip[0] - width / 2) / width,
        hips_low=(body.hip[1] - height / 2) / leg_px,
        roll_deg=roll,
        yaw_deg=YAW_PER_ANKLE_PCT * ankles_apart_pct + YAW_PER_ROLL_DEG * roll,
        shoulders=body.shoulder_width_px / body.trunk_height_px,
        score=float(pose.score[_LEGS].mean()),
    )


def roll_deg(body: Body) -> float:
    """How far a body leans to the picture's left, shoulders over ankles: as the box does to the lifter's left."""
    left, right = body.left.ankle, body.right.ankle
    return math.degrees(
        math.atan2((left[0] + right[0]) / 2 - body.shoulder[0], (left[1] + right[1]) / 2 - body.shoulder[1])
    )


class SteadyPosture:
    """The posture of the last few tenths of a second."""

    def __init__(self) -> None:
        self._now: Posture | None = None
        self._time_s = -math.inf

    def see(self, posture: Posture, time_s: float) -> Posture:
        """One frame on."""
        share = 1.0 - math.exp(-max(0.0, time_s - self._time_s) / SMOOTH_S)
        self._time_s = time_s
        self._now = posture if self._now is None else self._now.towards(posture, share)
        return self._now

    def forget(self) -> None:
        """Nobody is seen."""
        self._now = None
