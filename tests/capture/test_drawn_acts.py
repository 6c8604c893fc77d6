"""What drawn people do besides squats: rigid bones, feet that don't skate, smooth, from a quiet stand to a quiet stand."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest

from edge_valgus.capture.drawn import (
    Arms,
    BendAndPick,
    Body,
    Curls,
    Deadlifts,
    Hinges,
    JumpingJacks,
    Lunges,
    OverheadPress,
    Place,
    Rerack,
    Squat,
    Stance,
    Stand,
    Turn,
    Unrack,
    Walk,
    heading_deg,
)
from edge_valgus.capture.drawn.footwork import footprint
from edge_valgus.capture.drawn.limbs import Stood

NOSE, L_SHOULDER, L_WRIST, R_WRIST, L_KNEE, R_KNEE, L_ANKLE, R_ANKLE = 0, 5, 9, 10, 13, 14, 15, 16
SPOT = Place(0.4, -0.3, 20.0)
BODIES = {
    "average": (Body(), Stance()),
    "tall, long legs, wide": (Body(height_m=2.0, leg_share=1.08), Stance(width_m=0.56, toe_out_deg=25.0)),
    "short, short legs, narrow": (Body(height_m=1.5, build=1.3, leg_share=0.92), Stance(width_m=0.28, toe_out_deg=5.0)),
}
ACTS = {
    "stand quietly": lambda stance: Stand(3.0, SPOT, stance=stance),
    "stand and talk": lambda stance: Stand(9.0, SPOT, gestures=True, seed=5, stance=stance),
    "walk across": lambda stance: Walk(Place(-2.0, 0.5, 90.0), Place(2.0, 0.5, 90.0), 1.3, stance=stance),
    "walk slowly with turns": lambda stance: Walk(Place(0.0, -1.0, 0.0), Place(1.0, 0.5, -90.0), 0.6, stance=stance),
    "walk fast": lambda stance: Walk(Place(0.0, -3.0), Place(0.0, 1.0), 1.6, stance=stance),
    "back out of the rack": lambda stance: Walk(
        Place(0.0, 0.7), Place(), 0.5, barbell=True, backwards=True, stance=stance
    ),
    "turn round": lambda stance: Turn(SPOT, -150.0, stance=stance),
    "unrack": lambda stance: Unrack(SPOT, stance=stance),
    "rerack": lambda stance: Rerack(SPOT, stance=stance),
    "bend for a plate in front": lambda stance: BendAndPick(SPOT, stance=stance),
    "bend for a plate beside": lambda stance: BendAndPick(SPOT, side=1, stance=stance),
    "curls": lambda stance: Curls(2, place=SPOT, stance=stance),
    "overhead press": lambda stance: OverheadPress(2, place=SPOT, stance=stance),
    "deadlifts": lambda stance: Deadlifts(2, place=SPOT, stance=stance),
    "good mornings": lambda stance: Hinges(2, place=SPOT, barbell=True, stance=stance),
    "Romanian deadlifts": lambda stance: Hinges(2, place=SPOT, stance=stance),
    "jumping jacks": lambda stance: JumpingJacks(2, place=SPOT, stance=stance),
    "lunges": lambda stance: Lunges(2, place=SPOT, stance=stance),
    "reverse lunges": lambda stance: Lunges(2, place=SPOT, reverse=True, stance=stance),
}
STEP_S = 0.02


@pytest.fixture(params=BODIES.values(), ids=BODIES)
def lifter(request):
    return request.param


@cache
def performance(act_name, body_name):
    body, stance = BODIES[body_name]
    return body, stance, played(ACTS[act_name](stance), body)


@pytest.fixture(params=BODIES)
def body_name(request):
    return request.param


@pytest.fixture(params=ACTS)
def performed(request, body_name):
    """(body, stance, postures), worked out once for all tests."""
    return performance(request.param, body_name)


def played(act, body, step_s=STEP_S):
    perform = act.performed_by(body)
    return [perform(time_s) for time_s in np.arange(0.0, act.duration_s + step_s / 2, step_s)]


def joints(postures):
    """COCO-17 in the gym's axes, [moments, 17, 3]."""
    return np.stack([posture.place.to_gym(posture.pose.keypoints) for posture in postures])


