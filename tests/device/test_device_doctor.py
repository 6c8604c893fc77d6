"""The doctor on an installed device: it finds what the installer made, and what it advises mends what is wrong."""

from __future__ import annotations

import json
import re

import pytest
from installation import USER, readme_blocks
from machine import wait_for

UNITS = ("edge-valgus", "edge-valgus-web")


@pytest.fixture
def machine(drawn):
    """The device, ready, with a set on the page."""
    wait_for(lambda: all(drawn.unit(unit, "ActiveState") == "active" for unit in UNITS), 60)
    wait_for(lambda: json.loads(drawn.ask_page("/healthz")[1])["database"]["reps"], 60)
    return drawn


def typed(machine, line):
    """What a line typed by the logged-in user gives."""
    return machine.run("runuser", "--login", USER, "--command", line, check=False)


def ask(machine, how="sudo edge-valgus doctor"):
    """The checks by their name."""
    return {check["name"]: check for check in json.loads(typed(machine, f"{how} --json").stdout)["checks"]}


def states(checks):
    return {name: check["state"] for name, check in checks.items()}


def test_what_the_readme_says_to_type_gives_the_screen(machine):
    (line,) = [line for line in readme_blocks()[-1].splitlines() if "doctor" in line]
    said = typed(machine, line)
    assert said.returncode == 1, "there is no camera here"
    assert "checks fail" in said.stdout.splitlines()[-1]
    assert said.stderr == ""


def test_all_that_the_installer_made_is_well(machine):
    checks = ask(machine)
    made = ("settings", "system", "Python", "disk", "units", "database", "page")
    assert {name: checks[name]["state"] for name in made} == dict.fromkeys(made, "well")
    assert checks["settings"]["found"] == "/etc/edge-valgus/config.toml"
    assert checks["units"]["found"] == "edge-valgus runs, edge-valgus-web runs"
    assert "/opt/edge-valgus" in checks["Python"]["found"]
    assert re.match(r"/var/lib/edge-valgus/edge-valgus.db: [1-9]\d* sets?, ", checks["database"]["found"])
    assert checks["page"]["found"] == "http://127.0.0.1:80 answers"


def test_what_this_machine_lacks_fails_and_nothing_else(machine):
    failing = {name for name, state in states(ask(machine)).items() if state == "fails"}
    assert failing == {"network", "camera", "pins"}


def test_for_movenet_it_says_what_the_installer_says(machine):
    fix = ask(machine)["network"]["fix"]
    command = "sudo -u edge-valgus edge-valgus models fetch movenet-lightning-int8"
    assert f"fetch MoveNet: {command};" in fix
    tried = typed(machine, command)
    assert (tried.returncode, "could not be fetched" in tried.stderr) == (4, True), "there is no network here"


def test_without_sudo_it_says_what_it_may_not_see(machine):
    checks = ask(machine, "edge-valgus doctor")
    for name in ("network", "database"):
        assert (checks[name]["state"], checks[name]["fix"]) == ("unknown", "sudo edge-valgus doctor")
    assert states(checks)["units"] == "well"


@pytest.mark.parametrize(
    ("breaks", "name", "found"),
    [
        pytest.param(
            "systemctl stop edge-valgus-web", "page", "127.0.0.1:80 does not answer", id="the page is stopped"
        ),
        pytest.param("systemctl disable edge-valgus", "units", "does not start with the box", id="it is not enabled"),
    ],
)
def test_what_it_advises_mends_it(machine, breaks, name, found):
    machine.run(*breaks.split())
    check = ask(machine)[name]
    assert check["state"] == "fails"
    assert found in check["found"]
    mended = typed(machine, check["fix"])
    assert mended.returncode == 0, mended.stderr
    assert states(ask(machine))[name] == "well"


def test_wrong_settings_are_named_and_the_advice_lists_them(machine):
    file = machine.path("/etc/edge-valgus/config.toml")
    good = file.read_text()
    file.write_text(good.replace("#fps = 30.0", "fps = 600.0"))
    try:
        checks = ask(machine)
        check = checks["settings"]
        assert (check["state"], checks["page"]["state"]) == ("fails", "well")
        assert "/etc/edge-valgus/config.toml" in check["found"]
        line = check["fix"].partition("`")[2].partition("`")[0]
        said = typed(machine, line)
        assert (said.returncode != 0, "camera.fps = 600.0" in said.stderr) == (True, True)
    finally:
        file.write_text(good)
