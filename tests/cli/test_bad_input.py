"""Whatever is wrong with what it is given: one clear line, an exit status, no traceback, nothing overwritten."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import av
import command_line
import numpy as np
import pytest
from command_line import FAULT_LIGHTS, free_port, refused, write_grey_video
from PIL import Image

from edge_valgus.store.writer import Store


@pytest.fixture(scope="module")
def videos(folder, good):
    """All the files that are no good videos."""
    whole = good.read_bytes()
    (folder / "empty.mp4").touch()
    (folder / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    (folder / "text.mp4").write_text("Dear diary, today I squatted.\n" * 50)
    (folder / "noise.mp4").write_bytes(np.random.default_rng(1).bytes(20_000))
    (folder / "folder.mp4").mkdir()
    Image.new("RGB", (1, 1), "white").save(folder / "dot.gif")
    with av.open(str(folder / "sound.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.float32), format="fltp", layout="mono")
        sound.rate = 44100
        container.mux(stream.encode(sound))
        container.mux(stream.encode())
    locked = folder / "locked.mp4"
    locked.write_bytes(whole)
    locked.chmod(0)
    return folder


@pytest.mark.parametrize(
    ("name", "says"),
    [
        pytest.param("nowhere.mp4", "no such file", id="missing"),
        pytest.param("empty.mp4", "is empty (0 bytes)", id="empty"),
        pytest.param("cut.mp4", "", id="truncated, its index lost"),
        pytest.param("text.mp4", "", id="text"),
        pytest.param("sound.mp4", "", id="audio only"),
        pytest.param("dot.gif", "1×1", id="1×1"),
        pytest.param("folder.mp4", "is a folder", id="a folder"),
    ],
)
def test_a_video_that_is(videos, edge_valgus, name, says):
    refused(edge_valgus("analyze", videos / name, "--model", "tiny.tflite"), name, says, status=3)


def test_a_video_that_may_not_be_read(videos, edge_valgus, monkeypatch):
    if os.geteuid() == 0:  # root reads everything, unless that is taken from it
        if not shutil.which("setpriv"):
            pytest.skip("root reads everything, and there is no setpriv")
        without = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]
        monkeypatch.setattr(command_line, "COMMAND", without + command_line.COMMAND)
    refused(edge_valgus("analyze", "locked.mp4"), "locked.mp4: may not be read by this user", status=3)


def test_a_video_that_breaks_off_is_judged_as_far_as_it_goes(folder, good, edge_valgus):
    whole = write_grey_video(folder / "whole.mkv", frames=120).read_bytes()
    (folder / "cut.mkv").write_bytes(whole[: len(whole) // 2])
    done = edge_valgus("analyze", "cut.mkv", "--model", "tiny.tflite", "--poses", "cut.jsonl")
    assert done.returncode == 3
    assert done.stdout.startswith("cut.mkv: 0 reps, 0 partial in ")
    assert len(done.stderr.splitlines()) == 1
    assert "cut.mkv: the video breaks off after " in done.stderr
    assert (folder / "cut.jsonl").exists()


@pytest.mark.parametrize(
    ("poses", "says"),
    [
        pytest.param(None, "cannot be read (no such file", id="missing"),
        pytest.param(b"", "is empty", id="empty"),
        pytest.param(b"\x00\x01\x02\xff" * 90, "line 1", id="binary"),
        pytest.param(b'{"format": "something else"}\n', 'format = "something else"', id="of another format"),
        pytest.param(b"[1, 2]\n", "expected a JSON object", id="of another shape"),
        pytest.param(
            b'{"format": "edge-valgus-poses", "version": 1, "source": "a", "model": "b", "size_px": [640, 480]}\n'
            b'{"t": 0.0, "xy": null}\n{"t": 0.1, "xy": [[1, 2]]',
            "line 3",
            id="broken off in its third line",
        ),
    ],
)
def test_a_recording_that_is(folder, edge_valgus, poses, says):
    path = folder / "bad.jsonl"
    path.unlink(missing_ok=True)
    if poses is not None:
        path.write_bytes(poses)
    refused(edge_valgus("replay", "bad.jsonl", "--json"), "bad.jsonl", says, status=3)


def test_every_problem_of_a_config_file_is_listed(folder, edge_valgus):
    path = folder / "wrong.toml"
    path.write_text(
        '[camera]\nfps = "fast"\nzoom = 2\n[knee]\nthreshold_pct = 2.0\nrelease_pct = 3.0\n'
        "[lights]\ngreen_pin = 22\namber_pin = 99\n[nonsense]\na = 1\n"
    )
    wanted = ["camera.fps", "camera.zoom", "knee.release_pct", "lights.amber_pin", "nonsense", "green_pin = 22"]
    for arguments in (("config", "check", path), ("analyze", "x.mp4", "--config", path)):
        done = edge_valgus(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        lines = done.stderr.splitlines()
        assert len(lines) == len(wanted)
        assert all(line.startswith(f"edge-valgus: {path}: ") for line in lines)
        for part in wanted:
            assert part in done.stderr


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        pytest.param("--annotate", "nowhere/out.mp4", "nowhere/out.mp4: the annotated video cannot be written", id="no folder"),
        pytest.param("--poses", "nowhere/out.jsonl", "nowhere/out.jsonl: the keypoints cannot be written", id="no folder too"),
        pytest.param("--annotate", "out.txt", "out.txt: a video named .txt cannot be written", id="no video's name"),
        pytest.param("--annotate", "good.mp4", "would overwrite the video that is being read", id="the input"),
        pytest.param("--poses", "./here/../good.mp4", "would overwrite", id="the input by another name"),
        pytest.param("--annotate", "/dev/full/x.mp4", "cannot be written", id="below a device"),
    ],
)  # fmt: skip
def test_an_output_that_is(good, edge_valgus, option, value, says):
    (good.parent / "here").mkdir(exist_ok=True)
    before = good.read_bytes()
    refused(edge_valgus("analyze", "good.mp4", "--model", "tiny.tflite", option, value), says, status=3)
    assert good.read_bytes() == before


def test_one_name_for_both_outputs(good, edge_valgus):
    same = ("--annotate", "same.mp4", "--poses", "same.mp4")
    refused(edge_valgus("analyze", "good.mp4", "--model", "tiny.tflite", *same), "same.mp4", status=3)


def test_a_full_disk_under_the_output(good, edge_valgus):
    for arguments in (("analyze", good, "--model", "tiny.tflite", "--json"), ("config", "default")):
        with Path("/dev/full").open("w") as full:
            done = edge_valgus(*arguments, stdout=full)
        assert done.returncode == 1
        assert done.stderr.splitlines() == [
            "edge-valgus: the output cannot be written (No space left on device); free space or write elsewhere"
        ]


def test_a_port_in_use(good, edge_valgus):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        page = edge_valgus("web", "--host", "127.0.0.1", "--port", port)
        demo = edge_valgus("demo", "--port", port, "--sets", 1, "--reps", 1, "--model", "tiny.tflite")
    refused(page, f"port {port}", "in use", status=7)
    refused(demo, f"port {port}", "in use", status=7)


@pytest.fixture(scope="module")
def devices(folder, good, edge_valgus):
    """What became of three devices that cannot start while a fourth runs. Each shows its fault for a while, all at once."""
    write_grey_video(folder / "long.mp4", frames=600)
    (folder / "other").mkdir()
    (folder / "other" / "edge-valgus.db").write_text("my diary\n" * 500)

    def start(state, run):
        where = ("--state-dir", folder / state, "--runtime-dir", folder / run)
        return edge_valgus.start("run", "--mock-gpio", "--video", "long.mp4", "--model", "tiny.tflite", *where)

    first = start("shared", "r1")
    try:
        assert "green on" in first.stdout.readline()  # it is up
        others = [start("shared", "r2"), start("elsewhere", "r1"), start("other", "r3")]
        results = []
        for process in others:
            out, err = process.communicate(timeout=60)
            results.append(subprocess.CompletedProcess((), process.returncode, out, err))
        assert first.poll() is None, "the first one was disturbed"
    finally:
        first.terminate()
        out, err = first.communicate(timeout=30)
    assert (first.returncode, err) == (0, "")
    return first.pid, results


def test_a_second_device_on_one_database(folder, devices):
    pid, (same_database, _, _) = devices
    says = f"in use by another edge-valgus (process {pid})"
    refused(same_database, str(folder / "shared" / "edge-valgus.db"), says, status=5, out=FAULT_LIGHTS)


def test_a_second_device_on_one_live_socket(folder, devices):
    pid, (_, same_socket, _) = devices
    refused(
        same_socket, str(folder / "r1"), f"in use by another edge-valgus (process {pid})", status=7, out=FAULT_LIGHTS
    )


def test_a_database_that_is_none_is_left_alone(folder, devices, edge_valgus):
    database, table = folder / "other" / "edge-valgus.db", folder / "reps.csv"
    table.write_text("last week's")
    refused(devices[1][2], f"{database} is not a database", status=5, out=FAULT_LIGHTS)
    refused(edge_valgus("export", "--state-dir", database.parent), f"{database} is not a database", status=5)
    refused(edge_valgus("export", "--state-dir", database.parent, "--out", table), "is not a database", status=5)
    assert database.read_text() == "my diary\n" * 500
    assert table.read_text() == "last week's"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(("run", "--state-dir", ""), "--state-dir is empty", id="an empty folder"),
        pytest.param(("analyze",), "'VIDEO'", id="no video"),
        pytest.param(("squat",), "'squat'", id="an unknown command"),
        pytest.param(("export", "--from", "yesterday"), "'yesterday'", id="no date"),
    ],
)
def test_a_command_that_is_mistyped(edge_valgus, arguments, says):
    done = edge_valgus(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_no_database_to_export(folder, edge_valgus):
    refused(edge_valgus("export", "--state-dir", folder / "none"), "no such database", "--state-dir", status=5)


def test_no_gpio_chip(good, edge_valgus):
    done = edge_valgus("run", "--video", good, "--model", "tiny.tflite")
    if done.returncode == 0:
        pytest.skip("this machine has pins")
    refused(done, "GPIO", "--mock-gpio", status=6)


def test_the_page_serves_in_spite_of_wrong_settings(folder, edge_valgus):
    path = folder / "broken.toml"
    path.write_text("[web\n")
    port = free_port()
    page = edge_valgus.start(
        *("web", "--config", path, "--host", "127.0.0.1", "--port", port),
        *("--state-dir", folder / "state", "--runtime-dir", folder / "run"),
    )
    try:
        said = page.stderr.readline()
        assert "broken.toml" in said
        assert "defaults are in force" in said
        text = _get(port)
    finally:
        page.terminate()
        page.communicate(timeout=30)
    assert page.returncode == 0
    assert "broken.toml" in text


def _get(port, within_s=20.0):
    end_s = time.monotonic() + within_s
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/")
            return connection.getresponse().read().decode()
        except ConnectionRefusedError:
            assert time.monotonic() < end_s, "the page did not come up"
            time.sleep(0.1)
        finally:
            connection.close()


@pytest.fixture
def filled(folder):
    """A database with a rep, and its bytes."""
    state = Path(tempfile.mkdtemp(dir=folder))
    with Store(state / "edge-valgus.db") as store:
        session = store.start_session(1_700_000_000.0, source="drawn", model="none")
        store.start_set(session, 1, 1_700_000_000.0)
    return state


@pytest.mark.parametrize("name", ["edge-valgus.db", "edge-valgus.db-wal", "edge-valgus.db.lock", "other-name.csv"])
def test_an_export_does_not_write_over_the_database(filled, edge_valgus, name):
    (filled / "other-name.csv").hardlink_to(filled / "edge-valgus.db")
    before = (filled / "edge-valgus.db").read_bytes()
    done = edge_valgus("export", "--state-dir", filled, "--out", filled / name)
    refused(done, name, "would overwrite the database itself", "give another name", status=5)
    assert (filled / "edge-valgus.db").read_bytes() == before


@pytest.mark.parametrize(
    ("first", "last", "status"),
    [("0001-01-01", "9999-12-31", 0), ("2026-12-01", "2026-01-01", 5)],
    ids=["all the days there are", "the last before the first"],
)
def test_an_export_of_odd_days(filled, edge_valgus, first, last, status):
    done = edge_valgus("export", "--state-dir", filled, "--from", first, "--to", last)
    assert (done.returncode, "Traceback" in done.stderr) == (status, False)
    assert ("swap them" in done.stderr) is bool(status)


@pytest.mark.parametrize("command", [("replay",), ("config", "check")], ids=" ".join)
def test_a_pipe_in_place_of_a_file_is_refused_and_not_waited_for(folder, edge_valgus, command):
    pipe = folder / f"pipe-{command[0]}"
    os.mkfifo(pipe)
    done = edge_valgus(*command, pipe)
    assert done.returncode in {2, 3}
    assert "is no ordinary file" in done.stderr


def test_a_name_that_would_command_the_terminal_is_spelled_out(edge_valgus):
    refused(edge_valgus("analyze", "a\x1b[31mb.mp4"), r"a\x1b[31mb.mp4", "no such file", status=3)


def test_a_seed_beyond_any_is_refused(edge_valgus):
    done = edge_valgus("demo", "--headless", "--seed", "9" * 23)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_folders_that_no_disk_can_hold(folder, edge_valgus):
    settings = folder / "odd.toml"
    settings.write_text('[store]\nstate_dir = "a\\u0000b"\n')
    assert edge_valgus("config", "check", settings).returncode == 2
    done = edge_valgus("demo", "--headless", "--reps", "1", "--config", settings)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_sigterm_leaves_no_half_annotated_video(folder, good, edge_valgus):
    write_grey_video(folder / "long.mp4", frames=900)
    process = edge_valgus.start("analyze", "long.mp4", "--model", "tiny.tflite", "--annotate", "judged.mp4")
    deadline_s = time.monotonic() + 30
    while not list(folder.glob(".judged.part*")) and time.monotonic() < deadline_s:
        time.sleep(0.05)
    process.terminate()
    process.communicate(timeout=30)
    assert process.returncode == 143
    assert not list(folder.glob("*judged*")) + list(folder.glob(".judged*"))
