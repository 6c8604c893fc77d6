"""What the device is made of: settings, network, camera, pins, units, database, page."""

from __future__ import annotations

import grp
import importlib
import importlib.metadata
import os
import sqlite3
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import numpy as np

from edge_valgus.config import MOVENET, PRACTICE, Config, config_file_in_force, load_config, sound_config
from edge_valgus.doctor.ask import ask
from edge_valgus.doctor.check import Check, State, doubtful, fails, unknown, well
from edge_valgus.errors import AimError, ConfigError, EdgeValgusError, StoreError
from edge_valgus.models.find import fetch_command, find_model, meant_by, require_folder
from edge_valgus.pose import KeypointModel
from edge_valgus.store.aim import read_aim
from edge_valgus.store.schema import SCHEMA_VERSION, version_of

EVERYWHERE: Final = ("0.0.0.0", "::")  # noqa: S104  a page that listens there answers on this machine's own address
UNITS: Final = ("edge-valgus.service", "edge-valgus-web.service")
SLOW_MS: Final = 100.0  # at 10 frames a second the knees are judged late
TRIES: Final = 5
RESTARTS: Final = 3  # since the start; more are no accident
AIM: Final = "hold the button for 6 s, or: sudo edge-valgus aim"
PAGE_PATIENCE_S: Final = 3.0


def check_settings(config_file: Path | None) -> tuple[Check, Config]:
    """The settings file; and the settings, with defaults for the tables that are wrong, as the device then takes them."""
    try:
        config = load_config(config_file)
    except ConfigError as error:
        first, *more = error.problems
        others = f", and {len(more)} more" if more else ""
        found = f"{error.path}: {first}{others}"
        fix = f"mend it; `edge-valgus config check {error.path}` lists all problems"
        return fails("settings", found, fix), sound_config(config_file)
    except (EdgeValgusError, OSError) as error:
        return fails("settings", str(error), "give a file that can be read"), Config()
    file = config_file or config_file_in_force()
    return well("settings", str(file) if file is not None else "no file: the defaults"), config


def check_network(config: Config, model_dir: Path | None) -> Check:
    """The keypoint network: is its file right, does it run, and how fast."""
    name = "network"
    if model_dir is None and _is_closed(config.store.state_path):
        return _ask_as_root(name, config.store.state_path)
    try:
        require_folder(model_dir)
        found = find_model(config.model.name, model_dir=model_dir, state_dir=config.store.state_path, real_people=True)
        network = KeypointModel(found.path, runtime=config.model.runtime, threads=config.model.threads)
    except EdgeValgusError as error:
        return fails(name, *_split(error))
    square = np.zeros((1, network.side_px, network.side_px, 3), np.uint8)
    network.infer(square)
    times_ms = []
    for _ in range(TRIES):
        since_s = time.perf_counter()
        network.infer(square)
        times_ms.append(1000.0 * (time.perf_counter() - since_s))
    called = found.entry.name if found.entry is not None else found.path.name
    said = f"{called} on {network.runtime}, {min(times_ms):.1f} ms a picture"
    if called == PRACTICE:
        fetch = fetch_command(MOVENET, config.store.state_path)
        return doubtful(name, said, f"it was trained on drawn lifters: for people, {fetch}")
    if min(times_ms) > SLOW_MS:
        return doubtful(name, said, "more threads under [model] in the settings, or the other runtime")
    return well(name, said)


def check_camera(config: Config, load: Callable[[str], ModuleType] = importlib.import_module) -> Check:
    """Whether picamera2 loads, which versions belong together decide, and which cameras there are. None is opened."""
    name, apt = "camera", "sudo apt install --reinstall python3-picamera2 python3-libcamera python3-numpy"
    try:
        picamera2: Any = load("picamera2")
    except ImportError as error:
        fix = "sudo apt install python3-picamera2; the environment has to see it: --system-site-packages, as firmware/install.sh does"
        return fails(name, f"picamera2 cannot be imported ({error})", fix)
    except Exception as error:  # noqa: BLE001  compiled parts that don't belong together raise what they like
        return fails(name, f"picamera2 does not load ({_one_line(error)}): its parts don't belong together", apt)
    try:
        cameras = [str(info.get("Model", "unknown")) for info in picamera2.Picamera2.global_camera_info()]
    except Exception as error:  # noqa: BLE001  likewise
        return fails(name, f"the camera system does not answer ({_one_line(error)})", "restart the Pi")
    version = _version("picamera2")
    if config.camera.number >= len(cameras):
        have = f"found {', '.join(cameras)}" if cameras else "found none"
        fix = "check the ribbon cable at both ends; or set camera.number"
        return fails(name, f"no camera {config.camera.number}, {have}; picamera2 {version}", fix)
    return well(name, f"{cameras[config.camera.number]}, picamera2 {version}")


def check_pins(root: Path = Path("/")) -> Check:
    """Whether the lights' pins may be used."""
    name = "pins"
    chips = sorted((root / "dev").glob("gpiochip*"))
    if not chips:
        return fails(name, "no GPIO chip", "a Raspberry Pi is needed; at a desk use --mock-gpio")
    try:
        importlib.import_module("lgpio")
    except ImportError as error:
        return fails(name, f"lgpio cannot be imported ({error})", "sudo apt install python3-lgpio")
    if not os.access(chips[0], os.R_OK | os.W_OK):
        fix = f"sudo usermod -aG gpio {os.environ.get('USER', 'NAME')}, and log in again"
        return fails(name, f"{chips[0]} may not be used; groups: {', '.join(_groups())}", fix)
    return well(name, f"lgpio {_version('lgpio')}, {len(chips)} chip{'s' if len(chips) > 1 else ''}")


