"""Exercises without a barbell on the back, all of them no squats: curls, presses, jumping jacks, lunges."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from edge_valgus.capture.drawn.acts import Performance, Place, Posture
from edge_valgus.capture.drawn.body import Body
from edge_valgus.capture.drawn.checks import require
from edge_valgus.capture.drawn.limbs import (
    FIST,
    LEFT,
    RIGHT,
    Foot,
    Grip,
    Stood,
    Torso,
    both,
    foot_at,
    hanging,
    person,
    torso_over,
    unit,
    within_reach,
)
from edge_valgus.capture.drawn.motion import minimum_jerk
from edge_valgus.capture.drawn.squat import Stance
from edge_valgus.capture.drawn.tempo import rep_at, there_and_back

SOFT_M = 0.04  # see within_reach


@dataclass(frozen=True, slots=True)
class Curls:
    """Bending the elbows, upper arms at rest; the back gives a little."""

    reps: int = 8
    rep_s: float = 2.5
    place: Place = field(default_factory=Place)
    stance: Stance = field(default_factory=Stance)

    def __post_init__(self) -> None:
        require("reps", self.reps, 1, 100)
        require("rep_s", self.rep_s, 0.8, 30.0)

    @property
    def duration_s(self) -> float:
        """All reps."""
        return self.reps * self.rep_s

    def performed_by(self, body: Body) -> Performance:
        """Raises ValueError for a stance too wide for the body."""
        stood = Stood(body, self.stance)

        def at(time_s: float) -> Posture:
            up = there_and_back(time_s, self.reps, self.rep_s)
            torso = torso_over(body, stood.pelvis, stood.lean_rad - 0.05 * up)
            left, right = (_curled(torso, side, up) for side in (LEFT, RIGHT))
            return Posture(person(torso, stood.feet, both(torso, left, right)), self.place)

        return at


@dataclass(frozen=True, slots=True)
class OverheadPress:
    """From hanging arms hands go up to the shoulders, from there overhead and back; after the last rep down again."""

    reps: int = 6
    rep_s: float = 3.0
    place: Place = field(default_factory=Place)
    stance: Stance = field(default_factory=Stance)

    def __post_init__(self) -> None:
        require("reps", self.reps, 1, 100)
        require("rep_s", self.rep_s, 1.0, 30.0)

    @property
    def duration_s(self) -> float:
        """All reps, and two half ones to get ready and let go."""
        return (self.reps + 1) * self.rep_s

    def performed_by(self, body: Body) -> Performance:
        """Raises ValueError for a stance too wide for the body."""
        stood = Stood(body, self.stance)
        half_s = 0.5 * self.rep_s

        def at(time_s: float) -> Posture:
            up = there_and_back(time_s - half_s, self.reps, self.rep_s)
            ready = minimum_jerk(time_s / half_s) * minimum_jerk((self.duration_s - time_s) / half_s)
            torso = torso_over(body, stood.pelvis, stood.lean_rad)
            left, right = (_pressed(torso, side, ready, up) for side in (LEFT, RIGHT))
            return Posture(person(torso, stood.feet, both(torso, left, right)), self.place)

        return at


@dataclass(frozen=True, slots=True)
class JumpingJacks:
    """Jumping feet apart with the arms going up at the sides, and together again."""

    reps: int = 15
    rep_s: float = 1.1
    place: Place = field(default_factory=Place)
    stance: Stance = field(default_factory=Stance)

    def __post_init__(self) -> None:
        require("reps", self.reps, 1, 1000)
        require("rep_s", self.rep_s, 0.7, 5.0)

    @property
    def duration_s(self) -> float:
        """All reps."""
        return self.reps * self.rep_s

    def performed_by(self, body: Body) -> Performance:
        """Raises ValueError for a stance too wide for the body."""
        stood = Stood(body, self.stance)
        take_off_s = 0.1 * self.rep_s
        apart_m = max(0.22 * body.height_m, stood.half_m + 0.08)

        def at(time_s: float) -> Posture:
            index, share = rep_at(time_s, self.reps, self.rep_s)
            jump, gone = divmod(2.0 * share, 1.0)
            moved = minimum_jerk((gone - 0.2) / 0.6)
            wide = (moved if jump == 0.0 else 1.0 - moved) if index is not None else 0.0
            swung = minimum_jerk(gone / 0.95)
            raised = (swung if jump == 0.0 else 1.0 - swung) if index is not None else 0.0
            flight = _bump((gone - 0.2) / 0.55) if index is not None else 0.0
            dip = _bump(2.0 * gone + 0.5) + _bump(2.0 * gone - 1.5) if index is not None else 0.0
            dip *= minimum_jerk(time_s / take_off_s) * minimum_jerk((self.duration_s - time_s) / take_off_s)
            half_m = stood.half_m + wide * (apart_m - stood.half_m)
            feet = _both_feet(stood, half_m, 0.05 * flight, 0.35 * max(flight, 0.0))
            legs_m = stood.pelvis[1] - body.ankle_height_m
            aside_m = half_m - stood.half_m
            lowered_m = legs_m - math.sqrt(legs_m**2 - aside_m**2)
            pelvis = stood.pelvis + np.array([0.0, 0.06 * flight - lowered_m - 0.03 * dip, 0.0])
            torso = torso_over(
                body, within_reach(body, pelvis, feet, SOFT_M * minimum_jerk(3.0 * wide)), stood.lean_rad
            )
            left, right = (_raised_aside(torso, side, raised) for side in (LEFT, RIGHT))
            return Posture(person(torso, feet, both(torso, left, right)), self.place)

        return at


@dataclass(frozen=True, slots=True)
class Lunges:
    """One foot a long step ahead (or behind), down until the other knee is near the floor, up and back; sides alternate.

    reverse: the step goes backwards. first_left: which leg steps first.
    """

    reps: int = 6
    rep_s: float = 3.2
    place: Place = field(default_factory=Place)
    reverse: bool = False
    first_left: bool = True
    stance: Stance = field(default_factory=Stance)

    def __post_init__(self) -> None:
        require("reps", self.reps, 1, 100)
        require("rep_s", self.rep_s, 1.5, 30.0)

    @property
    def duration_s(self) -> float:
        """All reps."""
        return self.reps * self.rep_s

    def performed_by(self, body: Body) -> Performance:
        """Raises ValueError for a stance too wide for the body."""
        stood = Stood(body, self.stance)
        step_m = 2.15 * body.thigh_m
        knee_m = 0.055 * body.height_m  # the rear knee's height at the bottom
        drop_m = float(stood.pelvis[1]) - knee_m - 0.99 * body.thigh_m

        def at(time_s: float) -> Posture:
            index, share = rep_at(time_s, self.reps, self.rep_s)
            stepping = LEFT if ((index or 0) % 2 == 0) is self.first_left else RIGHT
            out_share, back_share = share / 0.28, (share - 0.68) / 0.28
            out = minimum_jerk(out_share) - minimum_jerk(back_share)
            down = minimum_jerk((share - 0.10) / 0.34) - minimum_jerk((share - 0.48) / 0.36)
            lift_m = 0.09 * (_bump(out_share) + _bump(back_share))
            pitch = {True: 0.0, False: 0.85 * down + 0.5 * out * (1.0 - down)}
            feet = []
            for side in (LEFT, RIGHT):
                ahead = (side == stepping) is not self.reverse
                moves = side == stepping
                z = step_m * out * (-1.0 if self.reverse else 1.0) if moves else 0.0
                place = (side * stood.half_m, z)
                turn = side * stood.toe_out_rad * (1.0 - 0.7 * out * moves)
                feet.append(foot_at(body, place, turn, lift_m=lift_m * moves, pitch_rad=pitch[ahead]))
            front_share = 0.53
            middle = step_m * out * (front_share - 1.0 if self.reverse else front_share)
            pelvis = stood.pelvis + np.array([0.0, -drop_m * down, middle])
            both_feet = (feet[0], feet[1])
            torso = torso_over(
                body, within_reach(body, pelvis, both_feet, SOFT_M * minimum_jerk(2.0 * out)), stood.lean_rad
            )
            arms = both(torso, hanging(torso, LEFT), hanging(torso, RIGHT))
            return Posture(person(torso, both_feet, arms, knees_ahead=out), self.place)

        return at


def _curled(torso: Torso, side: float, up: float) -> Grip:
    """The elbow stays, the forearm turns up; at 0 an arm hangs."""
    body, left = torso.body, side * torso.axes[0]
    down = hanging(torso, side)
    angle = math.radians(14.0 + 116.0 * up)
    upper = unit(0.14 * left - torso.axes[1] - 0.02 * torso.axes[2])
    fore = 0.10 * left - math.cos(angle) * torso.axes[1] + math.sin(angle) * torso.axes[2]
    wrist = torso.shoulder(side) + body.upper_arm_m * upper + body.forearm_m * unit(fore)
    bent = Grip(wrist, 0.3 * left - torso.axes[1] - torso.axes[2], FIST)
    return down.towards(bent, minimum_jerk(5.0 * up))


def _pressed(torso: Torso, side: float, ready: float, up: float) -> Grip:
    left, height = side * torso.axes[0], torso.axes[1]
    reach_m = torso.body.upper_arm_m + torso.body.forearm_m
    shoulder = torso.shoulder(side)
    low = Grip(
        shoulder + 0.10 * left + 0.04 * height + 0.12 * torso.axes[2],
        0.6 * left - 1.5 * height + 0.6 * torso.axes[2],
        FIST,
    )
    high = Grip(
        shoulder + reach_m * (0.06 * left + 0.97 * height + 0.02 * torso.axes[2]),
        0.6 * left - 0.5 * height + 0.6 * torso.axes[2],
        FIST,
    )
    return hanging(torso, side).towards(low.towards(high, up), ready)


def _raised_aside(torso: Torso, side: float, raised: float) -> Grip:
    """A nearly straight arm on its way along a circle from hanging to overhead."""
    down = hanging(torso, side)
    start = math.atan2(0.16, 1.0)
    angle = start + raised * (math.radians(168.0) - start)
    left, up, forward = side * torso.axes[0], torso.axes[1], torso.axes[2]
    reach_m = 0.97 * (torso.body.upper_arm_m + torso.body.forearm_m)
    direction = math.sin(angle) * left - math.cos(angle) * up + 0.03 * forward
    pole = math.cos(angle) * left + math.sin(angle) * up - forward
    return Grip(torso.shoulder(side) + reach_m * unit(direction), (1.0 - raised) * down.pole + raised * pole, 0.045)


def _both_feet(stood: Stood, half_m: float, lift_m: float, pitch_rad: float) -> tuple[Foot, Foot]:
    left, right = (
        foot_at(stood.body, (side * half_m, 0.0), side * stood.toe_out_rad, lift_m=lift_m, pitch_rad=pitch_rad)
        for side in (LEFT, RIGHT)
    )
    return left, right


def _bump(share: float) -> float:
    """From 0 up to 1 and back to 0 over a share of 0–1, smoothly; 0 outside."""
    if not 0.0 < share < 1.0:
        return 0.0
    return 64.0 * (share * (1.0 - share)) ** 3
