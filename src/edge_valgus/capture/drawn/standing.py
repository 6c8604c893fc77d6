"""Standing about: quietly, or talking with hands, head and the weight on one leg or the other."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from edge_valgus.capture.drawn.acts import Performance, Place, Posture, Sway
from edge_valgus.capture.drawn.body import Body
from edge_valgus.capture.drawn.checks import require
from edge_valgus.capture.drawn.footwork import Footprint, Footwork, Step, footprint
from edge_valgus.capture.drawn.limbs import (
    LEFT,
    RIGHT,
    Foot,
    Grip,
    Stood,
    Torso,
    both,
    grips_of,
    hanging,
    person,
    torso_over,
    within_reach,
)
from edge_valgus.capture.drawn.look import Arms
from edge_valgus.capture.drawn.motion import minimum_jerk
from edge_valgus.capture.drawn.skeleton import ArmPose
from edge_valgus.capture.drawn.squat import Stance

SWAY_M = 0.004
STEP_S = 0.55
RAISE_S = 0.6
ARMS_S = 0.9  # from one way to hold the arms to another
HANGING_ARMS = (Arms.SIDES, Arms.FORWARD)
ORIGIN = Place()


@dataclass(frozen=True, slots=True)
class Stand:
    """Standing about on one spot.

    gestures: talks: shifts the weight, moves hands (if they hang free), head and trunk, makes small steps now and then;
    starts and ends quiet. seed: how. arms_before: how the arms were held; they go from there to `arms` at the beginning.
    """

    duration_s: float = 5.0
    place: Place = field(default_factory=Place)
    arms: Arms = Arms.SIDES
    gestures: bool = False
    seed: int = 0
    stance: Stance = field(default_factory=Stance)
    arms_before: Arms | None = None

    def __post_init__(self) -> None:
        require("duration_s", self.duration_s, 0.1, 7200.0)

    def performed_by(self, body: Body) -> Performance:
        """Raises ValueError for a stance too wide for the body."""
        stood, sway = Stood(body, self.stance), Sway(self.seed)
        talk = _Talk(stood, self.duration_s, self.seed) if self.gestures else None

        def at(time_s: float) -> Posture:
            aside_m, ahead_m = sway.at(time_s, SWAY_M)
            pelvis = stood.pelvis + np.array([aside_m, 0.0, ahead_m])
            feet, angles, soft_m = stood.feet, (0.0, 0.0, 0.0, 0.0), 0.0
            if talk is not None:
                feet, angles, soft_m = talk.feet(time_s), talk.angles_rad(time_s), 0.015 * talk.lively(time_s)
                middle = 0.5 * (feet[0].ankle + feet[1].ankle)
                pelvis += np.array([middle[0] + talk.shift_m(time_s), 0.0, middle[2]])
            lean, turn, head_turn, nod = angles
            torso = torso_over(body, within_reach(body, pelvis, feet, soft_m), stood.lean_rad + lean, turn)
            arms = self._arms(time_s, torso, feet, talk)
            pose = person(torso, feet, arms, head_turn_rad=head_turn, head_nod_rad=nod)
            return Posture(pose, self.place, barbell=self.arms is Arms.BARBELL)

        return at

    def _arms(
        self, time_s: float, torso: Torso, feet: tuple[Foot, Foot], talk: _Talk | None
    ) -> tuple[ArmPose, ArmPose] | Arms:
        if self.arms_before is not None and self.arms_before is not self.arms and time_s < ARMS_S:
            share = minimum_jerk(time_s / min(ARMS_S, self.duration_s))
            grips = zip(grips_of(torso, feet, self.arms_before), grips_of(torso, feet, self.arms), strict=True)
            left, right = (before.towards(after, share) for before, after in grips)
            return both(torso, left, right)
        if talk is not None and self.arms in HANGING_ARMS:
            return talk.hands(time_s, torso)
        return self.arms


class _Talk:
    """What somebody who talks does with feet, hips, hands and head; in the person's axes."""

    def __init__(self, stood: Stood, duration_s: float, seed: int) -> None:
        random = np.random.default_rng((seed, 7))
        self._duration_s = duration_s
        self._rates = random.uniform(0.8, 1.2, 12)
        self._phases = random.uniform(0.0, 2 * math.pi, 12)
        self._raised = {side: _spells(random, duration_s) for side in (LEFT, RIGHT)}
        home = {side: footprint(ORIGIN, side, stood.half_m, stood.toe_out_rad) for side in (LEFT, RIGHT)}
        steps = _small_steps(random, home, duration_s)
        self._footwork = Footwork(stood.body, home[LEFT], home[RIGHT], steps)

    def feet(self, time_s: float) -> tuple[Foot, Foot]:
        """Where the feet are."""
        return self._footwork.feet(time_s, ORIGIN)

    def shift_m(self, time_s: float) -> float:
        """Hips to the left, over one leg or the other."""
        return 0.045 * self.lively(time_s) * math.tanh(2.0 * self._wave(0, time_s, 0.9))

    def angles_rad(self, time_s: float) -> tuple[float, float, float, float]:
        """Lean and turn of the trunk, turn and nod of the head."""
        lively = self.lively(time_s)
        look = math.tanh(2.0 * self._wave(3, time_s, 1.1))
        nod = 0.7 * self._wave(4, time_s, 1.7) + 0.3 * self._wave(5, time_s, 7.0)
        return (
            0.03 * lively * self._wave(1, time_s, 0.8),
            lively * (0.07 * self._wave(2, time_s, 0.7) + 0.05 * look),
            0.45 * lively * look,
            0.12 * lively * nod,
        )

    def hands(self, time_s: float, torso: Torso) -> tuple[ArmPose, ArmPose]:
        """Hands that hang, and in spells come up in front of the body and move there."""
        return both(torso, self._hand(LEFT, time_s, torso), self._hand(RIGHT, time_s, torso))

    def _hand(self, side: float, time_s: float, torso: Torso) -> Grip:
        down = hanging(torso, side)
        raised = max((_spell(time_s, *spell) for spell in self._raised[side]), default=0.0)
        if raised == 0.0:
            return down
        wave = 6 if side == LEFT else 9
        aside = side * (torso.body.shoulder_half_m - 0.02) + 0.08 * self._wave(wave, time_s, 3.1)
        above = -0.20 * torso.body.height_m + 0.10 * self._wave(wave + 1, time_s, 4.3)
        ahead = 0.16 * torso.body.height_m + 0.05 * self._wave(wave + 2, time_s, 3.7)
        up = Grip(torso.neck + np.array([aside, above, ahead]) @ torso.axes, side * torso.axes[0] - torso.axes[1])
        return down.towards(up, raised)

    def lively(self, time_s: float) -> float:
        """0 at the quiet beginning and end, 1 between them."""
        settle_s = min(1.0, self._duration_s / 3)
        return minimum_jerk(time_s / settle_s) * minimum_jerk((self._duration_s - time_s) / settle_s)

    def _wave(self, index: int, time_s: float, rate: float) -> float:
        return math.sin(rate * self._rates[index] * time_s + self._phases[index])


