"""Taking the device off the machine again, and machines that the installer refuses or treats in their own way."""

from __future__ import annotations

import pytest
from installation import INSTALL, OFFLINE

BOOT_SETTINGS = "dtparam=audio=on\n[cm5]\ndtoverlay=dwc2,dr_mode=host\n"
PI = "processor\t: 0\n\nModel\t\t: Raspberry Pi 5 Model B Rev 1.0\n"


@pytest.fixture(scope="module")
def pi(new_machine, ground):
    """An installed machine that takes itself for a Raspberry Pi, after two more runs of the installer."""
    machine = new_machine(ground)
    machine.write("/boot/firmware/config.txt", BOOT_SETTINGS)
    machine.write("/opt/cpuinfo", PI)
    machine.boot()
    machine.run("mount", "--bind", "/opt/cpuinfo", "/proc/cpuinfo")
    machine.said = [machine.run(INSTALL, *OFFLINE, timeout_s=300).stdout for _ in range(2)]
    yield machine
    machine.delete()


class TestPi:
    def test_the_hardware_watchdog_is_fed(self, pi):
        assert "RuntimeWatchdogSec=14s" in pi.run("systemd-analyze", "cat-config", "systemd/system.conf").stdout

    def test_the_boot_settings_are_included_once_and_the_owners_stay(self, pi):
        text = pi.path("/boot/firmware/config.txt").read_text()
        assert text == f"{BOOT_SETTINGS}\n[all]\ninclude edge-valgus.txt\n"
        assert "camera_auto_detect=1" in pi.path("/boot/firmware/edge-valgus.txt").read_text()

    def test_it_asks_for_a_restart_once(self, pi):
        assert ["sudo reboot" in said for said in pi.said] == [True, False]


@pytest.mark.parametrize(
    ("os_release", "says"),
    [
        pytest.param(
            'PRETTY_NAME="Ubuntu 24.04"\nVERSION_CODENAME=noble\n', "this is Ubuntu 24.04; it runs on", id="ubuntu"
        ),
        pytest.param('PRETTY_NAME="Debian 11"\nVERSION_CODENAME=bullseye\n', "this is Debian 11; it runs on", id="old"),
    ],
)
def test_another_system_is_refused_in_one_line(new_machine, ground, os_release, says):
    with new_machine(ground) as machine:
        machine.path("/etc/os-release").unlink()
        machine.write("/etc/os-release", os_release)
        machine.boot()
        done = machine.run(INSTALL, *OFFLINE, check=False)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert done.stderr.startswith(f"edge-valgus: {says}")


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (("armhf", "3.13", "armv7l"), "32-bit system with Python 3.13, for which no runtime"),
        (("armhf", "3.11", "armv6l"), "this Pi (armv6l) is too old"),
        (("riscv64", "3.11", "riscv64"), "this is a system for riscv64"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_machine_without_packages_for_it_is_refused(new_machine, ground, found, says):
    architecture, python, machine_name = found
    with new_machine(ground) as machine:
        machine.write("/usr/local/sbin/dpkg", f"#!/bin/sh\necho {architecture}\n", 0o755)
        machine.write("/usr/local/sbin/uname", f"#!/bin/sh\necho {machine_name}\n", 0o755)
        machine.path("/usr/bin/python3").unlink()
        machine.write("/usr/bin/python3", f"#!/bin/sh\necho {python}\n", 0o755)
        machine.boot()
        done = machine.run(INSTALL, *OFFLINE, check=False)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert says in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--frobnicate",), "unknown option --frobnicate"),
        (("--wheel",), "--wheel needs a value"),
        (("--wheel", "/nowhere.whl"), "--wheel /nowhere.whl: there is no such file"),
        (("--wheels", "/nowhere"), "--wheels /nowhere: no such folder, or no wheel in it"),
        (("--hostname", "Box 1"), "--hostname Box 1: a name has letters"),
        (("--purge",), "--purge removes settings and stored sets, and goes with --uninstall only"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_wrong_option_is_told_in_one_line(pi, arguments, says):
    done = pi.run(INSTALL, *arguments, check=False)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert says in done.stderr


def test_without_root_it_says_so(pi):
    done = pi.run("runuser", "-u", "nobody", "--", INSTALL, check=False)
    assert (done.returncode, done.stderr) == (1, "edge-valgus: needs to be root, this is nobody; run it with sudo\n")


def test_uninstalled_it_leaves_settings_and_sets_and_nothing_else(pi):
    pi.run("sh", "-c", "echo sets >/var/lib/edge-valgus/edge-valgus.db")
    pi.run(INSTALL, "--uninstall")
    left = pi.run("find", "/opt", "/etc", "/usr/local", "/var/lib", "/boot", "-name", "*edge-valgus*").stdout.split()
    # The name that the machine was given stays too.
    assert set(left) == {"/etc/edge-valgus", "/var/lib/edge-valgus", "/var/lib/edge-valgus/edge-valgus.db"}
    assert pi.path("/boot/firmware/config.txt").read_text() == BOOT_SETTINGS
    assert pi.run("systemctl", "list-unit-files", "edge-valgus*", check=False).stdout.endswith(
        "\n0 unit files listed.\n"
    )


def test_installed_again_it_finds_its_settings_and_sets(pi):
    pi.write("/etc/edge-valgus/config.toml", "[web]\nport = 8081\n")
    pi.run("rm", "/var/lib/edge-valgus/edge-valgus.db")
    said = pi.run(INSTALL, *OFFLINE, timeout_s=600).stdout
    assert "writing /etc/edge-valgus/config.toml" not in said
    assert pi.ask_page("/healthz", port=8081)[0] == 200


def test_purged_nothing_is_left(pi):
    pi.run(INSTALL, "--uninstall", "--purge")
    left = pi.run(
        "find", "/opt", "/etc", "/usr/local", "/var/lib", "/var/log", "/boot", "-name", "*edge-valgus*"
    ).stdout
    assert left == ""
    assert "edge-valgus" not in pi.path("/etc/passwd").read_text() + pi.path("/etc/group").read_text()
