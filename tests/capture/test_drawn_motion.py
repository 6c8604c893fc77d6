"""Reps in time."""

from __future__ import annotations

import numpy as np
import pytest

from edge_valgus.capture.drawn import RepScript, random_set
from edge_valgus.capture.drawn.motion import KneePhase, Timeline, minimum_jerk


def test_minimum_jerk_starts_and_ends_at_rest():
    assert (minimum_jerk(-1.0), minimum_jerk(0.0), minimum_jerk(0.5), minimum_jerk(1.0), minimum_jerk(2.0)) == (
        0.0,
        0.0,
        0.5,
        1.0,
        1.0,
    )
    assert minimum_jerk(0.01) < 1e-4
    assert 1.0 - minimum_jerk(0.99) < 1e-4


def test_reps_follow_each_other_with_their_rests():
    first = RepScript(descent_s=1.0, hold_s=0.4, ascent_s=0.8, rest_s=2.0)
    second = RepScript(depth=0.6, descent_s=0.5, hold_s=0.0, ascent_s=0.5, rest_s=1.0)
    timeline = Timeline((first, second), lead_in_s=1.5)
    one, two = timeline.true_reps
    assert (one.start_s, one.bottom_s, one.end_s) == pytest.approx((1.5, 2.7, 3.7))
    assert (two.start_s, two.bottom_s, two.end_s) == pytest.approx((5.7, 6.2, 6.7))
    assert timeline.duration_s == pytest.approx(7.7)
    assert [timeline.at(time_s).rep_index for time_s in (0.0, 2.0, 4.5, 6.0, 7.5)] == [None, 0, None, 1, None]
    assert timeline.at(2.7).depth == pytest.approx(1.0)
    assert timeline.at(6.2).depth == pytest.approx(0.6)


@pytest.mark.parametrize("time_s", [0.0, 1.4, 4.0, 100.0])
def test_standing_between_the_reps(time_s):
    timeline = Timeline((RepScript(knee_in_left_m=0.05),), lead_in_s=1.5)
    moment = timeline.at(time_s) if time_s != 4.0 else timeline.at(4.5)
    assert (moment.depth, moment.knee_in_left_m, moment.knee_in_right_m) == (0.0, 0.0, 0.0)


def test_knee_travel_builds_up_holds_and_goes_back():
    rep = RepScript(depth=1.0, knee_in_left_m=0.05, knee_in_right_m=-0.02, knee_in_from=0.5)
    timeline = Timeline((rep,), lead_in_s=0.0)
    times_s = np.linspace(0.0, rep.moving_s, 400)
    moments = [timeline.at(time_s) for time_s in times_s]
    depth = np.array([moment.depth for moment in moments])
    left = np.array([moment.knee_in_left_m for moment in moments])
    assert (left[depth <= 0.5] == 0.0).all()
    assert left[depth >= 0.81] == pytest.approx(0.05)
    assert left.max() == pytest.approx(0.05)
    assert (np.diff(left[times_s < rep.descent_s]) >= 0).all()
    assert (np.diff(left[times_s > rep.descent_s + rep.hold_s]) <= 0).all()
    assert timeline.at(rep.descent_s).knee_in_right_m == pytest.approx(-0.02)


def course(rep, step_s=0.002):
    """Times since the start of the descent, depths and shares of the knee travel."""
    times_s = np.arange(0.0, rep.moving_s, step_s)
    return times_s, np.array([rep.depth_at(t) for t in times_s]), np.array([rep.knee_in_share(t) for t in times_s])


WHEN_KNEES_ARE_IN = {
    # From which depth on the way down, to which on the way up, a fifth of the travel is there.
    "throughout": (KneePhase.THROUGHOUT, (0.50, 0.65), (0.50, 0.65)),
    "on the way down": (KneePhase.DESCENT, (0.50, 0.65), None),
    "only near the bottom": (KneePhase.BOTTOM, (0.82, 0.90), (0.82, 0.90)),
    "on the way up": (KneePhase.ASCENT, None, (0.25, 0.45)),
}


@pytest.mark.parametrize(("phase", "from_depth", "to_depth"), WHEN_KNEES_ARE_IN.values(), ids=WHEN_KNEES_ARE_IN)
@pytest.mark.parametrize("hold_s", [0.0, 0.4], ids=["bounced", "held"])
def test_knees_travel_in_their_phase(phase, from_depth, to_depth, hold_s):
    rep = RepScript(knee_in_left_m=0.05, knee_in_phase=phase, hold_s=hold_s)
    times_s, depth, share = course(rep)
    down, up = times_s < rep.descent_s, times_s > rep.descent_s + hold_s
    assert share.max() == pytest.approx(1.0)
    for way, expected, first in ((down, from_depth, 0), (up, to_depth, -1)):
        there = depth[way & (share > 0.2)]
        assert (len(there) > 0) == (expected is not None)
        if expected is not None:
            assert expected[0] <= there[first] <= expected[1]
    if phase is KneePhase.ASCENT:
        assert (share[depth < 0.25] == 0.0).all()
        assert depth[share.argmax()] > 0.5
    if phase is KneePhase.DESCENT:
        assert (share[~down] == 0.0).all()


