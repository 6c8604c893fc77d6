"""What the systemd units promise: no pictures on the network, no camera in the page, no giving up."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from edge_valgus.folders import DEFAULT_RUNTIME_DIR, DEFAULT_STATE_DIR

FOLDER = Path(__file__).parents[1] / "systemd"
CAMERA, PAGE = "edge-valgus.service", "edge-valgus-web.service"
BOTH = pytest.mark.parametrize("name", [CAMERA, PAGE])

NEWER_THAN_DEBIAN_12 = ("RestartSteps", "RestartMaxDelaySec")


def read(name):
    """{section: {key: [value, …]}}: a key may stand several times, which configparser does not keep."""
    unit, section = {}, None
    for line in (FOLDER / name).read_text().splitlines():
        if line.startswith("["):
            section = unit.setdefault(line.strip("[]"), {})
        elif line and not line.startswith("#"):
            key, equals, value = line.partition("=")
            assert equals, f"{name}: {line}"
            section.setdefault(key, []).append(value)
    return unit


def service(name):
    return read(name)["Service"]


@pytest.mark.parametrize(
    ("name", "key", "values"),
    [
        pytest.param(CAMERA, "PrivateNetwork", ["yes"], id="the camera has no network"),
        pytest.param(CAMERA, "RestrictAddressFamilies", ["AF_UNIX"], id="the camera has no sockets but files"),
        pytest.param(CAMERA, "CapabilityBoundingSet", [""], id="the camera has no capability"),
        pytest.param(CAMERA, "WatchdogSec", ["10"], id="a stuck camera is noticed"),
        pytest.param(CAMERA, "MemoryMax", ["400M"], id="a camera that leaks is a restart"),
        pytest.param(PAGE, "MemoryMax", ["300M"], id="a page that leaks is a restart"),
        pytest.param(CAMERA, "UMask", ["0027"], id="the group may read what the camera writes"),
        pytest.param(CAMERA, "StateDirectoryMode", ["0750"], id="the group may not write beside the database"),
        pytest.param(CAMERA, "RuntimeDirectoryMode", ["0750"], id="the group may reach the socket"),
        pytest.param(CAMERA, "RuntimeDirectoryPreserve", ["restart"], id="the socket's folder stays over a restart"),
        pytest.param(PAGE, "PrivateDevices", ["yes"], id="the page has no device"),
        pytest.param(PAGE, "CapabilityBoundingSet", ["CAP_NET_BIND_SERVICE"], id="the page may listen on port 80"),
        pytest.param(PAGE, "RestrictAddressFamilies", ["AF_UNIX AF_INET AF_INET6"], id="the page's sockets"),
        pytest.param(PAGE, "SupplementaryGroups", ["edge-valgus"], id="the page is in the camera's group"),
    ],
)
def test_a_unit_keeps_its_promise(name, key, values):
    assert service(name)[key] == values


@BOTH
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("Type", "notify"),
        ("Restart", "always"),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("DevicePolicy", "closed"),
        ("NoNewPrivileges", "yes"),
    ],
)
def test_both_units_keep_to_themselves(name, key, value):
    assert service(name)[key] == [value]


@BOTH
def test_a_unit_never_gives_up(name):
    assert read(name)["Unit"]["StartLimitIntervalSec"] == ["0"]


def test_the_camera_opens_pictures_and_pins_and_nothing_else():
    assert {line.split()[0] for line in service(CAMERA)["DeviceAllow"]} == {
        "char-video4linux",
        "char-media",
        "char-dma_heap",
        "char-gpiochip",
    }


def test_the_page_can_write_nowhere():
    writable = {"StateDirectory", "RuntimeDirectory", "ReadWritePaths", "CacheDirectory", "LogsDirectory", "BindPaths"}
    assert writable.isdisjoint(service(PAGE))


def test_the_two_run_as_different_users_that_are_made():
    users = {service(name)["User"][0] for name in (CAMERA, PAGE)}
    made = {line.split()[1] for line in (FOLDER / "edge-valgus.sysusers").read_text().splitlines() if line[:2] == "u "}
    assert users == made == {"edge-valgus", "edge-valgus-web"}


def test_folders_are_those_that_the_program_looks_in():
    assert f"/var/lib/{service(CAMERA)['StateDirectory'][0]}" == DEFAULT_STATE_DIR
    assert f"/run/{service(CAMERA)['RuntimeDirectory'][0]}" == DEFAULT_RUNTIME_DIR
    lines = (FOLDER / "edge-valgus.tmpfiles").read_text().splitlines()
    modes = {line.split()[1]: line.split()[2:5] for line in lines if line.startswith("d ")}
    assert modes[DEFAULT_STATE_DIR] == modes[DEFAULT_RUNTIME_DIR] == ["0750", "edge-valgus", "edge-valgus"]


@BOTH
def test_systemd_understands_the_unit(name, tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("needs systemd-analyze")
    start = service(name)["ExecStart"][0]
    # systemd also looks for the program, which is here only once it is installed.
    (tmp_path / name).write_text((FOLDER / name).read_text().replace(start, "/bin/true"))
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / name], capture_output=True, text=True, check=False
    )
    complaints = [line for line in checked.stderr.splitlines() if name in line]
    assert [line for line in complaints if not any(key in line for key in NEWER_THAN_DEBIAN_12)] == []
    assert checked.returncode == 0


@pytest.mark.parametrize(("name", "worst"), [(CAMERA, 15), (PAGE, 15)])
def test_systemd_finds_the_unit_little_exposed(name, worst):
    if not shutil.which("systemd-analyze"):
        pytest.skip("needs systemd-analyze")
    checked = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", f"--threshold={worst}", FOLDER / name],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout[-200:] + checked.stderr
