from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from live_samples import make_pose, make_rep, make_snapshot

from edge_valgus.events import NAN, Doubt, Measures, Phase, Reading, Valgus
from edge_valgus.feedback.pattern import LampState
from edge_valgus.frames import Pose
from edge_valgus.live.snapshot import Snapshot, to_dict, to_json


def test_the_page_gets_these_keys() -> None:
    got = json.loads(to_json(make_snapshot()))
    skeleton = got.pop("skeleton")
    assert got == {
        "t": 12.5,
        "wall": 1_700_000_012.5,
        "phase": "ascent",
        "in_view": True,
        "doubt": "turned away",
        "flagged": {"left": True, "right": False},
        "lights": {"green": True, "amber": False, "red_left": True, "red_right": False},
        "set": {"number": 2, "counted": 3, "partial": 1},
        "measures": {
            "depth": 0.512,
            "kasr": None,
            "mkd_left_pct": 4.0,
            "mkd_right_pct": None,
            "fppa_left_deg": None,
            "fppa_right_deg": None,
            "pelvic_tilt_deg": None,
            "trunk_lean_deg": None,
        },
        "last_rep": {
            "number": 3,
            "counted": True,
            "depth": 0.912,
            "descent_s": 1.25,
            "ascent_s": 0.75,
            "valgus": "left",
        },
        "model": "movenet-lightning-int8",
        "fault": None,
        "fps": 30.0,
        "aim": None,
        "rig": None,
        "rig_kept": False,
        "rig_trouble": None,
    }
    assert skeleton["size"] == [640, 480]
    assert skeleton["xy"][0] == [10, 22]
    assert (len(skeleton["xy"]), len(skeleton["score"])) == (17, 17)
    assert skeleton["score"][16] == 0.88


def test_before_anything_is_seen_most_is_null() -> None:
    got = to_dict(make_snapshot(pose=None, last_rep=None, doubt=None, phase=Phase.AWAY, fault="no camera"))
    assert (got["skeleton"], got["last_rep"], got["doubt"]) == (None, None, None)
    assert (got["phase"], got["fault"]) == ("away", "no camera")


def test_a_keypoint_without_a_place_is_null_and_has_no_score() -> None:
    xy_px = make_pose().xy_px.copy()
    xy_px[3, 1] = np.nan
    score = make_pose().score.copy()
    score[3] = np.nan
    got = to_dict(make_snapshot(pose=Pose(xy_px, score, 0.0, (640, 480))))["skeleton"]
    assert (got["xy"][3], got["score"][3]) == (None, 0.0)
    assert got["xy"][4] is not None


@pytest.mark.parametrize("valgus", list(Valgus))
def test_every_verdict_is_said_as_a_word(valgus: Valgus) -> None:
    assert to_dict(make_snapshot(last_rep=make_rep(valgus=valgus)))["last_rep"]["valgus"] == valgus.value


@given(st.floats(), st.floats(width=32), st.floats(width=32))
def test_it_is_json_whatever_the_numbers(number: float, x_px: float, score: float) -> None:
    pose = Pose(np.full((17, 2), x_px, np.float32), np.full(17, score, np.float32), number, (640, 480))
    snapshot = make_snapshot(
        number, wall_s=number, measures=Measures(*[number] * 8), pose=pose, last_rep=make_rep(depth=number), fps=number
    )

    def refuse(word: str) -> None:
        pytest.fail(f"{word} is not JSON")

    line = to_json(snapshot)
    assert b"\n" not in line
    json.loads(line, parse_constant=refuse)


def test_it_is_small_enough_for_a_dozen_a_second() -> None:
    assert len(to_json(make_snapshot())) < 1500


def test_it_joins_the_reading_with_the_device() -> None:
    reading = Reading(
        time_s=4.0,
        phase=Phase.BOTTOM,
        in_view=True,
        measures=Measures(depth=1.0),
        doubt=Doubt.HIDDEN,
        flagged_left=False,
        flagged_right=True,
        set_number=5,
        counted=6,
        partial=7,
    )
    got = to_dict(Snapshot(reading, wall_s=9.0, lights=LampState(amber=True), model="m", fault="f", fps=2.0))
    assert (got["t"], got["wall"], got["phase"], got["doubt"]) == (4.0, 9.0, "bottom", "legs hidden")
    assert got["flagged"] == {"left": False, "right": True}
    assert got["set"] == {"number": 5, "counted": 6, "partial": 7}
    assert (got["measures"]["depth"], got["lights"]["amber"], got["fault"], got["fps"]) == (1.0, True, "f", 2.0)


def test_no_number_is_ever_made_up() -> None:
    assert set(to_dict(make_snapshot(measures=Measures()))["measures"].values()) == {None}
    assert to_dict(make_snapshot(last_rep=make_rep(depth=NAN)))["last_rep"]["depth"] is None
