"""Training pictures: what the network will be shown, and where the joints of whom it shall find are.

A room (a drawn gym, or clutter that no gym has) is drawn once and used for several pictures, each with somebody else in
it. A picture is cut out around its person as the crop tracker does, give or take, or as the search does; it is kept
larger than the network's input, so that training can shift, turn and scale it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from edge_valgus.capture.drawn.acts import Place, Posture
from edge_valgus.capture.drawn.camera import Camera, CameraView
from edge_valgus.capture.drawn.figure import figure
from edge_valgus.capture.drawn.look import Light, Look
from edge_valgus.capture.drawn.placed import placed
from edge_valgus.capture.drawn.props import Bench, FloorPlate, Frontage
from edge_valgus.capture.drawn.render import Canvas, Plane
from edge_valgus.capture.drawn.scene import gym, wall_z_m
from edge_valgus.capture.drawn.shadows import Floor, round_shadows
from edge_valgus.capture.drawn.solids import FAR_M
from edge_valgus.capture.drawn.variation import random_look
from edge_valgus.frames import KEYPOINT_COUNT
from edge_valgus.pose.crop import FEET_MARGIN, MARGIN, Crop, CropSampler, search_crops
from keypoint_training.people import Person, random_person, random_turn_deg

INPUT_PX: Final = 192
ROOM: Final = 1.25  # a kept picture shows so much more on each axis than the network will see
KEPT_PX: Final = int(INPUT_PX * ROOM)
PICTURES_PER_ROOM: Final = 16
SIZES_PX: Final = ((640, 480), (480, 640), (640, 360))

NOBODY: Final = 0.07  # share of the pictures without a person
SEARCHED: Final = 0.10  # share of those with one that are cut out as in a search
CLUTTER: Final = 0.4  # share of the rooms that are no gyms
COMPANY: Final = 0.3  # share of the pictures with others in them
IN_FRONT: Final = 0.15  # share of the others who are nearer to the camera
SMALLEST: Final = 0.28  # a person who fills less of a searched square is not asked for
SEEN_FROM_M: Final = 0.1
PLACES: Final = 6  # that somebody is tried in before somebody else is made up


@dataclass(frozen=True, slots=True)
class Picture:
    """One training picture.

    image: uint8 [KEPT_PX, KEPT_PX, 3]. xy: float32 [17, 2], joints in shares of the network's square, which is the middle
    1 / ROOM of the image; NaN for all of them when nobody is there.
    """

    image: NDArray[np.uint8]
    xy: NDArray[np.float32]


def pictures(seed: int) -> Iterator[Picture]:
    """The pictures of one room, always the same for a seed."""
    random = np.random.default_rng((seed, 4))
    room = _Room(random)
    for _ in range(PICTURES_PER_ROOM):
        yield room.picture(random)


class _Room:
    """A camera in a place, with what stands in it."""

    def __init__(self, random: np.random.Generator) -> None:
        size_px = SIZES_PX[int(random.choice(len(SIZES_PX), p=(0.6, 0.3, 0.1)))]
        self._view = _random_view(random, size_px)
        self._camera = Camera(self._view, size_px)
        look = random_look(random)
        light = Light(
            look.light.from_left,
            look.light.from_above,
            float(random.uniform(0.25, 0.85)),
            float(random.uniform(0.55, 1.35)),
            look.light.warmth,
        )
        frontage = _random_frontage(random)
        room_look = Look(light=light, room_seed=look.room_seed)
        if random.random() < CLUTTER:
            picture, depth_m = _clutter(random, size_px), np.full(size_px[::-1], FAR_M, np.float32)
        else:
            empty = gym(self._camera, room_look, np.array(frontage.shadows()).reshape(-1, 4))
            picture, depth_m = empty.picture, empty.depth_m
        canvas = Canvas(picture.transpose(2, 0, 1).copy(), self._camera, light, depth_m, opaque=True)
        canvas.draw(frontage.standing())
        self._canvas = Canvas(canvas.rgb.copy(), self._camera, light, canvas.depth_m.copy(), opaque=True)
        self._floor = Floor(self._camera, wall_z_m(room_look.room_seed), canvas.depth_m < FAR_M)
        self._light = light
        self._noise = float(math.exp(random.uniform(math.log(0.4), math.log(8.0))))
        self._sampler = CropSampler(KEPT_PX)
        self._number = 0

    def picture(self, random: np.random.Generator) -> Picture:
        """Somebody in the room, or nobody."""
        if random.random() < NOBODY:
            return self._cut(random, self._random_crop(random), np.full((KEYPOINT_COUNT, 2), np.nan))
        person, place, xy_px = self._somebody(random)
        self._draw(person, place)
        if random.random() < COMPANY:
            for _ in range(int(random.integers(1, 4))):
                self._draw(random_person(random), self._beside(random, place))
        crop = _crop_around(random, xy_px)
        if random.random() < SEARCHED:
            crops = search_crops(self._camera.size_px, 0.0, 1.0)
            wide = crops[int(random.integers(len(crops)))]
            if _fills(xy_px, wide) >= SMALLEST:
                crop = wide
        picture = self._cut(random, crop, xy_px)
        self._canvas.restore()
        return picture

    def _somebody(self, random: np.random.Generator) -> tuple[Person, Place, NDArray[np.float64]]:
        """Whom the network shall find: where all of the body is in front of the lens, and most of it in the picture."""
        while True:
            person = random_person(random)
            # Making somebody up costs more than placing them.
            for _ in range(PLACES):
                reach = 0.4 * self._view.distance_m
                x_m, z_m = random.uniform(-0.5, 0.5) * reach, random.uniform(-0.8, 0.6) * reach
                place = Place(x_m, z_m, random_turn_deg(random))
                points_m = place.to_gym(person.pose.keypoints)
                if self._camera.to_camera(points_m)[:, 2].min() < SEEN_FROM_M:
                    continue
                xy_px = self._camera.project(points_m)
                inside = ((xy_px >= 0.0) & (xy_px < self._camera.size_px)).all(axis=1)
                partly = random.random() < 0.12
                if (
                    inside.mean() >= (0.6 if partly else 0.95)
                    and np.ptp(xy_px, axis=0).max() > 0.2 * self._camera.size_px[1]
                ):
                    return person, place, xy_px

    def _beside(self, random: np.random.Generator, place: Place) -> Place:
        """A place for somebody else: mostly behind, never where the first one is."""
        aside_m = random.choice((-1.0, 1.0)) * random.uniform(0.55, 2.2)
        ahead_m = random.uniform(0.5, 1.0) if random.random() < IN_FRONT else -random.uniform(0.3, 1.6)
        return Place(place.x_m + aside_m, place.z_m + ahead_m, random.uniform(-180.0, 180.0))

    def _draw(self, person: Person, place: Place) -> None:
        if self._camera.to_camera(place.to_gym(person.pose.keypoints))[:, 2].min() < SEEN_FROM_M:
            return
        posture = Posture(person.pose, place, barbell=person.barbell)
        self._number += 1
        self._floor.darken(self._canvas, self._number, round_shadows(posture, person.pose.body, self._light))
        self._canvas.draw(placed(figure(person.pose, person.look, barbell=person.barbell), place))

    def _random_crop(self, random: np.random.Generator) -> Crop:
        width, height = self._camera.size_px
        side = random.uniform(0.35, 1.2) * min(width, height)
        return Crop(random.uniform(-0.1, 1.1) * width - side / 2, random.uniform(0.2, 0.9) * height - side / 2, side)

    def _cut(self, random: np.random.Generator, crop: Crop, xy_px: NDArray[np.float64]) -> Picture:
        side = crop.side_px * ROOM
        margin = (side - crop.side_px) / 2
        kept = self._sampler.sample(*self._taken(random, Crop(crop.left_px - margin, crop.top_px - margin, side)))
        xy = (xy_px - (crop.left_px, crop.top_px)) / crop.side_px
        return Picture(kept[0].copy(), xy.astype(np.float32))

    def _taken(self, random: np.random.Generator, crop: Crop) -> tuple[NDArray[np.uint8], Crop]:
        """The part of the picture that the crop needs, with the sensor's noise, and the crop in it."""
        width, height = self._camera.size_px
        # A pixel more on each side, for what is between two.
        left, right = (min(max(at, 0), width) for at in (math.floor(crop.left_px) - 1, math.ceil(crop.right_px) + 1))
        top, bottom = (min(max(at, 0), height) for at in (math.floor(crop.top_px) - 1, math.ceil(crop.bottom_px) + 1))
        if right - left < 2 or bottom - top < 2:
            return np.zeros((2, 2, 3), np.uint8), Crop(10.0, 10.0, crop.side_px)
        part = self._canvas.rgb[:, top:bottom, left:right].transpose(1, 2, 0)
        grain = random.standard_normal((*part.shape[:2], 1), np.float32)
        grain *= np.float32(self._noise)
        noisy = part + grain
        np.clip(noisy, 0.0, 255.0, out=noisy)
        return noisy.astype(np.uint8), Crop(crop.left_px - left, crop.top_px - top, crop.side_px)


