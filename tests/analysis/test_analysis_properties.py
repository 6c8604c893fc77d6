"""What must not matter: the side, the scale, the place, the clock, the frames that were lost."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from poses import (
    STANDING,
    Film,
    Move,
    Story,
    changed,
    check_order,
    down_to,
    film,
    later,
    lost,
    mirrored,
    rep,
    seen_by_network,
    told,
)

from edge_valgus.analysis import Analyser
from edge_valgus.analysis.body import body_of
from edge_valgus.analysis.shape import ShapeWitness
from edge_valgus.config import Config, CountConfig
from edge_valgus.events import Event, FlagOff, FlagOn, RepCounted, RepPartial

# What failed is worth more than a warning that its film is long.
pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")

FPS = 15.0  # the slowest at which knees are judged well; more only takes longer
QUICK = Config(count=CountConfig(rest_s=4.0, session_gap_min=1.0))

seconds = st.floats(0.5, 2.5)
squats = st.builds(
    rep,
    depth=st.sampled_from([0.15, 0.33, 0.6, 0.9, 1.0, 1.25]),
    down_s=seconds,
    hold_s=st.floats(0.01, 1.0),
    up_s=seconds,
    rest_s=st.floats(0.4, 1.2),
    knee_in_left=st.sampled_from([0.0, 0.0, 0.1]),
    knee_in_right=st.sampled_from([0.0, 0.0, 0.1]),
)
postures = st.builds(
    replace,
    st.just(STANDING),
    x=st.floats(200.0, 440.0),
    leg_px=st.floats(80.0, 260.0),
    depth=st.floats(-0.1, 1.4),
    trunk=st.floats(-0.2, 0.7),
    shoulders=st.floats(-0.4, 0.5),
    foot_up_left=st.floats(0.0, 0.4),
    foot_in_right=st.floats(-0.3, 0.3),
)
anything = st.one_of(
    squats,
    st.tuples(st.floats(0.1, 2.0), postures).map(lambda move: [move]),
    st.tuples(st.floats(0.1, 6.0), st.sampled_from([None, STANDING, down_to(1.0)])).map(lambda move: [move]),
)


def played(blocks: list[list[Move]]) -> Film:
    return film((1.0, STANDING), *(move for block in blocks for move in block), fps=FPS)


sets = st.tuples(st.lists(squats, min_size=1, max_size=3).map(played), st.integers(0, 9)).map(
    lambda drawn: seen_by_network(drawn[0], drawn[1], 1.0)
)


def verdicts(story: Story) -> list[tuple[str, bool, str, float]]:
    return [
        (type(e).__name__, e.rep.counted, str(e.rep.valgus), round(e.rep.depth, 3))
        for e in story.events
        if isinstance(e, RepCounted | RepPartial)
    ]


def outline(events: list[Event]) -> list[tuple[str, str]]:
    return [(type(e).__name__, str(getattr(e, "side", ""))) for e in events]


OTHER_SIDE = {"left": "right", "right": "left"}


@settings(max_examples=25)
@given(sets)
def test_a_mirror_swaps_the_sides_and_nothing_else(frames):
    plain, other = told(frames), told(mirrored(frames))
    assert [(k, c, OTHER_SIDE.get(v, v), d) for k, c, v, d in verdicts(plain)] == verdicts(other)
    flags, flags_there = (
        sorted((sides[e.side], e.time_s, type(e).__name__) for e in story.events if isinstance(e, FlagOn | FlagOff))
        for story, sides in ((plain, OTHER_SIDE), (other, {"left": "left", "right": "right"}))
    )
    assert [(side, what) for side, _, what in flags] == [(side, what) for side, _, what in flags_there]
    # Each frame the left knee teaches the path first: what the right one then adds differs by a hair.
    assert [time_s for _, time_s, _ in flags] == pytest.approx([time_s for _, time_s, _ in flags_there], abs=0.1)


@settings(max_examples=20)
@given(sets, st.floats(0.4, 4.0), st.integers(-300, 300), st.integers(-300, 300))
def test_the_scale_and_the_place_of_the_picture_do_not_matter(frames, scale, dx, dy):
    wide = changed(frames, lambda pose: replace(pose, size_px=(10_000, 10_000), xy_px=pose.xy_px + np.float32(400.0)))
    shift = np.array((dx, dy), np.float32)

    def move(pose):
        return replace(pose, xy_px=pose.xy_px * np.float32(scale) + np.float32(400.0) + shift)

    assert verdicts(told(changed(wide, move))) == verdicts(told(wide))


@settings(max_examples=20)
@given(sets, st.sampled_from([-1000.0, 0.25, 1e4, 1e6]))
def test_the_clocks_start_does_not_matter(frames, by_s):
    here, there = told(frames), told(later(frames, by_s))
    assert outline(there.events) == outline(here.events)
    # Where a limit in time ends with a frame, rounding decides whether it is this one or the next.
    times_s = [event.time_s - by_s for event in there.events]
    assert times_s == pytest.approx([event.time_s for event in here.events], abs=1.01 / FPS)
    for rep_seen in there.reps:
        assert rep_seen.trace[0, 0] == 0.0 or 0.0 < rep_seen.trace[0, 0] < 0.1
        assert np.all(np.diff(rep_seen.trace[:, 0]) > 0.9 / FPS)


@settings(max_examples=20)
@given(st.lists(squats, min_size=1, max_size=3), st.integers(0, 99), st.floats(0.0, 0.3))
def test_dropping_up_to_a_third_of_the_frames_changes_no_count(blocks, seed, share):
    moves = [move for block in blocks for move in block]
    frames = film((1.0, STANDING), *moves, fps=30.0)
    random = np.random.default_rng(seed)
    kept = [frame for frame in frames if random.random() >= share]
    plain, thinned = told(frames), told(kept)
    assert (len(thinned.reps), len(thinned.partial)) == (len(plain.reps), len(plain.partial))
    assert len(plain.reps) == sum(block[0][1].depth >= 0.6 for block in blocks)


@settings(max_examples=20)
@given(st.lists(st.sampled_from([0.6, 0.9, 1.2]), min_size=1, max_size=3), st.floats(0.6, 3.0))
def test_tempo_does_not_matter(depths, stretch):
    frames = film((1.0, STANDING), *(move for depth in depths for move in rep(depth, rest_s=1.0)), fps=30.0)
    story = told([(t * stretch, pose) for t, pose in frames])
    assert [r.depth for r in story.reps] == pytest.approx(depths, abs=0.06)
    assert story.partial == []


@settings(max_examples=60)
@given(st.lists(anything, max_size=6), st.integers(0, 9), st.floats(0.0, 12.0), st.floats(0.0, 4.0))
def test_events_keep_their_order_whatever_happens(blocks, seed, since_s, for_s):
    frames = seen_by_network(lost(played(blocks), since_s, since_s + for_s), seed, 2.0)
    for frames_seen in (frames, [frame for frame in frames if frame[1] is not None]):
        story = told(frames_seen, QUICK)  # checks the order
        for reading in story.readings:
            assert reading.flagged_left <= (reading.doubt is None)
            assert reading.judged <= reading.in_view


@settings(max_examples=30)
@given(
    st.lists(anything, max_size=4),
    st.lists(st.tuples(st.integers(0, 200), st.sampled_from([-1e9, -100.0, -2.0, -0.5, 0.0, 0.5, 100.0])), max_size=4),
)
def test_no_time_is_so_wrong_that_it_breaks_anything(blocks, jumps):
    frames, by_s = [], 0.0
    wrong = dict(jumps)
    for index, (time_s, pose) in enumerate(played(blocks)):
        by_s += wrong.get(index, 0.0)
        frames.append((time_s + by_s, pose))
    story = told(frames, QUICK)
    for reading in story.readings:
        assert not math.isinf(reading.measures.depth)


@settings(max_examples=30)
@given(st.lists(anything, max_size=3), st.lists(st.integers(0, 200), max_size=5))
def test_the_button_may_be_pressed_at_any_time(blocks, presses):
    analyser, events = Analyser(QUICK), []
    last_s = 0.0
    for index, (last_s, pose) in enumerate(played(blocks)):
        events += analyser.update(last_s, pose)
        if index in presses:
            events += analyser.end_set(last_s, new_session=index % 2 == 0)
    events += analyser.finish(last_s)
    check_order(events)


def test_a_body_whose_hips_never_sink_below_standing_breaks_nothing():
    witness = ShapeWitness()
    body = body_of(STANDING.pose())
    for step in range(30):
        witness.see(body, step / 30, -0.05 - 0.001 * step, 220.0)
    assert witness.swung(0.0, 1.0) == frozenset()
    assert isinstance(witness.objection(0.0, 1.0), str | None)
