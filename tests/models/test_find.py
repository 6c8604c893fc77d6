"""Models are found in order, and only the right bytes are taken."""

from __future__ import annotations

from pathlib import Path

import pytest
from model_samples import CONTENT, put

from edge_valgus.errors import ModelError
from edge_valgus.folders import DEFAULT_STATE_DIR
from edge_valgus.models.find import (
    ModelMissing,
    fetch_command,
    fetch_folder,
    search_folders,
)
from edge_valgus.models.manifest import load_manifest, shipped_dir


def test_the_given_folder_comes_first_then_the_state_folder(tmp_path, find):
    in_state = put(tmp_path / "state/models")
    assert find(model_dir=tmp_path / "given").path == in_state
    in_given = put(tmp_path / "given")
    found = find(model_dir=tmp_path / "given")
    assert found.path == in_given
    assert found.entry is not None
    assert found.entry.name == "tiny-model"


def test_the_environment_names_a_folder_and_an_argument_beats_it(tmp_path, find, monkeypatch):
    in_environment = put(tmp_path / "environment")
    put(tmp_path / "state/models")
    monkeypatch.setenv("EDGE_VALGUS_MODEL_DIR", str(tmp_path / "environment"))
    assert find().path == in_environment
    in_given = put(tmp_path / "given")
    assert find(model_dir=tmp_path / "given").path == in_given


def test_what_the_package_ships_comes_last(tmp_path, monkeypatch):
    monkeypatch.setenv("EDGE_VALGUS_MODEL_DIR", "")
    folders = search_folders(model_dir=tmp_path / "given", state_dir=tmp_path / "state")
    assert folders == (tmp_path / "given", tmp_path / "state/models", shipped_dir())
    assert fetch_folder(state_dir=tmp_path / "state") == tmp_path / "state/models"


def test_missing_says_where_it_looked_and_how_to_fetch(tmp_path, find):
    with pytest.raises(ModelMissing) as caught:
        find(model_dir=tmp_path / "given")
    message = str(caught.value)
    assert f"{tmp_path}/given, {tmp_path}/state/models or " in message
    assert message.endswith(f"edge-valgus models fetch tiny-model --model-dir {tmp_path}/state/models")
    assert message.endswith(f"; {caught.value.how_to_fetch}")


def test_on_a_device_it_is_fetched_as_the_devices_user(tmp_path, monkeypatch):
    monkeypatch.delenv("EDGE_VALGUS_MODEL_DIR", raising=False)
    assert fetch_command("tiny-model") == "edge-valgus models fetch tiny-model"
    monkeypatch.setattr("edge_valgus.models.find.default_state_dir", lambda: Path(DEFAULT_STATE_DIR))
    assert (
        fetch_command("tiny-model", Path(DEFAULT_STATE_DIR))
        == "sudo -u edge-valgus edge-valgus models fetch tiny-model"
    )
    elsewhere = fetch_command("tiny-model", Path("/data"))
    assert elsewhere == "sudo -u edge-valgus edge-valgus models fetch tiny-model --model-dir /data/models"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(CONTENT[:-1], "has 3399 bytes, tiny-model has 3400", id="cut off"),
        pytest.param(b"", "has 0 bytes, tiny-model has 3400", id="empty"),
        pytest.param(
            CONTENT[:-1] + b"!", "has SHA-256 [0-9a-f]{64}, tiny-model has [0-9a-f]{64}", id="one byte differs"
        ),
    ],
)
def test_a_wrong_file_is_an_error_and_not_passed_over(tmp_path, find, content, expected):
    wrong = put(tmp_path / "given", content)
    put(tmp_path / "state/models")
    with pytest.raises(ModelError, match=f"{wrong} {expected}.*edge-valgus models fetch tiny-model"):
        find(model_dir=tmp_path / "given")
    assert wrong.read_bytes() == content


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda path: path.mkdir(parents=True), id="a folder of that name"),
        pytest.param(lambda path: (path.parent.mkdir(), path.symlink_to("nowhere")), id="a link to nowhere"),
    ],
)
def test_what_cannot_be_read_is_an_error(tmp_path, find, make):
    make(tmp_path / "given/tiny.tflite")
    put(tmp_path / "state/models")
    with pytest.raises(ModelError, match="cannot be read"):
        find(model_dir=tmp_path / "given")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("tiny-modle", r"unknown model 'tiny-modle'; did you mean tiny-model\?", id="typo"),
        pytest.param("", "unknown model ''; known are auto, tiny-model", id="empty"),
        pytest.param("../etc/passwd", "unknown model", id="path without suffix"),
    ],
)
def test_an_unknown_name_is_an_error(find, name, expected):
    with pytest.raises(ModelError, match=expected) as caught:
        find(name)
    assert not isinstance(caught.value, ModelMissing)


def test_a_path_is_taken_as_it_is(tmp_path, find):
    own = tmp_path / "own.tflite"
    own.write_bytes(b"anything")
    found = find(str(own))
    assert (found.path, found.entry) == (own, None)
    own.unlink()
    for wrong in (own, tmp_path / "none" / "own.tflite", __file__ + "/own.tflite"):
        with pytest.raises(ModelMissing, match=r"own\.tflite is not a file"):
            find(str(wrong))


def test_a_path_that_cannot_be_looked_at_is_told(tmp_path, find):
    with pytest.raises(
        ModelError, match=r"x\.tflite cannot be read \(File name too long\); make it readable or correct"
    ) as caught:
        find(str(tmp_path / ("x" * 300 + ".tflite")))
    assert not isinstance(caught.value, ModelMissing)


def test_the_shipped_manifest_lists_movenet():
    entry = load_manifest()["movenet-lightning-int8"]
    assert entry.file == "movenet_lightning_int8.tflite"
    assert entry.size_bytes == 2_894_840
    assert entry.licence == "Apache-2.0"
    assert all(address.startswith("https://") for address in entry.addresses)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(lambda _: "", "manifest.toml is empty", id="no models"),
        pytest.param(
            lambda text: text.replace("bytes =", "size ="),
            "model tiny-model: bytes .*size",
            id="missing and unknown key",
        ),
        pytest.param(
            lambda text: text.replace("tiny.tflite", "../tiny.tflite", 1), "file", id="file outside its folder"
        ),
        pytest.param(lambda text: text.replace("https:", "file:"), "addresses.0", id="address of another kind"),
        pytest.param(
            lambda text: text.replace("addresses", "shipped = true\naddresses"), "left out", id="shipped and fetched"
        ),
        pytest.param(lambda text: text.partition("addresses")[0], "shipped = true", id="neither of both"),
        pytest.param(lambda _: "tiny-model = 5", "damaged: tiny-model is 5 and no table", id="no table"),
        pytest.param(lambda _: "[", "not valid TOML", id="no TOML"),
    ],
)
def test_a_damaged_manifest_is_an_error(manifest, change, expected):
    manifest.write_text(change(manifest.read_text()))
    with pytest.raises(ModelError, match=f"{expected}.*; correct it, or leave it out"):
        load_manifest(manifest)


def test_a_missing_manifest_is_an_error(tmp_path):
    with pytest.raises(ModelError, match=r"cannot be read.*; correct it, or leave it out"):
        load_manifest(tmp_path / "none.toml")


def test_the_shipped_manifest_is_not_the_readers_to_correct(tmp_path, monkeypatch):
    monkeypatch.setattr("edge_valgus.models.manifest.shipped_dir", lambda: tmp_path)
    with pytest.raises(ModelError, match=r"cannot be read.*; install edge-valgus again"):
        load_manifest()
