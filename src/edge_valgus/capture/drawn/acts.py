"""What a drawn person does, one act after the other: squatting and standing here, the rest in `walking` and `exercises`.

An act gives, for a body, the posture at each moment. The skeleton is in the person's own axes (see `body`: x to their
left, y up, z the way they face, origin on the floor between the ankles); `Place` says where on the floor that is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edge_valgus.capture.drawn.body import Body
from edge_valgus.capture.drawn.checks import require
from edge_valgus.capture.drawn.look import Arms
from edge_valgus.capture.drawn.motion import RepScript, Timeline, TrueRep
from edge_valgus.capture.drawn.skeleton import Pose3D, stand_up
from edge_valgus.capture.drawn.squat import Squat, Stance

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person is on the gym's floor and which way they face.

    x_m, z_m: the gym's axes, those of a lifter who faces the camera at yaw 0: x to that lifter's left, z towards the
    camera. turn_deg: turned to their own left (counter-clockwise from above); 0 faces +z.
    """

    x_m: float = 0.0
    z_m: float = 0.0
    turn_deg: float = 0.0

    def to_gym(self, points_m: Array) -> Array:
        """Points or directions' ends [..., 3] in the person's axes to the gym's."""
        placed: Array = self.turned(points_m) + np.array([self.x_m, 0.0, self.z_m])
        return placed

    def turned(self, directions: Array) -> Array:
        """Directions [..., 3] in the person's axes to the gym's."""
        turn = math.radians(self.turn_deg)
        cosine, sine = math.cos(turn), math.sin(turn)
        x, y, z = directions[..., 0], directions[..., 1], directions[..., 2]
        return np.stack([cosine * x + sine * z, y, cosine * z - sine * x], axis=-1)


@dataclass(frozen=True, slots=True, eq=False)
class Posture:
    """One moment of an act.

    depth: of a squat, 0 standing … 1 hip level with the knee; 0 in other acts. rep_index: which of the act's reps is
    going on, None between them and in acts that are no squats. barbell: whether a bar lies on the back.
    """

    pose: Pose3D
    place: Place
    depth: float = 0.0
    rep_index: int | None = None
    barbell: bool = False


Performance = Callable[[float], Posture]
"""From the time since the act began, in seconds, to the posture then."""


class Act(Protocol):
    """Something to do for a while. Acts are data: the same act by the same body gives the same postures."""

    @property
    def duration_s(self) -> float:
        """How long it takes."""

    def performed_by(self, body: Body) -> Performance:
        """Work out what needs to be worked out once."""


@dataclass(frozen=True, slots=True)
class Squats:
    """A set of squats on one spot. arms: Arms.BARBELL squats with a bar. sway_m: see SetScript."""

    reps: tuple[RepScript, ...] = (RepScript(),) * 3
    stance: Stance = field(default_factory=Stance)
    arms: Arms = Arms.CROSSED
    place: Place = field(default_factory=Place)
    lead_in_s: float = 1.5
    sway_m: float = 0.004
    sway_seed: int = 0

    def __post_init__(self) -> None:
        require("lead_in_s", self.lead_in_s, 0.0, 600.0)
        require("sway_m", self.sway_m, 0.0, 0.03)

    @property
    def duration_s(self) -> float:
        """Lead-in, reps and the rests after them."""
        return Timeline(self.reps, self.lead_in_s).duration_s

    @property
    def true_reps(self) -> tuple[TrueRep, ...]:
        """The reps as they really are; times since the act began."""
        return Timeline(self.reps, self.lead_in_s).true_reps

    def performed_by(self, body: Body) -> Performance:
        """Raises ValueError for a stance too wide for the body."""
        squat, timeline, sway = Squat(body, self.stance), Timeline(self.reps, self.lead_in_s), Sway(self.sway_seed)

        def at(time_s: float) -> Posture:
            moment = timeline.at(time_s)
            legs = squat.pose(moment.depth, moment.knee_in_left_m, moment.knee_in_right_m, sway.at(time_s, self.sway_m))
            pose = stand_up(body, legs, self.arms, moment.depth)
            return Posture(pose, self.place, moment.depth, moment.rep_index, barbell=self.arms is Arms.BARBELL)

        return at


class Sway:
    """Nobody stands still: the hips drift by a few millimetres."""

    def __init__(self, seed: int) -> None:
        self._phase = np.random.default_rng(seed).uniform(0, 2 * math.pi, 4)

    def at(self, time_s: float, amount_m: float) -> tuple[float, float]:
        """Shift of the hips to the left and forward, in metres."""
        phase = self._phase
        aside = 0.7 * math.sin(1.9 * time_s + phase[0]) + 0.3 * math.sin(5.1 * time_s + phase[1])
        ahead = 0.7 * math.sin(1.4 * time_s + phase[2]) + 0.3 * math.sin(4.3 * time_s + phase[3])
        return amount_m * aside, 0.7 * amount_m * ahead