def length(vector):
    return float(np.linalg.norm(vector))


def test_bones_keep_their_length(performed):
    body, _, postures = performed
    for posture in postures[::3]:
        pose = posture.pose
        for leg in (pose.squat.left, pose.squat.right):
            assert length(leg.hip - leg.knee) == pytest.approx(body.thigh_m, abs=1e-6)
            assert length(leg.knee - leg.ankle) == pytest.approx(body.shank_m, abs=1e-6)
            assert length(leg.foot) == pytest.approx(1.0, abs=1e-6)
        assert length(pose.squat.left.hip - pose.squat.right.hip) == pytest.approx(2 * body.hip_half_m, abs=1e-6)
        for arm in (pose.left_arm, pose.right_arm):
            assert length(arm.shoulder - arm.elbow) == pytest.approx(body.upper_arm_m, abs=1e-6)
            assert length(arm.elbow - arm.wrist) == pytest.approx(body.forearm_m, abs=1e-6)
        assert length(pose.neck - pose.squat.pelvis) == pytest.approx(body.trunk_m, abs=1e-6)
        assert pose.trunk @ pose.trunk.T == pytest.approx(np.eye(3), abs=1e-9)
        assert (posture.depth, posture.rep_index) == (0.0, None)


def test_nothing_jumps(performed):
    velocity_m_s = np.diff(joints(performed[-1]), axis=0) / STEP_S
    assert np.linalg.norm(velocity_m_s, axis=2).max() < 8.0
    assert np.linalg.norm(np.diff(velocity_m_s, axis=0), axis=2).max() < 2.5


def test_starts_and_ends_standing_as_before_a_squat(performed):
    body, stance, postures = performed
    stand = Squat(body, stance).pose(0.0)
    for posture in (postures[0], postures[-1]):
        legs = posture.pose.squat
        assert legs.pelvis == pytest.approx(stand.pelvis, abs=0.012)
        for is_now, should_be in ((legs.left, stand.left), (legs.right, stand.right)):
            assert is_now.ankle == pytest.approx(should_be.ankle, abs=2e-3)
            assert is_now.foot == pytest.approx(should_be.foot, abs=0.01)


