"""Gathers one rep's frames and closes them into a `Rep`."""

from __future__ import annotations

import math
from collections import deque
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge_valgus.analysis.segmenter import Segment
from edge_valgus.events import TRACE_COLUMNS, Measures, Rep, Side, Valgus

MIN_JUDGED_SHARE: Final = 0.5  # of a rep's frames below the judging depth in which a leg must be read to be called fine
_COLUMN: Final = {name: i for i, name in enumerate(TRACE_COLUMNS)}


class RepRecorder:
    """Rows of the trace, oldest first. They outlast a rep's end, since the next one may begin there."""

    def __init__(self) -> None:
        self._rows: deque[tuple[float, ...]] = deque()

    def add(self, time_s: float, measures: Measures, *, flagged_left: bool, flagged_right: bool, judged: bool) -> None:
        """One frame of it."""
        self._rows.append(
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
                float(flagged_left),
                float(flagged_right),
                float(judged),
            )
        )

    def forget_before(self, time_s: float) -> None:
        """Those frames belong to no rep any more."""
        while self._rows and self._rows[0][0] < time_s:
            self._rows.popleft()

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
        rows = [row for row in self._rows if segment.start_s <= row[0] <= segment.end_s]
        # Subtract before narrowing: capture clocks count from the machine's start, and float32 holds 7 digits.
        exact = np.array(rows, np.float64).reshape(-1, len(TRACE_COLUMNS))
        exact[:, 0] -= segment.start_s
        trace = exact.astype(np.float32)
        left, right = trace[:, _COLUMN["flagged_left"]] > 0, trace[:, _COLUMN["flagged_right"]] > 0
        judged = trace[:, _COLUMN["judged"]] > 0
        deep = trace[:, _COLUMN["depth"]] >= judge_from_depth
        unread = frozenset(side for side in Side if _read_share(trace, side, judged, deep) < MIN_JUDGED_SHARE)
        in_doubt = len(unread) == len(Side) or not unread <= free_legs
        considered = deep & judged
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
            peak_mkd_left_pct=_peak(trace, "mkd_left_pct", considered),
            peak_mkd_right_pct=_peak(trace, "mkd_right_pct", considered),
            peak_fppa_left_deg=_peak(trace, "fppa_left_deg", considered),
            peak_fppa_right_deg=_peak(trace, "fppa_right_deg", considered),
            min_kasr=-_peak(-trace, "kasr", considered),
            peak_pelvic_tilt_deg=_largest(trace, "pelvic_tilt_deg", considered),
            peak_trunk_lean_deg=_largest(trace, "trunk_lean_deg", considered),
            trace=trace,
        )


def _valgus(left: bool, right: bool, *, in_doubt: bool) -> Valgus:
    if left or right:
        return Valgus.BOTH if left and right else Valgus.LEFT if left else Valgus.RIGHT
    return Valgus.UNKNOWN if in_doubt else Valgus.NONE


def _read_share(trace: NDArray[np.float32], side: Side, judged: NDArray[np.bool_], deep: NDArray[np.bool_]) -> float:
    """In how many of the deep frames that leg had a reading."""
    if not deep.any():
        return 0.0
    read = judged & ~np.isnan(trace[:, _COLUMN[f"mkd_{side}_pct"]])
    return float(read[deep].mean())


def _peak(trace: NDArray[np.float32], column: str, rows: NDArray[np.bool_]) -> float:
    values = trace[rows, _COLUMN[column]]
    values = values[~np.isnan(values)]
    return float(values.max()) if values.size else math.nan


def _largest(trace: NDArray[np.float32], column: str, rows: NDArray[np.bool_]) -> float:
    """The value furthest from zero, with its sign."""
    values = trace[rows, _COLUMN[column]]
    values = values[~np.isnan(values)]
    return float(values[np.abs(values).argmax()]) if values.size else math.nan
