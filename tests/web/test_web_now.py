import json
from datetime import date

import pytest

from edge_valgus.aim import AimStatus, Check, Finding, Stage
from edge_valgus.config import PRACTICE, PRACTICE_NOTICE
from edge_valgus.events import NAN, Doubt, Measures, Phase
from edge_valgus.feedback.pattern import LampState
from edge_valgus.live.snapshot import to_dict
from edge_valgus.store.aim import StoredAim
from edge_valgus.web import words
from edge_valgus.web.now import describe, model_notice, plain


@pytest.fixture
def say(snapshot):
    return lambda **changes: describe(to_dict(snapshot(**changes)), connected=True)


@pytest.mark.parametrize(
    ("changes", "state", "headline"),
    [
        pytest.param({}, "ready", "Ready", id="standing and seen"),
        pytest.param({"phase": Phase.DESCENT}, "moving", "Watching both knees", id="going down"),
        pytest.param({"flagged_left": True, "phase": Phase.ASCENT}, "flagged", "Left knee caving in", id="left knee"),
        pytest.param({"flagged_right": True}, "flagged", "Right knee caving in", id="right knee"),
        pytest.param({"flagged_left": True, "flagged_right": True}, "flagged", "Both knees caving in", id="both knees"),
        pytest.param({"doubt": Doubt.TURNED}, "doubt", "Can't judge: turned away", id="turned away"),
        pytest.param({"in_view": False, "pose": None}, "away", "Step into view", id="nobody in view"),
        pytest.param({"fault": "no picture for 5 s"}, "fault", "Fault", id="fault beats everything"),
    ],
)
def test_the_state_in_words(say, changes, state, headline):
    view = say(**changes)
    assert (view["state"], view["headline"]) == (state, headline)


def aim_status(stage=Stage.PLACE, *, wrong=(), squats=0, headline="Do this", hint="Like so."):
    return AimStatus(stage, headline, hint, tuple(Finding(check, check not in wrong) for check in Check), squats=squats)


@pytest.mark.parametrize(
    ("status", "look", "step"),
    [
        pytest.param(
            aim_status(wrong=[Check.LEVEL]), "wrong", "Aiming, 1 of 3: place the box", id="something is wrong"
        ),
        pytest.param(aim_status(), "right", "Aiming, 1 of 3: place the box", id="all is right"),
        pytest.param(aim_status(Stage.STILL), "still", "Aiming, 2 of 3: stand still", id="stand still"),
        pytest.param(aim_status(Stage.SQUAT, squats=2), "squat", "Aiming, 3 of 3: squat", id="squat"),
        pytest.param(aim_status(Stage.DONE, squats=5), "done", "Aiming", id="done"),
        pytest.param(aim_status(Stage.FAILED), "failed", "Aiming", id="given up"),
    ],
)
def test_while_the_box_is_aimed_the_page_is_about_that(say, status, look, step):
    view = say(aim=status, in_view=False)
    assert (view["state"], view["headline"]) == ("aim", "Do this")
    assert (view["aim"]["look"], view["aim"]["step"]) == (look, step)
    assert [check["name"] for check in view["aim"]["checks"]] == [check.value for check in Check]
    assert view["skeleton"] is not None, "the skeleton is what one aims by"


def test_a_check_that_cannot_be_told_is_neither_right_nor_wrong(say):
    status = AimStatus(Stage.PLACE, "", "", (Finding(Check.IN_VIEW, False), Finding(Check.LEVEL, None)))
    assert [check["right"] for check in say(aim=status)["aim"]["checks"]] == ["no", "unknown"]


def test_outside_of_an_aiming_there_is_none(say):
    assert say()["aim"] is None


RIG = StoredAim(
    at="2026-11-26T18:04:05+01:00", source="camera 0", model="m", width_px=640, height_px=480, sem_left_pct=0.7, sem_right_pct=1.5,
    yaw_deg=2.0, roll_deg=0.0, lens_height_m=1.0, still_pct=0.5, squats=5,
)  # fmt: skip


def test_the_footer_says_which_change_is_certain(say):
    said = say(rig=RIG)["rig_notice"].replace("\u00a0", " ")
    assert said.startswith("Aimed on 2026-11-26. Here, changes of 1.9 % (left knee) and 4.2 % (right knee)")
    assert said.endswith("red lights come on from 3.3 and 4.2 %, sooner where knees are seen steadily.")


def test_the_footer_says_that_it_was_never_aimed_or_why_what_was_measured_is_not_used(say):
    assert "never aimed" in say()["rig_notice"]
    assert say(rig_trouble="aim.json: is broken")["rig_notice"] == "aim.json: is broken."


def test_what_could_not_be_kept_is_told_beside_what_is_in_force(say):
    trouble = "What was measured is in force until the next start only: aim.json: cannot be written"
    view = say(rig=RIG, rig_trouble=trouble, aim=aim_status(Stage.DONE))
    for said in (view["rig_notice"], view["hint"]):
        assert "are certain" in said
        assert said.endswith(f" {trouble}.")


