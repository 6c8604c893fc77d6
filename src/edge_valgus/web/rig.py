"""What the page says about aiming: how it goes, and what it measured."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from edge_valgus.analysis.rig import limits_of
from edge_valgus.config import KneeConfig
from edge_valgus.errors import AimError
from edge_valgus.events import Side
from edge_valgus.store.aim import StoredAim, read_aim
from edge_valgus.store.rows import SetDetail

NEVER: Final = "The box was never aimed where it stands: hold its button for 6 s, or run edge-valgus aim."
STEPS: Final = {"place": "1 of 3: place the box", "still": "2 of 3: stand still", "squat": "3 of 3: squat"}

_ANSWERS: Final = {True: "yes", False: "no"}

log = logging.getLogger(__name__)


def describe_aim(aim: Mapping[str, Any]) -> dict[str, Any]:
    """How the aiming goes, in the page's words. "look" is one of wrong, right, still, squat, done, failed."""
    stage = str(aim.get("stage") or "place")
    checks = [
        {"name": str(one.get("name")), "right": _ANSWERS.get(one.get("right"), "unknown")}
        for one in aim.get("checks") or ()
    ]
    look = stage
    if stage == "place":
        look = "right" if all(check["right"] == "yes" for check in checks) else "wrong"
    taken, wanted = (int(aim.get(key) or 0) for key in ("squats", "wanted"))
    return {
        "look": look,
        "step": f"Aiming, {STEPS[stage]}" if stage in STEPS else "Aiming",
        "checks": checks,
        "squats": taken,
        "wanted": wanted,
        "spoken": f"{taken} of {wanted}" if stage == "squat" else "",
    }


def in_force(rig: Mapping[str, Any] | None) -> StoredAim | None:
    """What a snapshot says is in force; None also if it is of another version than this page."""
    try:
        return StoredAim(**rig) if rig else None
    except TypeError:
        return None


def rig_notice(stored: StoredAim | None, trouble: object, knee: KneeConfig) -> str:
    """One line for the footer: which minimum detectable change applies, and what is wrong with it."""
    told = f"{trouble}." if trouble else ""
    if stored is None:
        return told or NEVER
    return " ".join(filter(None, (f"Aimed on {stored.day}. {certain(stored, knee)}", told)))


def certain(stored: StoredAim, knee: KneeConfig) -> str:
    """What this rig can tell apart, and from where its red lights therefore come on."""
    rig = stored.rig
    left, right = (f"{rig.mdc_pct(side):.1f}\N{NO-BREAK SPACE}%" for side in Side)
    limits = [limits_of(knee, rig, side).threshold_pct for side in Side]
    red = f"{limits[0]:.1f}" if round(limits[0], 1) == round(limits[1], 1) else f"{limits[0]:.1f} and {limits[1]:.1f}"
    return (
        f"Here, changes of {left} (left knee) and {right} (right knee) of leg length are certain, with 95\N{NO-BREAK SPACE}%; "
        f"red lights come on from {red}\N{NO-BREAK SPACE}%, sooner where knees are seen steadily."
    )


def notice_of_set(path: Path | None, detail: SetDetail, knee: KneeConfig) -> str | None:
    """The same for a stored set; None if it was squatted before the aiming, or before another camera or network."""
    try:
        stored = read_aim(path) if path is not None else None
    except AimError as error:
        log.warning(error)
        return None
    if stored is None or stored.differs(model=detail.model, source=detail.source):
        return None
    return certain(stored, knee) if detail.set.started_at.timestamp() >= stored.moment.timestamp() else None
