"""The shape every part of the figure is made of, and what a camera and a light make of it.

A solid is the space between two balls of their own radii (a rounded cone), optionally stretched along one direction
(so that a trunk is wider than deep). Near a solid the perspective is taken as parallel, with each end scaled for its own
distance; each pixel then meets the surface where a quadratic says, which gives true depth, normals and foreshortening.
Solids of about the same size on the picture go through the arithmetic together: most of them are small, and numpy's
price is per call.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_valgus.capture.drawn.camera import Camera
from edge_valgus.capture.drawn.look import Colour, Light

Array = NDArray[np.float64]
Plane = NDArray[np.float32]

FAR_M = np.float32(1e6)
EDGE_PX = 0.5  # solids grow by half a pixel, and their edge fades over one
NEAREST_M = 0.3
# Solids go through the arithmetic together while they fill little more than the rectangle they share, and while that
# fits the processor's cache; a group saves about as much as this many pixels cost.
MOST_PX = 30_000
MOST_PADDING = 1.3
CALLS_WORTH_PX = 1_500


@dataclass(frozen=True, slots=True, eq=False)
class Solid:
    """A rounded cone from a ball at `start` to one at `end` (float64 [3], metres).

    stretch: how much wider it is along `along` (a unit vector) than across. blend_m: over how much depth it melts into
    its own kind (the same colour). gloss: 0 dull to 1 shiny.
    """

    start: Array
    end: Array
    start_radius_m: float
    end_radius_m: float
    colour: Colour
    along: Array | None = None
    stretch: float = 1.0
    blend_m: float = 0.010
    gloss: float = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """One solid as seen: float32 [rows, columns] over the rectangle that starts at (left, top).

    away_m: of its middle, along the optical axis. shine: grey levels to add to the shaded colour.
    """

    solid: Solid
    away_m: float
    left: int
    top: int
    alpha: Plane
    depth_m: Plane
    shade: Plane
    shine: Plane | None


class Shader:
    """Turns solids into patches for one camera and one light.

    opaque: a pixel that a solid meets together with all its neighbours is covered in full. Without it, solids that point
    at the camera are drawn see-through, because all of their surface is nearly edge-on.
    """

    def __init__(self, camera: Camera, light: Light, *, opaque: bool = False) -> None:
        self._camera = camera
        self._opaque = opaque
        towards = np.array([-light.from_left, -0.25 - light.from_above, -0.75])
        eye, up = np.array([0.0, 0.0, -1.0]), np.array([0.0, -1.0, 0.0])
        self._directions = np.stack([eye, towards / math.sqrt(float(towards @ towards)), up])
        self._strength = light.strength

    def patches(self, solids: Sequence[Solid]) -> list[Patch]:
        """What can be seen of each solid; those outside the picture or behind the lens are left out."""
        if not solids:
            return []
        seen = _Seen(solids, self._camera)
        return [patch for group in seen.groups() for patch in self._shade(seen, group)]

    def _shade(self, seen: _Seen, group: NDArray[np.intp]) -> Iterator[Patch]:
        left, top, right, bottom = seen.boxes[group].T
        width, height = int((right - left).max()), int((bottom - top).max())
        first = seen.start[group]
        x = np.arange(width, dtype=np.float32)[None, None, :] + _column(left + 0.5 - first[:, 0])
        y = np.arange(height, dtype=np.float32)[None, :, None] + _column(top + 0.5 - first[:, 1])
        squeeze, axis = seen.squeeze[group], seen.axis[group]
        radii = seen.radii[group]
        t, s, met = _meet(x, y, squeeze, axis, radii)
        radius = _column(radii[:, 0]) - _column(radii[:, 0] - radii[:, 1]) * s
        share = 1.0 / radius

        def normal(directions: Array) -> Plane:
            """The surface normal's component along directions [n, 3] of the squeezed space."""
            weights = np.einsum("ni,nij->nj", directions, squeeze)
            value = s * _column(-np.einsum("ni,ni->n", directions, axis))
            for weight, coordinate in zip(weights.T, (x, y, t), strict=True):
                if weight.any():
                    value += _column(weight) * coordinate
            value *= share
            return value

        eye, lit, up = (normal(squeeze @ direction) for direction in self._directions)
        stretch = seen.stretch[group]
        if (stretch != 1.0).any():
            k = 1.0 / stretch - 1.0
            sideways = normal(seen.along[group])
            sideways *= sideways
            sideways *= _column(2 * k + k * k)
            unit = 1.0 / np.sqrt(np.maximum(sideways + 1.0, 1e-3))
            eye, lit, up = eye * unit, lit * unit, up * unit

        # Near a round outline, what is left to the edge is half the radius times the squared cosine towards the eye.
        alpha = np.minimum(eye * eye * radius * np.float32(0.5), met)
        if self._opaque:
            inner = alpha[:, 1:-1, 1:-1]
            np.maximum(inner, _inside(met), out=inner)
        depth_m = t * _column(seen.metres_per_px[group])
        depth_m += _column(seen.start_m[group])
        lit = np.maximum(lit, np.float32(-1.0))
        shade = self._light_on(eye, lit, up)
        shine = np.maximum(lit, 0.0) ** 2
        shine *= shine
        shine *= shine
        for row, index in enumerate(group):
            solid = seen.solids[index]
            box = (row, slice(0, int(bottom[row] - top[row])), slice(0, int(right[row] - left[row])))
            glint = shine[box] * np.float32(75.0 * solid.gloss) if solid.gloss else None
            away_m = float(seen.middle_m[index])
            yield Patch(solid, away_m, int(left[row]), int(top[row]), alpha[box], depth_m[box], shade[box], glint)

    def _light_on(self, eye: Plane, lit: Plane, up: Plane) -> Plane:
        """How bright a surface is: light from one side that wraps around, more from above, less at the outline."""
        shade = lit * 0.5
        shade += 0.5
        shade *= shade
        shade *= np.float32(1.05 * self._strength)
        shade += up * np.float32(0.13)
        shade += np.float32(1.02 - 0.80 * self._strength)
        shade *= eye * np.float32(0.30) + np.float32(0.70)
        return shade


