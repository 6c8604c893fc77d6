"""Draws shaded solids into a picture with a depth buffer.

Every part of the figure is the space between two balls of their own radii (a rounded cone), optionally stretched along
one direction (so that a trunk is wider than deep). Near the part the perspective is taken as parallel, with each end
scaled for its own distance, so that each pixel meets the surface where a quadratic says; that gives true depth,
normals and foreshortening for the price of some forty array operations on the part's own rectangle.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_valgus.capture.drawn.camera import Camera
from edge_valgus.capture.drawn.look import Colour, Light

Array = NDArray[np.float64]
Plane = NDArray[np.float32]

FAR_M = np.float32(1e6)
EDGE_PX = 0.5  # parts grow by half a pixel, and their edge fades over one


@dataclass(frozen=True, slots=True, eq=False)
class Solid:
    """A rounded cone from a ball at `start` to one at `end` (float64 [3], metres).

    stretch: how much wider it is along `along` (a unit vector) than across. blend_m: over how much depth it melts into
    what it touches. gloss: 0 dull to 1 shiny.
    """

    start: Array
    end: Array
    start_radius_m: float
    end_radius_m: float
    colour: Colour
    along: Array | None = None
    stretch: float = 1.0
    blend_m: float = 0.008
    gloss: float = 0.1


class Canvas:
    """A float picture with depth, to draw solids into.

    rgb: float32 [height, width, 3]; depth_m: float32 [height, width]; drawn: the rectangle (left, top, right, bottom)
    that has been touched since `clear`.
    """

    def __init__(self, camera: Camera, light: Light) -> None:
        width, height = camera.size_px
        self.camera = camera
        self.rgb = np.zeros((height, width, 3), np.float32)
        self.depth_m = np.full((height, width), FAR_M, np.float32)
        self.drawn = (width, height, 0, 0)
        towards = np.array([-light.from_left, -0.25 - light.from_above, -0.75])
        self._light = towards / math.sqrt(float(towards @ towards))
        self._strength = light.strength
        tint = np.array([1.0 + 0.10 * light.warmth, 1.0, 1.0 - 0.14 * light.warmth])
        self._tint = light.exposure * tint

    def draw(self, solids: Sequence[Solid]) -> None:
        """Draw solids, nearest last. Those behind the camera are left out."""
        starts = self.camera.to_camera(np.array([solid.start for solid in solids]))
        ends = self.camera.to_camera(np.array([solid.end for solid in solids]))
        order = np.argsort(-(starts[:, 2] + ends[:, 2]))
        for index in order:
            start, end = starts[index], ends[index]
            if min(start[2], end[2]) > 0.3:
                self._draw_one(solids[index], start, end)

    def _draw_one(self, solid: Solid, start: Array, end: Array) -> None:
        focal, (cx, cy) = self.camera.focal_px, self.camera.centre_px
        middle_m = float(start[2] + end[2]) / 2
        a = np.array([focal * start[0] / start[2] + cx, focal * start[1] / start[2] + cy, focal * start[2] / middle_m])
        b = np.array([focal * end[0] / end[2] + cx, focal * end[1] / end[2] + cy, focal * end[2] / middle_m])
        radius_a = focal * solid.start_radius_m / float(start[2]) + EDGE_PX
        radius_b = focal * solid.end_radius_m / float(end[2]) + EDGE_PX

        # `squeeze` maps the picture's space (pixels right, down, away) to one in which the solid is not stretched.
        squeeze = np.eye(3)
        extent = np.ones(2)
        along = None
        if solid.along is not None:
            along = self.camera.rotation @ solid.along
            squeeze += (1.0 / solid.stretch - 1.0) * np.outer(along, along)
            extent = np.sqrt(1.0 + (solid.stretch**2 - 1.0) * along[:2] ** 2)
        height, width = self.depth_m.shape
        low = np.minimum(a[:2] - radius_a * extent, b[:2] - radius_b * extent)
        high = np.maximum(a[:2] + radius_a * extent, b[:2] + radius_b * extent)
        left, top = max(int(low[0]), 0), max(int(low[1]), 0)
        right, bottom = min(math.ceil(high[0]), width), min(math.ceil(high[1]), height)
        if left >= right or top >= bottom:
            return
        x = (np.arange(left, right, dtype=np.float32) + np.float32(0.5 - a[0]))[None, :]
        y = (np.arange(top, bottom, dtype=np.float32) + np.float32(0.5 - a[1]))[:, None]
        hit = _meet(x, y, squeeze, b - a, radius_a, radius_b)

        def facing(direction: Array) -> Plane:
            return hit.component(squeeze @ direction)

        towards_eye = facing(np.array([0.0, 0.0, -1.0]))
        lit, up = facing(self._light), facing(np.array([0.0, -1.0, 0.0]))
        if along is not None:
            sideways = hit.component(along)
            k = 1.0 / solid.stretch - 1.0
            shrink = 1.0 / np.sqrt(np.maximum(1.0 + np.float32(2 * k + k * k) * sideways * sideways, 1e-3))
            towards_eye, lit, up = towards_eye * shrink, lit * shrink, up * shrink

        box = (slice(top, bottom), slice(left, right))
        depth_m = np.float32(float(start[2])) + hit.t * np.float32(middle_m / focal)
        alpha = np.clip(towards_eye * towards_eye * (0.5 * hit.radius), 0.0, 1.0)
        old_depth = self.depth_m[box]
        alpha *= np.clip((old_depth - depth_m) * np.float32(0.5 / solid.blend_m) + 0.5, 0.0, 1.0)
        alpha *= hit.met
        strength = self._strength
        half = 0.5 + 0.5 * lit
        shade = (1.02 - 0.80 * strength) + 0.13 * up + (1.05 * strength) * half * half
        shade *= 0.72 + 0.28 * np.clip(towards_eye, 0.0, 1.0)
        shine = np.float32(90.0 * solid.gloss) * np.clip(lit, 0.0, 1.0) ** 12 if solid.gloss else None
        colour = (self._tint * solid.colour).astype(np.float32)
        rgb = self.rgb[box]
        new = shade[..., None] * colour
        if shine is not None:
            new += shine[..., None]
        new -= rgb
        new *= alpha[..., None]
        rgb += new
        np.copyto(old_depth, depth_m, where=(alpha > 0.5))
        l, t, r, d = self.drawn
        self.drawn = (min(l, left), min(t, top), max(r, right), max(d, bottom))


@dataclass(frozen=True, slots=True, eq=False)
class _Hit:
    """Where the rays of a rectangle meet a solid: arrays [rows, columns], in the squeezed space from the first ball."""

    t: Plane
    s: Plane
    radius: Plane
    met: NDArray[np.bool_]
    x: Plane
    y: Plane
    squeeze: Array
    axis: Array

    def component(self, direction: Array) -> Plane:
        """The unit normal's component along a direction of the squeezed space."""
        along_x, along_y, along_t = (np.float32(value) for value in direction @ self.squeeze)
        along_s = np.float32(direction @ self.axis)
        value = along_x * self.x + along_y * self.y
        value = value + along_t * self.t
        value -= along_s * self.s
        value /= self.radius
        return value


