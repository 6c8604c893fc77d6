"""Whole films through the analysis: what counts, what doesn't, and when it happened."""

from dataclasses import replace

import numpy as np
import pytest
from poses import (
    PARALLEL,
    STANDING,
    Stick,
    changed,
    down_to,
    drawn_film,
    film,
    joined,
    later,
    lost,
    mirrored,
    rep,
    seen_by_network,
    told,
)

from edge_valgus.analysis.timing import LAG_S
from edge_valgus.capture.drawn import DrawnLifter, RepScript, SetScript, random_set
from edge_valgus.config import Config, CountConfig
from edge_valgus.events import LifterEntered, LifterLeft, Phase, RepAbandoned, RepStarted

LEAD = (1.5, STANDING)
END = (1.0, STANDING)


def stand(**changes: float) -> Stick:
    return replace(STANDING, **changes)


@pytest.mark.parametrize(
    ("moves", "counted", "partial"),
    [
        pytest.param(rep(), 1, 0, id="one squat"),
        pytest.param(rep(1.3), 1, 0, id="a deep squat"),
        pytest.param(rep(0.42), 1, 0, id="just deep enough"),
        pytest.param(rep(0.33), 0, 1, id="too shallow to count is partial"),
        pytest.param(rep(0.15), 0, 0, id="a bob is nothing"),
        pytest.param(rep(0.2), 0, 0, id="fidgeting is nothing"),
        pytest.param(
            [(1, PARALLEL), (0.6, down_to(0.5)), (0.6, PARALLEL), (1, STANDING), END], 1, 0, id="a double dip is one"
        ),
        pytest.param(rep(hold_s=10.0), 1, 0, id="held at the bottom"),
        pytest.param(
            [
                (1, PARALLEL),
                (0.8, down_to(0.2)),
                (0.8, PARALLEL),
                (0.8, down_to(0.2)),
                (0.8, PARALLEL),
                (1, STANDING),
                END,
            ],
            3,
            0,
            id="touch and go without standing up is one each",
        ),
        pytest.param(
            [(0.7, down_to(0.5)), (2, down_to(0.5)), (0.7, PARALLEL), (1, STANDING), END],
            1,
            0,
            id="paused half-way down",
        ),
        pytest.param(
            [(0.9, PARALLEL), (0.7, down_to(0.5)), (2, down_to(0.5)), (0.9, STANDING), END],
            1,
            0,
            id="paused half-way up",
        ),
        pytest.param(rep(down_s=4.0, up_s=4.0), 1, 0, id="four seconds each way"),
        pytest.param(rep(down_s=8.0, up_s=8.0), 1, 0, id="eight seconds each way"),
        pytest.param(rep(down_s=0.5, hold_s=0.01, up_s=0.5), 1, 0, id="half a second each way"),
        pytest.param(rep(down_s=0.17, hold_s=0.01, up_s=0.17), 0, 0, id="a third of a second in all is none"),
        pytest.param(rep() * 6, 6, 0, id="six squats"),
        pytest.param([*rep(), *rep(0.33), *rep()], 2, 1, id="a partial one between two"),
        pytest.param(
            [(1.2, PARALLEL), (60.0, PARALLEL), (1.0, STANDING), END, *rep()],
            1,
            0,
            id="sat down for a minute, then one",
        ),
    ],
)
def test_counts(moves, counted, partial):
    story = told(film(LEAD, *moves))
    assert (len(story.reps), len(story.partial)) == (counted, partial)


FREE_FOOT = {"foot_up_left": 0.1, "knee_up_left": 0.1}
FREE_LEG = {"foot_up_left": 0.3, "knee_up_left": 0.2, "foot_in_left": 0.05}
BEHIND = {"foot_up_left": 0.15, "foot_in_left": 0.05}
LUNGE = stand(depth=0.85, trunk=0.55, foot_up_left=0.12, knee_up_left=-0.25, foot_in_left=0.1)
SPLIT = stand(foot_up_left=0.32)
SPLIT_DOWN = stand(depth=0.8, foot_up_left=0.32, knee_up_left=-0.1)
PLANK = stand(trunk=0.1, hip_drop=0.72, depth=0.1)
PLANK_DOWN = stand(trunk=0.05, hip_drop=0.85, depth=0.1)
FAR = stand(y=380.0, leg_px=130.0)


