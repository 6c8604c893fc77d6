"""What is drawn over and beside a picture so that a coach can show a lifter what was seen.

The lifter stays uncovered: only the skeleton is drawn over the picture; count, depth and measures stand on a panel, to
the right of a landscape picture and under a portrait one. All lengths are in units of a hundredth of the picture's
shorter side, and a text that would not fit its box gets smaller, so nothing is ever cut.
"""

from __future__ import annotations

import functools
import math
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
    reps_label=(3.5, 3.5, 20, 4.2),
    count=(3.5, 8, 39, 24),
    partial=(23.5, 3.5, 19, 4.2),
    phase=(3.5, 35, 39, 7.5),
    bar=(3.5, 46, 8, 35),
    table=(15, 46, 27.5, 35),
    verdict=(3.5, 84.5, 39, 12),
)
_BELOW: Final = Layout(
    panel=(100, 50),
    reps_label=(3.5, 3.5, 28, 4.4),
    count=(3.5, 8.5, 28, 21),
    partial=(3.5, 31, 28, 4.4),
    phase=(3.5, 38, 28, 8.5),
    bar=(36, 3.5, 8, 31),
    table=(49, 3.5, 47.5, 31),
    verdict=(35, 38, 61.5, 8.5),
)


@functools.lru_cache(maxsize=64)
def _font(size_px: int, bold: bool) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    try:
        return ImageFont.truetype("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf", size_px)
    except OSError:
        return ImageFont.load_default(size_px)


