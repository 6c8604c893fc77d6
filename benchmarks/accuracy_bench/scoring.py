"""One scene's verdict against its truth, as numbers that can be summed over scenes.

What is compared with what:

- A judged rep belongs to the true rep within whose span its bottom lies; each true rep gets at most one. A counted rep
  that belongs to none is a ghost.
- A true rep is worth counting from the depth on at which the product counts by default (`LINE`).
- A leg is at fault in a rep if its knee travelled at least `FAULT_M` inward, clean up to `CLEAN_M`, and in between it
  is not scored. Only reps worth counting are scored. A leg is flagged if the rep is written down so, or if its red
  light came on within the true rep.
- A leg that is not flagged counts as abstained from if the rep's knees are "unknown" or the rep was not found.
- Start and end of a true rep are where the true depth passes `MOVING`; a rep that begins or ends lower than that, turned
  round short of the top, starts and ends at the turn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accuracy_bench.judging import STRICT_LINE
from accuracy_bench.record import Flag, JudgedRep, Known, Seen, TrueRepetition, Verdict
from edge_valgus.config import Config
from edge_valgus.events import Side, Valgus

LINE: Final = Config().count.min_depth
CLEAR_OF_LINE: Final = 0.15  # a rep this far from the line is clearly shallow or clearly deep enough
FAULT_M: Final = 0.04
CLEAN_M: Final = 0.015
MOVING: Final = 0.05  # depth
AT_BOTTOM: Final = 0.01  # depth within which of its deepest point a rep is at the bottom
LATE_FLAG_S: Final = 0.3  # a flag so long after a rep's end still is that rep's
SAME_TIME_S: Final = 1e-3

_SIDES: Final = (Side.LEFT, Side.RIGHT)
_NAMED: Final = {Side.LEFT: (Valgus.LEFT, Valgus.BOTH), Side.RIGHT: (Valgus.RIGHT, Valgus.BOTH)}


class Said(StrEnum):
    """What a judge said of one leg in one rep."""

    FLAGGED = "flagged"
    FINE = "fine"
    ABSTAINED = "abstained"


@dataclass(frozen=True, slots=True)
class LegScore:
    """One leg of one true rep that is either at fault or clean."""

    fault: bool
    said: Said


@dataclass(frozen=True, slots=True)
class RepError:
    """Judged less true of a rep that was found; seconds and depth.

    bottom_s: against the middle of the time at the deepest point. bottom_outside_s: against all of that time, zero within
    it: where a lifter waits at the bottom, no moment of it is more the bottom than another.
    """

    start_s: float
    bottom_s: float
    bottom_outside_s: float
    end_s: float
    depth: float


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of how many."""

    right: int = 0
    of: int = 0


@dataclass(frozen=True, slots=True)
class SceneScore:
    """How right one judge was about one scene.

    true_count, counted: reps worth counting, and reps counted. ghosts: counted reps that match no true rep.
    partial_told, partial_told_strict: reps clear of the default line, of `judging.STRICT_LINE`: told on the right
    side (strict: None for judges without such a setting; shallow: only of those that are not deep enough). knees:
    whether the judge has an opinion on knees. right_leg: reps with a one-sided fault that were flagged: flagged on
    exactly that leg. latency_s: from the true crossing of `FAULT_M` to the flag, negative if the flag was earlier.
    judged: frames with a reading, of those in which the lifter squats in view. stray_flags: red lights that came on
    outside every rep worth counting. seconds: the scene's length.
    """

    seed: int
    conditions: dict[str, str]
    seconds: float
    true_count: int
    counted: int
    ghosts: int
    partial_told: Tally
    partial_told_strict: Tally | None
    shallow_told_strict: Tally | None
    knees: bool
    legs: tuple[LegScore, ...]
    right_leg: Tally
    latency_s: tuple[float, ...]
    stray_flags: int
    errors: tuple[RepError, ...]
    judged: Tally = field(default_factory=Tally)

    @property
    def exact(self) -> bool:
        """The count is right."""
        return self.counted == self.true_count

    @property
    def off_by_one(self) -> bool:
        """The count is right or off by one (the literature's OBO)."""
        return abs(self.counted - self.true_count) <= 1


