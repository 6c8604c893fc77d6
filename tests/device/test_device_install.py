"""The README followed on a clean Debian: what is there afterwards, and that installing again changes nothing."""

from __future__ import annotations

import json
import re
import time
import tomllib

import pytest
from installation import USER, readme_blocks, readme_section
from machine import wait_for

UNITS = ("edge-valgus.service", "edge-valgus-web.service")


@pytest.fixture(scope="module")
def machine(new_machine, ground):
    machine = new_machine(ground)
    machine.boot()
    wait_for(lambda: machine.ask_page("/healthz")[0], 30)
    yield machine
    machine.delete()


# The last line typed is `sudo reboot`: the bus may be gone before it has answered, and that is said too.
BUS_GONE = "Call to Reboot failed: Message recipient disconnected from message bus"


def test_it_says_what_it_did_and_where_the_page_is(followed):
    said = [line for line in followed.first.splitlines() if not line.startswith(BUS_GONE)]
    # Indented: what another program said, about a step that did not go well.
    assert all(line.startswith(("edge-valgus: ", "    ")) for line in said), followed.first
    assert "edge-valgus: the page: http://edge-valgus.local" in said
    assert any("is installed" in line for line in said)


def test_the_readmes_steps_are_those_that_were_followed():
    on_computer, on_the_pi, asked = readme_blocks()
    assert [line.split()[0] for line in on_computer.splitlines()] == ["git", "ssh"]
    assert on_the_pi.splitlines()[1:] == ["sudo reboot"]
    assert [line.split()[0] for line in asked.splitlines()] == ["sudo", "systemctl"]


def test_it_says_that_this_debian_has_no_camera_packages_and_goes_on(followed):
    (warning,) = [line for line in followed.first.splitlines() if "python3-picamera2" in line and "warning" in line]
    assert warning.endswith("without them no camera and no lights. They come with Raspberry Pi OS")


def test_a_model_that_cannot_be_fetched_is_a_warning_with_the_command_to_repeat(followed, machine):
    (warning,) = [line for line in followed.first.splitlines() if "MoveNet could not be fetched" in line]
    repeat = warning.partition("later: ")[2]
    tried = machine.run("runuser", "--login", USER, "--command", repeat, check=False)
    assert (tried.returncode, "could not be fetched" in tried.stderr) == (4, True)


def test_after_the_restart_the_page_is_there_by_itself(followed):
    status, body = followed.page
    assert (status, "edge-valgus" in body) == (200, True)


def test_what_the_readme_asks_when_something_is_wrong_is_answered(followed):
    assert "checks fail" in followed.asked
    page = followed.asked.partition("edge-valgus-web.service - edge-valgus: the page")[2]
    assert "Active: active (running)" in page, followed.asked
    assert "Loaded: loaded (/usr/local/lib/systemd/system/edge-valgus-web.service; enabled;" in page


def test_again_it_changes_no_file_and_restarts_nothing(followed):
    assert followed.changed == set()
    assert "runs already, and nothing has changed" in followed.again


def test_the_page_is_ready_and_answers_without_a_port(machine):
    assert machine.unit("edge-valgus-web", "ActiveState") == "active"
    status, body = machine.ask_page("/")
    assert (status, "edge-valgus" in body) == (200, True)


def test_the_command_that_the_readme_gives_for_new_settings_comes_back_at_once(machine):
    """Even where the camera's process cannot get ready, as here; a person would wait for nothing."""
    (line,) = re.findall(r"`(sudo systemctl restart [^`]+)`", readme_section())
    before = machine.unit("edge-valgus-web", "InvocationID")
    began_s = time.monotonic()
    assert machine.run("runuser", "--login", USER, "--command", line).stdout == ""
    assert time.monotonic() - began_s < 5
    wait_for(lambda: machine.unit("edge-valgus-web", "InvocationID") != before and machine.ask_page("/")[0], 30)


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_starts_with_the_machine(machine, unit):
    assert machine.run("systemctl", "is-enabled", unit).stdout.strip() == "enabled"


def test_without_a_camera_its_process_is_never_ready_and_the_page_says_why(machine):
    assert machine.unit("edge-valgus", "ActiveState") in {"activating", "failed"}

    def said():
        return json.loads(machine.ask_page("/healthz")[1])["fault"]

    assert "python3-lgpio" in wait_for(said, 20)
    assert "Started edge-valgus.service" not in machine.log("edge-valgus"), "systemd took it for ready"


def test_the_settings_are_all_there_to_read_and_change_one_thing(machine):
    text = machine.path("/etc/edge-valgus/config.toml").read_text()
    assert {key: value for table in tomllib.loads(text).values() for key, value in table.items()} == {"port": 80}
    assert text.count("#") > 100


@pytest.mark.parametrize(
    ("path", "owner", "mode"),
    [
        ("/var/lib/edge-valgus", "edge-valgus:edge-valgus", "750"),
        ("/run/edge-valgus", "edge-valgus:edge-valgus", "750"),
        ("/etc/edge-valgus", "root:root", "755"),
        ("/etc/edge-valgus/config.toml", "root:root", "644"),
        ("/opt/edge-valgus/bin/edge-valgus", "root:root", "755"),
    ],
)
def test_who_may_do_what_with(machine, path, owner, mode):
    assert machine.run("stat", "--dereference", "-c", "%U:%G %a", path).stdout.split() == [owner, mode]


def test_the_program_is_a_link_to_a_release_named_by_version_and_content(machine):
    release = machine.run("readlink", "/opt/edge-valgus").stdout.strip()
    assert release.startswith("/opt/edge-valgus-releases/0.")
    said = machine.run("/opt/edge-valgus/bin/edge-valgus", "--version").stdout
    assert said.split()[-1] == release.rpartition("/")[2].rpartition("-")[0]


def test_the_machine_is_called_as_asked(machine):
    assert machine.run("hostname").stdout.strip() == "edge-valgus"
    assert machine.path("/etc/hostname").read_text() == "edge-valgus\n"
    assert "127.0.1.1\tedge-valgus" in machine.path("/etc/hosts").read_text()


def test_avahi_tells_of_the_page_at_its_port(machine):
    text = machine.path("/etc/avahi/services/edge-valgus.service").read_text()
    assert re.findall(r"<(type|port)>(.*)</", text) == [("type", "_http._tcp"), ("port", "80")]
    assert machine.unit("avahi-daemon", "ActiveState") == "active"
    assert "edge-valgus.service" not in "".join(
        line for line in machine.log("avahi-daemon").splitlines() if "failed" in line.lower()
    )


def test_the_journal_is_limited(machine):
    assert "SystemMaxUse=64M" in machine.run("systemd-analyze", "cat-config", "systemd/journald.conf").stdout


def test_what_is_for_a_pi_alone_is_not_here(machine):
    assert not machine.path("/etc/systemd/system.conf.d/edge-valgus.conf").exists()


def test_nothing_is_left_lying_about(machine):
    places = ["/opt", "/etc", "/usr/local", "/var"]
    left = machine.run("find", *places, "-name", "*.new", "-o", "-name", "edge-valgus-install.?*")
    assert left.stdout == "/var/log/edge-valgus-install.log\n"