class Overlay:
    """Draws skeletons and panels for pictures of one size.

    size_px: (width, height) of the pictures. min_depth: where the bar's line is, the depth from which a rep counts.
    `canvas_px` is the size of what `draw` returns; both sides are even, as H.264 wants them.
    """

    def __init__(self, size_px: tuple[int, int], min_depth: float) -> None:
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
        self._panel(reading, counted, partial)
        return self._blank

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
        left, top = self._origin
        self._draw.rectangle((left, top, *self.canvas_px), fill=BACKGROUND)
        self._text(layout.reps_label, "REPS", DIM, bold=True)
        self._text(layout.count, str(counted), WHITE, bold=True)
        beside = layout is _BESIDE
        self._text(layout.partial, f"+{partial} partial" if partial else "", AMBER, align="right" if beside else "left")
        phase = "NOBODY" if reading.phase is Phase.AWAY else reading.phase.value.upper()
        self._card(layout.phase, phase, CARD, WHITE)
        self._depth_bar(reading)
        self._table(reading)
        words, fill, ink = _verdict(reading)
        self._card(layout.verdict, words, fill, ink)

    def _depth_bar(self, reading: Reading) -> None:
        x, y, width, height = self._layout.bar
        self._text((x - 1.5, y, width + 3, 3.4), "DEPTH", DIM, align="middle")
        track = (x, y + 5, width, height - 10.5)
        self._rounded(track, CARD)
        depth = reading.measures.depth
        reached = math.isfinite(depth) and depth >= self._min_depth
        if math.isfinite(depth) and depth > 0:
            part = min(depth / _FULL_BAR, 1.0) * track[3]
            self._rounded((x, track[1], width, max(part, 0.8)), GREEN if reached else WHITE)
        line_y = track[1] + min(self._min_depth / _FULL_BAR, 1.0) * track[3]
        left, top, right, _ = self._pixels((x - 1.2, line_y, width + 2.4, 0))
        self._draw.line((left, top, right, top), fill=AMBER, width=max(2, round(0.7 * self._unit)))
        self._text((x - 2, y + height - 4.6, width + 4, 4.4), _number(depth, ".2f"), WHITE, align="middle", bold=True)

    def _table(self, reading: Reading) -> None:
        x, y, width, height = self._layout.table
        measures = reading.measures
        colours = _leg_colours(reading)
        beside = self._layout is _BESIDE
        rows = (
            ("KNEE IN  % leg", _number(measures.mkd_left_pct, "+.1f"), _number(measures.mkd_right_pct, "+.1f")),
            ("FPPA  degrees", _number(measures.fppa_left_deg, "+.0f"), _number(measures.fppa_right_deg, "+.0f")),
        )
        # Beside the picture a label stands over its numbers, under the picture to their left.
        label_width = 0.0 if beside else width * 0.4
        cell = (width - label_width) / 2
        self._text((x + label_width, y, cell - 1, 4.2), "LEFT", colours["left"], bold=True)
        self._text((x + label_width + cell, y, cell - 1, 4.2), "RIGHT", colours["right"], bold=True)
        pitch = (height - 5) / 3
        for index, (label, left, right) in enumerate((*rows, ("KASR", _number(measures.kasr, ".2f"), ""))):
            top = y + 6 + index * pitch
            if beside:
                self._text((x, top, width, 3.2), label, DIM)
                top += 4
            else:
                self._text((x, top + 0.8, label_width - 1.5, 3.6), label, DIM)
            self._text((x + label_width, top, cell - 1, 5), left, WHITE, bold=True)
            self._text((x + label_width + cell, top, cell - 1, 5), right, WHITE, bold=True)

    def _card(self, box: Box, words: str, fill: Colour, ink: Colour) -> None:
        self._rounded(box, fill)
        x, y, width, height = box
        lines = words.split("\n") if height > 10 else [words.replace("\n", " ")]
        pitch = height / len(lines)
        for index, line in enumerate(lines):
            size = min(4.6, pitch * 0.72)
            top = y + (height - len(lines) * size * 1.25) / 2 + index * size * 1.25
            self._text((x + 1.5, top + 0.12 * size, width - 3, size), line, ink, align="middle", bold=True)

    def _rounded(self, box: Box, fill: Colour) -> None:
        left, top, right, bottom = self._pixels(box)
        radius = min(1.6 * self._unit, (right - left) / 2, (bottom - top) / 2)
        self._draw.rounded_rectangle((left, top, right, bottom), radius, fill=fill)

    def _text(self, box: Box, words: str, fill: Colour, *, align: str = "left", bold: bool = False) -> None:
        """Write into a box whose height is the text's: capitals fill it. Shrinks until the width suffices, too."""
        if not words:
            return
        left, top, right, bottom = self._pixels(box)
        size = max(6, round((bottom - top) / 0.73))  # capitals are 0.73 of a font's size
        while True:
            font = _font(size, bold)
            x0, y0, x1, y1 = font.getbbox(words)
            if size <= 6 or x1 - x0 <= right - left:
                break
            size -= max(1, size // 12)
        spare = right - left - (x1 - x0)
        shift = {"left": 0.0, "middle": spare / 2, "right": spare}[align]
        self._draw.text((left + shift - x0, (top + bottom - y0 - y1) / 2), words, fill=fill, font=font)

    def _pixels(self, box: Box) -> Box:
        x, y, width, height = (value * self._unit for value in box)
        left, top = self._origin[0] + x, self._origin[1] + y
        return left, top, left + width, top + height


def _number(value: float, form: str) -> str:
    return format(value, form).replace("-", "\N{MINUS SIGN}") if math.isfinite(value) else "\N{EN DASH}"


def _leg_colours(reading: Reading) -> dict[str, Colour]:
    calm = GREY if not reading.in_view else AMBER if reading.doubt is not None else GREEN
    return {
        "left": RED if reading.flagged_left else calm,
        "right": RED if reading.flagged_right else calm,
    }


def _verdict(reading: Reading) -> tuple[str, Colour, Colour]:
    if reading.flagged_left or reading.flagged_right:
        which = "both knees" if reading.flagged_left and reading.flagged_right else "left knee"
        which = "right knee" if reading.flagged_right and not reading.flagged_left else which
        return f"{which} caving in".capitalize().replace(" caving", "\ncaving"), RED, INK
    if not reading.in_view:
        return "Step into view", CARD, DIM
    if reading.doubt is not None:
        return f"Can't judge:\n{reading.doubt.value}", AMBER, INK
    return "Knees fine", GREEN, INK
