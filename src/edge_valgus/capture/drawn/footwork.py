"""Which foot is where when: planted, or on its way to the next footprint."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from edge_valgus.capture.drawn.acts import Place
from edge_valgus.capture.drawn.body import Body
from edge_valgus.capture.drawn.limbs import LEFT, RIGHT, Foot, foot_at
from edge_valgus.capture.drawn.motion import minimum_jerk

HEEL_OFF_RAD = math.radians(55.0)
TOES_UP_RAD = math.radians(15.0)


@dataclass(frozen=True, slots=True)
class Footprint:
    """A foot flat on the gym's floor: its ankle's place, and where it points (to the left of +z)."""

    x_m: float
    z_m: float
    turn_rad: float


@dataclass(frozen=True, slots=True)
class Step:
    """One foot goes to a footprint. push, land: how much it rolls off the ball and onto the heel, 0–1."""

    side: float
    start_s: float
    end_s: float
    to: Footprint
    lift_m: float = 0.05
    push: float = 0.0
    land: float = 0.0


def footprint(place: Place, side: float, half_m: float, toe_out_rad: float) -> Footprint:
    """Where a foot is of somebody who stands at a place, half_m from the ankle to the middle."""
    turn = math.radians(place.turn_deg)
    aside = side * half_m
    return Footprint(place.x_m + aside * math.cos(turn), place.z_m - aside * math.sin(turn), turn + side * toe_out_rad)


class Footwork:
    """Both feet through a list of steps, of which those of one foot must not overlap."""

    def __init__(self, body: Body, left: Footprint, right: Footprint, steps: Iterable[Step]) -> None:
        self._body = body
        self._start = {LEFT: left, RIGHT: right}
        self._steps: dict[float, list[Step]] = {LEFT: [], RIGHT: []}
        for step in sorted(steps, key=lambda step: step.start_s):
            self._steps[step.side].append(step)
        self._begins = {side: [step.start_s for step in steps] for side, steps in self._steps.items()}

    def feet(self, time_s: float, place: Place) -> tuple[Foot, Foot]:
        """The feet at a time, in the axes of a person at a place."""
        return self._foot(LEFT, time_s, place), self._foot(RIGHT, time_s, place)

    def _foot(self, side: float, time_s: float, place: Place) -> Foot:
        steps = self._steps[side]
        index = bisect_right(self._begins[side], time_s)
        here = steps[index - 1].to if index else self._start[side]
        lift_m = pitch_rad = 0.0
        if index:
            step = steps[index - 1]
            share = (time_s - step.start_s) / (step.end_s - step.start_s)
            if share < 1.0:
                here = _between(steps[index - 2].to if index > 1 else self._start[side], here, minimum_jerk(share))
                lift_m = step.lift_m * 64.0 * (share * (1.0 - share)) ** 3
            pitch_rad += _roll(step, share)
        if index < len(steps):
            step = steps[index]
            pitch_rad += _roll(step, (time_s - step.start_s) / (step.end_s - step.start_s))
        turn = math.radians(place.turn_deg)
        cosine, sine = math.cos(turn), math.sin(turn)
        x, z = here.x_m - place.x_m, here.z_m - place.z_m
        mine = (cosine * x - sine * z, cosine * z + sine * x)
        return foot_at(self._body, mine, here.turn_rad - turn, lift_m=lift_m, pitch_rad=pitch_rad)


def _between(one: Footprint, other: Footprint, share: float) -> Footprint:
    return Footprint(
        one.x_m + share * (other.x_m - one.x_m),
        one.z_m + share * (other.z_m - one.z_m),
        one.turn_rad + share * (other.turn_rad - one.turn_rad),
    )


def _roll(step: Step, share: float) -> float:
    """Pitch of a foot around its swing (share 0–1): heel off before and into it, toes up at its end, then flat."""
    if not -0.45 < share < 1.3:
        return 0.0
    heel_off = minimum_jerk((share + 0.45) / 0.60) - minimum_jerk((share - 0.15) / 0.55)
    toes_up = minimum_jerk((share - 0.60) / 0.35) - minimum_jerk((share - 1.0) / 0.30)
    return step.push * HEEL_OFF_RAD * heel_off - step.land * TOES_UP_RAD * toes_up
