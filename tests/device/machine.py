"""A machine to install the device on: Debian under real systemd, in a container of systemd-nspawn.

It has no network, its own processes and users, and a file system of layers: a change goes to the topmost, so that a built
root is never written to, and what one machine has become can be the ground that the next one starts from.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

BOOT_S = 60
RESTART_WANTED = 133
"""With this, nspawn ends when the machine in it restarts and somebody else has to start nspawn again (`--keep-unit`)."""
NUMBERS = itertools.count(1)
CLEAN = ["env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8"]


class Machine:
    """One machine. `boot` starts it, `run` runs a command in it, `close` ends it and unmounts its file system.

    layers: what it starts from, the lowest first. folder: where its own layer is made. shown: {place in it: path here}, read-only.
    """

    def __init__(self, layers: list[Path], folder: Path, shown: dict[str, Path]) -> None:
        self.name = f"ev-{os.getpid()}-{next(NUMBERS)}"
        self.layer = folder / self.name / "layer"
        self.root = folder / self.name / "root"
        self._below = layers
        self._shown = shown
        self._nspawn: subprocess.Popen[bytes] | None = None
        self._init = 0
        work = folder / self.name / "work"
        for path in (self.layer, self.root, work):
            path.mkdir(parents=True)
        below = ":".join(str(path) for path in reversed(layers))
        command(
            "mount",
            "-t",
            "overlay",
            "overlay",
            "-o",
            f"lowerdir={below},upperdir={self.layer},workdir={work}",
            self.root,
        )

    @property
    def layers(self) -> list[Path]:
        """What another machine starts from to be as this one is, once this one is closed."""
        return [*self._below, self.layer]

    def run_without_systemd(self, *words: object, timeout_s: float = 600) -> str:
        """Run a command in it before it is booted, as when an image is built; what it says. It has to succeed."""
        return command(*self._nspawn_command("--pipe", *words), timeout=timeout_s)

    def boot(self) -> None:
        """Start systemd and wait until it has come up."""
        console = self.root.with_name("console")
        with console.open("wb") as output:
            self._nspawn = subprocess.Popen(
                self._nspawn_command("--console=pipe", "--boot"),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=os.environ | {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
                start_new_session=True,
            )
        end_s = time.monotonic() + BOOT_S
        state = ""
        while state not in {"running", "degraded"}:
            said = console.read_text(errors="replace")[-2000:]
            assert self._nspawn.poll() is None, said
            assert time.monotonic() < end_s, f"it does not come up: {state}\n{said}"
            time.sleep(0.3)
            children = Path(f"/proc/{self._nspawn.pid}/task/{self._nspawn.pid}/children").read_text().split()
            if children:
                self._init = int(children[0])
                state = self.run("systemctl", "is-system-running", check=False).stdout.strip()

    def wait_for_restart(self) -> None:
        """Wait until it has shut itself down in order to restart, do what the hardware does then, and wait until it is up."""
        assert self._nspawn is not None
        assert self._nspawn.wait(timeout=BOOT_S) == RESTART_WANTED, (
            "it switched itself off, and does not want to restart"
        )
        self.boot()

    def _nspawn_command(self, *rest: object) -> list[str]:
        shown = [f"--bind-ro={here}:{there}" for there, here in self._shown.items()]
        place = (f"--directory={self.root}", f"--machine={self.name}", "--private-network", *shown)
        return [
            "systemd-nspawn",
            "--quiet",
            "--register=no",
            "--keep-unit",
            "--link-journal=no",
            *place,
            *map(str, rest),
        ]

    def run(self, *words: object, check: bool = True, timeout_s: float = 120, stdin: str | None = None):
        """Run a command in it, as root. check: it has to succeed. Returns it as subprocess does, with text."""
        done = subprocess.run(
            self._inside(words),
            capture_output=True,
            text=True,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            timeout=timeout_s,
            check=False,
        )
        assert not check or done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def type(self, user: str, lines: str) -> str:
        """Have a user log in and type some lines; what is said, by commands that went wrong too."""
        return self.run("runuser", "--login", user, "--command", f"exec 2>&1\n{lines}", check=False).stdout

    def start(self, *words: object) -> subprocess.Popen[str]:
        """Start a command in it without waiting for its end."""
        return subprocess.Popen(
            self._inside(words),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def entering(self) -> list[str]:
        """The words before a command that run it in the machine, until it restarts."""
        return self._inside(())

    def _inside(self, words: Iterable[object]) -> list[str]:
        spaces = ("-m", "-u", "-i", "-n", "-p", "-C", "-r", "-w")
        return ["nsenter", f"--target={self._init}", *spaces, *CLEAN, *map(str, words)]

    def path(self, inside: str) -> Path:
        """Where a path of it lies here."""
        return self.root / inside.lstrip("/")

    def write(self, inside: str, text: str, mode: int = 0o644) -> None:
        """Write a file in it."""
        path = self.path(inside)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)

    def unit(self, name: str, field: str) -> str:
        """What systemd says of a unit."""
        return self.run("systemctl", "show", "--value", "-p", field, name).stdout.strip()

    def log(self, unit: str) -> str:
        """What a unit has said."""
        return self.run("journalctl", "--no-pager", "-o", "cat", "-u", unit).stdout

    def connect(self, to: str, address: str) -> None:
        """Give it a network card, `address` on it, at the other end of a cable from the network namespace of process `to`."""
        command(
            "nsenter",
            f"--target={to}",
            "-n",
            "ip",
            "link",
            "add",
            "machine",
            "type",
            "veth",
            "peer",
            "eth0",
            "netns",
            self._init,
        )
        card = ("nsenter", f"--target={self._init}", "-n", "ip")
        command(*card, "addr", "add", address, "dev", "eth0")
        command(*card, "link", "set", "eth0", "up")

    def ask_page(self, path: str, port: int = 80, host: str = "edge-valgus.local"):
        """Get a path of the page: (status, body). (0, "") if nothing answers."""
        done = self.run("/usr/bin/python3", "-c", ASK, str(port), path, host, check=False)
        return tuple(json.loads(done.stdout)) if done.returncode == 0 else (0, "")

    def close(self) -> None:
        """Switch it off and unmount what was mounted; what it wrote stays in `layer`."""
        if self._nspawn is not None:
            with suppress(Exception):
                self.run("systemctl", "poweroff", check=False)
            try:
                self._nspawn.wait(timeout=40)
            except subprocess.TimeoutExpired:
                os.killpg(self._nspawn.pid, signal.SIGKILL)
                self._nspawn.wait()
            self._nspawn = None
        subprocess.run(["umount", "--lazy", self.root], check=False, capture_output=True)
        _forget_control_groups()

    def delete(self) -> None:
        """Remove all that it wrote."""
        self.close()
        shutil.rmtree(self.layer.parent, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        self.delete()


ASK = """
import http.client, json, sys
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=5)
connection.request("GET", sys.argv[2], headers={"Host": sys.argv[3]})
answer = connection.getresponse()
print(json.dumps([answer.status, answer.read().decode()]))
"""


def command(*words: object, **more: Any) -> str:
    """Run a command here; its output. It has to succeed."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, **more)
    assert done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done.stdout


def wait_for(what, within_s: float, every_s: float = 0.3):
    """Wait until `what` gives something true, and give that."""
    end_s = time.monotonic() + within_s
    while not (found := what()):
        assert time.monotonic() < end_s, f"not within {within_s} s: {getattr(what, '__doc__', None) or what}"
        time.sleep(every_s)
    return found


def _forget_control_groups() -> None:
    # nspawn leaves these where no systemd runs outside of it; rmdir fails on those in use, which is as it should be.
    for payload in Path("/sys/fs/cgroup").glob("*/payload"):
        for folder in sorted(payload.rglob("*"), key=lambda path: len(path.parts), reverse=True):
            if folder.is_dir():
                with suppress(OSError):
                    folder.rmdir()
        with suppress(OSError):
            payload.rmdir()


def temporary_folder(cache: Path) -> Path:
    """A folder on the file system of the cache: layers of one machine have to be on one that can hold them."""
    return Path(tempfile.mkdtemp(prefix="run-", dir=cache))
