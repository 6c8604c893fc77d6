"""Other people in made-up scenes: passing behind or in front, talking, squatting beside."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

from accuracy_bench.repetitions import random_reps
from accuracy_bench.sampling import Random, Shot, random_lifter
from edge_valgus.capture.drawn.actor import Actor
from edge_valgus.capture.drawn.acts import Act, Place, Squats
from edge_valgus.capture.drawn.look import Arms
from edge_valgus.capture.drawn.squat import Squat
from edge_valgus.capture.drawn.standing import Stand
from edge_valgus.capture.drawn.walking import Walk, heading_deg

COMPANY: Final = {"alone": 0.58, "behind": 0.13, "in front": 0.11, "beside": 0.1, "talking": 0.08}
OUT_OF_VIEW_M: Final = 0.8  # whoever is so far beyond the edge of the picture is not in it
TILTED: Final = 1.2  # a rolled or pitched camera sees so much further aside in its corners
NEAREST_M: Final = 0.9  # nobody passes nearer to the lens
BEHIND_Z_M: Final = (-1.45, -0.85)  # in front of every gym's wall, behind the lifter
NARROW_M: Final = 1.0  # half of a picture too narrow for two


def random_company(random: Random) -> str:
    """Which company a scene has: a key of COMPANY."""
    return str(random.choice(list(COMPANY), p=list(COMPANY.values())))


def company(random: Random, kind: str, shot: Shot, length_s: float, *, barbell: bool) -> tuple[Actor, ...]:
    """The others of a scene of this length. barbell: the lifter needs room at both sides."""
    if kind == "alone":
        return ()
    if kind == "beside":
        return (squatting_beside(random, shot, barbell=barbell),)
    if kind == "talking":
        return (talking(random, shot, length_s),)
    return tuple(
        passer_by(random, shot, in_front=kind == "in front", length_s=length_s)
        for _ in range(2 if length_s > 25 and random.random() < 0.5 else 1)
    )


def side_m(shot: Shot, z_m: float, side: float) -> float:
    """How far to the lifter's left (right for side -1) somebody at z_m is out of view, at the camera's side of it."""
    view, (width, height) = shot.view, shot.size_px
    yaw = math.radians(view.yaw_deg)
    sine, cosine = math.sin(yaw), math.cos(yaw)
    x_m = view.distance_m * sine + view.sideways_m * cosine
    away_m = view.distance_m * cosine - view.sideways_m * sine - z_m
    edge = side * TILTED * 0.5 * width / height / view.focal_heights
    return x_m + away_m * (edge * cosine - sine) / (cosine + edge * sine) + side * OUT_OF_VIEW_M


def passer_by(random: Random, shot: Shot, *, in_front: bool, length_s: float) -> Actor:
    """Somebody who comes in at one side and leaves at the other at some time in the scene."""
    nearest = shot.view.distance_m * math.cos(math.radians(shot.view.yaw_deg)) - NEAREST_M
    z_m = random.uniform(1.0, max(1.05, nearest)) if in_front else random.uniform(*BEHIND_Z_M)
    side = float(random.choice([-1, 1]))
    start, end = Place(side_m(shot, z_m, side), z_m), Place(side_m(shot, z_m, -side), z_m + random.uniform(-0.1, 0.1))
    speed_m_s = random.uniform(0.8, 1.5)
    person = random_lifter(random, barbell=False, squats=False)
    walk = straight(start, end, speed_m_s)
    enters_s = random.uniform(0.5, max(1.0, length_s - walk.duration_s))
    return Actor((replace(walk, stance=person.stance),), person.body, person.look, round(enters_s, 2), leaves=True)


def straight(start: Place, end: Place, speed_m_s: float) -> Walk:
    """A walk without turns at its ends."""
    turn_deg = heading_deg(start, end)
    return Walk(Place(start.x_m, start.z_m, turn_deg), Place(end.x_m, end.z_m, turn_deg), round(speed_m_s, 3))


def talking(random: Random, shot: Shot, length_s: float) -> Actor:
    """Somebody who stands behind at the side and talks."""
    z_m, side = random.uniform(*BEHIND_Z_M), float(random.choice([-1, 1]))
    x_m = side * random.uniform(0.7, max(0.8, shot.half_width_m))
    person = random_lifter(random, barbell=False, squats=False)
    stand = Stand(
        duration_s=length_s,
        place=Place(round(x_m, 3), round(z_m, 3), round(random.uniform(-60, 60), 1)),
        arms=Arms.SIDES,
        gestures=True,
        seed=int(random.integers(2**31)),
        stance=person.stance,
    )
    return Actor((stand,), person.body, person.look)


def squatting_beside(random: Random, shot: Shot, *, barbell: bool) -> Actor:
    """A second lifter, a little further back, with a set of their own."""
    other = random_lifter(random, barbell=False)
    seed = int(random.integers(2**31))
    reps = random_reps(seed, Squat(other.body, other.stance), barbell=False)
    apart_m = random.uniform(1.5, 1.8) if barbell else random.uniform(0.95, 1.4)
    place = Place(
        round(float(random.choice([-1, 1])) * apart_m, 3),
        round(random.uniform(-0.6, 0.0), 3),
        round(shot.place.turn_deg + random.uniform(-8, 8), 1),
    )
    acts: tuple[Act, ...] = (
        Squats(reps.reps, other.stance, other.look.arms, place, round(random.uniform(0.5, 4.0), 2), sway_seed=seed),
    )
    return Actor(acts, other.body, other.look)