def score(seed: int, known: Known, seen: Seen, verdict: Verdict, *, strict: Verdict | None = None) -> SceneScore:
    """Compare. strict: the same judge's verdict with `judging.STRICT_LINE` as the line, if it has one.

    Raises ValueError when the truth and the poses are not of the same frames.
    """
    _require_same_frames(known, seen, verdict)
    pairs = match(known.reps, verdict.reps)
    found = [rep for rep in pairs if rep is not None]
    has_knees = any(rep.valgus is not None for rep in verdict.reps) or bool(verdict.flags)
    worth = [(true, rep) for true, rep in zip(known.reps, pairs, strict=True) if true.depth >= LINE]
    time_s = known.time_s
    return SceneScore(
        seed=seed,
        conditions=dict(known.conditions),
        seconds=float(time_s[-1] - time_s[0]) if len(time_s) else 0.0,
        true_count=len(worth),
        counted=sum(rep.counted for rep in verdict.reps),
        ghosts=sum(rep.counted and not any(rep is other for other in found) for rep in verdict.reps),
        partial_told=_told(known.reps, pairs, LINE),
        partial_told_strict=_told_strictly(known.reps, strict),
        shallow_told_strict=_told_strictly(tuple(true for true in known.reps if true.depth < STRICT_LINE), strict),
        knees=has_knees,
        legs=tuple(leg for true, rep in worth for leg in _legs(true, rep, verdict.flags)),
        right_leg=_right_leg(worth, verdict.flags),
        latency_s=tuple(late for true, _ in worth for late in _latencies(true, known, verdict.flags)),
        stray_flags=sum(not any(_within(flag.on_s, true, LATE_FLAG_S) for true, _ in worth) for flag in verdict.flags),
        errors=tuple(_error(true, rep, known) for true, rep in zip(known.reps, pairs, strict=True) if rep is not None),
        judged=_judged(known, verdict),
    )


def match(true_reps: tuple[TrueRepetition, ...], judged: tuple[JudgedRep, ...]) -> list[JudgedRep | None]:
    """For each true rep the judged rep that is about it, or None.

    Spans of true reps don't overlap, so a bottom lies within one of them at most (where two touch, the nearer bottom
    decides), and no two true reps compete. Of several within one span, one on the right side of the line goes first,
    then the nearest bottom.
    """
    mine: list[list[JudgedRep]] = [[] for _ in true_reps]
    for rep in judged:
        around = [i for i, true in enumerate(true_reps) if _within(rep.bottom_s, true)]
        if around:
            mine[min(around, key=lambda i: abs(true_reps[i].bottom_s - rep.bottom_s))].append(rep)
    return [min(reps, key=_unlike(true)) if reps else None for true, reps in zip(true_reps, mine, strict=True)]


def _unlike(true: TrueRepetition) -> Callable[[JudgedRep], tuple[bool, float]]:
    return lambda rep: (rep.counted != (true.depth >= LINE), abs(rep.bottom_s - true.bottom_s))


def _within(time_s: float, true: TrueRepetition, later_s: float = 0.0) -> bool:
    return true.start_s <= time_s <= true.end_s + later_s


def _require_same_frames(known: Known, seen: Seen, verdict: Verdict) -> None:
    seen_s = np.array([time_s for time_s, _ in seen.poses], np.float64)
    if len(seen_s) != len(known.time_s) or len(verdict.judged) != len(seen_s):
        raise ValueError(
            f"the truth has {len(known.time_s)} frames, {len(seen_s)} were seen and {len(verdict.judged)} judged: "
            "expected the same; make the poses anew"
        )
    if len(seen_s) and float(np.abs(seen_s - known.time_s).max()) > SAME_TIME_S:
        raise ValueError("the frames' times differ between the truth and the poses; make the poses anew")


def _told(true_reps: tuple[TrueRepetition, ...], pairs: list[JudgedRep | None], line: float) -> Tally:
    told = [
        (rep is not None and rep.counted) == (true.depth >= line)
        for true, rep in zip(true_reps, pairs, strict=True)
        if abs(true.depth - line) >= CLEAR_OF_LINE - 1e-9
    ]
    return Tally(sum(told), len(told))


def _told_strictly(true_reps: tuple[TrueRepetition, ...], strict: Verdict | None) -> Tally | None:
    return None if strict is None else _told(true_reps, match(true_reps, strict.reps), STRICT_LINE)


