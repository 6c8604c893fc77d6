"""What the reference squats measure is what was put in."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from aim_samples import REP, WELL, aimed, drawn, seen

from edge_valgus.aim.squats import Look, Squat, lens_height_m, sem_pct, yaw_deg
from edge_valgus.capture.drawn import Body
from edge_valgus.events import Side

FRAMES = 24


@pytest.fixture
def impatient(monkeypatch):
    """What is wrong and can be lived with is lived with at once."""
    monkeypatch.setattr("edge_valgus.aim.aimer.AS_IT_IS_S", 1.0)


def squat(shift_pct=(0.0, 0.0), noise_pct=0.0, seed=0, *, knees_pct=0.0, trunk_pct=0.0):
    """Down to parallel and up, knees going out by 11 % on the way, shifted inward by so much in this squat."""
    random = np.random.default_rng(seed)

    def half(depths, start_s):
        looks = []
        for index, depth in enumerate(depths):
            out = -11.0 * (1.0 - math.exp(-depth / 0.22))
            left, right = (out + shift + noise_pct * random.normal() for shift in shift_pct)
            turn = knees_pct * depth
            looks.append(
                Look(start_s + index / 20, depth, left - turn, right + turn, trunk_pct * depth, 0.0, 90.0, 110.0)
            )
        return tuple(looks)

    return Squat(half(np.linspace(0.0, 1.0, FRAMES), 0.0), half(np.linspace(1.0, 0.0, FRAMES), 1.5))


@pytest.mark.parametrize("sigma_pct", [0.3, 1.0, 2.5])
def test_squats_that_differ_by_so_much_have_that_sem(sigma_pct):
    shifts = sigma_pct * np.random.default_rng(7).normal(size=(200, 2))
    squats = [squat(shift) for shift in shifts]
    for index, side in enumerate(Side):
        assert sem_pct(squats, side, 0.25) == pytest.approx(float(shifts[:, index].std(ddof=1)), rel=0.02)


def test_five_squats_tell_their_own_spread():
    shifts = [(-1.0, 0.5), (0.2, 0.0), (0.6, -0.4), (-0.3, 0.1), (0.5, -0.2)]
    squats = [squat(shift) for shift in shifts]
    for index, side in enumerate(Side):
        assert sem_pct(squats, side, 0.25) == pytest.approx(np.std([s[index] for s in shifts], ddof=1), rel=0.02)


@pytest.mark.parametrize("noise_pct", [0.5, 1.5])
def test_noise_of_single_frames_averages_within_a_slice(noise_pct):
    """A slice of 0.15 holds 3 to 4 frames here, so that the mean errs by about 0.55 of one frame's error."""
    sems = [
        sem_pct([squat(noise_pct=noise_pct, seed=10 * lifter + n) for n in range(5)], Side.LEFT, 0.25)
        for lifter in range(40)
    ]
    assert np.sqrt(np.mean(np.square(sems))) == pytest.approx(noise_pct / math.sqrt(3.45), rel=0.12)


def test_how_deep_a_slice_was_seen_makes_no_spread():
    """Squats of another tempo, whose frames lie elsewhere on the steep early path, repeat perfectly."""
    squats = []
    for shift_s in (0.0, 0.011, 0.023, 0.031, 0.042):
        whole = squat()
        squats.append(Squat(*(tuple(_moved(look, shift_s) for look in half) for half in (whole.down, whole.up))))
    assert sem_pct(squats, Side.LEFT, 0.25) < 0.25


def _moved(look, by):
    depth = look.depth + by
    out = -11.0 * (1.0 - math.exp(-depth / 0.22))
    return replace(look, depth=depth, left_pct=out, right_pct=out)


@pytest.mark.parametrize(
    ("squats", "why"),
    [
        pytest.param([], "none", id="no squats"),
        pytest.param([squat()] * 2, "two", id="two are too few"),
        pytest.param([Squat((), ())] * 5, "empty", id="nothing was seen"),
        pytest.param([replace(squat(), up=())] * 5, "half", id="only the way down was seen"),
    ],
)
def test_too_little_to_tell_is_no_number(squats, why):
    assert math.isnan(sem_pct(squats, Side.LEFT, 0.25)), why


