"""Real lamps, buzzer and button on GPIO pins, by gpiozero (or on its mock pins, see `mock`)."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from edge_valgus.config import LightsConfig
from edge_valgus.errors import LightsError
from edge_valgus.feedback.chip import header_chip
from edge_valgus.feedback.pattern import FAULT_PERIOD_S, LampState
from edge_valgus.folders import default_runtime_dir

CLICK_S: Final = 0.03
BOUNCE_S: Final = 0.02
FOLLOW_S: Final = 0.02


class Press(StrEnum):
    """What a press of the button asks for."""

    END_SET = "end the set"
    NEW_SESSION = "new session"
    AIM = "aim the box"


class Lights:
    """The lamps. A context manager; all are off after `close`.

    pin_factory: gpiozero's; None takes the Pi's own. on_press: called from gpiozero's thread when the button was used.
    hold_s: from how long a press means a new session; after aim_hold_s it means aiming, at once and not when it is let go, so that
    the lights tell that it was long enough. runtime_dir: where lgpio may leave its files.

    Raises LightsError, naming light, pin and cause, when the chip or a pin can't be used.
    """

    def __init__(
        self,
        config: LightsConfig,
        pin_factory: Any = None,
        *,
        on_press: Callable[[Press], None] | None = None,
        hold_s: float = 2.0,
        aim_hold_s: float = 6.0,
        runtime_dir: Path | None = None,
    ) -> None:
        self._config = config
        self._shown: LampState | None = None
        self._in_fault = False
        self._devices: dict[str, Any] = {}
        self._factory = pin_factory if pin_factory is not None else _open_chip(runtime_dir or default_runtime_dir())
        self._on_press = on_press
        self._hold_s = hold_s
        self._aim_hold_s = aim_hold_s
        self._pressed_at_s: float | None = None
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        pins = ", ".join(f"{name} {device.pin}" for name, device in self._devices.items()) or "closed"
        return f"<Lights: {pins}>"

    def show(self, state: LampState) -> None:
        """Write what has changed since the last call, red first. Ends a fault. Raises LightsError if a pin fails."""
        if not self._devices:
            raise LightsError("the lights are closed; open them before showing anything")
        self._end_fault()
        wanted, shown = self._outputs(state), self._outputs(self._shown) if self._shown else {}
        for name, on in wanted.items():
            if shown.get(name) is not on:
                self._write(name, on)
        self._shown = state
        if state.click and (buzzer := self._devices.get("buzzer")) is not None:
            buzzer.beep(on_time=CLICK_S, off_time=0, n=1)

    def fault(self) -> None:
        """Let red and amber alternate, on and on without further calls, until `show` or `close`.

        Never raises: a pin that fails, which may be the fault, is left out.
        """
        from gpiozero.tools import negated

        if self._in_fault or not self._devices:
            return
        self._in_fault = True
        alive = [name for name in ("green", "red_left", "red_right", "amber") if self._goes_dark(name)]
        names = [name for name in alive if name != "green"]
        if not names:
            return
        # One lamp leads and the others follow it: two blinking apart would drift into step within hours.
        leader = self._devices[names[0]]
        leader.blink(on_time=FAULT_PERIOD_S / 2, off_time=FAULT_PERIOD_S / 2)
        for name in names[1:]:
            follower = self._devices[name]
            follower.source_delay = FOLLOW_S
            follower.source = negated(leader) if name == "amber" else leader

    def close(self) -> None:
        """Turn all off and give the pins back. May be called again."""
        devices, self._devices = self._devices, {}
        for name, device in devices.items():
            # One pin that fails must not leave the others lit, nor its own threads running.
            with suppress(Exception):
                if name != "button":
                    device.source = None
                    device.off()
            with suppress(Exception):
                device.close()

    def _open(self) -> None:
        import gpiozero

        config = self._config
        lamps = {"red_left": config.red_left_pin, "red_right": config.red_right_pin}
        lamps |= {"amber": config.amber_pin, "green": config.green_pin}
        for name, pin in lamps.items():
            self._add(name, pin, gpiozero.LED, active_high=config.active_high)
        self._add("buzzer", config.buzzer_pin, gpiozero.Buzzer)
        self._add("button", config.button_pin, gpiozero.Button, bounce_time=BOUNCE_S, hold_time=self._aim_hold_s)
        if (button := self._devices.get("button")) is not None:
            button.when_pressed = self._pressed
            button.when_held = self._held
            button.when_released = self._released

    def _add(self, name: str, pin: int, kind: Callable[..., Any], **options: object) -> None:
        if pin == -1:
            return
        try:
            self._devices[name] = kind(pin, pin_factory=self._factory, **options)
        except Exception as error:  # each backend raises what it likes
            raise self._failed(name, pin, error) from error

    def _outputs(self, state: LampState) -> dict[str, bool]:
        red_left, red_right = state.red_left, state.red_right
        if "red_right" not in self._devices:
            return {"red_left": red_left or red_right, "amber": state.amber, "green": state.green}
        return {"red_left": red_left, "red_right": red_right, "amber": state.amber, "green": state.green}

    def _write(self, name: str, on: bool) -> None:
        try:
            self._devices[name].value = on
        except Exception as error:  # each backend raises what it likes
            raise self._failed(name, getattr(self._config, f"{name}_pin"), error) from error

    def _goes_dark(self, name: str) -> bool:
        """Turn a lamp off; false if it is not fitted or its pin fails."""
        if name not in self._devices:
            return False
        try:
            self._write(name, on=False)
        except LightsError:
            return False
        return True

    def _end_fault(self) -> None:
        if not self._in_fault:
            return
        self._in_fault = False
        self._shown = None
        for name in ("amber", "red_right"):
            if (device := self._devices.get(name)) is not None:
                device.source = None

    @staticmethod
    def _failed(name: str, pin: object, error: Exception) -> LightsError:
        key = f"{name}_pin"
        return LightsError(
            f"{name.replace('_', ' ')} on BCM pin {pin} cannot be used ({_reason(error)}); "
            f"check {key} under [lights] in the config and that no other program holds the pin"
        )

    def _pressed(self) -> None:
        self._pressed_at_s = time.monotonic()

    def _held(self) -> None:
        self._pressed_at_s = None  # letting go means nothing any more
        if self._on_press is not None:
            self._on_press(Press.AIM)

    def _released(self) -> None:
        if self._pressed_at_s is None:
            return
        held_s = time.monotonic() - self._pressed_at_s
        self._pressed_at_s = None
        if self._on_press is not None:
            self._on_press(Press.NEW_SESSION if held_s >= self._hold_s else Press.END_SET)


def _open_chip(runtime_dir: Path) -> Any:
    # lgpio drops its notification files into LG_WD, read when it is imported; otherwise into the working directory.
    if "LG_WD" not in os.environ:
        # On the device it is there while the camera's process is, and not when a person tries the lights without that.
        with suppress(OSError):
            runtime_dir.mkdir(parents=True, exist_ok=True)
        if os.access(runtime_dir, os.W_OK):
            os.environ["LG_WD"] = str(runtime_dir)
    try:
        import gpiozero

        chip = header_chip()
        if chip is None:
            gpiozero.Device.ensure_pin_factory()
            return gpiozero.Device.pin_factory
        return _factory_of(chip)
    except Exception as error:  # each backend raises what it likes
        raise LightsError(
            f"the GPIO chip cannot be used ({_reason(error)}); run on a Raspberry Pi as a member of the group gpio, "
            "with the package python3-lgpio, or without lights: --mock-gpio"
        ) from error


def _factory_of(chip: int) -> Any:
    from gpiozero.pins.lgpio import LGPIOFactory

    factory = LGPIOFactory(chip=chip)
    if factory.chip != chip:
        # gpiozero 2.0.1 does not listen. It opened another chip, on a Pi 5 one that has nothing to do with the header.
        factory.close()
        raise LightsError(
            f"gpiozero opened gpiochip{factory.chip} and not gpiochip{chip}: install gpiozero 2.0.1.post3"
        )
    return factory


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
