"""One Euro by capture time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_valgus.frames import LEFT_KNEE, RIGHT_ANKLE
from edge_valgus.pose.smooth import GAP_S, LEAST_TRUST, SURE_SCORE, OneEuro, trust_in

SCALE_PX = 400.0


def make():
    return OneEuro(min_cutoff_hz=2.5, beta=10.0)


def points(*x):
    return np.array([(value, 2.0 * value) for value in x], np.float32)


def squat_px(time_s):
    """A hip that goes 120 px down and comes back within 2.4 s, from 1 s on."""
    share = np.clip((time_s - 1.0) / 2.4, 0.0, 1.0)
    return 200.0 + 60.0 * (1.0 - np.cos(2.0 * np.pi * share))


@pytest.mark.parametrize("time_s", [0.0, -5.0, 1e6], ids=["at 0", "before 0", "after weeks"])
def test_the_first_value_comes_back_as_it_is(time_s):
    value = points(10.25, 300.5)
    assert np.array_equal(make().smooth(value, time_s, SCALE_PX), value)


def test_a_clock_that_starts_at_zero_smooths_from_its_second_frame_on():
    smooth = make()
    smooth.smooth(points(100.0), 0.0, SCALE_PX)
    second = smooth.smooth(points(104.0), 1 / 30, SCALE_PX)
    assert 100.0 < second[0, 0] < 104.0


@pytest.mark.parametrize(
    ("step_s", "starts_anew"),
    [
        pytest.param(GAP_S + 0.01, True, id="a gap"),
        pytest.param(-0.01, True, id="time going backwards"),
        pytest.param(GAP_S - 0.01, False, id="a few lost frames"),
        pytest.param(1 / 30, False, id="the next frame"),
        pytest.param(0.0, False, id="the same time again"),
    ],
)
def test_the_past_is_forgotten_after(step_s, starts_anew):
    smooth = make()
    smooth.smooth(points(100.0), 7.0, SCALE_PX)
    given_back = smooth.smooth(points(101.0), 7.0 + step_s, SCALE_PX)
    assert (given_back[0, 0] == 101.0) == starts_anew
    if starts_anew:
        # Without any memory of the jump: the next value is smoothed as if there had been none.
        fresh = make()
        fresh.smooth(points(101.0), 0.0, SCALE_PX)
        after = smooth.smooth(points(102.0), 7.0 + step_s + 0.04, SCALE_PX)
        assert after == pytest.approx(fresh.smooth(points(102.0), 0.04, SCALE_PX))


def test_a_second_frame_of_the_same_time_changes_nothing():
    smooth, other = make(), make()
    for time_s, value in ((0.0, 100.0), (0.03, 110.0)):
        smooth.smooth(points(value), time_s, SCALE_PX)
        other.smooth(points(value), time_s, SCALE_PX)
    assert np.isfinite(smooth.smooth(points(900.0), 0.03, SCALE_PX)).all()
    assert np.array_equal(smooth.smooth(points(111.0), 0.06, SCALE_PX), other.smooth(points(111.0), 0.06, SCALE_PX))


def test_reset_forgets():
    smooth = make()
    smooth.smooth(points(100.0), 0.0, SCALE_PX)
    smooth.reset()
    assert smooth.smooth(points(500.0), 0.03, SCALE_PX)[0, 0] == 500.0


def test_what_it_gives_back_and_what_it_was_given_are_nobody_elses():
    smooth, untouched = make(), make()
    value = points(100.0)
    first = smooth.smooth(value, 0.0, SCALE_PX)
    untouched.smooth(points(100.0), 0.0, SCALE_PX)
    first += 50.0
    value += 50.0
    second = smooth.smooth(points(101.0), 0.03, SCALE_PX)
    assert np.array_equal(second, untouched.smooth(points(101.0), 0.03, SCALE_PX))


@pytest.mark.parametrize("fps", [10, 30, 60])
def test_the_same_squat_is_smoothed_alike_at_any_frame_rate(fps):
    smooth = make()
    times_s = np.arange(0.0, 5.0, 1 / fps)
    lag_px = [smooth.smooth(points(squat_px(t)), t, SCALE_PX)[0, 0] - squat_px(t) for t in times_s]
    assert np.abs(lag_px).max() < 12.0  # a tenth of the movement
    assert abs(lag_px[-1]) < 0.5


def test_the_bottom_of_a_squat_is_the_same_within_two_pixels_at_ten_and_sixty_fps():
    bottoms_px = []
    for fps in (10, 30, 60):
        smooth = make()
        bottoms_px.append(max(smooth.smooth(points(squat_px(t)), t, SCALE_PX)[0, 0] for t in np.arange(0, 5, 1 / fps)))
    assert np.ptp(bottoms_px) < 2.0
    assert min(bottoms_px) > 320.0 - 4.0


@pytest.mark.parametrize("trust", [LEAST_TRUST, 0.25, 1.0])
def test_a_joint_that_moves_is_behind_by_about_the_same_time_at_any_frame_rate(trust):
    behind_px = []
    for fps in (10, 30, 60):
        smooth = make()
        for time_s in np.arange(0, 3 * fps) / fps:
            last = smooth.smooth(points(100.0 + 12.0 * time_s), time_s, SCALE_PX, np.array([trust], np.float32))
        behind_px.append(100.0 + 12.0 * time_s - last[0, 0])
    assert max(behind_px) < 2.0 * min(behind_px)


@pytest.mark.parametrize("fps", [15, 30, 60])
def test_somebody_who_stands_still_trembles_less(fps):
    random = np.random.default_rng(fps)
    smooth = make()
    noise = random.normal(0.0, 2.0, (10 * fps, 17, 2))
    calm = np.array([smooth.smooth((100 + n).astype(np.float32), i / fps, SCALE_PX) for i, n in enumerate(noise)])
    settled = calm[fps:]
    assert settled.std(axis=0).mean() < 0.75 * noise.std()
    assert np.abs(settled.mean(axis=0) - 100).max() < 0.7


@given(
    scale=st.floats(0.05, 50.0),
    steps=st.lists(st.tuples(st.floats(0.001, 0.4), st.floats(-300, 300)), min_size=1, max_size=20),
)
def test_a_picture_twice_as_large_gives_values_twice_as_large(scale, steps):
    small, large = make(), make()
    time_s = 0.0
    for dt_s, x in steps:
        time_s += dt_s
        one = small.smooth(points(x, 5.0), time_s, SCALE_PX)
        other = large.smooth(points(x, 5.0) * np.float32(scale), time_s, SCALE_PX * scale)
        assert other == pytest.approx(one * scale, rel=1e-4, abs=1e-3 * scale)


@given(steps=st.lists(st.tuples(st.floats(0.001, 0.4), st.floats(-300, 300)), min_size=1, max_size=30))
def test_it_never_overshoots_what_it_has_seen(steps):
    smooth = make()
    time_s, seen = 0.0, []
    for dt_s, x in steps:
        time_s += dt_s
        seen.append(np.float32(x))
        value = smooth.smooth(points(x), time_s, SCALE_PX)[0, 0]
        assert min(seen) - 1e-3 <= value <= max(seen) + 1e-3


def test_knees_and_ankles_are_trusted_by_their_score_and_the_others_always():
    trust = trust_in(np.full(17, 0.3, np.float32))
    assert trust[:LEFT_KNEE].tolist() == [1.0] * LEFT_KNEE
    assert trust[LEFT_KNEE : RIGHT_ANKLE + 1] == pytest.approx(np.full(4, 0.25))


@pytest.mark.parametrize(
    ("score", "trusted"),
    [(0.0, LEAST_TRUST), (0.1, LEAST_TRUST), (0.3, 0.25), (SURE_SCORE, 1.0), (1.0, 1.0)],
    ids=["none", "hardly", "half", "sure", "full"],
)
def test_trust_rises_with_the_score_between_its_limits(score, trusted):
    assert trust_in(np.full(17, score, np.float32))[LEFT_KNEE] == pytest.approx(trusted)


def test_an_unsure_answer_moves_a_joint_less_and_leaves_the_others_alone():
    sure, unsure = make(), make()
    for smooth in (sure, unsure):
        smooth.smooth(points(100.0, 100.0), 0.0, SCALE_PX)
    wild = points(140.0, 140.0)
    believed = sure.smooth(wild, 1 / 30, SCALE_PX)
    doubted = unsure.smooth(wild, 1 / 30, SCALE_PX, np.array([0.2, 1.0], np.float32))
    assert doubted[1] == pytest.approx(believed[1])
    assert doubted[0, 0] - 100.0 < 0.3 * (believed[0, 0] - 100.0)


def test_of_two_looks_by_turns_the_surer_one_wins():
    smooth = make()
    for frame in range(40):
        mirrored = frame % 2 == 1
        trust = np.array([LEAST_TRUST if mirrored else 1.0], np.float32)
        last = smooth.smooth(points(108.0 if mirrored else 100.0), frame / 30, SCALE_PX, trust)
    assert abs(last[0, 0] - 100.0) < 2.5
