from dataclasses import replace

import pytest
from poses import STANDING, Film, check_order, down_to, film, joined, rep, told

from edge_valgus.analysis import Analyser
from edge_valgus.analysis.sets import SetKeeper
from edge_valgus.config import Config, CountConfig
from edge_valgus.events import Event, LifterLeft, RepCounted, SetEnded, SetStarted

QUICK = Config(count=CountConfig(rest_s=4.0, session_gap_min=1.0))
PAIR = film((1.0, STANDING), *rep(), *rep(), fps=15.0)


def resting(for_s: float, *, in_view: bool) -> Film:
    return film((for_s, STANDING if in_view else None), fps=15.0, begin=STANDING if in_view else None)


def set_events(events: list[Event]) -> list[Event]:
    return [event for event in events if isinstance(event, SetStarted | SetEnded)]


@pytest.mark.parametrize("in_view", [True, False], ids=["in view", "out of view"])
@pytest.mark.parametrize(
    ("pause_s", "numbers"),
    [(1.0, [(1, 4)]), (6.0, [(1, 2), (2, 2)]), (55.0, [(1, 2), (2, 2)]), (65.0, [(1, 2), (1, 2)])],
    ids=["shorter than the rest", "the rest", "just short of the session gap", "the session gap"],
)
def test_pauses_part_sets_and_sessions(in_view, pause_s, numbers):
    story = told(joined(PAIR, resting(pause_s, in_view=in_view), PAIR), QUICK)
    assert [(e.number, e.counted) for e in story.of(SetEnded)] == numbers
    assert [e.new_session for e in story.of(SetStarted)] == [number == 1 for number, _ in numbers]


@pytest.mark.parametrize("in_view", [True, False], ids=["in view", "out of view"])
def test_a_set_ends_after_the_rest_time_and_not_only_with_the_next_frame_of_somebody(in_view):
    story = told(joined(PAIR, resting(10.0, in_view=in_view)), QUICK)
    (ended,) = story.of(SetEnded)
    assert ended.time_s == pytest.approx(story.reps[-1].end_s + 4.0, abs=0.1)


def test_a_set_ends_when_the_source_stalls():
    story = told([*PAIR, (100.0, None)], QUICK)
    (ended,) = story.of(SetEnded)
    assert ended.time_s == 100.0
    assert story.events.index(ended) > story.events.index(story.of(LifterLeft)[0])


def test_a_set_is_not_ended_in_the_middle_of_a_rep():
    story = told(film((1.0, STANDING), *rep(), *rep(hold_s=10.0)), QUICK)
    assert story.sets == [(1, 2, 0)]


def test_rep_numbers_restart_with_each_set():
    pair = film((1.0, STANDING), *rep(), *rep(0.33), *rep(), *rep(0.33), fps=15.0)
    story = told(joined(pair, resting(6.0, in_view=True), pair), QUICK)
    assert [r.number for r in story.reps] == [1, 2, 1, 2]
    assert [r.number for r in story.partial] == [1, 2, 1, 2]
    assert story.sets == [(1, 2, 2), (2, 2, 2)]


def test_an_abandoned_rep_opens_no_set():
    story = told(film((1.0, STANDING), *rep(0.2), *rep(down_s=0.17, hold_s=0.01, up_s=0.17)))
    assert set_events(story.events) == []


@pytest.mark.parametrize("new_session", [False, True], ids=["short press", "long press"])
def test_button_between_sets(new_session):
    analyser, events = Analyser(), []
    for time_s, pose in PAIR:
        events += analyser.update(time_s, pose)
    pressed = analyser.end_set(PAIR[-1][0], new_session=new_session)
    assert pressed == (SetEnded(PAIR[-1][0], 1, 2, 0),)
    assert analyser.end_set(PAIR[-1][0], new_session=new_session) == ()
    events += pressed
    for time_s, pose in joined(PAIR, PAIR)[len(PAIR) :]:
        events += analyser.update(time_s, pose)
    events += analyser.finish(20.0)
    check_order(events)
    starts = [event for event in events if isinstance(event, SetStarted)]
    assert [(event.number, event.new_session) for event in starts] == [
        (1, True),
        (1 if new_session else 2, new_session),
    ]


def test_button_in_the_middle_of_a_rep_gives_that_rep_to_the_next_set():
    analyser, events = Analyser(), []
    for time_s, pose in PAIR:
        events += analyser.update(time_s, pose)
        if time_s == pytest.approx(5.4):
            events += analyser.end_set(time_s)
    events += analyser.finish(PAIR[-1][0])
    check_order(events)
    assert [(e.number, e.counted) for e in events if isinstance(e, SetEnded)] == [(1, 1), (2, 1)]


def test_button_before_any_rep_does_nothing():
    assert Analyser().end_set(1.0) == ()
    assert Analyser().end_set(1.0, new_session=True) == ()


def test_finish_closes_everything_and_twice_is_once():
    analyser, events = Analyser(), []
    for time_s, pose in PAIR:
        events += analyser.update(time_s, pose)
    events += analyser.finish(PAIR[-1][0])
    check_order(events)
    assert isinstance(events[-1], SetEnded)
    assert analyser.finish(PAIR[-1][0]) == ()


def test_every_counted_rep_lies_between_its_sets_start_and_end():
    story = told(joined(PAIR, resting(6.0, in_view=True), PAIR, resting(70.0, in_view=False), PAIR), QUICK)
    kinds = [type(e) for e in story.events if isinstance(e, SetStarted | SetEnded | RepCounted)]
    assert kinds == [SetStarted, RepCounted, RepCounted, SetEnded] * 3


def test_reading_tells_the_set_as_it_grows_and_keeps_it_after_its_end():
    story = told(joined(PAIR, resting(6.0, in_view=True), PAIR), QUICK)
    told_sets = [(r.set_number, r.counted) for r in story.readings]
    assert [s for i, s in enumerate(told_sets) if i == 0 or told_sets[i - 1] != s] == [
        (0, 0),
        (1, 1),
        (1, 2),
        (2, 1),
        (2, 2),
    ]


def test_keeper_measures_the_pause_from_the_last_reps_end():
    keeper = SetKeeper(QUICK.count)
    assert keeper.rest(100.0, in_rep=False) is None
    assert keeper.note_rep(100.0, 102.0, counted=True) == SetStarted(100.0, 1, new_session=True)
    assert keeper.note_rep(103.0, 105.0, counted=False) is None
    assert keeper.rest(108.9, in_rep=False) is None
    assert keeper.rest(109.0, in_rep=True) is None
    assert keeper.rest(109.0, in_rep=False) == SetEnded(109.0, 1, 1, 1)
    assert keeper.rest(120.0, in_rep=False) is None


def test_a_lifter_who_backs_away_and_stays_there_ends_everything():
    """Nobody says `finish`: a device runs on."""
    far = replace(STANDING, leg_px=33.0)
    story = told(film((1.0, STANDING), *rep(), (1.0, down_to(0.8)), (1.0, far), (30.0, far)), QUICK, finish=False)
    assert [type(event) for event in story.events[-1:]] == [SetEnded]
    assert len(story.of(LifterLeft)) == 1
    assert not story.readings[-1].in_view
    assert not story.readings[-1].flagged_left
