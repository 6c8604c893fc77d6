"""Lamps, buzzer and button on gpiozero's mock pins."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import threading
import time

import pytest
from gpiozero.pins.mock import MockFactory, MockPin

from edge_valgus.config import LightsConfig
from edge_valgus.errors import LightsError
from edge_valgus.events import FlagOff, FlagOn, LifterEntered, Side
from edge_valgus.feedback.lights import Lights, Press
from edge_valgus.feedback.mock import mock_pins, read_lamps
from edge_valgus.feedback.pattern import LampState, LightPattern

ALL_ON = LampState(green=True, amber=True, red_left=True, red_right=True)


@pytest.fixture
def pins():
    factory = mock_pins()
    yield factory
    factory.close()


def until(condition, timeout_s=5.0):
    end_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end_s, "did not happen"
        time.sleep(0.002)


@pytest.mark.parametrize("active_high", [True, False], ids=["LED to ground", "LED to 3.3 V"])
@pytest.mark.parametrize(
    "state",
    [
        pytest.param(LampState(), id="none"),
        pytest.param(LampState(green=True), id="green"),
        pytest.param(LampState(amber=True), id="amber"),
        pytest.param(LampState(red_left=True), id="red left"),
        pytest.param(LampState(red_right=True), id="red right"),
        pytest.param(ALL_ON, id="all"),
    ],
)
def test_each_lamp_is_on_its_own_pin(pins, state, active_high):
    config = LightsConfig(active_high=active_high)
    with Lights(config, pins) as lights:
        lights.show(state)
        assert read_lamps(pins, config) == state
        assert pins.pin(17).state == (state.green == active_high)


def test_one_red_led_serves_both_knees(pins):
    config = LightsConfig(red_right_pin=-1)
    with Lights(config, pins) as lights:
        for left, right in ((False, True), (True, True), (True, False)):
            lights.show(LampState(red_left=left, red_right=right))
            assert read_lamps(pins, config) == LampState(red_left=True)
        lights.show(LampState())
        assert read_lamps(pins, config) == LampState()


def test_only_pins_that_change_are_written(pins, monkeypatch):
    with Lights(LightsConfig(), pins) as lights:
        written = []
        kind = type(pins.pin(17))
        write = kind._set_state
        monkeypatch.setattr(kind, "_set_state", lambda pin, on: (written.append(pin.info.name), write(pin, on)))
        lights.show(LampState(green=True))
        written.clear()
        lights.show(LampState(green=True))
        assert written == []
        lights.show(LampState(green=False, red_left=True))
        assert written == ["GPIO22", "GPIO17"], "the red one first"
        monkeypatch.undo()


def test_closed_lights_are_dark_and_the_pins_free(pins):
    config = LightsConfig()
    lights = Lights(config, pins)
    lights.show(ALL_ON)
    states = pins.pin(22).states
    lights.close()
    lights.close()
    assert not states[-1].state
    assert read_lamps(pins, config) == LampState()
    with pytest.raises(LightsError, match="closed"):
        lights.show(ALL_ON)
    with Lights(config, pins) as again:
        again.show(ALL_ON)
        assert read_lamps(pins, config) == ALL_ON


def test_an_error_inside_turns_the_lights_off(pins):
    config = LightsConfig()

    def fail_inside():
        with Lights(config, pins) as lights:
            lights.show(ALL_ON)
            raise KeyError

    with pytest.raises(KeyError):
        fail_inside()
    assert read_lamps(pins, config) == LampState()


def test_a_fault_alternates_red_and_amber_without_further_calls(pins):
    config = LightsConfig()
    with Lights(config, pins) as lights:
        lights.show(LampState(green=True))
        lights.fault()
        lights.fault()
        assert not read_lamps(pins, config).green
        until(lambda: len(pins.pin(27).states) >= 4, timeout_s=5)
        # A follower may lag by one poll; what counts is that amber is dark while red is lit.
        seen = []
        for _ in range(60):
            seen.append(read_lamps(pins, config))
            time.sleep(0.01)
        both = sum(state.amber == state.red_left for state in seen)
        assert both < 30
        assert {state.red_left for state in seen} == {True, False}
        assert not any(state.green for state in seen)


def test_showing_something_ends_a_fault(pins):
    config = LightsConfig()
    with Lights(config, pins) as lights:
        lights.show(LampState(green=True))
        lights.fault()
        lights.show(LampState(green=True))
        for _ in range(5):
            assert read_lamps(pins, config) == LampState(green=True)
            time.sleep(0.02)


def test_a_fault_ends_with_close(pins):
    before = set(threading.enumerate())
    lights = Lights(LightsConfig(), pins)
    lights.fault()
    assert set(threading.enumerate()) > before
    lights.close()
    until(lambda: set(threading.enumerate()) <= before)
    assert read_lamps(pins, LightsConfig()) == LampState()


def test_the_buzzer_clicks_once_per_rep_and_only_if_there_is_one(pins):
    with Lights(LightsConfig(buzzer_pin=24), pins) as lights:
        lights.show(LampState(green=True))
        pins.pin(24).clear_states()
        lights.show(LampState(click=True))
        lights.show(LampState(green=True))
        until(lambda: len(pins.pin(24).states) == 3)
        assert [state.state for state in pins.pin(24).states] == [False, True, False]
    with Lights(LightsConfig(), pins) as lights:
        lights.show(LampState(click=True))
        assert pins.pin(24).function == "input"


@pytest.mark.parametrize(
    ("held_s", "expected"),
    [
        pytest.param(0.0, Press.END_SET, id="short"),
        pytest.param(0.15, Press.NEW_SESSION, id="held"),
        pytest.param(0.4, Press.NEW_SESSION, id="held long"),
    ],
)
def test_the_button_tells_presses_apart_by_their_length(pins, held_s, expected):
    pressed = []
    with Lights(LightsConfig(button_pin=25), pins, on_press=pressed.append, hold_s=0.1):
        pins.pin(25).drive_low()
        time.sleep(held_s)
        pins.pin(25).drive_high()
        until(lambda: pressed)
        assert pressed == [expected]


def test_holding_the_button_on_asks_to_aim_before_it_is_let_go(pins):
    pressed = []
    with Lights(LightsConfig(button_pin=25), pins, on_press=pressed.append, hold_s=0.05, aim_hold_s=0.2):
        pins.pin(25).drive_low()
        until(lambda: pressed)
        assert pressed == [Press.AIM]
        pins.pin(25).drive_high()
        time.sleep(0.1)
        assert pressed == [Press.AIM], "letting go asks for nothing more"


@pytest.mark.parametrize(
    ("dead", "says"),
    [
        pytest.param({17}, {22, 23, 27}, id="green"),
        pytest.param({22}, {23, 27}, id="red left, which leads"),
        pytest.param({27}, {22, 23}, id="amber"),
        pytest.param({22, 23}, {27}, id="both red"),
        pytest.param({17, 22, 23, 27}, set(), id="all"),
    ],
)
def test_a_fault_shows_on_the_pins_that_are_left(dead, says):
    broken = set()

    class DyingPin(MockPin):
        def _set_state(self, value):
            if self.info.name in {f"GPIO{number}" for number in broken}:
                raise OSError("the pin died")
            super()._set_state(value)

    pins = MockFactory(pin_class=DyingPin)
    with Lights(LightsConfig(), pins) as lights:
        lights.show(LampState(green=True))
        broken |= dead
        for number in (17, 22, 23, 27):
            pins.pin(number).clear_states()
        lights.fault()
        until(lambda: {number for number in (17, 22, 23, 27) if _changes(pins.pin(number))} - {17} == says)
    pins.close()


def _changes(pin):
    return len(pin.states) > 1


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        pytest.param(LightsConfig(), r"green on BCM pin 17 .*in use.*green_pin under \[lights\]", id="LED"),
        pytest.param(LightsConfig(green_pin=5, button_pin=17), r"button on BCM pin 17 .*button_pin", id="button"),
    ],
)
def test_a_pin_in_use_is_named_and_the_others_are_given_back(pins, config, expected):
    from gpiozero import LED

    with LED(17, pin_factory=pins):
        with pytest.raises(LightsError, match=expected):
            Lights(config, pins)
        with LED(22, pin_factory=pins) as free:
            assert free.value == 0


def test_a_pin_that_breaks_while_running_is_named(pins):
    with Lights(LightsConfig(), pins) as lights:
        lights.show(LampState())
        # What a chip that went away looks like from here: the line is an input again.
        pins.pin(22).function = "input"
        with pytest.raises(LightsError, match="red left on BCM pin 22 cannot be used"):
            lights.show(ALL_ON)
        lights.show(LampState())


def test_without_a_chip_it_says_what_to_do(tmp_path):
    program = """
