"""Real clips: scoring against the index, and whole folders of tiny videos, good and broken."""

from __future__ import annotations

import json
import math
import os
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from accuracy_bench import real
from accuracy_bench.baselines import BASELINES
from accuracy_bench.clip_index import Clip, ClipIndexError
from accuracy_bench.clip_score import ClipScore, Told, clip_table, real_figures, score_clip
from accuracy_bench.judging import PRODUCT
from accuracy_bench.real import run_real
from accuracy_bench.record import JudgedRep, Seen, Verdict
from accuracy_bench.suites import NO_CROP, Model
from edge_valgus.capture.drawn import DrawnLifter, RepScript, SetScript
from edge_valgus.errors import ModelError
from edge_valgus.events import Valgus
from edge_valgus.frames import Pose

JUDGES = {PRODUCT, *BASELINES, NO_CROP}
NO_MODEL = Model("none", Path("nowhere.tflite"))
TWO_REPS = SetScript(reps=(RepScript(rest_s=0.8),) * 2, lead_in_s=1.2)


def clip(reps=2, *, category="front-squat", certainty="", times=True, valgus=None):
    """Reps of two seconds, one every three: 1–3 s, 4–6 s and so on."""
    times_s = tuple((1.0 + 3.0 * i, 2.0 + 3.0 * i, 3.0 + 3.0 * i) for i in range(reps)) if times else None
    return Clip("a.mp4", Path("a.mp4"), category, reps, times_s, valgus, certainty)


def judged(*bottoms_s, valgus=Valgus.NONE, counted=True):
    return tuple(JudgedRep(b - 1.0, b, b + 1.0, 1.0, counted, valgus) for b in bottoms_s)


def scored(of, *reps, frames_judged=(True,)):
    seen = Seen(tuple((float(index), None) for index in range(13)))
    return score_clip(of, seen, Verdict(tuple(reps), (), np.array(frames_judged, np.bool_)))


@pytest.mark.parametrize(
    ("of", "reps", "exact", "within_one", "ghosts"),
    [
        pytest.param(clip(), judged(2, 5), True, True, 0, id="as it was"),
        pytest.param(clip(), judged(2), False, True, 0, id="one missed"),
        pytest.param(clip(), (), False, False, 0, id="two missed"),
        pytest.param(clip(), judged(2, 5, 8), False, True, 1, id="one where there was none"),
        pytest.param(clip(), judged(2, 8), True, True, 1, id="the right count by a miss and a ghost"),
        pytest.param(clip(), judged(1.5, 2.5, 5), False, True, 1, id="one counted twice"),
        pytest.param(clip(), judged(0.8, 6.2), True, True, 0, id="within what the eye is off by"),
        pytest.param(clip(), judged(0.5, 6.5), True, True, 2, id="further off"),
        pytest.param(clip(), (*judged(2, 5), *judged(8, counted=False)), True, True, 0, id="a partial is no ghost"),
        pytest.param(clip(), (*judged(2), *judged(5, counted=False)), False, True, 0, id="counted as partial"),
        pytest.param(clip(times=False), judged(2, 8, 9), False, True, 1, id="no times: what is too many"),
        pytest.param(clip(times=False), judged(2), False, True, 0, id="no times: too few"),
        pytest.param(clip(0, category="negative"), judged(4), False, True, 1, id="a rep of nobody"),
        pytest.param(clip(0, category="negative-lunge"), judged(4, 6), False, False, 2, id="lunges"),
        pytest.param(
            clip(0, category="negative", certainty="approximate"), judged(4), False, True, 1, id="surely none"
        ),
        pytest.param(clip(certainty="count uncertain"), judged(8), False, True, None, id="uncertain: no ghosts"),
    ],
)
def test_counts_and_ghosts(of, reps, exact, within_one, ghosts):
    score = scored(of, *reps)
    assert (score.exact, score.within_one, score.ghosts) == (exact, within_one, ghosts)
    assert score.counted + score.partial == len(reps)


@pytest.mark.parametrize(
    ("label", "said", "told"),
    [
        ("none", Valgus.NONE, Told.RIGHT),
        ("none", Valgus.LEFT, Told.FALSE_FLAG),
        ("none", Valgus.BOTH, Told.FALSE_FLAG),
        ("none", Valgus.UNKNOWN, Told.ABSTAINED),
        ("left", Valgus.LEFT, Told.RIGHT),
        ("left", Valgus.RIGHT, Told.WRONG),
        ("left", Valgus.BOTH, Told.WRONG),
        ("left", Valgus.NONE, Told.WRONG),
        ("right", Valgus.RIGHT, Told.RIGHT),
        ("both", Valgus.BOTH, Told.RIGHT),
        ("both", Valgus.LEFT, Told.WRONG),
        ("both", Valgus.UNKNOWN, Told.ABSTAINED),
    ],
)
@pytest.mark.parametrize("times", [True, False], ids=["by time", "by order"])
def test_a_certain_label_is_compared(label, said, told, times):
    assert scored(clip(1, times=times, valgus=(label,)), *judged(2, valgus=said)).knees == (told,)


