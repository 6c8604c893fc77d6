"""What the tests of the device share: how it is installed, and what an installation could change."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from machine import command
from roots import CHECKOUT

INSTALL = "/mnt/edge-valgus/firmware/install.sh"
OFFLINE = ("--wheels", "/mnt/wheels", "--no-model")
DROP_IN = "/etc/systemd/system/edge-valgus.service.d/drawn.conf"
DRAWN = """[Service]
ExecStart=
ExecStart=/opt/edge-valgus/bin/edge-valgus run --drawn --mock-gpio
"""


def snapshot(machine):
    """What an installation could change: paths with times and sizes, and which processes run."""
    places = ["/etc", "/usr/local", "/opt", "/var/lib/edge-valgus", "/boot"]
    files = machine.run("find", *places, "-type", "f,l", "-printf", "%p %T@ %s %m %u\n").stdout.splitlines()
    processes = [machine.unit(unit, "InvocationID") for unit in ("edge-valgus-web", "avahi-daemon", "systemd-journald")]
    return {*files, *processes}


def readme_section():
    """ "Build the box" in the README."""
    return (CHECKOUT / "README.md").read_text().partition("## Build the box")[2].partition("\n## ")[0]


def readme_blocks():
    """Its blocks of commands, in their order: on the computer, on the Pi, and what to ask when something is wrong."""
    return re.findall(r"```sh\n(.*?)```", readme_section(), re.DOTALL)


@dataclass(frozen=True, slots=True)
class Followed:
    """What came of following the README.

    layers: of the machine, the lowest first. first, again: what was said by the installing steps. page: (status, body) after the
    restart. asked: what the commands said that the README gives for trouble. changed: what installing again changed.
    """

    layers: list[Path]
    first: str
    page: tuple[int, str]
    asked: str
    again: str
    changed: set[str]


class Computer:
    """The computer of whoever follows the README: a checkout, and an `ssh` that leads into the machine by the shortest way.

    Everything else is real: the shell, git, the user that is logged in, that user's sudo.
    """

    def __init__(self, folder: Path, machine) -> None:
        self._checkout, self._programs, self._machine = folder / "checkout", folder / "programs", machine
        listed = command("git", "-C", CHECKOUT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
        for name in filter(None, listed.split("\0")):
            if (CHECKOUT / name).exists():
                (self._checkout / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(CHECKOUT / name, self._checkout / name)
        git = ["git", "-C", self._checkout, "-c", "user.name=nobody", "-c", "user.email=nobody@example.org"]
        command(*git, "init", "--quiet")
        command(*git, "add", "--all")
        command(*git, "commit", "--quiet", "--message", "as it is here")
        self._programs.mkdir()

    def type(self, on_computer: str, on_the_pi: str, timeout_s: float = 600) -> str:
        """Type a block of commands on the computer, and another where the last of them logs in; what both say."""
        ssh = self._programs / "ssh"
        ssh.write_text(SSH.format(machine=shlex.join(self._machine.entering())))
        ssh.chmod(0o755)
        done = subprocess.run(
            ["sh", "-c", on_computer.replace("USER", USER)],
            cwd=self._checkout,
            env=os.environ | {"PATH": f"{self._programs}:{os.environ['PATH']}"},
            input=on_the_pi,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        return done.stdout


USER = "coach"
SSH = """#!/bin/sh
# ssh USER@HOST [COMMAND]: as sshd does it, COMMAND by the user's shell, without one a login shell that reads what is typed.
[ "${{1#*@}}" = edge-valgus.local ] || exit 255
user=${{1%@*}}
shift
exec {machine} runuser --login "$user" ${{1:+--command "$1"}}
"""


def set_up_by_imager(machine) -> None:
    """What Raspberry Pi Imager sets in step 1, before the first start: host name, a user with sudo. pip is told of the wheels here,
    since there is no network to find them in; Raspberry Pi OS has such a file too."""
    machine.write("/etc/hostname", "edge-valgus\n")
    machine.write("/etc/hosts", "127.0.0.1\tlocalhost\n127.0.1.1\tedge-valgus\n")
    machine.run_without_systemd("useradd", "--create-home", "--shell", "/bin/bash", "--groups", "sudo", USER)
    machine.write(f"/etc/sudoers.d/010_{USER}-nopasswd", f"{USER} ALL=(ALL) NOPASSWD: ALL\n", 0o440)
    machine.write("/etc/pip.conf", "[global]\nno-index = true\nfind-links = /mnt/wheels\n")