def walk(since: Stick, until: Stick, steps: int = 6) -> list[tuple[float, Stick]]:
    """Walking towards or away from the camera."""
    moves: list[tuple[float, Stick]] = []
    for step in range(steps):
        share = (step + 1) / steps
        there = stand(
            x=since.x + share * (until.x - since.x),
            y=since.y + share * (until.y - since.y),
            leg_px=since.leg_px + share * (until.leg_px - since.leg_px),
        )
        side = "left" if step % 2 else "right"
        moves += [(0.3, replace(there, **{f"foot_up_{side}": 0.12, f"knee_up_{side}": 0.05})), (0.3, there)]
    return moves


NO_SQUATS = {
    "walking in": ([(0.2, FAR), *walk(FAR, STANDING), END], FAR),
    "walking out": ([LEAD, *walk(STANDING, FAR), (1.0, FAR), (3.0, None)], STANDING),
    "walking across": ([(0.2, stand(x=120.0)), *walk(stand(x=120.0), stand(x=520.0))], stand(x=120.0)),
    "stepping sideways": (
        [LEAD, (0.3, stand(foot_in_left=-0.2, foot_up_left=0.05)), (0.3, stand(stance=0.6, x=340.0)), (0.3, stand(x=366.0)), END],
        STANDING,
    ),
    "stepping back a little": ([LEAD, (0.7, stand(y=420.0, leg_px=176.0)), (2.0, stand(y=420.0, leg_px=176.0))], STANDING),
    "stepping back a lot": ([LEAD, (0.9, stand(y=405.0, leg_px=143.0)), (2.0, stand(y=405.0, leg_px=143.0))], STANDING),
    "stepping closer": ([LEAD, (0.9, stand(y=460.0, leg_px=260.0)), (2.0, stand(y=460.0, leg_px=260.0))], STANDING),
    "a lunge": ([LEAD, (0.5, stand(**BEHIND)), (1.0, LUNGE), (0.3, LUNGE), (1.0, stand(**BEHIND)), (0.5, STANDING), END], STANDING),
    "split squats": ([LEAD, (0.6, SPLIT), (1.0, SPLIT), (1.0, SPLIT_DOWN), (0.3, SPLIT_DOWN), (1.0, SPLIT), (1.0, SPLIT)], STANDING),
    "push-ups": (
        [LEAD, (1.5, PLANK), (1.0, PLANK), *[(1.0, PLANK_DOWN), (1.0, PLANK)] * 3, (1.5, STANDING), END],
        STANDING,
    ),
    "jumping jacks": ([LEAD, *[(0.4, stand(stance=1.1, depth=0.2)), (0.4, STANDING)] * 6, END], STANDING),
    "bending for a plate on straight legs": (
        [LEAD, (1.0, stand(trunk=-0.1, hip_drop=0.12, depth=0.1)), (0.5, stand(trunk=-0.1, hip_drop=0.12, depth=0.1)), (1.0, STANDING), END],
        STANDING,
    ),
    "bending for a plate with bent knees": (
        [LEAD, (1.0, stand(trunk=-0.05, depth=0.5)), (0.5, stand(trunk=-0.05, depth=0.5)), (1.0, STANDING), END],
        STANDING,
    ),
    "standing for a minute": ([(60.0, STANDING)], STANDING),
    "nobody": ([(5.0, None)], None),
}  # fmt: skip


@pytest.mark.parametrize("way_round", [lambda frames: frames, mirrored], ids=["as it is", "mirrored"])
@pytest.mark.parametrize("name", NO_SQUATS)
def test_is_no_rep(name, way_round):
    moves, begin = NO_SQUATS[name]
    for error_px in (0.0, 1.0):
        story = told(seen_by_network(way_round(film(*moves, begin=begin)), 3, error_px))
        assert (len(story.reps), len(story.partial), story.sets) == (0, 0, [])


