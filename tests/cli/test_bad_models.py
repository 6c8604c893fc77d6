"""Whatever is wrong with a network: one clear line, an exit status, no traceback, and no other network in its place."""

from __future__ import annotations

import importlib.util

import pytest
from command_line import FAULT_LIGHTS, refused

from edge_valgus.config import MOVENET, PRACTICE, PRACTICE_NOTICE
from edge_valgus.models.find import check_file
from edge_valgus.models.manifest import load_manifest
from tiny_model import write_tiny_model


def test_a_missing_model_that_the_settings_name_is_not_replaced_by_the_practice_network(folder, good, edge_valgus):
    settings = folder / "named.toml"
    settings.write_text((folder / "config.toml").read_text() + f'[model]\nname = "{MOVENET}"\n')
    for asked in (("--model", MOVENET), ("--config", settings)):
        line = refused(edge_valgus("analyze", good, *asked), MOVENET, "no-models", status=4)
        assert f"edge-valgus models fetch {MOVENET}" in line


def test_before_a_camera_the_practice_network_has_to_be_asked_for(folder, edge_valgus):
    says = ("drawn lifters only", f"edge-valgus models fetch {MOVENET}", f'name = "{PRACTICE}" under [model]')
    refused(edge_valgus("run", "--mock-gpio"), *says, status=4, out=FAULT_LIGHTS)
    settings = folder / "practice.toml"
    settings.write_text((folder / "config.toml").read_text() + f'[model]\nname = "{PRACTICE}"\n')
    done = edge_valgus("run", "--mock-gpio", "--config", settings)
    if importlib.util.find_spec("picamera2"):
        pytest.skip("this machine may have a camera")
    told, line = done.stderr.splitlines()
    assert told == f"edge-valgus: {PRACTICE_NOTICE}"
    assert "picamera2" in line, "it was let through to the camera, and there is none"
    assert done.returncode == 3


def test_before_a_camera_a_network_that_nobody_knows_is_told_of(edge_valgus):
    if importlib.util.find_spec("picamera2"):
        pytest.skip("this machine may have a camera")
    done = edge_valgus("run", "--mock-gpio", "--model", "tiny.tflite")
    assert "edge-valgus: tiny.tflite is on no list of networks: nobody has measured how well it sees people" in (
        done.stderr.splitlines()
    )


def test_a_corrupt_model_of_the_list(folder, good, edge_valgus):
    (folder / "bad-models").mkdir()
    path = folder / "bad-models" / load_manifest()[MOVENET].file
    path.write_bytes(b"\0" * load_manifest()[MOVENET].size_bytes)
    refused(edge_valgus("analyze", good, "--model-dir", path.parent), str(path), "SHA-256", "models fetch", status=4)
    with pytest.raises(Exception, match="SHA-256"):
        check_file(path, load_manifest()[MOVENET])


@pytest.mark.parametrize(
    ("model", "says"),
    [
        pytest.param("text.tflite", "not a model that litert can run", id="text"),
        pytest.param("cut.tflite", "not a model that litert can run", id="truncated"),
        pytest.param("multi.tflite", "output is float32 [1, 6, 56]", id="of other shapes"),
        pytest.param("nowhere.tflite", "is not a file", id="missing"),
        pytest.param("movenet-lightening-int8", f"did you mean {MOVENET}?", id="misspelt"),
    ],
)
def test_a_model_given_that_is(folder, good, edge_valgus, model, says):
    if model == "text.tflite":
        (folder / model).write_text("no model")
    elif model == "cut.tflite":
        (folder / model).write_bytes((folder / "tiny.tflite").read_bytes()[:300])
    elif model == "multi.tflite":
        write_tiny_model(folder / model, output_shape=(1, 6, 56))
    refused(edge_valgus("analyze", good, "--model", model, "--runtime", "litert"), model, says, status=4)


def test_a_model_that_was_asked_for_is_not_done_without(edge_valgus):
    refused(edge_valgus("demo", "--headless", "--model", "nowhere.tflite"), "nowhere.tflite", status=4)
