"""The adapter over the runtimes: real model files, right ones and wrong ones."""

from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import pytest

from edge_valgus.errors import EdgeValgusError, ModelError
from edge_valgus.pose import model
from edge_valgus.pose.model import RUNTIME_MODULES, KeypointModel, available_runtimes
from tiny_model import standing_answer, write_tiny_model

RUNTIMES = [
    pytest.param(name, marks=pytest.mark.skipif(name not in available_runtimes(), reason=f"{name} is not installed"))
    for name in RUNTIME_MODULES
]
WRONG_SHAPES = [
    pytest.param({"input_shape": (1, 192, 256, 3)}, r"input is uint8 \[1, 192, 256, 3\]", id="an oblong input"),
    pytest.param({"input_shape": (1, 192, 192, 1)}, r"input is uint8 \[1, 192, 192, 1\]", id="a grey input"),
    pytest.param({"input_shape": (2, 192, 192, 3)}, r"input is uint8 \[2, 192, 192, 3\]", id="two pictures at once"),
    pytest.param({"input_shape": (192, 192, 3)}, r"input is uint8 \[192, 192, 3\]", id="no batch"),
    pytest.param({"input_type": "FLOAT32"}, r"input is float32 \[1, 192, 192, 3\]", id="a float input"),
    pytest.param({"output_shape": (1, 6, 56)}, r"output is float32 \[1, 6, 56\]", id="MoveNet MultiPose's output"),
    pytest.param({"output_shape": (1, 1, 33, 3)}, r"output is float32 \[1, 1, 33, 3\]", id="33 keypoints"),
    pytest.param({"output_type": "UINT8"}, r"output is uint8 \[1, 1, 17, 3\]", id="a quantised output"),
    pytest.param({"second_output": True}, r"output .*expected one float32", id="two outputs"),
]


def refused(path, **options):
    with pytest.raises(ModelError) as caught:
        KeypointModel(path, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert isinstance(caught.value, EdgeValgusError)
    return message


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("side_px", [192, 256])
def test_a_network_of_movenets_contract_answers(tmp_path, runtime, side_px):
    path = write_tiny_model(tmp_path / "tiny.tflite", input_shape=(1, side_px, side_px, 3))
    network = KeypointModel(path, runtime=runtime, threads=1, verified=True)
    assert (network.side_px, network.runtime) == (side_px, runtime)
    answer = network.infer(np.zeros((1, side_px, side_px, 3), np.uint8))
    assert answer.dtype == np.float32
    assert np.array_equal(answer, standing_answer())


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize(("shape", "found"), WRONG_SHAPES)
def test_a_network_of_other_shapes_is_refused(tmp_path, runtime, shape, found):
    path = write_tiny_model(tmp_path / "other.tflite", **shape)
    message = refused(path, runtime=runtime, verified=True)
    assert message.startswith(f"{path}: ")
    assert re.search(found, message)
    assert "MoveNet SinglePose" in message


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda _: b"", id="empty"),
        pytest.param(lambda _: b"no model, just words" * 100, id="text"),
        pytest.param(lambda _: bytes(range(256)) * 40, id="garbage"),
        pytest.param(lambda good: b"\0" * len(good), id="zeros"),
        pytest.param(lambda good: good[:64] + b"\xff" * 64 + good[128:], id="a model with a hole"),
    ],
)
def test_a_file_that_is_no_model_is_refused(tmp_path, capfd, runtime, spoil):
    good = write_tiny_model(tmp_path / "good.tflite").read_bytes()
    path = tmp_path / "bad.tflite"
    path.write_bytes(spoil(good))
    message = refused(path, runtime=runtime)
    assert message.startswith(f"{path}: not a model that {runtime} can run (")
    assert message.endswith("fetch it again")
    assert capfd.readouterr().err == "", "the runtime talks in between"


@pytest.mark.parametrize("length", [100, 310, 619])
def test_litert_refuses_a_file_that_breaks_off(tmp_path, length):
    path = write_tiny_model(tmp_path / "tiny.tflite")
    whole = path.read_bytes()
    assert len(whole) > length
    path.write_bytes(whole[:length])
    assert "not a model that litert can run" in refused(path, runtime="litert")


@pytest.mark.parametrize("verified", [False, True], ids=["unknown", "with a good checksum"])
def test_tflite_runtime_tries_files_elsewhere_first_unless_they_are_known(tmp_path, monkeypatch, verified):
    if "tflite-runtime" not in available_runtimes():
        pytest.skip("tflite-runtime is not installed")
    tried = []
    real = model._try_elsewhere
    monkeypatch.setattr(model, "_try_elsewhere", lambda path: tried.append(path) or real(path))
    path = write_tiny_model(tmp_path / "tiny.tflite")
    KeypointModel(path, runtime="tflite-runtime", verified=verified)
    assert tried == ([] if verified else [path])


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    for path in (tmp_path / "none.tflite", tmp_path):
        message = refused(path)
        assert message.startswith(f"{path}: no such model file")
        assert "models list" in message


def test_auto_takes_the_best_runtime_there_is(tmp_path):
    network = KeypointModel(write_tiny_model(tmp_path / "tiny.tflite"))
    assert network.runtime == available_runtimes()[0] == "litert"


def test_a_runtime_that_is_not_there_is_named(tmp_path, monkeypatch):
    path = write_tiny_model(tmp_path / "tiny.tflite")
    monkeypatch.setitem(sys.modules, "tflite_runtime.interpreter", None)  # what import does for a missing module
    message = refused(path, runtime="tflite-runtime")
    assert "tflite-runtime" in message
    assert "pip install" in message
    assert "litert:" not in message


def test_without_litert_auto_falls_back(tmp_path, monkeypatch):
    if "tflite-runtime" not in available_runtimes():
        pytest.skip("tflite-runtime is not installed")
    path = write_tiny_model(tmp_path / "tiny.tflite")
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    assert KeypointModel(path).runtime == "tflite-runtime"


def test_without_any_runtime_both_are_named(tmp_path, monkeypatch):
    path = write_tiny_model(tmp_path / "tiny.tflite")
    for module in RUNTIME_MODULES.values():
        monkeypatch.setitem(sys.modules, module, None)
    message = refused(path)
    assert "litert: " in message
    assert "tflite-runtime: " in message


def test_a_runtime_that_does_not_get_on_with_numpy_counts_as_missing(tmp_path, monkeypatch):
    class HalfImported:
        """What tflite-runtime beside numpy 2 leaves behind: a module without its class."""

    path = write_tiny_model(tmp_path / "tiny.tflite")
    monkeypatch.setitem(sys.modules, RUNTIME_MODULES["litert"], HalfImported())
    assert "litert: " in refused(path, runtime="litert")


def test_installed_runtimes_are_found_without_importing_them():
    code = (
        "import sys; from edge_valgus.pose.model import available_runtimes as a; print(*a());"
        "sys.exit(any(m.startswith(('tflite_runtime', 'ai_edge_litert')) for m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == list(available_runtimes())


def test_threads_are_all_cores_but_one_unless_told(tmp_path, monkeypatch):
    given = []
    path = write_tiny_model(tmp_path / "tiny.tflite")
    real = model._choose_runtime("auto")[1]
    monkeypatch.setattr(
        model, "_choose_runtime", lambda _: ("litert", lambda **k: given.append(k["num_threads"]) or real(**k))
    )
    monkeypatch.setattr(model.os, "cpu_count", lambda: 4)
    KeypointModel(path)
    KeypointModel(path, threads=2)
    monkeypatch.setattr(model.os, "cpu_count", lambda: 1)
    KeypointModel(path)
    assert given == [3, 2, 1]
