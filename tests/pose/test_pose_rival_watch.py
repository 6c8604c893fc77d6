"""When others than the followed one are looked at: the watch alone, without a network."""

from __future__ import annotations

import numpy as np
import pytest
from pose_samples import SIZE_PX
from rival_samples import ASIDE_X, MIDDLE_X, followed, sink, squat


def test_the_others_are_looked_at_every_0_8_s(watched):
    times_s = watched.go(5.0, followed())
    assert np.diff(times_s) == pytest.approx(0.8, abs=0.04)


def test_looks_beside_him_and_at_the_whole_zone_take_turns(watched):
    watched.go(5.0, followed())
    lefts_px = [left_px for _, left_px in watched.looks]
    assert lefts_px[0] == lefts_px[2] > ASIDE_X
    assert lefts_px[1] == lefts_px[3] == 0.0


@pytest.mark.parametrize(("x_px", "from_s"), [(252.0, 0.0), (260.0, 4.0)], ids=["a tenth aside", "less"])
def test_who_stands_in_the_middle_is_not_looked_past_at_first(watched, x_px, from_s):
    assert watched.go(6.0, followed(x_px))[0] == pytest.approx(from_s, abs=0.1)


def test_past_somebody_in_the_middle_both_sides_are_looked_at(watched):
    watched.go(9.0, followed(MIDDLE_X))
    assert len({left_px for _, left_px in watched.looks[:3]}) == 3


def test_whoever_is_followed_next_has_time_in_the_middle_too(watched):
    watched.go(6.0, followed(MIDDLE_X))
    watched.watch.reset()
    assert not watched.go(3.9, followed(MIDDLE_X))


@pytest.mark.parametrize(("share", "looked"), [(0.95, True), (0.93, False)], ids=["hardly lower", "sinks"])
def test_nobody_is_looked_for_while_he_is_down(watched, share, looked):
    watched.go(0.5, followed())
    watched.now_s = 2.0
    assert bool(watched.go(0.4, followed(share=share))) == looked


def test_nobody_is_looked_for_within_20_s_of_a_squat_and_then_again(watched):
    squat(watched)
    up_s = watched.now_s
    times_s = watched.go(25.0, followed())
    assert 19.9 < times_s[0] - up_s < 20.1


@pytest.mark.parametrize(
    ("share", "low_s"), [(0.86, 2.0), (0.7, 0.2)], ids=["not low enough for a squat", "too short for one"]
)
def test_who_was_a_little_or_shortly_lower_has_not_squatted(watched, share, low_s):
    squat(watched, low_s=low_s, share=share)
    assert watched.go(1.0, followed())


def test_two_short_lows_with_standing_between_are_no_squat(watched):
    squat(watched, low_s=0.1)
    watched.go(0.3, followed())
    squat(watched, low_s=0.1)
    assert watched.go(1.0, followed())


def test_one_low_frame_and_half_a_second_unseen_are_no_squat(watched):
    sink(watched, 0.82)
    watched.go(0.5, followed(share=0.7), seen=False)
    assert watched.go(1.0, followed())


def test_whose_ankles_are_hidden_does_not_seem_to_squat(watched):
    watched.go(0.1, followed())
    watched.go(2.0, followed(share=0.8, ankles=False))
    assert watched.go(1.0, followed())


def test_who_only_bends_has_not_squatted(watched):
    sink(watched, 0.7, how="bent")
    watched.go(2.0, followed(share=0.7, how="bent"))
    assert watched.go(1.0, followed())


def test_lows_seconds_apart_with_nothing_seen_between_are_no_squat(watched):
    sink(watched, 0.8)
    watched.now_s += 1.5
    watched.go(0.1, followed(share=0.8))
    assert watched.go(1.0, followed())


@pytest.mark.parametrize(("x_px", "looked"), [(ASIDE_X + 60, False), (ASIDE_X + 90, True)], ids=["there", "elsewhere"])
def test_who_squatted_is_protected_where_he_squatted(watched, x_px, looked):
    squat(watched)
    assert bool(watched.go(2.0, followed(x_px))) == looked


def test_whoever_was_lost_for_a_moment_has_still_squatted_there(watched):
    squat(watched)
    watched.watch.reset()
    assert not watched.go(2.0, followed())


def test_a_low_before_he_was_lost_is_no_part_of_a_squat(watched):
    squat(watched, low_s=0.25)
    watched.watch.reset()
    squat(watched, low_s=0.15)
    assert watched.go(1.0, followed())


def test_at_one_frame_a_second_every_other_one_is_his(watched):
    times_s = watched.go(20.0, followed(), frame_s=1.0)
    assert np.diff(times_s) == pytest.approx(2.0)


def test_while_he_is_not_seen_no_further_frame_is_spent_on_others(watched):
    watched.go(2.0, followed())
    assert len(watched.go(3.0, followed(), seen=False)) <= 1


def test_a_clock_that_goes_back_stops_nothing(watched):
    squat(watched)
    watched.go(22.0, followed())
    watched.now_s = -100.0
    assert len(watched.go(3.0, followed())) == 4


@pytest.mark.parametrize(("low_s", "squatted"), [(0.2, False), (0.5, True)], ids=["too short", "a squat"])
def test_a_low_begins_anew_where_the_clock_went_back(watched, low_s, squatted):
    squat(watched, low_s=0.2)
    watched.now_s -= 50.0
    squat(watched, low_s=low_s)
    assert bool(watched.go(1.0, followed())) != squatted


def test_nothing_is_looked_at_before_he_was_seen(watched):
    assert watched.watch.look(followed(), SIZE_PX, 0.0) is None
