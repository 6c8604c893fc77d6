"""What the device is made of, well and broken."""

from __future__ import annotations

import json
import socket
import sqlite3
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from edge_valgus.cli.doctor import doctor
from edge_valgus.config import CameraConfig, Config, ModelConfig, StoreConfig, WebConfig
from edge_valgus.doctor import parts
from edge_valgus.doctor.check import State, well
from edge_valgus.doctor.parts import (
    check_aim,
    check_camera,
    check_database,
    check_network,
    check_page,
    check_pins,
    check_settings,
    check_units,
)
from edge_valgus.store.aim import StoredAim, write_aim
from edge_valgus.store.writer import Store

HEALTHY_UNIT = "LoadState=loaded\nActiveState=active\nUnitFileState=enabled\nNRestarts=0"


def with_state(folder):
    return Config(store=StoreConfig(state_dir=str(folder)))


def test_settings_that_are_right(tmp_path):
    file = tmp_path / "config.toml"
    file.write_text("[camera]\nfps = 25\n")
    check, config = check_settings(file)
    assert (check.state, config.camera.fps) == (State.WELL, 25)


@pytest.mark.parametrize("text", ["[camera]\nfps = -1\nwidth_px = 0\n", "[camera\n"], ids=["wrong values", "no TOML"])
def test_settings_that_are_wrong_are_told_and_the_rest_is_checked_nevertheless(tmp_path, text):
    file = tmp_path / "config.toml"
    file.write_text(text)
    check, config = check_settings(file)
    assert check.state is State.FAILS
    assert str(file) in check.found
    assert f"`edge-valgus config check {file}`" in check.fix
    assert config == Config()


def test_with_one_wrong_table_the_page_is_asked_for_where_the_device_has_it(tmp_path):
    file = tmp_path / "config.toml"
    file.write_text("[camera]\nfps = -1\n[web]\nport = 8099\n")
    assert check_settings(file)[1].web.port == 8099


def test_which_settings_were_read_is_told(tmp_path, monkeypatch):
    file = tmp_path / "config.toml"
    file.write_text("[camera]\nfps = 25\n")
    monkeypatch.setenv("EDGE_VALGUS_CONFIG", str(file))
    assert check_settings(None)[0].found == str(file)


def test_settings_that_are_not_there(tmp_path):
    assert check_settings(tmp_path / "none.toml")[0].state is State.FAILS


AIMED = StoredAim(
    at="2026-11-26T18:04:05+01:00", source="camera 0", model="edge-valgus-lifter-int8", width_px=640, height_px=480,
    sem_left_pct=0.7, sem_right_pct=0.8, yaw_deg=2.0, roll_deg=0.0, lens_height_m=1.0, still_pct=0.5, squats=5,
)  # fmt: skip


def aim_of(folder, aim):
    if aim is not None:
        write_aim(folder / "aim.json", aim)
    return check_aim(
        Config(store=StoreConfig(state_dir=str(folder)), model=ModelConfig(name="edge-valgus-lifter-int8"))
    )


@pytest.mark.parametrize(
    ("aim", "state", "found"),
    [
        pytest.param(None, State.DOUBTFUL, "never aimed", id="never"),
        pytest.param(AIMED, State.WELL, "aimed on 2026-11-26 with camera 0 and edge-valgus-lifter-int8, MDC 2.2 %", id="aimed"),
        pytest.param(replace(AIMED, source="camera 1"), State.DOUBTFUL, "it was of camera 1, not camera 0", id="another camera"),
        pytest.param(replace(AIMED, model="other"), State.DOUBTFUL, "it was of other, not", id="another network"),
        pytest.param(replace(AIMED, sem_left_pct=2.0), State.DOUBTFUL, "more than the threshold set", id="a coarse rig"),
    ],
)  # fmt: skip
def test_the_aim(tmp_path, aim, state, found):
    check = aim_of(tmp_path, aim)
    assert check.state is state
    assert found in check.found
    assert bool(check.fix) == (state is not State.WELL)