def _crop_around(random: np.random.Generator, xy_px: NDArray[np.float64]) -> Crop:
    """As the crop tracker's: around all joints, give or take, and larger where the body was larger a moment ago.

    On drawn sets its side is 0.97 to 1.15 times that of the square that fits, in deep squats to 1.27 (5 to 95 %).
    """
    low, high = xy_px.min(axis=0), xy_px.max(axis=0)
    extent = float((high - low).max())
    fitting = extent * (1.0 + 2.0 * MARGIN)
    kind = random.random()
    side = fitting * (random.normal(1.0, 0.03) if kind < 0.6 else random.uniform(0.9, 1.4 if kind < 0.93 else 2.0))
    # A joint that is seen where it is not moves the square by half of that.
    off = random.standard_normal(2) * side * (0.015 if random.random() < 0.7 else 0.06)
    # Whoever went down leaves room above the head, and who comes up is in the lower part.
    spare = max(0.0, side - fitting)
    middle = (low + high) / 2 + off + (0.0, extent * FEET_MARGIN / 2 - spare * random.uniform(-0.1, 0.5))
    return Crop(float(middle[0]) - side / 2, float(middle[1]) - side / 2, side)


def _fills(xy_px: NDArray[np.float64], crop: Crop) -> float:
    inside = ((xy_px >= (crop.left_px, crop.top_px)) & (xy_px <= (crop.right_px, crop.bottom_px))).all(axis=1)
    return float(np.ptp(xy_px, axis=0).max() / crop.side_px) if inside.mean() > 0.9 else 0.0


