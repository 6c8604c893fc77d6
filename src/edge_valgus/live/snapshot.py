"""One moment, as the page gets it: skeleton, measures, lights, count. Never a pixel."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from edge_valgus.events import Doubt, Measures, Phase, Reading, Rep
from edge_valgus.frames import Pose


@dataclass(frozen=True, slots=True)
class Lights:
    """Which lights are on at this moment (a blinking light is on and off by turns)."""

    green: bool = False
    amber: bool = False
    red_left: bool = False
    red_right: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """The newest state. Its arrays must not be written to afterwards: another thread serialises them later.

    time_s: capture time; wall_s: the same moment as seconds since 1970.
    pose: None when no lifter is seen. last_rep: of the current set, counted or partial; None before the first.
    fault: one line for the page when something is wrong (camera, disk), else None. fps: frames judged per second.
    """

    time_s: float
    wall_s: float
    phase: Phase
    in_view: bool
    doubt: Doubt | None
    flagged_left: bool
    flagged_right: bool
    lights: Lights
    set_number: int
    counted: int
    partial: int
    measures: Measures
    pose: Pose | None
    last_rep: Rep | None
    model: str
    fault: str | None
    fps: float

    @classmethod
    def of(
        cls,
        reading: Reading,
        *,
        wall_s: float,
        lights: Lights,
        pose: Pose | None,
        last_rep: Rep | None,
        model: str,
        fault: str | None = None,
        fps: float = 0.0,
    ) -> Snapshot:
        """Join what the analysis knows with what only the running device knows."""
        return cls(
            time_s=reading.time_s,
            wall_s=wall_s,
            phase=reading.phase,
            in_view=reading.in_view,
            doubt=reading.doubt,
            flagged_left=reading.flagged_left,
            flagged_right=reading.flagged_right,
            lights=lights,
            set_number=reading.set_number,
            counted=reading.counted,
            partial=reading.partial,
            measures=reading.measures,
            pose=pose,
            last_rep=last_rep,
            model=model,
            fault=fault,
            fps=fps,
        )


def to_dict(snapshot: Snapshot) -> dict[str, Any]:
    """Give the snapshot as JSON types.

    Keys: t, wall (s), phase, in_view, doubt (text or null), flagged {left, right}, lights {green, amber, red_left,
    red_right}, set {number, counted, partial}, measures (the fields of `Measures`, null where not taken), skeleton (null,
    or {size: [width, height], xy: 17 × ([x, y] in whole px, or null), score: 17 × 0–1}), last_rep (null, or {number,
    counted, depth, descent_s, ascent_s, valgus}), model, fault (text or null), fps.
    """
    return {
        "t": _number(snapshot.time_s, 3),
        "wall": _number(snapshot.wall_s, 3),
        "phase": snapshot.phase.value,
        "in_view": bool(snapshot.in_view),
        "doubt": None if snapshot.doubt is None else snapshot.doubt.value,
        "flagged": {"left": bool(snapshot.flagged_left), "right": bool(snapshot.flagged_right)},
        "lights": {field.name: bool(getattr(snapshot.lights, field.name)) for field in fields(Lights)},
        "set": {"number": snapshot.set_number, "counted": snapshot.counted, "partial": snapshot.partial},
        "measures": {field.name: _number(getattr(snapshot.measures, field.name), 3) for field in fields(Measures)},
        "skeleton": None if snapshot.pose is None else _skeleton(snapshot.pose),
        "last_rep": None if snapshot.last_rep is None else _rep(snapshot.last_rep),
        "model": snapshot.model,
        "fault": snapshot.fault,
        "fps": _number(snapshot.fps, 1),
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


def _rep(rep: Rep) -> dict[str, Any]:
    return {
        "number": rep.number,
        "counted": bool(rep.counted),
        "depth": _number(rep.depth, 3),
        "descent_s": _number(rep.descent_s, 2),
        "ascent_s": _number(rep.ascent_s, 2),
        "valgus": rep.valgus.value,
    }