@pytest.mark.parametrize(
    ("of", "reps", "knees"),
    [
        pytest.param(clip(valgus=("uncertain", "none")), judged(2, 5), (Told.RIGHT,), id="an uncertain label is not"),
        pytest.param(clip(valgus=("left", "none")), judged(5), (Told.NO_REP, Told.RIGHT), id="a missed rep is no rep"),
        pytest.param(clip(), judged(2, 5), (), id="no labels"),
        pytest.param(clip(valgus=("none", "none")), judged(2, 5, valgus=None), (), id="no opinion"),
        pytest.param(clip(valgus=("none", "left"), times=False), judged(2), (), id="who is who is not known"),
        pytest.param(
            clip(1, certainty="count uncertain", valgus=("none",)), judged(2), (Told.RIGHT,), id="count uncertain"
        ),
    ],
)
def test_what_is_compared(of, reps, knees):
    assert scored(of, *reps).knees == knees


def test_how_much_was_judged_and_how_long_it_was():
    score = scored(clip(), frames_judged=[True, True, False, False])
    assert (score.judged, score.seconds) == (0.5, 12.0)
    empty = score_clip(clip(), Seen(()), Verdict((), (), np.zeros(0, np.bool_)))
    assert (empty.judged, empty.seconds) == (0.0, 0.0)


def score(category="front-squat", true=2, counted=2, *, certain=True, ghosts=0, knees=(), said=("none",), seconds=60.0):
    return ClipScore("a|b.mp4", category, certain, true, counted, 0, ghosts, knees, said, 0.5, seconds)


def test_figures_by_group():
    figures = real_figures(
        [
            score(),
            score("single-leg-squat", counted=1, knees=(Told.RIGHT, Told.FALSE_FLAG)),
            score(counted=4, ghosts=2, knees=(Told.ABSTAINED,)),
            score(counted=0, certain=False, ghosts=None, knees=(Told.RIGHT,)),
            score("side-squat", counted=0),
            score("negative", 0, 1, ghosts=1, seconds=90.0),
            score("negative-lunge", 0, 0, seconds=30.0),
        ]
    )
    assert {name: (round(figure.value, 3), figure.n) for name, figure in figures.items()} == {
        "front_exact": (0.333, 3),
        "front_obo": (0.667, 3),
        "front_exact_with_uncertain": (0.25, 4),
        "side_exact": (0.0, 1),
        "side_obo": (0.0, 1),
        "ghosts_without_squats": (1, 2),
        "ghosts_among_squats": (2, 4),
        "minutes_without_squats": (2.0, 2),
        "knees_right": (0.5, 4),
        "knees_false_flag": (0.25, 4),
        "knees_abstained": (0.25, 4),
        "front_judged": (0.5, 4),
    }
    assert figures["front_exact"].low < 1 / 3 < figures["front_exact"].high


def test_a_judge_without_an_opinion_on_knees_has_no_figures_of_them():
    silent = [score(said=()), score(said=(), counted=0, knees=(Told.NO_REP,))]
    assert math.isnan(real_figures(silent)["knees_right"].value)
    assert real_figures([*silent, score()])["knees_right"].n == 1


def test_without_clips_there_are_no_figures():
    figures = real_figures([])
    assert figures["minutes_without_squats"].value == 0.0
    assert all(math.isnan(figure.value) for name, figure in figures.items() if not name.startswith("minutes"))


def test_the_table_marks_what_is_wrong_for_certain():
    uncertain = score(counted=3, certain=False, ghosts=None)
    lines = clip_table([score(), score(counted=1), uncertain], ["c.mp4: breaks off"]).splitlines()
    assert [line.split("|")[3:5] for line in lines[2:5]] == [[" 2 ", " 2 "], [" 2 ", " 1 ✗ "], [" 2 ? ", " 3 "]]
    assert len({line.count("|") for line in lines[:5]}) == 1, "a name with a bar in it breaks no row"
    assert "- c.mp4: breaks off" in lines


