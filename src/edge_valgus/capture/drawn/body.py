"""How a drawn lifter is built: bone lengths and girths.

World axes of the drawn lifter, in metres: x to the lifter's left, y up, z forward (towards the camera); the origin
lies on the floor between the ankles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from edge_valgus.capture.drawn.checks import require

# Segment lengths as shares of stature: Drillis & Contini (1966), as given in D. A. Winter, Biomechanics and Motor
# Control of Human Movement, 4th ed. (2009), fig. 4.1.
SHANK_SHARE: Final = 0.246
THIGH_SHARE: Final = 0.245
ANKLE_HEIGHT_SHARE: Final = 0.039
FOOT_LENGTH_SHARE: Final = 0.152
HIP_BREADTH_SHARE: Final = 0.191
SHOULDER_BREADTH_SHARE: Final = 0.259
TRUNK_SHARE: Final = 0.288  # hip joint to shoulder joint: 0.818 - 0.530
UPPER_ARM_SHARE: Final = 0.186
FOREARM_SHARE: Final = 0.146
HEAD_SHARE: Final = 0.130

# The breadths above are measured over the flesh; the joint centres lie inside.
HIP_CENTRE_SHARE: Final = 0.55
SHOULDER_CENTRE_SHARE: Final = 0.82

# Shares of body mass, and where the trunk's lies between hip and shoulder: Winter (2009), table 4.1.
FOOT_MASS: Final = 0.0145
SHANK_MASS: Final = 0.0465
THIGH_MASS: Final = 0.100
HAT_MASS: Final = 0.678
HAT_CENTRE: Final = 0.626
SHANK_CENTRE: Final = 0.567  # from the ankle
THIGH_CENTRE: Final = 0.567  # from the knee


@dataclass(frozen=True, slots=True)
class Body:
    """One lifter's measures.

    height_m: stature, 1.5–2.0.
    build: girth of limbs and trunk, 1 is average, 0.75 slim, 1.35 heavy.
    leg_share: length of thigh and shank against the average of that height, 0.9–1.1; the trunk makes up for it.
    shoulder_share, hip_share: breadths against the average, 0.85–1.2.
    Raises ValueError outside these ranges.
    """

    height_m: float = 1.75
    build: float = 1.0
    leg_share: float = 1.0
    shoulder_share: float = 1.0
    hip_share: float = 1.0

    def __post_init__(self) -> None:
        require("height_m", self.height_m, 1.5, 2.0)
        require("build", self.build, 0.75, 1.35)
        require("leg_share", self.leg_share, 0.9, 1.1)
        require("shoulder_share", self.shoulder_share, 0.85, 1.2)
        require("hip_share", self.hip_share, 0.85, 1.2)

    @property
    def thigh_m(self) -> float:
        """Hip joint to knee joint."""
        return THIGH_SHARE * self.height_m * self.leg_share

    @property
    def shank_m(self) -> float:
        """Knee joint to ankle joint."""
        return SHANK_SHARE * self.height_m * self.leg_share

    @property
    def ankle_height_m(self) -> float:
        """Ankle joint above the floor."""
        return ANKLE_HEIGHT_SHARE * self.height_m

    @property
    def foot_m(self) -> float:
        """Heel to toe."""
        return FOOT_LENGTH_SHARE * self.height_m

    @property
    def hip_breadth_m(self) -> float:
        """Over the flesh: the unit in which stance widths are given."""
        return HIP_BREADTH_SHARE * self.height_m * self.hip_share

    @property
    def hip_half_m(self) -> float:
        """Midline to hip joint."""
        return 0.5 * HIP_CENTRE_SHARE * self.hip_breadth_m

    @property
    def shoulder_half_m(self) -> float:
        """Midline to shoulder joint."""
        return 0.5 * SHOULDER_CENTRE_SHARE * SHOULDER_BREADTH_SHARE * self.height_m * self.shoulder_share

    @property
    def trunk_m(self) -> float:
        """Middle of the hips to middle of the shoulders."""
        legs = THIGH_SHARE + SHANK_SHARE
        return (TRUNK_SHARE + legs * (1.0 - self.leg_share)) * self.height_m

    @property
    def upper_arm_m(self) -> float:
        """Shoulder joint to elbow joint."""
        return UPPER_ARM_SHARE * self.height_m

    @property
    def forearm_m(self) -> float:
        """Elbow joint to wrist joint."""
        return FOREARM_SHARE * self.height_m

    @property
    def head_m(self) -> float:
        """Chin to crown."""
        return HEAD_SHARE * self.height_m
