"""What pip is told to install, by machine and Python. What there really is to install: docs/decisions.md."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from edge_valgus.models.manifest import MANIFEST_NAME, load_manifest

ROOT = Path(__file__).parents[1]
WHOLE = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT, TOOLS = WHOLE["project"], WHOLE["tool"]

LITERT, TFLITE = "ai-edge-litert", "tflite-runtime"
BOTH = {LITERT, TFLITE}


def environment(machine, python, system="Linux"):
    return {
        "platform_machine": machine,
        "platform_system": system,
        "sys_platform": system.lower(),
        "os_name": "posix",
        "python_version": python,
        "python_full_version": f"{python}.9",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }


MACHINES = {
    "PC, Python 3.11": (environment("x86_64", "3.11"), BOTH),
    "PC, Python 3.13": (environment("x86_64", "3.13"), {LITERT}),
    "64-bit Pi, Python 3.11": (environment("aarch64", "3.11"), BOTH),
    "64-bit Pi, Python 3.13": (environment("aarch64", "3.13"), {LITERT}),
    "32-bit Pi, Python 3.11": (environment("armv7l", "3.11"), {TFLITE}),
    "32-bit Pi on a 64-bit kernel under linux32, Python 3.11": (environment("armv8l", "3.11"), {TFLITE}),
    "Mac, Python 3.12": (environment("arm64", "3.12", "Darwin"), {LITERT}),
    "Mac, Python 3.11": (environment("arm64", "3.11", "Darwin"), {LITERT}),
}
EVERYWHERE = pytest.mark.parametrize(("machine", "runtimes"), MACHINES.values(), ids=MACHINES)


def wanted(machine, extra=None):
    """name → requirement, of what applies on that machine."""
    lines = PROJECT["optional-dependencies"][extra] if extra else PROJECT["dependencies"]
    requirements = [Requirement(line) for line in lines]
    applying = [item for item in requirements if item.marker is None or item.marker.evaluate(machine)]
    names = [item.name for item in applying]
    assert len(names) == len(set(names)), "two requirements for one package on one machine"
    return dict(zip(names, applying, strict=True))


@EVERYWHERE
def test_every_machine_gets_the_runtimes_that_exist_for_it(machine, runtimes):
    assert set(wanted(machine)) & BOTH == runtimes


@EVERYWHERE
def test_numpy_2_stays_away_from_tflite_runtime_alone(machine, runtimes):
    numpy = wanted(machine)["numpy"].specifier
    assert numpy.contains(Version("1.26.4"))
    assert numpy.contains(Version("2.3.0")) == (TFLITE not in runtimes)


@EVERYWHERE
def test_video_files_can_be_read(machine, runtimes):
    assert "av" in wanted(machine)


@EVERYWHERE
def test_the_camera_comes_on_arm_linux_only(machine, runtimes):
    is_pi = machine["sys_platform"] == "linux" and machine["platform_machine"] != "x86_64"
    assert set(wanted(machine, "device")) == ({"picamera2", "lgpio"} if is_pi else set())
    assert "picamera2" not in wanted(machine)


@EVERYWHERE
def test_a_waitress_that_may_have_another_inside_is_kept_away(machine, runtimes):
    waitress = wanted(machine)["waitress"].specifier
    assert [waitress.contains(Version(each)) for each in ("3.0.1", "3.1", "4.0")] == [True, True, False]


def test_what_is_shipped_is_in_the_wheel_and_what_is_fetched_is_not():
    files = {entry.file for entry in load_manifest().values() if entry.shipped} | {MANIFEST_NAME}
    packed = TOOLS["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert packed == {f"models/{name}": f"edge_valgus/models/shipped/{name}" for name in files}
    assert all((ROOT / path).is_file() for path in packed)


def test_32_bit_with_python_3_12_has_no_runtime_to_install():
    """Nobody builds one. The device then says so in one line: see docs/decisions.md."""
    assert not set(wanted(environment("armv7l", "3.13"))) & BOTH


def test_the_oldest_32_bit_arm_does_not_wait_for_pyav_to_compile():
    assert "av" not in wanted(environment("armv6l", "3.11"))
