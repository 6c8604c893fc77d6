"""Somebody crosses between the lifter and the camera, and for a moment one foot in the picture is theirs."""

from __future__ import annotations

import math
from typing import Final

from edge_valgus.analysis.baseline import Foot, Standing
from edge_valgus.analysis.body import Body, Leg

AT_PLACE: Final = 0.06  # leg lengths by which a foot may be lower in the picture than where it stood …
BELOW: Final = 0.15  # … and from here on, where no network's error reaches, it is nearer to the camera, …
JUMP_S: Final = 0.07  # … if it came there within this: twice as fast as anybody steps
CROSSES_S: Final = 0.8  # and if it is there longer than this, the lifter has stepped forward all the same


class Crossing:
    """Tells frames of a rep in which one foot has jumped nearer to the camera, for a moment only."""

    def __init__(self) -> None:
        self._left, self._right = _Track(), _Track()

    def begin_rep(self) -> None:
        """Where the feet are now, the lifter has put them."""
        self.__init__()  # type: ignore[misc]

    def hides(self, body: Body, standing: Standing, time_s: float) -> bool:
        """Whether the joints of this frame are not all the lifter's."""
        left = self._left.jumped(_below(body.left, standing.left, standing.leg_length_px), time_s)
        right = self._right.jumped(_below(body.right, standing.right, standing.leg_length_px), time_s)
        return left != right  # both: the lifter has jumped, or the network errs alike


class _Track:
    """One foot: since when it is at its place, and since when it has been away after a jump."""

    def __init__(self) -> None:
        self._away_s = math.inf  # since when it is lower than its place
        self._was_at_place = False
        self._jumped = False

    def jumped(self, below: float, time_s: float) -> bool:
        if below <= AT_PLACE:
            self._was_at_place, self._jumped, self._away_s = True, False, math.inf
        elif below > AT_PLACE:  # and not where it is not known
            self._away_s = min(self._away_s, time_s)
            self._jumped = self._jumped or (below > BELOW and self._was_at_place and time_s - self._away_s <= JUMP_S)
        return self._jumped and time_s - self._away_s < CROSSES_S


def _below(leg: Leg, foot: Foot, leg_length_px: float) -> float:
    """Leg lengths by which the foot is lower in the picture than where it stood; NaN where either is not known."""
    return (leg.ankle[1] - foot.ankle[1]) / leg_length_px if leg.seen else math.nan
