"""Made-up scenes in which nobody squats: whatever is counted or flagged in them is a ghost."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from accuracy_bench.company import passer_by, side_m, straight
from accuracy_bench.entrances import under_the_bar, with_racked_bar
from accuracy_bench.sampling import Lifter, Random, Shot, random_lifter, random_shot, stream
from accuracy_bench.scenes import Scene, lifter_conditions, random_frontage, random_sensor, shot_conditions
from edge_valgus.capture.drawn.actor import Actor
from edge_valgus.capture.drawn.acts import Act, Place
from edge_valgus.capture.drawn.exercises import Curls, JumpingJacks, Lunges, OverheadPress
from edge_valgus.capture.drawn.lifting import BendAndPick, Deadlifts, Hinges, Rerack
from edge_valgus.capture.drawn.look import Arms
from edge_valgus.capture.drawn.props import Frontage
from edge_valgus.capture.drawn.stage import StageScript
from edge_valgus.capture.drawn.standing import Stand
from edge_valgus.capture.drawn.walking import Walk, heading_deg

SHORTEST_S, LONGEST_S = 30.0, 60.0
ACTIVITIES: Final = (
    "walking about",
    "talking",
    "curls",
    "deadlifts",
    "hinges",
    "jumping jacks",
    "lunges",
    "presses",
    "picking up",
    "people passing",
    "unracking",
)


def negative_scene(seed: int) -> Scene:
    """Half a minute to a minute without squats; the activities take turns with the seed.

    Raises ValueError for a negative seed.
    """
    random = stream(seed, "negative")
    activity = ACTIVITIES[seed % len(ACTIVITIES)]
    loaded = activity == "unracking" or (activity == "hinges" and random.random() < 0.4)
    lifter = random_lifter(stream(seed, "negative lifter"), barbell=loaded, squats=False)
    shot = _turned(random, random_shot(stream(seed, "negative camera"), lifter))
    length_s = round(random.uniform(SHORTEST_S, LONGEST_S), 1)
    timing, exposure, sensor = random_sensor(stream(seed, "negative sensor"))
    frontage, front = random_frontage(stream(seed, "negative front"), barbell=loaded)
    part = _Part(random, lifter, shot, length_s)
    actor: Actor | None = None
    others: tuple[Actor, ...] = ()
    if activity == "people passing":
        others = _passing(random, shot, length_s)
    elif activity == "unracking":
        acts, frontage = part.unracking(frontage)
        front = "rack"
        actor = Actor(acts, lifter.body, lifter.look)
    else:
        actor = Actor(part.acts(activity, loaded=loaded), lifter.body, lifter.look)
        if random.random() < 0.25:
            others = (passer_by(random, shot, in_front=bool(random.random() < 0.4), length_s=length_s),)
    script = StageScript(
        lifter=actor,
        others=others,
        view=shot.view,
        room=lifter.look,
        frontage=frontage,
        exposure=exposure,
        timing=timing,
        duration_s=length_s,
        seed=seed,
    )
    conditions = {**shot_conditions(shot), **lifter_conditions(lifter), **sensor, "front": front, "activity": activity}
    return Scene(seed, script, shot.size_px, conditions)


def _turned(random: Random, shot: Shot) -> Shot:
    """Most face the camera as lifters do, some any other way."""
    if random.random() < 0.7:
        return shot
    return replace(shot, place=replace(shot.place, turn_deg=round(random.uniform(-180, 180), 1)))


def _passing(random: Random, shot: Shot, length_s: float) -> tuple[Actor, ...]:
    """Some people, one after the other or two at once, behind and in front."""
    return tuple(
        passer_by(random, shot, in_front=bool(random.random() < 0.4), length_s=length_s)
        for _ in range(int(random.integers(3, 11)))
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """What one person does in one scene."""

    random: Random
    lifter: Lifter
    shot: Shot
    length_s: float

    def acts(self, activity: str, *, loaded: bool) -> tuple[Act, ...]:
        """Again and again, with pauses, until the scene is over."""
        acts: list[Act] = []
        if activity == "walking about":
            return self._walking_about()
        if not loaded and self.random.random() < 0.35:
            acts.append(self._walk_in())
        once = self._once(activity, loaded=loaded)
        while sum(act.duration_s for act in acts) < self.length_s:
            acts += [self._stand(loaded=loaded), once()]
        return tuple(acts)

    def unracking(self, frontage: Frontage) -> tuple[tuple[Act, ...], Frontage]:
        """Out of the rack, a few steps back, standing there, and back into it; some stay in the rack."""
        random, stance = self.random, self.lifter.stance
        if not frontage.uprights_x_m:
            frontage = replace(frontage, uprights_x_m=(-0.6, 0.6), uprights_z_m=0.5)
        under = under_the_bar(self.lifter, frontage)
        frontage = with_racked_bar(self.lifter.body, frontage, under)
        under = replace(under, dip_m=round(random.uniform(0.04, 0.12), 3))
        back = Place(0.0, round(under.place.z_m - random.uniform(0.4, 0.8), 3))
        acts: list[Act] = []
        while sum(act.duration_s for act in acts) < self.length_s:
            acts += [
                self._stand(place=under.place),
                replace(under, duration_s=round(random.uniform(2.0, 4.0), 2)),
            ]
            spot = under.place
            if random.random() < 0.75:
                acts.append(Walk(spot, back, 0.4, True, True, stance))
                spot = back
            acts.append(self._stand(loaded=True, place=spot))
            if spot is back:
                acts.append(Walk(back, under.place, 0.4, True, stance=stance))
            acts.append(Rerack(under.place, round(random.uniform(2.0, 4.0), 2), under.dip_m, stance))
        return tuple(acts), frontage

    def _once(self, activity: str, *, loaded: bool) -> Callable[[], Act]:
        random, place, stance = self.random, self.shot.place, self.lifter.stance

        def reps(low: int, high: int) -> int:
            return int(random.integers(low, high + 1))

        def rep_s(low: float, high: float) -> float:
            return round(random.uniform(low, high), 2)

        makers: dict[str, Callable[[], Act]] = {
            "talking": lambda: Stand(
                rep_s(6, 20), place, Arms.SIDES, gestures=True, seed=int(random.integers(2**31)), stance=stance
            ),
            "curls": lambda: Curls(reps(5, 12), rep_s(1.5, 4.0), place, stance),
            "deadlifts": lambda: Deadlifts(reps(2, 6), rep_s(2.5, 5.0), place, stance),
            "hinges": lambda: Hinges(reps(4, 8), rep_s(2.0, 4.0), place, loaded, rep_s(55, 85), stance),
            "jumping jacks": lambda: JumpingJacks(reps(10, 30), rep_s(0.85, 1.4), place, stance),
            "lunges": lambda: Lunges(
                reps(3, 8), rep_s(2.2, 4.0), place, bool(random.random() < 0.4), bool(random.random() < 0.5), stance
            ),
            "presses": lambda: OverheadPress(reps(4, 8), rep_s(2.0, 4.0), place, stance),
            "picking up": lambda: BendAndPick(place, rep_s(1.8, 4.5), reps(-1, 1), stance),
        }
        return makers[activity]

    def _walking_about(self) -> tuple[Act, ...]:
        """To and fro in the gym: aside, nearer, further back, out of view and in again."""
        acts: list[Act] = []
        here = self._somewhere()
        while sum(act.duration_s for act in acts) < self.length_s:
            there = self._somewhere()
            if math.hypot(there.x_m - here.x_m, there.z_m - here.z_m) < 0.4:
                continue
            acts.append(Walk(here, there, round(self.random.uniform(0.6, 1.5), 2), stance=self.lifter.stance))
            here = there
            if self.random.random() < 0.5:
                acts.append(self._stand(place=here))
        return tuple(acts)

    def _somewhere(self) -> Place:
        nearest = self.shot.view.distance_m - 1.3
        z_m = self.random.uniform(-1.4, max(-1.0, nearest))
        left, right = side_m(self.shot, z_m, -1.0), side_m(self.shot, z_m, 1.0)
        x_m = self.random.uniform(left, right)
        return Place(round(x_m, 2), round(z_m, 2), round(self.random.uniform(-60, 60), 1))

    def _walk_in(self) -> Walk:
        start = Place(side_m(self.shot, 0.0, float(self.random.choice([-1, 1]))), 0.0)
        walk = straight(start, self.shot.place, self.random.uniform(0.8, 1.4))
        turned = replace(start, turn_deg=heading_deg(start, self.shot.place))
        return replace(walk, start=turned, end=self.shot.place, stance=self.lifter.stance)

    def _stand(self, *, loaded: bool = False, place: Place | None = None) -> Stand:
        return Stand(
            round(self.random.uniform(1.5, 5.0), 2),
            place or self.shot.place,
            Arms.BARBELL if loaded else Arms.SIDES,
            gestures=not loaded and bool(self.random.random() < 0.5),
            seed=int(self.random.integers(2**31)),
            stance=self.lifter.stance,
        )
