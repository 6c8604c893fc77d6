"""Somebody crosses between the lifter and the camera, and for a moment some of the joints are theirs."""

from __future__ import annotations

import math
from typing import Final

from edge_valgus.analysis.baseline import Standing
from edge_valgus.analysis.body import Body

BELOW: Final = 0.08  # leg lengths by which a foot is lower in the picture than where it stood: it is nearer …
CROSSES_S: Final = 0.8  # … and if it still is after this, the lifter has stepped forward


class Crossing:
    """Tells frames of a rep in which a foot is nearer to the camera than where it stood, for a moment only."""

    def __init__(self) -> None:
        self._since_s = math.inf

    def hides(self, body: Body, standing: Standing, time_s: float) -> bool:
        """Whether the joints of this frame are not all the lifter's."""
        feet = ((body.left, standing.left), (body.right, standing.right))
        below_px = max(leg.ankle[1] - foot.ankle[1] for leg, foot in feet)
        if not below_px > BELOW * standing.leg_length_px:
            self._since_s = math.inf
            return False
        self._since_s = min(self._since_s, time_s)
        return time_s - self._since_s < CROSSES_S
