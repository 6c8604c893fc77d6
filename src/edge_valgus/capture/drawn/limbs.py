"""Putting a body together from where its feet, hips and hands are: bones stay rigid, joints follow.

What `squat` and `skeleton` do for a squat, for any other posture. All in the person's own axes (see `body`); side is 1
for the left, -1 for the right.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_valgus.capture.drawn import body as anthropometry
from edge_valgus.capture.drawn.body import Body
from edge_valgus.capture.drawn.look import Arms
from edge_valgus.capture.drawn.skeleton import HEAD_ABOVE_SHOULDERS, ArmPose, Pose3D, bar_centre, stand_up
from edge_valgus.capture.drawn.squat import LegPose, Squat, SquatPose, Stance

Array = NDArray[np.float64]

LEFT, RIGHT = 1.0, -1.0
FULL_REACH = 0.996  # of a limb's length: joints never lock
HEEL_SHARE, BALL_SHARE = 0.14, 0.45  # behind and in front of the ankle, shares of the foot: what it rolls over
HANGING = (0.16, -1.0, 0.03)  # where a hanging arm points: outward, up, forward; as in a squat's stand
KNUCKLES, FIST = 0.045, 0.012  # wrist to the middle of the fingers, share of stature: open hand, hand on a bar


@dataclass(frozen=True, slots=True, eq=False)
class Foot:
    """A foot: ankle float64 [3]; ahead the unit vector from heel to toe, level when it is flat on the floor."""

    ankle: Array
    ahead: Array


@dataclass(frozen=True, slots=True, eq=False)
class Torso:
    """A trunk: axes float64 [3, 3] are its left, up and forward; turn_rad is about the vertical, to the left."""

    body: Body
    pelvis: Array
    neck: Array
    axes: Array
    lean_rad: float
    turn_rad: float

    def shoulder(self, side: float) -> Array:
        """The shoulder joint."""
        joint: Array = self.neck + side * self.body.shoulder_half_m * self.axes[0]
        return joint


@dataclass(frozen=True, slots=True, eq=False)
class Grip:
    """Where a wrist is wanted, which way the elbow bends (pole), and how far the fingers reach (share of stature)."""

    wrist: Array
    pole: Array
    palm: float = KNUCKLES

    def towards(self, other: Grip, share: float) -> Grip:
        """Part of the way to another grip, 0–1."""
        return Grip(
            self.wrist + share * (other.wrist - self.wrist),
            self.pole + share * (other.pole - self.pole),
            self.palm + share * (other.palm - self.palm),
        )


class Stood:
    """A quiet stand, the same as a squat's at depth 0: what every act starts from and comes back to.

    Raises ValueError for a stance too wide for the body.
    """

    def __init__(self, body: Body, stance: Stance) -> None:
        squat = Squat(body, stance)
        stand, level = squat.pose(0.0), squat.pose(1.0)
        self.body = body
        self.half_m = stance.width_m / 2
        self.toe_out_rad = math.radians(stance.toe_out_deg)
        self.pelvis = stand.pelvis
        self.lean_rad = stand.lean_rad
        self.feet = (Foot(stand.left.ankle, stand.left.foot), Foot(stand.right.ankle, stand.right.foot))
        self.level_drop_m = float(stand.pelvis[1] - level.pelvis[1])


def foot_at(
    body: Body, place: tuple[float, float], turn_rad: float, *, lift_m: float = 0.0, pitch_rad: float = 0.0
) -> Foot:
    """A foot whose ankle, were it flat, would be over place (x, z).

    turn_rad: to the left. lift_m: off the floor. pitch_rad: heel up over the ball (positive), toes up over the heel
    (negative).
    """
    height, sine, cosine = body.ankle_height_m, math.sin(pitch_rad), math.cos(pitch_rad)
    pivot = (BALL_SHARE if pitch_rad > 0.0 else -HEEL_SHARE) * body.foot_m
    ahead_m = pivot - pivot * cosine + height * sine
    above_m = pivot * sine + height * cosine
    x, z = math.sin(turn_rad), math.cos(turn_rad)
    return Foot(
        np.array([place[0] + ahead_m * x, above_m + lift_m, place[1] + ahead_m * z]),
        np.array([cosine * x, -sine, cosine * z]),
    )


def within_reach(body: Body, pelvis: Array, feet: tuple[Foot, Foot], soft_m: float = 0.0) -> Array:
    """The pelvis, lowered as far as both legs need to get to their feet.

    soft_m: it gives way so early, for knees that straighten gently; about half of it is lost while both legs are long.
    """
    reach2 = (FULL_REACH * (body.thigh_m + body.shank_m)) ** 2
    height = float(pelvis[1])
    for side, foot in zip((LEFT, RIGHT), feet, strict=True):
        aside = float(pelvis[0] - foot.ankle[0]) + side * body.hip_half_m
        ahead = float(pelvis[2] - foot.ankle[2])
        highest = float(foot.ankle[1]) + math.sqrt(max(reach2 - aside * aside - ahead * ahead, 0.01))
        height = 0.5 * (height + highest - math.hypot(height - highest, soft_m))
    return np.array([pelvis[0], height, pelvis[2]])


def torso_over(body: Body, pelvis: Array, lean_rad: float, turn_rad: float = 0.0) -> Torso:
    """A trunk on the pelvis, leaning forward and turned to the left."""
    c, s = math.cos(lean_rad), math.sin(lean_rad)
    ct, st = math.cos(turn_rad), math.sin(turn_rad)
    axes = np.array([[ct, 0.0, -st], [s * st, c, s * ct], [c * st, -s, c * ct]])
    return Torso(body, pelvis, pelvis + body.trunk_m * axes[1], axes, lean_rad, turn_rad)


def hips_back_m(body: Body, lean_rad: float) -> float:
    """How far behind the ankles the hips are (so: mostly negative) when a trunk that leans so far is kept in balance.

    The centre of mass stays over the middle of the foot, the thighs' and shanks' as in a slight bend of the knees
    (masses: Winter 2009).
    """
    trunk = anthropometry.HAT_MASS * anthropometry.HAT_CENTRE * body.trunk_m * math.sin(lean_rad)
    knees_ahead_m = 0.05 * body.height_m
    legs = 2 * (anthropometry.THIGH_MASS * (1 - anthropometry.THIGH_CENTRE) + anthropometry.SHANK_MASS * 0.5)
    moved = anthropometry.HAT_MASS + 2 * anthropometry.THIGH_MASS * anthropometry.THIGH_CENTRE
    return (0.2 * body.foot_m - trunk - legs * knees_ahead_m) / moved


def hanging(torso: Torso, side: float, *, swing_rad: float = 0.0, out: float = HANGING[0], reach: float = 0.97) -> Grip:
    """An arm hanging down, swung forward by so much; reach: share of the arm's length."""
    c, s = math.cos(swing_rad), math.sin(swing_rad)
    left, forward = torso.axes[0], np.array([-torso.axes[0][2], 0.0, torso.axes[0][0]])
    direction = out * side * left + (HANGING[2] * c + s) * forward
    direction[1] += HANGING[1] * c + HANGING[2] * s
    length = reach * (torso.body.upper_arm_m + torso.body.forearm_m)
    return Grip(torso.shoulder(side) + length * unit(direction), side * left - torso.axes[1] - torso.axes[2])


