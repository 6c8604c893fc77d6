import math
from dataclasses import replace

import numpy as np
import pytest
from poses import STANDING, Stick, mirrored

from edge_valgus.analysis import measures
from edge_valgus.analysis.body import Body, Leg, body_of
from edge_valgus.events import Side
from edge_valgus.frames import (
    KEYPOINT_NAMES,
    LEFT_ANKLE,
    LEFT_HIP,
    LEFT_KNEE,
    LEFT_SHOULDER,
    NOSE,
    RIGHT_KNEE,
    RIGHT_SHOULDER,
)


def leg(*, hip=(100.0, 100.0), knee=(100.0, 200.0), ankle=(100.0, 300.0), score=0.9) -> Leg:
    return Leg(hip, knee, ankle, score, inside=True)


def body(**changes: float) -> Body:
    seen = body_of(replace(STANDING, **changes).pose())
    assert seen is not None
    return seen


@pytest.mark.parametrize(
    ("side", "knee_x", "expected"),
    [
        pytest.param(Side.LEFT, 100.0, 0.0, id="straight left"),
        pytest.param(Side.RIGHT, 100.0, 0.0, id="straight right"),
        # Left is the lifter's left, on the picture's right: inward is to the picture's left.
        pytest.param(Side.LEFT, 90.0, 2 * math.degrees(math.atan(0.1)), id="left knee in"),
        pytest.param(Side.RIGHT, 110.0, 2 * math.degrees(math.atan(0.1)), id="right knee in"),
        pytest.param(Side.LEFT, 110.0, -2 * math.degrees(math.atan(0.1)), id="left knee out"),
        pytest.param(Side.RIGHT, 90.0, -2 * math.degrees(math.atan(0.1)), id="right knee out"),
        pytest.param(Side.LEFT, 0.0, 90.0, id="a right angle"),
    ],
)
def test_fppa(side, knee_x, expected):
    assert measures.fppa_deg(leg(knee=(knee_x, 200.0)), side, 0.5) == pytest.approx(expected)


def test_fppa_is_180_degrees_minus_the_angle_at_the_knee_however_the_leg_leans():
    leaning = leg(hip=(120.0, 110.0), knee=(95.0, 200.0), ankle=(105.0, 310.0))
    thigh, shank = np.array((25.0, -90.0)), np.array((10.0, 110.0))
    at_knee = math.degrees(math.acos(thigh @ shank / np.linalg.norm(thigh) / np.linalg.norm(shank)))
    assert measures.fppa_deg(leaning, Side.LEFT, 0.0) == pytest.approx(180.0 - at_knee)


@pytest.mark.parametrize(
    ("the_leg", "depth"),
    [
        pytest.param(leg(score=0.1), 0.3, id="unseen"),
        pytest.param(leg(), 0.61, id="too deep for a frontal angle"),
        pytest.param(leg(), math.nan, id="depth unknown"),
    ],
)
def test_fppa_is_not_a_number_where_undefined(the_leg, depth):
    assert math.isnan(measures.fppa_deg(the_leg, Side.LEFT, depth))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, 1.0, id="knees over ankles"),
        pytest.param({"depth": 0.75, "knee_in_left": 0.2, "knee_in_right": 0.2}, None, id="knees inside"),
        pytest.param({"stance": 0.05}, math.nan, id="feet together"),
        pytest.param({"stance": -0.4}, math.nan, id="feet crossed"),
    ],
)
def test_kasr(changes, expected):
    value = measures.kasr_of(body(**changes), 220.0)
    if expected is None:
        assert 0.0 < value < 1.0
    else:
        assert value == pytest.approx(expected, nan_ok=True)


def test_kasr_by_hand():
    pose = STANDING.pose()
    for joint, x in ((LEFT_ANKLE, 350.0), (LEFT_ANKLE + 1, 250.0), (LEFT_KNEE, 330.0), (RIGHT_KNEE, 260.0)):
        pose.xy_px[joint, 0] = x
    seen = body_of(pose)
    assert seen is not None
    assert measures.kasr_of(seen, 220.0) == pytest.approx(0.7)


@pytest.mark.parametrize(
    ("side", "knee_x", "expected"),
    [(Side.LEFT, 90.0, 5.0), (Side.RIGHT, 110.0, 5.0), (Side.LEFT, 110.0, -5.0), (Side.RIGHT, 90.0, -5.0)],
    ids=["left in", "right in", "left out", "right out"],
)
def test_medial_offset_is_percent_of_leg_length(side, knee_x, expected):
    assert measures.medial_offset_pct(leg(knee=(knee_x, 200.0)), side, 200.0) == pytest.approx(expected)


def test_medial_offset_of_an_unseen_leg_is_not_a_number():
    assert math.isnan(measures.medial_offset_pct(leg(score=0.19), Side.LEFT, 200.0))


