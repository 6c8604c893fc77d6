"""INDEX.json: what is read, and that every mistake is named with its clip and field, all at once."""

from __future__ import annotations

import json

import pytest

from accuracy_bench.clip_index import ClipIndexError, read_clips
from edge_valgus.errors import EdgeValgusError

SQUATS = {
    "file": "a.mp4",
    "category": "front-squat",
    "reps": 2,
    "rep_times": [[0.5, 1.0, 1.5], [2, 3, 4]],
    "valgus": ["none", "uncertain"],
    "certainty": "count certain",
    "duration_s": 5.0,
}
MISSING = object()


def write(folder, *entries):
    for name in ("a.mp4", "b.mp4"):
        (folder / name).write_bytes(b"video")
    (folder / "INDEX.json").write_text(json.dumps(entries), encoding="utf-8")
    return folder


def squats(**changes):
    return {name: value for name, value in {**SQUATS, **changes}.items() if value is not MISSING}


def problems(folder, *entries):
    with pytest.raises(ClipIndexError) as raised:
        read_clips(write(folder, *entries))
    return raised.value


def test_everything_known_is_read_in_order(tmp_path):
    negative = {"file": "b.mp4", "category": "negative", "reps": 0, "rep_times": [], "valgus": []}
    squat, nobody = read_clips(write(tmp_path, squats(), negative))
    assert (squat.file, squat.path, squat.category, squat.reps) == ("a.mp4", tmp_path / "a.mp4", "front-squat", 2)
    assert squat.rep_times_s == ((0.5, 1.0, 1.5), (2.0, 3.0, 4.0))
    assert squat.valgus == ("none", "uncertain")
    assert (nobody.file, nobody.reps, nobody.rep_times_s, nobody.valgus) == ("b.mp4", 0, (), ())


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(squats(rep_times=MISSING, valgus=MISSING, certainty=MISSING, duration_s=MISSING), id="the least"),
        pytest.param(squats(rep_times=None, valgus=None, certainty=None, duration_s=None), id="null is missing"),
    ],
)
def test_three_fields_are_enough(tmp_path, entry):
    (clip,) = read_clips(write(tmp_path, entry))
    assert (clip.rep_times_s, clip.valgus, clip.certainty, clip.count_is_certain) == (None, None, "", True)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"notes": ["whatever"], "people": 3, "view": None}, id="fields of one's own"),
        pytest.param({"rep_times": [[0.0, 0.0, 1.5], [1.5, 3.0, 5.05]]}, id="begins at the bottom, ends with the clip"),
        pytest.param({"file": "./a.mp4"}, id="a dot before the name"),
        pytest.param({"reps": 0, "rep_times": [], "valgus": []}, id="a squat clip without a complete rep"),
    ],
)
def test_what_is_unusual_but_right_is_taken(tmp_path, changes):
    assert len(read_clips(write(tmp_path, squats(**changes)))) == 1


@pytest.mark.parametrize(
    ("certainty", "certain"),
    [
        ("certain", True),
        ("Count certain", True),
        ("count certain; valgus uncertain (dark)", True),
        ("count certain (1 complete; ends descending)", True),
        ("  certain, but short", True),
        ("", True),
        ("count fairly certain (tempo squats)", False),
        ("count uncertain by design", False),
        ("uncertain: two people", False),
        ("valgus certain; count 1 or 2", False),
        ("certainly not", False),
    ],
)
def test_the_count_is_scored_only_where_it_is_said_to_be_certain(tmp_path, certainty, certain):
    (clip,) = read_clips(write(tmp_path, squats(certainty=certainty)))
    assert clip.count_is_certain == certain


def test_in_the_negatives_none_is_always_certain(tmp_path):
    lunges = {"file": "a.mp4", "category": "negative-lunge", "reps": 0, "certainty": "5 lunges, uncertain"}
    assert read_clips(write(tmp_path, lunges))[0].count_is_certain


