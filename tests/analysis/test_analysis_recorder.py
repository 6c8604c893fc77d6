import math

import numpy as np
import pytest

from edge_valgus.analysis.recorder import RepRecorder
from edge_valgus.analysis.segmenter import Segment
from edge_valgus.events import TRACE_COLUMNS, Measures, Rep, Valgus

CLOCK_S = 1e6
SEGMENT = Segment(CLOCK_S + 1.0, CLOCK_S + 2.0, CLOCK_S + 3.0, 1.0)


def recorded(
    *,
    mkd=(lambda _: 1.0, lambda _: 1.0),
    flagged=(lambda _: False, lambda _: False),
    judged=lambda _: True,
    fppa=(lambda _: math.nan, lambda _: math.nan),
    tilt=lambda _: 0.0,
    lean=lambda _: math.nan,
    depth=lambda t: 1.0 - abs(2.0 - t),
) -> Rep:
    """Four seconds around the segment, at 30 frames a second; t in seconds since the clock's million."""
    recorder = RepRecorder()
    for frame in range(120):
        t = frame / 30
        nan_unless_judged = 0.0 if judged(t) else math.nan
        recorder.add(
            CLOCK_S + t,
            Measures(
                depth=depth(t),
                kasr=0.5 + 0.5 * abs(2.0 - t),
                mkd_left_pct=mkd[0](t) + nan_unless_judged,
                mkd_right_pct=mkd[1](t) + nan_unless_judged,
                fppa_left_deg=fppa[0](t),
                fppa_right_deg=fppa[1](t),
                pelvic_tilt_deg=tilt(t),
                trunk_lean_deg=lean(t),
            ),
            flagged_left=flagged[0](t),
            flagged_right=flagged[1](t),
            judged=judged(t),
        )
    return recorder.rep(SEGMENT, number=3, counted=True, judge_from_depth=0.25)


def column(rep: Rep, name: str) -> np.ndarray:
    return rep.trace[:, TRACE_COLUMNS.index(name)]


def test_trace_has_the_segments_frames_and_counts_from_its_start_even_by_a_clock_of_a_million_seconds():
    rep = recorded()
    assert rep.trace.dtype == np.float32
    assert rep.trace.shape == (61, len(TRACE_COLUMNS))
    assert rep.frames == 61
    assert column(rep, "time_s") == pytest.approx(np.arange(61) / 30, abs=1e-4)
    assert column(rep, "depth") == pytest.approx(1.0 - abs(1.0 - np.arange(61) / 30), abs=1e-4)
    assert (rep.start_s, rep.bottom_s, rep.end_s) == (SEGMENT.start_s, SEGMENT.bottom_s, SEGMENT.end_s)
    assert (rep.descent_s, rep.ascent_s) == (1.0, 1.0)
    assert (rep.number, rep.counted, rep.depth) == (3, True, 1.0)


def test_peaks_are_taken_over_judged_deep_frames_only():
    high_when_shallow = recorded(mkd=(lambda t: 9.0 if abs(t - 2.0) > 0.8 else 2.0, lambda t: -t))
    assert high_when_shallow.peak_mkd_left_pct == pytest.approx(2.0)
    assert high_when_shallow.peak_mkd_right_pct == pytest.approx(-1.2667, abs=0.05)
    in_doubt = recorded(mkd=(lambda t: 9.0 if t > 2.2 else 2.0, lambda _: 0.0), judged=lambda t: t < 2.2)
    assert in_doubt.peak_mkd_left_pct == pytest.approx(2.0)
    assert in_doubt.min_kasr == pytest.approx(0.5)


def test_what_was_never_measured_stays_not_a_number():
    rep = recorded()
    assert math.isnan(rep.peak_fppa_left_deg)
    assert math.isnan(rep.peak_trunk_lean_deg)
    unjudged = recorded(judged=lambda _: False)
    assert math.isnan(unjudged.peak_mkd_left_pct)
    assert math.isnan(unjudged.min_kasr)
    assert unjudged.judged_frames == 0


