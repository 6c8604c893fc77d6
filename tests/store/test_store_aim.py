"""What aiming measured comes back as it was written; what is wrong with the file is named with what to do."""

from __future__ import annotations

import json
import os
import re
import stat
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from edge_valgus.aim import Aim
from edge_valgus.analysis.rig import Rig
from edge_valgus.errors import AimError
from edge_valgus.store.aim import StoredAim, read_aim, require_writable, write_aim

RESULT = Aim(Rig(0.7312, 0.8876, -1.53), roll_deg=0.71, lens_height_m=1.016, still_pct=0.5521, squats=5)
AT = datetime(2026, 11, 26, 18, 4, 5, tzinfo=UTC)
STORED = StoredAim.of(RESULT, at=AT, source="camera 0", model="movenet-lightning-int8", size_px=(640, 480))


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "state" / "aim.json"
    write_aim(path, STORED)
    return path


def test_it_comes_back_as_it_was_written(file):
    found = read_aim(file)
    assert found == STORED
    assert found.rig == Rig(0.731, 0.888, -1.5)
    assert found.mdc_pct == pytest.approx(2.7719 * 0.888, rel=1e-3)
    assert (found.moment, found.day) == (AT, "2026-11-26")


def test_nothing_was_measured_is_no_error(tmp_path):
    assert read_aim(tmp_path / "aim.json") is None


def test_the_pages_group_may_read_it(file):
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_what_root_writes_belongs_to_whom_the_folder_belongs(tmp_path):
    folder = tmp_path / "state"
    folder.mkdir()
    os.chown(folder, 12345, 23456)
    write_aim(folder / "aim.json", STORED)
    status = (folder / "aim.json").stat()
    assert (status.st_uid, status.st_gid) == (12345, 23456)


def test_the_next_one_takes_its_place_whole_and_leaves_nothing_behind(file):
    write_aim(file, replace(STORED, squats=6))
    assert read_aim(file).squats == 6
    assert [path.name for path in file.parent.iterdir()] == ["aim.json"]


def test_a_write_that_fails_leaves_what_was_there(file, monkeypatch):
    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(AimError, match=r"aim\.json: cannot be written \(No space left on device\)"):
        write_aim(file, replace(STORED, squats=6))
    assert read_aim(file) == STORED
    assert [path.name for path in file.parent.iterdir()] == ["aim.json"]


def test_what_a_power_cut_left_behind_is_taken_away_by_the_next(file):
    (file.parent / "aim.json~").write_text("{")
    write_aim(file, replace(STORED, squats=6))
    assert [path.name for path in file.parent.iterdir()] == ["aim.json"]


def test_what_lies_in_the_folder_leads_nobody_out_of_it(file, tmp_path):
    """The folder is the service user's, and root may write in it."""
    other = tmp_path / "other"
    other.write_text("kept")
    (file.parent / "aim.json~").symlink_to(other)
    write_aim(file, STORED)
    assert other.read_text() == "kept"
    assert not file.is_symlink()


def test_file_and_folder_are_on_the_disk_when_it_returns(file, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda fd: synced.append(stat.S_ISDIR(os.fstat(fd).st_mode)))
    write_aim(file, STORED)
    assert synced == [False, True]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({"sem_left_pct": 0.004}, "sem_left_pct = 0.004: Input should be greater than or equal to 0.01", id="out of range"),
        pytest.param({"yaw_deg": float("nan")}, "yaw_deg = nan: Input should be a finite number", id="not a number"),
    ],
)  # fmt: skip
def test_what_could_not_be_read_again_is_not_written(file, changes, says):
    with pytest.raises(AimError, match=re.escape(says)):
        write_aim(file, replace(STORED, **changes))
    assert read_aim(file) == STORED