@pytest.mark.parametrize(
    ("changes", "field", "found"),
    [
        pytest.param({"file": MISSING}, "file", "(missing)", id="no file"),
        pytest.param({"file": 7}, "file", "7", id="a file that is a number"),
        pytest.param({"file": ""}, "file", "''", id="a file without a name"),
        pytest.param({"file": "c.mp4"}, "file", "'c.mp4'", id="a file that is not there"),
        pytest.param({"file": "a\nb.mp4"}, "file", "'a\\nb.mp4'", id="a name with a line break"),
        pytest.param({"file": "a\ud800.mp4"}, "file", "'a\\ud800.mp4'", id="a name of half a character"),
        pytest.param({"file": "."}, "file", "'.'", id="a folder"),
        pytest.param({"file": "a\0.mp4"}, "file", "'a\\x00.mp4'", id="a name that no file can have"),
        pytest.param({"file": "../a.mp4"}, "file", "'../a.mp4'", id="out of the folder"),
        pytest.param({"file": "x/../../a.mp4"}, "file", "'x/../../a.mp4'", id="out of the folder by a detour"),
        pytest.param({"file": "/etc/hosts"}, "file", "'/etc/hosts'", id="an absolute path"),
        pytest.param({"file": "..\\a.mp4"}, "file", "'..\\\\a.mp4'", id="out of the folder on Windows"),
        pytest.param({"file": "C:\\a.mp4"}, "file", "'C:\\\\a.mp4'", id="another drive"),
        pytest.param({"category": MISSING}, "category", "(missing)", id="no category"),
        pytest.param({"category": "squat"}, "category", "'squat'", id="an unknown category"),
        pytest.param({"category": ["negative"]}, "category", "['negative']", id="a list of categories"),
        pytest.param({"category": {}}, "category", "{}", id="a category that is an object"),
        pytest.param({"reps": MISSING}, "reps", "(missing)", id="no reps"),
        pytest.param({"reps": "2"}, "reps", "'2'", id="reps as text"),
        pytest.param({"reps": -1}, "reps", "-1", id="negative reps"),
        pytest.param({"reps": 2.0}, "reps", "2.0", id="reps with a decimal"),
        pytest.param({"reps": True, "rep_times": None, "valgus": None}, "reps", "True", id="reps as a bool"),
        pytest.param({"certainty": 1}, "certainty", "1", id="certainty as a number"),
        pytest.param({"duration_s": 0}, "duration_s", "0", id="no duration"),
        pytest.param({"duration_s": float("nan")}, "duration_s", "nan", id="a duration that is no number"),
        pytest.param({"rep_times": {}}, "rep_times", "{}", id="times that are no list"),
        pytest.param({"rep_times": [[1, 2, 3]]}, "rep_times", "1 entries", id="a rep without times"),
        pytest.param({"rep_times": [[1, 2], [3, 4, 5]]}, "rep_times[0]", "[1, 2]", id="no end"),
        pytest.param({"rep_times": [1, 2]}, "rep_times[0]", "1", id="times that are not in threes"),
        pytest.param({"rep_times": [[1, 2, 3], [4, "5", 6]]}, "rep_times[1]", "[4, '5', 6]", id="a time as text"),
        pytest.param({"rep_times": [[1, 3, 2], [4, 5, 6]]}, "rep_times[0]", "[1, 3, 2]", id="an end before the bottom"),
        pytest.param({"rep_times": [[1, 1, 1], [2, 3, 4]]}, "rep_times[0]", "[1, 1, 1]", id="a rep without duration"),
        pytest.param({"rep_times": [[-1, 1, 2], [2, 3, 4]]}, "rep_times[0]", "[-1, 1, 2]", id="before the clip"),
        pytest.param({"rep_times": [[2, 3, 4], [0, 1, 1.5]]}, "rep_times[1]", "[0, 1, 1.5]", id="not in order"),
        pytest.param({"rep_times": [[0, 1, 3], [2, 3, 4]]}, "rep_times[1]", "[2, 3, 4]", id="one rep within another"),
        pytest.param({"rep_times": [[0, 1, 2], [2, 3, 5.2]]}, "rep_times[1]", "[2, 3, 5.2]", id="after the clip"),
        pytest.param({"valgus": "none"}, "valgus", "'none'", id="one label for all"),
        pytest.param({"valgus": ["none"]}, "valgus", "1 entries", id="a rep without a label"),
        pytest.param({"valgus": ["none", "in"]}, "valgus[1]", "'in'", id="an unknown label"),
        pytest.param({"valgus": ["none", None]}, "valgus[1]", "None", id="no label"),
    ],
)
def test_a_mistake_is_named_with_its_clip_field_and_value(tmp_path, changes, field, found):
    entry = squats(**changes)
    if "duration_s" not in changes and field.startswith("rep_times") and found != "[2, 3, 5.2]":
        entry["duration_s"] = 10.0
    error = problems(tmp_path, {"file": "b.mp4", "category": "negative", "reps": 0}, entry)
    (problem,) = error.problems
    assert problem.clip.startswith("clip 2")
    assert problem.field == field
    name = entry.get("file")
    said = f" ({name})" if isinstance(name, str) and name and name.isprintable() else ""
    assert str(error).startswith(f"{tmp_path / 'INDEX.json'}: clip 2{said}: {field} = {found}: expected ")
    assert len(str(error).splitlines()) == 1


