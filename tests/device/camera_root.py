"""A Debian with the real picamera2 on the real libcamera, whose virtual camera plays pictures.

It is Debian's next release, by its name: libcamera's virtual camera is in it and not in an older one, what is in it can be installed
together (which of sid can't be said every day), and one day it becomes the stable one and moves no more.
"""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

from debian_root import bootstrap, built, fetch_inside, inside
from roots import CHECKOUT

SUITE = "forky"
PICAMERA2 = "picamera2==0.3.38"
VENV = "/opt/edge-valgus"
SYSTEM = ("systemd", "systemd-sysv", "dbus", "ca-certificates", "python3", "procps", "libnss-systemd")
PACKAGES = (*SYSTEM, "python3-venv", "python3-libcamera", "libcamera-ipa", "python3-prctl")
COMPILER = ("gcc", "libc6-dev", "python3-dev")
"""Some of what picamera2 depends on comes as source."""


def camera_root(cache: Path) -> Path:
    """The root, built if it is not in the cache: two minutes. Python's packages lie as on the device, in /opt/edge-valgus."""
    wanted = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]["dependencies"]
    digest = hashlib.sha256("\n".join([*PACKAGES, *COMPILER, PICAMERA2, *wanted]).encode()).hexdigest()[:8]

    def make(root: Path) -> None:
        bootstrap(root, SUITE, (*PACKAGES, *COMPILER))
        inside(root, "python3", "-m", "venv", "--system-site-packages", VENV)
        fetch_inside(root, f"{VENV}/bin/python", "-m", "pip", "install", "--quiet", PICAMERA2, *wanted)
        inside(root, "apt-get", "purge", "-q", "-y", "--autoremove", *COMPILER)
        inside(root, "apt-get", "clean")
        (root / "etc/resolv.conf").unlink()
        (root / "etc/hostname").write_text("raspberrypi\n")
        (root / "etc/hosts").write_text("127.0.0.1\tlocalhost\n127.0.1.1\traspberrypi\n")

    return built(cache, f"camera-{SUITE}-{digest}", make)
