"""The device's files that no other test runs: the drawings, the first start's settings, the image, the shell."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
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


SHELL = f"""
set -euo pipefail
cd "$1"
here={FIRMWARE} program=$PWD/program releases=$PWD/releases state=$PWD/state config=$PWD/config.toml log=$PWD/log
camera_unit=edge-valgus.service page_unit=edge-valgus-web.service as_pi=""
readonly() {{ declare -g "$@"; }}
for part in say machine release system services; do . "$here/lib/$part.sh"; done
for place in units avahi_file journald_file watchdog_file boot command_link; do declare "$place=$PWD${{!place}}"; done
"""
"""The installer's functions, with a folder in place of the machine."""


def shell(folder, script, **more):
    """Start a script that has them."""
    given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | more
    return subprocess.Popen(["bash", "-c", SHELL + script, "bash", folder], text=True, **given)


def said_by(folder, script):
    """What a script says that has them; it has to succeed."""
    process = shell(folder, script)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, out + err
    return out


GOING_BACK = """
mkdir -p releases/old releases/new
ln -s "$PWD/releases/new" program
scratch="" unproved=$PWD/releases/new came_from=$PWD/releases/old
switch_to() { touch begun; sleep 0.3; say "starting it"; rm program; ln -s "$1" program; }
is_healthy() { touch asked; sleep 0.3; }
trap clear_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
"""
WAYS_BACK = pytest.mark.parametrize("way", ["go_back", "exit 1"], ids=["by itself", "when it is stopped"])


def went_back(folder):
    return (folder / "program").readlink() == folder / "releases/old" and not (folder / "releases/new").exists()


@WAYS_BACK
@pytest.mark.parametrize("stop", ["INT", "TERM", "HUP"])
@pytest.mark.parametrize("when", ["begun", "asked"])
def test_the_way_back_is_not_interrupted(tmp_path, way, stop, when):
    process = shell(tmp_path, GOING_BACK + way)
    for _ in range(500):
        if (tmp_path / when).exists():
            break
        time.sleep(0.01)
    process.send_signal(getattr(signal, f"SIG{stop}"))
    process.communicate(timeout=30)
    assert went_back(tmp_path)


@WAYS_BACK
def test_a_terminal_that_is_gone_keeps_it_from_no_way_back(tmp_path, way):
    with Path("/dev/full").open("w") as gone:
        shell(tmp_path, GOING_BACK + way, stdout=gone, stderr=gone).wait(30)
    assert went_back(tmp_path)


def test_a_way_back_that_fails_is_tried_once_more(tmp_path):
    fails_once = 'switch_to() { if [ ! -e begun ]; then touch begun; false; fi; ln -sfn "$1" program; }\n'
    shell(tmp_path, GOING_BACK + fails_once + "go_back").communicate(timeout=30)
    assert went_back(tmp_path)


def test_apt_is_understood_on_a_machine_that_speaks_another_language(tmp_path):
    """apt itself answers in German only where its translations are: a stand-in that asks for the language as apt does."""
    copy = tmp_path / "firmware"
    shutil.copytree(FIRMWARE, copy)
    script = copy / "install.sh"
    script.write_text(script.read_text().removesuffix('main "$@"\n') + "is_offered python3-venv\n")
    apt = tmp_path / "bin/apt-cache"
    apt.parent.mkdir()
    apt.write_text(
        '#!/bin/sh\n[ "${LC_ALL:-$LANG}$LANGUAGE" = C.UTF-8 ] && word=Candidate || word=Installationskandidat\n'
        'printf "$2:\\n  %s: 3.11.2-1\\n" "$word"\n'
    )
    apt.chmod(0o755)
    speaks = os.environ | dict.fromkeys(("LANG", "LANGUAGE", "LC_ALL"), "de_DE.UTF-8")
    speaks["PATH"] = f"{apt.parent}:{os.environ['PATH']}"
    assert subprocess.run(["bash", script], env=speaks, check=False).returncode == 0


@pytest.mark.parametrize(
    ("release", "before", "kept"),
    [
        pytest.param("three", "two", {"two", "three"}, id="upgraded"),
        pytest.param("two", "two", {"one", "two", "three"}, id="installed once more"),
        pytest.param("three", "", {"three"}, id="the first"),
    ],
)
def test_the_release_before_is_kept(tmp_path, release, before, kept):
    for name in ("one", "two", "three"):
        (tmp_path / f"releases/{name}/share/edge-valgus").mkdir(parents=True)
        (tmp_path / f"releases/{name}/share/edge-valgus/complete").touch()
    (tmp_path / "releases/rubbish/bin").mkdir(parents=True)
    places = [f"releases/{name}" if name else "" for name in (release, before)]
    script = "forget_old_releases " + " ".join(f'"{place and tmp_path / place}"' for place in places)
    said_by(tmp_path, script)
    assert {path.name for path in (tmp_path / "releases").iterdir()} == kept