def test_reps_where_nobody_squats_contradict(tmp_path):
    (problem,) = problems(tmp_path, squats(category="negative")).problems
    assert (problem.field, problem.value) == ("reps", 2)
    assert "negative" in problem.expected


def test_a_file_is_there_only_once_however_it_is_written(tmp_path):
    (problem,) = problems(tmp_path, squats(), squats(file="./a.mp4")).problems
    assert problem.clip == "clip 2 (./a.mp4)"
    assert "clip 1 (a.mp4)" in problem.expected


def test_a_field_that_is_there_twice_is_not_chosen_from(tmp_path):
    write(tmp_path)
    text = '[{"file": "a.mp4", "category": "front-squat", "reps": 1, "reps": 2}]'
    (tmp_path / "INDEX.json").write_text(text, encoding="utf-8")
    with pytest.raises(ClipIndexError, match="reps = 2: expected each field once"):
        read_clips(tmp_path)


def test_all_mistakes_of_all_clips_come_at_once(tmp_path):
    error = problems(tmp_path, squats(category="x", valgus=["none"]), "b.mp4", squats(file="b.mp4", reps=3))
    assert [(problem.clip.split(" (")[0], problem.field) for problem in error.problems] == [
        ("clip 1", "category"),
        ("clip 1", "valgus"),
        ("clip 2", "entry"),
        ("clip 3", "rep_times"),
        ("clip 3", "valgus"),
    ]
    assert len(str(error).splitlines()) == 5
    assert isinstance(error, EdgeValgusError)
    assert error.exit_code == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(None, "no such file", id="no index"),
        pytest.param(b"", "line 1, column 1: not JSON", id="an empty file"),
        pytest.param(b'[{"file": }]', "line 1, column 11: not JSON", id="broken JSON"),
        pytest.param(b"\xff\xfe[]", "byte 0 is not UTF-8", id="not UTF-8"),
        pytest.param(b"{}", "holds one object", id="an object"),
        pytest.param(b"null", "holds None", id="null"),
        pytest.param(b"[]", "holds an empty list", id="an empty list"),
        pytest.param(b"[" * 100_000, "not usable JSON", id="nested too deep"),
        pytest.param(b"[" + b"9" * 5000 + b"]", "not usable JSON", id="a number too long"),
    ],
)
def test_an_index_that_is_none_is_told_in_one_line(tmp_path, content, said):
    if content is not None:
        (tmp_path / "INDEX.json").write_bytes(content)
    with pytest.raises(ClipIndexError) as raised:
        read_clips(tmp_path)
    assert str(raised.value).startswith(f"{tmp_path / 'INDEX.json'}: ")
    assert said in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


def test_a_folder_that_is_a_file_is_told(tmp_path):
    (tmp_path / "clips").write_bytes(b"")
    with pytest.raises(ClipIndexError, match="cannot be read"):
        read_clips(tmp_path / "clips")


def test_a_byte_order_mark_does_no_harm(tmp_path):
    write(tmp_path, squats())
    index = tmp_path / "INDEX.json"
    index.write_bytes(b"\xef\xbb\xbf" + index.read_bytes())
    assert len(read_clips(tmp_path)) == 1
