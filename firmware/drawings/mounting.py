"""Draw firmware/mounting.svg.

python firmware/drawings/mounting.py > firmware/mounting.svg

The figures are those of docs/accuracy.md (distances, heights and angles it was measured at) and of firmware/mounting.md.
"""

from __future__ import annotations

import math
import sys

from svg import AMBER, BLUE, GREEN, INK, LINE, PALE, RED, Drawing

WIDTH, HEIGHT = 1000, 1030

NEAR_M, FAR_M = 2.0, 4.0
BEST_HEIGHT_M, HEIGHT_M = (0.8, 1.2), (0.4, 1.5)
BEST_YAW_DEG, YAW_DEG = 10.0, 20.0

LENSES = {"Camera Module 3": (41.0, 3.0, BLUE), "Camera Module 3 Wide": (67.0, 2.0, GREEN)}
"""Vertical field of view in degrees, and the distance in metres at which it is drawn."""

LENS_M = 1.0

# A person of 1.8 m from the side, facing left: places in metres, forward and up, from the middle of the foot.
STANDING = {
    "ankle": (0.05, 0.08),
    "knee": (0.02, 0.5),
    "hip": (0.03, 0.94),
    "shoulder": (0.02, 1.47),
    "head": (-0.02, 1.68),
}
SQUATTING = {
    "ankle": (0.05, 0.08),
    "knee": (-0.21, 0.42),
    "hip": (0.24, 0.5),
    "shoulder": (-0.06, 0.94),
    "head": (-0.13, 1.13),
}


def draw() -> str:
    """The drawing."""
    drawing = Drawing(
        WIDTH,
        HEIGHT,
        "Mounting edge-valgus",
        "The camera stands straight in front of the lifter, 3 m away with a Camera Module 3 or 2 m with the wide one, its lens at hip height.",
    )
    drawing.text(40, 50, "Mounting", 26, font_weight="bold")
    _from_the_side(drawing)
    _from_above(drawing)
    return drawing.written()


def _from_the_side(drawing: Drawing) -> None:
    scale, floor, lifter = 170.0, 530.0, 720.0

    def at(distance_m: float, height_m: float) -> tuple[float, float]:
        return lifter - distance_m * scale, floor - height_m * scale

    drawing.text(40, 80, "From the side", 16, PALE)
    for name, (angle_deg, distance_m, colour) in LENSES.items():
        slope = math.tan(math.radians(angle_deg / 2))
        reach_m = distance_m + 0.45
        lens, edge = at(distance_m, LENS_M), at(distance_m - reach_m, 0)[0]
        seen = [lens, (edge, at(0, LENS_M + slope * reach_m)[1]), (edge, floor), at(distance_m - LENS_M / slope, 0)]
        outline = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in seen) + "Z"
        drawing.path(outline, colour, 1.5, colour, fill_opacity=0.08)
        # The nearer one's label stands above what the farther one sees.
        label_y = lens[1] - (62 if colour == BLUE else 124)
        drawing.text(lens[0] - 13, label_y, name, 13.5, colour, text_anchor="middle", font_weight="bold")
        drawing.text(lens[0] - 13, label_y + 18, f"sees {angle_deg:g}° high", 12.5, PALE, text_anchor="middle")
    drawing.box(30, floor, WIDTH - 60, 54, "#eef1f4")
    drawing.line([(30, floor), (WIDTH - 30, floor)], LINE, 2)
    _person(drawing, at, STANDING, LINE)
    _person(drawing, at, SQUATTING, INK)
    for _, distance_m, colour in LENSES.values():
        _tripod(drawing, *at(distance_m, LENS_M), floor, colour)
    # What the lens's height may be.
    x = 84.0
    for (low, high), colour, width in ((HEIGHT_M, AMBER, 6), (BEST_HEIGHT_M, GREEN, 12)):
        drawing.line([(x, at(0, low)[1]), (x, at(0, high)[1])], colour, width, stroke_opacity=0.9)
        for metres in (low, high):
            drawing.text(x - 12, at(0, metres)[1] + 4, f"{metres:g} m", 12, PALE, text_anchor="end")
    drawing.text(40, at(0, HEIGHT_M[1])[1] - 40, "height of the lens:", 12.5, PALE)
    drawing.text(40, at(0, HEIGHT_M[1])[1] - 22, "hips are best", 12.5, GREEN, font_weight="bold")
    for distance_m, y in ((3.0, floor + 20), (2.0, floor + 40)):
        _measure(drawing, at(distance_m, 0)[0], lifter, y, f"{distance_m:g} m")
    said = ("head and feet are in", "the picture, and a", "hand’s width of floor", "below the feet")
    for index, line in enumerate(said):
        drawing.text(lifter + 94, at(0, 1.93)[1] + 17 * index, line, 12.5, INK)


