"""The charts of a set and of a rep: what is drawn where. Colours are in the style sheet.

Left and right differ by lane, hatching, dash and letter, so that no chart needs colour to be read. Text is drawn at its
final size, so the set's chart exists per width instead of being scaled: see `WIDE` and `NARROW`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from edge_valgus.events import TRACE_COLUMNS, Side, Valgus
from edge_valgus.store.rows import RepRow
from edge_valgus.web import words
from edge_valgus.web.canvas import Canvas, Scale, Size, spans

COLUMN: Final = {name: index for index, name in enumerate(TRACE_COLUMNS)}

WIDE: Final = Size("wide", 1080, 340, left_px=74, right_px=14)
NARROW: Final = Size("narrow", 340, 290, left_px=60, right_px=8)
REP: Final = Size("rep", 340, 220, left_px=56, right_px=8)

_LANE_PX: Final = 18
_TOP_PX: Final = 28
_PADDING_S: Final = 0.4
_LABEL_ROOM: Final = 0.08
"""Levels of depth closer together than this would print their names over each other."""

_CAVED_IN: Final = {Side.LEFT: {Valgus.LEFT, Valgus.BOTH}, Side.RIGHT: {Valgus.RIGHT, Valgus.BOTH}}


@dataclass(frozen=True, slots=True, eq=False)
class TracedRep:
    """A rep with its frames: float32 [frames, len(TRACE_COLUMNS)], or None when there are none."""

    rep: RepRow
    trace: NDArray[np.float32] | None

    def column(self, name: str) -> NDArray[np.float32]:
        """One column of the trace, float32 [frames]; empty without a trace."""
        if self.trace is None:
            return np.empty(0, dtype=np.float32)
        column: NDArray[np.float32] = self.trace[:, COLUMN[name]]
        return column

    def most(self, name: str) -> float:
        """The greatest value of a column, or -inf where none was taken."""
        column = self.column(name)
        return float(column[np.isfinite(column)].max(initial=-np.inf))


def set_chart(reps: Sequence[TracedRep], count_depth: float, size: Size) -> Markup:
    """Depth over time of all reps of a set, deeper is lower, with the spans in which each knee was flagged.

    count_depth: the depth from which on a rep counts, drawn as a line. Returns one <svg>; empty without reps.
    """
    if not reps:
        return Markup("")
    begin_s = min(one.rep.start_s for one in reps) - _PADDING_S
    end_s = max(one.rep.end_s for one in reps) + _PADDING_S
    canvas = Canvas(size, "set", Scale(begin_s, end_s, size.left_px, size.end_px))
    floor_px = size.height_px - 2 * _LANE_PX - 32
    deepest = max([1.0, count_depth, *(one.most("depth") for one in reps)])
    depth = Scale(-0.05, deepest + 0.08, _TOP_PX, floor_px)
    plot = (_TOP_PX, floor_px)
    lanes = {side: floor_px + 6 + row * _LANE_PX for row, side in enumerate(Side)}
    for side, top_px in lanes.items():
        canvas.text(f"lane-label {side}", (size.left_px - 6, top_px + 13), f"{side} in", "end")
        canvas.box("lane", (size.left_px, size.end_px), (top_px + 1, top_px + _LANE_PX - 2))
    for one in reps:
        times = one.column("time_s") + one.rep.start_s
        for side, top_px in lanes.items():
            for begin, end in spans(times, one.column(f"flagged_{side}") > 0.5):
                across = (canvas.x(begin), canvas.x(end))
                canvas.hatched("shade", side, across, plot)
                canvas.hatched("flag", side, across, (top_px + 1, top_px + _LANE_PX - 2))
    for value, label in ((0.0, "standing"), (1.0, "parallel")):
        if abs(value - count_depth) > _LABEL_ROOM:
            canvas.level("grid", depth(value), label)
    canvas.level("counting", depth(count_depth), "counts")
    for one in reps:
        kind = "counted" if one.rep.counted else "partial"
        canvas.curve(f"curve {kind}", one.column("time_s") + one.rep.start_s, one.column("depth"), depth)
        label = str(one.rep.number) if one.rep.counted else f"({one.rep.number})"
        canvas.text(f"rep-label {kind}", (canvas.x(one.rep.bottom_s), _TOP_PX - 10), label, "middle")
    canvas.text("axis-note", (size.left_px - 6, _TOP_PX - 10), "rep", "end")
    canvas.time_axis(size.height_px - 6)
    return canvas.svg("depth-chart", _set_title(reps))


def rep_chart(one: TracedRep, size: Size = REP) -> Markup:
    """Medial knee displacement of both knees over one rep, inward is up, with the depth behind it.

    Returns one <svg>; empty when the rep has fewer than two frames.
    """
    times = one.column("time_s")
    if times.size < 2:
        return Markup("")
    knees = {side: one.column(f"mkd_{side}_pct") for side in Side}
    taken = np.concatenate(list(knees.values()))
    taken = taken[np.isfinite(taken)]
    high = max(6.0, float(taken.max(initial=0.0)) + 1.0)
    low = min(-3.0, float(taken.min(initial=0.0)) - 1.0)
    canvas = Canvas(size, str(one.rep.id), Scale(float(times[0]), float(times[-1]) + 1e-3, size.left_px, size.end_px))
    floor_px = size.height_px - 24
    inward = Scale(low, high, floor_px, _TOP_PX)
    depth = Scale(0.0, max(1.25, one.most("depth")), _TOP_PX, floor_px)
    canvas.curve("depth-shadow", times, one.column("depth"), depth, fill_from_px=_TOP_PX)
    for side in Side:
        for begin, end in spans(times, one.column(f"flagged_{side}") > 0.5):
            canvas.hatched("shade", side, (canvas.x(begin), canvas.x(end)), (_TOP_PX, floor_px))
    canvas.level("grid", inward(0.0), "neutral")
    step = 5 if high - low < 25 else 10 * int(np.ceil((high - low) / 60))
    for value in range(int(np.ceil(low / step)) * step, int(high) + 1, step):
        if value:
            canvas.level("grid", inward(value), f"{value:+d} %")
    for side, values in knees.items():
        canvas.curve(f"knee {side}", times, values, inward)
    canvas.text("axis-note", (size.left_px, 14), "knee inward, % of leg length ↑", "start")
    canvas.time_axis(size.height_px - 6)
    title = (
        f"Knee travel during {'rep' if one.rep.counted else 'partial'} {one.rep.number}: most inward left "
        f"{words.displacement(one.rep.peak_mkd_left_pct)}, right {words.displacement(one.rep.peak_mkd_right_pct)}"
    )
    return canvas.svg("rep-chart", title)


def _set_title(reps: Sequence[TracedRep]) -> str:
    counted = [one.rep for one in reps if one.rep.counted]
    title = f"Depth over time: {words.count(len(counted), 'counted rep')}"
    if partial := len(reps) - len(counted):
        title += f", {words.count(partial, 'partial')}"
    for side, kinds in _CAVED_IN.items():
        numbers = [str(rep.number) for rep in counted if rep.valgus in kinds]
        title += f"; {side} knee caved in " + (f"on rep {', '.join(numbers)}" if numbers else "on none")
    return title
