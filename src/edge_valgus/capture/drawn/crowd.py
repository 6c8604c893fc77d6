"""Everybody on the stage, as they are at one moment or over an exposure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edge_valgus.capture.drawn.actor import Player
from edge_valgus.capture.drawn.acts import Posture
from edge_valgus.capture.drawn.camera import Camera
from edge_valgus.capture.drawn.figure import figure
from edge_valgus.capture.drawn.look import Light
from edge_valgus.capture.drawn.placed import placed
from edge_valgus.capture.drawn.render import Box, Canvas
from edge_valgus.capture.drawn.shadows import Floor, round_shadows
from edge_valgus.capture.drawn.solids import Patch
from edge_valgus.capture.drawn.timing import Exposure

BLUR_PX = 1.5  # who moves less than this during the exposure is drawn once for all of it
STEP_PX = 3.0  # the sub-frames of whoever is fastest lie about so far apart
REACH_M = 1.8  # no part of a person, nor of a bar carried, is further than this from the middle of the hips
CLOSE_M = 0.5  # who is nearer to the lens than this is not blurred the more for it

Postures = list[Posture | None]
"""One for each person, None for who is not there."""


class Crowd:
    """Draws people with their shadows. What is drawn again in the same posture is put from memory."""

    def __init__(self, people: Sequence[Player], camera: Camera, light: Light, floor: Floor) -> None:
        self._people = people
        self._camera = camera
        self._light = light
        self._floor = floor
        self._drawn: dict[int, tuple[Posture, list[Patch]]] = {}

    def instants(self, time_s: float, exposure: Exposure) -> list[Postures]:
        """The postures that make up a frame: one set of them, or as many as the fastest needs, evenly over the exposure."""
        middle = [player.at(time_s) for player in self._people]
        if exposure.exposure_s == 0.0 or exposure.sub_frames == 1:
            return [middle]
        first_s, last_s = exposure.span_s(time_s)
        travels_px = [self._travel_px(player.at(first_s), player.at(last_s)) for player in self._people]
        fastest_px = max(travels_px, default=0.0)
        if fastest_px < BLUR_PX:
            return [middle]
        count = min(exposure.sub_frames, 1 + max(1, round(fastest_px / STEP_PX)))
        moving = [travel_px >= BLUR_PX for travel_px in travels_px]
        return [
            [
                player.at(moment_s) if moves else still
                for player, still, moves in zip(self._people, middle, moving, strict=True)
            ]
            for moment_s in exposure.moments_s(time_s, count)
        ]

    def draw(self, canvas: Canvas, postures: Postures, things: list[Patch]) -> Box:
        """Put everybody into a canvas, and things with them; the answer is what has changed of it."""
        patches = list(things)
        for number, (player, posture) in enumerate(zip(self._people, postures, strict=True)):
            if posture is None or not self._in_sight(posture):
                continue
            self._floor.darken(canvas, number, round_shadows(posture, player.actor.body, self._light))
            known = self._drawn.get(number)
            if known is None or known[0] is not posture:
                solids = figure(posture.pose, player.actor.look, barbell=posture.barbell)
                known = (posture, canvas.shaded(placed(solids, posture.place)))
                self._drawn[number] = known
            patches += known[1]
        return canvas.put(patches)

    def _in_sight(self, posture: Posture) -> bool:
        """Whether any of a ball around the person may be in the picture."""
        x, y, away_m = self._camera.to_camera(posture.place.to_gym(posture.pose.squat.pelvis)).tolist()
        reach = (away_m + REACH_M) / self._camera.focal_px
        half_width, half_height = self._camera.centre_px.tolist()
        beside = abs(x) - REACH_M > half_width * reach or abs(y) - REACH_M > half_height * reach
        return bool(away_m > -REACH_M and not beside)

    def _travel_px(self, first: Posture | None, last: Posture | None) -> float:
        """How far on the picture the fastest joint goes from one posture to the other, about; 0 for who is not in sight."""
        if first is None or last is None or not self._in_sight(first):
            return 0.0
        start, end = (posture.place.to_gym(posture.pose.keypoints) for posture in (first, last))
        nearest_m = max(float(self._camera.to_camera(start)[:, 2].min()), CLOSE_M)
        furthest_m = float(np.sqrt(((end - start) ** 2).sum(axis=1).max()))
        return self._camera.focal_px * furthest_m / nearest_m