@pytest.mark.parametrize(
    ("hip_height", "depth"),
    [(1.0, 0.0), (0.44, 1.0), (0.72, 0.5), (1.056, -0.1)],
    ids=["standing", "parallel", "half", "taller"],
)
def test_depth(hip_height, depth):
    assert measures.depth_of(body(hip_drop=1.0 - hip_height), 220.0) == pytest.approx(depth, abs=1e-3)


def test_pelvic_tilt_is_positive_with_the_left_hip_lower():
    pose = STANDING.pose()
    pose.xy_px[LEFT_HIP, 1] += 10.0
    lower_left, across = body_of(pose), float(pose.xy_px[LEFT_HIP, 0] - pose.xy_px[LEFT_HIP + 1, 0])
    other = body_of(mirrored([(0.0, pose)])[0][1])
    assert lower_left is not None
    assert other is not None
    assert measures.pelvic_tilt_deg(lower_left) == pytest.approx(math.degrees(math.atan2(10.0, across)))
    assert measures.pelvic_tilt_deg(other) == pytest.approx(-measures.pelvic_tilt_deg(lower_left))


def test_trunk_lean_is_positive_towards_the_lifters_left():
    pose = STANDING.pose()
    pose.xy_px[[LEFT_SHOULDER, RIGHT_SHOULDER], 0] += 20.0
    leaning = body_of(pose)
    assert leaning is not None
    assert measures.trunk_lean_deg(leaning) == pytest.approx(math.degrees(math.atan2(20.0, 0.62 * 220.0)), abs=0.01)


@pytest.mark.parametrize(
    ("measure", "joint"),
    [
        (lambda b: measures.kasr_of(b, 220.0), LEFT_ANKLE),
        (measures.pelvic_tilt_deg, LEFT_HIP),
        (measures.trunk_lean_deg, RIGHT_SHOULDER),
        (lambda b: measures.medial_offset_pct(b.left, Side.LEFT, 220.0), LEFT_KNEE),
        (lambda b: measures.fppa_deg(b.left, Side.LEFT, 0.0), LEFT_KNEE),
    ],
    ids=["kasr", "pelvic tilt", "trunk lean", "medial offset", "fppa"],
)
def test_nothing_is_measured_on_an_unseen_joint(measure, joint):
    pose = STANDING.pose()
    seen = body_of(pose)
    assert seen is not None
    assert math.isfinite(measure(seen))
    pose.score[joint] = 0.1
    unseen = body_of(pose)
    assert unseen is not None
    assert math.isnan(measure(unseen))


@pytest.mark.parametrize("changes", [{"trunk": -0.1}, {"trunk": 0.0}], ids=["shoulders below hips", "level"])
def test_trunk_lean_of_a_bent_body_is_not_a_number(changes):
    assert math.isnan(measures.trunk_lean_deg(body(**changes)))


def test_pelvic_tilt_of_hips_on_top_of_each_other_is_not_a_number():
    pose = STANDING.pose()
    pose.xy_px[LEFT_HIP] = pose.xy_px[LEFT_HIP + 1]
    seen = body_of(pose)
    assert seen is not None
    assert math.isnan(measures.pelvic_tilt_deg(seen))


def test_body_has_the_joints_where_the_picture_shows_them():
    seen = body(x=300.0, y=400.0, leg_px=200.0, foot_up_right=0.1)
    assert seen.left.hip[0] > seen.right.hip[0]
    assert seen.hip == pytest.approx((300.0, 200.0))
    assert seen.shoulder == pytest.approx((300.0, 76.0))
    assert (seen.floor_y_px, seen.hip_height_px, seen.trunk_height_px) == pytest.approx((400.0, 200.0, 124.0))
    assert seen.shoulder_width_px == pytest.approx(84.0)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf], ids=str)
@pytest.mark.parametrize("joint", [LEFT_ANKLE, RIGHT_KNEE, LEFT_SHOULDER], ids=lambda joint: KEYPOINT_NAMES[joint])
@pytest.mark.parametrize("where", ["position", "score"])
def test_a_body_with_a_joint_that_is_no_number_is_none(value, joint, where):
    pose = STANDING.pose()
    if where == "position":
        pose.xy_px[joint, 1] = value
    else:
        pose.score[joint] = value
    assert body_of(pose) is None


def test_a_nose_that_is_no_number_does_not_matter():
    pose = STANDING.pose()
    pose.xy_px[NOSE] = math.nan
    assert body_of(pose) is not None


@pytest.mark.parametrize(
    ("x", "inside"),
    [(320.0, (True, True)), (10.0, (True, False)), (635.0, (False, True))],
    ids=["middle", "left edge", "right edge"],
)
def test_a_leg_is_inside_only_with_all_its_joints(x, inside):
    seen = body_of(Stick(x=x).pose())
    assert seen is not None
    assert (seen.left.inside, seen.right.inside) == inside
