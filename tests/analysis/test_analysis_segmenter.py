import math

import numpy as np
import pytest

from edge_valgus.analysis.segmenter import MAX_REP_S, RepSegmenter, Segment, Step
from edge_valgus.events import Phase

Signal = list[tuple[float, float]]


def signal(*moves: tuple[float, float], fps: float = 30.0, start_s: float = 0.0) -> Signal:
    """Depth over time: one second of standing, then moves (duration, depth at its end)."""
    readings: Signal = []
    before, elapsed_s, index = 0.0, 0.0, 0
    for duration_s, goal in ((1.0, 0.0), *moves):
        while index / fps < elapsed_s + duration_s - 1e-9:
            share = (index / fps - elapsed_s) / duration_s
            eased = share**3 * (10.0 - 15.0 * share + 6.0 * share**2)
            readings.append((start_s + index / fps, before + eased * (goal - before)))
            index += 1
        before, elapsed_s = goal, elapsed_s + duration_s
    return readings


def steps_of(readings: Signal) -> list[Step]:
    segmenter = RepSegmenter()
    return [segmenter.update(time_s, depth) for time_s, depth in readings] + [segmenter.finish()]


def segments_of(readings: Signal) -> list[Segment]:
    return [step.finished for step in steps_of(readings) if step.finished]


UP = (1.0, 0.0)
STAND = (0.8, 0.0)


@pytest.mark.parametrize(
    ("moves", "depths"),
    [
        pytest.param([(1.0, 1.0), UP, STAND], [1.0], id="down and up is one"),
        pytest.param([(1.0, 0.11), UP, STAND], [], id="a bob is none"),
        pytest.param([(1.0, 0.2), UP, STAND], [0.2], id="a shallow one is cut out too, others judge its depth"),
        pytest.param([(1.0, 1.3), UP, STAND], [1.3], id="deep"),
        pytest.param([(1.0, 1.0), (0.6, 0.5), (0.6, 1.0), UP, STAND], [1.0], id="a double dip is one"),
        pytest.param([(1.0, 1.0), (0.6, 0.36), (0.6, 1.2), UP, STAND], [1.2], id="a double dip counts at its deepest"),
        pytest.param(
            [(1.0, 1.0), (0.8, 0.2), (0.8, 0.9), UP, STAND], [1.0, 0.9], id="touch and go short of standing is two"
        ),
        pytest.param(
            [(1.0, 1.0), (0.8, 0.27), (0.6, 0.5), (2.0, 0.5), UP, STAND], [1.0, 0.5], id="one and a half, held"
        ),
        pytest.param([(1.0, 0.27), (3.0, 0.27), UP, STAND], [0.27], id="shallow, and held"),
        pytest.param([(1.0, 1.0), (0.8, 0.0), (0.8, 0.9), UP, STAND], [1.0, 0.9], id="two without a pause"),
        pytest.param([(1.0, 1.0), (10.0, 1.0), UP, STAND], [1.0], id="held at the bottom"),
        pytest.param([(0.7, 0.5), (2.0, 0.5), (0.7, 1.0), UP, STAND], [1.0], id="paused on the way down"),
        pytest.param([(1.0, 1.0), (0.7, 0.5), (2.0, 0.5), UP, STAND], [1.0], id="paused on the way up"),
        pytest.param([(1.0, 1.0), (0.8, 0.2), (3.0, 0.2), (0.5, 0.0), STAND], [1.0], id="paused just below the top"),
        pytest.param([(8.0, 1.0), (8.0, 0.0), STAND], [1.0], id="eight seconds each way"),
        pytest.param([(0.5, 1.0), (0.5, 0.0), STAND], [1.0], id="half a second each way"),
        pytest.param([(0.15, 1.0), (0.15, 0.0), STAND], [], id="a third of a second in all is none"),
        pytest.param([(1.0, 1.0), (0.85, 0.05)], [1.0], id="the source ends near the top"),
        pytest.param([(1.0, 1.0)], [], id="the source ends at the bottom"),
        pytest.param([(1.0, 1.0), (MAX_REP_S, 1.0), UP, STAND], [], id="sitting is none"),
        pytest.param(
            [(1.0, 1.0), (MAX_REP_S, 1.0), UP, STAND, (1.0, 0.9), UP, STAND], [0.9], id="and the next one counts"
        ),
        pytest.param(
            [(2.0, 0.15), (20.0, 0.15), (1.0, 1.0), (1.0, 0.15), (1.0, 0.15)], [1.0], id="stands lower than before"
        ),
        pytest.param(
            [(0.6, 0.19), *[(0.5, 0.1), (0.5, 0.19)] * 4, (0.5, 0.1), (1.5, 0.9), (1.5, 0.1), STAND],
            [0.9],
            id="walks in",
        ),
        pytest.param([(6.0, 0.34), (6.0, 0.0), STAND], [0.34], id="shallow, six seconds each way"),
        pytest.param([(2.0, -0.3), (3.0, -0.3), (1.0, 0.8), (1.0, -0.3), STAND], [0.8], id="stands higher than before"),
    ],
)
@pytest.mark.parametrize("fps", [10.0, 15.0, 30.0, 60.0])
def test_cuts_out_the_reps(moves, depths, fps):
    assert [s.depth for s in segments_of(signal(*moves, fps=fps))] == pytest.approx(depths, abs=0.05)


