"""What analyze, replay and demo print, and when they keep quiet."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
import subprocess
import sys
import threading
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest
from command_line import COMMAND, free_port, write_grey_video, write_poses

from drawn_video import drawn_set, write_drawn_video
from edge_valgus.config import MOVENET, PRACTICE, PRACTICE_NOTICE
from tiny_model import write_tiny_model

TOLD = f"edge-valgus: {PRACTICE_NOTICE}\n"
KEYS = [
    *("source", "model", "runtime", "frames", "duration_s", "counted", "partial"),
    *("judged_frames", "flagged_frames", "reps"),
]
REP_KEYS = [
    *("number", "counted", "start_s", "bottom_s", "end_s", "descent_s", "ascent_s", "depth", "valgus"),
    *("flagged_frames", "peak_mkd_left_pct", "peak_mkd_right_pct", "peak_fppa_left_deg", "peak_fppa_right_deg"),
    "min_kasr",
]


@pytest.fixture(scope="module")
def video(folder):
    write_tiny_model(folder / "tiny.tflite")
    return write_grey_video(folder / "grey.mp4")


def parse(text):
    """Read one JSON object on one line, without NaN, and see that it has the promised keys in their order."""
    assert text.count("\n") == 1

    def refuse(name):
        raise AssertionError(f"{name} is not JSON")

    result = json.loads(text, parse_constant=refuse)
    assert list(result) == KEYS
    for rep in result["reps"]:
        assert list(rep) == REP_KEYS
        assert rep["valgus"] in {"none", "left", "right", "both", "unknown"}
        assert rep["start_s"] < rep["bottom_s"] < rep["end_s"]
        assert rep["descent_s"] == pytest.approx(rep["bottom_s"] - rep["start_s"], abs=0.002)
        assert rep["ascent_s"] == pytest.approx(rep["end_s"] - rep["bottom_s"], abs=0.002)
    assert [rep["number"] for rep in result["reps"]] == list(range(1, len(result["reps"]) + 1))
    assert result["counted"] + result["partial"] == len(result["reps"])
    assert result["judged_frames"] <= result["frames"]
    return result


def test_analyze_prints_one_object(video, edge_valgus):
    done = edge_valgus("analyze", video, "--model", "tiny.tflite", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    result = parse(done.stdout)
    assert (result["source"], result["model"], result["frames"], result["reps"]) == ("grey.mp4", "tiny", 20, [])
    assert result["duration_s"] == pytest.approx(19 / 20, abs=0.01)


def test_replay_prints_one_object_or_a_table(folder, edge_valgus):
    poses = write_poses(folder / "two.jsonl.gz", drawn_set(2))
    done = edge_valgus("replay", poses, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    result = parse(done.stdout)
    assert (result["source"], result["runtime"], result["counted"], result["partial"]) == ("drawn.mp4", "replay", 2, 0)
    table = edge_valgus("replay", poses)
    assert (table.returncode, table.stderr) == (0, "")
    *rows, last = table.stdout.splitlines()
    assert re.fullmatch(r"drawn\.mp4: 2 reps, 0 partial in \d+\.\d s; \d+ of \d+ frames judged\.", last)
    assert [row.split()[0] for row in rows if row] == ["rep", "1", "2"]
    assert "\x1b" not in table.stdout


def test_the_demonstration_without_movenet_runs_the_practice_network_and_says_so(edge_valgus):
    runs = [edge_valgus("demo", "--reps", 1, "--headless", "--json") for _ in range(2)]
    for run in runs:
        assert (run.returncode, run.stderr) == (0, TOLD)
    assert runs[0].stdout == runs[1].stdout
    result = parse(runs[0].stdout)
    assert (result["model"], result["counted"], result["partial"]) == (PRACTICE, 1, 0)
    assert result["runtime"] in {"litert", "tflite-runtime"}
    table = edge_valgus("demo", "--reps", 1, "--headless", "--seed", 7)
    assert table.stderr == TOLD
    assert re.search(r"1 rep, 0 partial in .*; seen with the practice network\.\n$", table.stdout)


def test_the_demonstration_lets_a_knee_cave_in(edge_valgus):
    done = edge_valgus("demo", "--reps", 5, "--headless", "--json")
    assert [rep["valgus"] for rep in parse(done.stdout)["reps"]] == ["none", "none", "left", "none", "right"]


def test_the_demonstration_without_a_terminal_serves_its_page_and_ends_by_itself(edge_valgus):
    port = free_port()
    process = edge_valgus.start("demo", "--sets", 1, "--reps", 1, "--port", port)
    first = process.stdout.readline()
    assert first == f"The page is at http://127.0.0.1:{port}.\n"
    health = _get(port, "/healthz")
    children = _children(process.pid)
    assert len(children) == 1
    page = _get(port, "/")
    notice = wait_for(lambda: PRACTICE_NOTICE in _get(port, "/").body.decode())
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert health.status == 200
    assert b"<html" in page.body
    assert err == TOLD
    assert notice, "the page did not say which network it is"
    lines = out.splitlines()
    assert any(re.match(r"\d+\.\d\d s  green on", line) for line in lines), "the lights are told line by line"
    assert re.match(r"drawn lifter: 1 rep, 0 partial in ", lines[-1])
    assert not any(_alive(pid) for pid in children), "the page's process is left behind"
    with pytest.raises(ConnectionRefusedError):
        _get(port, "/healthz")


def test_ctrl_c_ends_the_demonstration_with_its_summary(edge_valgus):
    port = free_port()
    process = edge_valgus.start("demo", "--sets", 5, "--port", port, "--json", start_new_session=True)
    assert f"http://127.0.0.1:{port}" in process.stderr.readline() + process.stderr.readline()
    children = _children(process.pid)
    os.killpg(process.pid, 2)  # as a terminal does: to both processes
    out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "")
    assert parse(out)["counted"] == 0
    assert not any(_alive(pid) for pid in children)


def test_kill_9_leaves_no_page_behind(folder, edge_valgus):
    port = free_port()
    env = edge_valgus.environment | {"TMPDIR": str(folder)}  # what a killed process leaves there goes with it
    with edge_valgus.start("demo", "--sets", 5, "--port", port, start_new_session=True, env=env) as process:
        assert process.stdout.readline().startswith("The page is at")
        (child,) = _children(process.pid)
        process.kill()
        process.wait(timeout=30)
    # Asked of the port and not of the process: dead, it may wait as a zombie for whoever inherits it.
    deadline_s = time.monotonic() + 20
    while _answers(port):
        if time.monotonic() > deadline_s:
            os.kill(child, 9)
            pytest.fail("the page's process is left behind")
        time.sleep(0.05)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("config", "default"), id="more than a pipe's worth"),
        pytest.param(("replay", "two.jsonl.gz"), id="a table"),
        pytest.param(("replay", "two.jsonl.gz", "--json"), id="an object"),
        pytest.param(("export", "--state-dir", "counted"), id="a CSV"),
        pytest.param(("--help",), id="help"),
    ],
)
def test_whoever_reads_only_the_first_line_hears_no_complaint(folder, edge_valgus, counted, arguments):
    write_poses(folder / "two.jsonl.gz", drawn_set(2))
    process = edge_valgus.start(*arguments)
    process.stdout.close()  # before anything was written: the surest way to break the pipe
    process.stdout = None
    _, err = process.communicate(timeout=30)
    assert err == ""
    assert process.returncode == 1


@pytest.fixture(scope="module")
def counted(folder, edge_valgus):
    """A state folder with two counted reps, from a device whose lifter is drawn."""
    script = (
        "from drawn_video import drawn_set;"
        "from edge_valgus.config import Config; from edge_valgus.feedback.mock import mock_pins;"
        "from edge_valgus.service.device import Outputs, run_device; from drawn_joints import noised;"
        "c = Config(); c = c.model_copy(update={'store': c.store.model_copy("
        "update={'state_dir': 'counted', 'runtime_dir': 'counted'})});"
        "run_device(lambda: noised(drawn_set(2), 1), Outputs(c, '=drawn', 'none', lambda t: 1.7e9 + t, mock_pins()))"
    )
    subprocess.run([sys.executable, "-c", script], cwd=folder, env=edge_valgus.environment, check=True)
    return folder / "counted"


def test_export_writes_every_rep(counted, folder, edge_valgus):
    done = edge_valgus("export", "--state-dir", counted)
    assert (done.returncode, done.stderr) == (0, "")
    header, *rows = csv.reader(io.StringIO(done.stdout, newline=""))
    assert [len(row) for row in rows] == [len(header)] * 2
    filed = edge_valgus("export", "--state-dir", counted, "--out", "reps.csv")
    assert (filed.returncode, filed.stdout, filed.stderr) == (0, "", "")
    assert (folder / "reps.csv").read_bytes().decode() == done.stdout.replace("\n", "\r\n")
    assert edge_valgus("export", "--state-dir", counted, "--to", "2020-01-01").stdout.count("\n") == 1


def test_a_terminal_gets_a_progress_bar_and_a_pipe_does_not(video, edge_valgus):
    master, slave = pty.openpty()
    shown = bytearray()

    def read():
        with open(master, "rb", buffering=0) as terminal:  # noqa: PTH123  a descriptor
            try:
                while chunk := terminal.read(4096):
                    shown.extend(chunk)
            except OSError:  # Linux says so when the last one hangs up
                return

    reader = threading.Thread(target=read)
    reader.start()
    env = edge_valgus.environment | {"TERM": "xterm-256color"}
    done = edge_valgus("analyze", video, "--model", "tiny.tflite", stderr=slave, env=env)
    os.close(slave)
    reader.join()
    assert done.returncode == 0
    assert b"grey.mp4" in shown
    assert b"%" in shown
    assert done.stdout.startswith("grey.mp4: 0 reps")
    assert edge_valgus("analyze", video, "--model", "tiny.tflite").stderr == ""


def test_it_starts_by_either_name_and_says_its_version(edge_valgus):
    assert re.fullmatch(r"edge-valgus, version \d+\.\d+\.\d+\S*\n", edge_valgus("--version").stdout)
    shown = edge_valgus("-h").stdout
    for command in ("demo", "run", "web", "analyze", "replay", "models", "export", "config"):
        assert re.search(rf"^  {command} ", shown, re.MULTILINE)
    assert COMMAND[1:] == ["-m", "edge_valgus"]


@pytest.fixture(scope="module")
def drawn_video(folder):
    return write_drawn_video(folder / "drawn.mp4", drawn_set(2))


@pytest.fixture(params=[PRACTICE, pytest.param(MOVENET, marks=pytest.mark.movenet)])
def network(request, folder):
    """(name, where it is, what is said of it): MoveNet is taken unasked and silently wherever it is."""
    if request.param == PRACTICE:
        return PRACTICE, folder / "no-models", TOLD
    return MOVENET, request.getfixturevalue("movenet_dir"), ""


def test_what_analyze_saw_replay_judges_alike(drawn_video, edge_valgus, network):
    model, models, told = network
    options = ("--model-dir", models, "--poses", "seen.jsonl", "--annotate", "judged.mp4", "--json")
    done = edge_valgus("analyze", drawn_video, *options)
    assert (done.returncode, done.stderr) == (0, told)
    seen = parse(done.stdout)
    assert (seen["source"], seen["model"], seen["counted"], seen["partial"]) == ("drawn.mp4", model, 2, 0)
    replayed = edge_valgus("replay", "seen.jsonl", "--json")
    assert replayed.stderr == told
    again = parse(replayed.stdout)
    assert again.pop("runtime") == "replay"
    assert seen.pop("runtime") in {"litert", "tflite-runtime"}
    rounding = {"depth": 0.01, "flagged_frames": 2, "min_kasr": 0.01}
    for before, after in zip(seen.pop("reps"), again.pop("reps"), strict=True):
        for key in REP_KEYS:
            same = before[key] == after[key] or after[key] == pytest.approx(before[key], abs=rounding.get(key, 0.35))
            assert same, (key, before[key], after[key])
    assert again.pop("duration_s") == pytest.approx(seen.pop("duration_s"), abs=0.001)
    assert abs(again.pop("judged_frames") - seen.pop("judged_frames")) <= 2
    assert abs(again.pop("flagged_frames") - seen.pop("flagged_frames")) <= 2
    assert again == seen
    judged = edge_valgus("analyze", "judged.mp4", "--model-dir", models, "--json")
    assert parse(judged.stdout)["frames"] == seen["frames"]


@pytest.mark.movenet
def test_the_demonstration_with_movenet_counts_every_rep(edge_valgus, movenet_dir):
    done = edge_valgus("demo", "--reps", 3, "--headless", "--json", "--model-dir", movenet_dir)
    assert (done.returncode, done.stderr) == (0, "")
    result = parse(done.stdout)
    assert (result["model"], result["counted"], result["partial"]) == (MOVENET, 3, 0)


def wait_for(happened, within_s=20.0):
    deadline_s = time.monotonic() + within_s
    while time.monotonic() < deadline_s:
        if happened():
            return True
        time.sleep(0.05)
    return False


class _Answer:
    def __init__(self, response):
        self.status, self.body = response.status, response.read()


def _get(port, target):
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", target)
        return _Answer(connection.getresponse())
    finally:
        connection.close()


def _answers(port):
    try:
        return _get(port, "/healthz").status == 200
    except (OSError, HTTPException):
        return False


def _children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _alive(pid):
    return Path(f"/proc/{pid}").exists()
