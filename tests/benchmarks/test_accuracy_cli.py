"""The command line: what it refuses, what it writes, and with what status it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from accuracy_samples import scene_score, suite_run

from accuracy_bench import command
from accuracy_bench.floors import below_floor
from accuracy_bench.suites import SuiteRun
from edge_valgus.config import PRACTICE

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "accuracy.py"


@pytest.fixture(autouse=True)
def _few_rounds(monkeypatch):
    monkeypatch.setattr("accuracy_bench.figures.ROUNDS", 10)
    monkeypatch.setattr("accuracy_bench.figures.ROUNDS_ASIDE", 10)


@pytest.fixture
def call(monkeypatch, capsys, tmp_path):
    """Runs the command with a model that is never loaded; returns status, standard output and error."""
    ran = []

    def run_suite(suite, seeds, **options):
        ran.append((suite, list(seeds), options))
        return call.answer(suite)

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["accuracy.py", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            command.main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    monkeypatch.setattr(command, "run_suite", run_suite)
    monkeypatch.setattr(command, "_model", lambda *_: command.Model("a-model", tmp_path / "model.tflite"))
    monkeypatch.setattr(command, "available_runtimes", lambda: ("litert",))
    call.ran = ran
    call.answer = lambda suite: suite_run(scene_score(), suite=suite)
    return call


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param(["--seeds", "5"], "'--seeds': '5': expected A:B", id="seeds without a colon"),
        pytest.param(
            ["--seeds", "0:99999999999999"], "expected at most 100000 a run", id="more than anybody can wait for"
        ),
        pytest.param(["--seeds", "0:2", "--seeds", "4:5"], "'4:5' is the second range for all suites", id="two ranges"),
        pytest.param(
            ["--suite", "keypoints", "--seeds", "drawn=0:2"], "for drawn, which is not run", id="another suite's seeds"
        ),
        pytest.param(["--json", "x", "--markdown", "x"], "are both x", id="one file for both"),
        pytest.param(["--json", "x", "--markdown", "./y/../x"], "are both x", id="one file by two names"),
        pytest.param(["--seeds", "0:" + 5000 * "9"], "expected A:B", id="a seed of five thousand digits"),
        pytest.param(["--seeds", "a:b"], "'--seeds': 'a:b': expected A:B", id="seeds that are no numbers"),
        pytest.param(["--seeds=-1:5"], "'--seeds': '-1:5': expected A:B", id="negative seeds"),
        pytest.param(["--seeds", "5:5"], "'--seeds': '5:5' holds no seed", id="no seed"),
        pytest.param(["--seeds", "9:5"], "'--seeds': '9:5' holds no seed", id="seeds the wrong way round"),
        pytest.param(["--suite", "foo"], "'--suite': 'foo' is not one of", id="an unknown suite"),
        pytest.param(["--jobs", "0"], "'--jobs': 0 is not in the range", id="no jobs"),
        pytest.param(["--suite", "real"], "--clips is missing", id="real without clips"),
        pytest.param(["--suite", "all"], "--clips is missing", id="all without clips"),
        pytest.param(
            ["--suite", "real", "--clips", "nowhere"], "'--clips': nowhere is no folder", id="no clips folder"
        ),
        pytest.param(["--clips", "."], "--clips . is of no use without --suite real", id="clips for nothing"),
        pytest.param(
            ["--json", "no/such/out.json"], "'--json': no/such/out.json: there is no folder", id="no JSON folder"
        ),
        pytest.param(["--markdown", "."], "'--markdown': . cannot be written", id="Markdown to a folder"),
        pytest.param(["--poses", "a-file"], "'--poses': a-file cannot be a folder", id="poses in a file"),
        pytest.param(["--suite", "real", "--clips", "."], "INDEX.json: no such file", id="clips without an index"),
        pytest.param(["--frobnicate"], "No such option '--frobnicate'", id="an unknown option"),
        pytest.param(["extra"], "unexpected extra argument (extra)", id="an extra word"),
    ],
)
def test_wrong_words_get_one_line_that_names_them(call, words, expected, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a-file").touch()
    status, out, err = call(*words)
    assert (status, out, len(err.splitlines())) == (2, "", 1)
    assert err.startswith("accuracy.py: ")
    assert expected in err
    assert call.ran == []


def test_a_model_folder_that_is_none_is_named(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["accuracy.py", "--model-dir", "nowhere"])
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert (ended.value.code, "'--model-dir': nowhere is no folder" in capsys.readouterr().err) == (2, True)


def test_tables_are_printed_where_no_file_is_given(call):
    status, out, err = call("--seeds", "3:5")
    assert (status, err) == (0, "")
    assert out.startswith("# Accuracy")
    assert "python benchmarks/accuracy.py --suite drawn --seeds 3:5" in out
    assert [(suite, seeds) for suite, seeds, _ in call.ran] == [("drawn", [3, 4])]


def test_results_go_to_the_files_that_were_named(call, tmp_path):
    status, out, _ = call("--json", tmp_path / "out.json", "--markdown", tmp_path / "out.md")
    assert (status, out) == (0, "")
    assert json.loads((tmp_path / "out.json").read_text())["suites"]["drawn"]["exact_count"] == 1.0
    assert (tmp_path / "out.md").read_text(encoding="utf-8").startswith("# Accuracy")


def test_several_suites_run_in_one_order_and_once_each(call):
    call("--suite", "negatives", "--suite", "drawn", "--suite", "drawn")
    assert [suite for suite, _, _ in call.ran] == ["drawn", "negatives"]


def test_no_model_is_looked_for_without_pictures(call, monkeypatch):
    monkeypatch.setattr(command, "_model", lambda *_: pytest.fail("asked for a model"))
    status, out, _ = call("--suite", "keypoints")
    assert (status, "Model none" in out) == (0, True)


def test_the_network_is_chosen_by_name_or_path(practice_path, tmp_path):
    found = command._model(PRACTICE, None)
    assert (found.name, found.path) == (PRACTICE, practice_path)
    assert command._model(str(practice_path), None) == found
    (tmp_path / "own.tflite").write_bytes(b"own")
    own = command._model(str(tmp_path / "own.tflite"), None)
    assert own.name == "own"
    assert own.sha256 != found.sha256


def test_another_network_than_the_usual_is_in_the_command(call):
    assert "--model" not in call("--seeds", "0:1")[1]
    _, out, _ = call("--seeds", "0:1", "--model", PRACTICE)
    assert f"python benchmarks/accuracy.py --suite drawn --seeds 0:1 --model {PRACTICE}\n" in out


def test_options_reach_the_run(call, tmp_path):
    call("--jobs", "3", "--poses", tmp_path / "poses")
    _, _, options = call.ran[0]
    assert (options["jobs"], options["poses"]) == (3, tmp_path / "poses")
    assert (tmp_path / "poses").is_dir()


def test_a_scene_that_failed_fails_the_run_and_is_named(call):
    call.answer = lambda suite: suite_run(scene_score(), suite=suite, faults=["drawn, seed 4: it broke"])
    status, out, err = call()
    assert (status, err) == (1, "accuracy.py: drawn, seed 4: it broke\n")
    assert out.startswith("# Accuracy")


@pytest.mark.parametrize(
    ("words", "status", "named"), [([], 0, False), (["--floors"], 1, True)], ids=["told only", "with floors"]
)
def test_a_figure_below_its_floor_fails_the_run_where_asked(call, words, status, named):
    call.answer = lambda suite: suite_run(scene_score(counted=0), suite=suite)
    found, _, err = call(*words)
    assert (found, "below the floor: drawn: exact_count = 0.0 %" in err) == (status, named)


def test_all_scenes_failing_is_below_every_floor(call):
    call.answer = lambda suite: SuiteRun(suite, {}, ("drawn, seed 0: it broke",))
    status, _, err = call("--floors")
    assert (status, "exact_count = nothing to measure it from" in err) == (1, True)


def test_help_teaches_from_the_file_itself():
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    shown = subprocess.run(
        [sys.executable, str(SCRIPT), "--help"], capture_output=True, text=True, check=False, env=environment
    )
    assert (shown.returncode, shown.stderr) == (0, "")
    for taught in ("drawn", "keypoints", "real", "negatives", "10000", "for\n", "reporting", "--floors"):
        assert taught in shown.stdout


def test_a_disk_that_is_full_is_told_in_a_line(call):
    status, _, err = call("--suite", "keypoints", "--json", "/dev/full")
    assert status == 1
    assert err.startswith("accuracy.py: ")
    assert "No space left" in err
    assert "Traceback" not in err


@pytest.mark.slow
@pytest.mark.parametrize("after_s", [3.0, 4.0, 8.0], ids="{:g} s".format)
def test_an_interrupt_ends_a_long_run_soon(after_s):
    """Sent to the main process alone, as by a script: the scenes that wait are not run."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    # A shell's background job ignores the signal, and hands that down to whatever it starts.
    heeding = ["env", "--default-signal=INT"]
    words = [*heeding, sys.executable, str(SCRIPT), "--suite", "keypoints", "--seeds", "0:2000"]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment) as run:
        time.sleep(after_s)
        assert run.poll() is None, "already over"
        run.send_signal(signal.SIGINT)
        try:
            _, err = run.communicate(timeout=60.0)
        finally:
            run.kill()
    assert run.returncode == 130
    assert "Traceback" not in err


