"""What the page says about this moment, made from the newest snapshot of the live feed.

The words are chosen here and nowhere else: the first rendering, the event stream and the polling fallback all show what
`describe` returns, so the script in the browser only puts it in place.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

from edge_valgus.config import PRACTICE, PRACTICE_NOTICE, KneeConfig
from edge_valgus.web import words
from edge_valgus.web.rig import certain, describe_aim, in_force, rig_notice

_LAMPS: Final = ("green", "amber", "red_left", "red_right")
_KNEE_FLAGS: Final = {
    (True, True): "Both knees caving in",
    (True, False): "Left knee caving in",
    (False, True): "Right knee caving in",
}
_RESTARTS: Final = (
    "It restarts by itself within a minute. If it does not, the box's log says why: journalctl -u edge-valgus"
)


def plain(value: Any) -> Any:
    """The same value as strict JSON can say it: NaN and infinities become None, all the way down."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def describe(snapshot: Mapping[str, Any] | None, *, connected: bool, knee: KneeConfig | None = None) -> dict[str, Any]:
    """Say in words what the snapshot means.

    snapshot: the newest dict of the live feed, or None when nothing came of late. One with a fault is told also after
    the process that sent it has ended.
    connected: whether the camera process holds the other end of the feed. knee: the settings in force, None for the defaults.
    Returns a JSON-ready dict. "state" is one of stopped, stalled, fault, aim, away, doubt, flagged, moving, ready.
    """
    if snapshot is None and connected:
        return _without_reading(
            "stalled",
            "Waiting for the camera",
            "The camera process is up, but sends no picture yet. It restarts itself.",
        )
    if snapshot is None:
        return _without_reading("stopped", "Camera process not running", _RESTARTS)
    fault = snapshot.get("fault")
    view = _fault(str(fault), connected=connected) if fault else _with_reading(snapshot)
    lights = snapshot.get("lights") or {}
    # A process that has ended left its lamps dark.
    view["lights"] = {lamp: connected and bool(lights.get(lamp)) for lamp in _LAMPS}
    view["set"] = _set(snapshot)
    view["last_rep"] = _last_rep(snapshot.get("last_rep"))
    view["model"] = snapshot.get("model")
    view["model_notice"] = model_notice(snapshot.get("model"))
    view["fps"] = plain(snapshot.get("fps"))
    stored, knee = in_force(snapshot.get("rig")), knee or KneeConfig()
    trouble = snapshot.get("rig_trouble")
    view["rig_notice"] = rig_notice(stored, trouble, knee)
    if stored is not None and view["aim"] is not None and view["aim"]["look"] == "done":
        view["hint"] += f" {certain(stored, knee)}"
        view["hint"] += f" {trouble}." if trouble else ""
    return view


def model_notice(model: object) -> str | None:
    """What the footer says when the keypoints did not come from MoveNet; None when they did."""
    name = str(model or "")
    if name.startswith("movenet"):
        return None
    if name == PRACTICE:
        return PRACTICE_NOTICE + "."
    if not name:
        return "No model ran: these keypoints are not from a camera picture."
    return f"Keypoints come from “{name}”, not from MoveNet: the figures in the documentation do not apply to it."


def tagged_notice(models: Iterable[str]) -> str | None:
    """What the footer says of a list in which some is tagged “practice”; None when nothing in it is."""
    if PRACTICE not in models:
        return None
    return f"Tagged “practice”: {PRACTICE_NOTICE[0].lower()}{PRACTICE_NOTICE[1:]}."


def _without_reading(state: str, headline: str, hint: str) -> dict[str, Any]:
    return {
        "state": state,
        "phase": words.NOTHING,
        "headline": headline,
        "hint": hint,
        "lights": dict.fromkeys(_LAMPS, False),
        "flagged": {"left": False, "right": False},
        "set": {"number": 0, "counted": 0, "partial": 0, "started": False, "spoken": ""},
        "depth": None,
        "skeleton": None,
        "last_rep": None,
        "model": None,
        "model_notice": None,
        "rig_notice": None,
        "aim": None,
        "fps": None,
    }


def _fault(reason: str, *, connected: bool) -> dict[str, Any]:
    said = reason if connected else f"{reason.rstrip('.')}. The camera process has ended. {_RESTARTS}"
    return _without_reading("fault", "Fault", said)


def _with_reading(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    flagged = snapshot.get("flagged") or {}
    left, right = bool(flagged.get("left")), bool(flagged.get("right"))
    phase = str(snapshot.get("phase") or "away")
    doubt = snapshot.get("doubt")
    view = _without_reading("ready", "Ready", "Squat when you are.")
    if aim := snapshot.get("aim"):
        view |= {
            "state": "aim",
            "headline": str(aim.get("headline") or ""),
            "hint": str(aim.get("hint") or ""),
            "aim": describe_aim(aim),
        }
    elif not snapshot.get("in_view"):
        view |= {
            "state": "away",
            "headline": "Step into view",
            "hint": "The whole body in the picture, feet included, facing the camera.",
        }
    elif left or right:
        side = "knees" if left and right else "knee"
        view |= {
            "state": "flagged",
            "headline": _KNEE_FLAGS[left, right],
            "hint": f"Push the {side} out, over the foot." if side == "knee" else "Push the knees out, over the feet.",
        }
    elif doubt:
        view |= {
            "state": "doubt",
            "headline": f"Can't judge: {doubt}",
            "hint": words.DOUBT_HINTS.get(str(doubt), "Reps are still counted."),
        }
    elif phase in {"descent", "bottom", "ascent"}:
        view |= {"state": "moving", "headline": "Watching both knees", "hint": "A red light means a knee is caving in."}
    view["phase"] = words.PHASES.get(phase, phase) if snapshot.get("in_view") else words.PHASES["away"]
    view["flagged"] = {"left": left, "right": right}
    view["depth"] = plain((snapshot.get("measures") or {}).get("depth"))
    view["skeleton"] = _skeleton(snapshot.get("skeleton"))
    return view


def _set(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    current = snapshot.get("set") or {}
    number, counted, partial = (int(current.get(key) or 0) for key in ("number", "counted", "partial"))
    spoken = f"Set {number}: {words.count(counted, 'rep')}" if number else ""
    if number and partial:
        spoken += f", {words.count(partial, 'partial')}"
    return {"number": number, "counted": counted, "partial": partial, "started": number > 0, "spoken": spoken}


def _skeleton(skeleton: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not skeleton or not skeleton.get("xy"):
        return None
    return {
        "size": plain(skeleton.get("size")),
        "xy": plain(skeleton["xy"]),
        "score": plain(skeleton.get("score") or []),
    }


def _last_rep(rep: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not rep:
        return None
    valgus = str(rep.get("valgus") or "unknown")
    return {
        "title": f"{'Rep' if rep.get('counted') else 'Partial'} {rep.get('number')}",
        "depth": words.percent(rep.get("depth")),
        "descent": words.seconds(rep.get("descent_s")),
        "ascent": words.seconds(rep.get("ascent_s")),
        "knees": words.KNEES.get(valgus, valgus),
        "valgus": valgus,
    }
