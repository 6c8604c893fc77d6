"""What stands between the camera and the lifter, or around the lifter: a rack, a bench, plates on the floor.

All in the gym's axes (see `acts.Place`): x to the lifter's left, y up, z towards the camera, in metres.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge_valgus.capture.drawn.checks import require
from edge_valgus.capture.drawn.figure import PLATE, STEEL, barbell_solids, shade
from edge_valgus.capture.drawn.look import Colour
from edge_valgus.capture.drawn.shadows import Round
from edge_valgus.capture.drawn.solids import Solid

Array = NDArray[np.float64]

X: Final = np.array([1.0, 0.0, 0.0])
Y: Final = np.array([0.0, 1.0, 0.0])
Z: Final = np.array([0.0, 0.0, 1.0])

CUSHION: Colour = (34, 34, 38)
FRAME: Colour = (96, 98, 102)
HOLE: Colour = (12, 12, 12)
BEHIND_UPRIGHTS_M = 0.07  # a racked bar lies so far behind the uprights' middle


@dataclass(frozen=True, slots=True)
class Bench:
    """A flat bench on the floor, 1.1 m long; across: it lies from the lifter's left to right, else towards them."""

    x_m: float = 0.0
    z_m: float = 1.0
    across: bool = True


@dataclass(frozen=True, slots=True)
class FloorPlate:
    """A weight plate that lies flat on the floor."""

    x_m: float = 0.6
    z_m: float = 0.7
    radius_m: float = 0.225
    colour: Colour = PLATE


@dataclass(frozen=True, slots=True)
class Frontage:
    """What stands or hangs in front of the lifter; by default nothing.

    uprights_x_m: where a rack's uprights stand, all at uprights_z_m, height_m high and thickness_m thick; safety_m: height
    of the safety bars, which lead safety_length_m from each upright to behind the lifter, None for none.
    top_bar: whether a crossbar joins the uprights at the top. racked_bar_m: height of the hooks, on which a barbell lies while
    the lifter carries none; None for no such barbell.
    Raises ValueError for measures that no gym has.
    """

    uprights_x_m: tuple[float, ...] = ()
    uprights_z_m: float = 0.35
    height_m: float = 2.3
    thickness_m: float = 0.065
    colour: Colour = (52, 54, 60)
    top_bar: bool = False
    safety_m: float | None = None
    safety_length_m: float = 0.9
    racked_bar_m: float | None = None
    benches: tuple[Bench, ...] = ()
    plates: tuple[FloorPlate, ...] = ()

    def __post_init__(self) -> None:
        require("height_m", self.height_m, 0.3, 4.0)
        require("thickness_m", self.thickness_m, 0.02, 0.3)
        require("safety_length_m", self.safety_length_m, 0.1, 3.0)
        for name in ("safety_m", "racked_bar_m"):
            value = getattr(self, name)
            if value is not None:
                require(name, value, 0.05, self.height_m)

    def standing(self) -> list[Solid]:
        """All that never moves."""
        solids = self._rack()
        for bench in self.benches:
            solids += _bench(bench)
        for plate in self.plates:
            centre = np.array([plate.x_m, 0.022, plate.z_m])
            solids.append(_ball(centre, plate.radius_m, plate.colour, Y, 0.1))
            solids.append(_ball(centre + 0.004 * Y, 0.20 * plate.radius_m, STEEL, Y, 0.5))
        return solids

    def racked_bar(self) -> list[Solid]:
        """The barbell on the hooks: empty for none."""
        if self.racked_bar_m is None:
            return []
        return barbell_solids(np.array([0.0, self.racked_bar_m, self.uprights_z_m - BEHIND_UPRIGHTS_M]), X)

    def shadows(self) -> list[Round]:
        """Round shadows on the floor under all that never moves."""
        shadows: list[Round] = [(x_m, self.uprights_z_m, 2.0 * self.thickness_m, 0.5) for x_m in self.uprights_x_m]
        for bench in self.benches:
            for along in (-0.4, 0.0, 0.4):
                x_m, z_m = (along, 0.0) if bench.across else (0.0, along)
                shadows.append((bench.x_m + x_m, bench.z_m + z_m, 0.3, 0.3))
        shadows += [(plate.x_m, plate.z_m, 1.25 * plate.radius_m, 0.4) for plate in self.plates]
        return shadows

    def _rack(self) -> list[Solid]:
        half = self.thickness_m / 2
        steel = shade(self.colour, 0.8)
        solids = []
        for x_m in self.uprights_x_m:
            foot = np.array([x_m, 0.0, self.uprights_z_m])
            solids.append(_rod(foot + half * Y, foot + self.height_m * Y, half, self.colour))
            front = foot + 0.96 * half * Z
            holes_m = np.arange(0.4, self.height_m - 0.1, 0.12)
            solids += [_ball(front + hole_m * Y, 0.2 * self.thickness_m, HOLE, Z, 0.3) for hole_m in holes_m]
            if self.safety_m is not None:
                start = foot + self.safety_m * Y
                solids.append(_rod(start, start - self.safety_length_m * Z, 0.8 * half, steel))
        if self.top_bar and self.uprights_x_m:
            ends = np.array(
                [[x, self.height_m, self.uprights_z_m] for x in (min(self.uprights_x_m), max(self.uprights_x_m))]
            )
            solids.append(_rod(ends[0], ends[1], half, self.colour))
        return solids


def _bench(bench: Bench) -> list[Solid]:
    along, aside = (X, Z) if bench.across else (Z, X)
    middle = np.array([bench.x_m, 0.0, bench.z_m])
    cushion = middle + 0.41 * Y
    solids = [
        Solid(cushion - 0.50 * along, cushion + 0.50 * along, 0.045, 0.045, CUSHION, aside, 3.0, 0.004, 0.2),
        _rod(middle + 0.36 * Y - 0.50 * along, middle + 0.36 * Y + 0.50 * along, 0.025, FRAME),
    ]
    for share in (-0.42, 0.42):
        foot = middle + share * along
        solids.append(_rod(foot, foot + 0.36 * Y, 0.025, FRAME))
        solids.append(_rod(foot + 0.02 * Y - 0.2 * aside, foot + 0.02 * Y + 0.2 * aside, 0.022, FRAME))
    return solids


def _rod(start: Array, end: Array, radius_m: float, colour: Colour) -> Solid:
    return Solid(start, end, radius_m, radius_m, colour, None, 1.0, 0.004, 0.3)


def _ball(centre: Array, radius_m: float, colour: Colour, along: Array, stretch: float) -> Solid:
    return Solid(centre, centre, radius_m, radius_m, colour, along, stretch, 0.003, 0.3)
