"""One moment, as the page gets it: skeleton, measures, lights, count. Never a pixel."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

import numpy as np

from edge_valgus.aim import AimStatus
from edge_valgus.events import Measures, Reading, Rep
from edge_valgus.feedback.pattern import LampState
from edge_valgus.frames import Pose
from edge_valgus.store.aim import StoredAim

LAMPS: Final = ("green", "amber", "red_left", "red_right")


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """The newest state: what the analysis knows, and what only the running device knows.

    Its arrays must not be written to afterwards: another thread serialises them later.

    wall_s: the reading's time as seconds since 1970. lights: a blinking lamp is on and off by turns.
    pose: None when no lifter is seen. last_rep: of the current set, counted or partial; None before the first.
    fault: one line for the page when something is wrong (camera, disk), else None. fps: frames judged per second.
    aim: while the box is aimed. rig: what aiming measured and is in force; rig_kept: whether it lies on the disk.
    rig_trouble: why what was measured is not in force, or not kept, in one line.
    """

    reading: Reading
    wall_s: float
    lights: LampState
    pose: Pose | None = None
    last_rep: Rep | None = None
    model: str = ""
    fault: str | None = None
    fps: float = 0.0
    aim: AimStatus | None = None
    rig: StoredAim | None = None
    rig_kept: bool = False
    rig_trouble: str | None = None


def to_dict(snapshot: Snapshot) -> dict[str, Any]:
    """Give the snapshot as JSON types.

    Keys: t, wall (s), phase, in_view, doubt (text or null), flagged {left, right}, lights {green, amber, red_left,
    red_right}, set {number, counted, partial}, measures (the fields of `Measures`, null where not taken), skeleton (null,
    or {size: [width, height], xy: 17 × ([x, y] in whole px, or null), score: 17 × 0–1}), last_rep (null, or {number,
    counted, depth, descent_s, ascent_s, valgus}), model, fault (text or null), fps, aim (null, or {stage, headline, hint,
    checks: [{name, right}], squats, wanted}), rig (null, or the fields of `StoredAim`), rig_kept, rig_trouble (text or
    null).
    """
    reading = snapshot.reading
    return {
        "t": _number(reading.time_s, 3),
        "wall": _number(snapshot.wall_s, 3),
        "phase": reading.phase.value,
        "in_view": bool(reading.in_view),
        "doubt": None if reading.doubt is None else reading.doubt.value,
        "flagged": {"left": bool(reading.flagged_left), "right": bool(reading.flagged_right)},
        "lights": {lamp: bool(getattr(snapshot.lights, lamp)) for lamp in LAMPS},
        "set": {"number": reading.set_number, "counted": reading.counted, "partial": reading.partial},
        "measures": {field.name: _number(getattr(reading.measures, field.name), 3) for field in fields(Measures)},
        "skeleton": None if snapshot.pose is None else _skeleton(snapshot.pose),
        "last_rep": None if snapshot.last_rep is None else _rep(snapshot.last_rep),
        "model": snapshot.model,
        "fault": snapshot.fault,
        "fps": _number(snapshot.fps, 1),
        "aim": None if snapshot.aim is None else _aim(snapshot.aim),
        "rig": None if snapshot.rig is None else asdict(snapshot.rig),
        "rig_kept": snapshot.rig_kept,
        "rig_trouble": snapshot.rig_trouble,
    }


def to_json(snapshot: Snapshot) -> bytes:
    """Give the snapshot as one line of JSON, UTF-8, without the newline."""
    return json.dumps(to_dict(snapshot), separators=(",", ":"), allow_nan=False).encode()


def _number(value: float, digits: int) -> float | None:
    value = float(value)
    return round(value, digits) if math.isfinite(value) else None


def _skeleton(pose: Pose) -> dict[str, Any]:
    seen = np.isfinite(pose.xy_px).all(axis=1)
    # A wild keypoint far outside the picture would make the line long and the page's canvas unhappy.
    whole = np.rint(np.where(seen[:, None], np.clip(pose.xy_px, -1e5, 1e5), 0.0)).astype(int).tolist()
    return {
        "size": [int(pose.size_px[0]), int(pose.size_px[1])],
        "xy": [point if good else None for point, good in zip(whole, seen.tolist(), strict=True)],
        "score": [_number(score, 2) or 0.0 for score in pose.score.tolist()],
    }


def _aim(status: AimStatus) -> dict[str, Any]:
    return {
        "stage": status.stage.value,
        "headline": status.headline,
        "hint": status.hint,
        "checks": [{"name": finding.check.value, "right": finding.right} for finding in status.findings],
        "squats": status.squats,
        "wanted": status.wanted,
    }


def _rep(rep: Rep) -> dict[str, Any]:
    return {
        "number": rep.number,
        "counted": bool(rep.counted),
        "depth": _number(rep.depth, 3),
        "descent_s": _number(rep.descent_s, 2),
        "ascent_s": _number(rep.ascent_s, 2),
        "valgus": rep.valgus.value,
    }