def test_each_knees_fppa_is_its_own():
    rep = recorded(fppa=(lambda t: 20.0 - abs(2.0 - t), lambda t: 7.0 - abs(2.0 - t)))
    assert (rep.peak_fppa_left_deg, rep.peak_fppa_right_deg) == (pytest.approx(20.0), pytest.approx(7.0))


@pytest.mark.parametrize("sign", [-1.0, 1.0], ids=["to the left", "to the right"])
def test_tilt_and_lean_keep_their_signs(sign):
    def at_bottom_and_else(bottom_deg, else_deg):
        return lambda t: sign * (bottom_deg if abs(t - 2.0) < 0.1 else else_deg)

    rep = recorded(tilt=at_bottom_and_else(8.0, -3.0), lean=at_bottom_and_else(-5.0, 4.0))

    assert rep.peak_pelvic_tilt_deg == pytest.approx(sign * 8.0)
    assert rep.peak_trunk_lean_deg == pytest.approx(sign * -5.0)


def test_a_rep_can_be_closed_twice():
    recorder = RepRecorder()
    for frame in range(100):
        recorder.add(frame / 10, Measures(depth=0.5), flagged_left=False, flagged_right=False, judged=True)
    first, second = (
        recorder.rep(Segment(2.0, 4.0, 6.0, 0.5), number=1, counted=True, judge_from_depth=0.25) for _ in range(2)
    )
    assert np.array_equal(first.trace, second.trace, equal_nan=True)


def never(t):
    return False


def at_bottom(t):
    return 1.9 < t < 2.1


@pytest.mark.parametrize(
    ("left", "right", "judged", "valgus"),
    [
        (never, never, lambda _: True, Valgus.NONE),
        (at_bottom, never, lambda _: True, Valgus.LEFT),
        (never, at_bottom, lambda _: True, Valgus.RIGHT),
        (at_bottom, at_bottom, lambda _: True, Valgus.BOTH),
        (never, never, never, Valgus.UNKNOWN),
        (never, never, lambda t: t < 1.8, Valgus.UNKNOWN),
        (never, never, lambda t: t < 2.2, Valgus.NONE),
        (at_bottom, never, lambda t: 1.9 < t < 2.1, Valgus.LEFT),
    ],
    ids=[
        "none",
        "left",
        "right",
        "both",
        "never judged",
        "judged for a third",
        "judged for more than half",
        "flagged in the little that was seen",
    ],
)
def test_which_knee(left, right, judged, valgus):
    rep = recorded(flagged=(left, right), judged=judged)
    assert rep.valgus is valgus
    assert rep.flagged_frames == sum(left(f / 30) or right(f / 30) for f in range(30, 91))
    assert rep.judged_frames == sum(judged(f / 30) for f in range(30, 91))


def test_a_rep_that_never_got_deep_is_unknown():
    rep = recorded(depth=lambda _: 0.2)
    assert rep.valgus is Valgus.UNKNOWN
    assert math.isnan(rep.peak_mkd_left_pct)


def test_forgotten_frames_are_gone():
    recorder = RepRecorder()
    for frame in range(100):
        recorder.add(frame / 10, Measures(depth=0.5), flagged_left=False, flagged_right=False, judged=True)
    recorder.forget_before(5.0)
    rep = recorder.rep(Segment(0.0, 6.0, 9.9, 0.5), number=1, counted=True, judge_from_depth=0.25)
    assert rep.frames == 50


def test_a_segment_without_frames_is_a_rep_about_which_nothing_is_known():
    rep = RepRecorder().rep(SEGMENT, number=1, counted=True, judge_from_depth=0.25)
    assert rep.trace.shape == (0, len(TRACE_COLUMNS))
    assert rep.valgus is Valgus.UNKNOWN
