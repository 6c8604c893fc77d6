import gzip
import json
import resource
import signal
import subprocess
import sys
from contextlib import contextmanager

import numpy as np
import pytest

from edge_valgus.capture.replay import PoseWriter, partial_path, read_poses
from edge_valgus.errors import CaptureError
from edge_valgus.frames import Pose

SIZE_PX = (640, 480)
HEADER = {"format": "edge-valgus-poses", "version": 1, "source": "clip.mp4", "model": "movenet", "size_px": [640, 480]}
XY = [[10.0 + index, 20.5] for index in range(17)]
SCORES = [0.5] * 17


def some_pose(time_s, seed=0):
    random = np.random.default_rng(seed)
    xy = (random.random((17, 2)) * 700 - 20).astype(np.float32)
    return Pose(xy, random.random(17).astype(np.float32), time_s, SIZE_PX)


def write_some(path, count=40):
    poses = [None if index % 7 == 3 else some_pose(index / 30, index) for index in range(count)]
    with PoseWriter(path, "clip.mp4", "movenet", SIZE_PX) as writer:
        for index, pose in enumerate(poses):
            writer.write(index / 30, pose)
    return poses


@pytest.mark.parametrize("name", ["poses.jsonl", "poses.jsonl.gz"])
def test_what_was_written_comes_back(tmp_path, name):
    poses = write_some(tmp_path / name)
    recording = read_poses(tmp_path / name)
    assert (recording.source, recording.model, recording.size_px) == ("clip.mp4", "movenet", SIZE_PX)
    for _ in range(2):  # as often as wanted
        read = list(recording)
        assert [time_s for time_s, _ in read] == pytest.approx([index / 30 for index in range(40)], abs=5e-5)
        for (time_s, pose), written in zip(read, poses, strict=True):
            assert (pose is None) == (written is None)
            if pose is not None and written is not None:
                assert pose.time_s == time_s
                assert pose.size_px == SIZE_PX
                assert pose.xy_px.dtype == pose.score.dtype == np.float32
                np.testing.assert_allclose(pose.xy_px, written.xy_px, atol=0.051)
                np.testing.assert_allclose(pose.score, written.score, atol=0.00051)
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_the_file_is_what_the_format_says(tmp_path):
    with PoseWriter(tmp_path / "p.jsonl", "clip.mp4", "movenet", SIZE_PX) as writer:
        writer.write(0.0, Pose(np.full((17, 2), 1.26, np.float32), np.full(17, 0.12345, np.float32), 0.0, SIZE_PX))
        writer.write(1 / 3, None)
    lines = [json.loads(line) for line in (tmp_path / "p.jsonl").read_text().splitlines()]
    assert lines == [HEADER, {"t": 0.0, "xy": [[1.3, 1.3]] * 17, "s": [0.123] * 17}, {"t": 0.3333, "xy": None}]


def test_the_same_poses_give_the_same_gzip(tmp_path):
    contents = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        write_some(tmp_path / folder / "p.jsonl.gz")
        contents.append((tmp_path / folder / "p.jsonl.gz").read_bytes())
    assert contents[0] == contents[1]


@pytest.mark.parametrize("name", ["poses.jsonl", "poses.jsonl.gz"])
def test_an_error_leaves_the_old_recording_and_a_readable_part(tmp_path, name):
    path = tmp_path / name
    write_some(path, count=5)

    def fail():
        with PoseWriter(path, "other.mp4", "movenet", SIZE_PX) as writer:
            for index in range(10):
                writer.write(index / 30, some_pose(0.0))
            raise CaptureError("the video breaks off")

    with pytest.raises(CaptureError, match="breaks off"):
        fail()
    assert len(list(read_poses(path))) == 5
    assert len(list(read_poses(partial_path(path)))) == 10


