"""Flesh and clothes on the skeleton: the solids a lifter is drawn from."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from edge_valgus.capture.drawn.head import head_solids
from edge_valgus.capture.drawn.look import Arms, Colour, Legwear, Look, Sleeves
from edge_valgus.capture.drawn.skeleton import ArmPose, Pose3D, bar_centre
from edge_valgus.capture.drawn.solids import Solid
from edge_valgus.capture.drawn.squat import LegPose

Array = NDArray[np.float64]

STEEL: Colour = (168, 170, 176)
PLATE: Colour = (30, 31, 34)
SOCK: Colour = (226, 226, 224)


def shade(colour: Colour, factor: float) -> Colour:
    """A darker (< 1) or lighter shade of a colour."""
    red, green, blue = (min(255, round(channel * factor)) for channel in colour)
    return (red, green, blue)


def figure(pose: Pose3D, look: Look, *, barbell: bool | None = None) -> list[Solid]:
    """Everything that moves: the lifter, and the barbell if there is one; by default where the look's arms hold one."""
    body = pose.body
    girth = body.build * body.height_m / 1.75
    solids = _trunk(pose, look, girth)
    for leg, side in ((pose.squat.left, 1.0), (pose.squat.right, -1.0)):
        solids += _leg(leg, side, look, girth)
        solids += _foot(leg, look, body.foot_m, body.ankle_height_m)
    for arm in (pose.left_arm, pose.right_arm):
        solids += _arm(arm, look, girth)
    solids += head_solids(pose, look)
    if look.arms is Arms.BARBELL if barbell is None else barbell:
        solids += barbell_solids(bar_centre(pose.neck, pose.trunk), pose.trunk[0])
    return solids


def _between(start: Array, end: Array, share: float) -> Array:
    point: Array = start + share * (end - start)
    return point


def _trunk(pose: Pose3D, look: Look, girth: float) -> list[Solid]:
    body, trunk, neck, pelvis = pose.body, pose.trunk, pose.neck, pose.squat.pelvis
    left, up, forward = trunk
    hip_half, shoulder_half = body.hip_half_m, body.shoulder_half_m
    shirt, bottom = look.shirt_rgb, look.legwear_rgb
    low = pelvis + 0.03 * up - 0.02 * forward
    waist = _between(pelvis, neck, 0.40) + 0.005 * forward
    chest = _between(pelvis, neck, 0.74) + 0.010 * forward
    waist_radius, chest_radius = 0.092 * girth, 0.098 * girth
    hip_stretch = (hip_half + 0.080 * girth) / (0.105 * girth)
    waist_stretch = (0.5 * (hip_half + shoulder_half) + 0.005) / waist_radius
    chest_stretch = (shoulder_half - 0.012) / chest_radius
    solids = [
        Solid(low, _between(pelvis, neck, 0.22), 0.105 * girth, 0.098 * girth, bottom, left, hip_stretch, 0.02, 0.0),
        Solid(
            _between(pelvis, neck, 0.20),
            waist,
            0.101 * girth,
            waist_radius,
            shirt,
            left,
            0.98 * hip_stretch,
            0.02,
            0.03,
        ),
        Solid(waist, chest, waist_radius, chest_radius, shirt, left, 0.5 * (waist_stretch + chest_stretch), 0.03, 0.03),
        Solid(chest, _between(pelvis, neck, 0.90), chest_radius, 0.070 * girth, shirt, left, chest_stretch, 0.03, 0.03),
        Solid(neck - 0.02 * up, neck + 0.045 * up, 0.062 * girth, 0.050, shirt, left, 1.5, 0.03, 0.03),
        Solid(chest + 0.035 * forward, neck + 0.02 * forward, 0.062 * girth, 0.048, shirt, left, 1.7, 0.03, 0.03),
        Solid(neck + 0.02 * up, _between(neck, pose.head_centre, 0.75), 0.057, 0.052, look.skin_rgb, None, 1.0, 0.02),
    ]
    for side in (1.0, -1.0):
        shoulder = neck + side * shoulder_half * left
        solids += [
            Solid(
                neck + side * 0.03 * left + 0.025 * up, shoulder, 0.044 * girth, 0.056 * girth, shirt, None, 1.0, 0.03
            ),
            Solid(
                chest + side * 0.055 * left + 0.044 * forward + 0.02 * up,
                chest + side * 0.095 * left + 0.040 * forward + 0.05 * up,
                0.055 * girth,
                0.050 * girth,
                shirt,
                None,
                1.0,
                0.03,
                0.03,
            ),
        ]
    return solids


