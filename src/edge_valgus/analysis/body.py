"""One frame's body in plain floats: which joints were seen, and the few points everything else is made of."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from edge_valgus.frames import (
    LEFT_ANKLE,
    LEFT_EAR,
    LEFT_EYE,
    LEFT_HIP,
    LEFT_KNEE,
    LEFT_SHOULDER,
    LEFT_WRIST,
    NOSE,
    RIGHT_ANKLE,
    RIGHT_EAR,
    RIGHT_EYE,
    RIGHT_HIP,
    RIGHT_KNEE,
    RIGHT_SHOULDER,
    RIGHT_WRIST,
    Pose,
)

MIN_SCORE: Final = 0.2  # below this a joint counts as unseen

_JOINTS: Final = (
    LEFT_SHOULDER,
    RIGHT_SHOULDER,
    LEFT_HIP,
    RIGHT_HIP,
    LEFT_KNEE,
    RIGHT_KNEE,
    LEFT_ANKLE,
    RIGHT_ANKLE,
)
_FACE: Final = (NOSE, LEFT_EYE, RIGHT_EYE, LEFT_EAR, RIGHT_EAR)

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg in pixels. `score` is its worst joint's; `inside`: hip, knee and ankle lie within the picture."""

    hip: Point
    knee: Point
    ankle: Point
    score: float
    inside: bool

    @property
    def seen(self) -> bool:
        """Whether all three joints may be used."""
        return self.score >= MIN_SCORE


@dataclass(frozen=True, slots=True)
class Body:
    """Both legs and the trunk, in pixels, y down. Left and right are the lifter's."""

    left: Leg
    right: Leg
    shoulder: Point  # midpoint
    hip: Point  # midpoint
    floor_y_px: float  # the lower ankle: the foot that carries
    upper_y_px: float  # middle of shoulders and face; NaN where they are not seen
    trunk_seen: bool
    shoulder_width_px: float  # signed: positive when the lifter faces the camera
    hands_y_px: tuple[float, float]  # upper and lower wrist; NaN where unseen

    @property
    def hip_height_px(self) -> float:
        """Hips above the carrying ankle."""
        return self.floor_y_px - self.hip[1]

    @property
    def trunk_height_px(self) -> float:
        """Shoulders above hips; small or negative when bent over or lying."""
        return self.hip[1] - self.shoulder[1]

    @property
    def legs_seen(self) -> bool:
        """Whether depth can be read: hips, and at least one whole leg."""
        return self.left.seen or self.right.seen


def body_of(pose: Pose) -> Body | None:
    """Pick the joints out of a pose; None if one of them is not a number, which no network means to say."""
    xy = pose.xy_px.tolist()
    score = pose.score.tolist()
    width, height = pose.size_px
    if not math.isfinite(sum(xy[joint][0] + xy[joint][1] + score[joint] for joint in _JOINTS)):
        return None

    def leg(hip: int, knee: int, ankle: int) -> Leg:
        joints = (tuple(xy[hip]), tuple(xy[knee]), tuple(xy[ankle]))
        inside = all(0.0 <= x < width and 0.0 <= y < height for x, y in joints)
        return Leg(*joints, score=min(score[hip], score[knee], score[ankle]), inside=inside)

    left = leg(LEFT_HIP, LEFT_KNEE, LEFT_ANKLE)
    right = leg(RIGHT_HIP, RIGHT_KNEE, RIGHT_ANKLE)
    shoulder_l, shoulder_r = xy[LEFT_SHOULDER], xy[RIGHT_SHOULDER]
    return Body(
        left=left,
        right=right,
        shoulder=_middle(shoulder_l, shoulder_r),
        hip=_middle(left.hip, right.hip),
        floor_y_px=max(left.ankle[1], right.ankle[1]),
        upper_y_px=_upper_y_px(xy, score),
        trunk_seen=min(score[LEFT_SHOULDER], score[RIGHT_SHOULDER], score[LEFT_HIP], score[RIGHT_HIP]) >= MIN_SCORE,
        shoulder_width_px=shoulder_l[0] - shoulder_r[0],
        hands_y_px=_hands(xy, score),
    )


def _hands(xy: list[list[float]], score: list[float]) -> tuple[float, float]:
    if min(score[LEFT_WRIST], score[RIGHT_WRIST]) < MIN_SCORE:
        return math.nan, math.nan
    left_y, right_y = xy[LEFT_WRIST][1], xy[RIGHT_WRIST][1]
    return min(left_y, right_y), max(left_y, right_y)


def _upper_y_px(xy: list[list[float]], score: list[float]) -> float:
    face_score = sum(score[joint] for joint in _FACE) / len(_FACE)
    if min(score[LEFT_SHOULDER], score[RIGHT_SHOULDER], face_score) < MIN_SCORE:
        return math.nan
    face_y = sum(xy[joint][1] for joint in _FACE) / len(_FACE)
    return ((xy[LEFT_SHOULDER][1] + xy[RIGHT_SHOULDER][1]) / 2 + face_y) / 2


def _middle(a: list[float] | Point, b: list[float] | Point) -> Point:
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2