def test_a_bad_aim_keeps_nothing_from_working(tmp_path):
    (tmp_path / "aim.json").write_text("{")
    check = aim_of(tmp_path, None)
    assert check.state is State.DOUBTFUL
    assert "aim.json" in check.found
    assert "aim again" in check.fix


def test_the_practice_network_runs_but_is_doubtful(tmp_path, monkeypatch):
    monkeypatch.delenv("EDGE_VALGUS_MODEL_DIR", raising=False)
    config = Config(store=StoreConfig(state_dir=str(tmp_path)), model=ModelConfig(name="edge-valgus-lifter-int8"))
    check = check_network(config, None)
    assert check.state is State.DOUBTFUL
    assert "fetch" in check.fix
    assert " ms" in check.found


def test_a_device_without_movenet_fails(tmp_path, monkeypatch):
    monkeypatch.delenv("EDGE_VALGUS_MODEL_DIR", raising=False)
    check = check_network(with_state(tmp_path), None)
    assert check.state is State.FAILS
    assert "models fetch" in check.fix


@pytest.mark.parametrize(
    "check", [lambda config: check_network(config, None), check_database], ids=["network", "database"]
)
def test_a_folder_that_is_closed_to_this_user_is_not_taken_for_empty(tmp_path, monkeypatch, check):
    monkeypatch.setattr(parts.os, "access", lambda path, _mode: path != tmp_path)
    answer = check(with_state(tmp_path))
    assert (answer.state, answer.fix) == (State.UNKNOWN, "sudo edge-valgus doctor")
    assert str(tmp_path) in answer.found


def test_a_damaged_network_fails(tmp_path):
    (tmp_path / "broken.tflite").write_bytes(b"no network")
    config = Config(model=ModelConfig(name=str(tmp_path / "broken.tflite")))
    assert check_network(config, None).state is State.FAILS


def camera_parts(*models, error=None):
    def info():
        if error:
            raise error
        return [{"Model": model} for model in models]

    return lambda _: SimpleNamespace(Picamera2=SimpleNamespace(global_camera_info=info))


def raising(error):
    def load(_):
        raise error

    return load


@pytest.mark.parametrize(
    ("load", "number", "state", "said"),
    [
        (camera_parts("imx708"), 0, State.WELL, "imx708"),
        (camera_parts("imx708"), 1, State.FAILS, "found imx708"),
        (camera_parts(), 0, State.FAILS, "found none"),
        (camera_parts(error=RuntimeError("no pipeline")), 0, State.FAILS, "no pipeline"),
        (raising(ImportError("No module named 'picamera2'")), 0, State.FAILS, "cannot be imported"),
        (raising(ValueError("numpy.dtype size changed")), 0, State.FAILS, "belong together"),
    ],
)
def test_camera(load, number, state, said):
    check = check_camera(Config(camera=CameraConfig(number=number)), load)
    assert check.state is state
    assert said in check.found
    assert (check.fix == "") == (state is State.WELL)


def test_no_pins_on_a_desk(tmp_path):
    check = check_pins(tmp_path)
    assert check.state is State.FAILS
    assert "--mock-gpio" in check.fix


@pytest.mark.parametrize(
    ("answer", "state", "said"),
    [
        (HEALTHY_UNIT, State.WELL, "edge-valgus-web runs"),
        (HEALTHY_UNIT.replace("loaded", "not-found"), State.FAILS, "not installed"),
        (HEALTHY_UNIT.replace("enabled", "disabled"), State.FAILS, "does not start"),
        (HEALTHY_UNIT.replace("ActiveState=active", "ActiveState=activating"), State.FAILS, "activating"),
        (HEALTHY_UNIT.replace("NRestarts=0", "NRestarts=17"), State.DOUBTFUL, "17 times"),
        (HEALTHY_UNIT.replace("NRestarts=0", "NRestarts="), State.WELL, "runs"),
        (None, State.UNKNOWN, "does not answer"),
    ],
)
def test_units(monkeypatch, answer, state, said):
    monkeypatch.setattr(parts, "ask", lambda *_: answer)
    check = check_units()
    assert check.state is state
    assert said in check.found


