"""Reps to store, for the tests of this folder and for the processes that they start."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge_valgus.events import NAN, TRACE_COLUMNS, Rep, RepCounted, RepPartial, SetEnded, SetStarted, Valgus

CHILD_ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
"""With which a process that a test starts finds this module, and the package that is tested."""

NOON = 1_700_000_000.0
"""2023-11-14 22:13:20 UTC."""


def wall(time_s: float) -> float:
    return NOON + time_s


def make_trace(frames: int = 60) -> NDArray[np.float32]:
    rng = np.random.default_rng(frames)
    trace = rng.normal(0.0, 1.0, (frames, len(TRACE_COLUMNS))).astype(np.float32)
    trace[:, 0] = np.arange(frames) / 30
    trace[:, -3:] = 1.0
    return trace


def make_rep(number: int = 1, start_s: float = 10.0, **changes: object) -> Rep:
    values: dict[str, object] = {
        "number": number,
        "counted": True,
        "start_s": start_s,
        "bottom_s": start_s + 1.5,
        "end_s": start_s + 2.5,
        "depth": 0.9,
        "valgus": Valgus.NONE,
        "flagged_frames": 1,
        "judged_frames": 55,
        "frames": 60,
        "peak_mkd_left_pct": 1.25,
        "peak_mkd_right_pct": -0.5,
        "peak_fppa_left_deg": NAN,
        "peak_fppa_right_deg": 4.5,
        "min_kasr": 0.97,
        "peak_pelvic_tilt_deg": 2.0,
        "peak_trunk_lean_deg": -3.0,
        "trace": make_trace(),
    }
    return Rep(**(values | changes))  # type: ignore[arg-type]


def set_events(number: int, start_s: float, reps: int, *, new_session: bool = False) -> list[object]:
    """One set of counted reps 4 s apart."""
    events: list[object] = [SetStarted(start_s, number, new_session)]
    for index in range(reps):
        rep = make_rep(index + 1, start_s + 4.0 * index)
        events.append(RepCounted(rep.end_s, rep))
    events.append(SetEnded(start_s + 4.0 * reps + 20.0, number, reps, 0))
    return events


def partial(number: int, start_s: float) -> RepPartial:
    rep = make_rep(number, start_s, counted=False, depth=0.3)
    return RepPartial(rep.end_s, rep)


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(query).fetchall()


def child(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(script), *arguments],
        env=CHILD_ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
