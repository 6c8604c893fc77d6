"""When a rep began, turned and ended, against the drawn lifter's script."""

import math
from itertools import pairwise

import numpy as np
import pytest
from poses import drawn_film, told

from edge_valgus.analysis.segmenter import Segment
from edge_valgus.analysis.timing import LAG_S, RepClock
from edge_valgus.capture.drawn import DrawnLifter, RepScript, SetScript

FRAME_S = 1 / 30
FELL_PX = 160.0
BEGUN = 0.05  # of the depth: a movement that begins gently is not seen before

TEMPI = {
    "usual": RepScript(),
    "no hold": RepScript(hold_s=0.0),
    "slow down, fast up": RepScript(descent_s=4.0, hold_s=0.1, ascent_s=0.6),
    "fast down, slow up": RepScript(descent_s=0.7, hold_s=0.1, ascent_s=3.5),
    "held": RepScript(hold_s=2.0),
    "slow down, held, fast up": RepScript(descent_s=3.0, hold_s=1.0, ascent_s=0.7),
    "quick": RepScript(descent_s=0.5, hold_s=0.0, ascent_s=0.5),
    "half": RepScript(depth=0.5),
    "deep": RepScript(depth=1.3),
    "stalled on the way up": RepScript(stall_s=0.8, stall_depth_share=0.5),
}


def true_edges(script: RepScript, until_depth: float = 0.0) -> tuple[float, float]:
    """When the depth first leaves and last comes back to 5 % of the deepest, or back to until_depth."""
    times_s = np.arange(0.0, script.moving_s, 0.002)
    down = [t for t in times_s if script.depth_at(t) > BEGUN * script.depth]
    back = [t for t in times_s if script.depth_at(t) > max(until_depth, BEGUN * script.depth)]
    return down[0], back[-1]


def timed(scripts: list[RepScript], noise_px: float = 0.0, lead_s: float = 1.0) -> list[tuple[float, Segment]]:
    """Reps one after the other, seen by the clock alone: begin of the script and what the clock says of it."""
    random = np.random.default_rng(1)
    clock, now_s, last_end_s, found = RepClock(), 0.0, -math.inf, []
    begins_s = lead_s
    for script in scripts:
        until_s = begins_s + script.moving_s + script.rest_s
        while now_s < until_s:
            since_s = now_s - LAG_S - begins_s
            depth = script.depth_at(since_s) if 0.0 <= since_s <= script.moving_s else 0.0
            clock.see(now_s, 100.0 + FELL_PX * depth + random.normal(0.0, noise_px))
            now_s += FRAME_S
        # As rough as the hips tell it.
        rough = Segment(begins_s + 0.1, begins_s + script.moving_s / 2, until_s - 0.1, script.depth)
        segment = clock.timed(rough, not_before_s=last_end_s)
        found.append((begins_s, segment))
        last_end_s, begins_s = segment.end_s, until_s
    return found


@pytest.mark.parametrize("name", TEMPI)
def test_times_within_a_frame(name):
    script = TEMPI[name]
    ((begins_s, segment),) = timed([script])
    start_s, end_s = true_edges(script)
    assert segment.start_s - begins_s == pytest.approx(start_s, abs=FRAME_S)
    assert segment.bottom_s - begins_s == pytest.approx(script.descent_s + script.hold_s / 2, abs=FRAME_S)
    assert segment.end_s - begins_s == pytest.approx(end_s, abs=FRAME_S)


@pytest.mark.parametrize("name", TEMPI)
def test_times_of_trembling_shoulders(name):
    script = TEMPI[name]
    ((begins_s, segment),) = timed([script], noise_px=1.0)
    start_s, end_s = true_edges(script)
    # A slow start rises out of the trembling slowly.
    edge_s = 0.03 * (script.descent_s + script.ascent_s) + FRAME_S
    assert segment.start_s - begins_s == pytest.approx(start_s, abs=edge_s)
    assert segment.bottom_s - begins_s == pytest.approx(script.descent_s + script.hold_s / 2, abs=2 * FRAME_S)
    assert segment.end_s - begins_s == pytest.approx(end_s, abs=edge_s)