def test_walking_in_two_squats_and_walking_out_are_two():
    moves = [
        (0.2, FAR),
        *walk(FAR, STANDING),
        (1.5, STANDING),
        *rep(),
        *rep(),
        *walk(STANDING, FAR),
        (1.0, FAR),
        (3.0, None),
    ]
    story = told(film(*moves, begin=FAR))
    assert (len(story.reps), len(story.partial), story.sets) == (2, 0, [(1, 2, 0)])


@pytest.mark.parametrize(
    "free",
    [
        pytest.param((FREE_FOOT, FREE_LEG), id="lifted before"),
        pytest.param(({}, FREE_LEG), id="lifted on the way down"),
    ],
)
@pytest.mark.parametrize("way_round", [lambda frames: frames, mirrored], ids=["on the right", "on the left"])
def test_single_leg_squat_is_one_rep(free, way_round):
    up, low = stand(**free[0]), down_to(0.6, **free[1])
    story = told(
        way_round(film(LEAD, (0.5, up), (0.5, up), (1.2, low), (0.2, low), (1.0, up), (0.5, up), (0.5, STANDING), END))
    )
    assert (len(story.reps), len(story.partial)) == (1, 0)


TWO = film(LEAD, *rep(), *rep())  # standing again at 3.9 s, the second one from 4.7 to 7.1 s


@pytest.mark.parametrize("since_s", np.arange(1.5, 4.0, 0.25))
def test_lost_for_a_moment_in_mid_rep_still_counts(since_s):
    story = told(lost(TWO, since_s, since_s + 0.3))
    assert len(story.reps) == 2
    assert story.of(LifterLeft) == [LifterLeft(TWO[-1][0])]


@pytest.mark.parametrize("absent", [True, False], ids=["the source stalls", "nobody is seen"])
@pytest.mark.parametrize("since_s", [1.8, 2.3, 2.7, 3.2])
def test_lost_for_two_seconds_in_mid_rep_is_abandoned_and_the_next_one_counts(since_s, absent):
    frames = lost(TWO, since_s, since_s + 2.0)
    story = told([f for f in frames if f[1] is not None] if absent else frames)
    assert len(story.reps) == 1
    assert story.reps[0].start_s == pytest.approx(4.93, abs=0.15) or since_s + 2.0 > 4.93
    assert len(story.of(LifterEntered)) == 2
    reasons = [event.reason for event in story.of(RepAbandoned)]
    # At 1.8 s the hips had only begun to sink.
    assert reasons == ["lost sight of the lifter"] * (since_s > 1.8)


def test_flags_and_rep_end_when_the_source_stalls_and_the_lifter_comes_back_bent():
    caving = film(LEAD, *rep(), (1.2, down_to(1.0, knee_in_left=0.1)), (0.5, down_to(1.0, knee_in_left=0.1)))
    story = told(joined(caving, film((3.0, PARALLEL), begin=PARALLEL), pause_s=10.0))
    assert len(story.reps) == 1
    assert not any(r.flagged_left or r.in_view for r in story.readings[len(caving) :])


def test_starting_in_mid_rep_counts_from_the_next_one():
    story = told(film((0.5, PARALLEL), (1.0, STANDING), (1.0, STANDING), *rep(), begin=PARALLEL))
    assert [r.start_s for r in story.reps] == pytest.approx([2.73], abs=0.1)


@pytest.mark.parametrize(
    ("until_s", "counted", "reasons"),
    [(3.65, 1, []), (3.2, 0, ["the source ended"]), (2.8, 0, ["the source ended"])],
    ids=["at the top of the ascent", "half-way up", "at the bottom"],
)
def test_source_ends(until_s, counted, reasons):
    story = told([(t, p) for t, p in TWO if t < until_s])
    assert len(story.reps) == counted
    assert [event.reason for event in story.of(RepAbandoned)] == reasons


MIXED = [*rep(), *rep(down_s=0.5, hold_s=0.01, up_s=0.5), *rep(0.6), *rep(0.33), *rep(down_s=3.0, up_s=3.0)]


