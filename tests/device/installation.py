"""What the tests of the device share: how it is installed, and what an installation could change."""

from __future__ import annotations

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
