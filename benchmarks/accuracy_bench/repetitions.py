"""Reps of made-up sets: tempo, depth, pauses, fatigue, and what the knees do."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from accuracy_bench.record import TrueRepetition
from accuracy_bench.sampling import Random, band, log_uniform, stream
from edge_valgus.capture.drawn.motion import KneePhase, RepScript, TrueRep
from edge_valgus.capture.drawn.squat import Squat

COUNTING_LINE: Final = 0.35  # the device's default `count.min_depth`
CLEAR_OF_LINE: Final = 0.05  # no rep's depth is as near to it as this
SHALLOWEST: Final = COUNTING_LINE + CLEAR_OF_LINE + 0.055  # usual depth of a set; its reps differ by 0.05
CLEAN_M: Final = 0.015
FAULT_M: Final = 0.04
KNEES_TRAVEL_FROM: Final = 0.5  # reps shallower than this are clean: hardly bent, a knee has nowhere to go
BUDGET_S: Final = 28.0  # of a whole set
QUICKEST_S, SLOWEST_S = 0.8, 6.0  # descent and ascent together
HIPS_ACCELERATION: Final = 8.0  # m/s², of hips let drop or stopped: short of free fall
KNEES_ACCELERATION: Final = (
    13.0  # m/s², sideways: a collapse of 5 cm takes 0.15 s in and as long out again; our judgement
)
PEAK_ACCELERATION: Final = 5.77  # of a minimum-jerk movement over distance / time²

PHASES: Final[Mapping[KneePhase, str]] = {
    KneePhase.DESCENT: "descent",
    KneePhase.BOTTOM: "bottom",
    KneePhase.THROUGHOUT: "bottom",
    KneePhase.ASCENT: "ascent",
}


@dataclass(frozen=True, slots=True)
class RepSet:
    """Reps, and what a table says of them. tempo_s: descent and ascent of a usual rep together."""

    reps: tuple[RepScript, ...]
    tempo_s: float
    conditions: Mapping[str, str]


def random_reps(seed: int, squat: Squat, *, barbell: bool) -> RepSet:
    """A set of 3 to 8 reps by this body, fewer where they are slow.

    In about a fifth of the sets one or two reps are shallower than the counting line. About half of the reps are clean.
    """
    random = stream(seed, "reps")
    drop_m = float(squat.pose(0.0).pelvis[1] - squat.pose(1.0).pelvis[1])
    usual_depth = random.uniform(SHALLOWEST, 1.2)
    tempo_s = log_uniform(random, 1.4 if barbell else QUICKEST_S, SLOWEST_S)
    descent_share = random.uniform(0.42, 0.62)
    tired = random.random() < 0.4
    sinks, slows = (random.uniform(0.05, 0.2), random.uniform(0.1, 0.6)) if tired else (0.0, 0.0)
    rest_s = log_uniform(random, 0.25, 2.5)
    holds_s = random.uniform(0.8, 2.0) if random.random() < 0.15 else random.uniform(0.0, 0.35)
    rep_s = tempo_s * (1 + slows / 2) + holds_s + rest_s
    count = int(min(random.integers(3, 9), max(3, BUDGET_S // rep_s)))
    partials = _partials(random, count)
    dipping = {int(random.integers(count))} if random.random() < 0.15 else set()
    stuck = set(range(count - int(random.integers(1, 3)), count)) if random.random() < 0.12 else set()
    knees = _Knees(stream(seed, "knees"), count, tired=tired)
    reps = []
    for index in range(count):
        late = index / (count - 1)
        depth = max(usual_depth * (1 - sinks * late), SHALLOWEST) + random.uniform(-0.05, 0.05)
        if index in partials:
            depth = random.uniform(0.15, COUNTING_LINE - CLEAR_OF_LINE - 0.005)
        depth = min(depth, 1.25)
        quickest_s = math.sqrt(PEAK_ACCELERATION * depth * drop_m / HIPS_ACCELERATION)
        this_s = min(tempo_s * (1 + slows * late) * random.uniform(0.9, 1.1), SLOWEST_S) * (
            0.6 if index in partials else 1.0
        )
        descent_s = max(this_s * descent_share, quickest_s)
        ascent_s = max(this_s * (1 - descent_share), quickest_s)
        left_m, right_m, phase = knees.of(index, depth)
        reps.append(
            _possible(
                RepScript(
                    depth=round(depth, 4),
                    descent_s=round(descent_s, 3),
                    hold_s=round(holds_s * random.uniform(0.7, 1.3), 3),
                    ascent_s=round(ascent_s, 3),
                    rest_s=round(rest_s * random.uniform(0.8, 1.3), 3),
                    knee_in_left_m=left_m,
                    knee_in_right_m=right_m,
                    knee_in_from=round(depth * stream(seed, f"from {index}").uniform(0.35, 0.55), 3)
                    if left_m or right_m
                    else 0.1,
                    knee_in_phase=phase,
                    dip=round(random.uniform(0.12, 0.3), 3) if index in dipping else 0.0,
                    dip_s=round(random.uniform(0.7, 1.3), 3),
                    stall_s=round(random.uniform(0.2, 0.8), 3) if index in stuck else 0.0,
                    stall_depth_share=round(random.uniform(0.45, 0.75), 3),
                )
            )
        )
    moving = float(np.median([rep.descent_s + rep.ascent_s for rep in reps]))
    return RepSet(
        tuple(reps),
        moving,
        {
            "tempo_s": band(moving, (0.8, 1.5, 3.0, 6.0)),
            "depth": band(usual_depth, (0.4, 0.7, 1.0, 1.25)),
            "pauses": "yes" if holds_s >= 0.8 else "no",
            "double_dip": "yes" if dipping else "no",
            "sticking": "yes" if stuck else "no",
            "partials": "yes" if partials else "no",
            "fatigue": "yes" if tired else "no",
            "knees": knees.kind,
        },
    )


def _possible(rep: RepScript) -> RepScript:
    """The same rep with knees that no leg would have to throw: a quick rep is faulty around its bottom, or clean."""
    if _sideways_acceleration(rep) <= KNEES_ACCELERATION:
        return rep
    slower = replace(rep, knee_in_phase=KneePhase.THROUGHOUT)
    if _sideways_acceleration(slower) <= KNEES_ACCELERATION:
        return slower
    return replace(
        slower, knee_in_left_m=_at_most_clean(rep.knee_in_left_m), knee_in_right_m=_at_most_clean(rep.knee_in_right_m)
    )


def _sideways_acceleration(rep: RepScript) -> float:
    """Greatest of either knee's inward travel, m/s²."""
    since_s = np.linspace(0.0, rep.moving_s, 400)
    share = np.array([rep.knee_in_share(float(at_s)) for at_s in since_s])
    step_s = float(since_s[1] - since_s[0])
    sharpest = float(np.abs(np.diff(share, 2)).max()) / step_s**2
    return sharpest * max(abs(rep.knee_in_left_m), abs(rep.knee_in_right_m))