def test_a_double_dip_turns_between_its_two_bottoms():
    script = RepScript(dip=0.4, dip_s=1.0)
    ((begins_s, segment),) = timed([script])
    bottom_s = segment.bottom_s - begins_s
    assert script.descent_s - FRAME_S < bottom_s < script.moving_s - script.ascent_s + FRAME_S
    start_s, end_s = true_edges(script)
    assert segment.start_s - begins_s == pytest.approx(start_s, abs=FRAME_S)
    assert segment.end_s - begins_s == pytest.approx(end_s, abs=FRAME_S)


def test_touch_and_go_reps_follow_each_other_without_overlap():
    script = RepScript(descent_s=0.9, hold_s=0.0, ascent_s=0.8, rest_s=0.0)
    found = timed([script] * 4)
    for begins_s, segment in found[:-1]:
        assert segment.bottom_s - begins_s == pytest.approx(script.descent_s, abs=FRAME_S)
    for (_, before), (_, after) in pairwise(found):
        assert before.end_s <= after.start_s


@pytest.mark.parametrize(
    ("readings", "reason"),
    [
        ([], "nothing was seen"),
        ([(t / 10, 100.0) for t in range(4)], "four frames"),
        ([(t / 30, 100.0) for t in range(90)], "shoulders that stay"),
        ([(t / 30, 100.0 + t) for t in range(90)], "shoulders that only fall"),
        ([(t / 30, math.nan) for t in range(90)], "shoulders that are no number"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_it_stays_as_the_hips_told_it_when(readings, reason):
    clock = RepClock()
    for time_s, y_px in readings:
        clock.see(time_s, y_px)
    segment = Segment(0.5, 1.5, 2.5, 1.0)
    assert clock.timed(segment, not_before_s=-math.inf) is segment, reason


def test_forgotten_readings_are_gone():
    clock = RepClock()
    for frame in range(90):
        clock.see(frame / 30, 100.0 + 50.0 * math.sin(math.pi * frame / 90))
    segment = Segment(0.2, 1.2, 2.9, 1.0)
    assert clock.timed(segment, not_before_s=-math.inf) is not segment
    clock.forget_before(10.0)
    assert clock.timed(segment, not_before_s=-math.inf) is segment


def test_a_rep_does_not_begin_before_the_one_before_it_ended():
    clock = RepClock()
    for frame in range(90):
        clock.see(frame / 30, 100.0 + 50.0 * math.sin(math.pi * frame / 90))
    segment = clock.timed(Segment(0.6, 1.2, 2.9, 1.0), not_before_s=0.5)
    assert segment.start_s >= 0.5


DRAWN = ("usual", "slow down, fast up", "held", "quick", "half")


def test_whole_drawn_reps_are_timed_within_two_frames():
    """The true joints are not smoothed, so what the clock takes off for it is an error here."""
    lifter = DrawnLifter(SetScript(reps=tuple(TEMPI[name] for name in DRAWN)))
    reps = told(drawn_film(SetScript(reps=tuple(TEMPI[name] for name in DRAWN)))).reps
    assert len(reps) == len(DRAWN)
    for name, seen, truth in zip(DRAWN, reps, lifter.true_reps, strict=True):
        # Drawn shoulders don't stop quite as smoothly as they should; on two ways of equal length that cancels out.
        unequal_s = 0.04 * abs(TEMPI[name].descent_s - TEMPI[name].ascent_s)
        assert seen.bottom_s == pytest.approx(truth.bottom_s, abs=2 * FRAME_S + unequal_s), name
        # The rep is over when the hips are within 0.05 of the top: that is asked before the shoulders are.
        start_s, end_s = true_edges(TEMPI[name], until_depth=0.05)
        assert seen.start_s == pytest.approx(truth.start_s + start_s, abs=3 * FRAME_S), name
        assert seen.end_s == pytest.approx(truth.start_s + end_s, abs=3 * FRAME_S), name
