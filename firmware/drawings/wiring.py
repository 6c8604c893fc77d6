"""Draw firmware/wiring.svg from the default settings.

python firmware/drawings/wiring.py > firmware/wiring.svg
"""

from __future__ import annotations

import sys
from typing import NamedTuple

from svg import AMBER, BLUE, GREEN, GROUND, INK, LINE, PALE, RED, Drawing

from edge_valgus.config import LightsConfig

WIDTH, HEIGHT = 1000, 790

PITCH, TOP = 26.0, 132.0
LEFT_COLUMN, RIGHT_COLUMN = 482.0, 518.0
RAIL_LEFT, RAIL_RIGHT = 66.0, 934.0

BUZZER_PIN, BUTTON_PIN = 24, 25
"""Usual pins of what is not fitted by default; named so in the settings."""

# BCM numbers and names, from header pin 1 on.
HEADER = [
    "3V3",
    "5V",
    "2",
    "5V",
    "3",
    "GND",
    "4",
    "14",
    "GND",
    "15",
    "17",
    "18",
    "27",
    "GND",
    "22",
    "23",
    "3V3",
    "24",
    "10",
    "GND",
    "9",
    "25",
    "11",
    "8",
    "GND",
    "7",
    "0",
    "1",
    "5",
    "GND",
    "6",
    "12",
    "13",
    "GND",
    "19",
    "16",
    "26",
    "20",
    "GND",
    "21",
]


class Lamp(NamedTuple):
    """An LED: its BCM pin, and what is written beside it."""

    bcm: int
    colour: str
    name: str
    says: str


def header_pin(bcm: int) -> int:
    """The number of a BCM pin on the header."""
    return HEADER.index(str(bcm)) + 1


def place(pin: int) -> tuple[float, float]:
    """The middle of a header pin: odd ones left, even ones right."""
    return (LEFT_COLUMN if pin % 2 else RIGHT_COLUMN), TOP + (pin - 1) // 2 * PITCH


def draw() -> str:
    """The drawing."""
    lights = LightsConfig()
    drawing = Drawing(
        WIDTH,
        HEIGHT,
        "Wiring of edge-valgus",
        "Each LED hangs on its pin of the Raspberry Pi's header through a 330 ohm resistor, and on ground. "
        "A buzzer and a button are optional.",
    )
    drawing.text(40, 50, "Wiring", 26, font_weight="bold")
    drawing.text(
        40,
        74,
        "The header seen from above: pin 1 is at the end away from the USB sockets, pin 2 nearer to the board’s edge",
        14,
        PALE,
    )
    used = {
        header_pin(lights.green_pin): GREEN,
        header_pin(lights.amber_pin): AMBER,
        header_pin(lights.red_left_pin): RED,
        header_pin(lights.red_right_pin): RED,
        header_pin(BUZZER_PIN): BLUE,
        header_pin(BUTTON_PIN): BLUE,
        9: GROUND,
        14: GROUND,
    }
    _board(drawing)
    _ground(drawing, 9, RAIL_LEFT, 574)
    _ground(drawing, 14, RAIL_RIGHT, 620)
    _led(drawing, Lamp(lights.green_pin, GREEN, "green", "ready · winks per rep"), 334, 50)
    _led(drawing, Lamp(lights.amber_pin, AMBER, "amber", "step into view · can’t judge"), 454, 30)
    _led(drawing, Lamp(lights.red_left_pin, RED, "red, left", "the left knee caves in"), 574, 10)
    _led(drawing, Lamp(lights.red_right_pin, RED, "red, right", "the right knee caves in"), 380, 50)
    _buzzer(drawing, 500)
    _button(drawing, 620)
    _header(drawing, used)
    _legend(drawing)
    return drawing.written()


def _board(drawing: Drawing) -> None:
    drawing.box(404, TOP - 32, 192, 20 * PITCH + 36, "#e7f3ea", stroke="#b9d8c2", rx=10)
    drawing.box(LEFT_COLUMN - 18, TOP - 18, 72, 20 * PITCH + 8, "#2d3440", rx=4)


def _header(drawing: Drawing, used: dict[int, str]) -> None:
    for pin, name in enumerate(HEADER, 1):
        x, y = place(pin)
        colour = used.get(pin)
        shape = {"rx": 2 if pin == 1 else 10}
        drawing.box(x - 10, y - 10, 20, 20, colour or "#596270", **shape)
        drawing.text(
            x, y + 4, str(pin), 11, "#ffffff" if colour else "#b8c0ca", text_anchor="middle", font_weight="bold"
        )
        if colour:
            label = name if name == "GND" else f"GPIO{name}"
            end = "end" if pin % 2 else "start"
            drawing.text(x + (-24 if pin % 2 else 24), y - 3, label, 10.5, colour, text_anchor=end, font_weight="bold")