@pytest.mark.parametrize("fps", [10.0, 15.0, 24.0, 30.0, 60.0], ids="{:g} fps".format)
def test_any_frame_rate(fps):
    story = told(film(LEAD, *MIXED, fps=fps))
    assert (len(story.reps), len(story.partial)) == (4, 1)
    assert [r.bottom_s for r in story.reps] == pytest.approx([2.75, 5.2, 7.8, 15.95], abs=0.15)


@pytest.mark.parametrize("seed", range(5))
def test_irregular_and_dropped_frames(seed):
    random = np.random.default_rng(seed)
    dense = film(LEAD, *MIXED, fps=120.0)
    at, frames = 0, []
    while at < len(dense):
        frames.append(dense[at])
        at += int(random.choice([2, 3, 4, 8, 25], p=[0.3, 0.3, 0.3, 0.08, 0.02]))
    story = told(frames)
    assert (len(story.reps), len(story.partial)) == (4, 1)


def test_repeated_frames_say_nothing_new():
    once, twice = told(TWO), told([frame for frame in TWO for _ in range(3)])
    assert [type(e) for e in once.events] == [type(e) for e in twice.events]
    assert [r.start_s for r in once.reps] == [r.start_s for r in twice.reps]
    assert [r.frames for r in once.reps] == [r.frames for r in twice.reps]


def test_a_frame_that_comes_late_is_left_out():
    late = [*TWO[:60], *[(t - 0.2, p) for t, p in TWO[60:63]], *TWO[63:]]
    assert [(r.start_s, r.end_s) for r in told(late).reps] == [(r.start_s, r.end_s) for r in told(TWO).reps]


@pytest.mark.parametrize("back_s", [2.0, 50.0, 5e3, 1e9], ids="{:g} s".format)
def test_a_clock_that_starts_anew_closes_everything_and_counts_on(back_s):
    story = told([*TWO, *later(TWO, TWO[0][0] - back_s)])
    assert len(story.reps) == 4
    assert story.sets == [(1, 2, 0), (1, 2, 0)]


@pytest.mark.parametrize("wrong_s", [1e5, -1e5, 1e9], ids="{:g} s".format)
def test_one_wildly_wrong_time_costs_at_most_one_rep(wrong_s):
    story = told([(t + wrong_s if index == 60 else t, p) for index, (t, p) in enumerate(TWO)])
    assert len(story.reps) == 1


@pytest.mark.parametrize("gap_s", [5.0, 1e5], ids="{:g} s".format)
def test_one_huge_gap_in_mid_rep(gap_s):
    story = told([(t + gap_s * (index >= 70), p) for index, (t, p) in enumerate(TWO)])
    assert len(story.reps) == 1
    assert [event.reason for event in story.of(RepAbandoned)] == ["lost sight of the lifter"]


def edges_of(script: RepScript, start_s: float) -> tuple[float, float, float]:
    """When the true depth leaves and reaches 5 % of a leg's travel to parallel, and the middle of the bottom."""
    times_s = np.arange(0.0, script.moving_s, 0.005)
    below = [t for t in times_s if script.depth_at(t) > 0.05]
    return start_s + below[0], start_s + script.descent_s + script.hold_s / 2, start_s + below[-1]


@pytest.mark.parametrize(
    ("error_px", "within_s"), [(0.0, 0.1 + LAG_S), (1.5, 0.25)], ids=["exact", "as a network sees it"]
)
@pytest.mark.parametrize("seed", range(8))
def test_times_and_depth_against_the_drawn_truth(seed, error_px, within_s):
    """Exact joints are not late as smoothed ones are: what the clock takes off for that is an error here."""
    script = random_set(seed, 3)
    story = told(seen_by_network(drawn_film(script), seed, error_px))
    truths = DrawnLifter(script).true_reps
    assert len(story.reps) == len(truths)
    for rep_seen, asked, truth in zip(story.reps, script.reps, truths, strict=True):
        start_s, bottom_s, end_s = edges_of(asked, truth.start_s)
        assert rep_seen.start_s == pytest.approx(start_s, abs=within_s)
        assert rep_seen.bottom_s == pytest.approx(bottom_s, abs=within_s + asked.hold_s / 2)
        assert rep_seen.end_s == pytest.approx(end_s, abs=within_s)
        assert rep_seen.depth == pytest.approx(truth.depth, abs=0.15)