def _at_most_clean(travel_m: float) -> float:
    return travel_m if travel_m <= CLEAN_M else round(CLEAN_M * 0.5, 4)


def _partials(random: Random, count: int) -> set[int]:
    """Which reps are too shallow."""
    if random.random() >= 0.2:
        return set()
    return {int(index) for index in random.choice(count, int(random.integers(1, 3)), replace=False)}


class _Knees:
    """What the knees of one set do, rep by rep."""

    KINDS: Final[Mapping[str, float]] = {"clean": 0.3, "now and then": 0.35, "growing": 0.15, "always": 0.2}

    def __init__(self, random: Random, count: int, *, tired: bool) -> None:
        kind = str(random.choice(list(self.KINDS), p=list(self.KINDS.values())))
        self.kind = "growing" if tired and random.random() < 0.4 else kind
        self._random = random
        self._count = count
        self._weak_leg = int(random.integers(2))
        self._phase = self._some_phase()
        self._worst_m = random.uniform(0.045, 0.08)
        self._both_legs = random.random() < 0.15

    def of(self, index: int, depth: float) -> tuple[float, float, KneePhase]:
        """Inward travel of left and right knee, and when."""
        late = index / (self._count - 1)
        chance = {"clean": 0.0, "now and then": 0.65, "growing": 0.35 + 0.65 * late, "always": 1.0}[self.kind]
        travel = [self._clean(), self._clean()]
        faulty = self._random.random() < chance
        phase = self._phase if self._random.random() < 0.75 else self._some_phase()
        both = self._both_legs or self._random.random() < 0.05
        leg = self._weak_leg if self._random.random() < 0.9 else 1 - self._weak_leg
        asked = [self._fault(late), self._fault(late)]
        if depth < KNEES_TRAVEL_FROM:
            return 0.0, 0.0, KneePhase.THROUGHOUT
        for side in (0, 1):
            if faulty and (both or side == leg):
                travel[side] = asked[side]
        return round(travel[0], 4), round(travel[1], 4), phase

    def _some_phase(self) -> KneePhase:
        return KneePhase(self._random.choice(list(KneePhase), p=(0.2, 0.3, 0.2, 0.3)))

    def _clean(self) -> float:
        """Mostly up to 1 cm; some knees go out a little, few reach 1.5 cm."""
        draw = self._random.random()
        if draw < 0.15:
            return float(self._random.uniform(-0.01, 0.0))
        return float(self._random.uniform(0.0, 0.01) if draw < 0.9 else self._random.uniform(0.01, 0.0145))

    def _fault(self, late: float) -> float:
        """A clear fault, but one in eight is neither clean nor clear."""
        unclear = self._random.random() < 0.12
        share = 0.6 + 0.4 * late if self.kind == "growing" else 1.0
        clear_m = max(self._worst_m * share * self._random.uniform(0.85, 1.0), FAULT_M + 0.002)
        return float(self._random.uniform(CLEAN_M, FAULT_M)) if unclear else clear_m


def reached(rep: RepScript, squat: Squat) -> tuple[float, float]:
    """Peak inward travel of (left, right) knee in metres as this body reaches it; 0 for knees that only go out."""
    peak = [0.0, 0.0]
    times_s = np.linspace(0.0, rep.moving_s, 240)
    shares = np.array([rep.knee_in_share(float(since_s)) for since_s in times_s])
    fullest = np.flatnonzero(shares >= 0.99 * shares.max())
    for index in fullest[:: max(1, len(fullest) // 5)]:
        left_m, right_m = shares[index] * rep.knee_in_left_m, shares[index] * rep.knee_in_right_m
        pose = squat.pose(rep.depth_at(float(times_s[index])), float(left_m), float(right_m))
        peak = [max(peak[0], pose.left.knee_in_m), max(peak[1], pose.right.knee_in_m)]
    return peak[0], peak[1]


def true_repetition(true: TrueRep, rep: RepScript, squat: Squat) -> TrueRepetition:
    """The truth for the record: as reached, with the phase of a rep whose knees are not clean."""
    knee_in_m = reached(rep, squat)
    phase = PHASES[rep.knee_in_phase] if max(knee_in_m) > CLEAN_M else "none"
    return TrueRepetition(true.start_s, true.bottom_s, true.end_s, true.depth, knee_in_m, phase)
