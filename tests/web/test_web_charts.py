import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from edge_valgus.events import TRACE_COLUMNS, Side
from edge_valgus.web.canvas import Canvas, Scale, Size, spans
from edge_valgus.web.charts import NARROW, REP, WIDE, TracedRep, rep_chart, set_chart

SIZE = Size("test", 200, 100, left_px=0, right_px=0)


def parse(markup):
    return ET.fromstring(str(markup))  # noqa: S314  our own SVG


def having(svg, css_class):
    return [node for node in svg.iter() if css_class in (node.get("class") or "").split()]


@pytest.fixture
def story(gym):
    detail = gym.reader.set(gym.story_set)
    return [TracedRep(rep, gym.reader.trace(rep.id)) for rep in detail.reps]


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=lambda size: size.name)
def test_a_set_draws_each_rep_within_the_plot(story, size):
    svg = parse(set_chart(story, 0.5, size))
    curves = having(svg, "curve")
    assert [("partial" in curve.get("class")) for curve in curves] == [False, False, True, False, False, False]
    for curve in curves:
        points = np.array(re.findall(r"([\d.]+) ([\d.]+)", curve.get("d")), dtype=float)
        assert points[:, 0].min() >= size.left_px
        assert points[:, 0].max() <= size.end_px
        assert points[:, 1].min() >= 0
        assert points[:, 1].max() <= size.height_px


def test_a_deeper_rep_is_drawn_lower_and_the_counting_line_between_rep_and_partial(story):
    svg = parse(set_chart(story, 0.5, WIDE))
    line = float(having(svg, "counting")[0].get("y1"))
    lowest = [
        max(float(y) for _, y in re.findall(r"([\d.]+) ([\d.]+)", curve.get("d"))) for curve in having(svg, "curve")
    ]
    assert [y > line for y in lowest] == [True, True, False, True, True, True]


def test_each_flagged_knee_has_its_own_lane(story):
    svg = parse(set_chart(story, 0.5, WIDE))
    left = [flag for flag in having(svg, "flag") if "left" in flag.get("class")]
    right = [flag for flag in having(svg, "flag") if "right" in flag.get("class")]
    assert (len(left), len(right)) == (2, 2)
    assert {flag.get("y") for flag in left}.isdisjoint(flag.get("y") for flag in right)


def test_left_and_right_differ_without_colour(story):
    svg = parse(set_chart(story, 0.5, WIDE))
    hatchings = {node.get("id"): node[0].get("d") for node in svg.iter() if node.tag.endswith("pattern")}
    assert len(set(hatchings.values())) == 2
    for rect in having(svg, "flag-hatch"):
        assert rect.get("fill")[5:-1] in hatchings


def test_a_set_says_in_words_what_it_draws(story):
    title = next(node.text for node in parse(set_chart(story, 0.5, WIDE)).iter() if node.tag.endswith("title"))
    assert title == (
        "Depth over time: 5 counted reps, 1 partial; left knee caved in on rep 2, 3; right knee caved in on rep 3, 5"
    )


def test_no_reps_draw_nothing():
    assert not set_chart([], 0.5, WIDE)


def test_a_set_whose_traces_are_lost_still_names_its_reps(story):
    svg = parse(set_chart([TracedRep(one.rep, None) for one in story], 0.5, WIDE))
    assert not having(svg, "curve")
    assert len(having(svg, "rep-label")) == 6


@pytest.mark.parametrize("count_depth", [0.02, 0.5, 0.97, 1.2])
def test_labels_of_levels_never_overlap(story, count_depth):
    svg = parse(set_chart(story, count_depth, NARROW))
    levels = sorted(float(node.get("y")) for name in ("grid-label", "counting-label") for node in having(svg, name))
    assert len(levels) >= 2
    assert min(np.diff(levels)) >= 9


def test_a_rep_draws_both_knees_and_the_flagged_span(story):
    svg = parse(rep_chart(story[1]))
    assert len(having(svg, "knee")) == 2
    assert [node.get("class") for node in having(svg, "shade")] == ["shade left"]


def test_a_rep_that_could_not_be_judged_draws_no_knee(story):
    svg = parse(rep_chart(story[4]))
    assert not having(svg, "knee")
    assert having(svg, "depth-shadow")


@pytest.mark.parametrize("frames", [0, 1])
def test_a_rep_without_frames_draws_nothing(story, frames):
    assert not rep_chart(TracedRep(story[0].rep, np.zeros((frames, len(TRACE_COLUMNS)), np.float32)))


def test_a_wild_reading_stays_inside_the_chart(story):
    trace = story[1].trace.copy()
    trace[len(trace) // 2, 3] = 400.0
    svg = parse(rep_chart(TracedRep(story[1].rep, trace)))
    assert len(having(svg, "grid")) < 20
    heights = [float(y) for _, y in re.findall(r"([\d.]+) ([\d.]+)", having(svg, "left")[-1].get("d"))]
    assert min(heights) >= 0
    assert max(heights) <= REP.height_px


def test_a_curve_has_a_gap_where_nothing_was_measured():
    canvas = Canvas(SIZE, "x", Scale(0, 4, 0, 200))
    values = np.array([1, 1, np.nan, 1, 1], np.float32)
    canvas.curve("line", np.arange(5, dtype=np.float32), values, Scale(0, 1, 100, 0))
    path = having(parse(canvas.svg("k", "t")), "line")[0].get("d")
    assert path == "M0.0 0.0L50.0 0.0M150.0 0.0L200.0 0.0"


def test_a_long_curve_is_thinned_to_the_pixels_there_are():
    canvas = Canvas(SIZE, "x", Scale(0, 10_000, 0, 200))
    canvas.curve("line", np.arange(10_000, dtype=np.float32), np.zeros(10_000, np.float32), Scale(0, 1, 100, 0))
    path = having(parse(canvas.svg("k", "t")), "line")[0].get("d")
    assert 150 <= path.count("L") <= 400


def test_words_are_escaped():
    canvas = Canvas(SIZE, "x", Scale(0, 1, 0, 200))
    canvas.text("t", (0, 0), "<script>&", "start")
    markup = str(canvas.svg("k", 'a"<b>'))
    assert "<script" not in markup
    assert "<b>" not in markup
    parse(markup)


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        pytest.param([0, 0, 0], [], id="never"),
        pytest.param([1, 1, 1], [(0.0, 2.0)], id="always"),
        pytest.param([0, 1, 0], [(1.0, 2.0)], id="one frame lasts until the next"),
        pytest.param([1, 0, 1], [(0.0, 1.0), (2.0, 2.0)], id="both ends"),
        pytest.param([], [], id="no frames"),
    ],
)
def test_spans(on, expected):
    assert spans(np.arange(len(on), dtype=np.float32), np.array(on, dtype=bool)) == expected


def test_both_sides_are_hatched_in_every_chart(story):
    for markup in (set_chart(story, 0.5, NARROW), rep_chart(story[0])):
        assert sum(node.tag.endswith("pattern") for node in parse(markup).iter()) == len(Side)