@pytest.mark.parametrize("name", ["poses.jsonl", "poses.jsonl.gz"])
def test_a_killed_process_leaves_all_but_the_last_second(tmp_path, name):
    path = tmp_path / name
    program = f"""
import os, signal
from edge_valgus.capture.replay import PoseWriter
with PoseWriter({str(path)!r}, "clip.mp4", "movenet", (640, 480)) as writer:
    for index in range(100):
        writer.write(index / 30, None)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -signal.SIGKILL
    assert not path.exists()
    seen = []
    try:
        for time_s, _ in read_poses(partial_path(path)):
            seen.append(time_s)
    except CaptureError as error:
        assert "breaks off" in str(error)  # noqa: PT017  plain text may end on a whole line
    assert len(seen) >= 90


@contextmanager
def full_disk(after_bytes):
    """No file may grow beyond this: the write fails as on a full disk."""
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (after_bytes, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)


def test_a_full_disk_is_said(tmp_path):
    def fill():
        with full_disk(20_000), PoseWriter(tmp_path / "p.jsonl", "clip.mp4", "movenet", SIZE_PX) as writer:
            for index in range(500):
                writer.write(index / 30, some_pose(0.0))

    with pytest.raises(CaptureError, match=r"p\.jsonl: the keypoints cannot be written .* free space"):
        fill()
    assert not (tmp_path / "p.jsonl").exists()


@pytest.mark.parametrize(
    "where", ["nowhere/p.jsonl", ".", "file/p.jsonl"], ids=["no folder", "a folder", "under a file"]
)
def test_what_cannot_be_written_is_said_at_once(tmp_path, where):
    (tmp_path / "file").write_text("")
    with pytest.raises(CaptureError, match="cannot be written"), PoseWriter(tmp_path / where, "c", "m", SIZE_PX):
        pass


def test_a_keypoint_that_is_not_finite_is_not_written(tmp_path):
    pose = some_pose(0.0)
    pose.xy_px[3, 0] = np.nan
    with (
        PoseWriter(tmp_path / "p.jsonl", "c", "m", SIZE_PX) as writer,
        pytest.raises(ValueError, match="not JSON compliant"),
    ):
        writer.write(0.0, pose)


def lines_of(*lines):
    return "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines) + "\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("", "is empty", id="empty"),
        pytest.param("\n\n", "is empty", id="blank"),
        pytest.param("time,x,y\n", "line 1: not a JSON object", id="CSV"),
        pytest.param("[1, 2]\n", "line 1: [1, 2]: expected a JSON object", id="a list"),
        pytest.param("[" * 50_000, "line 1: not a JSON object", id="brackets without end"),
        pytest.param("x" * 200_000, "line 1: longer than", id="one endless line"),
        pytest.param(lines_of({**HEADER, "format": "coco"}), 'line 1: format = "coco"', id="another format"),
        pytest.param(lines_of({}), "line 1: format = null", id="no format"),
        pytest.param(lines_of({**HEADER, "version": 2}), "line 1: version = 2: this program reads 1", id="newer"),
        pytest.param(lines_of({**HEADER, "version": True}), "line 1: version = true", id="version is not a number"),
        pytest.param(lines_of({**HEADER, "source": None}), "line 1: source = null", id="no source"),
        pytest.param(lines_of({**HEADER, "size_px": [640]}), "line 1: size_px = [640]", id="half a size"),
        pytest.param(lines_of({**HEADER, "size_px": [0, 480]}), "line 1: size_px = [0, 480]", id="no width"),
        pytest.param(lines_of({**HEADER, "size_px": [True, 480]}), "line 1: size_px = [true, 480]", id="true width"),
    ],
)
def test_a_wrong_header_is_refused(tmp_path, text, says):
    path = tmp_path / "p.jsonl"
    path.write_text(text)
    with pytest.raises(CaptureError) as caught:
        read_poses(path)
    assert str(caught.value).startswith(str(path))
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


GOOD = {"t": 0.5, "xy": XY, "s": SCORES}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        pytest.param(
            {**GOOD, "t": 0.4}, "t = 0.4: time goes backwards: expected 0.5 or later", id="time goes backwards"
        ),
        pytest.param({"xy": None}, "t = null", id="no time"),
        pytest.param({**GOOD, "t": "1"}, 't = "1"', id="time is a text"),
        pytest.param({**GOOD, "t": True}, "t = true", id="time is true"),
        pytest.param('{"t": NaN, "xy": null}', "NaN is not a number", id="time is NaN"),
        pytest.param('{"t": Infinity, "xy": null}', "Infinity is not a number", id="time is infinite"),
        pytest.param('{"t": 1e999, "xy": null}', "t = Infinity", id="time overflows"),
        pytest.param({"t": 1}, "xy is missing", id="no keypoints"),
        pytest.param({"t": 1, "xy": None, "s": SCORES}, "expected none where xy is null", id="scores of nobody"),
        pytest.param({"t": 1, "xy": XY}, "s = null: expected 17 numbers", id="no scores"),
        pytest.param({"t": 1, "xy": XY[:16], "s": SCORES}, "expected 17 pairs", id="16 keypoints"),
        pytest.param({"t": 1, "xy": XY, "s": SCORES[:16]}, "s = [0.5, 0.5", id="16 scores"),
        pytest.param({"t": 1, "xy": [*XY[:16], [1.0]], "s": SCORES}, "xy[16] = [1.0]", id="half a pair"),
        pytest.param({"t": 1, "xy": [*XY[:16], 1.0], "s": SCORES}, "expected 17 pairs", id="a number for a pair"),
        pytest.param({"t": 1, "xy": [*XY[:16], [1, "2"]], "s": SCORES}, 'xy[16] = [1, "2"]', id="a text in a pair"),
        pytest.param({"t": 1, "xy": [*XY[:16], [1, None]], "s": SCORES}, "xy[16] = [1, null]", id="null in a pair"),
        pytest.param({"t": 1, "xy": [*XY[:16], [1, 1e7]], "s": SCORES}, "expected -1e+06 to 1e+06", id="far outside"),
        pytest.param({"t": 1, "xy": XY, "s": [*SCORES[:16], 1.5]}, "s[16] = 1.5: expected 0 to 1", id="score over 1"),
        pytest.param({"t": 1, "xy": XY, "s": [*SCORES[:16], -0.1]}, "s[16] = -0.1", id="score under 0"),
        pytest.param('{"t": 1, "xy": null, "s', "not a JSON object", id="breaks off"),
        pytest.param({**GOOD, "z": 3}, "z = 3: no such field", id="unknown field"),
    ],
)
def test_a_wrong_line_is_named_and_those_before_it_are_good(tmp_path, line, says):
    path = tmp_path / "p.jsonl"
    path.write_text(lines_of(HEADER, "", GOOD, line))
    frames = iter(read_poses(path))
    assert next(frames)[0] == 0.5
    with pytest.raises(CaptureError) as caught:
        next(frames)
    assert str(caught.value).startswith(f"{path}, line 4: ")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_equal_times_are_no_step_back(tmp_path):
    path = tmp_path / "p.jsonl"
    path.write_text(lines_of(HEADER, GOOD, GOOD))
    assert [time_s for time_s, _ in read_poses(path)] == [0.5, 0.5]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        pytest.param(b"\xff\xfe\x00\x01\n", "line 1: not text", id="binary"),
        pytest.param(gzip.compress(lines_of(HEADER).encode())[:20], "breaks off or is damaged", id="half a gzip"),
        pytest.param(b"\x1f\x8b" + bytes(40), "breaks off or is damaged", id="not really gzip"),
    ],
)
def test_damaged_files_are_refused(tmp_path, data, says):
    path = tmp_path / "p.jsonl.gz"
    path.write_bytes(data)
    with pytest.raises(CaptureError, match=says):
        read_poses(path)


@pytest.mark.parametrize(("name", "says"), [("none.jsonl", "no such file"), (".", "is a directory")])
def test_what_is_no_file_is_refused(tmp_path, name, says):
    with pytest.raises(CaptureError, match=says):
        read_poses(tmp_path / name)
