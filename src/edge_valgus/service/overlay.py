"""What is drawn over and beside a picture so that a coach can show a lifter what was seen.

The lifter stays uncovered: only the skeleton is drawn over the picture; count, depth and measures stand on a panel, to
the right of a landscape picture and under a portrait one. All lengths are in units of a hundredth of the picture's
shorter side, and a text that would not fit its box gets smaller, so nothing is ever cut.
"""

from __future__ import annotations

import functools
import math
import textwrap
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from edge_valgus.events import Phase, Reading
from edge_valgus.frames import (
    LEFT_ANKLE,
    LEFT_HIP,
    LEFT_KNEE,
    LEFT_SHOULDER,
    RIGHT_ANKLE,
    RIGHT_HIP,
    RIGHT_KNEE,
    SKELETON,
    Pose,
)

MIN_SIDE_PX: Final = 360
"""Smaller pictures are enlarged until their shorter side has this: below, no text can be read."""

Colour = tuple[int, int, int]
BACKGROUND: Final[Colour] = (17, 21, 27)
CARD: Final[Colour] = (33, 40, 50)
WHITE: Final[Colour] = (243, 246, 250)
DIM: Final[Colour] = (150, 161, 177)
GREEN: Final[Colour] = (46, 204, 113)
RED: Final[Colour] = (255, 72, 72)
AMBER: Final[Colour] = (255, 180, 40)
GREY: Final[Colour] = (140, 150, 164)
INK: Final[Colour] = (12, 15, 19)

