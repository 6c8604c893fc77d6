"""Aiming: is the box mounted well, what should change, and how well does it measure where it stands? Poses in, words and numbers out.

Like the analysis it has no clock, file, thread or device: `Aimer` takes one frame after the other and says how things stand.
"""

from edge_valgus.aim.aimer import Aimer, AimStatus, Stage
from edge_valgus.aim.guide import Check, Finding
from edge_valgus.aim.result import Aim

__all__ = ["Aim", "AimStatus", "Aimer", "Check", "Finding", "Stage"]
