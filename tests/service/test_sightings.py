"""Where poses come from, what the lights and the page are told of them, and how a run is summed up."""

from __future__ import annotations

import io
import itertools
import json
import tomllib
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from drawn_joints import NOISE_SHARE, noised
from drawn_video import drawn_set
from edge_valgus.analysis import Analyser
from edge_valgus.capture.drawn import DrawnLifter
from edge_valgus.capture.replay import PoseWriter, read_poses
from edge_valgus.config import Config, load_config
from edge_valgus.events import NAN, Measures, Phase, Reading, Rep, RepCounted, RepPartial, Valgus
from edge_valgus.pose import KeypointModel, PoseTracker
from edge_valgus.service import demo
from edge_valgus.service.loop import judge
from edge_valgus.service.sightings import Sighting, replayed, tracked
from edge_valgus.service.sinks import PosesSink, ProgressSink
from edge_valgus.service.summary import Summary
from tiny_model import write_tiny_model

READING = Reading(0.0, Phase.STANDING, True, Measures(mkd_left_pct=0.0, mkd_right_pct=0.0), None, False, False, 1, 0, 0)


def make_rep(**changes):
    given = dict.fromkeys(
        ("peak_mkd_left_pct", "peak_mkd_right_pct", "peak_fppa_left_deg", "peak_fppa_right_deg"), 1.25
    )
    given |= {"min_kasr": 0.97, "peak_pelvic_tilt_deg": 2.0, "peak_trunk_lean_deg": 1.0, "trace": np.zeros((2, 12))}
    given |= {"number": 1, "counted": True, "start_s": 1.0, "bottom_s": 2.25, "end_s": 3.0, "depth": 0.91}
    given |= {"valgus": Valgus.NONE, "flagged_frames": 0, "judged_frames": 55, "frames": 60}
    return Rep(**(given | changes))


def printed(table):
    out = io.StringIO()
    Console(file=out, width=120).print(table)
    return out.getvalue()


def test_noised_joints_err_like_a_network_does_and_are_the_same_every_time():
    lifter = drawn_set(1)
    first, again, other = (list(noised(lifter, seed)) for seed in (1, 1, 2))
    assert len(first) == lifter.frame_count
    assert all(np.array_equal(a.pose.xy_px, b.pose.xy_px) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[5].pose.xy_px, other[5].pose.xy_px)
    errors = np.array([s.pose.xy_px - lifter.truth(s.time_s).xy_px for s in first[10:]])
    assert errors.std() == pytest.approx(NOISE_SHARE * lifter.size_px[1], rel=0.15)
    # A network errs alike from frame to frame.
    assert np.corrcoef(errors[1:].ravel(), errors[:-1].ravel())[0, 1] == pytest.approx(0.7, abs=0.1)
    assert [s.time_s for s in first] == [index / lifter.fps for index in range(len(first))]


def test_a_source_is_tracked_frame_by_frame(tmp_path):
    lifter = drawn_set(1)
    network = KeypointModel(write_tiny_model(tmp_path / "tiny.tflite"))
    seen = list(itertools.islice(tracked(lifter, PoseTracker(network)), 5))
    assert [sighting.time_s for sighting in seen] == [index / lifter.fps for index in range(5)]
    assert all(sighting.frame is not None and sighting.pose is not None for sighting in seen)


def test_what_is_recorded_is_replayed(tmp_path):
    sightings = list(noised(drawn_set(2), 1))
    sightings[7] = Sighting(sightings[7].time_s, None)
    live, again, steps = Summary("a", "b", "c"), Summary("a", "b", "c"), []
    with PoseWriter(tmp_path / "poses.jsonl", "a", "b", (640, 480)) as writer:
        judge(sightings, Analyser(), [live, PosesSink(writer), ProgressSink(lambda: steps.append(1))])
    judge(replayed(read_poses(tmp_path / "poses.jsonl")), Analyser(), [again])
    assert len(steps) == live.frames == again.frames == len(sightings)
    assert (again.counted, again.partial) == (live.counted, live.partial) == (2, 0)
    for before, after in zip(live.reps, again.reps, strict=True):
        assert after.start_s == pytest.approx(before.start_s, abs=0.06)
        assert after.depth == pytest.approx(before.depth, abs=0.01)


def test_a_summary_of_nothing_is_no_division_by_zero():
    summary = Summary("nothing.mp4", "m", "r")
    summary.finish(0.0, ())
    assert (summary.as_dict()["duration_s"], summary.as_dict()["frames"], summary.as_dict()["reps"]) == (0.0, 0, [])
    assert summary.headline() == "0 reps, 0 partial in 0.0 s; 0 of 0 frames judged"


