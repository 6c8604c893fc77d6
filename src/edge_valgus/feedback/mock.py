"""Pins that are not there: for a desk without a Pi (`--mock-gpio`), for `demo`, and for tests."""

from __future__ import annotations

from typing import Any

from edge_valgus.config import LightsConfig
from edge_valgus.feedback.pattern import LampState


def mock_pins() -> Any:
    """A fresh set of gpiozero's mock pins, to be given to `Lights` as its pin factory."""
    from gpiozero.pins.mock import MockFactory

    return MockFactory()


def read_lamps(pins: Any, config: LightsConfig) -> LampState:
    """Read back from the mock pins which LED is lit. Where one red LED serves both knees, it is `red_left`."""

    def lit(number: int) -> bool:
        if number == -1:
            return False
        pin = pins.pin(number)
        return bool(pin.function == "output" and bool(pin.state) is config.active_high)

    return LampState(
        green=lit(config.green_pin),
        amber=lit(config.amber_pin),
        red_left=lit(config.red_left_pin),
        red_right=lit(config.red_right_pin),
    )
