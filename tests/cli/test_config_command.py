"""`edge-valgus config` as it is typed."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from edge_valgus.cli.config import config
from edge_valgus.config import Config, load_config
from edge_valgus.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", "ok, 0 keys set", id="nothing"),
        pytest.param("[camera]\nfps = 20", "ok, 1 key set", id="one"),
        pytest.param("[camera]\nfps = 20\n[web]\nport = 80\n", "ok, 2 keys set", id="two"),
    ],
)
def test_check_counts_the_keys(tmp_path, text, expected):
    path = tmp_path / "config.toml"
    path.write_text(text)
    result = CliRunner().invoke(config, ["check", str(path)])
    assert (result.exit_code, result.output) == (0, f"{path}: {expected}\n")


def test_check_names_every_problem(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text("[camera]\nfps = 0\nfsp = 1")
    result = CliRunner().invoke(config, ["check", str(path)])
    assert isinstance(result.exception, ConfigError)
    assert str(result.exception).splitlines() == [
        f"{path}: camera.fps = 0: must be a number from 5 to 60",
        f"{path}: camera.fsp = 1: unknown key; did you mean fps?",
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("movenet-lightning-int9", "did you mean movenet-lightning-int8?"),
        ("AUTO", "did you mean auto?"),
        ("nix", "known are auto, "),
    ],
)
def test_check_knows_the_networks(tmp_path, name, expected):
    path = tmp_path / "config.toml"
    path.write_text(f'[model]\nname = "{name}"')
    result = CliRunner().invoke(config, ["check", str(path)])
    assert isinstance(result.exception, ConfigError)
    assert f"{path}: model.name = {name!r}: unknown model {name!r}; {expected}" in str(result.exception)


@pytest.mark.parametrize("name", ["auto", "movenet-lightning-int8", "own/network.tflite"])
def test_check_lets_networks_pass_that_may_be_there(tmp_path, name):
    path = tmp_path / "config.toml"
    path.write_text(f'[model]\nname = "{name}"')
    assert CliRunner().invoke(config, ["check", str(path)]).exit_code == 0


def test_default_prints_a_file_that_checks(tmp_path):
    printed = CliRunner().invoke(config, ["default"]).output
    path = tmp_path / "config.toml"
    path.write_text(printed)
    assert load_config(path) == Config()
    assert "#fps = 30.0" in printed
