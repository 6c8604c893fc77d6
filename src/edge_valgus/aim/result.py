"""What aiming measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from edge_valgus.analysis.rig import Rig
from edge_valgus.events import Side

MAX_YAW_DEG: Final = 20.0  # the accuracy was measured up to here
LENS_LOW_M: Final = 0.55  # the README's 0.8 to 1.2 m and the estimate's error of 0.2 m …
LENS_HIGH_M: Final = 1.4  # … which is why it speaks only of what is clearly outside


@dataclass(frozen=True, slots=True)
class Aim:
    """One box in one place.

    rig: what the knee flag uses. roll_deg: the box leans so far to the side on the lifter's left. lens_height_m: above the
    floor, for a lifter of average size. still_pct: a standing knee's trembling, % of leg length. squats: how many it was measured on.
    notes: what was not as it should be and was let pass, in the words of the guide.
    """

    rig: Rig
    roll_deg: float
    lens_height_m: float
    still_pct: float
    squats: int
    notes: tuple[str, ...] = ()

    def advice(self, threshold_pct: float) -> tuple[str, ...]:
        """What to do about it, in plain sentences; empty where all is well. threshold_pct: of the settings."""
        said = list(self.notes)
        yaw_deg = self.rig.yaw_deg
        if abs(yaw_deg) > MAX_YAW_DEG:
            aside = "left" if yaw_deg > 0 else "right"
            other = "right" if yaw_deg > 0 else "left"
            said.append(
                f"The box stands {abs(yaw_deg):.0f}° round to your {aside}, more than can be corrected: move it to your {other} "
                "until you look straight at it, and aim again."
            )
        if self.lens_height_m > LENS_HIGH_M:
            said.append(f"The lens seems to hang at about {self.lens_height_m:.1f} m: lower it to hip height.")
        elif self.lens_height_m < LENS_LOW_M:
            said.append(f"The lens seems to stand at about {self.lens_height_m:.1f} m: raise it to hip height.")
        coarse = [side.value for side in Side if self.rig.mdc_pct(side) > threshold_pct]
        if coarse:
            said.append(
                f"Your {' and '.join(coarse)} knee {'light' if len(coarse) > 1 else 'lights'} later than set, because less "
                "can't be told apart here. More light, a plainer background or tighter trousers help; then aim again."
            )
        return tuple(said)
