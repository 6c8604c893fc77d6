"""The reference squats: how well a knee's place repeats from one to the next, and what they tell of where the box stands.

Repeatability. Of each squat the knee's offset from its ankle is taken in slices of depth, on the way down and on the way up: as
wide as a usual descent takes for 0.1 to 0.2 s, which is about as long as the flag sums evidence. In each slice the squats' means are
compared; their standard deviation over squats, pooled over the slices, is the standard error of measurement (SEM; within one
lifter and session, as in Weir 2005). It holds what the network errs by and what this lifter's knees really did differently.

Bearing. A squatting lifter's knees, trunk and hips move forward or backward by lengths that hardly differ between people.
Seen from the side they move sideways in the picture, all by the same angle.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge_valgus.analysis.body import Body
from edge_valgus.analysis.measures import medial_offset_pct, trunk_shift_pct
from edge_valgus.events import Rep, Side

Array = NDArray[np.float64]

SLICE: Final = 0.15  # of depth
MIN_SQUATS: Final = 3  # in a slice
MIN_SLICES: Final = 6
DEEPEST: Final = 3  # slices in which a knee that comes in is furthest in …
CAVED_PCT: Final = 3.0  # … by so much more than in the other squats; about 3 cm, our judgement
HALVES: Final = ("down", "up")
DEEP: Final = 0.6  # from here on knees and trunk are forward enough to tell the bearing
# Degrees for each % of leg length that knees, shoulders and hips go to the picture's right between standing and the bottom.
# Fitted on 146 drawn lifters with MoveNet's kind of error, bearings of -20° to 20°: off by 1.8° (3.5° in one of twenty).
YAW_DEG_PER_PCT: Final = {"knees": -1.85, "trunk": -0.59, "hips": 0.41}
# What the lens's height does to shins and trunk at the bottom, as shares of their height standing: fitted on the same; off by 0.2 m.
HEIGHT_M: Final = {"always": 3.14, "shins": -1.97, "trunk": -0.94}


@dataclass(frozen=True, slots=True)
class Look:
    """One frame. *_pct: of the standing leg's length; knees inside their ankles, shifts to the picture's right."""

    time_s: float
    depth: float
    left_pct: float
    right_pct: float
    trunk_pct: float  # shoulders against hips
    hips_pct: float  # hips against ankles
    shins_px: float
    trunk_px: float

    @property
    def knees_pct(self) -> float:
        """Both knees against their ankles."""
        return (self.right_pct - self.left_pct) / 2


def look_at(body: Body, leg_px: float, depth: float, time_s: float) -> Look:
    """NaN where a leg is unseen."""
    left, right = body.left, body.right
    return Look(
        time_s,
        depth,
        left_pct=medial_offset_pct(left, Side.LEFT, leg_px),
        right_pct=medial_offset_pct(right, Side.RIGHT, leg_px),
        trunk_pct=trunk_shift_pct(body, leg_px),
        hips_pct=100.0 * (body.hip[0] - (left.ankle[0] + right.ankle[0]) / 2) / leg_px,
        shins_px=(left.ankle[1] + right.ankle[1] - left.knee[1] - right.knee[1]) / 2,
        trunk_px=body.trunk_height_px,
    )


@dataclass(frozen=True, slots=True)
class Squat:
    """One reference squat's frames, down and up."""

    down: tuple[Look, ...]
    up: tuple[Look, ...]

    @property
    def looks(self) -> tuple[Look, ...]:
        """All of them."""
        return (*self.down, *self.up)


def squat_of(rep: Rep, looks: Sequence[Look]) -> Squat:
    """The frames of a rep."""
    down = tuple(look for look in looks if rep.start_s <= look.time_s <= rep.bottom_s)
    return Squat(down, tuple(look for look in looks if rep.bottom_s < look.time_s <= rep.end_s))


def sem_pct(squats: Sequence[Squat], side: Side, from_depth: float) -> float:
    """How well that knee's place repeats, % of leg length. NaN where too little of it was seen.

    from_depth: knees are judged from there on.
    """
    squared, degrees, slices = 0.0, 0, 0
    for half in HALVES:
        for row in _slices(squats, side, half, from_depth):
            means = row[np.isfinite(row)]
            squared += float(((means - means.mean()) ** 2).sum())
            degrees += len(means) - 1
            slices += 1
    return math.sqrt(squared / degrees) if slices >= MIN_SLICES else math.nan


