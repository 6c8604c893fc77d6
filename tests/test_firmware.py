"""The device's files that no other test runs: the drawings, the first start's settings, the image, the shell."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edge_valgus.config import DEFAULT_CONFIG_FILE, LightsConfig
from edge_valgus.folders import DEFAULT_STATE_DIR

FIRMWARE = Path(__file__).parents[1] / "firmware"
SCRIPTS = [FIRMWARE / "install.sh", *sorted((FIRMWARE / "lib").glob("*.sh"))]


@pytest.mark.parametrize("name", ["wiring", "mounting"])
def test_a_drawing_is_what_its_script_draws(name):
    script = FIRMWARE / "drawings" / f"{name}.py"
    drawn = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True).stdout
    assert drawn == (FIRMWARE / f"{name}.svg").read_text(), f"draw it anew: python {script} > firmware/{name}.svg"


def test_the_wiring_shows_the_default_pins():
    text = (FIRMWARE / "wiring.svg").read_text()
    lights = LightsConfig()
    for pin in (lights.green_pin, lights.amber_pin, lights.red_left_pin, lights.red_right_pin):
        assert f">GPIO{pin}<" in text


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_bash(script):
    checked = subprocess.run(["bash", "-n", script], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert len(script.read_text().splitlines()) < 400


def test_shellcheck_finds_nothing():
    if not shutil.which("shellcheck"):
        pytest.skip("needs shellcheck")
    checked = subprocess.run(
        ["shellcheck", "--external-sources", "firmware/install.sh"],
        cwd=FIRMWARE.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (checked.returncode, checked.stdout) == (0, "")


def test_help_tells_every_option_and_needs_no_root():
    script = SCRIPTS[0].read_text()
    told = subprocess.run(["bash", SCRIPTS[0], "--help"], capture_output=True, text=True, check=True).stdout
    options = set(re.findall(r"^            (?:-h \| )?(--[a-z-]+)\)", script, re.MULTILINE))
    assert len(options) > 6
    assert [option for option in options if f"  {option}" not in told] == []


def test_the_first_start_runs_the_installer_from_where_the_archive_is_unpacked():
    text = (FIRMWARE / "user-data").read_text()
    assert text.startswith("#cloud-config\n")
    commands = re.findall(r"^  - (.+)$", text.partition("runcmd:")[2], re.MULTILINE)
    assert commands[-1] == "/usr/local/src/edge-valgus/firmware/install.sh --hostname edge-valgus"
    assert "-C /usr/local/src -xzf /boot/firmware/edge-valgus.tar.gz" in commands[-2]
    assert "hostname: edge-valgus\n" in text


def test_the_image_keeps_settings_and_sets_where_the_program_looks_for_them():
    overlay = FIRMWARE / "image/layer/edge-valgus.d/customize.overlay"
    shared = (overlay / "etc/rpi-image-gen/slot-shared.d/edge-valgus.conf").read_text()
    assert shared.splitlines() == ["Version=1", f"Path={Path(DEFAULT_CONFIG_FILE).parent}", f"Path={DEFAULT_STATE_DIR}"]
    copied = (overlay / "usr/lib/tmpfiles.d/edge-valgus-image.conf").read_text().splitlines()[-1].split()
    assert copied[:2] == ["C", DEFAULT_CONFIG_FILE]


def test_the_boot_settings_say_why():
    lines = (FIRMWARE / "system/config.txt").read_text().splitlines()
    for number, line in enumerate(lines):
        if line and not line.startswith("#"):
            block = lines[:number]
            while block and block[-1] and not block[-1].startswith("#"):
                block.pop()
            assert block[-1].startswith("#"), f"{line}: no comment above it"
