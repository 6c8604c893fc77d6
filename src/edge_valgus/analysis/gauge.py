"""How far down, told by shoulders and head too: the hips are seen worst where it matters most.

At the bottom networks put the hips up to a fifth of a leg too high for half a second. Shoulders and head ride on them
and are seen well, but fall further, by how far the trunk leans forward, which differs between lifters. So the hips say
how far the upper body falls for this lifter, and the upper body says when.
"""

from __future__ import annotations

import math
from typing import Final

USUAL_FALL: Final = 0.74  # of shoulders and face, in leg lengths, from standing to hips at the knees' height …
USUAL_WEIGHT: Final = 1.0  # … and how long, in s × depth², a lifter has to show another one to move it half-way
FALLS: Final = (0.5, 1.1)  # what is believed of any lifter: upright and with a trunk nearly level
FORGET_FROM: Final = 20.0  # s × depth²; so much squatting is remembered, not more: the next lifter may lean differently
LEARN_FROM: Final = 0.3  # depth
MAX_STEP_S: Final = 0.15  # a frame after a gap doesn't weigh as much as the gap was long
STRANGERS_SHARE: Final = 0.25  # of the upper body in a best guess, at first …
KNOWN_SHARE: Final = 0.5  # … and at last
KNOWN_AFTER: Final = 0.5  # s × depth² of squatting after which half of what can be known of a lifter is known
MOST_APART: Final = 0.2  # in depth: more than this the upper body is not believed against the hips; whoever bends over


class DepthGauge:
    """Depth from both. Knows one lifter's fall of the upper body at parallel, in leg lengths."""

    def __init__(self) -> None:
        self._fall_times_depth = USUAL_FALL * USUAL_WEIGHT
        self._depth_squared = USUAL_WEIGHT

    def copy(self) -> DepthGauge:
        """What is known now, to come back to."""
        other = DepthGauge()
        other._fall_times_depth, other._depth_squared = self._fall_times_depth, self._depth_squared
        return other

    @property
    def share(self) -> float:
        """How much a best guess takes from the upper body, the rest from the hips.

        The two err independently of each other, so that half of each errs least; but how far a stranger leans is a guess. It grows with
        every frame below LEARN_FROM, in the first rep too.
        """
        learned = self._depth_squared - USUAL_WEIGHT
        known = learned / (learned + KNOWN_AFTER)
        return STRANGERS_SHARE + (KNOWN_SHARE - STRANGERS_SHARE) * known

    def depth(self, hips: float, upper_fall: float, dt_s: float) -> float:
        """hips: depth from the hips' travel. upper_fall: of shoulders and face since standing, leg lengths, may be NaN."""
        if math.isnan(upper_fall):
            return hips
        if hips > LEARN_FROM:
            keep = min(1.0, FORGET_FROM / self._depth_squared)
            self._fall_times_depth = keep * self._fall_times_depth + min(dt_s, MAX_STEP_S) * upper_fall * hips
            self._depth_squared = keep * self._depth_squared + min(dt_s, MAX_STEP_S) * hips * hips
        low, high = FALLS
        told = upper_fall / min(max(self._fall_times_depth / self._depth_squared, low), high)
        return min(max(told, hips - MOST_APART), hips + MOST_APART)