import os
from edge_valgus.config import LightsConfig
from edge_valgus.errors import LightsError
from edge_valgus.feedback.lights import Lights
from pathlib import Path
import sys
try:
    Lights(LightsConfig(), runtime_dir=Path(sys.argv[1]))
except LightsError as error:
    print(error)
    print(os.environ["LG_WD"])
"""
    environment = {name: value for name, value in os.environ.items() if name != "LG_WD"}
    environment["GPIOZERO_PIN_FACTORY"] = "no-such-factory"
    ran = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "run")],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
        cwd=tmp_path,
    )
    message, lg_wd = ran.stdout.splitlines()
    assert message.startswith("the GPIO chip cannot be used (")
    assert message.endswith("or without lights: --mock-gpio")
    assert lg_wd == str(tmp_path / "run"), "also where no other process has made the folder"


def test_from_event_to_pin_takes_less_than_a_millisecond(pins):
    config = LightsConfig(min_red_ms=0.0)
    pattern = LightPattern(config)
    took_s = []
    with Lights(config, pins) as lights:
        lights.show(pattern.update([LifterEntered(0.0)], 0.0))
        for step in range(400):
            time_s = step / 30
            event = FlagOn(time_s, Side.LEFT) if step % 2 else FlagOff(time_s, Side.LEFT)
            start_s = time.perf_counter()
            lights.show(pattern.update([event], time_s))
            took_s.append(time.perf_counter() - start_s)
            assert pins.pin(22).state == bool(step % 2)
    assert statistics.median(took_s) < 0.001
