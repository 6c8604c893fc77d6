"""Builds a Debian in a folder, of whatever release and architecture, and fetches into it. Built once, kept in the cache."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from machine import command
from roots import HANDED_ON

TRIES = 3
PAUSE_S = 15
DEBOOTSTRAP = Path("/usr/share/debootstrap")
OWN_CERTIFICATES = Path("/usr/local/share/ca-certificates")
PIP = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore", "PIP_NO_CACHE_DIR": "1"}
PIP_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"


def built(cache: Path, name: str, make: Callable[[Path], None]) -> Path:
    """The folder `name` of the cache; where it is not there, `make` fills it. An interrupted one is never mistaken for it."""
    root = cache / name
    if root.exists():
        return root
    new = Path(tempfile.mkdtemp(prefix="new-", dir=cache))
    try:
        make(new)
        new.chmod(0o755)
        new.rename(root)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return root


def bootstrap(root: Path, suite: str, packages: Iterable[str], *, architecture: str | None = None) -> None:
    """Fill an empty folder with Debian. What the network lets down is tried again from the start."""
    options = ["--variant=minbase", f"--include={','.join(packages)}"]
    options += [f"--arch={architecture}"] if architecture else []
    mirror = os.environ.get("EDGE_VALGUS_DEBIAN_MIRROR")

    def attempt() -> None:
        for left in root.iterdir():
            shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()
        with _scripts_for(suite) as scripts:
            own = os.environ | {"DEBOOTSTRAP_DIR": str(scripts)}
            command("debootstrap", *options, suite, root, *([mirror] if mirror else []), env=own)

    persistently(attempt, f"Debian {suite} cannot be fetched")
    trust_as_here(root)


@contextmanager
def _scripts_for(suite: str) -> Iterator[Path]:
    """debootstrap's own files; a release that is younger than they are has no script there, and all have been one for years."""
    if (DEBOOTSTRAP / "scripts" / suite).exists():
        yield DEBOOTSTRAP
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copytree(DEBOOTSTRAP, Path(folder) / "debootstrap", symlinks=True))
        (copy / "scripts" / suite).symlink_to("sid")
        yield copy


def trust_as_here(root: Path) -> None:
    """Resolve names as here, and trust the certificates that were added here: a workplace may have one of its own."""
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    own = list(OWN_CERTIFICATES.glob("*.crt"))
    for certificate in own:
        shutil.copy(certificate, root / str(OWN_CERTIFICATES).lstrip("/"))
    if own:
        inside(root, "update-ca-certificates")


def inside(root: Path, *words: object, environment: dict[str, str] | None = None) -> str:
    """Run a command in the folder, without systemd and without /proc; its output. It has to succeed."""
    given = {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/root",
        "LANG": "C.UTF-8",
        "DEBIAN_FRONTEND": "noninteractive",
        "PIP_CERT": PIP_CERTIFICATES,
        **{name: value for name, value in os.environ.items() if name.lower() in HANDED_ON - {"pip_cert"}},
        **PIP,
        **(environment or {}),
    }
    return command("chroot", root, "env", "-i", *(f"{name}={value}" for name, value in given.items()), *words)


def fetch_inside(root: Path, *words: object, environment: dict[str, str] | None = None) -> None:
    """Run a command in the folder that fetches something (apt-get, pip), and again if it fails."""
    persistently(lambda: inside(root, *words, environment=environment), f"{words[0]} could not do its work in {root}")


def persistently(attempt: Callable[[], object], trouble: str) -> None:
    """Try a few times: mirrors are updated, and connections break."""
    for number in range(1, TRIES + 1):
        try:
            attempt()
        except (AssertionError, OSError, subprocess.SubprocessError) as error:
            if number == TRIES:
                raise AssertionError(f"{trouble}, {TRIES} times; the last time it said: {error}") from error
            time.sleep(PAUSE_S * number)
        else:
            return