_LEGS: Final = {
    (LEFT_HIP, LEFT_KNEE): "left",
    (LEFT_KNEE, LEFT_ANKLE): "left",
    (RIGHT_HIP, RIGHT_KNEE): "right",
    (RIGHT_KNEE, RIGHT_ANKLE): "right",
}
_SEEN: Final = 0.2  # keypoints scored lower than this are guesses, and not drawn
_FULL_BAR: Final = 1.2  # depth at which the bar is full; 1 is about parallel
_FONT: Final = "DejaVuSans.ttf"
_BOLD_FONT: Final = "DejaVuSans-Bold.ttf"
_MIN_FONT_PX: Final = 6
_LINE_CHARACTERS: Final = 19  # of a card on a panel beside the picture
_SHARPER: Final = 2  # the skeleton is drawn this much larger and scaled down: smooth edges

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things stand on the panel, in units: x, y, width, height."""

    panel: tuple[float, float]
    reps_label: Box
    count: Box
    partial: Box
    phase: Box
    bar: Box
    table: Box
    verdict: Box


_BESIDE: Final = Layout(
    panel=(46, 100),
    reps_label=(3.5, 3.5, 18, 4.4),
    count=(3.5, 7, 39, 27),
    partial=(21.5, 3.5, 21, 4.4),
    phase=(3.5, 35, 39, 7.5),
    bar=(5, 46, 7.5, 34.5),
    table=(18.5, 46, 24, 34.5),
    verdict=(3.5, 83.5, 39, 13),
)
_BELOW: Final = Layout(
    panel=(100, 54),
    reps_label=(3.5, 3.5, 28, 4.4),
    count=(3.5, 7.5, 28, 23),
    partial=(3.5, 31.5, 28, 4.6),
    phase=(3.5, 38.5, 28, 12),
    bar=(38, 3.5, 7.5, 32),
    table=(53, 3.5, 43.5, 32),
    verdict=(35, 38.5, 61.5, 12),
)


@functools.lru_cache(maxsize=64)
def _font(size_px: int, bold: bool) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    try:
        return ImageFont.truetype(_BOLD_FONT if bold else _FONT, size_px)
    except OSError:  # not installed
        return ImageFont.load_default(size_px)


class Overlay:
    """Draws skeletons and panels for pictures of one size.

    size_px: (width, height) of the pictures. min_depth: where the bar's line is, the depth from which a rep counts. note: words
    at the picture's lower edge, in every picture.
    `canvas_px` is the size of what `draw` returns; both sides are even, as H.264 wants them.
    """

    def __init__(self, size_px: tuple[int, int], min_depth: float, note: str = "") -> None:
        self._note = note
        width, height = size_px
        self._scale = max(1.0, MIN_SIDE_PX / min(size_px))
        self._picture_px = (round(width * self._scale) & ~1, round(height * self._scale) & ~1)
        self._unit = min(self._picture_px) / 100
        self._min_depth = min_depth
        beside = width >= height
        self._layout = _BESIDE if beside else _BELOW
        panel_px = tuple(2 * math.ceil(side * self._unit / 2) for side in self._layout.panel)
        wide, high = self._picture_px
        self._origin = (wide, 0) if beside else (0, high)
        self.canvas_px = (wide + panel_px[0], high) if beside else (wide, high + panel_px[1])
        self._blank = Image.new("RGB", self.canvas_px, BACKGROUND)
        self._draw = ImageDraw.Draw(self._blank)

    def draw(
        self, image: NDArray[np.uint8], pose: Pose | None, reading: Reading, counted: int, partial: int
    ) -> Image.Image:
        """The picture, uint8 [height, width, 3] RGB, with all that is known about it, RGB of `canvas_px`.

        The image returned is drawn over by the next call. Keypoints are in pixels of `image`.
        """
        picture = Image.fromarray(image)
        if self._scale == 1.0:
            picture = picture.crop((0, 0, *self._picture_px))
        else:
            picture = picture.resize(self._picture_px, Image.Resampling.BICUBIC)
        self._blank.paste(picture, (0, 0))
        if pose is not None:
            self._skeleton(pose, reading)
        if self._note:
            self._at_the_lower_edge(self._note)
        self._panel(reading, counted, partial)
        return self._blank

    def _at_the_lower_edge(self, words: str) -> None:
        font = _font(max(_MIN_FONT_PX, round(3.6 * self._unit)), True)
        left, top, right, bottom = font.getbbox(words)
        pad = 1.2 * self._unit
        high = self._picture_px[1]
        box = (0, high - (bottom - top) - 2 * pad, right - left + 2 * pad, high)
        self._draw.rectangle(box, fill=CARD)
        self._draw.text((pad - left, box[1] + pad - top), words, fill=AMBER, font=font)

    def _skeleton(self, pose: Pose, reading: Reading) -> None:
        seen = (pose.score >= _SEEN) & np.isfinite(pose.xy_px).all(axis=1)
        bones = [bone for bone in SKELETON if seen[bone[0]] and seen[bone[1]]]
        joints = [index for index in range(LEFT_SHOULDER, RIGHT_ANKLE + 1) if seen[index]]
        if not joints:
            return
        xy = pose.xy_px.astype(np.float64) * self._scale
        pad = 4 * self._unit
        corner = np.maximum(np.floor(xy[joints].min(axis=0) - pad), 0).astype(int)
        end = np.minimum(np.ceil(xy[joints].max(axis=0) + pad), self._picture_px).astype(int)
        if (end <= corner).any():
            return
        region = (int(corner[0]), int(corner[1]), int(end[0]), int(end[1]))
        large = (region[2] - region[0]) * _SHARPER, (region[3] - region[1]) * _SHARPER
        sheet = Image.new("RGBA", large, (*INK, 0))
        pen = ImageDraw.Draw(sheet)
        thick = 1.1 * self._unit * _SHARPER
        at = [(float(x), float(y)) for x, y in (xy - corner) * _SHARPER]
        colours = _leg_colours(reading)
        for outline in (True, False):
            for bone in bones:
                side = _LEGS.get(bone)
                width = thick * (1.5 if side is not None else 1.0) + (0.9 * thick if outline else 0)
                fill = (*INK, 190) if outline else (*(colours[side] if side else WHITE), 255)
                pen.line([at[bone[0]], at[bone[1]]], fill=fill, width=max(1, round(width)))
            for joint in joints:
                radius = thick * 1.15 + (0.45 * thick if outline else 0)
                colour = colours["left" if joint % 2 else "right"] if joint >= LEFT_HIP else WHITE
                pen.circle(at[joint], radius, fill=(*INK, 190) if outline else (*colour, 255))
        sheet = sheet.reduce(_SHARPER)
        self._blank.paste(sheet, (region[0], region[1]), sheet)

    def _panel(self, reading: Reading, counted: int, partial: int) -> None:
        layout = self._layout
        self._draw.rectangle((*self._origin, *self.canvas_px), fill=BACKGROUND)
        self._text(layout.reps_label, "REPS", DIM, bold=True)
        self._text(layout.count, str(counted), WHITE, bold=True, template="88")
        side = "right" if layout is _BESIDE else "left"
        self._text(layout.partial, f"+{partial} partial" if partial else "", AMBER, align=side)
        phase = "NOBODY" if reading.phase is Phase.AWAY else reading.phase.value.upper()
        self._card(layout.phase, (phase,), CARD, WHITE, template="STANDING")
        self._depth_bar(reading)
        self._table(reading)
        lines, fill, ink = _verdict(reading)
        if layout is _BESIDE:
            lines = tuple(part for line in lines for part in textwrap.wrap(line, _LINE_CHARACTERS))
        self._card(layout.verdict, lines, fill, ink)

    def _depth_bar(self, reading: Reading) -> None:
        x, y, width, height = self._layout.bar
        self._text((x - 2.5, y, width + 5, 3.2), "DEPTH", DIM, align="middle")
        track = (x, y + 5, width, height - 11)
        self._rounded(track, CARD)
        depth = reading.measures.depth
        reached = math.isfinite(depth) and depth >= self._min_depth
        if math.isfinite(depth) and depth > 0:
            part = min(depth / _FULL_BAR, 1.0) * track[3]
            self._rounded((x, track[1], width, max(part, 0.8)), GREEN if reached else WHITE)
        line_y = track[1] + min(self._min_depth / _FULL_BAR, 1.0) * track[3]
        left, top, right, _ = self._pixels((x - 1.5, line_y, width + 3, 0))
        self._draw.line((left, top, right, top), fill=AMBER, width=max(2, round(0.7 * self._unit)))
        self._text((x - 2.5, y + height - 4.4, width + 5, 4.4), _number(depth, ".2f"), WHITE, align="middle", bold=True)

    def _table(self, reading: Reading) -> None:
        x, y, width, height = self._layout.table
        measures = reading.measures
        colours = _leg_colours(reading)
        rows = (
            ("KNEE IN %", _number(measures.mkd_left_pct, "+.1f"), _number(measures.mkd_right_pct, "+.1f")),
            ("FPPA °", _number(measures.fppa_left_deg, "+.0f"), _number(measures.fppa_right_deg, "+.0f")),
            ("KASR", _number(measures.kasr, ".2f"), ""),
        )
        # Beside the picture a label stands over its numbers, under the picture to their left.
        beside = self._layout is _BESIDE
        label_width = 0.0 if beside else width * 0.4
        columns = (x + label_width, x + label_width + (width - label_width) / 2)
        cell = (width - label_width) / 2 - 1
        for column, side in zip(columns, ("left", "right"), strict=True):
            self._text((column, y, cell, 3.2), side.upper(), colours[side], bold=True, template="RIGHT")
        first, pitch = (6.2, (height - 6.2) / 3) if beside else (7.5, (height - 6.5) / 3)
        for index, (label, left, right) in enumerate(rows):
            top = y + first + index * pitch
            if beside:
                self._text((x, top, width, 3.0), label, DIM, template="KNEE IN %")
                top += 3.3
            else:
                self._text((x, top + 0.7, label_width - 1.5, 3.2), label, DIM, template="KNEE IN %")
            for column, number in zip(columns, (left, right), strict=True):
                self._text((column, top, cell, 4.6), number, WHITE, bold=True, template="+88.8")

    def _card(self, box: Box, lines: tuple[str, ...], fill: Colour, ink: Colour, template: str = "") -> None:
        self._rounded(box, fill)
        x, y, width, height = box
        size = min(4.8, height / (1.3 * len(lines)))
        widest = template or max(lines, key=len)
        pitch = size * 1.15
        for index, line in enumerate(lines):
            top = y + (height - len(lines) * pitch) / 2 + index * pitch
            self._text(
                (x + 1.5, top, width - 3, pitch), line, ink, align="middle", bold=True, size=size, template=widest
            )

    def _rounded(self, box: Box, fill: Colour) -> None:
        left, top, right, bottom = self._pixels(box)
        radius = min(1.6 * self._unit, (right - left) / 2, (bottom - top) / 2)
        self._draw.rounded_rectangle((left, top, right, bottom), radius, fill=fill)

    def _text(
        self,
        box: Box,
        words: str,
        fill: Colour,
        *,
        align: str = "left",
        bold: bool = False,
        size: float = 0.0,
        template: str = "",
    ) -> None:
        """Write into a box, centred in its height. The font's size is `size` units, or the box's height.

        It shrinks until the wider of `words` and `template` fits the box: a template keeps numbers that come and go at
        one size.
        """
        if not words:
            return
        left, top, right, bottom = self._pixels(box)
        pixels = max(_MIN_FONT_PX, round(size * self._unit if size else bottom - top))
        while True:
            font = _font(pixels, bold)
            room = right - left - max(font.getlength(words), font.getlength(template))
            if room >= 0 or pixels <= _MIN_FONT_PX:
                break
            pixels -= max(1, pixels // 20)
        spare = right - left - font.getlength(words)
        shift = {"left": 0.0, "middle": spare / 2, "right": spare}[align]
        # Between baseline and the top of capitals lies the optical middle, whatever letters there are.
        _, cap_top, _, base = font.getbbox("E")
        self._draw.text((left + shift, (top + bottom - cap_top - base) / 2), words, fill=fill, font=font)

    def _pixels(self, box: Box) -> Box:
        x, y, width, height = (value * self._unit for value in box)
        left, top = self._origin[0] + x, self._origin[1] + y
        return left, top, left + width, top + height


def _number(value: float, form: str) -> str:
    # ASCII only: Pillow's own font, used where DejaVu is not installed, has neither minus sign nor dash.
    return format(value, form) if math.isfinite(value) else "--"


def _leg_colours(reading: Reading) -> dict[str, Colour]:
    colours = {}
    for side, flagged, inward in _legs(reading):
        calm = GREEN if math.isfinite(inward) else GREY
        colours[side] = RED if flagged else GREY if not reading.in_view else AMBER if reading.doubt else calm
    return colours


def _legs(reading: Reading) -> tuple[tuple[str, bool, float], ...]:
    """Per leg: its side, whether it is flagged, and its medial knee displacement."""
    return (
        ("left", reading.flagged_left, reading.measures.mkd_left_pct),
        ("right", reading.flagged_right, reading.measures.mkd_right_pct),
    )


def _verdict(reading: Reading) -> tuple[tuple[str, ...], Colour, Colour]:
    """Lines, the card's colour, the letters' colour. In words, for those who can't tell red from green."""
    flagged = [side for side, flag, _ in _legs(reading) if flag]
    if flagged:
        return ("Both knees" if len(flagged) == 2 else f"{flagged[0].capitalize()} knee", "caving in"), RED, INK
    if not reading.in_view:
        return ("Step into view",), CARD, DIM
    if reading.doubt is not None:
        return ("Can't judge:", reading.doubt.value), AMBER, INK
    judged = [side for side, _, inward in _legs(reading) if math.isfinite(inward)]
    if not judged:
        return ("No knee reading",), CARD, DIM
    if len(judged) == 1:
        return (f"{judged[0].capitalize()} knee fine", "other not read"), GREEN, INK
    return ("Knees fine",), GREEN, INK
