"""Where the carrying foot stands: the zero of all heights.

At the bottom of a deep squat the network loses the ankles for a few frames and puts them on the shins. A planted foot
does not move, so a poorly seen ankle is followed slowly, a well seen one at once.
"""

from __future__ import annotations

import math
from typing import Final

from edge_valgus.analysis.body import Body
from edge_valgus.analysis.segmenter import MAX_GAP_S

SURE_SCORE: Final = 0.55
FOLLOW_SURE_S: Final = 0.05
FOLLOW_UNSURE_S: Final = 1.0


class Floor:
    """Height in the picture of the lower ankle, steadied while it is poorly seen."""

    def __init__(self) -> None:
        self._y_px = math.nan
        self._time_s = -math.inf

    def update(self, body: Body, time_s: float) -> float:
        """One frame on; returns the floor's y in pixels."""
        dt_s = time_s - self._time_s
        self._time_s = time_s
        if math.isnan(self._y_px) or dt_s > MAX_GAP_S:
            self._y_px = body.floor_y_px
            return self._y_px
        carrying = body.left if body.left.ankle[1] >= body.right.ankle[1] else body.right
        sureness = min(1.0, carrying.score / SURE_SCORE)
        # Between the two, the time constant falls off steeply: half as sure is eight times as slow.
        follow_s = max(FOLLOW_SURE_S, FOLLOW_UNSURE_S * (1.0 - sureness) * 2.0)
        self._y_px += (1.0 - math.exp(-dt_s / follow_s)) * (body.floor_y_px - self._y_px)
        return self._y_px