def _person(drawing: Drawing, at: object, joints: dict[str, tuple[float, float]], colour: str) -> None:
    place = {name: at(-forward, up) for name, (forward, up) in joints.items()}  # type: ignore[operator]
    drawing.line([at(0.12, 0.03), at(-0.1, 0.03), place["ankle"]], colour, 7)  # type: ignore[operator]
    drawing.line([place[name] for name in ("ankle", "knee", "hip", "shoulder")], colour, 9)
    drawing.dot(*place["head"], 20, colour)
    # The bar on the shoulders, end on.
    bar = place["shoulder"][0] + 16, place["shoulder"][1] - 6
    drawing.dot(*bar, 40, "none", stroke=colour, stroke_width=3, stroke_opacity=0.55)
    drawing.dot(*bar, 5, colour)


def _tripod(drawing: Drawing, x: float, y: float, floor: float, colour: str) -> None:
    for foot in (-34, 0, 34):
        drawing.line([(x - 10, y + 24), (x - 10 + foot, floor)], PALE, 3.5)
    drawing.box(x - 30, y - 22, 34, 44, "#2d3440", stroke="#151a20", rx=5)
    drawing.dot(x + 2, y, 7, colour, stroke="#ffffff", stroke_width=2)
    for index, lamp in enumerate((GREEN, AMBER, RED)):
        drawing.dot(x - 23 + 8 * index, y - 14, 3, lamp)


def _measure(drawing: Drawing, left: float, right: float, y: float, said: str) -> None:
    drawing.line([(left, y), (right, y)], PALE, 1.5)
    for x in (left, right):
        drawing.line([(x, y - 5), (x, y + 5)], PALE, 1.5)
    middle = (left + right) / 2 - 60
    drawing.box(middle - 22, y - 9, 44, 18, "#eef1f4")
    drawing.text(middle, y + 5, said, 13, INK, text_anchor="middle", font_weight="bold")


def _from_above(drawing: Drawing) -> None:
    scale, x, y = 120.0, 760.0, 800.0
    drawing.text(40, 620, "From above", 16, PALE)

    def sector(angle_deg: float, colour: str, opacity: float) -> None:
        turn = math.radians(angle_deg)
        corners = [
            (x - radius * scale * math.cos(turn), y + sign * radius * scale * math.sin(turn))
            for radius, sign in ((NEAR_M, -1), (FAR_M, -1), (FAR_M, 1), (NEAR_M, 1))
        ]
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = corners
        far, near = FAR_M * scale, NEAR_M * scale
        drawing.path(
            f"M{ax:.1f} {ay:.1f}L{bx:.1f} {by:.1f}A{far:g} {far:g} 0 0 0 {cx:.1f} {cy:.1f}L{dx:.1f} {dy:.1f}"
            f"A{near:g} {near:g} 0 0 1 {ax:.1f} {ay:.1f}Z",
            colour,
            1.5,
            colour,
            fill_opacity=opacity,
        )

    sector(YAW_DEG, AMBER, 0.16)
    sector(BEST_YAW_DEG, GREEN, 0.3)
    drawing.line([(x, y), (x - FAR_M * scale - 20, y)], PALE, 1.2, stroke_dasharray="5 6")
    for metres in (2, 3, 4):
        drawing.text(x - metres * scale, y + 205, f"{metres} m", 12.5, PALE, text_anchor="middle")
        drawing.line([(x - metres * scale, y + 178), (x - metres * scale, y + 188)], LINE, 1.5)
    drawing.line([(x - FAR_M * scale, y + 183), (x, y + 183)], LINE, 1.5)
    drawing.line([(x, y + 178), (x, y + 188)], LINE, 1.5)
    # The box, and the lifter from above: feet, hips, shoulders with the bar, facing left.
    box = x - 3 * scale
    drawing.box(box - 26, y - 17, 30, 34, "#2d3440", stroke="#151a20", rx=5)
    drawing.dot(box + 3, y, 6, BLUE, stroke="#ffffff", stroke_width=2)
    for side in (-1, 1):
        drawing.path(f"M{x + 8} {y + side * 22}l-34 {side * 8}", INK, 9)
    drawing.line([(x + 4, y - 78), (x + 4, y + 78)], LINE, 5)
    for side in (-1, 1):
        drawing.line([(x + 4, y + side * 66), (x + 4, y + side * 78)], INK, 26, stroke_linecap="butt")
    drawing.path(f"M{x + 4} {y - 26}L{x + 4} {y + 26}", PALE, 20)
    drawing.dot(x - 2, y, 13, INK)
    drawing.text(x + 42, y - 39, "feet and face", 12.5, INK)
    drawing.text(x + 42, y - 22, "towards the box", 12.5, INK)
    drawing.text(x + 42, y - 5, "when the set begins", 12.5, INK)
    drawing.text(x + 42, y + 26, "nobody, no mirror and", 12.5, PALE)
    drawing.text(x + 42, y + 43, "no window behind", 12.5, PALE)
    legend = (
        ("green: up to 10° aside,", GREEN),
        ("it judges best", GREEN),
        ("amber: up to 20° aside,", AMBER),
        ("measured too", AMBER),
    )
    for index, (said, colour) in enumerate(legend):
        drawing.text(40, y - 28 + 18 * index + 8 * (index > 1), said, 13, colour, font_weight="bold")
    drawing.text(box - 11, y - 26, "the box", 12.5, INK, text_anchor="middle")


def main() -> None:
    """Write the drawing to standard output."""
    sys.stdout.write(draw())


if __name__ == "__main__":
    main()
