"""Legs and trunk of a squat: feet planted, bones rigid, balanced over the feet."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_valgus.capture.drawn import body as anthropometry
from edge_valgus.capture.drawn.body import Body
from edge_valgus.capture.drawn.checks import require
from edge_valgus.capture.drawn.motion import MAX_DEPTH, minimum_jerk

Array = NDArray[np.float64]

STRAIGHT_SHARE = 0.993  # hip to ankle over thigh + shank, standing: knees soft, not locked
KNEES_OUT_BY_DEPTH = 0.4  # from here on the neutral knee is over the foot's direction
DEPTH_STEP = 0.05
STANDING_HIP_M = 0.010  # hips in front of the ankles, standing
UP = np.array([0.0, 1.0, 0.0])


@dataclass(frozen=True, slots=True)
class Stance:
    """How the feet stand and the shins lean.

    width_m: between the ankle joints. toe_out_deg: each foot. shin_lean_deg: forward lean of the shin at depth 1.
    """

    width_m: float = 0.40
    toe_out_deg: float = 15.0
    shin_lean_deg: float = 30.0

    def __post_init__(self) -> None:
        require("width_m", self.width_m, 0.1, 0.9)
        require("toe_out_deg", self.toe_out_deg, -10.0, 45.0)
        require("shin_lean_deg", self.shin_lean_deg, 10.0, 45.0)


@dataclass(frozen=True, slots=True, eq=False)
class LegPose:
    """One leg: joints float64 [3] in metres, foot the horizontal unit vector from heel to toe.

    knee_in_m: how far the knee is inside its neutral path, sideways, as reached (a straight leg can't cave in).
    """

    hip: Array
    knee: Array
    ankle: Array
    foot: Array
    knee_in_m: float


@dataclass(frozen=True, slots=True, eq=False)
class SquatPose:
    """Both legs, the middle of the hips and the trunk's forward lean."""

    left: LegPose
    right: LegPose
    pelvis: Array
    lean_rad: float


class Squat:
    """The path of one body in one stance, solved once over depth and then read off.

    Raises ValueError for a stance too wide for the body.
    """

    def __init__(self, body: Body, stance: Stance) -> None:
        self.body = body
        self.stance = stance
        toe_out = math.radians(stance.toe_out_deg)
        self._ankle = {side: np.array([side * stance.width_m / 2, body.ankle_height_m, 0.0]) for side in (1.0, -1.0)}
        self._foot = {side: np.array([side * math.sin(toe_out), 0.0, math.cos(toe_out)]) for side in (1.0, -1.0)}
        self._leg_m = body.thigh_m + body.shank_m
        self._stand_y = self._standing_height()
        self._level_drop = (
            self._stand_y - body.ankle_height_m - body.shank_m * math.cos(math.radians(stance.shin_lean_deg))
        )
        self._depths = np.arange(0.0, MAX_DEPTH + DEPTH_STEP / 2, DEPTH_STEP)
        self._hip_z = np.array([self._place_hip(depth) for depth in self._depths])
        self._lean = np.array([self._solve_lean(depth) for depth in self._depths])

    def pose(
        self,
        depth: float,
        knee_in_left_m: float = 0.0,
        knee_in_right_m: float = 0.0,
        sway_m: tuple[float, float] = (0, 0),
    ) -> SquatPose:
        """The pose at a depth with each knee so far inside its neutral path, hips shifted by sway_m (x, z)."""
        hip_z = float(np.interp(depth, self._depths, self._hip_z))
        pelvis = np.array([sway_m[0], self._hip_y(depth), hip_z + sway_m[1]])
        return SquatPose(
            left=self._leg(1.0, depth, pelvis, knee_in_left_m),
            right=self._leg(-1.0, depth, pelvis, knee_in_right_m),
            pelvis=pelvis,
            lean_rad=float(np.interp(depth, self._depths, self._lean)),
        )

    def _hip_y(self, depth: float) -> float:
        return float(self._stand_y - depth * self._level_drop)

    def _leg(self, side: float, depth: float, pelvis: Array, knee_in_m: float) -> LegPose:
        hip = pelvis + np.array([side * self.body.hip_half_m, 0.0, 0.0])
        ankle, foot = self._ankle[side], self._foot[side]
        circle = _KneeCircle(hip, ankle, foot, self.body)
        turn = circle.turn_over_foot() * minimum_jerk(depth / KNEES_OUT_BY_DEPTH)
        neutral = circle.knee(turn)
        if knee_in_m == 0.0:
            return LegPose(hip, neutral, ankle, foot, 0.0)
        knee = circle.knee(circle.turn_to(float(neutral[0]) - side * knee_in_m, near=turn))
        return LegPose(hip, knee, ankle, foot, side * float(neutral[0] - knee[0]))

    def _standing_height(self) -> float:
        sideways = self.stance.width_m / 2 - self.body.hip_half_m
        reach = STRAIGHT_SHARE * self._leg_m
        return self.body.ankle_height_m + math.sqrt(reach * reach - sideways * sideways)

    def _shin_lean(self, depth: float) -> float:
        return math.radians(self.stance.shin_lean_deg) * math.pow(min(1.0, depth), 0.4)

    def _place_hip(self, depth: float) -> float:
        """How far in front of (+) the ankles the hips are.

        From KNEES_OUT_BY_DEPTH on the knee is over the foot and leans forward with the shin, which leaves the hip one
        place at each height; from standing to there the hips travel along a smooth curve.
        """
        if depth >= KNEES_OUT_BY_DEPTH:
            return self._hip_behind_knee(depth)
        step = 0.01
        end = self._hip_behind_knee(KNEES_OUT_BY_DEPTH)
        end_slope = (self._hip_behind_knee(KNEES_OUT_BY_DEPTH + step) - end) / step * KNEES_OUT_BY_DEPTH
        start_slope = 2.0 * (end - STANDING_HIP_M)
        u = depth / KNEES_OUT_BY_DEPTH
        return (1 - u) ** 2 * ((1 + 2 * u) * STANDING_HIP_M + u * start_slope) + u * u * (
            (3 - 2 * u) * end + (u - 1) * end_slope
        )

    def _hip_behind_knee(self, depth: float) -> float:
        lean = self._shin_lean(depth)
        knee = self._ankle[1.0] + self.body.shank_m * (math.sin(lean) * self._foot[1.0] + math.cos(lean) * UP)
        aside, above = float(knee[0]) - self.body.hip_half_m, self._hip_y(depth) - float(knee[1])
        behind2 = self.body.thigh_m**2 - aside * aside - above * above
        if behind2 <= 0.0:
            raise ValueError(
                f"width_m = {self.stance.width_m!r}: expected a stance in which this body can squat with knees over feet "
                f"turned out {self.stance.toe_out_deg:g} degrees; narrow it or turn the feet in"
            )
        return float(knee[2]) - math.sqrt(behind2)

    def _solve_lean(self, depth: float) -> float:
        """Trunk lean that puts the centre of mass over the middle of the foot (masses: Winter 2009)."""
        hip_y = self._hip_y(depth)
        hip_z = float(np.interp(depth, self._depths, self._hip_z))
        leg = self._leg(1.0, depth, np.array([0.0, hip_y, hip_z]), 0.0)
        shank = leg.ankle[2] + anthropometry.SHANK_CENTRE * (leg.knee[2] - leg.ankle[2])
        thigh = leg.knee[2] + anthropometry.THIGH_CENTRE * (leg.hip[2] - leg.knee[2])
        over_foot = (0.10 + 0.05 * depth) * self.body.foot_m * leg.foot[2]
        legs = 2 * (
            anthropometry.SHANK_MASS * shank + anthropometry.THIGH_MASS * thigh + anthropometry.FOOT_MASS * over_foot
        )
        trunk_z = (over_foot - legs) / anthropometry.HAT_MASS
        sine = (trunk_z - hip_z) / (anthropometry.HAT_CENTRE * self.body.trunk_m)
        return math.asin(min(max(float(sine), 0.02), 0.85))


class _KneeCircle:
    """Where a knee can be: a circle about the hip–ankle axis, turn 0 towards the toes, positive turn outward."""

    def __init__(self, hip: Array, ankle: Array, foot: Array, body: Body) -> None:
        axis = hip - ankle
        length = math.sqrt(float(axis @ axis))
        axis = axis / length
        along = (body.shank_m**2 - body.thigh_m**2 + length**2) / (2 * length)
        self.radius = math.sqrt(max(body.shank_m**2 - along**2, 0.0))
        self._ankle = ankle
        self._centre = ankle + along * axis
        ahead = foot - (foot @ axis) * axis
        self._ahead = ahead / math.sqrt(float(ahead @ ahead))
        side = 1.0 if ankle[0] >= 0 else -1.0
        self._out = side * np.array(
            [
                axis[1] * self._ahead[2] - axis[2] * self._ahead[1],
                axis[2] * self._ahead[0] - axis[0] * self._ahead[2],
                axis[0] * self._ahead[1] - axis[1] * self._ahead[0],
            ]
        )
        self._beside_foot = np.array([foot[2], 0.0, -foot[0]])

    def knee(self, turn: float) -> Array:
        """The knee's place at a turn in radians."""
        knee: Array = self._centre + self.radius * (math.cos(turn) * self._ahead + math.sin(turn) * self._out)
        return knee

    def turn_over_foot(self) -> float:
        """The turn that brings the knee into the vertical plane through ankle and toes, or as near as it gets."""
        return self._turn_onto(self._beside_foot, float(self._ankle @ self._beside_foot), near=0.0)

    def turn_to(self, x_m: float, *, near: float) -> float:
        """The turn nearest `near` that brings the knee to a sideways place, or as near to it as it gets."""
        return self._turn_onto(np.array([1.0, 0.0, 0.0]), x_m, near=near)

    def _turn_onto(self, normal: Array, place: float, *, near: float) -> float:
        ahead = self.radius * float(normal @ self._ahead)
        out = self.radius * float(normal @ self._out)
        reach = math.hypot(ahead, out)
        if reach < 1e-9:
            return near
        wanted = place - float(normal @ self._centre)
        middle, spread = math.atan2(out, ahead), math.acos(min(max(wanted / reach, -1.0), 1.0))
        turns = (math.remainder(middle + sign * spread - near, 2 * math.pi) for sign in (1, -1))
        return near + min(turns, key=abs)