def test_no_database_yet_is_well_and_makes_none(tmp_path):
    assert check_database(with_state(tmp_path)).state is State.WELL
    assert list(tmp_path.iterdir()) == []


def test_a_database_is_read_and_not_written(tmp_path):
    config = with_state(tmp_path)
    Store(config.store.database).close()
    before = config.store.database.read_bytes()
    check = check_database(config)
    assert check.state is State.WELL
    assert "0 sets" in check.found
    assert config.store.database.read_bytes() == before


@pytest.mark.parametrize("kind", ["no database", "somebody else's", "cut short"])
def test_a_database_that_cannot_be_used(tmp_path, kind):
    config = with_state(tmp_path)
    path = config.store.database
    if kind == "no database":
        path.write_bytes(b"hello" * 1000)
    elif kind == "somebody else's":
        other = sqlite3.connect(path)
        other.execute("CREATE TABLE cats (name)")
        other.commit()
        other.close()
    else:
        Store(path).close()
        path.write_bytes(path.read_bytes()[:5000])
    check = check_database(config)
    assert check.state is State.FAILS
    assert str(path) in check.found


@pytest.fixture
def page():
    class Answer(BaseHTTPRequestHandler):
        status = 200

        def do_GET(self):
            self.send_response(Answer.status if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Answer, server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(("status", "state"), [(200, State.WELL), (503, State.DOUBTFUL)])
def test_page(page, status, state):
    answer, port = page
    answer.status = status
    assert check_page(Config(web=WebConfig(port=port))).state is state


def test_a_page_is_asked_where_it_listens():
    with socket.create_server(("127.0.0.3", 0)) as elsewhere:
        port = elsewhere.getsockname()[1]
        found = check_page(Config(web=WebConfig(host="127.0.0.4", port=port))).found
    assert found.startswith(f"127.0.0.4:{port} does not answer")


def test_brackets_in_what_is_found_are_no_marks(monkeypatch, tmp_path):
    odd = well("settings", "[/x] under [model]")
    monkeypatch.setattr("edge_valgus.cli.doctor.check_settings", lambda _: (odd, Config()))
    shown = CliRunner().invoke(doctor, ["--config", str(_settings(tmp_path))])
    assert "[/x] under [model]" in shown.output


def test_a_page_that_is_not_served(page):
    config = Config(web=WebConfig(port=page[1]))
    parts_of_page = config.model_copy(update={"web": config.web.model_copy(update={"port": 1})})
    assert check_page(parts_of_page).state is State.FAILS


def test_the_screen_and_the_exit_status_on_a_desk(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "edge_valgus.cli.doctor.check_camera", lambda config: check_camera(config, raising(ImportError("no")))
    )
    result = CliRunner().invoke(doctor, ["--config", str(_settings(tmp_path))])
    assert result.exit_code == 1
    for name in ("settings", "system", "network", "camera", "pins", "database", "page"):
        assert name in result.output
    assert "checks fail" in result.output


def test_json_is_one_object(tmp_path):
    result = CliRunner().invoke(doctor, ["--json", "--config", str(_settings(tmp_path))])
    said = json.loads(result.output)
    assert said["well"] is (result.exit_code == 0)
    assert {"name", "state", "found", "fix"} == set(said["checks"][0])
    assert all(check["fix"] for check in said["checks"] if check["state"] in ("fails", "doubtful"))


def _settings(folder):
    file = folder / "config.toml"
    file.write_text(f'[store]\nstate_dir = "{folder}"\n')
    return file
