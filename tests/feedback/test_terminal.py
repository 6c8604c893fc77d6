"""The lamps in words and in a real terminal."""

from __future__ import annotations

import io
import os
import pty
import re
import sys

import pytest

from edge_valgus.feedback.pattern import LampState
from edge_valgus.feedback.terminal import TerminalLights, changes

STORY = [
    (0.0, LampState(amber=True, blinking=True)),
    (0.5, LampState(blinking=True)),
    (1.0, LampState(green=True)),
    (1.5, LampState(green=True)),
    (12.43, LampState(green=True, red_right=True)),
    (12.6, LampState(winking=True, click=True)),
    (12.7, LampState(winking=True)),
    (12.9, LampState(green=True)),
    (13.0, LampState(green=True, amber=True)),
    (14.0, LampState(amber=True, blinking=True)),
]


def test_a_pipe_gets_one_line_per_change_with_its_time():
    pipe = io.StringIO()
    with TerminalLights(pipe) as lights:
        for time_s, state in STORY:
            lights.show(state, time_s, "3 reps")
    assert pipe.getvalue().splitlines() == [
        "0.00 s  amber blinks",
        "1.00 s  green on",
        "1.00 s  amber off",
        "12.43 s  red right on",
        "12.60 s  red right off",
        "12.60 s  green winks",
        "13.00 s  amber on",
        "14.00 s  green off",
        "14.00 s  amber blinks",
    ]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(None, LampState(), [], id="dark at first"),
        pytest.param(None, LampState(green=True), ["green on"], id="lit at first"),
        pytest.param(
            LampState(red_left=True), LampState(red_right=True), ["red left off", "red right on"], id="knees swap"
        ),
        pytest.param(
            LampState(winking=True, click=True), LampState(winking=True, click=True), ["green winks"], id="two reps"
        ),
    ],
)
def test_changes_in_words(before, after, expected):
    assert changes(before, after) == expected


def in_terminal(monkeypatch, draw, encoding="utf-8", term="xterm-256color", columns="60") -> str:
    """What a program writes that has a real terminal."""
    for variable in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLORTERM"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("TERM", term)
    monkeypatch.setenv("COLUMNS", columns)
    ours, theirs = pty.openpty()
    try:
        with os.fdopen(theirs, "w", encoding=encoding) as stream:
            draw(stream)
            stream.write("<end>")
            stream.flush()
            written = b""
            while not written.endswith(b"<end>"):
                written += os.read(ours, 65536)
            return written.decode(encoding).removesuffix("<end>")
    finally:
        os.close(ours)


def test_a_terminal_gets_one_line_that_changes_in_place(monkeypatch):
    def draw(stream):
        with TerminalLights(stream) as lights:
            for time_s, state in STORY:
                lights.show(state, time_s, "set 1  3 reps")

    written = in_terminal(monkeypatch, draw)
    assert written.count("\n") == 1
    assert written.endswith("\n")
    assert "\x1b[" in written
    last = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", written).strip().split("\r")[-1]
    assert last == "○ green  ● amber  ○ red L  ○ red R  set 1  3 reps"


def test_a_dumb_terminal_gets_lines_like_a_pipe(monkeypatch):
    def draw(stream):
        with TerminalLights(stream) as lights:
            lights.show(LampState(green=True, red_left=True), 1.0)

    assert in_terminal(monkeypatch, draw, term="dumb").splitlines() == ["1.00 s  green on", "1.00 s  red left on"]


def test_it_is_readable_without_colour_and_without_unicode(monkeypatch):
    def draw(stream):
        monkeypatch.setenv("NO_COLOR", "1")
        with TerminalLights(stream) as lights:
            lights.show(LampState(green=True, red_left=True), 1.0)

    written = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", in_terminal(monkeypatch, draw, encoding="ascii"))
    assert "* green  . amber  * red L  . red R" in written


def test_a_narrow_terminal_never_wraps_and_gives_the_room_to_the_count(monkeypatch):
    def draw(stream):
        with TerminalLights(stream) as lights:
            lights.show(LampState(green=True), 1.0, "a text that is too long for it")

    lines = re.sub(r"\x1b\[[0-9;]*[A-Za-z]|\r", "", in_terminal(monkeypatch, draw, columns="30")).splitlines()
    assert [line for line in lines if line.strip()] == ["● ○ ○ ○ a text that is too long"[:29]]


def test_nothing_is_drawn_while_nothing_changes(monkeypatch):
    def draw(stream):
        lights = TerminalLights(stream)
        for frame in range(100):
            lights.show(LampState(green=True), frame / 30, "1 rep")

    assert in_terminal(monkeypatch, draw).count("green") == 1


def test_a_fault_is_one_line_in_a_pipe_and_in_a_terminal(monkeypatch):
    def draw(stream):
        with TerminalLights(stream) as lights:
            lights.show(LampState(green=True), 1.0)
            lights.fault()

    pipe = io.StringIO()
    draw(pipe)
    assert pipe.getvalue().splitlines() == ["1.00 s  green on", "fault: red and amber by turns"]
    written = in_terminal(monkeypatch, draw)
    assert written.count("\n") == 1
    last = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", written).strip().split("\r")[-1]
    assert last.startswith("○ green  ○ amber  ● red L  ● red R  fault: red and amber")


def test_no_line_is_ended_that_was_not_begun():
    pipe = io.StringIO()
    with TerminalLights(pipe):
        pass
    assert pipe.getvalue() == ""
    assert sys.stdout is not pipe
