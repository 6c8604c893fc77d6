"""What the rig builds once and keeps: a clean Debian, and the Python packages that the device needs."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from machine import command

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]
SUITE = os.environ.get("EDGE_VALGUS_DEVICE_SUITE", "bookworm")
PYTHON = {"bookworm": (3, 11), "trixie": (3, 13)}[SUITE]

SYSTEM = ("systemd", "systemd-sysv", "dbus", "ca-certificates", "python3", "procps", "libnss-systemd")
"""What a Raspberry Pi OS has before anything is installed on it, as far as the installer and these tests care."""

WAITING = ("python3-venv", "avahi-daemon")
"""Packages that lie in the root's apt cache, since the machines have no network: the installer installs them from there."""


def cache_folder() -> Path:
    """Where all of it is kept. EDGE_VALGUS_DEVICE_CACHE, else ~/.cache/edge-valgus-device."""
    folder = Path(os.environ.get("EDGE_VALGUS_DEVICE_CACHE") or "~/.cache/edge-valgus-device").expanduser()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def debian(cache: Path) -> Path:
    """A root with a clean Debian, built if it is not in the cache: about 90 s."""
    root = cache / f"debian-{SUITE}-{_digest(*SYSTEM, *WAITING)}"
    if root.exists():
        return root
    new = Path(tempfile.mkdtemp(prefix="new-", dir=cache))
    try:
        command("debootstrap", "--variant=minbase", f"--include={','.join(SYSTEM)}", SUITE, new)
        new.chmod(0o755)
        shutil.copy("/etc/resolv.conf", new / "etc/resolv.conf")
        _chroot(new, "apt-get", "update", "-q")
        _chroot(new, "apt-get", "install", "-q", "-y", "--no-install-recommends", "--download-only", *WAITING)
        (new / "etc/resolv.conf").unlink()
        (new / "etc/hostname").write_text("raspberrypi\n")
        (new / "etc/hosts").write_text("127.0.0.1\tlocalhost\n127.0.1.1\traspberrypi\n")
        new.rename(root)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return root


def wheels(cache: Path) -> Path:
    """A folder with every package that the device needs and what builds it, fetched if it is not in the cache."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    house = cache / f"wheels-{SUITE}-{_digest(*wanted)}"
    if house.exists():
        return house
    new = Path(tempfile.mkdtemp(prefix="new-", dir=cache))
    try:
        command(_python(), "-m", "pip", "wheel", "--quiet", "--wheel-dir", new, *wanted)
        new.chmod(0o755)
        new.rename(house)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return house


def build_wheel(house: Path, into: Path, version: str, changes: dict[str, tuple[str, str]] | None = None) -> Path:
    """Build edge-valgus as it is here, but for its version and these changes: {file of the package: (text, other text)}."""
    source = into / f"source-{version}"
    source.mkdir(parents=True)
    listed = command(
        "git", "-C", CHECKOUT, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "src", "models"
    )
    for name in [*filter(None, listed.split("\0")), "pyproject.toml", "README.md", "LICENSE"]:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(CHECKOUT / name, source / name)
    old = (CHECKOUT / "src/edge_valgus/__init__.py").read_text()
    (source / "src/edge_valgus/__init__.py").write_text(_with_version(old, version))
    for name, (text, other) in (changes or {}).items():
        path = source / "src/edge_valgus" / name
        before = path.read_text()
        assert text in before, f"{name} has no {text!r}"
        path.write_text(before.replace(text, other))
    # In a virtual environment of that Python and with the packages of the cache, as the installer does it.
    words = [
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--find-links",
        house,
        "--wheel-dir",
        into,
        source,
    ]
    command(_python(), *words)
    shutil.rmtree(source)
    return into / f"edge_valgus-{version}-py3-none-any.whl"


def _with_version(text: str, version: str) -> str:
    lines = [f'__version__ = "{version}"' if line.startswith("__version__") else line for line in text.splitlines()]
    return "\n".join(lines) + "\n"


def _python() -> str:
    """A Python here of the version that the root has: packages have to be for that one."""
    names = [sys.executable, "python{}.{}".format(*PYTHON), "/usr/bin/python3"]
    for name in filter(None, map(shutil.which, names)):
        found = subprocess.run(
            [name, "-c", "import sys, pip; print(*sys.version_info[:2])"], capture_output=True, text=True, check=False
        )
        if found.stdout.split() == [str(part) for part in PYTHON]:
            return name
    raise AssertionError("Debian {} has Python {}.{}: install that one, with pip, here too".format(SUITE, *PYTHON))


def _chroot(root: Path, *words: str) -> None:
    command("chroot", root, "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND=noninteractive", *words)


def _digest(*words: str) -> str:
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:8]
