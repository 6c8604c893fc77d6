"""Gathers one rep's frames and closes them into a `Rep`."""

from __future__ import annotations

from array import array
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge_valgus.analysis.segmenter import Segment
from edge_valgus.events import TRACE_COLUMNS, Measures, Rep, Side, Valgus

MIN_JUDGED_SHARE: Final = 0.5  # of a rep's frames below the judging depth in which a leg must be read to be called fine
_WIDTH: Final = len(TRACE_COLUMNS)
_COLUMN: Final = {name: i for i, name in enumerate(TRACE_COLUMNS)}
_KASR, _PELVIC_TILT, _TRUNK_LEAN = (_COLUMN[name] for name in ("kasr", "pelvic_tilt_deg", "trunk_lean_deg"))
_MKD: Final = {side: _COLUMN[f"mkd_{side}_pct"] for side in Side}
_FPPA: Final = {side: _COLUMN[f"fppa_{side}_deg"] for side in Side}
_FLAGGED: Final = {side: _COLUMN[f"flagged_{side}"] for side in Side}


class RepRecorder:
    """Rows of the trace, oldest first. They outlast a rep's end, since the next one may begin there.

    Closing a rep keeps the light waiting: the rows lie flat in memory, and numpy takes all of them at once.
    """

    def __init__(self) -> None:
        self._values = array("d")  # row after row

    def add(self, time_s: float, measures: Measures, *, flagged_left: bool, flagged_right: bool, judged: bool) -> None:
        """One frame of it, later than those before."""
        self._values.extend(
            (
                time_s,
                measures.depth,
                measures.kasr,
                measures.mkd_left_pct,
                measures.mkd_right_pct,
                measures.fppa_left_deg,
                measures.fppa_right_deg,
                measures.pelvic_tilt_deg,
                measures.trunk_lean_deg,
                flagged_left,
                flagged_right,
                judged,
            )
        )

    def forget_before(self, time_s: float) -> None:
        """Those frames belong to no rep any more."""
        old = 0
        while old < len(self._values) and self._values[old] < time_s:
            old += _WIDTH
        del self._values[:old]

    def rep(
        self,
        segment: Segment,
        *,
        number: int,
        counted: bool,
        judge_from_depth: float,
        free_legs: frozenset[Side] = frozenset(),
    ) -> Rep:
        """Close the rep. free_legs: legs that swung free and need no verdict, as long as the other has one."""
        exact = np.array(self._values, np.float64).reshape(-1, _WIDTH)  # a copy, to work on
        times_s = exact[:, 0]  # they rise, see add
        exact = exact[times_s.searchsorted(segment.start_s) : times_s.searchsorted(segment.end_s, side="right")]
        # Subtract before narrowing: capture clocks count from the machine's start, and float32 holds 7 digits.
        exact[:, 0] -= segment.start_s
        trace = exact.astype(np.float32)
        left, right = (trace[:, _FLAGGED[side]] > 0 for side in (Side.LEFT, Side.RIGHT))
        judged = trace[:, _COLUMN["judged"]] > 0
        deep = trace[:, _COLUMN["depth"]] >= judge_from_depth
        considered = trace[deep & judged]
        most, least = _most(considered), _least(considered)
        needed = max(1.0, MIN_JUDGED_SHARE * int(deep.sum()))
        unread = frozenset(side for side in Side if _readings(considered, side) < needed)
        in_doubt = len(unread) == len(Side) or not unread <= free_legs
        return Rep(
            number=number,
            counted=counted,
            start_s=segment.start_s,
            bottom_s=segment.bottom_s,
            end_s=segment.end_s,
            depth=segment.depth,
            valgus=_valgus(bool(left.any()), bool(right.any()), in_doubt=in_doubt),
            flagged_frames=int((left | right).sum()),
            judged_frames=int(judged.sum()),
            frames=len(trace),
            peak_mkd_left_pct=most[_MKD[Side.LEFT]],
            peak_mkd_right_pct=most[_MKD[Side.RIGHT]],
            peak_fppa_left_deg=most[_FPPA[Side.LEFT]],
            peak_fppa_right_deg=most[_FPPA[Side.RIGHT]],
            min_kasr=least[_KASR],
            peak_pelvic_tilt_deg=_further(least[_PELVIC_TILT], most[_PELVIC_TILT]),
            peak_trunk_lean_deg=_further(least[_TRUNK_LEAN], most[_TRUNK_LEAN]),
            trace=trace,
        )


def _valgus(left: bool, right: bool, *, in_doubt: bool) -> Valgus:
    if left or right:
        return Valgus.BOTH if left and right else Valgus.LEFT if left else Valgus.RIGHT
    return Valgus.UNKNOWN if in_doubt else Valgus.NONE


def _readings(rows: NDArray[np.float32], side: Side) -> int:
    """In how many of them that leg had one."""
    return len(rows) - int(np.isnan(rows[:, _MKD[side]]).sum())


def _most(rows: NDArray[np.float32]) -> list[float]:
    """Of each column; NaN where none was read."""
    values: list[float] = np.fmax.reduce(rows, axis=0, initial=np.nan).tolist()
    return values


def _least(rows: NDArray[np.float32]) -> list[float]:
    """Of each column; NaN where none was read."""
    values: list[float] = np.fmin.reduce(rows, axis=0, initial=np.nan).tolist()
    return values


def _further(least: float, most: float) -> float:
    """The one further from zero, with its sign; NaN if both are."""
    return most if abs(most) >= abs(least) else least
