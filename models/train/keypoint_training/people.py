"""Anybody in any posture that a gym sees: standing, squatting, lunging, lifting, on one leg, arms anywhere, turned."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge_valgus.capture.drawn.acts import Place
from edge_valgus.capture.drawn.body import Body
from edge_valgus.capture.drawn.exercises import Curls, JumpingJacks, Lunges, OverheadPress
from edge_valgus.capture.drawn.lifting import BendAndPick, Deadlifts, Hinges
from edge_valgus.capture.drawn.limbs import (
    LEFT,
    RIGHT,
    Foot,
    Grip,
    Stood,
    Torso,
    both,
    foot_at,
    hanging,
    on_bar,
    person,
    torso_over,
    within_reach,
)
from edge_valgus.capture.drawn.look import Arms, Look
from edge_valgus.capture.drawn.motion import MAX_DEPTH
from edge_valgus.capture.drawn.skeleton import Pose3D, stand_up
from edge_valgus.capture.drawn.squat import Squat, Stance
from edge_valgus.capture.drawn.standing import Stand
from edge_valgus.capture.drawn.variation import random_look

Array = NDArray[np.float64]
Random = np.random.Generator

# How often each is drawn. Squats most: they are what the network is for. "free" is anything a body can do on its feet.
POSTURES: Final = {"squat": 0.46, "free": 0.22, "one leg": 0.08, "act": 0.18, "talk": 0.06}
CAVING: Final = 0.4  # share of the squats in which a knee is in
MOST_IN_M: Final = 0.09
BARBELL: Final = 0.25  # share of the squats that are given a bar; of the others some have one by chance


@dataclass(frozen=True, slots=True)
class Person:
    """One person as drawn. barbell: on the back."""

    pose: Pose3D
    look: Look
    barbell: bool


def random_person(random: Random) -> Person:
    """Somebody in some posture, in their own axes."""
    body = random_body(random)
    look = random_look(random)
    stance = random_stance(random, body)
    kind = str(random.choice(list(POSTURES), p=list(POSTURES.values())))
    if kind == "squat":
        return _squatting(random, body, look, stance)
    if kind == "act":
        pose, barbell = _in_an_act(random, body, stance)
        return Person(pose, look, barbell)
    if kind == "talk":
        stand = Stand(20.0, arms=Arms.SIDES, gestures=True, seed=int(random.integers(2**31)), stance=stance)
        return Person(stand.performed_by(body)(random.uniform(1.0, 19.0)).pose, look, barbell=False)
    return Person(_free(random, body, stance, one_leg=kind == "one leg"), look, barbell=False)


def random_body(random: Random) -> Body:
    """Any build."""
    return Body(
        height_m=random.uniform(1.5, 2.0),
        build=random.uniform(0.76, 1.34),
        leg_share=random.uniform(0.92, 1.08),
        shoulder_share=random.uniform(0.87, 1.18),
        hip_share=random.uniform(0.87, 1.18),
    )


def random_stance(random: Random, body: Body) -> Stance:
    """From feet together to sumo, as wide as this body can squat in."""
    stance = Stance(
        width_m=min(body.hip_breadth_m * random.uniform(0.5, 2.0), 0.9),
        toe_out_deg=random.uniform(-5.0, 42.0),
        shin_lean_deg=random.uniform(18.0, 40.0),
    )
    while True:
        try:
            _squat(body, stance)
        except ValueError:
            stance = replace(stance, width_m=max(0.1, 0.93 * stance.width_m), toe_out_deg=0.9 * stance.toe_out_deg)
        else:
            return stance


@lru_cache(maxsize=8)
def _squat(body: Body, stance: Stance) -> Squat:
    """Solving for it takes a quarter of the time in which a picture is drawn; whoever fits squats."""
    return Squat(body, stance)


def random_turn_deg(random: Random) -> float:
    """Mostly towards the camera, as lifters stand; some any way round."""
    return float(random.normal(0.0, 14.0) if random.random() < 0.85 else random.uniform(-180.0, 180.0))


def _squatting(random: Random, body: Body, look: Look, stance: Stance) -> Person:
    if random.random() < BARBELL:
        look = replace(look, arms=Arms.BARBELL)
    # As much time is spent standing and at the bottom as on the way.
    depth = MAX_DEPTH * float(random.beta(0.8, 0.9))
    left_in_m, right_in_m = _caving_m(random, depth)
    sway_m = (random.normal(0.0, 0.012), random.normal(0.0, 0.012))
    squat = _squat(body, stance).pose(depth, left_in_m, right_in_m, sway_m)
    lean_rad = float(np.clip(squat.lean_rad + random.normal(0.0, 0.12), 0.0, 1.15))
    pose = stand_up(body, replace(squat, lean_rad=lean_rad), look.arms, depth)
    return Person(pose, look, barbell=look.arms is Arms.BARBELL)


def _caving_m(random: Random, depth: float) -> tuple[float, float]:
    """How far the left knee and the right one are in, or out."""
    if random.random() >= CAVING:
        return 0.0, 0.0
    left, right = ((1, 0), (0, 1), (1, 1))[int(random.integers(3))]
    most_m = min(1.0, depth / 0.3)
    return left * most_m * random.uniform(-0.04, MOST_IN_M), right * most_m * random.uniform(-0.04, MOST_IN_M)


def _in_an_act(random: Random, body: Body, stance: Stance) -> tuple[Pose3D, bool]:
    place = Place()
    barbell = False
    which = int(random.integers(7))
    if which == 0:
        act: object = Lunges(
            2, 3.0, place, reverse=bool(random.random() < 0.5), first_left=bool(random.random() < 0.5), stance=stance
        )
    elif which == 1:
        act = Deadlifts(2, 3.5, place, stance)
    elif which == 2:
        barbell = bool(random.random() < 0.5)
        act = Hinges(2, 3.0, place, barbell, random.uniform(45.0, 86.0), stance)
    elif which == 3:
        act = JumpingJacks(3, 1.1, place, stance)
    elif which == 4:
        act = Curls(2, 2.5, place, stance)
    elif which == 5:
        act = OverheadPress(2, 3.0, place, stance)
    else:
        act = BendAndPick(place, 3.5, int(random.integers(-1, 2)), stance)
    time_s = random.uniform(0.0, act.duration_s)  # type: ignore[attr-defined]
    return act.performed_by(body)(time_s).pose, barbell  # type: ignore[attr-defined]


def _free(random: Random, body: Body, stance: Stance, *, one_leg: bool) -> Pose3D:
    """Feet, hips, trunk, head and hands each somewhere of their own; bones stay rigid."""
    stood = Stood(body, stance)
    drop_m = stood.level_drop_m * float(random.beta(0.7, 1.4)) * 1.1
    lean_rad = stood.lean_rad + float(np.clip(random.normal(0.15, 0.35), -0.2, 1.3))
    turn_rad = random.normal(0.0, 0.25)
    feet = _feet(random, stood, one_leg=one_leg)
    planted = np.mean([foot.ankle for foot in feet], axis=0) if not one_leg else min(feet, key=_height).ankle
    aside_m, behind_m = random.normal(0.0, 0.05), random.uniform(-0.35, 0.05) * drop_m / stood.level_drop_m
    pelvis = np.array([planted[0] + aside_m, stood.pelvis[1] - drop_m, planted[2] + behind_m])
    torso = torso_over(body, within_reach(body, pelvis, feet), lean_rad, turn_rad)
    arms = both(torso, *_hands(random, torso))
    return person(
        torso,
        feet,
        arms,
        head_turn_rad=random.normal(0.0, 0.4),
        head_nod_rad=random.normal(0.1, 0.3),
        knees_ahead=random.random(),
    )


def _height(foot: Foot) -> float:
    return float(foot.ankle[1])


def _feet(random: Random, stood: Stood, *, one_leg: bool) -> tuple[Foot, Foot]:
    free = int(random.integers(2))
    feet = []
    for index, side in enumerate((LEFT, RIGHT)):
        x, z = side * stood.half_m, random.normal(0.0, 0.06)
        turn_rad = side * stood.toe_out_rad + random.normal(0.0, 0.15)
        if one_leg and index == free:
            ahead_m, lift_m = random.uniform(-0.5, 0.6), random.uniform(0.03, 0.45)
            feet.append(foot_at(stood.body, (x, ahead_m), turn_rad, lift_m=lift_m, pitch_rad=random.uniform(-0.5, 1.0)))
        else:
            feet.append(foot_at(stood.body, (0.4 * x if one_leg else x, z), turn_rad))
    return feet[0], feet[1]


def _hands(random: Random, torso: Torso) -> tuple[Grip, Grip]:
    if random.random() < 0.2:
        return on_bar(torso, LEFT), on_bar(torso, RIGHT)
    alike = random.random() < 0.6
    left = _hand(random)
    right = left if alike else _hand(random)
    return _grip(torso, LEFT, left), _grip(torso, RIGHT, right)


def _hand(random: Random) -> tuple[float, float, float] | None:
    """A direction from the shoulder (outward, up, forward), as long as the reach used; None for a hand that hangs."""
    if random.random() < 0.3:
        return None
    outward, up, forward = random.normal(0.2, 0.5), random.normal(0.0, 0.7), abs(random.normal(0.5, 0.5))
    length = math.sqrt(outward**2 + up**2 + forward**2) or 1.0
    reach = random.uniform(0.45, 0.98)
    return reach * outward / length, reach * up / length, reach * forward / length


def _grip(torso: Torso, side: float, hand: tuple[float, float, float] | None) -> Grip:
    if hand is None:
        return hanging(torso, side)
    outward, up, forward = hand
    arm_m = torso.body.upper_arm_m + torso.body.forearm_m
    left = side * torso.axes[0]
    offset: Array = arm_m * (outward * left + up * torso.axes[1] + forward * torso.axes[2])
    return Grip(torso.shoulder(side) + offset, left - torso.axes[1] - 0.4 * torso.axes[2])