def test_a_knee_that_was_not_seen_has_none_and_leaves_the_other_one_its_own():
    squats = []
    for n in range(5):
        whole = squat((0.0, 0.3 * n))
        squats.append(
            Squat(*(tuple(replace(look, left_pct=math.nan) for look in half) for half in (whole.down, whole.up)))
        )
    assert math.isnan(sem_pct(squats, Side.LEFT, 0.25))
    assert sem_pct(squats, Side.RIGHT, 0.25) == pytest.approx(0.474, rel=0.03)


def test_without_deep_squats_there_is_no_bearing():
    standing = [squat().down[0]]
    shallow = Squat(tuple(look for look in squat().down if look.depth < 0.5), ())
    assert math.isnan(yaw_deg(standing, [shallow]))
    assert math.isnan(lens_height_m(standing, [shallow]))
    assert math.isnan(yaw_deg([], [squat()]))


def test_knees_that_travel_to_the_pictures_right_tell_a_camera_on_the_lifters_right():
    standing = [squat().down[0]]
    assert yaw_deg(standing, [squat(knees_pct=3.0, trunk_pct=5.0)]) < -5.0
    assert yaw_deg(standing, [squat(knees_pct=-3.0, trunk_pct=-5.0)]) > 5.0


@pytest.mark.parametrize("wanted_deg", [-20.0, -12.0, -5.0, 0.0, 5.0, 12.0, 20.0])
@pytest.mark.parametrize(
    "body", [Body(1.6, leg_share=0.97), Body(1.75), Body(1.9, leg_share=1.03)], ids=["1.6 m", "1.75 m", "1.9 m"]
)
def test_the_bearing_is_found_within_three_degrees(wanted_deg, body, impatient):
    lifter = drawn(replace(WELL, yaw_deg=wanted_deg, distance_m=3.1), reps=6, body=body)
    course = aimed(seen(lifter))
    assert course.last.result is not None, course.last
    assert course.last.result.rig.yaw_deg == pytest.approx(wanted_deg, abs=3.5)


@pytest.mark.parametrize("height_m", [0.5, 0.9, 1.4])
def test_the_lens_height_is_found_roughly(height_m):
    pitch_deg = math.degrees(math.atan2(0.9 - height_m, 3.0))
    lifter = drawn(replace(WELL, height_m=height_m, pitch_deg=pitch_deg, distance_m=3.0, focal_heights=0.95), reps=9)
    result = aimed(seen(lifter)).last.result
    assert result is not None
    assert result.lens_height_m == pytest.approx(height_m, abs=0.4)


@pytest.mark.slow
def test_the_bearing_is_found_within_three_degrees_as_a_rule(impatient):
    """Root mean square over bearings and noise."""
    errors_deg = []
    for seed, wanted_deg in enumerate((-18.0, -14.0, -9.0, -3.0, 3.0, 9.0, 14.0, 18.0)):
        course = aimed(seen(drawn(replace(WELL, yaw_deg=wanted_deg), reps=6), seed=seed))
        errors_deg.append(course.last.result.rig.yaw_deg - wanted_deg)
    assert math.sqrt(np.mean(np.square(errors_deg))) < 2.5


def test_roll_is_found():
    for roll_deg in (-2.5, 0.0, 2.5):
        result = aimed(seen(drawn(replace(WELL, roll_deg=roll_deg), reps=9))).last.result
        assert result.roll_deg == pytest.approx(roll_deg, abs=1.0)


def test_a_worse_network_has_a_larger_sem():
    from drawn_joints import NOISE_SHARE

    sems = []
    for share in (NOISE_SHARE / 3, 1.3 * NOISE_SHARE):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("drawn_joints.NOISE_SHARE", share)
            result = aimed(seen(drawn(WELL, reps=9))).last.result
        sems.append(result.rig.sem_left_pct)
    assert sems[1] > 2.0 * sems[0]
    assert REP.depth > 0.6
