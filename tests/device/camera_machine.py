"""The device with a camera: both units and their program on the Debian that has the real picamera2."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

import camera_root
from camera_pictures import REPS, SIZE_PX, virtual_camera
from machine import Machine, wait_for
from roots import CHECKOUT, cache_folder

CAMERA, PAGE = "edge-valgus", "edge-valgus-web"
HERE = Path(__file__).parent
VIRTUAL_YAML = "/usr/share/libcamera/pipeline/virtual/virtual.yaml"
PROGRAM = f"{camera_root.VENV}/bin/edge-valgus"
PYTHON = f"{camera_root.VENV}/bin/python"
WITH_CAMERA = ("env", "PYTHONPATH=/mnt/virtual-camera", "LIBCAMERA_LOG_LEVELS=*:ERROR")
SETTINGS = "/etc/edge-valgus/config.toml"
ENTRY = f"""#!{PYTHON}
import sys
from edge_valgus.cli import main
sys.exit(main())
"""
# The unit denies the netlink socket by which libcamera would hear of cameras from udev; it then looks for them in /sys/bus/media, as on a
# Pi. This machine's kernel may have no such folder.
DROP_IN = f"""[Service]
BindReadOnlyPaths=/opt/sys-bus:/sys/bus
Environment=PYTHONPATH=/mnt/virtual-camera LIBCAMERA_LOG_LEVELS=*:ERROR
ExecStart=
ExecStart={PROGRAM} run --mock-gpio
"""


REPS_OF_DATABASE = """
import json, sqlite3
database = sqlite3.connect("file:/var/lib/edge-valgus/edge-valgus.db?mode=ro", uri=True)
database.row_factory = sqlite3.Row
rows = database.execute("SELECT reps.*, model FROM reps JOIN sets ON sets.id = set_id JOIN sessions ON sessions.id = session_id ORDER BY reps.id")
print(json.dumps([{key: row[key] for key in row.keys() if key != "trace"} for row in rows]))
"""


def camera_machine(folder: Path, shown: dict[str, Path], settings: str) -> Machine:
    """A booted machine on which the device is installed and not started. It has no camera before it is `fitted`.

    shown: folders of pictures, {place in it: path here}. settings: what its config.toml says.
    """
    machine = Machine(
        [camera_root.camera_root(cache_folder())], folder, {"/mnt/virtual-camera": HERE / "virtual_camera", **shown}
    )
    (packages,) = machine.path(camera_root.VENV).glob("lib/python*/site-packages")
    shutil.copytree(
        CHECKOUT / "src/edge_valgus", packages / "edge_valgus", ignore=shutil.ignore_patterns("__pycache__")
    )
    shipped = packages / "edge_valgus/models/shipped"
    shipped.mkdir()
    for name in ("manifest.toml", "edge_valgus_lifter_int8.tflite"):
        shutil.copy(CHECKOUT / "models" / name, shipped)
    machine.write(PROGRAM, ENTRY, 0o755)
    machine.write(SETTINGS, settings)
    for unit in (CAMERA, PAGE):
        machine.write(f"/etc/systemd/system/{unit}.service", (CHECKOUT / f"systemd/{unit}.service").read_text())
    machine.write(f"/etc/systemd/system/{CAMERA}.service.d/camera.conf", DROP_IN)
    machine.path("/opt/sys-bus/media/devices").mkdir(parents=True)
    machine.boot()
    machine.run(PYTHON, "-m", "compileall", "-q", f"/{packages.relative_to(machine.root)}/edge_valgus")
    machine.run("groupadd", "--system", "gpio")
    for user in (CAMERA, PAGE):
        machine.run("useradd", "--system", "--user-group", user)
    machine.run("install", "-d", "-m", "750", "-o", CAMERA, "-g", CAMERA, "/var/lib/edge-valgus")
    return machine


def fit(machine: Machine, pictures: str) -> None:
    """Connect the camera, which plays that folder of pictures."""
    machine.write(VIRTUAL_YAML, virtual_camera(pictures))


def unplug(machine: Machine) -> None:
    """Have no camera from the next start on."""
    machine.path(VIRTUAL_YAML).unlink(missing_ok=True)


def settings_for(model: str, **more: object) -> str:
    """A settings file for the drawn pictures; more: further keys of the camera."""
    camera = "".join(f"{key} = {json.dumps(value)}\n" for key, value in more.items())
    width, height = SIZE_PX
    return f"[camera]\nwidth_px = {width}\nheight_px = {height}\n{camera}[model]\nname = {json.dumps(model)}\n[web]\nport = 80\n"


def is_watching(machine: Machine) -> bool:
    """Whether the camera's process judges pictures."""
    return machine.unit(CAMERA, "ActiveState") == "active"


def now(machine: Machine):
    """What the page says of this moment; None while it says nothing."""
    status, body = machine.ask_page("/api/now", host="127.0.0.1")
    return json.loads(body) if status == 200 else None


def stored_reps(machine: Machine) -> list[dict[str, Any]]:
    """The stored reps, oldest first: the columns of the table, and the name of the network that saw them."""
    return json.loads(machine.run(PYTHON, "-c", REPS_OF_DATABASE).stdout)


def start_watching(machine: Machine) -> None:
    """Start the device and wait until it watches."""
    machine.run("systemctl", "restart", "--no-block", CAMERA)
    try:
        wait_for(lambda: is_watching(machine), 60)
    except AssertionError as error:
        raise AssertionError(f"it does not watch: {machine.log(CAMERA)[-3000:]}") from error


def page_sees(machine: Machine) -> bool:
    """Whether the page shows what the camera's process sees now.

    After a restart it still tells of the fault before, until it has found the new process, for up to 2 s.
    """
    said = now(machine)
    return said is not None and said["camera_running"] and said["view"]["state"] not in ("fault", "stalled", "stopped")


class LongWatch:
    """A device before a camera, and how much memory its camera's process has, every few seconds, until `until_s`."""

    EVERY_S = 5

    def __init__(self, machine: Machine, duration_s: float, set_s: float) -> None:
        self.machine = machine
        start_watching(machine)
        self.until_s = time.monotonic() + duration_s
        self.expected_reps = REPS * (duration_s / set_s - 1)
        process = machine.unit(CAMERA, "MainPID")
        measure = f"while sleep {self.EVERY_S} && grep VmRSS /proc/{process}/status >>/run/memory; do :; done"
        self._measuring = machine.start("sh", "-c", measure)

    def memory_mb(self) -> list[tuple[float, float]]:
        """(seconds since the start, megabytes); empty if the process is not the one that was started."""
        if self._measuring.poll() is not None:
            return []
        lines = self.machine.run("cat", "/run/memory").stdout.splitlines()
        return [(number * self.EVERY_S, int(line.split()[1]) / 1024) for number, line in enumerate(lines, 1)]

    def close(self) -> None:
        """End it, and the machine."""
        self._measuring.kill()
        self._measuring.wait()
        if self._measuring.stdout is not None:
            self._measuring.stdout.close()
        self.machine.delete()
