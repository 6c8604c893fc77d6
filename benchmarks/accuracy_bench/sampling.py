"""Chance for made-up scenes: who squats, where the camera stands, and how good its pictures are.

Each dimension draws from its own stream, so that a change to one leaves the others of the same seed alone.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge_valgus.capture.drawn.acts import Place
from edge_valgus.capture.drawn.body import Body
from edge_valgus.capture.drawn.camera import Camera, CameraView
from edge_valgus.capture.drawn.look import Arms, Look
from edge_valgus.capture.drawn.motion import MAX_DEPTH
from edge_valgus.capture.drawn.skeleton import stand_up
from edge_valgus.capture.drawn.squat import Squat, Stance
from edge_valgus.capture.drawn.variation import random_look

Array = NDArray[np.float64]
Random = np.random.Generator

LANDSCAPE: Final = (640, 480)
PORTRAIT: Final = (480, 640)

# Raspberry Pi Camera Module 3: 41° across the short side of the sensor, the wide version 67°; cropped to 4:3.
SHORT_SIDE_DEG: Final = {"standard": 41.0, "wide": 67.0}

MARGIN: Final = 0.02  # share of the picture's smaller side that stays free around the lifter
SMALLEST: Final = 0.42  # share of the picture's height that a standing lifter fills at least


def stream(seed: int, dimension: str) -> Random:
    """The chance of one dimension of one scene. Raises ValueError for a negative seed."""
    if seed < 0:
        raise ValueError(f"seed = {seed!r}: expected 0 or more")
    return np.random.default_rng((seed, zlib.crc32(dimension.encode())))


def log_uniform(random: Random, low: float, high: float) -> float:
    """As often between 1 and 2 as between 2 and 4."""
    return math.exp(random.uniform(math.log(low), math.log(high)))


def band(value: float, edges: Sequence[float]) -> str:
    """Label of the band a value lies in: "low-high"; values beyond the ends belong to the outermost bands."""
    index = min(max(int(np.searchsorted(edges, value, side="right")), 1), len(edges) - 1)
    return f"{edges[index - 1]:g}-{edges[index]:g}"


@dataclass(frozen=True, slots=True)
class Lifter:
    """Who squats, and how they stand."""

    body: Body
    look: Look
    stance: Stance


def random_body(random: Random) -> Body:
    """Anybody from 1.5 to 2.0 m."""
    return Body(
        height_m=round(random.uniform(1.5, 2.0), 3),
        build=round(random.uniform(0.8, 1.3), 3),
        leg_share=round(random.uniform(0.94, 1.06), 3),
        shoulder_share=round(random.uniform(0.9, 1.15), 3),
        hip_share=round(random.uniform(0.9, 1.15), 3),
    )


def random_lifter(random: Random, *, barbell: bool, squats: bool = True) -> Lifter:
    """A lifter with a barbell or without; who does not squat stands with the feet under the hips."""
    body, look = random_body(random), dim_or_bright(random_look(random), random)
    if barbell:
        look = replace(look, arms=Arms.BARBELL)
    elif look.arms is Arms.BARBELL:
        look = replace(look, arms=Arms.FORWARD)
    wide, out_deg = random.uniform(0.85, 1.75), random.uniform(0, 35)
    if not squats:
        wide, out_deg = 0.7 + 0.35 * (wide - 0.85) / 0.9, 0.5 * out_deg
    stance = Stance(
        width_m=round(min(body.hip_breadth_m * wide, 0.9), 3),
        toe_out_deg=round(out_deg, 1),
        shin_lean_deg=round(random.uniform(25, 36), 1),
    )
    return Lifter(body, look, fitting(body, stance))


def dim_or_bright(look: Look, random: Random) -> Look:
    """The same look under any gym's light, seen by a sensor with more or less noise."""
    light = replace(look.light, exposure=round(random.uniform(0.6, 1.25), 2))
    return replace(look, light=light, noise=round(log_uniform(random, 0.5, 7.0), 1))


def fitting(body: Body, stance: Stance) -> Stance:
    """The stance, narrowed until this body can squat in it."""
    while True:
        try:
            Squat(body, stance)
        except ValueError:
            stance = replace(stance, width_m=0.95 * stance.width_m)
        else:
            return stance


@dataclass(frozen=True, slots=True)
class Shot:
    """A camera, its picture's size, the lens's name, and where the lifter stands in front of it.

    yaw_deg: how far round to the lifter's left the camera is, as the lifter sees it: with where they stand and how
    they are turned.
    """

    view: CameraView
    size_px: tuple[int, int]
    lens: str
    place: Place

    @property
    def yaw_deg(self) -> float:
        """See the class."""
        return camera_bearing_deg(self.view, self.place)

    @property
    def half_width_m(self) -> float:
        """Half of what the picture shows across at the lifter's distance."""
        width, height = self.size_px
        return 0.5 * width / height / self.view.focal_heights * self.view.distance_m