def test_the_result_is_told_in_the_end(say):
    assert "are certain" in say(rig=RIG, aim=aim_status(Stage.DONE))["hint"]
    assert "are certain" not in say(rig=RIG, aim=aim_status(Stage.SQUAT))["hint"]


def test_a_rig_of_another_version_is_no_crash(snapshot):
    told = to_dict(snapshot(rig=RIG))
    told["rig"]["new_field"] = 1
    assert "never aimed" in describe(told, connected=True)["rig_notice"]


def test_every_doubt_says_what_to_do_about_it(say):
    hints = {doubt: say(doubt=doubt)["hint"] for doubt in Doubt}
    assert all(hints[doubt] == words.DOUBT_HINTS[doubt.value] for doubt in Doubt)
    assert len(set(hints.values())) == len(Doubt)


def test_without_a_camera_process_it_says_so_and_that_it_comes_back():
    view = describe(None, connected=False)
    assert view["state"] == "stopped"
    assert "restarts by itself" in view["hint"]
    assert "systemctl" not in view["hint"], "systemd is restarting it"
    assert not any(view["lights"].values())


def test_a_fault_outlives_its_process_whose_lamps_are_dark(snapshot):
    told = to_dict(snapshot(fault="no camera found; plug it in", lights=LampState(amber=True, red_left=True)))
    there, gone = (describe(told, connected=connected) for connected in (True, False))
    assert (there["state"], there["hint"]) == ("fault", "no camera found; plug it in")
    assert there["lights"]["amber"]
    assert gone["state"] == "fault"
    assert gone["hint"].startswith("no camera found; plug it in. The camera process has ended. It restarts by itself")
    assert not any(gone["lights"].values())


def test_a_camera_process_that_sends_nothing_is_not_called_stopped():
    assert describe(None, connected=True)["state"] == "stalled"


def test_what_was_not_measured_is_null_and_never_zero(say):
    view = say(measures=Measures())
    assert view["depth"] is None


def test_lamps_are_the_boxs_lights(say):
    lights = say(lights=LampState(amber=True, red_right=True))["lights"]
    assert lights == {"green": False, "amber": True, "red_left": False, "red_right": True}


def test_last_rep_without_judged_knees_is_not_called_on_track(say, rep):
    last = say(last_rep=rep(4, judged=False))["last_rep"]
    assert last["knees"] == "can't judge"
    assert last["title"] == "Rep 4"


def test_the_count_is_spoken_with_its_set(say):
    assert say(set_number=2, counted=1, partial=2)["set"]["spoken"] == "Set 2: 1 rep, 2 partials"
    assert not say(set_number=0, counted=0)["set"]["spoken"]


@pytest.mark.parametrize(
    ("model", "said"),
    [
        pytest.param("movenet-lightning-int8", None, id="MoveNet"),
        pytest.param("", "No model ran", id="none"),
        pytest.param(PRACTICE, PRACTICE_NOTICE, id="the practice network"),
        pytest.param("drawn keypoints", "drawn keypoints", id="another"),
    ],
)
def test_the_footer_says_when_it_was_not_movenet(model, said):
    notice = model_notice(model)
    assert notice is None if said is None else said in notice


def test_plain_leaves_no_nan_at_any_depth():
    value = plain({"a": [NAN, (1.0, {"b": float("inf")})], "c": "text"})
    assert value == {"a": [None, [1.0, {"b": None}]], "c": "text"}
    json.dumps(value, allow_nan=False)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        pytest.param(words.seconds(1.26), "1.3\u00a0s", id="seconds"),
        pytest.param(words.seconds(None), "–", id="no seconds"),
        pytest.param(words.percent(0.934), "93\u00a0%", id="percent"),
        pytest.param(words.percent(NAN), "–", id="no percent"),
        pytest.param(words.percent(0.0), "0\u00a0%", id="a measured zero is a zero"),
        pytest.param(words.displacement(4.24), "+4.2\u00a0%", id="inward"),
        pytest.param(words.displacement(-0.04), "0.0\u00a0%", id="no minus zero"),
        pytest.param(words.displacement(-1.0), "\u22121.0\u00a0%", id="outward"),
        pytest.param(words.degrees(float("inf")), "–", id="an infinite angle is none"),
        pytest.param(words.ratio(0.965), "0.96", id="ratio"),
        pytest.param(words.count(1, "rep"), "1 rep", id="one"),
        pytest.param(words.count(0, "rep"), "0 reps", id="none of them"),
    ],
)
def test_numbers_in_words(shown, expected):
    assert shown == expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        pytest.param(date(2025, 3, 3), "Today", id="today"),
        pytest.param(date(2025, 3, 2), "Yesterday", id="yesterday"),
        pytest.param(date(2025, 3, 4), "Tuesday 4 March", id="tomorrow, after the clock was set back"),
        pytest.param(date(2024, 12, 31), "Tuesday 31 December 2024", id="another year"),
    ],
)
def test_days_in_words(day, expected):
    assert words.weekday(day, date(2025, 3, 3)) == expected