def encode(path, frames, *, fps=15):
    """A small video of the frames ([height, width, 3])."""
    with av.open(str(path), "w") as container:
        stream = None
        for index, image in enumerate(frames):
            if stream is None:
                stream = container.add_stream("mpeg4", rate=fps, options={"qscale": "4"})
                stream.height, stream.width = image.shape[:2]
                stream.pix_fmt = "yuv420p"
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
            picture.pts, picture.time_base = index, Fraction(1, fps)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


def blank(path, count=20):
    return encode(path, np.full((count, 96, 128, 3), 90, np.uint8))


def broken_off(path):
    """A file whose second half is missing; its index lies in front, so that it opens."""
    random = np.random.default_rng(1)
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
        for index in range(40):
            picture = av.VideoFrame.from_ndarray(random.integers(0, 255, (96, 128, 3), np.uint8), format="rgb24")
            picture.pts, picture.time_base = index, Fraction(1, 10)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def index(folder, *entries):
    (folder / "INDEX.json").write_text(json.dumps(entries), encoding="utf-8")
    return folder


NEGATIVE = {"category": "negative", "reps": 0}


def truth_views(scene, _network):
    """What a perfect network would see of the two drawn reps."""
    lifter = DrawnLifter(TWO_REPS)
    poses = []
    for number in range(lifter.frame_count):
        truth = lifter.truth(number / lifter.fps)
        score = np.full(17, 0.8, np.float32)
        poses.append((number / lifter.fps, Pose(truth.xy_px, score, number / lifter.fps, lifter.size_px)))
    with scene.source() as source:  # whatever it shows, it has to be read to its end
        assert sum(1 for _ in source) > 0
    return {"tracked": Seen(tuple(poses)), "whole": Seen(tuple((time_s, None) for time_s, _ in poses))}


@pytest.fixture
def perfect_network(monkeypatch):
    monkeypatch.setattr(real, "_network", lambda _: None)
    monkeypatch.setattr(real, "see", truth_views)


def two_reps_entry(file):
    times = [[rep.start_s, rep.bottom_s, rep.end_s] for rep in DrawnLifter(TWO_REPS).true_reps]
    entry = {"file": file, "category": "front-squat", "reps": 2, "rep_times": times, "valgus": ["none", "none"]}
    return {**entry, "certainty": "count certain"}


@pytest.mark.usefixtures("perfect_network")
def test_every_judge_is_scored_on_every_clip_in_order(tmp_path):
    for name in "ab":
        blank(tmp_path / f"{name}.mp4")
    ticks = []
    folder = index(tmp_path, two_reps_entry("b.mp4"), {"file": "a.mp4", **NEGATIVE})
    result = run_real(folder, model=NO_MODEL, done=lambda: ticks.append(1))
    assert set(result.scores) == JUDGES
    assert all([each.file for each in scores] == ["b.mp4", "a.mp4"] for scores in result.scores.values())
    squats, nobody = result.scores[PRODUCT]
    assert (squats.counted, squats.ghosts, squats.knees) == (2, 0, (Told.RIGHT, Told.RIGHT))
    assert nobody.ghosts == 2, "the same two reps where none should be"
    assert result.scores[NO_CROP][0].counted == 0
    assert not result.failed
    assert len(ticks) == 2


@pytest.mark.usefixtures("perfect_network")
def test_a_clip_that_cannot_be_read_fails_the_run_and_stops_nothing(tmp_path):
    broken_off(tmp_path / "half.mp4")
    (tmp_path / "text.mp4").write_text("no video", encoding="utf-8")
    blank(tmp_path / "good.mp4")
    files = ("half.mp4", "text.mp4")
    folder = index(tmp_path, *({"file": name, **NEGATIVE} for name in files), two_reps_entry("good.mp4"))
    result = run_real(folder, model=NO_MODEL)
    assert result.failed
    assert [fault.startswith(str(tmp_path / name)) for fault, name in zip(result.faults, files, strict=True)] == [
        True
    ] * 2
    assert "breaks off" in result.faults[0]
    assert all(len(fault.splitlines()) == 1 for fault in result.faults)
    assert all([each.file for each in scores] == ["good.mp4"] for scores in result.scores.values())