def _meet(x: Plane, y: Plane, squeeze: Array, span: Array, radius_a: float, radius_b: float) -> _Hit:
    """Meet the rounded cone from 0 to `span` with rays through (x, y, 0) along (0, 0, 1).

    A point p lies on the cone where its distance to the axis point c(s) = s·axis equals the radius r(s), with s chosen
    so that the ball at s touches from inside; eliminating s leaves a quadratic in t. Beyond either end it is that ball.
    """
    f = np.float32
    away = squeeze[:, 2]
    axis = squeeze @ span
    taper = radius_a - radius_b
    length2 = float(axis @ axis)
    slant2 = length2 - taper * taper
    q = float(away @ away)
    axis_away = float(axis @ away)
    origin_axis = f(axis @ squeeze[:, 0]) * x + f(axis @ squeeze[:, 1]) * y
    origin_away = f(away @ squeeze[:, 0]) * x + f(away @ squeeze[:, 1]) * y
    xx, xy, yy = squeeze[:, 0] @ squeeze[:, 0], squeeze[:, 0] @ squeeze[:, 1], squeeze[:, 1] @ squeeze[:, 1]
    origin2 = f(xx) * (x * x) + f(yy) * (y * y)
    if xy:
        origin2 = origin2 + f(2 * xy) * (x * y)

    ball_a = origin_away * origin_away - f(q) * (origin2 - f(radius_a * radius_a))
    from_b = origin_away - f(axis_away)
    ball_b = from_b * from_b - f(q) * (origin2 - 2 * origin_axis + f(length2 - radius_b * radius_b))
    t_a = np.where(ball_a >= 0, -(origin_away + np.sqrt(np.maximum(ball_a, 0))) / f(q), FAR_M)
    t_b = np.where(ball_b >= 0, -(from_b + np.sqrt(np.maximum(ball_b, 0))) / f(q), FAR_M)
    t = np.minimum(t_a, t_b)
    k2 = slant2 * q - axis_away * axis_away
    if slant2 > 1e-6 and k2 > 1e-6:
        k1 = f(slant2) * origin_away - f(axis_away) * origin_axis + f(axis_away * taper * radius_a)
        k0 = f(slant2) * origin2 - origin_axis * (origin_axis - f(2 * taper * radius_a)) - f(length2 * radius_a**2)
        discriminant = k1 * k1 - f(k2) * k0
        t_side = -(np.sqrt(np.maximum(discriminant, 0)) + k1) / f(k2)
        place = origin_axis + f(axis_away) * t_side - f(radius_a * taper)
        on_side = (discriminant >= 0) & (place > 0) & (place < f(slant2))
        t = np.where(on_side, t_side, t)
        s = np.clip((origin_axis + f(axis_away) * t - f(radius_a * taper)) / f(slant2), 0, 1)
    else:
        s = (t_b < t_a).astype(np.float32)
    met = t < FAR_M
    t = np.where(met, t, f(0))
    return _Hit(t, s, f(radius_a) - f(taper) * s, met, x, y, squeeze, axis)
