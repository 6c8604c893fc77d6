"""Soft shadows that people cast on the floor, for people who move."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge_valgus.capture.drawn.acts import Posture
from edge_valgus.capture.drawn.body import Body
from edge_valgus.capture.drawn.camera import Camera
from edge_valgus.capture.drawn.look import Light
from edge_valgus.capture.drawn.render import Box, Canvas, Plane
from edge_valgus.capture.drawn.solids import FAR_M

REACH = 2.2  # a shadow ends at so many of its radii, where less than 1 % of it is left
NEAR_M = 0.2  # a place on the floor nearer to the lens has no place in the picture
LIFTED_M = 0.3  # a foot so far up casts no shadow of its own
STEP_M = 0.005  # shadows move in such steps: one that stands still is drawn from memory

Round = tuple[float, float, float, float]
"""A round shadow: x, z, radius in metres, darkness 0–1."""


def round_shadows(posture: Posture, body: Body, light: Light) -> list[Round]:
    """What a person darkens of the floor: close under each foot, and softly under the body, away from the light."""
    legs = (posture.pose.squat.left, posture.pose.squat.right)
    ankles = np.array([leg.ankle for leg in legs])
    soles = ankles + 0.35 * body.foot_m * np.array([leg.foot for leg in legs])
    lifts_m = ankles[:, 1] - body.ankle_height_m
    shadows: list[Round] = []
    for (x, _, z), lift_m in zip(posture.place.to_gym(soles), lifts_m, strict=True):
        share = float(np.clip(1.0 - lift_m / LIFTED_M, 0.0, 1.0))
        shadows += [(x, z, 0.16, 0.55 * share), (x, z, 0.09, 0.5 * share)]
    x, _, z = posture.place.to_gym(ankles.mean(axis=0))
    away = -0.5 * light.from_left
    return [*shadows, (x + 0.35 * away, z - 0.15, 0.50, 0.40), (x + away, z - 0.45, 0.45, 0.22)]


class Floor:
    """The floor as a camera sees it. hidden: bool [height, width], where something else is in front of it."""

    def __init__(self, camera: Camera, wall_z_m: float, hidden: NDArray[np.bool_]) -> None:
        width, height = camera.size_px
        rows, columns = np.mgrid[0:height, 0:width] + 0.5
        rays = np.stack([columns, rows], -1) - camera.centre_px
        rays = np.concatenate([rays / camera.focal_px, np.ones((height, width, 1))], -1) @ camera.rotation
        steps = camera.position_m[1] / np.maximum(-rays[..., 1], 1e-6)
        place = camera.position_m + rays * steps[..., None]
        elsewhere = hidden | (rays[..., 1] > -1e-6) | (place[..., 2] < wall_z_m)
        self._x = np.where(elsewhere, FAR_M, place[..., 0]).astype(np.float32)
        self._z = np.where(elsewhere, FAR_M, place[..., 2]).astype(np.float32)
        self._camera = camera
        self._remembered: dict[tuple[int, int], tuple[Round, Box, Plane]] = {}

    def darken(self, canvas: Canvas, person: int, shadows: list[Round]) -> None:
        """Cast a person's shadows. person: any number that is theirs alone, under which what stands still is kept."""
        for slot, (x, z, radius_m, darkness) in enumerate(shadows):
            shadow = (STEP_M * round(x / STEP_M), STEP_M * round(z / STEP_M), radius_m, round(darkness, 2))
            known = self._remembered.get((person, slot))
            if known is None or known[0] != shadow:
                known = (shadow, *self._cast(shadow))
                self._remembered[person, slot] = known
            _, box, factor = known
            if factor.size:
                canvas.darken(box, factor)

    def _cast(self, shadow: Round) -> tuple[Box, Plane]:
        x, z, radius_m, darkness = shadow
        box = self._box(x, z, REACH * radius_m)
        away2 = (self._x[box] - np.float32(x)) ** 2
        away2 += (self._z[box] - np.float32(z)) ** 2
        away2 *= np.float32(-1.0 / radius_m**2)
        factor: Plane = np.float32(1.0) - np.float32(darkness) * np.exp(away2)
        return box, factor

    def _box(self, x: float, z: float, reach_m: float) -> Box:
        """The part of the picture that shows the square about a place on the floor."""
        width, height = self._camera.size_px
        corners = np.array([(x + a * reach_m, 0.0, z + b * reach_m) for a in (-1, 1) for b in (-1, 1)])
        nearest_m = self._camera.to_camera(corners)[:, 2]
        if nearest_m.max() < NEAR_M:
            return slice(0, 0), slice(0, 0)
        if nearest_m.min() < NEAR_M:
            return slice(0, height), slice(0, width)
        pixels = self._camera.project(corners)
        left, top = np.clip(np.floor(pixels.min(axis=0)), 0, (width, height)).astype(int)
        right, bottom = np.clip(np.ceil(pixels.max(axis=0)), 0, (width, height)).astype(int)
        return slice(int(top), int(bottom)), slice(int(left), int(right))