def _flagged(true: TrueRepetition, rep: JudgedRep | None, flags: tuple[Flag, ...], side: Side) -> bool:
    if rep is not None and rep.valgus in _NAMED[side]:
        return True
    return any(flag.side is side and _within(flag.on_s, true) for flag in flags)


def _legs(true: TrueRepetition, rep: JudgedRep | None, flags: tuple[Flag, ...]) -> list[LegScore]:
    unknown = rep is None or rep.valgus is None or rep.valgus is Valgus.UNKNOWN
    legs = []
    for side, knee_in_m in zip(_SIDES, true.knee_in_m, strict=True):
        if CLEAN_M < knee_in_m < FAULT_M:
            continue
        flagged = _flagged(true, rep, flags, side)
        said = Said.FLAGGED if flagged else Said.ABSTAINED if unknown else Said.FINE
        legs.append(LegScore(knee_in_m >= FAULT_M, said))
    return legs


def _right_leg(worth: list[tuple[TrueRepetition, JudgedRep | None]], flags: tuple[Flag, ...]) -> Tally:
    right = of = 0
    for true, rep in worth:
        at_fault = [knee_in_m >= FAULT_M for knee_in_m in true.knee_in_m]
        if sum(at_fault) != 1 or min(true.knee_in_m) > CLEAN_M:
            continue
        flagged = [_flagged(true, rep, flags, side) for side in _SIDES]
        if any(flagged):
            of += 1
            right += flagged == at_fault
    return Tally(right, of)


def _latencies(true: TrueRepetition, known: Known, flags: tuple[Flag, ...]) -> list[float]:
    late = []
    for index, side in enumerate(_SIDES):
        on_s = [flag.on_s for flag in flags if flag.side is side and _within(flag.on_s, true, LATE_FLAG_S)]
        if true.knee_in_m[index] < FAULT_M or not on_s:
            continue
        rises_s, _ = _crossings(known.time_s, known.knee_in_m[:, index], FAULT_M, true)
        if rises_s:
            late.append(min(on_s) - rises_s[0])
    return late


def _error(true: TrueRepetition, rep: JudgedRep, known: Known) -> RepError:
    rises_s, falls_s = _crossings(known.time_s, known.depth, MOVING, true)
    # A rep that turned round short of the top never passes the level: it begins or ends at the turn.
    start_s = rises_s[0] if rises_s and rises_s[0] < true.bottom_s else true.start_s
    end_s = falls_s[-1] if falls_s and falls_s[-1] > true.bottom_s else true.end_s
    return RepError(
        start_s=rep.start_s - start_s,
        bottom_s=rep.bottom_s - true.bottom_s,
        bottom_outside_s=_outside(rep.bottom_s, known, true),
        end_s=rep.end_s - end_s,
        depth=rep.depth - true.depth,
    )


def _outside(time_s: float, known: Known, true: TrueRepetition) -> float:
    """How long before (negative) or after the frames at the rep's deepest point."""
    during = (known.time_s >= true.start_s) & (known.time_s <= true.end_s)
    if not during.any():
        return time_s - true.bottom_s
    at_bottom_s = known.time_s[during & (known.depth >= known.depth[during].max() - AT_BOTTOM)]
    return time_s - min(max(time_s, float(at_bottom_s[0])), float(at_bottom_s[-1]))


def _crossings(
    time_s: NDArray[np.float64], values: NDArray[np.float64], level: float, true: TrueRepetition
) -> tuple[list[float], list[float]]:
    """When `values` rises to `level` and falls below it within the rep, between frames by straight lines."""
    rises_s: list[float] = []
    falls_s: list[float] = []
    above = values >= level
    for i in np.flatnonzero(above[1:] != above[:-1]):
        share = (level - values[i]) / (values[i + 1] - values[i])
        at_s = float(time_s[i] + share * (time_s[i + 1] - time_s[i]))
        if _within(at_s, true):
            (falls_s if above[i] else rises_s).append(at_s)
    return rises_s, falls_s


def _judged(known: Known, verdict: Verdict) -> Tally:
    squats = np.zeros(len(known.time_s), np.bool_)
    for true in known.reps:
        squats |= (known.time_s >= true.start_s) & (known.time_s <= true.end_s)
    squats &= known.in_view
    return Tally(int((verdict.judged & squats).sum()), int(squats.sum()))
