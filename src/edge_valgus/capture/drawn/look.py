"""What a drawn lifter and the light look like. Nothing here changes where a joint is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from edge_valgus.capture.drawn.checks import require

Colour = tuple[int, int, int]
"""Red, green, blue, 0–255, as seen under full light."""


class Arms(StrEnum):
    """Where the arms are while squatting."""

    FORWARD = "held out in front"
    CROSSED = "crossed at the chest"
    CLASPED = "hands together under the chin"
    BARBELL = "holding a barbell on the back"
    SIDES = "hanging by the sides, a little forward at the bottom"


class Legwear(StrEnum):
    """What the legs wear."""

    SHORTS = "shorts"
    LEGGINGS = "leggings"
    TROUSERS = "trousers"


class Sleeves(StrEnum):
    """How much of the arms the shirt covers."""

    NONE = "none"
    SHORT = "short"
    LONG = "long"


class Hair(StrEnum):
    """How much hair."""

    NONE = "none"
    SHORT = "short"
    LONG = "long"


@dataclass(frozen=True, slots=True)
class Light:
    """Where the main light comes from, and how much of all light it is.

    from_left: -1 (picture's right) to 1; from_above: 0 to 1; strength: share of the directed light, 0.2–0.9.
    exposure: 0.5 dark to 1.4 bright. warmth: -1 bluish to 1 yellowish.
    """

    from_left: float = 0.4
    from_above: float = 0.7
    strength: float = 0.6
    exposure: float = 1.0
    warmth: float = 0.0

    def __post_init__(self) -> None:
        require("from_left", self.from_left, -1.0, 1.0)
        require("from_above", self.from_above, 0.0, 1.0)
        require("strength", self.strength, 0.2, 0.9)
        require("exposure", self.exposure, 0.4, 1.6)
        require("warmth", self.warmth, -1.0, 1.0)

    @property
    def tint(self) -> NDArray[np.float64]:
        """What it does to red, green and blue: float64 [3]."""
        return self.exposure * np.array([1.0 + 0.10 * self.warmth, 1.0, 1.0 - 0.14 * self.warmth])


@dataclass(frozen=True, slots=True)
class Look:
    """Clothes, colours, arms and light.

    noise: standard deviation of the sensor's noise in grey levels, 0–20.
    room_seed: which gym: its colours and what stands in it.
    """

    arms: Arms = Arms.FORWARD
    legwear: Legwear = Legwear.SHORTS
    sleeves: Sleeves = Sleeves.SHORT
    hair: Hair = Hair.SHORT
    skin_rgb: Colour = (214, 166, 134)
    hair_rgb: Colour = (58, 40, 28)
    shirt_rgb: Colour = (52, 108, 168)
    legwear_rgb: Colour = (38, 40, 48)
    shoe_rgb: Colour = (196, 52, 44)
    sole_rgb: Colour = (236, 236, 232)
    light: Light = Light()
    noise: float = 1.5
    room_seed: int = 0

    def __post_init__(self) -> None:
        require("noise", self.noise, 0.0, 20.0)
