"""Which lamp is on while the box is aimed, for whoever is alone with it and holds no phone. No pin, no thread, no clock.

| lamps | say |
| --- | --- |
| amber blinks fast | not right yet: the page says what |
| green and amber on | right; stand still |
| green on, a wink | squat; one was taken |
| green blinks fast | aimed |
| green and amber by turns | given up; the device goes on as before |

The red lamps stay dark: they are for knees, and with amber for faults.
"""

from __future__ import annotations

import math
from typing import Final

from edge_valgus.aim import AimStatus, Stage
from edge_valgus.feedback.pattern import WINK_S, LampState

FAST_PERIOD_S: Final = 0.4


class AimLights:
    """Turns statuses into lamps. All times are capture times."""

    def __init__(self) -> None:
        self._wink_until_s = -math.inf

    def update(self, status: AimStatus, time_s: float) -> LampState:
        """What the lamps do now."""
        if status.taken:
            self._wink_until_s = time_s + WINK_S
        first_half = time_s % FAST_PERIOD_S < FAST_PERIOD_S / 2
        winking = status.stage is Stage.SQUAT and time_s < self._wink_until_s
        match status.stage:
            case Stage.PLACE if status.all_right:
                return LampState(green=True, amber=True)
            case Stage.PLACE:
                return LampState(amber=first_half, blinking=True)
            case Stage.STILL:
                return LampState(green=True, amber=True)
            case Stage.SQUAT:
                return LampState(green=not winking, click=status.taken, winking=winking)
            case Stage.DONE:
                return LampState(green=first_half, click=status.taken, winking=True)
            case Stage.FAILED:
                return LampState(green=first_half, amber=not first_half, blinking=True, winking=True)