def test_feet_on_the_floor_stay_where_they_are(performed):
    body, _, postures = performed
    all_joints = joints(postures)
    for ankle in (L_ANKLE, R_ANKLE):
        path = all_joints[:, ankle]
        assert path[:, 1].min() > body.ankle_height_m - 0.012
        flat = np.abs(path[:, 1] - body.ankle_height_m) < 0.002
        starts = np.flatnonzero(np.diff(np.concatenate([[False], flat, [False]]).astype(int)))
        for start, end in starts.reshape(-1, 2):
            on_floor = path[start:end, ::2]
            assert np.linalg.norm(on_floor - on_floor[len(on_floor) // 2], axis=1).max() < 0.025


def test_the_same_act_gives_the_same_postures():
    one, other = (joints(played(Stand(6.0, gestures=True, seed=9), Body(), 0.2)) for _ in range(2))
    assert np.array_equal(one, other)


def test_walking_gets_there_facing_its_way_with_bending_knees():
    walk = Walk(Place(-1.5, 0.2, 90.0), Place(1.5, 0.2, 90.0), speed_m_s=1.2)
    postures = played(walk, Body())
    assert heading_deg(walk.start, walk.end) == pytest.approx(90.0)
    assert (postures[0].place.x_m, postures[-1].place.x_m) == pytest.approx((-1.5, 1.5), abs=1e-3)
    assert {round(posture.place.turn_deg, 6) for posture in postures} == {90.0}
    middle = len(postures) // 2
    pace = (postures[middle + 5].place.x_m - postures[middle - 5].place.x_m) / (10 * STEP_S)
    assert pace == pytest.approx(1.2, rel=0.02)
    for side in ("left", "right"):
        legs = [getattr(posture.pose.squat, side) for posture in postures]
        bend_deg = [180.0 - math.degrees(angle_at(leg.knee, leg.hip, leg.ankle)) for leg in legs]
        assert 45.0 < max(bend_deg) < 85.0
        assert min(bend_deg) < 15.0


def angle_at(corner, one, other):
    first, second = one - corner, other - corner
    return math.acos(float(first @ second) / (length(first) * length(second)))


def test_arms_swing_against_the_legs():
    postures = played(Walk(Place(0.0, -2.0), Place(0.0, 2.0)), Body())
    pose = np.stack([posture.pose.keypoints for posture in postures])
    arms = pose[:, L_WRIST, 2] - pose[:, R_WRIST, 2]
    legs = pose[:, L_ANKLE, 2] - pose[:, R_ANKLE, 2]
    assert np.corrcoef(arms, legs)[0, 1] < -0.95
    assert np.ptp(arms) > 0.4


TURNS = {"left": (0.0, 90.0, 90.0), "right": (0.0, -90.0, -90.0), "the shorter way": (170.0, -170.0, 20.0)}


@pytest.mark.parametrize(("start_deg", "to_deg", "by_deg"), TURNS.values(), ids=TURNS)
def test_turning_ends_facing_the_other_way_on_the_same_spot(start_deg, to_deg, by_deg):
    turn = Turn(Place(0.3, -0.2, start_deg), to_deg)
    end = turn.performed_by(Body())(turn.duration_s).place
    assert turn.by_deg == pytest.approx(by_deg)
    assert (end.x_m, end.z_m, end.turn_deg) == pytest.approx((0.3, -0.2, start_deg + by_deg))


def test_nothing_to_turn_takes_no_time():
    assert Turn(Place(turn_deg=30.0), 390.0).duration_s == 0.0
    assert Turn(Place(turn_deg=30.0), 30.0).performed_by(Body())(0.0).place.turn_deg == pytest.approx(30.0)


def test_backwards_faces_the_start():
    walk = Walk(Place(0.0, 0.7), Place(), speed_m_s=0.5, barbell=True, backwards=True)
    postures = played(walk, Body())
    assert {(round(posture.place.turn_deg) % 360, posture.barbell) for posture in postures} == {(0, True)}
    assert postures[-1].place.z_m == pytest.approx(0.0, abs=1e-6)


def test_the_bar_is_on_the_back_from_the_lift_on_and_the_hips_dip_a_little():
    unrack = Unrack(duration_s=3.0, dip_m=0.08)
    perform = unrack.performed_by(Body())
    assert [perform(unrack.lift_s + ahead_s).barbell for ahead_s in (-0.01, 0.01)] == [False, True]
    hips = [posture.pose.squat.pelvis[1] for posture in played(unrack, Body())]
    assert hips[0] - min(hips) == pytest.approx(0.08, abs=0.01)
    assert unrack.racked_bar(Body())[1] == pytest.approx(1.37, abs=0.1)
    rerack = Rerack(duration_s=3.0)
    perform = rerack.performed_by(Body())
    assert [perform(rerack.racked_s + ahead_s).barbell for ahead_s in (-0.01, 0.01)] == [True, False]


@pytest.mark.parametrize("side", [0, 1, -1], ids=["in front", "left", "right"])
def test_hands_reach_the_floor(side, lifter):
    body, stance = lifter
    act = BendAndPick(side=side, stance=stance)
    pose = act.performed_by(body)(act.duration_s / 2).pose
    hands = {1: pose.left_arm.hand, -1: pose.right_arm.hand}
    for hand in [hands[side]] if side else hands.values():
        assert hand[1] < 0.07 * body.height_m


def test_deadlifts_use_half_of_a_squats_travel_and_lean_far(lifter):
    body, stance = lifter
    act = Deadlifts(1, stance=stance)
    stood = Stood(body, stance)
    low = min(played(act, body), key=lambda posture: posture.pose.squat.pelvis[1]).pose
    assert 0.42 < (stood.pelvis[1] - low.squat.pelvis[1]) / stood.level_drop_m < 0.65
    assert 55.0 < math.degrees(low.squat.lean_rad) < 83.0
    for arm in (low.left_arm, low.right_arm):
        assert arm.wrist[1] == pytest.approx(0.225, abs=0.05)
        assert length(arm.wrist - arm.shoulder) > 0.95 * (body.upper_arm_m + body.forearm_m)


@pytest.mark.parametrize("barbell", [False, True], ids=["Romanian", "good mornings"])
def test_hinges_bring_the_trunk_near_level_and_the_hips_back(barbell):
    stood = Stood(Body(), Stance())
    low = max(played(Hinges(1, barbell=barbell), Body()), key=lambda posture: posture.pose.squat.lean_rad).pose
    assert low.neck[1] - low.squat.pelvis[1] < 0.25 * Body().trunk_m
    assert low.squat.pelvis[2] < stood.pelvis[2] - 0.15
    assert stood.pelvis[1] - low.squat.pelvis[1] < 0.3 * stood.level_drop_m


def test_jumping_jacks_leave_the_floor_and_bring_hands_overhead():
    postures = played(JumpingJacks(3), Body())
    pose = joints(postures)
    assert pose[:, L_ANKLE, 1].max() > Body().ankle_height_m + 0.04
    assert np.ptp(pose[:, L_ANKLE, 0]) > 0.15
    up = pose[:, L_WRIST, 1] > pose[:, NOSE, 1] + 0.3
    assert np.count_nonzero(np.diff(up.astype(int)) == 1) == 3


@pytest.mark.parametrize("reverse", [False, True], ids=["forward", "reverse"])
def test_lunges_alternate_with_one_knee_near_the_floor(reverse, lifter):
    body, stance = lifter
    act = Lunges(4, reverse=reverse, stance=stance)
    pose = joints(played(act, body))
    knee_at = {side: pose[:, knee, 1] for side, knee in (("left", L_KNEE), ("right", R_KNEE))}
    per_rep = round(act.rep_s / STEP_S)
    near_floor = [
        min(knee_at, key=lambda side: knee_at[side][index * per_rep : (index + 1) * per_rep].min())
        for index in range(4)
    ]
    assert near_floor == (["left", "right"] * 2 if reverse else ["right", "left"] * 2)
    for heights in knee_at.values():
        assert 0.04 < heights.min() < 0.18


def test_curls_move_the_hands_and_leave_the_hips():
    postures = played(Curls(2), Body())
    pose = joints(postures)
    assert np.ptp(pose[:, L_WRIST, 1]) > 0.35
    assert np.ptp([posture.pose.squat.pelvis[1] for posture in postures]) < 0.01


def test_talking_moves_more_than_standing():
    quiet, lively = (joints(played(Stand(20.0, gestures=gestures, seed=2), Body(), 0.05)) for gestures in (False, True))
    for joint, least_m in ((NOSE, 0.05), (L_WRIST, 0.15), (L_ANKLE, 0.02), (R_ANKLE, 0.02)):
        assert np.ptp(quiet[:, joint], axis=0).max() < 0.03
        assert np.ptp(lively[:, joint], axis=0).max() > least_m


def test_arms_go_from_how_they_were_held_before():
    before = Stand(2.0, arms=Arms.CROSSED).performed_by(Body())(2.0).pose.keypoints
    act = Stand(2.0, arms=Arms.SIDES, arms_before=Arms.CROSSED)
    pose = np.stack([posture.pose.keypoints for posture in played(act, Body())])
    assert pose[0, L_WRIST] == pytest.approx(before[L_WRIST], abs=0.01)
    assert pose[-1, L_WRIST, 1] < pose[-1, L_SHOULDER, 1] - 0.4
    assert np.linalg.norm(np.diff(pose[:, L_WRIST], axis=0), axis=1).max() < 0.06


def test_footprints_by_hand():
    left = footprint(Place(1.0, 2.0, 90.0), 1.0, 0.2, math.radians(10.0))
    assert (left.x_m, left.z_m, left.turn_rad) == pytest.approx((1.0, 1.8, math.radians(100.0)))


REFUSED = {
    "no time to stand": lambda: Stand(0.0),
    "a run": lambda: Walk(Place(), Place(z_m=1.0), speed_m_s=4.0),
    "a deep dip": lambda: Unrack(dip_m=0.3),
    "a deep dip in reverse": lambda: Rerack(dip_m=0.3),
    "no reps": lambda: Lunges(0),
    "nobody is that quick": lambda: JumpingJacks(5, rep_s=0.2),
    "folded": lambda: Hinges(lean_deg=120.0),
}


@pytest.mark.parametrize("build", REFUSED.values(), ids=REFUSED)
def test_what_nobody_does_is_refused(build):
    with pytest.raises(ValueError, match="expected a number from"):
        build()
