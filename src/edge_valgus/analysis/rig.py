"""What was measured of this box in this place (`edge-valgus aim`), and what the knee flag makes of it.

A change in a measure is certain, at 95 %, from 1.96 · √2 · SEM on: the minimum detectable change (Weir 2005, docs/science.md).
What the box can't tell apart it doesn't flag.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from edge_valgus.config import KneeConfig
from edge_valgus.events import Side

STEADY_SHARE: Final = 0.6  # of the threshold: would do for knees that are seen without noise; the rest is room for it

TURN_PCT_PER_DEG: Final = -0.31
"""What a degree of the camera's bearing does to a knee at parallel, % of leg length: 40 drawn lifters, off by 0.7 %."""


def detectable_pct(sem_pct: float) -> float:
    """The minimum detectable change, at 95 %, of a measure whose standard error of measurement is `sem_pct`."""
    return 1.96 * math.sqrt(2.0) * sem_pct


@dataclass(frozen=True, slots=True)
class Rig:
    """One box where it stands.

    sem_*_pct: standard error of measurement of a knee's medial displacement, % of leg length.
    yaw_deg: how far round to the lifter's left the camera stands, as the lifter faces.
    """

    sem_left_pct: float
    sem_right_pct: float
    yaw_deg: float = 0.0

    def mdc_pct(self, side: Side) -> float:
        """The minimum detectable change of that knee."""
        return detectable_pct(self.sem_left_pct if side is Side.LEFT else self.sem_right_pct)

    @property
    def turn_pct(self) -> float:
        """What the camera's bearing does to a knee at parallel, as `NeutralPath.turn_pct`."""
        return TURN_PCT_PER_DEG * self.yaw_deg


@dataclass(frozen=True, slots=True)
class Limits:
    """From where a knee is flagged and until where, % of leg length inside its path."""

    threshold_pct: float
    release_pct: float


def limits_of(config: KneeConfig, rig: Rig | None, side: Side, noise_share: float = 1.0) -> Limits:
    """The settings', lowered as far as knees are seen steadily, and raised to what the rig can tell apart.

    noise_share: of the noise that the settings leave room for (`doubt.UsualNoise`). What is a fault and that room are taken for
    independent, so that their squares add up. Both limits are lowered alike, or a light would flicker that does not by the settings.
    """
    share = math.sqrt(STEADY_SHARE**2 + (1.0 - STEADY_SHARE**2) * noise_share**2)
    threshold_pct = share * config.threshold_pct
    if rig is None:
        return Limits(threshold_pct, share * config.release_pct)
    mdc_pct = rig.mdc_pct(side)
    threshold_pct = max(threshold_pct, mdc_pct)
    return Limits(threshold_pct, threshold_pct - mdc_pct / 2.0)
