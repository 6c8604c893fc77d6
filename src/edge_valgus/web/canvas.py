"""A sheet to draw a chart's SVG on: lines, boxes, curves, words. It knows pixels and classes, not squats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final, Literal

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from edge_valgus.events import Side

_LEAN: Final = {Side.LEFT: "M-1 1L1 -1M0 6L6 0M5 7L7 5", Side.RIGHT: "M-1 5L1 7M0 0L6 6M5 -1L7 1"}
_FIRST_STEPS_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0)
_TICK_ROOM_PX: Final = 64


@dataclass(frozen=True, slots=True)
class Size:
    """A chart's size in CSS pixels, at which its text is legible. name: its class in the style sheet."""

    name: str
    width_px: int
    height_px: int
    left_px: int
    right_px: int

    @property
    def end_px(self) -> int:
        """Where the plot ends on the right."""
        return self.width_px - self.right_px


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight line from data (low … high) to pixels (start_px … end_px)."""

    low: float
    high: float
    start_px: float
    end_px: float

    def __call__(self, value: float) -> float:
        """The pixel at which the value is drawn."""
        return self.start_px + (value - self.low) / (self.high - self.low) * (self.end_px - self.start_px)


class Canvas:
    """Collects shapes. name: unique in the page, because the hatchings' and the title's ids carry it."""

    def __init__(self, size: Size, name: str, x: Scale) -> None:
        self.size = size
        self.x = x
        self._name = f"{size.name}-{name}"
        self._parts: list[str] = []

    def text(self, kind: str, at: tuple[float, float], words: str, anchor: Literal["start", "middle", "end"]) -> None:
        """Words at (x, y) px."""
        self._parts.append(
            f'<text class="{kind}" x="{at[0]:.1f}" y="{at[1]:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
        )

    def level(self, kind: str, y_px: float, label: str) -> None:
        """A line across the plot with its name at the left edge."""
        self._parts.append(
            f'<line class="{kind}" x1="{self.size.left_px}" y1="{y_px:.1f}" x2="{self.size.end_px}" y2="{y_px:.1f}"/>'
        )
        self.text(f"{kind}-label", (self.size.left_px - 6, y_px + 4), label, "end")

    def box(self, kind: str, left_right: tuple[float, float], top_bottom: tuple[float, float]) -> str:
        """A rectangle; also returns its geometry as attributes."""
        (left, right), (top, bottom) = left_right, top_bottom
        geometry = f'x="{left:.1f}" y="{top:.1f}" width="{max(right - left, 2.0):.1f}" height="{bottom - top:.1f}"'
        self._parts.append(f'<rect class="{kind}" {geometry}/>')
        return geometry

    def hatched(self, kind: str, side: Side, left_right: tuple[float, float], top_bottom: tuple[float, float]) -> None:
        """A rectangle in a side's colour and hatching."""
        geometry = self.box(f"{kind} {side}", left_right, top_bottom)
        self._parts.append(f'<rect class="{kind}-hatch" {geometry} fill="url(#{self._hatch(side)})"/>')

    def curve(
        self,
        kind: str,
        times: NDArray[np.float32],
        values: NDArray[np.float32],
        y: Scale,
        *,
        fill_from_px: float | None = None,
    ) -> None:
        """A line with a gap wherever a value was not taken (NaN), thinned to about one point per pixel.

        times, values: float32 [n]. fill_from_px: close the shape along this height, to be filled by the style sheet.
        """
        step = max(1, len(times) // self.size.width_px)
        runs: list[list[tuple[float, float]]] = [[]]
        for time_s, value in zip(times[::step].tolist(), values[::step].tolist(), strict=True):
            if np.isfinite(value):
                runs[-1].append((self.x(time_s), y(value)))
            elif runs[-1]:
                runs.append([])
        commands = []
        for run in runs:
            if not run:
                continue
            points = run
            if fill_from_px is not None:
                points = [(run[0][0], fill_from_px), *run, (run[-1][0], fill_from_px)]
            # A single point has no length, but round line ends make it a dot.
            commands.append("M" + "L".join(f"{x:.1f} {y_px:.1f}" for x, y_px in points) + ("L" * (len(points) == 1)))
            if len(points) == 1:
                commands[-1] += f"{points[0][0]:.1f} {points[0][1]:.1f}"
        if commands:
            self._parts.append(f'<path class="{kind}" d="{"".join(commands)}"/>')

    def time_axis(self, y_px: float) -> None:
        """Seconds along x, as many as have room."""
        span_s = self.x.high - self.x.low
        room = (self.x.end_px - self.x.start_px) / _TICK_ROOM_PX
        step_s = next((step for step in _FIRST_STEPS_S if span_s / step <= room), span_s)
        for tick in range(int(self.x.high // step_s) + 1):
            at_px = self.x(tick * step_s)
            if self.x.start_px <= at_px <= self.x.end_px - 12:
                self.text("tick", (at_px, y_px), f"{tick * step_s:g} s", "middle")

    def svg(self, kind: str, title: str) -> Markup:
        """Everything drawn, as one <svg> with the title as its description."""
        hatchings = "".join(
            f'<pattern id="{self._hatch(side)}" width="6" height="6" patternUnits="userSpaceOnUse">'
            f'<path class="hatch" d="{lean}"/></pattern>'
            for side, lean in _LEAN.items()
        )
        width, height, label = self.size.width_px, self.size.height_px, f"title-{self._name}"
        return Markup(  # noqa: S704  all words in it went through escape, the rest is numbers and our own names
            f'<svg class="chart {kind} {self.size.name}" role="img" aria-labelledby="{label}" '
            f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"><title id="{label}">{escape(title)}</title>'
            f"<defs>{hatchings}</defs>{''.join(self._parts)}</svg>"
        )

    def _hatch(self, side: Side) -> str:
        return f"hatch-{self._name}-{side}"


def spans(times: NDArray[np.float32], on: NDArray[np.bool_]) -> Sequence[tuple[float, float]]:
    """Give (begin_s, end_s) of each run of True; a run lasts until the first frame after it.

    times: float32 [n]; on: bool [n].
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], on, [False]]).astype(np.int8)))
    last = len(times) - 1
    return [
        (float(times[begin]), float(times[min(end, last)])) for begin, end in zip(edges[::2], edges[1::2], strict=True)
    ]
