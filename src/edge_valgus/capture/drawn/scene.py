"""The gym behind the lifter, drawn once: floor, wall, window light, rack, plates, bench, and the lifter's shadow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from edge_valgus.capture.drawn.camera import Camera
from edge_valgus.capture.drawn.look import Look
from edge_valgus.capture.drawn.solids import FAR_M

Array = NDArray[np.float64]
Plane = NDArray[np.float32]

FINER = 2  # props are drawn so many times finer and shrunk: their edges get smooth


@dataclass(frozen=True, slots=True, eq=False)
class Gym:
    """The empty gym as a camera sees it.

    picture: float32 [height, width, 3], 0–255, under the look's light, without sensor noise. depth_m: float32 [height,
    width], how far away what stands about is (each face flat towards the camera); FAR_M for floor and wall.
    """

    picture: Plane
    depth_m: Plane


def wall_z_m(room_seed: int) -> float:
    """Where the wall behind the lifter is, in the gym's z: between -3.2 and -1.6."""
    return _Room(np.random.default_rng(room_seed)).wall_z


def background(camera: Camera, look: Look, shadows: Array) -> Plane:
    """The picture of the empty gym: see `gym`."""
    return gym(camera, look, shadows).picture


def gym(camera: Camera, look: Look, shadows: Array) -> Gym:
    """The empty gym of the look's room.

    shadows: float64 [n, 4], round shadows on the floor: x, z, radius (metres), darkness 0–1.
    """
    random = np.random.default_rng(look.room_seed)
    room = _Room(random)
    surfaces = _surfaces(camera, room, random, shadows)
    picture = Image.fromarray(np.clip(surfaces, 0, 255).astype(np.uint8))
    width, height = camera.size_px
    picture = picture.resize((width * FINER, height * FINER), Image.Resampling.BILINEAR)
    depth = Image.new("F", picture.size, float(FAR_M))
    _Props(ImageDraw.Draw(picture), ImageDraw.Draw(depth), camera, room, random).draw()
    picture = picture.resize((width, height), Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(0.8))
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    vignette = 1.0 - 0.10 * (x * x + y * y)
    lit: Plane = (np.asarray(picture, np.float64) * look.light.tint * vignette[..., None]).astype(np.float32)
    return Gym(lit, np.asarray(depth, np.float32)[::FINER, ::FINER].copy())


class _Room:
    """What differs from one gym to the next."""

    def __init__(self, random: np.random.Generator) -> None:
        self.wall_z = -random.uniform(1.6, 3.2)
        grey = random.uniform(120, 205)
        self.wall = grey + random.uniform(-18, 18, 3)
        self.band = np.clip(random.uniform(40, 200, 3), 0, 235)
        self.band_y = random.uniform(0.5, 1.1)
        self.floor = random.uniform(58, 130) + random.uniform(-8, 8, 3)
        self.speckle = random.uniform(1, 7)
        self.tile_m = random.uniform(0.5, 1.1)
        self.window_x = random.uniform(-3.0, 2.0)
        self.has_window = random.random() < 0.7
        self.has_rack = random.random() < 0.75
        self.rack_half = random.uniform(0.62, 0.85)
        self.rack_z = random.uniform(-1.15, -0.55)
        self.rack = random.uniform(25, 90) + random.uniform(-10, 10, 3)
        if random.random() < 0.3:
            self.rack = np.array([150.0, 36.0, 32.0])


def _surfaces(camera: Camera, room: _Room, random: np.random.Generator, shadows: Array) -> Array:
    """Floor and wall, pixel by pixel: where each ray meets which."""
    width, height = camera.size_px
    y, x = np.mgrid[0:height, 0:width] + 0.5
    cx, cy = camera.centre_px
    rays = np.stack([(x - cx) / camera.focal_px, (y - cy) / camera.focal_px, np.ones_like(x)], -1) @ camera.rotation
    origin = camera.position_m
    to_floor = np.where(rays[..., 1] < -1e-6, -origin[1] / np.minimum(rays[..., 1], -1e-6), np.inf)
    to_wall = (room.wall_z - origin[2]) / np.minimum(rays[..., 2], -1e-6)
    on_floor = to_floor < to_wall
    place = origin + rays * np.where(on_floor, to_floor, to_wall)[..., None]

    wall = np.broadcast_to(room.wall, (height, width, 3)).copy()
    wall[place[..., 1] < room.band_y] = 0.55 * room.wall + 0.45 * room.band
    joint = np.abs((place[..., 0] / 1.2) % 1.0 - 0.5) > 0.495
    wall[joint] *= 0.93
    wall *= (0.82 + 0.10 * np.clip(place[..., 1], 0, 2.5))[..., None]
    if room.has_window:
        across = (place[..., 0] - room.window_x) / 0.75
        upward = (place[..., 1] - 1.75) / 0.55
        glow = np.exp(-np.maximum(np.maximum(np.abs(across), np.abs(upward)) - 1, 0) * 2.2)
        wall += 26 * glow[..., None]
        pane = (np.abs(across) < 1) & (np.abs(upward) < 1) & (np.abs(across) > 0.04)
        wall[pane] = (228, 234, 240)

    floor = np.broadcast_to(room.floor, (height, width, 3)).copy()
    floor += random.normal(0, room.speckle, (height, width, 1))
    seam = (np.abs((place[..., 0] / room.tile_m) % 1 - 0.5) > 0.492) | (
        np.abs((place[..., 2] / room.tile_m) % 1 - 0.5) > 0.490
    )
    floor[seam] *= 0.80
    floor *= (0.92 + 0.06 * np.clip(place[..., 2] + 1.0, -1, 3))[..., None]
    for at_x, at_z, radius, darkness in shadows:
        away2 = (place[..., 0] - at_x) ** 2 + (place[..., 2] - at_z) ** 2
        floor *= (1 - darkness * np.exp(-away2 / (radius * radius)))[..., None]
    corner = np.exp(-np.abs(place[..., 2] - room.wall_z) * 3.0)
    floor *= (1 - 0.35 * corner)[..., None]
    return np.where(on_floor[..., None], floor, wall)