def on_bar(torso: Torso, side: float) -> Grip:
    """A hand on the barbell that lies on the back."""
    wrist = bar_centre(torso.neck, torso.axes) + side * (torso.body.shoulder_half_m + 0.20) * torso.axes[0]
    return Grip(wrist, -torso.axes[1] - 0.6 * torso.axes[2], FIST)


def arm(torso: Torso, side: float, grip: Grip) -> ArmPose:
    """The arm that holds a grip, or comes as near to it as it can."""
    body, shoulder = torso.body, torso.shoulder(side)
    elbow, wrist = _bent(shoulder, grip.wrist, body.upper_arm_m, body.forearm_m, grip.pole)
    hand = wrist + grip.palm * body.height_m / body.forearm_m * (wrist - elbow)
    return ArmPose(shoulder, elbow, wrist, hand)


def grips_of(torso: Torso, feet: tuple[Foot, Foot], arms: Arms) -> tuple[Grip, Grip]:
    """The grips, left and right, that hold the arms as before a squat."""

    def grip(held: ArmPose) -> Grip:
        palm = math.dist(held.hand, held.wrist) / torso.body.height_m
        return Grip(held.wrist, held.elbow - 0.5 * (held.shoulder + held.wrist), palm)

    pose = person(torso, feet, arms)
    return grip(pose.left_arm), grip(pose.right_arm)


