"""What is done with a barbell or a plate besides squats: out of the rack and back, from the floor, bending over."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edge_valgus.capture.drawn.acts import Performance, Place, Posture
from edge_valgus.capture.drawn.body import Body
from edge_valgus.capture.drawn.checks import require
from edge_valgus.capture.drawn.limbs import (
    FIST,
    LEFT,
    RIGHT,
    Grip,
    Stood,
    Torso,
    both,
    hanging,
    hips_back_m,
    on_bar,
    person,
    torso_over,
    within_reach,
)
from edge_valgus.capture.drawn.motion import minimum_jerk
from edge_valgus.capture.drawn.skeleton import ArmPose, bar_centre
from edge_valgus.capture.drawn.squat import Stance
from edge_valgus.capture.drawn.tempo import there_and_back

Array = NDArray[np.float64]

BAR_ON_FLOOR_M = 0.225  # the radius of the plates on it
BAR_AHEAD_M = 0.13  # in front of the ankles: over the middle of the foot
PICKED_SHARE = 0.085  # the wrist's height over stature with the fingers at the floor
LIFT_SHARE = 0.55  # of Unrack's time has gone when the bar leaves the rack


@dataclass(frozen=True, slots=True)
class Unrack:
    """Stepping under a bar in the rack and standing up with it: hands to the bar, a small bend of the knees, up.

    dip_m: how far the hips go down, 0.02–0.15. The bar is on the back (Posture.barbell) from `lift_s` on.
    """

    place: Place = field(default_factory=Place)
    duration_s: float = 3.0
    dip_m: float = 0.08
    stance: Stance = field(default_factory=Stance)

    def __post_init__(self) -> None:
        require("duration_s", self.duration_s, 1.0, 30.0)
        require("dip_m", self.dip_m, 0.02, 0.15)

    @property
    def lift_s(self) -> float:
        """When the bar leaves the rack."""
        return LIFT_SHARE * self.duration_s

    def racked_bar(self, body: Body) -> Array:
        """The bar's middle while it is in the rack, float64 [3], in the gym's axes."""
        pose = self.performed_by(body)(self.lift_s).pose
        return self.place.to_gym(bar_centre(pose.neck, pose.trunk))

    def performed_by(self, body: Body) -> Performance:
        """Raises ValueError for a stance too wide for the body."""
        stood = Stood(body, self.stance)

        def at(time_s: float) -> Posture:
            share = time_s / self.duration_s
            under = minimum_jerk((share - 0.15) / 0.35) - minimum_jerk((share - LIFT_SHARE) / 0.35)
            torso = _bowed(stood, self.dip_m * under, stood.lean_rad + 0.06 * under, 0.0)
            held = minimum_jerk(share / 0.40)
            left, right = (hanging(torso, side).towards(on_bar(torso, side), held) for side in (LEFT, RIGHT))
            return Posture(
                person(torso, stood.feet, both(torso, left, right)), self.place, barbell=time_s >= self.lift_s
            )

        return at


@dataclass(frozen=True, slots=True)
class Rerack:
    """Putting the bar back: Unrack, backwards in time. The bar is on the back until `racked_s`."""

    place: Place = field(default_factory=Place)
    duration_s: float = 3.0
    dip_m: float = 0.08
    stance: Stance = field(default_factory=Stance)

    def __post_init__(self) -> None:
        self._reversed.__post_init__()

    @property
    def racked_s(self) -> float:
        """When the bar is back in the rack."""
        return self.duration_s - self._reversed.lift_s

    def performed_by(self, body: Body) -> Performance:
        """Raises ValueError for a stance too wide for the body."""
        unracking = self._reversed.performed_by(body)
        return lambda time_s: unracking(self.duration_s - time_s)

    @property
    def _reversed(self) -> Unrack:
        return Unrack(self.place, self.duration_s, self.dip_m, self.stance)


@dataclass(frozen=True, slots=True)
class BendAndPick:
    """Bending for something on the floor, with the knees as well as the back, and coming up again.

    side: 0 with both hands in front, 1 with the left hand beside the left foot, -1 with the right.
    """

    place: Place = field(default_factory=Place)
    duration_s: float = 3.5
    side: int = 0
    stance: Stance = field(default_factory=Stance)

    def __post_init__(self) -> None:
        require("duration_s", self.duration_s, 1.0, 30.0)
        require("side", self.side, -1, 1)

    def performed_by(self, body: Body) -> Performance:
        """Raises ValueError for a stance too wide for the body."""
        stood = Stood(body, self.stance)
        arm_m = body.upper_arm_m + body.forearm_m
        lowest = math.radians(84.0)
        pelvis_y = PICKED_SHARE * body.height_m + 0.92 * arm_m - body.trunk_m * math.cos(lowest)
        drop_m = min(max(float(stood.pelvis[1]) - pelvis_y, 0.3 * stood.level_drop_m), 0.9 * stood.level_drop_m)

        def at(time_s: float) -> Posture:
            share = time_s / self.duration_s
            down = minimum_jerk((share - 0.04) / 0.42) - minimum_jerk((share - 0.54) / 0.42)
            lean = stood.lean_rad + down * (lowest - stood.lean_rad)
            torso = _bowed(stood, drop_m * down, lean, -0.25 * self.side * down)
            hands = [self._hand(stood, torso, side, down) for side in (LEFT, RIGHT)]
            pose = person(torso, stood.feet, both(torso, hands[0], hands[1]), head_nod_rad=0.5 * down)
            return Posture(pose, self.place)

        return at

    def _hand(self, stood: Stood, torso: Torso, side: float, down: float) -> Grip:
        body = torso.body
        free = hanging(torso, side)
        if side == -self.side:
            return hanging(torso, side, swing_rad=-0.5 * down, reach=0.97 - 0.2 * down)
        aside = side * 0.13 if self.side == 0 else side * (stood.half_m + 0.14)
        ahead = 0.32 if self.side == 0 else 0.16
        floor = np.array([aside, PICKED_SHARE * body.height_m, ahead])
        return free.towards(Grip(floor, side * torso.axes[0] + torso.axes[1]), minimum_jerk(down))


@dataclass(frozen=True, slots=True)
class Deadlifts:
    """From the floor: bar before the shins, hips down by about half a squat's travel, back leaning far forward.

    The first rep begins with bending down to the bar, each ends with it on the floor, the last with standing up again;
    `reps` times it is lifted. The bar itself is not drawn: no Posture has it in the hands.
    """

    reps: int = 5
    rep_s: float = 3.5
    place: Place = field(default_factory=Place)
    stance: Stance = field(default_factory=Stance)

    def __post_init__(self) -> None:
        require("reps", self.reps, 1, 100)
        require("rep_s", self.rep_s, 1.5, 30.0)

    @property
    def duration_s(self) -> float:
        """All reps."""
        return self.reps * self.rep_s

    def performed_by(self, body: Body) -> Performance:
        """Raises ValueError for a stance too wide for the body."""
        stood = Stood(body, self.stance)
        arm_m = 0.985 * (body.upper_arm_m + body.forearm_m)
        drop_m, lean = _over_the_bar(stood, arm_m)

        def at(time_s: float) -> Posture:
            down = there_and_back(time_s, self.reps, self.rep_s)
            torso = _bowed(stood, drop_m * down, stood.lean_rad + down * (lean - stood.lean_rad), 0.0)
            hands = []
            for side in (LEFT, RIGHT):
                shoulder = torso.shoulder(side)
                aside = side * (max(body.shoulder_half_m, stood.half_m) + 0.06) - shoulder[0]
                ahead = BAR_AHEAD_M - shoulder[2]
                below = math.sqrt(max(arm_m**2 - aside**2 - ahead**2, 0.01))
                bar = Grip(shoulder + np.array([aside, -below, ahead]), side * torso.axes[0] - torso.axes[2], FIST)
                taken = minimum_jerk(time_s / (0.25 * self.rep_s)) * minimum_jerk(
                    (self.duration_s - time_s) / (0.25 * self.rep_s)
                )
                hands.append(hanging(torso, side).towards(bar, taken))
            return Posture(person(torso, stood.feet, both(torso, hands[0], hands[1])), self.place)

        return at


@dataclass(frozen=True, slots=True)
class Hinges:
    """Bending at the hips with soft knees until the trunk is nearly level, and up.

    barbell: good mornings, with a bar on the back; otherwise Romanian deadlifts, hands along the legs.
    lean_deg: of the trunk at the bottom, 40–88.
    """

    reps: int = 8
    rep_s: float = 3.0
    place: Place = field(default_factory=Place)
    barbell: bool = False
    lean_deg: float = 78.0
    stance: Stance = field(default_factory=Stance)

    def __post_init__(self) -> None:
        require("reps", self.reps, 1, 100)
        require("rep_s", self.rep_s, 1.0, 30.0)
        require("lean_deg", self.lean_deg, 40.0, 88.0)

    @property
    def duration_s(self) -> float:
        """All reps."""
        return self.reps * self.rep_s

    def performed_by(self, body: Body) -> Performance:
        """Raises ValueError for a stance too wide for the body."""
        stood = Stood(body, self.stance)
        lowest = math.radians(self.lean_deg)
        soft_m = 0.12 * stood.level_drop_m

        def at(time_s: float) -> Posture:
            down = there_and_back(time_s, self.reps, self.rep_s)
            torso = _bowed(stood, soft_m * down, stood.lean_rad + down * (lowest - stood.lean_rad), 0.0)
            return Posture(person(torso, stood.feet, self._arms(torso, down)), self.place, barbell=self.barbell)

        return at

    def _arms(self, torso: Torso, down: float) -> tuple[ArmPose, ArmPose]:
        if self.barbell:
            return both(torso, on_bar(torso, LEFT), on_bar(torso, RIGHT))
        # Straight down from the shoulders, drawn back to the legs.
        back = -0.25 * down
        return both(torso, hanging(torso, LEFT, swing_rad=back), hanging(torso, RIGHT, swing_rad=back))


def _bowed(stood: Stood, drop_m: float, lean_rad: float, turn_rad: float) -> Torso:
    """The trunk bent forward over planted feet, hips lower by so much and as far back as balance asks."""
    body = stood.body
    back_m = hips_back_m(body, lean_rad) - hips_back_m(body, stood.lean_rad)
    pelvis = stood.pelvis + np.array([0.0, -drop_m, back_m])
    return torso_over(body, within_reach(body, pelvis, stood.feet), lean_rad, turn_rad)


def _over_the_bar(stood: Stood, arm_m: float) -> tuple[float, float]:
    """How low the hips are and how far the trunk leans (radians) with straight arms down to a bar on the floor."""
    body = stood.body
    for share in (0.45, 0.50, 0.55, 0.60):
        drop_m = share * stood.level_drop_m
        above_m = BAR_ON_FLOOR_M + 0.97 * arm_m - (float(stood.pelvis[1]) - drop_m)
        cosine = above_m / body.trunk_m
        if cosine > math.cos(math.radians(72.0)):
            break
    return drop_m, math.acos(min(max(cosine, math.cos(math.radians(82.0))), math.cos(math.radians(45.0))))