ON_FAT = r"""
mkdir -p "$boot"
printf 'dtparam=audio=on\n' >"$boot/config.txt"
sync() { printf 'sync %s: ' "$*"; tr '\n' ' ' <"$boot/config.txt"; echo; }
"""
"""A boot partition, and what is in config.txt whenever something is flushed."""


def test_the_boot_settings_are_on_the_card_before_they_take_the_place_of_the_old_ones(tmp_path):
    boot = tmp_path / "boot/firmware"
    said = said_by(tmp_path, ON_FAT + 'include_boot_settings "$here/system/config.txt"').splitlines()
    assert said[-2:] == [
        f"sync {boot}/config.txt.new: dtparam=audio=on ",
        f"sync -f {boot}: dtparam=audio=on  [all] include edge-valgus.txt ",
    ]
    assert said[0] == f"sync {boot}/edge-valgus.txt.new: dtparam=audio=on ", "included before it is there"


@pytest.mark.parametrize("own", [True, False], ids=["its own", "older than that"])
def test_a_release_is_asked_for_its_page_by_what_came_with_it(tmp_path, own):
    release = tmp_path / "releases/old"
    (release / "bin").mkdir(parents=True)
    (release / "bin/python").symlink_to("/bin/echo")
    said = said_by(tmp_path, ('keep_system_files "$releases/old"\n' if own else "") + 'page "$releases/old" port')
    asked = release / "share/edge-valgus/page.py" if own else FIRMWARE / "lib/page.py"
    assert said == f"-I {asked} port\n"
    assert asked.read_text() == (FIRMWARE / "lib/page.py").read_text()


def test_what_asks_for_the_page_is_part_of_what_a_release_is(tmp_path):
    shutil.copytree(FIRMWARE, tmp_path / "firmware")
    shutil.copytree(FIRMWARE.parent / "systemd", tmp_path / "systemd")
    wheel = tmp_path / "edge_valgus-1.2.3-py3-none-any.whl"
    wheel.write_text("as it was built")
    script = f'here={tmp_path}/firmware; release_name "{wheel}"'
    before = said_by(tmp_path, script)
    assert said_by(tmp_path, script) == before
    assert before.startswith("1.2.3-")
    with (tmp_path / "firmware/lib/page.py").open("a") as file:
        file.write("# other\n")
    assert said_by(tmp_path, script) != before


@pytest.mark.parametrize(
    ("running", "free", "port"),
    [
        pytest.param(True, True, 80, id="on a box"),
        pytest.param(True, False, None, id="on one with another page"),
        pytest.param(False, False, 80, id="while an image is built on a machine with a page"),
    ],
)
def test_a_fresh_installation_has_the_page_at_port_80(tmp_path, running, free, port):
    program = tmp_path / "release/bin/edge-valgus"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m edge_valgus "$@"\n')
    program.chmod(0o755)
    script = f"mkdir new; scratch=$PWD/new; is_running() {{ {str(running).lower()}; }}; is_free() {{ {str(free).lower()}; }}\n"
    said = said_by(tmp_path, script + "make_settings release")
    settings = tomllib.loads((tmp_path / "config.toml").read_text())
    assert settings.get("web", {}).get("port") == port
    assert ("port 80 is in use" in said) == (port is None)


@pytest.mark.parametrize(
    ("after", "left"),
    [
        pytest.param("", "", id="as it was left"),
        pytest.param("dtoverlay=imx708\n", "\n[all]\ndtoverlay=imx708\n", id="with more below"),
    ],
)
@pytest.mark.parametrize("before", ["dtparam=audio=on\n[all]\n", "arm_boost=1", "# Größe\n\n\n", ""])
def test_the_boot_settings_are_taken_out_without_a_trace(tmp_path, before, after, left):
    file = tmp_path / "boot/firmware/config.txt"
    file.parent.mkdir(parents=True)
    file.write_text(before)
    said_by(tmp_path, 'include_boot_settings "$here/system/config.txt"')
    assert file.read_text() == f"{before}\n[all]\ninclude edge-valgus.txt\n"
    file.write_text(file.read_text() + after)
    said_by(tmp_path, "exclude_boot_settings")
    assert file.read_text() == before + left
    assert [path.name for path in file.parent.iterdir()] == ["config.txt"]


@pytest.mark.parametrize(
    ("line", "named"),
    [
        pytest.param('#state_dir = "/mnt/sets"', "", id="a comment"),
        pytest.param("state_dir = '/mnt/my sets' # on a stick", "/mnt/my sets\n", id="another"),
        pytest.param('  state_dir="STATE"', "", id="its own"),
        pytest.param(None, "", id="no settings"),
    ],
)
def test_sets_that_are_elsewhere_are_named_when_all_is_taken_off(tmp_path, line, named):
    if line is not None:
        (tmp_path / "config.toml").write_text(f"[store]\n{line.replace('STATE', str(tmp_path / 'state'))}\n")
    assert said_by(tmp_path, "other_state") == named
