"""The lamps drawn in a terminal: one line that changes in place, or in a pipe one line per change."""

from __future__ import annotations

from types import TracebackType
from typing import Final, Self, TextIO

from rich.console import Console
from rich.control import Control
from rich.segment import ControlType
from rich.text import Text

from edge_valgus.feedback.pattern import LampState, fault_lamps

NARROW: Final = 56  # columns
_COLOURS: Final = {"green": "bold green", "amber": "bold yellow", "red L": "bold red", "red R": "bold red"}


class TerminalLights:
    """Draws lamp states. A context manager: leaving it ends the line.

    stream: where to draw, stdout if None. A lit lamp is ● and a dark one ○, so that colour is not needed to read it; where
    the terminal can't show these, * and a full stop.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._console = Console(file=stream, highlight=False)
        self._shown: LampState | None = None
        self._text = ""
        self._line_open = False
        # A dumb terminal can't take a line back: there, one line per change reads better too.
        self._in_place = self._console.is_terminal and not self._console.is_dumb_terminal

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def show(self, state: LampState, time_s: float, text: str = "") -> None:
        """Draw `state`, with `text` (the count) behind it. Draws nothing if neither has changed. time_s: capture time."""
        if self._in_place:
            if state != self._shown or text != self._text:
                self._draw(state, text)
        else:
            for change in changes(self._shown, state):
                self._console.print(f"{time_s:.2f} s  {change}", soft_wrap=True, markup=False)
        self._shown, self._text = state, text

    def fault(self) -> None:
        """Draw once what the lamps do on and on in a fault."""
        said = "fault: red and amber by turns"
        if self._in_place:
            self._draw(fault_lamps(0.0), said)
        else:
            self._console.print(said, soft_wrap=True, markup=False)

    def close(self) -> None:
        """End the line that changes in place, so that what follows starts on its own."""
        if self._line_open:
            self._console.print()
            self._line_open = False

    def _draw(self, state: LampState, text: str) -> None:
        lit, dark = ("*", ".") if self._console.options.ascii_only else ("●", "○")
        line = Text(no_wrap=True, overflow="crop")
        lamps = (state.green, state.amber, state.red_left, state.red_right)
        for (name, colour), on in zip(_COLOURS.items(), lamps, strict=True):
            # In a narrow terminal the count is worth more than the lamps' names, whose order is always the same.
            label = f" {name}  " if self._console.width >= NARROW else " "
            line.append(f"{lit if on else dark}{label}", style=colour if on else "dim")
        line.append(text)
        self._console.control(Control(ControlType.CARRIAGE_RETURN, (ControlType.ERASE_IN_LINE, 2)))
        # A full line would make the terminal wrap, and the next one could not take its place.
        line.truncate(max(self._console.width - 1, 1))
        self._console.print(line, end="")
        self._line_open = True


def changes(before: LampState | None, after: LampState) -> list[str]:
    """Say in words what changed, lamp by lamp. A blink or a wink is one change, not one per flicker."""
    old, new = (_in_words(state) for state in (before or LampState(), after))
    said = [f"{lamp} {new[lamp]}" for lamp in new if new[lamp] != old[lamp]]
    return [*said, "green winks"] if after.click else said


def _in_words(state: LampState) -> dict[str, str]:
    def word(on: bool) -> str:
        return "on" if on else "off"

    return {
        "green": word(state.green or state.winking),
        "amber": "blinks" if state.blinking else word(state.amber),
        "red left": word(state.red_left),
        "red right": word(state.red_right),
    }
