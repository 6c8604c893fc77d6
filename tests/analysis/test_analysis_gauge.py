"""How deep, told by the hips and by shoulders and head together."""

import math
from dataclasses import replace

import pytest
from poses import STANDING, film, rep, told

from edge_valgus.analysis.gauge import MOST_APART, USUAL_FALL, DepthGauge

DT_S = 1 / 30


def squatted(gauge: DepthGauge, fall: float, reps: int = 3, depth: float = 1.0) -> list[tuple[float, float]]:
    """Clean reps of somebody whose upper body falls so far at parallel: true depths and what the gauge says."""
    told_depths = []
    for _ in range(reps):
        for frame in range(90):
            at = depth * (0.5 - 0.5 * math.cos(2 * math.pi * frame / 90))
            told_depths.append((at, gauge.depth(at, fall * at, DT_S)))
    return told_depths


@pytest.mark.parametrize("fall", [0.6, USUAL_FALL, 0.9], ids="upper body falls by {:g}".format)
def test_a_lifters_own_fall_is_learned(fall):
    gauge = DepthGauge()
    squatted(gauge, fall)
    assert all(seen == pytest.approx(at, abs=0.1) for at, seen in squatted(gauge, fall, 1))


def test_an_upper_body_that_falls_as_is_usual_is_believed_from_the_first_frame():
    assert all(seen == pytest.approx(at, abs=1e-6) for at, seen in squatted(DepthGauge(), USUAL_FALL, 1))


def test_hips_seen_too_high_for_half_a_second_are_put_right():
    gauge = DepthGauge()
    squatted(gauge, 0.7)
    depths = [gauge.depth(0.8, 0.7, DT_S) for _ in range(15)]
    assert min(depths) > 0.93
    # … and the lifter's own fall is not forgotten by it.
    assert squatted(gauge, 0.7, 1)[45][1] == pytest.approx(1.0, abs=0.07)


def test_the_depth_of_a_rep_whose_hips_lie_at_the_bottom_is_less_wrong_than_theirs():
    frames = film((1.5, STANDING), *rep() * 3, *rep(hold_s=0.6))
    bottom_s = 1.5 + 3 * 3.2 + 1.2

    def lift_hips(pose):
        xy_px = pose.xy_px.copy()
        xy_px[[11, 12], 1] -= 0.2 * 0.56 * 220.0
        return replace(pose, xy_px=xy_px)

    lied = [(t, lift_hips(p) if bottom_s <= t < bottom_s + 0.5 else p) for t, p in frames]
    (*_, last) = [r.measures.depth for r in told(lied).readings if r.time_s < bottom_s + 0.4]
    assert last > 0.87


@pytest.mark.parametrize("hips", [0.0, 0.1, 0.25])
def test_bending_over_is_not_deep(hips):
    gauge = DepthGauge()
    squatted(gauge, USUAL_FALL)
    assert gauge.depth(hips, 0.9, DT_S) <= hips + MOST_APART + 1e-9


def test_bending_over_teaches_nothing():
    bent, gauge = DepthGauge(), DepthGauge()
    for _ in range(300):
        bent.depth(0.2, 0.9, DT_S)
    assert bent.depth(0.9, 0.7, DT_S) == gauge.depth(0.9, 0.7, DT_S)


def test_standing_upright_with_low_hips_is_nearly_as_deep_as_they_say():
    assert DepthGauge().depth(0.6, 0.0, DT_S) == pytest.approx(0.6 - MOST_APART)


def test_an_upper_body_that_is_not_known_leaves_it_to_the_hips():
    assert DepthGauge().depth(0.7, math.nan, DT_S) == 0.7


def test_a_frame_after_a_gap_does_not_weigh_as_much_as_the_gap_was_long():
    short, long = DepthGauge(), DepthGauge()
    assert long.depth(1.0, 0.9, 60.0) == short.depth(1.0, 0.9, 0.2)


def test_half_of_a_best_guess_is_the_upper_bodys_once_the_lifter_is_known_and_a_quarter_before():
    gauge = DepthGauge()
    assert gauge.share == 0.25
    squatted(gauge, 0.9, reps=1)
    after_one = gauge.share
    squatted(gauge, 0.9, reps=10)
    assert 0.3 < after_one < 0.45 < gauge.share < 0.5


def test_a_first_shallow_rep_of_somebody_who_leans_far_is_told_nearly_as_deep_as_the_hips_were():
    leaning = replace(STANDING, depth=0.28, trunk=0.4)  # the upper body falls by a third of a leg instead of a fifth
    story = told(film((1.5, STANDING), (1.0, leaning), (0.3, leaning), (1.0, STANDING), (1.0, STANDING)))
    assert max(r.measures.depth for r in story.readings) == pytest.approx(0.32, abs=0.02)