def check_units() -> Check:
    """Whether systemd runs both halves, and has not had to start them again and again."""
    name = "units"
    said = []
    for unit in UNITS:
        answer = ask("systemctl", "show", unit, "-p", "LoadState,ActiveState,UnitFileState,NRestarts")
        if answer is None:
            return unknown(name, "systemd does not answer")
        state = dict(line.split("=", 1) for line in answer.splitlines() if "=" in line)
        if state.get("LoadState") != "loaded":
            return fails(name, f"{unit} is not installed", "sudo firmware/install.sh")
        if state.get("UnitFileState") != "enabled":
            return fails(name, f"{unit} does not start with the box", f"sudo systemctl enable --now {unit}")
        if state.get("ActiveState") != "active":
            return fails(name, f"{unit} is {state.get('ActiveState')}", f"sudo journalctl -u {unit} -n 20")
        restarts = int(state.get("NRestarts") or 0)
        if restarts > RESTARTS:
            return doubtful(
                name, f"{unit} was restarted {restarts} times", f"sudo journalctl -u {unit} | grep edge-valgus:"
            )
        said.append(f"{unit.removesuffix('.service')} runs")
    return well(name, ", ".join(said))


def check_database(config: Config) -> Check:
    """Whether what was counted can be read. Nothing is written to."""
    name, path = "database", config.store.database
    if _is_closed(path.parent):
        return _ask_as_root(name, path.parent)
    if not path.exists():
        return well(name, f"{path}: none yet; the first set makes it")
    try:
        database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=PAGE_PATIENCE_S)
        try:
            version = version_of(database, path)
            (health,) = database.execute("PRAGMA quick_check(1)").fetchone()
            (sets,) = database.execute("SELECT count(*) FROM sets").fetchone()
            if health != "ok":
                raise sqlite3.DatabaseError(f"damaged: {health}")
        finally:
            database.close()
    except (sqlite3.Error, StoreError, OSError) as error:
        if not os.access(path.parent, os.W_OK):  # SQLite makes a file beside it, even to read
            return _ask_as_root(name, path.parent)
        return fails(
            name, f"{path}: {_one_line(error)}", "restore it from a backup, or move it away: a new one is made"
        )
    if version > SCHEMA_VERSION:
        return fails(name, f"{path} is of a newer edge-valgus (version {version})", "install that one again")
    return well(name, f"{path}: {sets} {'set' if sets == 1 else 'sets'}, {path.stat().st_size / 1e6:.1f} MB")


def check_aim(config: Config) -> Check:
    """Whether the box was aimed, and what it can tell apart."""
    name, path = "aim", config.store.aim_file
    try:
        aim = read_aim(path)
    except AimError as error:
        return doubtful(name, *_split(error))
    if aim is None:
        return doubtful(name, "never aimed: the settings' threshold is in force", AIM)
    found = f"aimed on {aim.day} with {aim.source} and {aim.model}, MDC {aim.mdc_pct:.1f} % of leg length"
    size_px = (config.camera.width_px, config.camera.height_px)
    try:
        model = meant_by(config.model.name, state_dir=config.store.state_path)
    except EdgeValgusError:
        model = aim.model  # the check of the network tells what is wrong with that
    other = aim.differs(source=f"camera {config.camera.number}", model=model, size_px=size_px)
    if other:
        return doubtful(name, f"{found}; it was of {other}", AIM)
    if aim.mdc_pct > config.knee.threshold_pct:
        return doubtful(name, f"{found}, more than the threshold set: knees light later", f"more light, then {AIM}")
    return well(name, found)


def check_page(config: Config) -> Check:
    """Whether the page answers, asked on this machine."""
    host = "127.0.0.1" if config.web.host in EVERYWHERE else config.web.host
    name, address = "page", f"{f'[{host}]' if ':' in host else host}:{config.web.port}"
    connection = HTTPConnection(host, config.web.port, timeout=PAGE_PATIENCE_S)
    try:
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
    except OSError as error:
        return fails(
            name, f"{address} does not answer ({error.strerror or error})", "sudo systemctl restart edge-valgus-web"
        )
    finally:
        connection.close()
    if status != 200:
        return doubtful(
            name, f"{address} answers, and says that something is wrong ({status})", f"see http://{address}"
        )
    return well(name, f"http://{address} answers")


def _is_closed(folder: Path) -> bool:
    """Whether it is there and this user may not look into it: on the device, only root and the device's users may."""
    return folder.is_dir() and not os.access(folder, os.R_OK | os.X_OK)


def _ask_as_root(name: str, folder: Path) -> Check:
    return Check(name, State.UNKNOWN, f"{folder} may not be read by this user", "sudo edge-valgus doctor")


def _split(error: EdgeValgusError) -> tuple[str, str]:
    found, _, fix = str(error).partition("; ")
    return found, fix or "see above"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _groups() -> list[str]:
    names = []
    for number in os.getgroups():
        try:
            names.append(grp.getgrgid(number).gr_name)
        except KeyError:
            names.append(str(number))
    return names


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "of unknown version"