class _Seen:
    """Solids in the picture's space: pixels right and down, and away in pixels of the same scale."""

    def __init__(self, solids: Sequence[Solid], camera: Camera) -> None:
        self.solids = solids
        focal = camera.focal_px
        start = camera.to_camera(np.array([solid.start for solid in solids]))
        end = camera.to_camera(np.array([solid.end for solid in solids]))
        radii_m = np.array([(solid.start_radius_m, solid.end_radius_m) for solid in solids])
        self.stretch = np.array([1.0 if solid.along is None else solid.stretch for solid in solids])
        along = np.array([(0.0, 0.0, 0.0) if solid.along is None else solid.along for solid in solids])
        self.along = along @ camera.rotation.T
        self._in_front = np.minimum(start[:, 2], end[:, 2]) > NEAREST_M
        distance = np.maximum(np.stack([start[:, 2], end[:, 2]], 1), NEAREST_M)
        self.start_m = distance[:, 0]
        self.middle_m = distance.mean(axis=1)
        self.metres_per_px = self.middle_m / focal
        self.radii = focal * radii_m / distance + EDGE_PX
        self.start = self._to_pixels(start, distance[:, 0], camera)
        span = self._to_pixels(end, distance[:, 1], camera) - self.start
        self.squeeze = np.eye(3) + (1.0 / self.stretch - 1.0)[:, None, None] * (
            self.along[:, :, None] * self.along[:, None, :]
        )
        self.axis = np.einsum("nij,nj->ni", self.squeeze, span)
        extent = np.sqrt(1.0 + (self.stretch**2 - 1.0)[:, None] * self.along[:, :2] ** 2)
        reach_a, reach_b = extent * self.radii[:, :1], extent * self.radii[:, 1:]
        low = np.minimum(self.start[:, :2] - reach_a, (self.start + span)[:, :2] - reach_b)
        high = np.maximum(self.start[:, :2] + reach_a, (self.start + span)[:, :2] + reach_b)
        low = np.clip(np.floor(low), 0, camera.size_px)
        high = np.clip(np.ceil(high), 0, camera.size_px)
        self.boxes = np.concatenate([low, high], 1).astype(int)

    def _to_pixels(self, points_m: Array, distance_m: Array, camera: Camera) -> Array:
        flat = camera.focal_px * points_m[:, :2] / distance_m[:, None] + camera.centre_px
        pixels: Array = np.concatenate([flat, (camera.focal_px * distance_m / self.middle_m)[:, None]], 1)
        return pixels

    def groups(self) -> Iterator[NDArray[np.intp]]:
        """Indices of solids to shade together."""
        sides = self.boxes[:, 2:] - self.boxes[:, :2]
        visible = self._in_front & (sides > 0).all(axis=1)
        areas = sides.prod(axis=1)
        for stretched in (True, False):
            alike = np.nonzero(visible & ((self.stretch != 1.0) == stretched))[0]
            group: list[int] = []
            width = height = area = 0
            for index in alike[np.argsort(areas[alike])]:
                wider, higher = max(width, int(sides[index, 0])), max(height, int(sides[index, 1]))
                padded = (len(group) + 1) * wider * higher
                area += int(areas[index])
                if group and (padded > MOST_PX or padded > MOST_PADDING * area + CALLS_WORTH_PX):
                    yield np.array(group)
                    group, area = [], int(areas[index])
                    wider, higher = (int(side) for side in sides[index])
                group.append(int(index))
                width, height = wider, higher
            if group:
                yield np.array(group)