def test_outputs_overwrite_no_recording(call, tmp_path):
    (tmp_path / "INDEX.json").write_text('{"clips": []}')
    status, _, err = call("--suite", "real", "--clips", tmp_path, "--markdown", tmp_path / "INDEX.json")
    assert status == 2
    assert "lies in the folder of the clips" in err
    assert (tmp_path / "INDEX.json").read_text() == '{"clips": []}'


def test_tables_are_said_even_if_the_json_cannot_be_written(call):
    status, out, err = call("--seeds", "0:1", "--json", "/dev/full", "--markdown", "/dev/null")
    assert status == 1
    assert "| figure | target |" in out
    assert "No space left" in err


@pytest.mark.parametrize("options", [("--model", PRACTICE), ("--model-dir", ".")], ids=["a network", "a folder"])
def test_a_network_is_of_no_use_where_none_looks(call, options):
    status, _, err = call("--suite", "keypoints", *options)
    assert status == 2
    assert "no use" in err


def test_outputs_go_over_neither_the_network_nor_the_benchmarks_own_files(call, tmp_path):
    for out in (tmp_path / "model.tflite", command.OWN_FOLDER / "new.json"):
        status, _, err = call("--seeds", "0:1", "--json", str(out))
        assert status == 2
        assert "write elsewhere" in err
    assert not call.ran


def test_a_suite_without_floors_fails_where_floors_are_asked_for():
    assert below_floor({"real": {}}, PRACTICE) == [f"real: {PRACTICE} has no floors"]
