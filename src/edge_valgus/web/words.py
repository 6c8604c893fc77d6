"""How the page says things: numbers, times and states in words.

A number and its unit are joined by a no-break space. Nothing that could not be taken is ever shown as zero: None and NaN become an en dash.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

NOTHING: Final = "–"

PHASES: Final[Mapping[str, str]] = {
    "away": "Nobody in view",
    "standing": "Standing",
    "descent": "Down",
    "bottom": "Bottom",
    "ascent": "Up",
}

DOUBT_HINTS: Final[Mapping[str, str]] = {
    "turned away": "Face the camera.",
    "legs hidden": "Something hides the legs: move it, or move the camera.",
    "legs outside the picture": "Step back until both feet are in the picture.",
    "too far away": "Step closer to the camera.",
    "keypoints unsteady": "More light and a plainer background help.",
    "bent over": "Knees are judged in squats only.",
}

KNEES: Final[Mapping[str, str]] = {
    "none": "on track",
    "left": "left caved in",
    "right": "right caved in",
    "both": "both caved in",
    "unknown": "can't judge",
}
"""A rep's knee tracking, by `events.Valgus`."""


def present(value: float | None) -> bool:
    """Whether a measure was taken: neither None nor NaN nor infinite."""
    return value is not None and math.isfinite(value)


def seconds(value: float | None) -> str:
    """`1.3 s`, or a dash."""
    return f"{value:.1f}\N{NO-BREAK SPACE}s" if value is not None and present(value) else NOTHING


def percent(share: float | None) -> str:
    """A share as `93 %`: depth in % of the way to parallel, or a share of frames."""
    return f"{share * 100:.0f}\N{NO-BREAK SPACE}%" if share is not None and present(share) else NOTHING


def displacement(value_pct: float | None) -> str:
    """Medial knee displacement, % of leg length, signed: `+4.2 %` is inward."""
    if value_pct is None or not present(value_pct):
        return NOTHING
    shown = round(value_pct, 1)
    sign = "+" if shown > 0 else "\N{MINUS SIGN}" if shown < 0 else ""
    return f"{sign}{abs(shown):.1f}\N{NO-BREAK SPACE}%"


def ratio(value: float | None) -> str:
    """`0.97`, or a dash."""
    return f"{value:.2f}" if value is not None and present(value) else NOTHING


def degrees(value_deg: float | None) -> str:
    """`4°`, or a dash."""
    return f"{value_deg:.0f}°" if value_deg is not None and present(value_deg) else NOTHING


def count(number: int, singular: str, plural: str | None = None) -> str:
    """`1 rep`, `3 reps`."""
    return f"{number} {singular if number == 1 else plural or singular + 's'}"


def clock(moment: datetime) -> str:
    """`18:04`, in the time zone it comes with."""
    return f"{moment:%H:%M}"


def weekday(day: date, today: date) -> str:
    """`Today`, `Yesterday`, `Monday 3 March`, or with its year when that is not this one."""
    if day == today:
        return "Today"
    if (today - day).days == 1:
        return "Yesterday"
    name = f"{day:%A} {day.day} {day:%B}"
    return name if day.year == today.year else f"{name} {day.year}"