def _spell(time_s: float, start_s: float, end_s: float) -> float:
    return minimum_jerk((time_s - start_s) / RAISE_S) - minimum_jerk((time_s - end_s) / RAISE_S)


def _spells(random: np.random.Generator, duration_s: float) -> list[tuple[float, float]]:
    """When a hand comes up, and when it goes down again."""
    spells: list[tuple[float, float]] = []
    now_s = float(random.uniform(1.0, 3.0))
    while True:
        end_s = now_s + float(random.uniform(1.2, 5.0))
        if end_s + RAISE_S > duration_s:
            return spells
        spells.append((now_s, end_s))
        now_s = end_s + RAISE_S + float(random.uniform(0.5, 5.0))


def _small_steps(random: np.random.Generator, home: dict[float, Footprint], duration_s: float) -> list[Step]:
    """A foot put elsewhere now and then, and both put back before the end."""
    steps: list[Step] = []
    moved: set[float] = set()
    back_s = duration_s - 2 * (STEP_S + 0.1) - 0.3
    now_s = float(random.uniform(1.0, 4.0))
    while now_s + STEP_S + 0.1 < back_s:
        side = LEFT if random.random() < 0.5 else RIGHT
        aside, ahead, turn = random.uniform((-0.03, -0.08, -0.2), (0.06, 0.08, 0.2))
        at = home[side]
        to = Footprint(at.x_m + side * aside, at.z_m + ahead, at.turn_rad + turn)
        steps.append(Step(side, now_s, now_s + STEP_S, to, lift_m=0.035))
        moved.add(side)
        now_s += STEP_S + 0.1 + float(random.uniform(0.0, 6.0))
    for index, side in enumerate(sorted(moved)):
        start_s = back_s + index * (STEP_S + 0.1)
        steps.append(Step(side, start_s, start_s + STEP_S, home[side], lift_m=0.035))
    return steps
