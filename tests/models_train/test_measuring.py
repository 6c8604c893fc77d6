"""The model card's tables come from a command that runs, and say what they measured."""

from __future__ import annotations

import re

import numpy as np
import pytest
from click.testing import CliRunner

from edge_valgus.config import PRACTICE
from edge_valgus.errors import ModelError
from keypoint_training.drawn_errors import with_mirror
from keypoint_training.measure import Target, measure
from keypoint_training.networks import FloatNetwork


def test_a_network_beside_itself_is_as_good_as_itself():
    asked = ["--beside", PRACTICE, "--sets", "1", "--gyms", "2", "--runs", "2", "--first", "12"]
    done = CliRunner().invoke(measure, asked, catch_exceptions=False)
    assert done.exit_code == 0
    rows = dict(re.findall(r"^\| (this network|the other) \| (.* %) \|$", done.output, re.MULTILINE))
    assert len(rows) == 2
    assert rows["this network"] == rows["the other"]
    assert re.search(r"\| 2 empty gyms, \d with a rack, \d with a mirror \|", done.output)
    assert re.search(r"\| size, MB \| at most 1\.2 \| 0\.79\d* \| yes \|", done.output)
    for joint in ("hip", "knee", "ankle"):
        assert f"| error of the {joint}, of the other's | at most 0.5 | 1 | no |" in done.output


@pytest.mark.parametrize("seed", range(8))
def test_a_mirror_shows_the_room_reversed_and_dimmer_and_leaves_the_rest_alone(seed):
    columns = np.linspace(0, 255, 320).astype(np.uint8)
    image = np.broadcast_to(columns[None, :, None], (240, 320, 3)).copy()
    hung = with_mirror(image, np.random.default_rng(seed))
    changed = (hung != image).any(axis=2)
    assert 0.1 < changed.mean() < 0.45
    assert not changed[-12:].any()
    row = hung[100, changed[100], 0].astype(int)
    inner = row[5:-5]
    assert (np.diff(inner) <= 0).all()
    assert (inner < 245).all()


def test_a_network_that_is_missing_is_named():
    done = CliRunner().invoke(measure, ["--beside", "nowhere.tflite"])
    assert done.exit_code == 1
    assert "nowhere.tflite is not a file" in done.output


def test_a_target_holds_up_to_its_limit():
    assert Target("a", 0.5, 0.5).row() == "| a | at most 0.5 | 0.5 | yes |"
    assert Target("a", 0.5, 0.51).row().endswith("| no |")


def test_a_quantized_file_is_no_float_twin(practice_path, tmp_path):
    with pytest.raises(ModelError, match="input is uint8, expected float32"):
        FloatNetwork(practice_path)
    (tmp_path / "text.tflite").write_text("no model")
    with pytest.raises(ModelError, match=r"text\.tflite: not a model"):
        FloatNetwork(tmp_path / "text.tflite")