def caved_in(squats: Sequence[Squat], from_depth: float) -> int | None:
    """Which squat is no reference because a knee came in by more than the others': the worst of them, None if none did.

    Not by the flag: on a rig that trembles it is on in good squats too, and leaving these out would make the rig seem better.
    """
    worst, far_pct = None, CAVED_PCT
    for side in Side:
        for half in HALVES:
            rows = _slices(squats, side, half, from_depth)
            if len(rows) < DEEPEST:
                continue
            deepest = rows[-DEEPEST:]
            further = deepest - np.nanmedian(deepest, axis=1, keepdims=True)
            for index, column in enumerate(further.T):
                seen = column[np.isfinite(column)]
                if len(seen) and seen.mean() > far_pct:
                    worst, far_pct = index, float(seen.mean())
    return worst


def _slices(squats: Sequence[Squat], side: Side, half: str, from_depth: float) -> Array:
    """Each squat's offset in each slice of depth that enough of them were seen in, float64 [slices, squats]; NaN: not seen."""
    halves = [_column(getattr(squat, half), side) for squat in squats]
    deepest = max((float(depths.max()) for depths, _ in halves if len(depths)), default=0.0)
    rows = [_slice(halves, float(low)) for low in np.arange(from_depth, deepest, SLICE)]
    enough = [row for row in rows if np.isfinite(row).sum() >= MIN_SQUATS]
    return np.array(enough) if enough else np.empty((0, len(squats)))


def _column(looks: Sequence[Look], side: Side) -> tuple[Array, Array]:
    """Depths and that knee's offsets where it was seen."""
    pairs = [(look.depth, look.left_pct if side is Side.LEFT else look.right_pct) for look in looks]
    table = np.array([pair for pair in pairs if not math.isnan(sum(pair))], np.float64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def _slice(halves: Sequence[tuple[Array, Array]], low: float) -> Array:
    """Each squat's mean offset in one slice, less what is due to where in the slice its frames lie; NaN: none lies there."""
    parts = []
    for depths, offsets in halves:
        inside = (depths >= low) & (depths < low + SLICE)
        parts.append((depths[inside], offsets[inside]))
    seen = [(depths, offsets) for depths, offsets in parts if len(depths)]
    if not seen:
        return np.full(len(parts), np.nan)
    # The slope within the slice, from what each squat shows of it by itself: squats that differ are not to bend it.
    apart = np.concatenate([depths - depths.mean() for depths, _ in seen])
    risen = np.concatenate([offsets - offsets.mean() for _, offsets in seen])
    spread = float(apart @ apart)
    slope = float(apart @ risen) / spread if spread > 1e-9 else 0.0
    middle = low + SLICE / 2
    return np.array([o.mean() - slope * (d.mean() - middle) if len(d) else np.nan for d, o in parts])


def yaw_deg(standing: Sequence[Look], squats: Sequence[Squat]) -> float:
    """How far round to the lifter's left the box stands. NaN where no squat was deep enough."""
    deep = [look for squat in squats for look in squat.looks if look.depth > DEEP]
    if not deep or not standing:
        return math.nan
    moved = {name: _median(deep, f"{name}_pct") - _median(standing, f"{name}_pct") for name in YAW_DEG_PER_PCT}
    return sum(YAW_DEG_PER_PCT[name] * by_pct for name, by_pct in moved.items())


def lens_height_m(standing: Sequence[Look], squats: Sequence[Squat]) -> float:
    """The lens above the floor, for a lifter of average build; a rough guess. NaN where no squat was deep enough."""
    deep = [look for squat in squats for look in squat.looks if look.depth > DEEP]
    if not deep or not standing:
        return math.nan
    shares = {name: _median(deep, f"{name}_px") / _median(standing, f"{name}_px") for name in ("shins", "trunk")}
    return HEIGHT_M["always"] + sum(HEIGHT_M[name] * share for name, share in shares.items())


def _median(looks: Sequence[Look], name: str) -> float:
    return float(np.nanmedian([getattr(look, name) for look in looks]))
