"""A 64-bit Raspberry Pi without the Pi: Debian for ARM with the packages that pip chooses there, run by QEMU.

QEMU translates programs for the ARM processor named in QEMU_CPU; the kernel stays this machine's. What programs look at to learn which
machine they are on (/proc/cpuinfo, /sys) is a Pi's: LiteRT's kernels are chosen by it, and with another processor's
they are others, or it crashes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

from debian_root import PIP, bootstrap, built, fetch_inside, inside
from machine import command
from roots import CHECKOUT

SUITE = "bookworm"
VENV = "/opt/edge-valgus"
PACKAGES = ("ca-certificates", "python3", "python3-venv")
FORMATS = Path("/proc/sys/fs/binfmt_misc")
TEST_TOOLS = ("pytest", "pytest-timeout", "pytest-randomly", "hypothesis", "packaging")


@dataclass(frozen=True)
class Pi:
    """A model, as QEMU and Linux name its processor. features: what the kernel says it can, of which LiteRT uses more or less."""

    model: str
    qemu_cpu: str
    part: str
    features: str

    @property
    def cpuinfo(self) -> str:
        """What its /proc/cpuinfo says."""
        core = (
            "processor\t: {}\nBogoMIPS\t: 108.00\nFeatures\t: {}\nCPU implementer\t: 0x41\nCPU architecture: 8\n"
            "CPU variant\t: 0x0\nCPU part\t: {}\nCPU revision\t: 3\n\n"
        )
        cores = "".join(core.format(number, self.features, self.part) for number in range(4))
        return f"{cores}Model\t\t: {self.model}\n"


PI_4 = Pi("Raspberry Pi 4 Model B Rev 1.5", "cortex-a72", "0xd08", "fp asimd evtstrm crc32 cpuid")
PI_5 = Pi(
    "Raspberry Pi 5 Model B Rev 1.0",
    "cortex-a76",
    "0xd0b",
    "fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp",
)


def arm64_root(cache: Path) -> Path:
    """The root, built if it is not in the cache: five minutes. Python's packages lie as on the device, in /opt/edge-valgus."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *TEST_TOOLS]
    digest = hashlib.sha256("\n".join([*PACKAGES, *wanted]).encode()).hexdigest()[:8]

    def make(root: Path) -> None:
        _translate()
        bootstrap(root, SUITE, PACKAGES, architecture="arm64")
        inside(root, "python3", "-m", "venv", VENV)
        # Python itself runs as on the Pi, so pip evaluates the requirements and chooses the wheels as it does there.
        words = ("-m", "pip", "install", "--quiet", "--only-binary", ":all:", *wanted)
        fetch_inside(root, f"{VENV}/bin/python", *words, environment={**PIP, "QEMU_CPU": PI_4.qemu_cpu})
        inside(root, "apt-get", "clean")
        (root / "sys/devices/system/cpu").mkdir(parents=True, exist_ok=True)
        for name in ("possible", "present"):
            (root / "sys/devices/system/cpu" / name).write_text("0-3\n")

    return built(cache, f"arm64-{SUITE}-{digest}", make)


def _translate() -> None:
    """Let the kernel hand ARM programs to QEMU."""
    if not (FORMATS / "status").exists():
        command("mount", "-t", "binfmt_misc", "binfmt_misc", FORMATS)
    if not (FORMATS / "qemu-aarch64").exists():
        assert shutil.which("update-binfmts"), "programs for ARM: apt install qemu-user-static binfmt-support"
        command("update-binfmts", "--enable", "qemu-aarch64")


def run(
    root: Path, pi: Pi, *words: object, shown: dict[str, Path], folder: Path, timeout_s: float, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command as on that Pi, with the virtual environment's programs first.

    shown: {place in it: path here}, read-only. folder: where what it writes goes, and is thrown away after it.
    """
    _translate()
    own = Path(tempfile.mkdtemp(prefix="arm64-", dir=folder))
    for name in ("layer", "work", "root"):
        (own / name).mkdir()
    (own / "cpuinfo").write_text(pi.cpuinfo)
    top = own / "root"
    lines = [
        "set -e",
        f"mount -t overlay overlay -o lowerdir={root},upperdir={own}/layer,workdir={own}/work {top}",
        f"mount -t proc proc {top}/proc",
        f"mount --bind {own}/cpuinfo {top}/proc/cpuinfo",
        f"mount --rbind /dev {top}/dev",
        *(f"mkdir -p {top}{place}; mount --bind -o ro {here} {top}{place}" for place, here in shown.items()),
        f'exec chroot {top} env -i "$@"',
    ]
    given = {
        "PATH": f"{VENV}/bin:/usr/bin:/bin",
        "HOME": "/root",
        "LANG": "C.UTF-8",
        "QEMU_CPU": pi.qemu_cpu,
        **environment,
    }
    spaces = ("unshare", "--mount", "--propagation=private", "--pid", "--fork", "--kill-child")
    process = subprocess.Popen(
        [
            *spaces,
            "sh",
            "-c",
            "\n".join(lines),
            "sh",
            *(f"{key}={value}" for key, value in given.items()),
            *map(str, words),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        stdout, stderr = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        stdout, stderr = process.communicate()
        raise AssertionError(f"{words}: not within {timeout_s} s\n{stdout[-3000:]}{stderr[-3000:]}") from None
    finally:
        shutil.rmtree(own, ignore_errors=True)
    return subprocess.CompletedProcess(list(map(str, words)), process.returncode, stdout, stderr)
