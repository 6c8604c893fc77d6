"""Which of the two networks is found, under which name, and what is said when it is not the right file or may not be seen."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from model_samples import CONTENT, put

from edge_valgus.config import AUTO, MOVENET, PRACTICE
from edge_valgus.errors import ModelError
from edge_valgus.models import find as module
from edge_valgus.models.find import (
    ModelMissing,
    find_model,
    meant_by,
    require_folder,
)
from edge_valgus.models.manifest import load_manifest, shipped_dir


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """A package that lists MoveNet and ships the practice network, both of the same bytes; returns the folder."""
    folder = tmp_path / "shipped"
    folder.mkdir()
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    for_all = f'bytes = {len(CONTENT)}\nsha256 = "{sha256}"\ntitle = "A"\nlicence = "MIT"\ninput = "a"\noutput = "b"\n'
    (folder / "manifest.toml").write_text(
        f'[{MOVENET}]\nfile = "movenet.tflite"\naddresses = ["https://example.org/a"]\n{for_all}'
        f'[{PRACTICE}]\nfile = "practice.tflite"\nshipped = true\n{for_all}'
    )
    (folder / "practice.tflite").write_bytes(CONTENT)
    monkeypatch.setattr(module, "shipped_dir", lambda: folder)
    return folder


@pytest.fixture
def find_listed(find, shipped):
    return lambda name, **given: find(name, manifest=shipped / "manifest.toml", **given)


def put_movenet(folder: Path, content: bytes = CONTENT) -> Path:
    return put(folder, content).rename(folder / "movenet.tflite")


def test_auto_is_movenet_where_it_is_and_the_practice_network_without_it(tmp_path, shipped, find_listed):
    found = find_listed(AUTO)
    assert (found.path, found.entry.name) == (shipped / "practice.tflite", PRACTICE)
    in_state = put_movenet(tmp_path / "state/models")
    for real_people in (False, True):
        found = find_listed(AUTO, real_people=real_people)
        assert (found.path, found.entry.name) == (in_state, MOVENET)


def test_auto_does_not_go_on_from_a_damaged_movenet(tmp_path, find_listed):
    wrong = put_movenet(tmp_path / "state/models", CONTENT[:-1])
    with pytest.raises(ModelError, match=f"{wrong} has 3399 bytes.*edge-valgus models fetch {MOVENET}"):
        find_listed(AUTO)


def test_movenet_by_its_name_is_never_another(find_listed):
    with pytest.raises(ModelMissing, match=f"model {MOVENET} .*edge-valgus models fetch {MOVENET}"):
        find_listed(MOVENET)


@pytest.mark.parametrize("with_movenet", [False, True])
@pytest.mark.parametrize("real_people", [False, True])
def test_the_practice_network_by_its_name_is_had_wherever(tmp_path, shipped, find_listed, with_movenet, real_people):
    if with_movenet:
        put_movenet(tmp_path / "state/models")
    assert find_listed(PRACTICE, real_people=real_people).path == shipped / "practice.tflite"


def test_before_a_camera_the_practice_network_is_refused_with_both_ways_out(find_listed):
    with pytest.raises(ModelMissing, match="drawn lifters only") as caught:
        find_listed(AUTO, real_people=True)
    message = str(caught.value)
    assert f"edge-valgus models fetch {MOVENET}" in message
    assert f'name = "{PRACTICE}" under [model]' in message
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize("name", [AUTO, PRACTICE])
def test_a_damaged_shipped_file_is_an_error_that_says_to_install_again(shipped, find_listed, name):
    (shipped / "practice.tflite").write_bytes(CONTENT[::-1])
    with pytest.raises(ModelError, match=r"practice\.tflite has SHA-256 .*; install edge-valgus again \("):
        find_listed(name)
    (shipped / "practice.tflite").unlink()
    with pytest.raises(ModelMissing, match=f"model {PRACTICE} .*; install edge-valgus again"):
        find_listed(name)


def test_what_auto_means_is_told_without_opening_a_file(tmp_path, shipped, monkeypatch):
    monkeypatch.delenv("EDGE_VALGUS_MODEL_DIR", raising=False)
    where = {"state_dir": tmp_path / "state", "manifest": shipped / "manifest.toml"}
    assert meant_by(AUTO, **where) == PRACTICE
    put_movenet(tmp_path / "state/models", b"damaged")
    assert meant_by(AUTO, **where) == MOVENET
    assert meant_by(PRACTICE, **where) == PRACTICE


def test_a_file_on_the_list_goes_by_its_name_there_wherever_it_lies(tmp_path, practice_path):
    own, listed = tmp_path / "own.tflite", tmp_path / "copy.tflite"
    own.write_bytes(b"x" * practice_path.stat().st_size)
    listed.write_bytes(practice_path.read_bytes())
    assert [meant_by(str(path)) for path in (own, listed)] == ["own", PRACTICE]
    anew = tmp_path / "edge_valgus_lifter_int8.tflite"
    anew.write_bytes(b"trained once more")
    assert meant_by(str(anew)) == PRACTICE
    assert find_model(str(anew)).entry is None
    with pytest.raises(ModelMissing, match=r"int8\.tflite is the practice network"):
        find_model(str(anew), real_people=True)
    assert find_model(str(own), real_people=True).entry is None
    found = find_model(str(listed)).entry
    assert found is not None
    assert found.name == PRACTICE
    with pytest.raises(ModelMissing, match=r"copy\.tflite is the practice network"):
        find_model(str(listed), real_people=True)


def test_a_model_folder_that_is_a_file_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ModelError, match=r"file is no folder"):
        find_model(AUTO, model_dir=tmp_path / "file")


def test_a_state_folder_that_may_not_be_read_is_not_taken_for_one_without_movenet(tmp_path, find_listed, monkeypatch):
    put_movenet(tmp_path / "state/models")
    closed = tmp_path / "state"
    lstat = Path.lstat

    def refusing(path):
        if closed in path.parents:
            raise PermissionError(13, "Permission denied")
        return lstat(path)

    monkeypatch.setattr(Path, "lstat", refusing)
    for name in (AUTO, MOVENET):
        with pytest.raises(ModelError, match=f"{closed}/models may not be read by this user.*with sudo"):
            find_listed(name)
    assert find_listed(PRACTICE).entry.name == PRACTICE


def test_a_pipe_in_place_of_a_model_is_refused_and_not_waited_for(tmp_path, find_listed):
    path = put_movenet(tmp_path / "state/models")
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(ModelError, match="no ordinary file"):
        find_listed(MOVENET)


def test_how_to_fetch_a_damaged_model_names_the_folder_it_is_looked_for_in(tmp_path, shipped, monkeypatch):
    monkeypatch.delenv("EDGE_VALGUS_MODEL_DIR", raising=False)
    state = tmp_path / "of ours"
    put_movenet(state / "models", b"damaged")
    with pytest.raises(ModelError, match=f"models fetch {MOVENET} --model-dir '{state}/models'"):
        find_model(AUTO, state_dir=state, manifest=shipped / "manifest.toml")


@pytest.mark.parametrize(
    ("name", "says"), [("file", "is no folder"), ("closed/sub", r"cannot be read \(Permission denied")]
)
def test_a_named_folder_is_told_what_is_wrong_with_it(tmp_path, monkeypatch, name, says):
    (tmp_path / "file").touch()
    exists = Path.exists

    def refusing(path, **_):
        if "closed" in path.parts:
            raise PermissionError(13, "Permission denied")
        return exists(path)

    monkeypatch.setattr(Path, "exists", refusing)
    with pytest.raises(ModelError, match=says):
        require_folder(tmp_path / name)


def test_the_practice_network_is_shipped_as_it_is_listed(practice_path):
    entry = load_manifest()[PRACTICE]
    assert entry.shipped
    assert practice_path == shipped_dir() / entry.file
    assert practice_path.stat().st_size == entry.size_bytes <= 1_200_000
    assert entry.licence == "MIT"


@pytest.mark.movenet
def test_the_real_weights_are_the_ones_listed(movenet_dir):
    found = find_model("movenet-lightning-int8", model_dir=movenet_dir)
    assert found.path.parent == Path(movenet_dir)
    assert found.path.stat().st_size == 2_894_840


def test_a_named_folder_that_is_not_there_is_no_reason_to_take_another_network(tmp_path, monkeypatch):
    monkeypatch.delenv("EDGE_VALGUS_MODEL_DIR", raising=False)
    require_folder(None)
    require_folder(tmp_path)
    with pytest.raises(ModelError, match=r"^--model-dir: there is no folder .*slip"):
        require_folder(tmp_path / "slip")
    monkeypatch.setenv("EDGE_VALGUS_MODEL_DIR", str(tmp_path / "slip"))
    require_folder(tmp_path)
    with pytest.raises(ModelError, match=r"^EDGE_VALGUS_MODEL_DIR: there is no folder .*slip"):
        require_folder(None)


def test_a_damaged_copy_of_the_shipped_network_elsewhere_is_to_be_deleted(tmp_path):
    (tmp_path / load_manifest()[PRACTICE].file).write_bytes(b"no network")
    with pytest.raises(ModelError, match=r"has 10 bytes.*delete it: without it, the one that comes with edge-valgus"):
        find_model(PRACTICE, model_dir=tmp_path)


def test_a_named_folder_that_hides_what_is_in_it_is_no_reason_to_take_another_network(tmp_path, monkeypatch):
    monkeypatch.setattr("edge_valgus.models.find.os.access", lambda *_: False)  # root may read anything
    with pytest.raises(ModelError, match=r"--model-dir: .* cannot be read"):
        require_folder(tmp_path)
    require_folder(None)
