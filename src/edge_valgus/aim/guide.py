"""What is wrong with how the box is mounted, and what to do about it, in plain words.

Every check has two limits, one from which it complains and a milder one from which it is content again, and either has to hold
for a while: an advice that flickers is none. Left and right are the lifter's own, facing the box, as whoever mounts it stands
there. All limits are our judgement unless the text says otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from edge_valgus.aim.posture import Posture

SETTLE_S: Final = 0.5  # a check changes its mind only after so long
LOST_S: Final = 0.8  # nobody seen so long: step into view


class Check(StrEnum):
    """What has to be right, in the order in which it is put right."""

    IN_VIEW = "whole body in view"
    DISTANCE = "distance"
    MIDDLE = "in the middle"
    HEIGHT = "lens height"
    LEVEL = "level"
    FACING = "facing the box"
    LIGHT = "light"


MUST: Final = frozenset({Check.IN_VIEW, Check.DISTANCE})
"""Without these nothing can be measured; the others cost accuracy."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One check. right: None while nobody stands there to tell. headline and hint: what to do; empty while it is right."""

    check: Check
    right: bool | None
    headline: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Limit:
    """wrong: from where it complains; again: from where it is content again, a milder value."""

    wrong: float
    again: float

    def exceeded(self, value: float, *, complained: bool) -> bool:
        """Whether the value is too large."""
        return value > (self.again if complained else self.wrong)


ROOM_BELOW: Final = Limit(-0.14, -0.17)  # leg lengths under the ankles: the foot, 0.1, and some floor
ROOM_ABOVE: Final = Limit(-0.05, -0.09)  # over the crown; hands may leave the picture, knees may not
TOO_TALL: Final = Limit(0.90, 0.87)  # crown to ankles, share of the picture's height
TOO_SMALL_PX: Final = Limit(-190.0, -205.0)  # the network looks at 192 px: less of him is blown up
ASIDE: Final = Limit(0.17, 0.14)  # hips from the middle, share of the width
HIPS_OFF: Final = Limit(0.45, 0.36)  # hips from the middle, leg lengths: 40 cm
ROLL_DEG: Final = Limit(3.0, 2.2)
TURNED_DEG: Final = Limit(13.0, 10.0)  # a guess that is 4.5° off: only the squats tell it well
SHOULDERS: Final = Limit(-0.34, -0.38)  # width over trunk height; below 0.28 the device can't judge
SCORE: Final = Limit(-0.36, -0.42)  # of the legs: errors double from there on (docs/science.md)

Wrong = tuple[str, str] | None


class Guide:
    """All checks, each with its memory."""

    def __init__(self) -> None:
        self._said = _nobody()
        self._other_since_s: dict[Check, float] = {}
        self._seen_s = -math.inf

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All of them, in the order in which they are put right."""
        content = None if self._said[Check.IN_VIEW] in (NOBODY, CUT_OFF) else True
        return tuple(
            Finding(check, content) if said is None else Finding(check, False, *said)
            for check, said in self._said.items()
        )

    @property
    def next_step(self) -> Finding | None:
        """What to do first; None while nothing is wrong."""
        return next((finding for finding in self.findings if finding.right is False), None)

    def cut_off(self, time_s: float) -> None:
        """Somebody is there, but in this frame not from shoulders to feet."""
        if time_s - self._seen_s > LOST_S:
            self._said = _nobody()
            self._said[Check.IN_VIEW] = CUT_OFF
            self._other_since_s.clear()

    def somebody(self, time_s: float) -> None:
        """Somebody is there, but doesn't stand: nothing is said of the mounting."""
        self._seen_s = time_s

    def see(self, posture: Posture | None, size_px: tuple[int, int], time_s: float) -> None:
        """One frame on; None: nobody is seen."""
        if posture is None:
            if time_s - self._seen_s > LOST_S:
                self._said = _nobody()
                self._other_since_s.clear()
            return
        self._seen_s = time_s
        for check, look in CHECKS.items():
            before = self._said[check]
            self._settle(check, look(posture, size_px, before is not None), time_s)

    def _settle(self, check: Check, now: Wrong, time_s: float) -> None:
        before = self._said[check]
        # The words may hold a number that wavers: it is followed only as the kind of advice changes.
        if (now and now[0]) == (before and before[0]):
            self._other_since_s.pop(check, None)
            return
        since_s = self._other_since_s.setdefault(check, time_s)
        if time_s - since_s >= SETTLE_S or before in (NOBODY, CUT_OFF):
            self._said[check] = now
            self._other_since_s.pop(check, None)