def test_whether_it_can_be_written_is_told_beforehand(file, tmp_path):
    require_writable(file)
    assert read_aim(file) == STORED
    assert [path.name for path in file.parent.iterdir()] == ["aim.json"]
    (tmp_path / "file").write_text("")
    for wrong in (tmp_path / "file" / "aim.json", tmp_path):
        with pytest.raises(AimError, match="cannot be written"):
            require_writable(wrong)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(AimError, match="cannot be written"):
        write_aim(tmp_path / "file" / "aim.json", STORED)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({"sem_left_pct": "much"}, "sem_left_pct = 'much': Input should be a valid number", id="text for a number"),
        pytest.param({"sem_left_pct": 0}, "sem_left_pct = 0: Input should be greater", id="a box without error"),
        pytest.param({"sem_right_pct": 99.0}, "sem_right_pct = 99.0: Input should be less", id="out of range"),
        pytest.param({"sem_right_pct": True}, "sem_right_pct = True: Input should be a valid number", id="a bool is no number"),
        pytest.param({"yaw_deg": None}, "yaw_deg = None: Input should be a valid number", id="null"),
        pytest.param({"width_px": 640.5}, "width_px = 640.5: Input should be a valid integer", id="half a pixel"),
        pytest.param({"model": 3}, "model = 3: Input should be a valid string", id="a number for text"),
        pytest.param({"at": "yesterday"}, "at = 'yesterday': expected a moment", id="no moment"),
        pytest.param({"at": "2026-11-26T18:04:05"}, "expected a moment", id="a moment without its time zone"),
        pytest.param({"version": 2}, "version = 2: expected 1", id="another version"),
        pytest.param({"format": "other"}, "is not what `edge-valgus aim` writes", id="another format"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_with_what_to_do(file, changes, says):
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))
    with pytest.raises(AimError) as caught:
        read_aim(file)
    message = str(caught.value)
    assert message.startswith(f"{file}: ")
    assert says in message
    assert "aim again (edge-valgus aim), or delete the file" in message
    assert "\n" not in message


@pytest.mark.parametrize("key", ["sem_left_pct", "yaw_deg", "at", "squats", "source"])
def test_a_missing_value_is_named(file, key):
    table = json.loads(file.read_text())
    del table[key]
    file.write_text(json.dumps(table))
    with pytest.raises(AimError, match=f"{key} = missing"):
        read_aim(file)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{", id="cut off"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"\xff\xfe", id="no text"),
        pytest.param(b"[" * 9000, id="nested without end"),
        pytest.param(b" " * 20_000, id="too large"),
        pytest.param(b'{"format": "edge-valgus-aim", "version": 1, "sem_left_pct": NaN}', id="NaN"),
    ],
)
def test_what_is_no_aim_is_said_to_be_none(file, content):
    file.write_bytes(content)
    with pytest.raises(AimError, match=r"aim\.json: .*; aim again"):
        read_aim(file)


def test_a_folder_in_its_place_is_an_error_and_no_crash(tmp_path):
    with pytest.raises(AimError, match="cannot be read"):
        read_aim(tmp_path)


def test_a_pipe_in_its_place_is_an_error_and_keeps_nobody_waiting(tmp_path):
    path = tmp_path / "aim.json"
    os.mkfifo(path)
    end = os.open(path, os.O_RDWR)
    try:
        os.write(end, b" " * 20_000)  # who reads it all the same says something else, and doesn't hang
        with pytest.raises(AimError, match=r"aim\.json: cannot be read \(it is no ordinary file\); aim again"):
            read_aim(path)
    finally:
        os.close(end)
    with pytest.raises(AimError, match="no ordinary file"):
        read_aim(path)


def test_a_symbolic_link_is_not_followed(file, tmp_path):
    link = tmp_path / "aim.json"
    link.symlink_to(file)
    with pytest.raises(AimError, match=r"cannot be read \(it is a symbolic link\); aim again"):
        read_aim(link)


@pytest.mark.parametrize(
    ("other", "says"),
    [
        pytest.param({"model": "movenet-lightning-int8", "size_px": (640, 480), "source": "camera 0"}, "", id="the same"),
        pytest.param({"model": "movenet-lightning-int8"}, "", id="whatever camera"),
        pytest.param({"model": "edge-valgus-lifter-int8"}, "movenet-lightning-int8, not edge-valgus-lifter-int8", id="another network"),
        pytest.param({"model": "movenet-lightning-int8", "size_px": (480, 640)}, "640×480 pixels, not 480×640", id="another size"),
        pytest.param({"model": "movenet-lightning-int8", "source": "camera 1"}, "camera 0, not camera 1", id="another camera"),
        pytest.param({"model": ""}, "movenet-lightning-int8, not no network", id="no network"),
    ],
)  # fmt: skip
def test_it_knows_what_it_belongs_to(other, says):
    assert STORED.differs(**other) == says
