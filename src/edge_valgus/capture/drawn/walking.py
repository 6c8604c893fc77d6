"""Getting about: walking along a line, backing out of a rack, turning on the spot."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from edge_valgus.capture.drawn.acts import Performance, Place, Posture
from edge_valgus.capture.drawn.body import Body
from edge_valgus.capture.drawn.checks import require
from edge_valgus.capture.drawn.footwork import Footprint, Footwork, Step, footprint
from edge_valgus.capture.drawn.limbs import LEFT, RIGHT, Stood, both, hanging, on_bar, person, torso_over, within_reach
from edge_valgus.capture.drawn.motion import minimum_jerk
from edge_valgus.capture.drawn.squat import Stance

# Length of a step over steps per minute: 0.0065 m·min, the "walk ratio" of grown-ups (Sekiya et al. 1997).
WALK_RATIO_M_MIN = 0.0065
SHORT_STEP_M = 0.32  # the longest one backwards
BOTH_DOWN = 0.14  # share of a step's time with both feet on the floor
TRACK_HALF_M = 0.05  # midline to ankle while walking
TURN_STEP_S = 0.5
TURN_PER_STEP_DEG = 35.0
TURN_DIP_M = 0.012
SOFT_M = 0.02  # see within_reach
ARM_SWING_RAD_M = 0.55  # per metre that one foot is ahead of the other


def heading_deg(start: Place, end: Place) -> float:
    """Which way somebody faces who walks from one place to another: a `Place.turn_deg`; 0 if it is the same spot."""
    return math.degrees(math.atan2(end.x_m - start.x_m, end.z_m - start.z_m))


@dataclass(frozen=True, slots=True)
class Turn:
    """Turning on the spot with small steps, the shorter way round."""

    place: Place = field(default_factory=Place)
    to_turn_deg: float = 180.0
    barbell: bool = False
    stance: Stance = field(default_factory=Stance)

    def __post_init__(self) -> None:
        require("to_turn_deg", self.to_turn_deg, -720.0, 720.0)

    @property
    def by_deg(self) -> float:
        """How far, to the left."""
        return math.remainder(self.to_turn_deg - self.place.turn_deg, 360.0)

    @property
    def steps(self) -> int:
        """How many steps it takes."""
        by_deg = abs(self.by_deg)
        return 0 if by_deg < 1.0 else max(1, math.ceil(by_deg / TURN_PER_STEP_DEG)) + 1

    @property
    def duration_s(self) -> float:
        """0 if there is nothing to turn."""
        return self.steps * TURN_STEP_S

    def performed_by(self, body: Body) -> Performance:
        """Raises ValueError for a stance too wide for the body."""
        stood, n, place, by_deg = Stood(body, self.stance), self.steps, self.place, self.by_deg
        first = LEFT if by_deg > 0 else RIGHT

        def turned(share: float) -> Place:
            return Place(place.x_m, place.z_m, place.turn_deg + by_deg * share)

        def print_at(share: float, side: float) -> Footprint:
            return footprint(turned(share), side, stood.half_m, stood.toe_out_rad)

        steps = [
            Step(
                side := first * (-1) ** index,
                (index + 0.1) * TURN_STEP_S,
                (index + 0.9) * TURN_STEP_S,
                print_at(min(1.0, (index + 1) / max(1, n - 1)), side),
            )
            for index in range(n)
        ]
        footwork = Footwork(body, print_at(0.0, LEFT), print_at(0.0, RIGHT), steps)
        gait = _Gait(body, stood, footwork, barbell=self.barbell)

        def at(time_s: float) -> Posture:
            phase = time_s / TURN_STEP_S
            share = _progress(phase, n - 1) if n else 1.0
            return gait.posture(time_s, turned(share), TURN_DIP_M, _lively(phase, n))

        return at


@dataclass(frozen=True, slots=True)
class Walk:
    """Walking along a straight line, after a turn on the spot if need be, and with another one at its end.

    start, end: with the ways to face before and after; `heading_deg` gives the one that needs no turn. backwards: with
    short steps, the back first, as out of a rack. speed_m_s: in the middle of the way, 0.2–2.
    """

    start: Place
    end: Place
    speed_m_s: float = 1.1
    barbell: bool = False
    backwards: bool = False
    stance: Stance = field(default_factory=Stance)

    def __post_init__(self) -> None:
        require("speed_m_s", self.speed_m_s, 0.2, 2.0)

    @property
    def distance_m(self) -> float:
        """From start to end."""
        return math.hypot(self.end.x_m - self.start.x_m, self.end.z_m - self.start.z_m)

    @property
    def duration_s(self) -> float:
        """With the turns."""
        first, last = self._turns
        return first.duration_s + self._straight_s + last.duration_s

    def performed_by(self, body: Body) -> Performance:
        """Raises ValueError for a stance too wide for the body."""
        first, last = self._turns
        straight_s = first.duration_s
        last_s = straight_s + self._straight_s
        turn_first, straight, turn_last = first.performed_by(body), self._straight(body), last.performed_by(body)

        def at(time_s: float) -> Posture:
            if time_s < straight_s:
                return turn_first(time_s)
            return straight(time_s - straight_s) if time_s < last_s else turn_last(time_s - last_s)

        return at

    @property
    def _facing_deg(self) -> float:
        if self.distance_m < 0.01:
            return self.start.turn_deg
        return heading_deg(self.start, self.end) + (180.0 if self.backwards else 0.0)

    @property
    def _turns(self) -> tuple[Turn, Turn]:
        arrived = Place(self.end.x_m, self.end.z_m, self._facing_deg)
        return (
            Turn(self.start, self._facing_deg, self.barbell, self.stance),
            Turn(arrived, self.end.turn_deg, self.barbell, self.stance),
        )

    @property
    def _steps(self) -> int:
        """Steps that lead on; one more brings the other foot beside."""
        if self.distance_m < 0.01:
            return 0
        usual_m = math.sqrt(WALK_RATIO_M_MIN * 60.0 * self.speed_m_s)
        if self.backwards:
            return max(1, math.ceil(self.distance_m / SHORT_STEP_M))
        return max(1, round(self.distance_m / usual_m))

    @property
    def _step_s(self) -> float:
        return max(0.35, self.distance_m / max(1, self._steps) / self.speed_m_s)

    @property
    def _straight_s(self) -> float:
        return (self._steps + 1) * self._step_s if self._steps else 0.0

    def _on_the_way(self, share: float) -> Place:
        start, end = self.start, self.end
        return Place(
            start.x_m + share * (end.x_m - start.x_m), start.z_m + share * (end.z_m - start.z_m), self._facing_deg
        )

    def _straight(self, body: Body) -> Performance:
        stood, n, step_s = Stood(body, self.stance), self._steps, self._step_s
        roll, lift_m = (0.0, 0.05) if self.backwards else (min(1.0, 0.4 + 0.6 * self.speed_m_s), 0.045)

        def print_at(index: int, side: float) -> Footprint:
            if index in (0, n):
                return footprint(self._on_the_way(index / max(1, n)), side, stood.half_m, stood.toe_out_rad)
            return footprint(self._on_the_way(index / n), side, TRACK_HALF_M, 0.4 * stood.toe_out_rad)

        steps = [
            Step(
                side := LEFT if index % 2 else RIGHT,
                (index + BOTH_DOWN) * step_s,
                (index + 1) * step_s,
                print_at(min(index + 1, n), side),
                lift_m,
                push=roll if index else 0.0,
                land=roll if index < n else 0.0,
            )
            for index in range(n + 1 if n else 0)
        ]
        footwork = Footwork(body, print_at(0, LEFT), print_at(0, RIGHT), steps)
        gait = _Gait(body, stood, footwork, barbell=self.barbell)
        leg_m = body.thigh_m + body.shank_m
        apart_m = (0.7 if self.backwards else 0.5) * self.distance_m / max(1, n)
        drop_m = leg_m - math.sqrt(leg_m**2 - min(apart_m, 0.5 * leg_m) ** 2)

        def at(time_s: float) -> Posture:
            phase = time_s / step_s
            # Lowest just after a foot lands: the legs are then furthest apart.
            dip_m = drop_m * 0.5 * (1.0 + math.cos(2 * math.pi * (phase - 0.04)))
            share = _progress(phase, n) if n else 1.0
            return gait.posture(time_s, self._on_the_way(share), dip_m, _lively(phase, n + 1))

        return at


class _Gait:
    """The body above walking or turning feet."""

    def __init__(self, body: Body, stood: Stood, footwork: Footwork, *, barbell: bool) -> None:
        self._body = body
        self._stood = stood
        self._footwork = footwork
        self._barbell = barbell

    def posture(self, time_s: float, place: Place, dip_m: float, lively: float) -> Posture:
        """The posture at a place, the hips so much lower than standing; lively: 0 at rest, 1 on the way."""
        stood = self._stood
        feet = self._footwork.feet(time_s, place)
        left, right = feet[0].ankle, feet[1].ankle
        # The weight goes over the foot that stays down.
        lifted_m = math.tanh(20.0 * float(right[1] - left[1]))
        aside_m = 0.5 * float(left[0] + right[0]) + 0.02 * lifted_m
        pelvis = stood.pelvis + np.array([aside_m, -lively * dip_m, 0.0])
        pelvis = within_reach(self._body, pelvis, feet, SOFT_M * lively)
        left_ahead_m = float(left[2] - right[2])
        torso = torso_over(self._body, pelvis, stood.lean_rad, 0.0 if self._barbell else 0.10 * left_ahead_m)
        if self._barbell:
            arms = both(torso, on_bar(torso, LEFT), on_bar(torso, RIGHT))
        else:
            swing = ARM_SWING_RAD_M * left_ahead_m
            bend = 0.97 - 0.04 * min(1.0, 2.0 * abs(swing)) ** 2
            arms = both(
                torso,
                hanging(torso, LEFT, swing_rad=-swing, reach=bend),
                hanging(torso, RIGHT, swing_rad=swing, reach=bend),
            )
        return Posture(person(torso, feet, arms), place, barbell=self._barbell)


def _lively(phase: float, steps: int) -> float:
    return minimum_jerk(phase) * minimum_jerk(steps - phase)


def _progress(phase: float, steps: int) -> float:
    """Share of the way, after so many steps' time, of somebody who takes `steps` steps and one to end beside.

    At a steady speed but for the first step's time and the last, in which it grows from nothing and goes back.
    """
    if phase <= 0.0:
        return 0.0
    if phase <= 1.0:
        return _grown(phase) / steps
    if phase < steps:
        return (phase - 0.5) / steps
    return 1.0 - _grown(max(0.0, steps + 1 - phase)) / steps


def _grown(share: float) -> float:
    """The way done while the speed grows smoothly from 0 to 1 over a time of 1: half."""
    return share**3 - 0.5 * share**4