@pytest.mark.parametrize("error_px", [0.0, 1.5], ids=["exact", "as a network sees it"])
def test_slow_and_quick_drawn_reps(error_px):
    reps = (
        RepScript(descent_s=4.0, ascent_s=4.0),
        RepScript(descent_s=0.5, hold_s=0.0, ascent_s=0.5),
        RepScript(depth=1.3),
        RepScript(depth=0.12),
        RepScript(depth=0.33),
        RepScript(hold_s=5.0),
    )
    story = told(seen_by_network(drawn_film(SetScript(reps=reps)), 1, error_px))
    assert [r.depth for r in story.reps] == pytest.approx([1.0, 1.0, 1.3, 1.0], abs=0.15)
    assert len(story.partial) == 1


def test_depth_that_counts_is_a_setting():
    strict = Config(count=CountConfig(min_depth=0.9))
    story = told(film(LEAD, *rep(0.8), *rep(1.0)), strict)
    assert (len(story.reps), len(story.partial)) == (1, 1)


@pytest.mark.parametrize("pause_s", [1.5, 2.5, 4.5], ids="after {} s".format)
@pytest.mark.parametrize(
    "other", [stand(leg_px=170.0, x=300.0), stand(leg_px=260.0, y=460.0)], ids=["by a smaller one", "by a taller one"]
)
def test_lifter_replaced_by_another_of_different_size(other, pause_s):
    low = replace(other, depth=1.0, trunk=0.5)
    second = film((1.5, other), (1.2, low), (1.0, other), (1.0, other), begin=other)
    story = told(joined(film(LEAD, *rep()), film((pause_s, None)), second))
    assert [r.depth for r in story.reps] == pytest.approx([1.0, 1.0], abs=0.1)
    assert story.partial == []
    assert len(story.of(LifterEntered)) == len(story.of(LifterLeft)) == 2


@pytest.mark.parametrize("scale", [0.7, 0.85, 1.15, 1.25])
def test_lifter_steps_to_another_distance_between_reps(scale):
    other = stand(leg_px=220.0 * scale, y=300.0 + 140.0 * scale)
    low = replace(other, depth=1.0, trunk=0.5)
    story = told(film(LEAD, *rep(), (1.0, other), (2.0, other), (1.2, low), (1.0, other), (1.0, other)))
    assert [r.depth for r in story.reps] == pytest.approx([1.0, 1.0], abs=0.1)
    assert story.partial == []


@pytest.mark.parametrize("at_s", [4.3, 5.3, 5.95, 6.5], ids=["standing", "going down", "at the bottom", "going up"])
@pytest.mark.parametrize(
    ("by_px", "costs"), [((40.0, -30.0), 0), ((-40.0, 25.0), 0), ((-90.0, 10.0), 1)], ids=["up", "down", "far aside"]
)
def test_camera_is_knocked_in_mid_set(at_s, by_px, costs):
    frames = film(LEAD, *rep(), *rep(), *rep())
    shift = np.array(by_px, np.float32)
    story = told(changed(frames, lambda pose: replace(pose, xy_px=pose.xy_px + shift), at_s))
    assert 3 - costs <= len(story.reps) <= 3
    assert story.partial == []
    assert not {"left", "right", "both"} & set(story.valgus)


def test_phases_and_view_are_read_along():
    story = told(film((1.0, None), LEAD, *rep(hold_s=0.8), (3.0, None), begin=None))
    phases = [reading.phase for reading in story.readings]
    order = [p for i, p in enumerate(phases) if i == 0 or phases[i - 1] is not p]
    assert order == [Phase.AWAY, Phase.STANDING, Phase.DESCENT, Phase.BOTTOM, Phase.ASCENT, Phase.STANDING, Phase.AWAY]
    assert [r.in_view for r in story.readings] == [r.phase is not Phase.AWAY for r in story.readings]
    assert all(np.isnan(r.measures.depth) for r in story.readings if r.phase is Phase.AWAY)
    assert [type(e) for e in story.events[:2]] == [LifterEntered, RepStarted]
