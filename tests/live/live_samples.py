"""Snapshots, for the tests of this folder and for the processes that they start."""

from __future__ import annotations

import os
import sys
from dataclasses import fields
from typing import Any

import numpy as np

from edge_valgus.events import NAN, Doubt, Measures, Phase, Reading, Rep, Valgus
from edge_valgus.feedback.pattern import LampState
from edge_valgus.frames import Pose
from edge_valgus.live.snapshot import Snapshot

CHILD_ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
"""With which a process that a test starts finds this module, and the package that is tested."""


def make_pose() -> Pose:
    xy_px = np.linspace(10.4, 400.6, 34, dtype=np.float32).reshape(17, 2)
    return Pose(xy_px, np.full(17, 0.876, np.float32), 12.5, (640, 480))


def make_rep(**changes: Any) -> Rep:
    values: dict[str, Any] = dict.fromkeys(
        (
            "peak_mkd_left_pct",
            "peak_mkd_right_pct",
            "peak_fppa_left_deg",
            "peak_fppa_right_deg",
            "min_kasr",
            "peak_pelvic_tilt_deg",
            "peak_trunk_lean_deg",
        ),
        NAN,
    )
    values |= {"number": 3, "counted": True, "start_s": 1.0, "bottom_s": 2.25, "end_s": 3.0, "depth": 0.91234}
    values |= {"valgus": Valgus.LEFT, "flagged_frames": 3, "judged_frames": 50, "frames": 60}
    return Rep(**(values | {"trace": np.zeros((60, 12), np.float32)} | changes))


def make_snapshot(time_s: float = 12.5, **changes: Any) -> Snapshot:
    values: dict[str, Any] = {
        "time_s": time_s,
        "wall_s": 1_700_000_000.0 + time_s,
        "phase": Phase.ASCENT,
        "in_view": True,
        "doubt": Doubt.TURNED,
        "flagged_left": True,
        "flagged_right": False,
        "lights": LampState(green=True, red_left=True),
        "set_number": 2,
        "counted": 3,
        "partial": 1,
        "measures": Measures(depth=0.51239, kasr=NAN, mkd_left_pct=4.0),
        "pose": make_pose(),
        "last_rep": make_rep(),
        "model": "movenet-lightning-int8",
        "fault": None,
        "fps": 29.97,
    }
    values |= changes
    reading = Reading(**{field.name: values.pop(field.name) for field in fields(Reading)})
    return Snapshot(reading, **values)