@pytest.mark.parametrize("phase", KneePhase)
@pytest.mark.parametrize("dip", [0.0, 0.25], ids=["single", "double dip"])
@pytest.mark.parametrize("stall_s", [0.0, 0.5], ids=["in one go", "stuck"])
def test_nothing_jumps(phase, dip, stall_s):
    rep = RepScript(knee_in_phase=phase, dip=dip, stall_s=stall_s, depth=0.9, knee_in_from=0.3)
    _, depth, share = course(rep)
    assert abs(np.diff(depth)).max() < 0.01
    assert abs(np.diff(share)).max() < 0.03
    assert abs(np.diff(share, n=2)).max() < 0.003
    assert (depth[-1], share[-1]) == pytest.approx((0.0, 0.0), abs=1e-3)


def test_a_double_dip_is_one_rep_with_its_bottom_where_the_descent_ends():
    rep = RepScript(depth=1.0, descent_s=1.0, hold_s=0.2, dip=0.3, dip_s=0.8, ascent_s=1.0)
    timeline = Timeline((rep,), lead_in_s=2.0)
    (true,) = timeline.true_reps
    assert (true.bottom_s, true.end_s) == pytest.approx((3.1, 5.0))
    assert [timeline.at(time_s).depth for time_s in (3.1, 3.6, 4.0, 4.5, 5.0)] == pytest.approx([1, 0.7, 1, 0.5, 0])
    assert timeline.at(3.6).rep_index == 0


def test_knees_that_come_in_on_the_way_up_wait_for_the_last_way_up():
    rep = RepScript(knee_in_left_m=0.05, knee_in_phase=KneePhase.ASCENT, dip=0.3)
    times_s, _, share = course(rep)
    last_bottom_s = rep.moving_s - rep.ascent_s
    assert (share[times_s <= last_bottom_s] == 0.0).all()
    assert share.max() == pytest.approx(1.0)


def test_a_sticking_point_takes_its_time_and_nothing_else():
    rep = RepScript(depth=0.8, descent_s=1.0, hold_s=0.0, ascent_s=1.0, stall_s=0.6, stall_depth_share=0.4)
    assert rep.moving_s == pytest.approx(2.6)
    assert [rep.depth_at(t) for t in (1.0, 1.6, 2.2, 2.6)] == pytest.approx([0.8, 0.32, 0.32, 0.0])
    assert Timeline((rep,), 0.0).true_reps[0].bottom_s == pytest.approx(1.0)


BAD_REPS = {
    "too deep": ({"depth": 2.0}, "depth"),
    "above standing": ({"depth": -0.1}, "depth"),
    "no time to go down": ({"descent_s": 0.0}, "descent_s"),
    "endless way up": ({"ascent_s": float("inf")}, "ascent_s"),
    "negative rest": ({"rest_s": -1.0}, "rest_s"),
    "a knee across the room": ({"knee_in_left_m": 0.5}, "knee_in_left_m"),
    "a dip that stands up": ({"dip": 0.8}, "dip"),
    "a dip in no time": ({"dip": 0.1, "dip_s": 0.0}, "dip_s"),
    "negative stall": ({"stall_s": -0.1}, "stall_s"),
    "a stall at the top": ({"stall_s": 1.0, "stall_depth_share": 0.0}, "stall_depth_share"),
    "caving in deeper than the rep goes": ({"depth": 0.4, "knee_in_left_m": 0.05, "knee_in_from": 0.5}, "knee_in_from"),
}


@pytest.mark.parametrize(("arguments", "key"), BAD_REPS.values(), ids=BAD_REPS)
def test_impossible_reps_are_refused_by_name(arguments, key):
    with pytest.raises(ValueError, match=rf"{key} = .*expected"):
        RepScript(**arguments)


def test_a_random_set_stays_in_its_ranges():
    for seed in range(40):
        script = random_set(seed, reps=3)
        assert len(script.reps) == 3
        assert 0.9 <= script.stance_m / script.body.hip_breadth_m <= 1.505
        assert 5.0 <= script.toe_out_deg <= 25.0
        assert 0.6 <= script.view.height_m <= 1.3
        assert 2.2 <= script.view.distance_m <= 3.2
        assert abs(script.view.yaw_deg) <= 6.0
        for rep in script.reps:
            assert 0.75 <= rep.depth <= 1.15
            assert 0.8 <= rep.descent_s <= 2.5
            assert 0.8 <= rep.ascent_s <= 2.5
            assert rep.knee_in_left_m == rep.knee_in_right_m == 0.0


def test_seeds_differ_and_repeat():
    assert random_set(7) == random_set(7)
    assert len({random_set(seed) for seed in range(20)}) == 20


def test_asking_for_knee_travel_changes_that_rep_alone():
    clean, caved = random_set(11, 3), random_set(11, 3, knee_in={1: (0.05, 0.0)})
    assert [rep.knee_in_left_m for rep in caved.reps] == [0.0, 0.05, 0.0]
    assert caved.reps[0] == clean.reps[0]
    assert caved.reps[1].depth == clean.reps[1].depth
    assert (caved.body, caved.look, caved.view) == (clean.body, clean.look, clean.view)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [({"reps": 0}, "reps = 0"), ({"reps": 3, "knee_in": {3: (0.05, 0.0)}}, "rep 3: expected 0 to 2")],
    ids=["no reps", "a rep that is not there"],
)
def test_a_random_set_refuses(arguments, says):
    with pytest.raises(ValueError, match=says):
        random_set(1, **arguments)