def _column(values: Array) -> Plane:
    column: Plane = values.astype(np.float32)[:, None, None]
    return column


def _inside(met: Plane) -> Plane:
    """1 where a pixel and its four neighbours are met, without the outermost rows and columns."""
    inside: Plane = met[:, 1:-1, 1:-1] * met[:, :-2, 1:-1]
    inside *= met[:, 2:, 1:-1]
    inside *= met[:, 1:-1, :-2]
    inside *= met[:, 1:-1, 2:]
    return inside


def _meet(x: Plane, y: Plane, squeeze: Array, axis: Array, radii: Array) -> tuple[Plane, Plane, Plane]:
    """Where rays through (x, y, 0) along (0, 0, 1) meet rounded cones from 0 to `axis` (squeezed), n at a time.

    A point p lies on the cone where its distance to the axis point c(s) = s·axis equals the radius r(s), with s chosen
    so that the ball at s touches from inside; eliminating s leaves a quadratic in t. Beyond either end it is that ball.
    Returns t (depth), s (0–1 along the axis) and 1 where a ray meets the solid, else 0: float32 [n, rows, columns].
    """
    right, down, away = squeeze[:, :, 0], squeeze[:, :, 1], squeeze[:, :, 2]

    def dot(a: Array, b: Array) -> Array:
        products: Array = np.einsum("ni,ni->n", a, b)
        return products

    radius_a, radius_b = radii.T
    taper = radius_a - radius_b
    length2 = dot(axis, axis)
    slant2 = length2 - taper * taper
    q = dot(away, away)
    axis_away = dot(axis, away)
    origin_axis = _column(dot(axis, right)) * x + _column(dot(axis, down)) * y
    origin2 = _column(dot(right, right)) * (x * x) + _column(dot(down, down)) * (y * y)
    skew = dot(right, down)
    origin_away: Plane | np.float32 = np.float32(0)
    if skew.any() or dot(away, right).any():
        origin2 += _column(2 * skew) * (x * y)
        origin_away = _column(dot(away, right)) * x + _column(dot(away, down)) * y

    inverse_q = _column(1.0 / q)
    ball_a = origin_away * origin_away - _column(q) * origin2
    from_b = origin_away - _column(axis_away)
    ball_b = ball_a + _column(axis_away) * (_column(axis_away) - 2 * origin_away)
    ball_b += _column(2 * q) * origin_axis
    ball_b -= _column(q * (length2 - radius_b * radius_b))
    ball_a += _column(q * radius_a * radius_a)
    t_a = np.where(ball_a >= 0, -(origin_away + np.sqrt(np.maximum(ball_a, 0))) * inverse_q, FAR_M)
    t_b = np.where(ball_b >= 0, -(from_b + np.sqrt(np.maximum(ball_b, 0))) * inverse_q, FAR_M)
    t = np.minimum(t_a, t_b)
    k2 = slant2 * q - axis_away * axis_away
    cone = (slant2 > 1e-6) & (k2 > 1e-6)
    s = (t_b < t_a).astype(np.float32)
    if cone.any():
        k2 = np.where(cone, k2, 1.0)
        slant2 = np.where(cone, slant2, 1.0)
        k1 = _column(axis_away * taper * radius_a) - _column(axis_away) * origin_axis
        k1 += _column(slant2) * origin_away
        k0 = _column(2 * taper * radius_a) - origin_axis
        k0 *= origin_axis
        k0 += _column(slant2) * origin2
        k0 -= _column(length2 * radius_a**2)
        k0 *= _column(k2)
        discriminant = k1 * k1 - k0
        t_side = -(np.sqrt(np.maximum(discriminant, 0)) + k1) * _column(1.0 / k2)
        along_side = _column(1.0 / slant2) * (origin_axis + _column(axis_away) * t_side - _column(radius_a * taper))
        on_side = (discriminant >= 0) & (along_side > 0) & (along_side < 1) & cone[:, None, None]
        t = np.where(on_side, t_side, t)
        s = np.where(on_side, along_side, s)
    met = (t < FAR_M).astype(np.float32)
    return t * met, s, met
