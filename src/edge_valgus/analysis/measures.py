"""The measures of one frame, each a formula over pixels.

Ratios and angles need no scale; what does is divided by the standing leg length of `baseline`. NaN where a measure is
not defined. Signs: medial (towards the other leg) is positive.
"""

from __future__ import annotations

import math
from typing import Final

from edge_valgus.analysis.body import Body, Leg
from edge_valgus.events import NAN, Side

PARALLEL_HIP_TRAVEL: Final = 0.56
"""Hip travel, in standing leg lengths, that brings the hip level with the knee: the thigh is 0.245 and the shank 0.246 of
stature (Winter, Biomechanics and Motor Control of Human Movement, 2009), so that the hip sinks to the knee's height; at
parallel the shank leans about 30° forward, which lowers the knee to 0.43–0.45 leg lengths."""

MAX_FPPA_DEPTH: Final = 0.6
"""Deeper than this the thigh points at the camera and its direction in the picture is ill-defined (docs/science.md)."""

MIN_ANKLE_SEPARATION: Final = 0.08  # of leg length; below it KASR divides by nearly nothing


def depth_of(body: Body, leg_length_px: float) -> float:
    """0 standing … 1 hip level with the knee, from the hips' travel in leg lengths."""
    return (1.0 - body.hip_height_px / leg_length_px) / PARALLEL_HIP_TRAVEL


def kasr_of(body: Body, leg_length_px: float) -> float:
    """Knee-to-ankle separation ratio: horizontal knee separation over horizontal ankle separation; 1 = knees over ankles."""
    ankles = body.left.ankle[0] - body.right.ankle[0]
    knees = body.left.knee[0] - body.right.knee[0]
    if not (body.left.seen and body.right.seen) or ankles < MIN_ANKLE_SEPARATION * leg_length_px:
        return NAN
    return knees / ankles


def medial_offset_pct(leg: Leg, side: Side, leg_length_px: float) -> float:
    """How far the knee lies inside its own ankle, in % of leg length, positive = medial.

    Measured from the ankle, not from the hip-ankle line: in deep squats the hip's position in the picture says nothing
    about the frontal plane.
    """
    if not leg.seen:
        return NAN
    outward = leg.knee[0] - leg.ankle[0]
    return 100.0 * (-outward if side is Side.LEFT else outward) / leg_length_px


def trunk_shift_pct(body: Body, leg_length_px: float) -> float:
    """How far the shoulders are to the picture's right of the hips, in % of leg length."""
    return 100.0 * (body.shoulder[0] - body.hip[0]) / leg_length_px


def fppa_deg(leg: Leg, side: Side, depth: float) -> float:
    """Frontal plane projection angle: 180° minus the angle hip-knee-ankle, positive = knee medial (Herrington 2014)."""
    if not leg.seen or not depth <= MAX_FPPA_DEPTH:
        return NAN
    thigh = math.atan2(leg.hip[0] - leg.knee[0], leg.knee[1] - leg.hip[1])
    shank = math.atan2(leg.knee[0] - leg.ankle[0], leg.ankle[1] - leg.knee[1])
    bend = math.degrees(math.remainder(thigh - shank, 2.0 * math.pi))
    # The lifter's left leg is on the picture's right: there, a medial knee bends the leg the other way round.
    return bend if side is Side.LEFT else -bend


def pelvic_tilt_deg(body: Body) -> float:
    """Tilt of the hip line against the horizontal, positive = the lifter's left hip is lower."""
    if not (body.left.seen and body.right.seen):
        return NAN
    across = body.left.hip[0] - body.right.hip[0]
    if abs(across) < 1.0:
        return NAN
    return math.degrees(math.atan2(body.left.hip[1] - body.right.hip[1], abs(across)))


def trunk_lean_deg(body: Body) -> float:
    """Sideways lean of the line mid-hip to mid-shoulder against the vertical, positive = towards the lifter's left."""
    if not body.trunk_seen or body.trunk_height_px <= 0.0:
        return NAN
    return math.degrees(math.atan2(body.shoulder[0] - body.hip[0], body.trunk_height_px))
