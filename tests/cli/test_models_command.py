"""`edge-valgus models` as it is typed."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import http.server
import os
import pty
import subprocess
import sys
import threading

import pytest
from click.testing import CliRunner

from edge_valgus.cli.models import models
from edge_valgus.config import MOVENET, PRACTICE
from edge_valgus.errors import ConfigError, ModelError
from edge_valgus.models.find import ModelMissing
from edge_valgus.models.manifest import load_manifest, shipped_dir

CONTENT = bytes(range(256)) * 2000


@pytest.fixture
def served(tmp_path):
    """A folder on a real server."""
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "tiny").write_bytes(CONTENT)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_args):
            pass

    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def manifest(tmp_path, served, monkeypatch):
    for variable in ("EDGE_VALGUS_MODEL_DIR", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    config = tmp_path / "config.toml"
    config.write_text(f'[store]\nstate_dir = "{tmp_path / "state"}"\n[model]\nname = "tiny-model"')
    monkeypatch.setenv("EDGE_VALGUS_CONFIG", str(config))
    path = tmp_path / "manifest.toml"
    path.write_text(f"""
        [tiny-model]
        title = "Tiny"
        file = "tiny.tflite"
        bytes = {len(CONTENT)}
        sha256 = "{hashlib.sha256(CONTENT).hexdigest()}"
        licence = "MIT"
        input = "uint8 [1]"
        output = "float32 [1]"
        addresses = ["{served}/tiny"]
        [absent-model]
        title = "Absent"
        file = "absent.tflite"
        bytes = 5
        sha256 = "{"0" * 64}"
        licence = "MIT"
        input = "uint8 [1]"
        output = "float32 [1]"
        addresses = ["{served}/absent"]
    """)
    return path


@pytest.fixture
def run(manifest):
    def typed(*arguments):
        result = CliRunner().invoke(models, ["--manifest", str(manifest), *arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    return typed


def test_fetch_puts_the_configured_model_into_the_state_folder_and_says_only_that_in_a_pipe(run, tmp_path):
    target = tmp_path / "state/models/tiny.tflite"
    assert run("fetch") == f"tiny-model: fetched and verified, {target}\n"
    assert target.read_bytes() == CONTENT
    assert run("fetch") == f"tiny-model: is there already, {target}\n"


def test_fetch_goes_to_the_given_folder_then_to_the_one_of_the_environment(run, tmp_path, monkeypatch):
    run("fetch", "tiny-model", "--model-dir", str(tmp_path / "given"))
    assert (tmp_path / "given/tiny.tflite").exists()
    monkeypatch.setenv("EDGE_VALGUS_MODEL_DIR", str(tmp_path / "environment"))
    run("fetch", "tiny-model")
    assert (tmp_path / "environment/tiny.tflite").exists()
    assert not (tmp_path / "state").exists()


def test_list_says_what_is_here_and_right(run, tmp_path):
    assert run("list").splitlines() == [
        "tiny-model\tMIT\t0.5 MB\tnot here\t-",
        "absent-model\tMIT\t0.0 MB\tnot here\t-",
    ]
    run("fetch")
    target = tmp_path / "state/models/tiny.tflite"
    assert run("list").splitlines()[0] == f"tiny-model\tMIT\t0.5 MB\t{target}\tyes"
    target.write_bytes(b"damaged")
    assert run("list").splitlines()[0] == f"tiny-model\tMIT\t0.5 MB\t{target}\tno, damaged"
    target.unlink()
    target.mkdir()
    assert run("list").splitlines()[0] == f"tiny-model\tMIT\t0.5 MB\t{target}\tno, cannot be read"


def test_what_is_shipped_is_listed_and_not_fetched(manifest, tmp_path, monkeypatch):
    (tmp_path / "own").mkdir()
    monkeypatch.setenv("EDGE_VALGUS_MODEL_DIR", str(tmp_path / "own"))
    typed = CliRunner().invoke(models, ["fetch", PRACTICE])
    path = shipped_dir() / load_manifest()[PRACTICE].file
    assert (typed.exit_code, typed.output) == (0, f"{PRACTICE}: comes with edge-valgus, {path}\n")
    assert list((tmp_path / "own").iterdir()) == []
    listed = CliRunner().invoke(models, ["list"]).output.splitlines()
    assert f"{PRACTICE}\tMIT\t0.8 MB\t{path}\tyes" in listed


def test_without_a_name_in_the_settings_movenet_is_fetched(run, manifest, tmp_path):
    manifest.write_text(manifest.read_text().replace("[tiny-model]", f"[{MOVENET}]"))
    config = tmp_path / "config.toml"
    config.write_text(config.read_text().partition("[model]")[0])
    assert run("fetch").startswith(f"{MOVENET}: fetched and verified, ")


def test_verify_one(run, tmp_path):
    with pytest.raises(ModelMissing, match="edge-valgus models fetch tiny-model"):
        run("verify", "tiny-model")
    run("fetch")
    target = tmp_path / "state/models/tiny.tflite"
    assert run("verify", "tiny-model") == f"tiny-model: ok, {target}\n"
    target.write_bytes(CONTENT[::-1])
    with pytest.raises(ModelError, match="has SHA-256"):
        run("verify", "tiny-model")


def test_verify_says_of_all_what_is_here_and_fails_for_what_is_damaged(run, tmp_path):
    assert [line.partition(";")[0] for line in run("verify").splitlines()] == [
        "tiny-model: not here",
        "absent-model: not here",
    ]
    run("fetch")
    assert run("verify").startswith("tiny-model: ok, ")
    with pytest.raises(ModelMissing, match="absent-model"):
        run("verify", "absent-model")
    for file in tmp_path.rglob("*.tflite"):
        file.write_bytes(b"damaged")
    with pytest.raises(ModelError, match="tiny"):
        run("verify")


def test_verify_of_a_path_has_nothing_to_compare_with(run, tmp_path):
    own = tmp_path / "own.tflite"
    own.write_bytes(b"x")
    with pytest.raises(ModelError, match="on no list"):
        run("verify", str(own))


@pytest.mark.parametrize("command", ["fetch", "verify"])
def test_an_unknown_name_is_answered_with_the_known_ones(run, command):
    with pytest.raises(ModelError, match=r"unknown model 'tiny'.*tiny-model"):
        run(command, "tiny")


def test_a_broken_config_is_reported_as_such(run, tmp_path):
    (tmp_path / "config.toml").write_text("fps = 3")
    with pytest.raises(ConfigError, match=r"did you mean camera\.fps"):
        run("fetch")


@pytest.mark.parametrize(("command", "expected"), [("fetch", "━━━"), ("list", "licence")])
def test_a_terminal_gets_a_table_and_a_bar(manifest, command, expected):
    program = "import sys; from edge_valgus.cli.models import models; models(sys.argv[1:])"
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-c", program, "--manifest", str(manifest), command],
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "120"},
    )
    os.close(theirs)
    written = b""
    # On Linux the end of a terminal's output is an I/O error.
    with contextlib.suppress(OSError):
        while piece := os.read(ours, 65536):
            written += piece
    os.close(ours)
    assert child.wait() == 0
    assert expected in written.decode()