def test_frames_and_reps_are_summed_up_over_all_sets():
    summary = Summary("s", "m", "r")
    flagged = replace(READING, flagged_left=True)
    unjudged = replace(READING, measures=Measures())
    counted, partial = RepCounted(4.0, make_rep()), RepPartial(5.0, make_rep(counted=False))
    for time_s, events, reading in ((3.0, (), READING), (4.0, (counted,), flagged), (5.0, (partial,), unjudged)):
        summary.take(Sighting(time_s, None), events, reading)
    summary.finish(5.0, (RepCounted(5.0, make_rep(number=1)),))
    result = summary.as_dict()
    assert (result["frames"], result["duration_s"], result["judged_frames"], result["flagged_frames"]) == (3, 2.0, 2, 1)
    assert (result["counted"], result["partial"]) == (2, 1)
    assert [rep["number"] for rep in result["reps"]] == [1, 2, 3]
    assert summary.headline() == "2 reps, 1 partial in 2.0 s; 2 of 3 frames judged"


def test_no_reading_is_null_and_never_zero():
    summary = Summary("s", "m", "r")
    measures = ("peak_mkd_left_pct", "peak_mkd_right_pct", "peak_fppa_left_deg", "peak_fppa_right_deg", "min_kasr")
    blind = make_rep(valgus=Valgus.UNKNOWN, **dict.fromkeys(measures, NAN))
    summary.take(Sighting(3.0, None), (RepCounted(3.0, blind),), READING)
    (rep,) = json.loads(json.dumps(summary.as_dict(), allow_nan=False))["reps"]
    assert [rep[key] for key in measures] == [None] * 5
    assert rep["valgus"] == "unknown"
    table = printed(summary.table())
    assert "can't judge" in table
    assert "–" in table
    assert "nan" not in table


@pytest.mark.parametrize(
    ("valgus", "says"),
    [(Valgus.NONE, "fine"), (Valgus.LEFT, "left in"), (Valgus.RIGHT, "right in"), (Valgus.BOTH, "both in")],
)
def test_the_table_says_which_knee(valgus, says):
    summary = Summary("s", "m", "r")
    summary.take(Sighting(3.0, None), (RepCounted(3.0, make_rep(valgus=valgus)),), READING)
    summary.take(Sighting(9.0, None), (RepPartial(9.0, make_rep(counted=False)),), READING)
    header, first, second = printed(summary.table()).splitlines()
    assert header.split() == ["rep", "at", "depth", "down", "up", "knees", "left", "in", "right", "in"]
    assert first.split()[0] == "1"
    assert says in first.split("s", 3)[-1]
    assert second.split()[0] == "partial"
    assert "+1.2 %" in first


def test_drawn_lifters_come_one_after_the_other_with_a_rest_between(practice_path):
    config = Config()
    lifters = [DrawnLifter(lifter.script, fps=15.0) for lifter in itertools.islice(demo.lifters(0, 1), 2)]
    sightings = list(demo.show(iter(lifters), KeypointModel(practice_path, verified=True), config))
    assert len(sightings) == sum(lifter.frame_count for lifter in lifters)
    times_s = [sighting.time_s for sighting in sightings]
    assert times_s == sorted(times_s)
    gap_s = max(after - before for before, after in itertools.pairwise(times_s))
    assert gap_s > config.count.rest_s
    assert all(sighting.pose is None or sighting.pose.time_s == sighting.time_s for sighting in sightings)
    assert sum(sighting.pose is None for sighting in sightings) < 0.05 * len(sightings)
    summary = Summary("d", "m", "r")
    judge(sightings, Analyser(config), [summary])
    assert summary.counted == 2


@pytest.mark.parametrize(("reps", "faulty"), [(1, []), (3, [2]), (5, [2, 4]), (8, [2, 4])])
def test_each_drawn_lifter_shows_both_faults_if_there_are_reps_enough(reps, faulty):
    lifter = next(demo.lifters(0, reps))
    caved = [index for index, rep in enumerate(lifter.true_reps) if max(rep.knee_in_left_m, rep.knee_in_right_m) > 0.01]
    assert (len(lifter.true_reps), caved) == (reps, faulty)


def test_settings_for_the_pages_process_come_back_as_they_were(tmp_path):
    config = demo.config_for(Config(), str(tmp_path), 8123)
    odd = config.model_copy(
        update={"model": config.model.model_copy(update={"name": 'a "quoted" \\ folder/🏋 mödel.tflite'})}
    )
    path = tmp_path / "config.toml"
    path.write_text(demo.render_config(odd), encoding="utf-8")
    assert load_config(path) == odd
    assert tomllib.loads(path.read_text(encoding="utf-8"))["web"]["host"] == "127.0.0.1"