@pytest.mark.usefixtures("perfect_network")
def test_the_result_is_json_in_the_shape_of_a_suite(tmp_path):
    blank(tmp_path / "a.mp4")
    result = run_real(index(tmp_path, two_reps_entry("a.mp4")), model=NO_MODEL)
    suite = json.loads(json.dumps(result.as_dict(), allow_nan=False))
    assert suite["front_exact"] == 1.0
    assert suite["ci"]["front_exact"][0] < 1.0
    assert suite["n"]["front_exact"] == 1
    assert set(suite["baselines"]) == JUDGES - {PRODUCT}
    assert all(of["description"] and "front_exact" in of for of in suite["baselines"].values())
    assert [(of["file"], of["counted"], of["knees"]) for of in suite["clips"]] == [("a.mp4", 2, ["right", "right"])]
    assert suite["faults"] == []


def test_poses_are_kept_by_what_the_video_holds(tmp_path, monkeypatch, perfect_network):
    looked = []

    def see(scene, network):
        looked.append(scene.path.name)
        return truth_views(scene, network)

    monkeypatch.setattr(real, "see", see)
    blank(tmp_path / "a.mp4")
    index(tmp_path, two_reps_entry("a.mp4"))
    first, again = (run_real(tmp_path, model=NO_MODEL, poses=tmp_path / "poses") for _ in range(2))
    assert first == again
    assert looked == ["a.mp4"]
    (tmp_path / "a.mp4").rename(tmp_path / "b.mp4")
    index(tmp_path, two_reps_entry("b.mp4"))
    run_real(tmp_path, model=NO_MODEL, poses=tmp_path / "poses")
    assert looked == ["a.mp4"], "the same video by another name"
    blank(tmp_path / "b.mp4", count=25)
    run_real(tmp_path, model=NO_MODEL, poses=tmp_path / "poses")
    assert looked == ["a.mp4", "b.mp4"], "another video by the same name"
    run_real(tmp_path, model=Model("other", NO_MODEL.path), poses=tmp_path / "poses")
    assert looked == ["a.mp4", "b.mp4", "b.mp4"], "another network"


def test_kept_poses_that_other_code_saw_are_told(tmp_path, monkeypatch, perfect_network):
    blank(tmp_path / "a.mp4")
    index(tmp_path, two_reps_entry("a.mp4"))
    old = []
    for code in ("the first", "the first", "another"):
        monkeypatch.setattr("accuracy_bench.seeing.code_key", lambda code=code: code)
        old.append(run_real(tmp_path, model=NO_MODEL, poses=tmp_path / "poses").as_dict()["old_poses"])
    assert old == [0, 0, 1]


def test_a_model_that_is_not_there_stops_the_run(tmp_path):
    blank(tmp_path / "a.mp4")
    with pytest.raises(ModelError, match="nowhere"):
        run_real(index(tmp_path, {"file": "a.mp4", **NEGATIVE}), model=NO_MODEL)


def test_an_index_that_is_wrong_stops_the_run_before_anything_is_read(tmp_path):
    with pytest.raises(ClipIndexError, match=r"clip 1 \(a.mp4\): file"):
        run_real(index(tmp_path, {"file": "a.mp4", **NEGATIVE}), model=NO_MODEL)


def take_the_process_with_it(task):
    """Stands for a video on which the decoder crashes."""
    if task.clip.file == "deadly.mp4":
        os._exit(1)
    return real._Outcome(task.index)


def test_a_clip_that_kills_its_process_is_told_apart_from_the_others(tmp_path, monkeypatch):
    monkeypatch.setattr(real, "_run_clip", take_the_process_with_it)
    for name in ("deadly.mp4", "good.mp4"):
        (tmp_path / name).write_bytes(b"video")
    folder = index(tmp_path, {"file": "deadly.mp4", **NEGATIVE}, {"file": "good.mp4", **NEGATIVE})
    (fault,) = run_real(folder, model=NO_MODEL, jobs=2).faults
    assert fault.startswith(f"{tmp_path / 'deadly.mp4'}: its process died")


@pytest.mark.parametrize("path", ["practice_path", pytest.param("movenet_path", marks=pytest.mark.movenet)])
def test_a_drawn_squat_on_film_is_counted_in_processes_of_their_own(tmp_path, request, path):
    lifter = DrawnLifter(TWO_REPS, size_px=(320, 240), fps=10)
    encode(tmp_path / "squats.mp4", (frame.image for frame in lifter), fps=10)
    broken_off(tmp_path / "half.mp4")
    folder = index(tmp_path, two_reps_entry("squats.mp4"), {"file": "half.mp4", **NEGATIVE})
    result = run_real(folder, model=Model("a-network", request.getfixturevalue(path)), jobs=2)
    (own,) = result.scores[PRODUCT]
    assert (own.counted, own.ghosts) == (2, 0)
    assert own.judged > 0.5
    assert len(result.faults) == 1
    assert "half.mp4" in result.faults[0]