def _leg(leg: LegPose, side: float, look: Look, girth: float) -> list[Solid]:
    hip, knee, ankle = leg.hip, leg.knee, leg.ankle
    skin, cloth = look.skin_rgb, look.legwear_rgb
    hip_up = hip + np.array([side * 0.012, 0.0, 0.0])
    calf = _between(knee, ankle, 0.30) - 0.014 * leg.foot
    above_knee = _between(knee, hip, 0.14)
    shin_end = _between(knee, ankle, 0.97)
    legs_in_cloth = look.legwear is not Legwear.SHORTS
    lower = cloth if legs_in_cloth else skin
    loose = 1.16 if look.legwear is Legwear.TROUSERS else 1.0
    gloss = 0.05 if legs_in_cloth else 0.14
    thigh_middle = _between(hip, knee, 0.45)
    solids = [
        Solid(thigh_middle, above_knee, 0.078 * girth * loose, 0.058 * girth * loose, lower, None, 1.0, 0.012, gloss),
        Solid(above_knee, knee, 0.058 * girth * loose, 0.054 * girth * loose, lower, None, 1.0, 0.012, gloss),
        Solid(knee, calf, 0.053 * girth * loose, 0.056 * girth * loose, lower, None, 1.0, 0.012, gloss),
        Solid(calf, shin_end, 0.056 * girth * loose, 0.036 * girth**0.5 * loose, lower, None, 1.0, 0.012, gloss),
        Solid(hip_up, thigh_middle, 0.092 * girth, 0.080 * girth * loose, cloth, None, 1.0, 0.015, 0.02),
    ]
    if look.legwear is Legwear.SHORTS:
        hem = _between(hip, knee, 0.64)
        solids.append(Solid(thigh_middle, hem, 0.087 * girth, 0.082 * girth, cloth, None, 1.0, 0.004, 0.02))
        solids.append(
            Solid(
                _between(knee, ankle, 0.86),
                shin_end,
                0.039 * girth**0.5,
                0.039 * girth**0.5,
                SOCK,
                None,
                1.0,
                0.004,
                0.0,
            )
        )
    # The kneecap catches light and marks the joint, whatever covers it.
    front = math.sqrt(max(float((knee - _between(hip, ankle, 0.5)) @ (knee - _between(hip, ankle, 0.5))), 1e-6))
    cap = knee + (knee - _between(hip, ankle, 0.5)) / front * 0.022 * girth
    solids.append(
        Solid(cap, cap, 0.040 * girth * loose, 0.040 * girth * loose, shade(lower, 1.05), None, 1.0, 0.015, gloss)
    )
    return solids


def _foot(leg: LegPose, look: Look, foot_m: float, ankle_height_m: float) -> list[Solid]:
    ahead = leg.foot
    aside = np.array([ahead[2], 0.0, -ahead[0]])
    floor = leg.ankle - np.array([0.0, ankle_height_m, 0.0])
    up = np.array([0.0, 1.0, 0.0])
    heel, ball, toe = (floor + share * foot_m * ahead for share in (-0.14, 0.45, 0.66))
    shoe, sole = look.shoe_rgb, look.sole_rgb
    return [
        Solid(heel + 0.046 * up, ball + 0.040 * up, 0.040, 0.034, shoe, aside, 1.05, 0.006, 0.2),
        Solid(ball + 0.040 * up, toe + 0.034 * up, 0.034, 0.027, shoe, aside, 1.35, 0.008, 0.2),
        Solid(leg.ankle + 0.012 * up, ball + 0.052 * up, 0.042, 0.026, shoe, None, 1.0, 0.006, 0.2),
        Solid(leg.ankle + 0.030 * up, leg.ankle + 0.012 * up, 0.042, 0.043, shade(shoe, 0.7), None, 1.0, 0.006, 0.0),
        Solid(heel + 0.014 * up, ball + 0.014 * up, 0.014, 0.014, sole, aside, 3.1, 0.004, 0.0),
        Solid(ball + 0.014 * up, toe + 0.014 * up, 0.014, 0.014, sole, aside, 3.0, 0.004, 0.0),
        Solid(
            _between(leg.ankle, ball, 0.45) + 0.030 * up,
            _between(leg.ankle, ball, 0.75) + 0.034 * up,
            0.018,
            0.016,
            sole,
            None,
            1.0,
            0.006,
            0.0,
        ),
    ]


def _arm(arm: ArmPose, look: Look, girth: float) -> list[Solid]:
    skin, shirt = look.skin_rgb, look.shirt_rgb
    lean = girth**0.7
    long = look.sleeves is Sleeves.LONG
    upper, lower = (shirt, shirt) if long else (skin, skin)
    near_elbow = _between(arm.shoulder, arm.elbow, 0.9)
    belly = _between(arm.elbow, arm.wrist, 0.25)
    solids = [
        Solid(arm.shoulder, near_elbow, 0.050 * girth, 0.040 * lean, upper, None, 1.0, 0.012),
        Solid(near_elbow, arm.elbow, 0.040 * lean, 0.037 * lean, upper, None, 1.0, 0.012),
        Solid(arm.elbow, belly, 0.037 * lean, 0.041 * lean, lower, None, 1.0, 0.012),
        Solid(belly, arm.wrist, 0.041 * lean, 0.027 * lean, lower, None, 1.0, 0.012),
        Solid(arm.wrist, arm.hand, 0.028, 0.037, skin, None, 1.0, 0.01),
        Solid(arm.hand, _between(arm.wrist, arm.hand, 1.75), 0.034, 0.022, shade(skin, 0.95), None, 1.0, 0.01),
    ]
    if look.sleeves is not Sleeves.NONE:
        hem = _between(arm.shoulder, arm.elbow, 0.55)
        solids.append(Solid(arm.shoulder, hem, 0.062 * girth, 0.058 * lean, shirt, None, 1.0, 0.006, 0.03))
    return solids


def barbell_solids(centre: Array, left: Array) -> list[Solid]:
    """A loaded barbell about its middle, along the unit vector `left`."""
    solids = [
        Solid(centre - 0.66 * left, centre + 0.66 * left, 0.014, 0.014, STEEL, None, 1.0, 0.004, 0.8),
    ]
    for side in (1.0, -1.0):
        for inner, radius in ((0.70, 0.225), (0.75, 0.225)):
            plate = centre + side * inner * left
            solids.append(Solid(plate, plate, radius, radius, PLATE, left, 0.09, 0.003, 0.3))
        solids.append(
            Solid(centre + side * 0.66 * left, centre + side * 1.08 * left, 0.025, 0.025, STEEL, None, 1.0, 0.004, 0.8)
        )
    return solids