NOBODY: Final[Wrong] = (
    "Step into view",
    "Stand where you will squat, 2 to 4 m in front of the box, and face it. The whole body has to be in the picture.",
)


CUT_OFF: Final[Wrong] = (
    "Step back",
    "You are not wholly in the picture: step back, or move the box away, until it sees you from head to feet.",
)


def _nobody() -> dict[Check, Wrong]:
    said: dict[Check, Wrong] = dict.fromkeys(Check)
    said[Check.IN_VIEW] = NOBODY
    return said


def _in_view(posture: Posture, size_px: tuple[int, int], complained: bool) -> Wrong:
    feet = ROOM_BELOW.exceeded(-posture.below, complained=complained)
    head = ROOM_ABOVE.exceeded(-posture.above, complained=complained)
    tall = TOO_TALL.exceeded(posture.tall_px / size_px[1], complained=complained)
    if (feet and head) or tall or ((feet or head) and posture.below + posture.above < 0.35):
        return "Step back", "You fill the picture: step back, or move the box away, until feet and head have room."
    if feet:
        return (
            "Lower the box",
            "Your feet are at the picture's edge: some floor belongs below them. Or step back; and if the box is tilted up, set it upright.",
        )
    if head:
        return (
            "Raise the box",
            "Your head is at the picture's edge. Or step back; and if the box is tilted down, set it upright.",
        )
    return None


def _distance(posture: Posture, _: tuple[int, int], complained: bool) -> Wrong:
    if TOO_SMALL_PX.exceeded(-posture.tall_px, complained=complained):
        return (
            "Come nearer",
            "You are small in the picture: step towards the box, or move it nearer. 2 to 4 m are good.",
        )
    return None


def _middle(posture: Posture, _: tuple[int, int], complained: bool) -> Wrong:
    if ASIDE.exceeded(abs(posture.aside), complained=complained):
        # Unmirrored: the lifter's left is on the picture's right.
        side, other = ("left", "right") if posture.aside < 0 else ("right", "left")
        return f"Turn the box to your {other}", f"It looks past you on your {side}."
    return None


def _height(posture: Posture, _: tuple[int, int], complained: bool) -> Wrong:
    if not HIPS_OFF.exceeded(abs(posture.hips_low), complained=complained):
        return None
    where = (
        "The lens belongs at hip height, 0.8 to 1.2 m, and the box upright: then your hips are half-way up the picture."
    )
    return ("Lower the box" if posture.hips_low > 0 else "Raise the box"), where


def _level(posture: Posture, _: tuple[int, int], complained: bool) -> Wrong:
    if ROLL_DEG.exceeded(abs(posture.roll_deg), complained=complained):
        side = "left" if posture.roll_deg > 0 else "right"
        return (
            f"Lift the box on your {side}",
            f"It leans about {abs(posture.roll_deg):.0f}° to your {side}. Stand upright on both legs while you set it level.",
        )
    return None


def _facing(posture: Posture, _: tuple[int, int], complained: bool) -> Wrong:
    if SHOULDERS.exceeded(-posture.shoulders, complained=complained):
        return "Face the box", "You are turned away: knees are judged from the front."
    if TURNED_DEG.exceeded(abs(posture.yaw_deg), complained=complained):
        side, other = ("left", "right") if posture.yaw_deg > 0 else ("right", "left")
        return (
            f"Move the box to your {other}",
            f"It stands about {abs(posture.yaw_deg):.0f}° round to your {side}. Or turn your feet until they point at it.",
        )
    return None


def _light(posture: Posture, _: tuple[int, int], complained: bool) -> Wrong:
    if SCORE.exceeded(-posture.score, complained=complained):
        return (
            "More light",
            "Your legs are hard to see: light from the front or above, a plain background, trousers of another colour than it.",
        )
    return None


CHECKS: Final[dict[Check, Callable[[Posture, tuple[int, int], bool], Wrong]]] = {
    Check.IN_VIEW: _in_view,
    Check.DISTANCE: _distance,
    Check.MIDDLE: _middle,
    Check.HEIGHT: _height,
    Check.LEVEL: _level,
    Check.FACING: _facing,
    Check.LIGHT: _light,
}
