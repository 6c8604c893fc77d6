"""What the rig builds once and keeps: a clean Debian, and the Python packages that the device needs."""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import sys
import tempfile
import tomllib
from pathlib import Path

from machine import command

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]
SUITE = os.environ.get("EDGE_VALGUS_DEVICE_SUITE", "bookworm")
assert SUITE in {"bookworm", "trixie"}, f"EDGE_VALGUS_DEVICE_SUITE={SUITE}: it is bookworm or trixie"

SYSTEM = ("systemd", "systemd-sysv", "dbus", "ca-certificates", "python3", "procps", "libnss-systemd", "sudo")
"""What a Raspberry Pi OS has before anything is installed on it, as far as the installer and these tests care."""

WAITING = ("python3-venv", "avahi-daemon")
"""Packages that lie in the root's apt cache, since the machines have no network: the installer installs them from there."""


HANDED_ON = {
    "pip_index_url",
    "pip_extra_index_url",
    "pip_cert",
    "pip_trusted_host",
    "http_proxy",
    "https_proxy",
    "no_proxy",
}


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
    root = debian(cache)
    new = Path(tempfile.mkdtemp(prefix="new-", dir=cache))
    try:
        # By that Debian's own Python, since packages are for one version of it; what it installs for that is forgotten.
        _with_network(
            root,
            {"/wheels": new},
            "apt-get install -q -y --no-install-recommends --no-download python3-venv && python3 -m venv /var/tmp/maker"
            f" && /var/tmp/maker/bin/python -m pip wheel --quiet --wheel-dir /wheels {shlex.join(wanted)}",
        )
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
    # Any Python will do: the wheel is the same.
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
    command(sys.executable, *words)
    shutil.rmtree(source)
    return into / f"edge_valgus-{version}-py3-none-any.whl"


def _with_version(text: str, version: str) -> str:
    lines = [f'__version__ = "{version}"' if line.startswith("__version__") else line for line in text.splitlines()]
    return "\n".join(lines) + "\n"


def _with_network(root: Path, shown: dict[str, Path], script: str) -> None:
    """Run a shell script in a root on this machine's network; what it writes is kept in the folders shown to it alone."""
    places = [f"--bind={here}:{there}" for there, here in shown.items()]
    # Whatever this machine needs to reach a package index.
    places += [
        f"--bind-ro={path}" for path in ("/etc/pip.conf", "/etc/ssl/certs/ca-certificates.crt") if Path(path).exists()
    ]
    told = [f"--setenv={name}={value}" for name, value in os.environ.items() if name.lower() in HANDED_ON]
    words = [
        "systemd-nspawn",
        "--quiet",
        "--register=no",
        "--keep-unit",
        "--link-journal=no",
        "--resolv-conf=copy-host",
    ]
    command(*words, "--volatile=overlay", f"--directory={root}", *places, *told, "--pipe", "sh", "-c", script)


def _chroot(root: Path, *words: str) -> None:
    command("chroot", root, "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND=noninteractive", *words)


def _digest(*words: str) -> str:
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:8]
