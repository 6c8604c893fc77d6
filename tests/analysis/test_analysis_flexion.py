"""Joint angles of a body that leans, wherever the camera hangs."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import pytest
from poses import STANDING, Stick

from edge_valgus.analysis.body import body_of
from edge_valgus.analysis.flexion import Flexion, Heights, flexion_of, heights_of
from edge_valgus.frames import KEYPOINT_NAMES

SHIN_M, THIGH_M, TRUNK_M = 0.43, 0.43, 0.5
VIEWS = list(itertools.product((0.4, 0.8, 1.2, 1.5), (2.0, 3.0, 4.0)))  # lens height and distance, in metres

# Leans of shin (forward), thigh (back) and trunk (forward), in degrees from the vertical.
SQUAT = (32.0, 80.0, 50.0)
QUARTER_SQUAT = (20.0, 45.0, 30.0)
DEADLIFT = (20.0, 57.0, 77.0)
GOOD_MORNING = (5.0, 30.0, 75.0)
LEANS = [
    pytest.param(SQUAT, id="squat"),
    pytest.param(QUARTER_SQUAT, id="quarter squat"),
    pytest.param(DEADLIFT, id="deadlift"),
    pytest.param(GOOD_MORNING, id="good morning"),
]


def seen_from(height_m, distance_m, leans_deg):
    """What a camera shows that looks at the middle of a standing body, in pictures of 1000 px a unit."""
    shin, thigh, trunk = map(math.radians, leans_deg)
    forward, up = [0.0], [0.08]
    for length_m, lean in ((SHIN_M, shin), (THIGH_M, -thigh), (TRUNK_M, trunk)):
        forward.append(forward[-1] + length_m * math.sin(lean))
        up.append(up[-1] + length_m * math.cos(lean))
    pitch = math.atan2(height_m - 0.8, distance_m)
    rows_px = []
    for x_m, y_m in zip(forward, up, strict=True):
        ahead_m, down_m = distance_m - x_m, height_m - y_m
        depth_m = ahead_m * math.cos(pitch) + down_m * math.sin(pitch)
        rows_px.append(1000.0 * (down_m * math.cos(pitch) - ahead_m * math.sin(pitch)) / depth_m)
    ankle, knee, hip, shoulder = rows_px
    return ankle - knee, knee - hip, hip - shoulder


def flexion_seen_from(height_m, distance_m, leans_deg):
    standing = seen_from(height_m, distance_m, (0.0, 0.0, 0.0))
    leg_px = standing[0] + standing[1]
    deep = seen_from(height_m, distance_m, leans_deg)
    return flexion_of(Heights(*(px / leg_px for px in standing)), Heights(*(px / leg_px for px in deep)))


@pytest.mark.parametrize("leans_deg", LEANS)
def test_from_hip_height_the_angles_are_those_of_the_joints(leans_deg):
    shin_deg, thigh_deg, trunk_deg = leans_deg

    seen = flexion_seen_from(0.8, 4.0, leans_deg)

    assert seen.knee_deg == pytest.approx(shin_deg + thigh_deg, abs=6.0)
    assert seen.hip_deg == pytest.approx(trunk_deg + thigh_deg, abs=6.0)


@pytest.mark.parametrize("leans_deg", LEANS)
def test_the_bend_depends_far_less_on_where_the_camera_hangs_than_the_trunk(leans_deg):
    bends_deg = [flexion_seen_from(*view, leans_deg).bend_deg for view in VIEWS]
    trunks_deg = []
    for view in VIEWS:
        upright, leaning = seen_from(*view, (0.0, 0.0, 0.0)), seen_from(*view, leans_deg)
        trunks_deg.append(math.degrees(math.acos(min(leaning[2] / upright[2], 1.0))))

    assert max(bends_deg) - min(bends_deg) < 0.6 * (max(trunks_deg) - min(trunks_deg))


def test_a_squat_bends_less_than_a_deadlift_from_anywhere():
    squats_deg = [flexion_seen_from(*view, leans).bend_deg for view in VIEWS for leans in (SQUAT, QUARTER_SQUAT)]
    others_deg = [flexion_seen_from(*view, leans).bend_deg for view in VIEWS for leans in (DEADLIFT, GOOD_MORNING)]

    assert max(squats_deg) < 35.0
    assert min(others_deg) > 45.0


def test_what_seems_longer_than_standing_is_upright():
    standing = Heights(shin=0.45, thigh=0.5, trunk=0.6)

    assert flexion_of(standing, Heights(shin=0.5, thigh=0.5, trunk=0.6)) == Flexion(hip_deg=0.0, knee_deg=0.0)


def test_shoulders_under_the_hips_are_more_than_a_right_angle():
    standing = Heights(shin=0.45, thigh=0.5, trunk=0.6)

    assert flexion_of(standing, Heights(shin=0.45, thigh=0.5, trunk=-0.3)).hip_deg == pytest.approx(120.0)


@pytest.mark.parametrize("shown", [0.0, -0.2])
def test_a_segment_that_was_not_seen_standing_makes_no_error(shown):
    seen = flexion_of(Heights(shin=shown, thigh=0.5, trunk=0.6), Heights(shin=0.05, thigh=0.3, trunk=0.3))

    assert seen == Flexion(hip_deg=pytest.approx(113.1, abs=0.1), knee_deg=pytest.approx(113.1, abs=0.1))


def heights_seen(stick: Stick, **leg_scores: float) -> Heights:
    pose = stick.pose()
    for name, score in leg_scores.items():
        pose.score[[KEYPOINT_NAMES.index(f"{name}_{joint}") for joint in ("knee", "ankle")]] = score
    body = body_of(pose)
    assert body is not None
    return heights_of(body, stick.leg_px)


ONE_KNEE_UP = replace(STANDING, knee_up_left=-0.2)  # that shin is seen 0.2 leg lengths shorter, and its thigh longer


def test_heights_are_those_of_both_legs():
    standing = heights_seen(STANDING)

    assert standing == Heights(
        shin=pytest.approx(0.5, abs=1e-3), thigh=pytest.approx(0.5, abs=1e-3), trunk=pytest.approx(0.62, abs=1e-3)
    )
    assert heights_seen(ONE_KNEE_UP).shin == pytest.approx(standing.shin - 0.1, abs=1e-3)
    assert heights_seen(ONE_KNEE_UP).thigh == pytest.approx(standing.thigh + 0.1, abs=1e-3)


def test_a_leg_that_is_not_seen_has_no_say():
    assert heights_seen(ONE_KNEE_UP, left=0.1).shin == pytest.approx(0.5, abs=1e-3)
    assert heights_seen(ONE_KNEE_UP, right=0.1).shin == pytest.approx(0.3, abs=1e-3)
    assert heights_seen(ONE_KNEE_UP, left=0.1, right=0.1) == heights_seen(ONE_KNEE_UP)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(("foot_up", "shin"), [(0.11, 0.45), (0.13, 0.5)], ids=["both feet stand", "one is free"])
def test_a_free_leg_has_no_say(foot_up, shin, side):
    lifted = replace(STANDING, **{f"foot_up_{side}": foot_up, f"knee_up_{side}": foot_up - 0.1})

    assert heights_seen(lifted).shin == pytest.approx(shin, abs=1e-3)