def both(torso: Torso, left: Grip, right: Grip) -> tuple[ArmPose, ArmPose]:
    """Both arms."""
    return arm(torso, LEFT, left), arm(torso, RIGHT, right)


def person(
    torso: Torso,
    feet: tuple[Foot, Foot],
    arms: tuple[ArmPose, ArmPose] | Arms,
    *,
    head_turn_rad: float = 0.0,
    head_nod_rad: float = 0.0,
    knees_ahead: float = 0.0,
) -> Pose3D:
    """Everything together. head_turn_rad: to the left, against the trunk; head_nod_rad: down, beyond the usual.

    knees_ahead: 0 bends the knees the way the feet point, 1 straight ahead.

    The pelvis must be `within_reach` of the feet.
    """
    body, pelvis, lean_rad = torso.body, torso.pelvis, torso.lean_rad
    left, right = (_leg(body, pelvis, side, foot, knees_ahead) for side, foot in zip((LEFT, RIGHT), feet, strict=True))
    legs = SquatPose(left, right, pelvis, lean_rad)
    held = _as_in_a_squat(torso, arms, legs) if isinstance(arms, Arms) else arms
    neck_axes = torso_over(body, pelvis, 0.55 * lean_rad + 0.3 * head_nod_rad, torso.turn_rad).axes
    head = torso_over(body, pelvis, 0.25 * lean_rad + head_nod_rad, torso.turn_rad + head_turn_rad).axes
    head_centre = torso.neck + HEAD_ABOVE_SHOULDERS * body.height_m * neck_axes[1] + 0.012 * neck_axes[2]
    return Pose3D(body, legs, torso.axes, torso.neck, head, head_centre, *held)


def unit(vector: Array) -> Array:
    """The direction of a vector."""
    direction: Array = vector / math.sqrt(float(vector @ vector))
    return direction


def _leg(body: Body, pelvis: Array, side: float, foot: Foot, knees_ahead: float) -> LegPose:
    hip = pelvis + np.array([side * body.hip_half_m, 0.0, 0.0])
    # Level ground's direction: a foot on its ball would otherwise point the knee at the floor.
    level = np.array([(1.0 - knees_ahead) * foot.ahead[0], 0.0, foot.ahead[2] + knees_ahead * (1.0 - foot.ahead[2])])
    knee, ankle = _bent(hip, foot.ankle, body.thigh_m, body.shank_m, level)
    return LegPose(hip, knee, ankle, foot.ahead, 0.0)


def _as_in_a_squat(torso: Torso, arms: Arms, legs: SquatPose) -> tuple[ArmPose, ArmPose]:
    pose = stand_up(torso.body, legs, arms, 0.0)
    if torso.turn_rad == 0.0:
        return pose.left_arm, pose.right_arm
    about_y = torso_over(torso.body, legs.pelvis, 0.0, torso.turn_rad).axes

    def turned(held: ArmPose) -> ArmPose:
        joints = np.stack([held.shoulder, held.elbow, held.wrist, held.hand])
        return ArmPose(*((joints - legs.pelvis) @ about_y + legs.pelvis))

    return turned(pose.left_arm), turned(pose.right_arm)


def _bent(root: Array, tip: Array, first_m: float, second_m: float, pole: Array) -> tuple[Array, Array]:
    """The middle joint of two bones, bent towards the pole, and the tip, brought within reach of the root."""
    axis = tip - root
    wanted_m = math.sqrt(float(axis @ axis))
    length_m = min(max(wanted_m, 1.05 * abs(first_m - second_m) + 0.01), FULL_REACH * (first_m + second_m))
    axis = axis / wanted_m
    along = (first_m**2 - second_m**2 + length_m**2) / (2 * length_m)
    across = math.sqrt(max(first_m**2 - along**2, 0.0))
    middle = root + along * axis + across * unit(pole - (pole @ axis) * axis)
    return middle, tip if length_m == wanted_m else root + length_m * axis