def _random_view(random: np.random.Generator, size_px: tuple[int, int]) -> CameraView:
    height_m, distance_m = random.uniform(0.3, 1.8), random.uniform(1.7, 4.5)
    middle_m = random.uniform(0.7, 1.0)
    short = math.radians(random.uniform(38.0, 72.0)) / 2
    across = short if size_px[0] > size_px[1] else math.atan(math.tan(short) * size_px[1] / size_px[0])
    return CameraView(
        height_m=height_m,
        distance_m=distance_m,
        yaw_deg=random.uniform(-15.0, 15.0),
        pitch_deg=math.degrees(math.atan2(middle_m - height_m, distance_m)) + random.normal(0.0, 3.0),
        roll_deg=random.normal(0.0, 4.0),
        sideways_m=random.uniform(-0.3, 0.3),
        focal_heights=0.5 / math.tan(across),
    )


def _random_frontage(random: np.random.Generator) -> Frontage:
    if random.random() < 0.55:
        return Frontage()
    uprights: tuple[float, ...] = ()
    if random.random() < 0.6:
        half_m, shift_m = random.uniform(0.5, 0.8), random.normal(0.0, 0.1)
        uprights = (shift_m - half_m, shift_m + half_m)
    benches = (Bench(random.uniform(-1.0, 1.0), random.uniform(0.5, 1.0), bool(random.random() < 0.5)),)
    plates = tuple(
        FloorPlate(random.uniform(-1.2, 1.2), random.uniform(0.4, 1.0), random.uniform(0.14, 0.23))
        for _ in range(int(random.integers(0, 3)))
    )
    return Frontage(
        uprights_x_m=uprights,
        uprights_z_m=random.uniform(0.25, 0.8),
        height_m=random.uniform(1.6, 2.5),
        thickness_m=random.uniform(0.04, 0.09),
        top_bar=bool(random.random() < 0.5),
        safety_m=random.uniform(0.4, 0.9) if random.random() < 0.4 else None,
        benches=benches if random.random() < 0.25 else (),
        plates=plates,
    )


def _clutter(random: np.random.Generator, size_px: tuple[int, int]) -> Plane:
    """Shades, boxes, bars and blobs: no room at all, so that nothing is learned from rooms."""
    width, height = size_px
    picture = Image.new("RGB", size_px, _colour(random))
    draw = ImageDraw.Draw(picture)
    for _ in range(int(random.integers(4, 60))):
        x, y = random.uniform(-0.2, 1.1) * width, random.uniform(-0.2, 1.1) * height
        w, h = width * random.exponential(0.2), height * random.exponential(0.2)
        shape = int(random.integers(4))
        if shape == 0:
            draw.rectangle((x, y, x + w, y + h), fill=_colour(random))
        elif shape == 1:
            draw.ellipse((x, y, x + w, y + h), fill=_colour(random))
        elif shape == 2:
            draw.line(
                (x, y, x + random.normal(0, w + 1), y + h), fill=_colour(random), width=int(random.integers(1, 24))
            )
        else:
            corners = [(x + random.normal(0, w + 1), y + random.normal(0, h + 1)) for _ in range(4)]
            draw.polygon(corners, fill=_colour(random))
    blur = random.uniform(0.0, 3.0)
    shade = np.linspace(random.uniform(0.5, 1.2), random.uniform(0.5, 1.2), height)[:, None, None]
    blurred: Plane = (np.asarray(picture.filter(ImageFilter.GaussianBlur(blur)), np.float32) * shade).astype(np.float32)
    return blurred


def _colour(random: np.random.Generator) -> tuple[int, int, int]:
    grey, tint = random.uniform(20, 235), random.normal(0.0, 25.0, 3)
    red, green, blue = (int(np.clip(grey + part, 0, 255)) for part in tint)
    return red, green, blue
