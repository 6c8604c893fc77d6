"""Drawn sets by chance: lifters, clothes, stances, tempos, cameras and light, each from its seed."""

from __future__ import annotations

import colorsys
import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from edge_valgus.capture.drawn.body import Body
from edge_valgus.capture.drawn.camera import CameraView
from edge_valgus.capture.drawn.look import Arms, Colour, Hair, Legwear, Light, Look, Sleeves
from edge_valgus.capture.drawn.motion import RepScript
from edge_valgus.capture.drawn.script import SetScript

SKINS: Final[tuple[Colour, ...]] = (
    (236, 196, 170),
    (222, 178, 148),
    (204, 156, 122),
    (172, 122, 88),
    (136, 92, 64),
    (98, 66, 48),
)
HAIRS: Final[tuple[Colour, ...]] = ((34, 26, 22), (58, 40, 28), (96, 66, 40), (170, 130, 80), (120, 116, 112))


def random_set(
    seed: int,
    reps: int = 5,
    *,
    knee_in: Mapping[int, tuple[float, float]] | None = None,
    knee_in_from: float = 0.5,
    rest_s: tuple[float, float] = (0.8, 1.6),
) -> SetScript:
    """A set that differs with its seed in all that differs between lifters and gyms.

    reps: how many, 1–200. knee_in: for a rep (0-based), the inward travel of (left, right) knee in metres; the others
    are clean. knee_in_from: see RepScript. rest_s: shortest and longest standing time between reps.
    Asking for knee travel changes nothing else: the same seed without it is the same set with clean knees.
    Raises ValueError for a rep that is not there, or travel out of range.
    """
    if not 1 <= reps <= 200:
        raise ValueError(f"reps = {reps!r}: expected 1 to 200")
    wanted = dict(knee_in or {})
    unknown = sorted(index for index in wanted if not 0 <= index < reps)
    if unknown:
        raise ValueError(f"knee_in names rep {unknown[0]}: expected 0 to {reps - 1}, for a set of {reps}")
    random = np.random.default_rng((seed, 2))
    body = Body(
        height_m=round(random.uniform(1.55, 1.95), 3),
        build=round(random.uniform(0.85, 1.22), 3),
        leg_share=round(random.uniform(0.95, 1.05), 3),
        shoulder_share=round(random.uniform(0.92, 1.12), 3),
        hip_share=round(random.uniform(0.92, 1.12), 3),
    )
    stance_m = round(body.hip_breadth_m * random.uniform(0.9, 1.5), 3)
    toe_out_deg = round(random.uniform(5, 25), 1)
    shin_lean_deg = round(random.uniform(25, 36), 1)
    look = random_look(random)
    view = _view(random, body)
    descent_s, ascent_s = random.uniform(0.8, 2.5, 2)
    depth = random.uniform(0.80, 1.10)
    scripts = []
    for index in range(reps):
        tempo, deeper, hold_s, pause_s = random.uniform(0.9, 1.1), random.uniform(-0.05, 0.05), *random.uniform(0, 1, 2)
        left_m, right_m = wanted.get(index, (0.0, 0.0))
        scripts.append(
            RepScript(
                depth=depth + deeper,
                descent_s=min(max(descent_s * tempo, 0.8), 2.5),
                hold_s=0.05 + 0.45 * hold_s,
                ascent_s=min(max(ascent_s * tempo, 0.8), 2.5),
                rest_s=rest_s[0] + (rest_s[1] - rest_s[0]) * pause_s,
                knee_in_left_m=left_m,
                knee_in_right_m=right_m,
                knee_in_from=knee_in_from,
            )
        )
    return SetScript(
        reps=tuple(scripts),
        lead_in_s=random.uniform(1.2, 2.0),
        body=body,
        look=look,
        view=view,
        stance_m=stance_m,
        toe_out_deg=toe_out_deg,
        shin_lean_deg=shin_lean_deg,
        seed=seed,
    )


def _pick(random: np.random.Generator, choices: Any) -> Any:
    return choices[int(random.integers(len(choices)))]


def _cloth(random: np.random.Generator, low: float, high: float) -> Colour:
    hue, saturation, value = random.random(), random.uniform(0.05, 0.75), random.uniform(low, high)
    red, green, blue = (round(255 * channel) for channel in colorsys.hsv_to_rgb(hue, saturation, value))
    return (red, green, blue)


def random_look(random: np.random.Generator) -> Look:
    """Clothes, colours, arms, light and gym by chance."""
    return Look(
        arms=_pick(random, tuple(Arms)),
        legwear=_pick(random, tuple(Legwear)),
        sleeves=_pick(random, tuple(Sleeves)),
        hair=_pick(random, tuple(Hair)),
        skin_rgb=_pick(random, SKINS),
        hair_rgb=_pick(random, HAIRS),
        shirt_rgb=_cloth(random, 0.2, 0.9),
        legwear_rgb=_cloth(random, 0.12, 0.6),
        shoe_rgb=_cloth(random, 0.1, 0.95),
        sole_rgb=_pick(random, ((238, 238, 234), (214, 206, 190), (40, 40, 42))),
        light=Light(
            from_left=round(random.uniform(-0.9, 0.9), 2),
            from_above=round(random.uniform(0.3, 0.9), 2),
            strength=round(random.uniform(0.35, 0.75), 2),
            exposure=round(random.uniform(0.82, 1.15), 2),
            warmth=round(random.uniform(-0.6, 0.8), 2),
        ),
        noise=round(random.uniform(0.4, 2.5), 1),
        room_seed=int(random.integers(2**31)),
    )


def _view(random: np.random.Generator, body: Body) -> CameraView:
    """A camera that has the whole standing lifter in the picture."""
    height_m = random.uniform(0.6, 1.3)
    distance_m = random.uniform(2.2, 3.2)
    # The feet reach towards the camera, and raised arms do; the margins leave room for both.
    lowest = math.atan2(-height_m, distance_m - 0.25)
    highest = math.atan2(body.height_m + 0.04 - height_m, distance_m)
    pitch = (lowest + highest) / 2 + math.radians(random.uniform(-1.0, 1.0))
    half = max(pitch - lowest, highest - pitch)
    tightest = 0.5 / math.tan(half)
    focal_heights = tightest * random.uniform(0.80, 0.95)
    half_width_m = 0.5 * (640 / 480) / focal_heights * distance_m
    room_m = max(0.0, half_width_m - 0.55)
    return CameraView(
        height_m=round(height_m, 3),
        distance_m=round(distance_m, 3),
        yaw_deg=round(random.uniform(-6, 6), 2),
        pitch_deg=round(math.degrees(pitch), 2),
        roll_deg=round(random.uniform(-1.5, 1.5), 2),
        sideways_m=round(random.uniform(-0.5, 0.5) * room_m, 3),
        focal_heights=round(focal_heights, 4),
    )
