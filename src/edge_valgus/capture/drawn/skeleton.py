"""The whole skeleton at one moment: legs and trunk from the squat, and arms and head put on top."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge_valgus.capture.drawn.body import Body
from edge_valgus.capture.drawn.look import Arms
from edge_valgus.capture.drawn.motion import minimum_jerk
from edge_valgus.capture.drawn.squat import SquatPose

Array = NDArray[np.float64]

X: Final = np.array([1.0, 0.0, 0.0])
WORLD_UP: Final = np.array([0.0, 1.0, 0.0])
WORLD_FORWARD: Final = np.array([0.0, 0.0, 1.0])

HEAD_ABOVE_SHOULDERS: Final = 0.117  # centre of the head over the shoulder joints, share of stature (Winter 2009)
USUAL_HEAD_M: Final = 0.2275

# On the face's surface, in metres for a head of USUAL_HEAD_M, from its centre: left, up, forward.
NOSE_TIP: Final = (0.0, -0.020, 0.112)
LEFT_EYE: Final = (0.031, 0.012, 0.086)
LEFT_EAR: Final = (0.077, -0.006, 0.000)


@dataclass(frozen=True, slots=True, eq=False)
class ArmPose:
    """Joints, float64 [3] in metres; hand is the middle of the fingers."""

    shoulder: Array
    elbow: Array
    wrist: Array
    hand: Array


@dataclass(frozen=True, slots=True, eq=False)
class Pose3D:
    """A body at one moment, in the lifter's world (see `body`).

    trunk, head: float64 [3, 3], rows are that part's left, up and forward. neck: middle of the shoulder joints.
    """

    body: Body
    squat: SquatPose
    trunk: Array
    neck: Array
    head: Array
    head_centre: Array
    left_arm: ArmPose
    right_arm: ArmPose

    def on_head(self, place: tuple[float, float, float]) -> Array:
        """A place on the head, given for a head of the usual size."""
        scale = self.body.head_m / USUAL_HEAD_M
        on: Array = self.head_centre + scale * (np.array(place) @ self.head)
        return on

    @property
    def keypoints(self) -> Array:
        """The COCO-17 keypoints, float64 [17, 3], in metres."""
        left, right, legs = self.left_arm, self.right_arm, self.squat
        return np.stack(
            [
                self.on_head(NOSE_TIP),
                self.on_head(LEFT_EYE),
                self.on_head(mirrored(LEFT_EYE)),
                self.on_head(LEFT_EAR),
                self.on_head(mirrored(LEFT_EAR)),
                left.shoulder,
                right.shoulder,
                left.elbow,
                right.elbow,
                left.wrist,
                right.wrist,
                legs.left.hip,
                legs.right.hip,
                legs.left.knee,
                legs.right.knee,
                legs.left.ankle,
                legs.right.ankle,
            ]
        )


def mirrored(place: tuple[float, float, float]) -> tuple[float, float, float]:
    """The same place on the other side."""
    return (-place[0], place[1], place[2])


def stand_up(body: Body, squat: SquatPose, arms: Arms, depth: float) -> Pose3D:
    """Put trunk, head and arms on the legs."""
    trunk = _leaning(squat.lean_rad)
    neck = squat.pelvis + body.trunk_m * trunk[1]
    neck_lean = _leaning(0.55 * squat.lean_rad)
    head = _leaning(0.25 * squat.lean_rad)
    head_centre = neck + HEAD_ABOVE_SHOULDERS * body.height_m * neck_lean[1] + 0.012 * neck_lean[2]
    left, right = (_arm(body, arms, side, neck=neck, trunk=trunk, depth=depth) for side in (1.0, -1.0))
    return Pose3D(body, squat, trunk, neck, head, head_centre, left, right)


def _leaning(lean_rad: float) -> Array:
    cosine, sine = math.cos(lean_rad), math.sin(lean_rad)
    return np.array([[1.0, 0.0, 0.0], [0.0, cosine, sine], [0.0, -sine, cosine]])


def bar_centre(neck: Array, trunk: Array) -> Array:
    """The middle of a barbell lying on the upper back."""
    centre: Array = neck + 0.035 * trunk[1] - 0.085 * trunk[2]
    return centre


def _arm(body: Body, arms: Arms, side: float, *, neck: Array, trunk: Array, depth: float) -> ArmPose:
    left, up, forward = side * trunk[0], trunk[1], trunk[2]
    half = body.shoulder_half_m
    shoulder = neck + half * left
    reach = body.upper_arm_m + body.forearm_m
    hanging = np.array([0.16 * side, -1.0, 0.03])
    if arms is Arms.FORWARD:
        raised = minimum_jerk(depth / 0.5)
        ahead = np.array([-0.10 * side, -0.10, 1.0])
        angle = raised * math.pi / 2
        direction = math.cos(angle) * hanging + math.sin(angle) * ahead
        wrist, pole = shoulder + 0.97 * reach * _unit(direction), left - 0.3 * up
    elif arms is Arms.CROSSED:
        wrist = neck - 0.45 * half * left - 0.04 * WORLD_UP + (0.175 + 0.02 * side) * WORLD_FORWARD
        pole = WORLD_FORWARD - 0.8 * WORLD_UP
    elif arms is Arms.CLASPED:
        wrist, pole = neck + 0.055 * left - 0.11 * WORLD_UP + 0.23 * WORLD_FORWARD, 0.25 * left - WORLD_UP
    elif arms is Arms.BARBELL:
        wrist, pole = bar_centre(neck, trunk) + (half + 0.20) * left, -up - 0.6 * forward
    else:
        raised = minimum_jerk(depth / 0.8)
        direction = (1.0 - raised) * hanging + raised * np.array([0.0, -0.22, 1.0])
        wrist, pole = shoulder + (0.97 - 0.15 * raised) * reach * _unit(direction), left - up - forward
    elbow = _elbow(shoulder, wrist, pole, body)
    palm = 0.012 if arms is Arms.BARBELL else 0.045
    fingers = WORLD_UP + 0.5 * WORLD_FORWARD - 0.35 * left if arms is Arms.CLASPED else wrist - elbow
    hand = wrist + palm * body.height_m * _unit(fingers)
    return ArmPose(shoulder, elbow, wrist, hand)


def _elbow(shoulder: Array, wrist: Array, pole: Array, body: Body) -> Array:
    """Where the elbow is, bent towards the pole. `wrist` must be within reach and is taken as it is."""
    axis = wrist - shoulder
    length = math.sqrt(float(axis @ axis))
    axis = axis / length
    along = (body.upper_arm_m**2 - body.forearm_m**2 + length**2) / (2 * length)
    across = math.sqrt(max(body.upper_arm_m**2 - along**2, 0.0))
    elbow: Array = shoulder + along * axis + across * _unit(pole - (pole @ axis) * axis)
    return elbow


def _unit(vector: Array) -> Array:
    unit: Array = vector / math.sqrt(float(vector @ vector))
    return unit