def _wire(drawing: Drawing, bcm: int, y: float, colour: str, bend: float) -> float:
    """From a pin to the height y; returns the side: -1 left, 1 right. bend: how far from the board it turns."""
    pin = header_pin(bcm)
    x, pin_y = place(pin)
    side = -1.0 if pin % 2 else 1.0
    turn = x + side * (80 + bend)
    end = 500 + side * 185
    drawing.line([(x + side * 10, pin_y), (turn, pin_y), (turn, y), (end, y)], colour, 3)
    return side


def _led(drawing: Drawing, lamp: Lamp, y: float, bend: float) -> None:
    colour = lamp.colour
    side = _wire(drawing, lamp.bcm, y, colour, bend)

    def at(distance: float) -> float:
        return 500 + side * distance

    # The resistor: orange, orange, brown, gold.
    drawing.line([(at(185), y), (at(270), y)], LINE, 3)
    left = min(at(200), at(252))
    drawing.box(left, y - 9, 52, 18, "#e8d3ae", stroke="#b59a6a", rx=6)
    bands = ("#e07a00", "#e07a00", "#7a4a21", "#c9a227")
    for index, band in enumerate(bands if side > 0 else reversed(bands)):
        drawing.box(left + 8 + 10 * index, y - 9, 5, 18, band)
    drawing.text(left + 26, y + 27, "330 Ω", 12, PALE, text_anchor="middle")
    # The LED from the side: round on top, the long leg towards the pin.
    rail = RAIL_LEFT if side < 0 else RAIL_RIGHT
    drawing.line([(at(270), y), (at(312), y)], LINE, 3)
    drawing.line([(at(348), y), (rail, y)], GROUND, 3)
    drawing.dot(rail, y, 5, GROUND)
    drawing.dot(at(330), y, 30, colour, opacity=0.14)
    drawing.dot(at(330), y, 19, colour, stroke="#ffffff", stroke_width=2)
    # The flat of the LED's rim is where the short leg is.
    drawing.line([(at(351), y - 11), (at(351), y + 11)], INK, 3)
    drawing.text(at(300), y + 40, "long leg", 11, PALE, text_anchor="middle")
    drawing.text(at(362), y + 40, "short leg", 11, PALE, text_anchor="middle")
    x = 110 if side < 0 else 660
    drawing.text(x, y - 56, lamp.name, 16, colour, font_weight="bold")
    drawing.text(x, y - 38, lamp.says, 12.5, PALE)


def _buzzer(drawing: Drawing, y: float) -> None:
    _wire(drawing, BUZZER_PIN, y, BLUE, 30)
    drawing.line([(685, y), (800, y)], BLUE, 3)
    drawing.line([(840, y), (RAIL_RIGHT, y)], GROUND, 3)
    drawing.dot(RAIL_RIGHT, y, 5, GROUND)
    drawing.dot(822, y, 26, "#39424e", stroke="#151a20", stroke_width=2)
    drawing.dot(822, y, 6, "#11151a")
    drawing.text(790, y - 12, "+", 16, INK, text_anchor="middle", font_weight="bold")
    drawing.text(660, y - 56, "buzzer", 16, BLUE, font_weight="bold")
    drawing.text(660, y - 38, "optional: active, 3.3 V, under 10 mA", 12.5, PALE)


def _button(drawing: Drawing, y: float) -> None:
    _wire(drawing, BUTTON_PIN, y, BLUE, 10)
    drawing.line([(685, y), (796, y)], BLUE, 3)
    drawing.line([(848, y), (RAIL_RIGHT, y)], GROUND, 3)
    drawing.dot(RAIL_RIGHT, y, 5, GROUND)
    drawing.box(796, y - 24, 52, 48, "#d9dee4", stroke="#8f99a5", rx=5, stroke_width=2)
    drawing.dot(822, y, 14, "#39424e")
    drawing.text(660, y - 56, "button", 16, BLUE, font_weight="bold")
    drawing.text(660, y - 38, "optional: a tap ends the set", 12.5, PALE)


def _ground(drawing: Drawing, pin: int, rail: float, down_to: float) -> None:
    x, y = place(pin)
    drawing.line([(x, y), (rail, y), (rail, down_to)], GROUND, 4)
    drawing.text(
        rail + (12 if rail < 500 else -12),
        y - 9,
        "ground",
        13,
        GROUND,
        text_anchor="start" if rail < 500 else "end",
        font_weight="bold",
    )


def _legend(drawing: Drawing) -> None:
    y = HEIGHT - 72
    for index, said in enumerate(
        (
            "Wire it with the power off. A pin gives 3.3 V: never connect one to 5 V (pins 2 and 4).",
            "One red LED is enough: leave out the right one and set red_right_pin = -1. Left and right are the lifter’s.",
            "Other pins, the buzzer and the button: section [lights] of the settings.",
        )
    ):
        drawing.text(40, y + 22 * index, said, 13, PALE)


def main() -> None:
    """Write the drawing to standard output."""
    sys.stdout.write(draw())


if __name__ == "__main__":
    main()
