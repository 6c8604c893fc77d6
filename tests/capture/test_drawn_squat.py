"""The skeleton: rigid bones, planted feet, depth and knee travel that are what was asked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edge_valgus.capture.drawn import Arms, Body, DrawnLifter, RepScript, SetScript, Squat, Stance, random_set
from edge_valgus.capture.drawn.skeleton import stand_up

DEPTHS = np.linspace(0.0, 1.35, 28)
LIFTERS = {
    "average": (Body(), Stance()),
    "tall, wide stance": (Body(height_m=2.0, leg_share=1.08), Stance(width_m=0.60, toe_out_deg=25.0)),
    "short, narrow stance": (Body(height_m=1.5, build=1.3, leg_share=0.93), Stance(width_m=0.26, toe_out_deg=5.0)),
    "short, sumo": (Body(height_m=1.5, leg_share=0.9, hip_share=0.85), Stance(width_m=0.50, toe_out_deg=40.0)),
    "stiff ankles": (Body(height_m=1.8), Stance(shin_lean_deg=20.0)),
}


@pytest.fixture(params=LIFTERS.values(), ids=LIFTERS)
def lifter(request):
    return request.param


def length(vector):
    return float(np.linalg.norm(vector))


@pytest.mark.parametrize("knee_in_m", [0.0, 0.05, -0.03], ids=["neutral", "caving in", "pushed out"])
def test_bones_keep_their_length(lifter, knee_in_m):
    body, stance = lifter
    squat = Squat(body, stance)
    for depth in DEPTHS:
        pose = squat.pose(depth, knee_in_m, -knee_in_m)
        for leg in (pose.left, pose.right):
            assert length(leg.hip - leg.knee) == pytest.approx(body.thigh_m, abs=1e-9)
            assert length(leg.knee - leg.ankle) == pytest.approx(body.shank_m, abs=1e-9)
        assert length(pose.left.hip - pose.right.hip) == pytest.approx(2 * body.hip_half_m, abs=1e-9)


@pytest.mark.parametrize("arms", Arms)
def test_arm_bones_keep_their_length(lifter, arms):
    body, stance = lifter
    squat = Squat(body, stance)
    for depth in DEPTHS:
        pose = stand_up(body, squat.pose(depth), arms, depth)
        for arm in (pose.left_arm, pose.right_arm):
            assert length(arm.shoulder - arm.elbow) == pytest.approx(body.upper_arm_m, abs=1e-6)
            assert length(arm.elbow - arm.wrist) == pytest.approx(body.forearm_m, abs=1e-6)
        assert length(pose.neck - pose.squat.pelvis) == pytest.approx(body.trunk_m, abs=1e-9)


def test_feet_stay_planted(lifter):
    body, stance = lifter
    squat = Squat(body, stance)
    for depth in DEPTHS:
        pose = squat.pose(depth, 0.05, 0.05, (0.004, -0.004))
        assert pose.left.ankle == pytest.approx([stance.width_m / 2, body.ankle_height_m, 0.0])
        assert pose.right.ankle == pytest.approx([-stance.width_m / 2, body.ankle_height_m, 0.0])


def test_depth_one_has_the_hip_level_with_the_knee(lifter):
    squat = Squat(*lifter)
    level = squat.pose(1.0)
    assert level.left.hip[1] == pytest.approx(level.left.knee[1], abs=1e-4)
    above, below = squat.pose(0.9), squat.pose(1.1)
    assert above.left.hip[1] > above.left.knee[1] + 0.02
    assert below.left.hip[1] < below.left.knee[1] - 0.02


def test_depth_is_the_share_of_the_hips_travel(lifter):
    squat = Squat(*lifter)
    standing, level = squat.pose(0.0).pelvis[1], squat.pose(1.0).pelvis[1]
    for depth in (0.25, 0.5, 0.8, 1.2):
        assert standing - squat.pose(depth).pelvis[1] == pytest.approx(depth * (standing - level))


@pytest.mark.parametrize("asked_m", [0.02, 0.05, 0.08, -0.015])
@pytest.mark.parametrize("depth", [0.4, 0.7, 1.0, 1.2])
def test_knee_travel_is_what_was_asked_and_leaves_the_other_leg_alone(lifter, depth, asked_m):
    squat = Squat(*lifter)
    neutral, caved = squat.pose(depth), squat.pose(depth, knee_in_left_m=asked_m)
    assert neutral.left.knee[0] - caved.left.knee[0] == pytest.approx(asked_m, abs=1e-9)
    assert caved.left.knee_in_m == pytest.approx(asked_m, abs=1e-9)
    assert caved.right.knee == pytest.approx(neutral.right.knee)
    assert caved.right.knee_in_m == 0.0
    right = squat.pose(depth, knee_in_right_m=asked_m)
    assert right.right.knee[0] - neutral.right.knee[0] == pytest.approx(asked_m, abs=1e-9)


def test_a_straight_leg_cannot_cave_in_far_and_the_truth_says_how_far():
    squat = Squat(Body(), Stance())
    neutral, caved = squat.pose(0.0), squat.pose(0.0, knee_in_left_m=0.15)
    assert 0.0 < caved.left.knee_in_m < 0.12
    assert neutral.left.knee[0] - caved.left.knee[0] == pytest.approx(caved.left.knee_in_m)


def test_neutral_knees_are_over_the_feet_in_a_squat(lifter):
    squat = Squat(*lifter)
    for depth in (0.4, 0.7, 1.0, 1.2):
        leg = squat.pose(depth).left
        beside = np.array([leg.foot[2], 0.0, -leg.foot[0]])
        assert abs((leg.knee - leg.ankle) @ beside) < 0.002
        assert (leg.knee - leg.ankle) @ leg.foot > 0.05


def test_the_body_balances_over_its_feet(lifter):
    body, stance = lifter
    squat = Squat(body, stance)
    for depth in np.linspace(0.0, 1.1, 12):
        pose = squat.pose(depth)
        leg = pose.left
        trunk_z = pose.pelvis[2] + 0.626 * body.trunk_m * np.sin(pose.lean_rad)
        thigh_z, shank_z = (leg.hip[2] + leg.knee[2]) / 2, (leg.knee[2] + leg.ankle[2]) / 2
        centre_z = 0.678 * trunk_z + 0.2 * thigh_z + 0.093 * shank_z + 0.029 * 0.04
        assert -0.25 * body.foot_m < centre_z < 0.6 * body.foot_m
        assert 0.0 < np.degrees(pose.lean_rad) < 60.0


def test_the_path_is_smooth(lifter):
    squat = Squat(*lifter)
    keypoints = np.stack(
        [stand_up(squat.body, squat.pose(d), Arms.FORWARD, d).keypoints for d in np.linspace(0, 1.3, 261)]
    )
    legs = keypoints[:, 11:]
    assert np.linalg.norm(np.diff(legs, axis=0), axis=2).max() < 0.02


def test_a_mirrored_set_has_the_mirrored_truth():
    rep = RepScript(knee_in_left_m=0.05, knee_in_right_m=0.01)
    plain = random_set(4)
    view = replace(plain.view, yaw_deg=0.0, roll_deg=0.0, sideways_m=0.0)
    look = replace(plain.look, arms=Arms.FORWARD)
    script = replace(plain, reps=(rep,), view=view, look=look, sway_m=0.0)
    other = replace(script, reps=(replace(rep, knee_in_left_m=0.01, knee_in_right_m=0.05),))
    swap = [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15]
    lifter, mirror = DrawnLifter(script), DrawnLifter(other)
    for time_s in np.arange(0.0, 5.0, 0.2):
        truth, mirrored = lifter.truth(time_s), mirror.truth(time_s)
        flipped = mirrored.xy_px[swap] * [-1, 1] + [640, 0]
        assert truth.xy_px == pytest.approx(flipped, abs=1e-3)
        assert truth.knee_in_left_m == pytest.approx(mirrored.knee_in_right_m)


BAD = {
    "a giant": (lambda: Body(height_m=2.4), "height_m"),
    "a wraith": (lambda: Body(build=0.2), "build"),
    "a NaN": (lambda: Body(height_m=float("nan")), "height_m"),
    "a split": (lambda: Stance(width_m=2.0), "width_m"),
    "feet backwards": (lambda: Stance(toe_out_deg=90.0), "toe_out_deg"),
    "a stance wider than the legs reach": (lambda: Squat(Body(height_m=1.5), Stance(0.9, 45.0)), "width_m"),
    "bad stance in a script": (lambda: SetScript(stance_m=0.0), "width_m"),
}


@pytest.mark.parametrize(("make", "key"), BAD.values(), ids=BAD)
def test_impossible_bodies_are_refused_by_name(make, key):
    with pytest.raises(ValueError, match=rf"{key} = .*expected"):
        make()