class _Props:
    """What stands about, as polygons in space, far ones first."""

    def __init__(
        self,
        draw: ImageDraw.ImageDraw,
        draw_depth: ImageDraw.ImageDraw,
        camera: Camera,
        room: _Room,
        random: np.random.Generator,
    ) -> None:
        self._draw = draw
        self._draw_depth = draw_depth
        self._camera = camera
        self._room = room
        self._random = random

    def draw(self) -> None:
        """Wall things, then the rack, then what lies nearer."""
        random, room = self._random, self._room
        z = room.wall_z
        self._box((random.uniform(-2.6, -1.6), 0.0, z + 0.35), (0.9, 0.09, 0.25), (60, 60, 64))
        shelf_x = random.uniform(0.9, 2.0)
        for level in (0.25, 0.62, 0.98):
            self._box((shelf_x, level, z + 0.3), (1.3, 0.05, 0.28), (44, 45, 48))
            for weight in np.arange(shelf_x + 0.08, shelf_x + 1.25, 0.17):
                self._disc((weight, level + 0.13, z + 0.45), random.uniform(0.055, 0.085), (34, 34, 38))
        for x in (random.uniform(-1.5, -1.1), random.uniform(1.0, 1.5)):
            radius = random.choice([0.15, 0.2, 0.225])
            self._disc((x, radius, z + 0.2), radius, tuple(random.integers(20, 140, 3)))
            self._disc((x, radius, z + 0.21), 0.045, (150, 150, 154))
        if room.has_rack:
            for side in (-1, 1):
                self._box((side * room.rack_half - 0.035, 0.0, room.rack_z), (0.07, 2.4, 0.07), room.rack)
                for hole in np.arange(0.4, 2.3, 0.12):
                    self._disc((side * room.rack_half, hole, room.rack_z + 0.071), 0.011, (12, 12, 12))
            self._box((-room.rack_half, 2.25, room.rack_z), (2 * room.rack_half, 0.07, 0.07), room.rack)
        bench_x = random.choice([-1.9, 1.25])
        self._box((bench_x, 0.36, -1.3), (0.7, 0.10, 0.32), (28, 28, 30))
        self._box((bench_x + 0.08, 0.0, -1.2), (0.06, 0.36, 0.06), (96, 98, 102))
        self._box((bench_x + 0.55, 0.0, -1.2), (0.06, 0.36, 0.06), (96, 98, 102))

    def _polygon(self, corners: Array, colour: Array) -> None:
        distance_m = self._camera.to_camera(corners)[:, 2]
        if float(distance_m.min()) < 0.2:
            return
        pixels = [(float(x), float(y)) for x, y in self._camera.project(corners) * FINER]
        self._draw.polygon(pixels, fill=tuple(int(channel) for channel in np.clip(colour, 0, 255)))
        self._draw_depth.polygon(pixels, fill=float(distance_m.mean()))

    def _box(self, corner: tuple[float, float, float], size: tuple[float, float, float], colour: object) -> None:
        """A box from its lowest, leftmost, furthest corner: sides, top and front."""
        low = np.array(corner)
        high = low + np.array(size)
        x0, y0, z0 = low
        x1, y1, z1 = high
        rgb = np.asarray(colour, np.float64)
        eye = self._camera.position_m
        x_side = x0 if eye[0] < (x0 + x1) / 2 else x1
        self._polygon(np.array([(x_side, y0, z0), (x_side, y1, z0), (x_side, y1, z1), (x_side, y0, z1)]), 0.62 * rgb)
        if eye[1] > y1:
            self._polygon(np.array([(x0, y1, z0), (x1, y1, z0), (x1, y1, z1), (x0, y1, z1)]), 1.25 * rgb)
        self._polygon(np.array([(x0, y0, z1), (x1, y0, z1), (x1, y1, z1), (x0, y1, z1)]), rgb)

    def _disc(self, centre: tuple[float, float, float], radius: float, colour: object) -> None:
        turn = np.linspace(0, 2 * np.pi, 28, endpoint=False)
        rim = np.stack([radius * np.cos(turn), radius * np.sin(turn), np.zeros_like(turn)], -1)
        self._polygon(np.array(centre) + rim, np.asarray(colour, np.float64))
