"""What the tests of the device share: how it is installed, and what an installation could change."""

from __future__ import annotations

import os
import re
import subprocess
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


def readme_commands():
    """The command lines of "Build the box" in the README, in their order."""
    section = (CHECKOUT / "README.md").read_text().partition("## Build the box")[2].partition("\n## ")[0]
    blocks = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def archive_of_this_tree(folder: Path) -> bytes:
    """What `git archive --prefix=edge-valgus/ HEAD` would give if all that lies in this checkout now were committed."""
    environment = os.environ | {"GIT_INDEX_FILE": str(folder / "index")}
    git = ["git", "-C", CHECKOUT]
    command(*git, "add", "--all", env=environment)
    tree = command(*git, "write-tree", env=environment).strip()
    return subprocess.run([*git, "archive", "--prefix=edge-valgus/", tree], capture_output=True, check=True).stdout