@pytest.mark.parametrize("down_s", [0.5, 1.0, 2.0, 5.0])
@pytest.mark.parametrize("up_s", [0.5, 1.0, 2.0, 5.0])
def test_start_and_end_are_where_the_hips_leave_and_reach_the_top_by_a_twentieth(down_s, up_s):
    (segment,) = segments_of(signal((down_s, 1.0), (0.1, 1.0), (up_s, 0.0), STAND))
    share = 0.1893  # of the time, until a gentle movement has done 5 % of its way
    assert segment.start_s == pytest.approx(1.0 + share * down_s, abs=0.15)
    assert segment.bottom_s == pytest.approx(1.0 + down_s, abs=0.1)
    assert segment.end_s == pytest.approx(1.1 + down_s + (1 - share) * up_s, abs=0.15)


def test_a_pause_short_of_the_top_ends_the_rep_where_it_began():
    (segment,) = segments_of(signal((1.0, 1.0), (1.0, 0.2), (3.0, 0.2)))
    assert segment.end_s == pytest.approx(3.0, abs=0.05)


def test_the_top_follows_a_lifter_who_stays_lower():
    readings = signal((4.0, 0.1), (10.0, 0.1), (1.0, 0.9), (1.0, 0.1), (0.5, 0.1))
    (segment,) = segments_of(readings)
    assert segment.start_s == pytest.approx(15.0 + 0.19, abs=0.15)
    assert segment.end_s == pytest.approx(17.0 - 0.19, abs=0.15)


@pytest.mark.parametrize("missing", [math.nan, None], ids=["unreadable", "absent"])
@pytest.mark.parametrize(
    ("gap_s", "reps", "abandoned"), [(0.3, 1, 0), (1.4, 1, 0), (1.7, 0, 1), (30.0, 0, 1)], ids="for {} s".format
)
def test_readings_missing_in_mid_rep(missing, gap_s, reps, abandoned):
    moves = signal((1.0, 1.0), (gap_s + 0.2, 1.0), UP, STAND)
    gone = [(t, math.nan if 2.1 <= t < 2.1 + gap_s else d) for t, d in moves]
    if missing is None:
        gone = [(t, d) for t, d in gone if not math.isnan(d)]
    steps = steps_of(gone)
    assert sum(step.finished is not None for step in steps) == reps
    assert [step.abandoned for step in steps if step.abandoned] == ["lost sight of the lifter"] * abandoned


@pytest.mark.parametrize("deviation", [0.005, 0.01, 0.02])
def test_noise_makes_no_reps(deviation):
    random = np.random.default_rng(7)
    readings = signal(*[(1.2, 1.0), (1.0, 0.0), (1.5, 0.0)] * 5, (60.0, 0.0))
    noisy = [(t, d + random.normal(0.0, deviation)) for t, d in readings]
    assert len(segments_of(noisy)) == 5


def test_phases_come_in_order():
    seen = []
    for step in steps_of(signal((1.0, 1.0), (0.8, 1.0), UP, STAND)):
        if not seen or seen[-1] is not step.phase:
            seen.append(step.phase)
    assert seen == [Phase.STANDING, Phase.DESCENT, Phase.BOTTOM, Phase.ASCENT, Phase.STANDING]


@pytest.mark.parametrize(
    "moves",
    [
        pytest.param([(0.15, 1.0), (0.15, 0.0), STAND], id="too quick"),
        pytest.param([(0.1, 1.0), (0.1, 0.1), (1.0, 1.0), UP, STAND], id="too quick, and straight into the next"),
        pytest.param([(1.0, 1.0)], id="the source ends"),
        pytest.param([(1.0, 1.0), (50.0, 1.0), UP, STAND], id="sitting"),
        pytest.param([(1.0, 1.0), (0.8, 0.2), (0.8, 0.9), UP, STAND], id="touch and go"),
    ],
)
def test_each_start_has_one_end(moves):
    is_open = False
    for step in steps_of(signal(*moves)):
        if step.finished or step.abandoned:
            assert is_open
            assert not (step.finished and step.abandoned)
            is_open = False
        if step.started_s is not None:
            assert not is_open
            is_open = True
    assert not is_open


def test_reset_says_whether_a_rep_was_lost():
    segmenter = RepSegmenter()
    assert not segmenter.reset()
    for time_s, depth in signal((1.0, 1.0)):
        segmenter.update(time_s, depth)
    assert segmenter.in_rep
    assert segmenter.reset()
    assert not segmenter.in_rep


@pytest.mark.parametrize("fps", [10.0, 30.0, 60.0])
def test_phases_do_not_flicker_at_any_frame_rate(fps):
    """Readings tremble by 0.01 of depth; a rep with a hold goes through four phases and back to standing."""
    trembling = np.random.default_rng(1)
    segmenter, phases = RepSegmenter(), []
    for index in range(int(6 * fps)):
        time_s = index / fps
        depth = float(np.interp(time_s, [0.0, 1.0, 2.2, 3.7, 4.7, 6.0], [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]))
        phase = segmenter.update(time_s, depth + trembling.normal(0.0, 0.01)).phase
        if not phases or phases[-1] is not phase:
            phases.append(phase)
    assert phases[0] is phases[-1] is Phase.STANDING
    assert len(phases) <= 9


def test_one_reading_at_the_top_is_no_end_of_a_rep():
    readings = signal((1.0, 1.0), (0.5, 1.0), UP, STAND)
    at = next(index for index, (time_s, _) in enumerate(readings) if time_s > 2.2)
    readings[at] = readings[at][0], 0.1
    assert [round(segment.depth, 1) for segment in segments_of(readings)] == [1.0]


def test_a_reading_above_standing_is_no_top_to_come_back_to():
    readings = signal(STAND, (1.0, 1.0), UP, STAND, (1.0, 0.9), UP, STAND)
    readings[20:25] = [(time_s, -0.8) for time_s, _ in readings[20:25]]
    assert [round(segment.depth, 1) for segment in segments_of(readings)] == [1.0, 0.9]