def camera_bearing_deg(view: CameraView, place: Place) -> float:
    """Direction from a place to the camera, against the way that is faced there; positive to the own left."""
    x, _, z = Camera(view, LANDSCAPE).position_m
    towards = math.degrees(math.atan2(x - place.x_m, z - place.z_m))
    return math.remainder(towards - place.turn_deg, 360.0)


def random_shot(random: Random, lifter: Lifter, *, in_the_middle: bool = False) -> Shot:
    """A camera that has the whole lifter in view, standing and squatting, wherever it stands.

    in_the_middle: the lifter stands near the middle of the picture, not just in its middle part.
    Raises RuntimeError if there is none, which no lifter within the ranges of `random_lifter` has led to.
    """
    height_m, distance_m = random.uniform(0.4, 1.5), random.uniform(2.0, 4.0)
    yaw_deg, turn_deg = random.uniform(-20.0, 20.0), random.uniform(-3.0, 3.0)
    roll_deg = random.uniform(-5.0, 5.0)
    outline = _outline(lifter)
    for attempt in range(60):
        size_px, lens = _lens(random, lifter.body, height_m, distance_m)
        lowest, highest = _span(lifter.body, height_m, distance_m)
        short = math.radians(SHORT_SIDE_DEG[lens]) / 2
        across = short if size_px == LANDSCAPE else math.atan(math.tan(short) * PORTRAIT[1] / PORTRAIT[0])
        slack = max(0.0, across - (highest - lowest) / 2)
        pitch = (lowest + highest) / 2 + 0.7 * slack * random.uniform(-1, 1) * 0.9**attempt
        room_m = max(0.0, 0.5 * size_px[0] / size_px[1] * 2 * math.tan(across) * distance_m - 0.45)
        sideways_m = random.uniform(-0.45, 0.45) * (0.3 if in_the_middle else 1.0) * room_m * 0.9**attempt
        camera_yaw = yaw_deg + turn_deg - math.degrees(math.atan2(sideways_m, distance_m))
        view = CameraView(
            height_m=round(height_m, 3),
            distance_m=round(distance_m, 3),
            yaw_deg=round(camera_yaw, 2),
            pitch_deg=round(math.degrees(pitch), 2),
            roll_deg=round(roll_deg, 2),
            sideways_m=round(sideways_m, 3),
            focal_heights=round(0.5 / math.tan(across), 4),
        )
        place = Place(0.0, 0.0, round(turn_deg, 2))
        if _in_view(Camera(view, size_px), place.to_gym(outline)):
            return Shot(view, size_px, lens, place)
    raise RuntimeError(f"no camera at {height_m:.2f} m, {distance_m:.2f} m away has {lifter.body} in view")


def _span(body: Body, height_m: float, distance_m: float) -> tuple[float, float]:
    """Directions, in radians against the level, of the toes and of the crown."""
    lowest = math.atan2(-height_m, distance_m - 0.3)
    highest = math.atan2(body.height_m + 0.05 - height_m, distance_m)
    return lowest, highest


def _lens(random: Random, body: Body, height_m: float, distance_m: float) -> tuple[tuple[int, int], str]:
    """One of the four (picture, lens) into which the lifter fits without getting small."""
    lowest, highest = _span(body, height_m, distance_m)
    fits = []
    for lens, short_deg in SHORT_SIDE_DEG.items():
        for size_px in (LANDSCAPE, PORTRAIT):
            tangent = math.tan(math.radians(short_deg) / 2)
            half = math.atan(tangent if size_px == LANDSCAPE else tangent * 4 / 3)
            share = (math.tan((highest - lowest) / 2)) / math.tan(half)
            if half - (highest - lowest) / 2 > math.radians(1.5) and share >= SMALLEST:
                fits.append((size_px, lens))
    if not fits:
        return PORTRAIT, "wide"
    return fits[int(random.integers(len(fits)))]


def _outline(lifter: Lifter) -> Array:
    """Points [n, 3] of the lifter that stay in view: head to toe, standing and as deep as anybody gets."""
    squat = Squat(lifter.body, lifter.stance)
    points = []
    for depth in (0.0, 0.5, 1.0, MAX_DEPTH):
        pose = stand_up(lifter.body, squat.pose(depth), lifter.look.arms, depth)
        keypoints = pose.keypoints
        wrists = () if lifter.look.arms is Arms.BARBELL else (9, 10)
        points += [keypoints[index] for index in (*range(5), *wrists, *range(11, 17))]
        points.append(pose.head_centre + np.array([0.0, 0.14, 0.0]))
        for leg in (pose.squat.left, pose.squat.right):
            points.append(leg.ankle + 0.7 * lifter.body.foot_m * leg.foot - np.array([0.0, leg.ankle[1], 0.0]))
    return np.array(points)


def _in_view(camera: Camera, points_m: Array) -> bool:
    size = np.array(camera.size_px, np.float64)
    margin = MARGIN * size.min()
    xy_px = camera.project(points_m)
    return bool(((xy_px >= margin) & (xy_px <= size - margin)).all())
