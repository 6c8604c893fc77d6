"""The computer: its system, its heat and power, its clock, its disk."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import time
from pathlib import Path
from typing import Final

from edge_valgus.doctor.ask import ask
from edge_valgus.doctor.check import Check, doubtful, fails, unknown, well

SYSTEMS: Final = {"bookworm": "12", "trixie": "13"}
HOT_C: Final = 80.0  # from here on a Raspberry Pi slows down
WARM_C: Final = 70.0
LEAST_FREE_MB: Final = 50.0  # a year of sets is about 20 MB
LITTLE_FREE_MB: Final = 500.0
BUILT_YEAR: Final = 2026  # a clock before it was never set
# Bits of `vcgencmd get_throttled` (Raspberry Pi documentation, "vcgencmd"): now, and since the start 16 bits higher.
UNDER_VOLTAGE, CAPPED, THROTTLED, HOT_LIMIT = 0x1, 0x2, 0x4, 0x8
# Of the eMMC standard (JESD84-B51, EXT_CSD PRE_EOL_INFO and DEVICE_LIFE_TIME_EST): in tenths of the life used up.
PRE_END_OF_LIFE: Final = {"0x01": "normal", "0x02": "80 % of the spare blocks used", "0x03": "urgent"}


def check_system(root: Path = Path("/")) -> Check:
    """The board, the distribution, and whether programs of 64 bits run."""
    board = _text(root / "proc/device-tree/model").rstrip("\0") or "no Raspberry Pi"
    release = _release(root / "etc/os-release")
    found = f"{release.get('PRETTY_NAME', 'unknown system')}, {platform.machine()}, {board}"
    if sys.maxsize < 2**32:
        return doubtful(
            "system", f"{found}, 32-bit", "install the 64-bit Raspberry Pi OS: not all parts exist for 32 bits"
        )
    if release.get("VERSION_CODENAME") not in SYSTEMS:
        return doubtful("system", found, f"it is tried on Debian and Raspberry Pi OS {' and '.join(SYSTEMS)} alone")
    return well("system", found)


def check_python() -> Check:
    """The interpreter."""
    return well("Python", f"{platform.python_version()}, {sys.executable}")


def check_heat(root: Path = Path("/")) -> Check:
    """The processor's temperature."""
    raw = _text(root / "sys/class/thermal/thermal_zone0/temp")
    if not raw.lstrip("-").isdigit():
        return unknown("temperature", "no sensor")
    heat_c = int(raw) / 1000
    found = f"{heat_c:.0f} °C"
    if heat_c >= HOT_C:
        return fails("temperature", f"{found}: the processor slows down", "cool it: a heat sink, a fan, out of the sun")
    if heat_c >= WARM_C:
        return doubtful("temperature", found, f"it slows down from {HOT_C:.0f} °C: a heat sink or a fan")
    return well("temperature", found)


def check_power() -> Check:
    """What the Pi's firmware says of its power supply, now and since the start."""
    answer = ask("vcgencmd", "get_throttled")
    if answer is None or "=" not in answer:
        return unknown("power", "vcgencmd does not answer: no Raspberry Pi, or not in the group video")
    bits = int(answer.partition("=")[2], 16)
    supply = "use the Pi's own power supply, on a short and thick cable"
    if bits & UNDER_VOLTAGE:
        return fails("power", "too little voltage now", supply)
    if bits & (CAPPED | THROTTLED | HOT_LIMIT):
        return doubtful("power", "the processor is slowed down now", "cool it: a heat sink, a fan, out of the sun")
    if bits & (UNDER_VOLTAGE << 16):
        return doubtful("power", "too little voltage at times since the start", supply)
    return well("power", "never too little voltage since the start")


def check_clock(root: Path = Path("/"), now_s: float | None = None) -> Check:
    """Whether the time of day can be believed: sets are kept under it. A Pi 4 has no clock that runs without power."""
    now = time.gmtime(time.time() if now_s is None else now_s)
    found = time.strftime("%Y-%m-%d %H:%M UTC", now)
    if now.tm_year < BUILT_YEAR:
        return fails(
            "clock", f"{found}: it was never set", "connect the box to a network once, or set it: `sudo date -s`"
        )
    if (root / "run/systemd/timesync/synchronized").exists():
        return well("clock", f"{found}, set by the network")
    answer = ask("timedatectl", "show", "-p", "NTPSynchronized", "--value")
    if answer == "yes":
        return well("clock", f"{found}, set by the network")
    return doubtful("clock", f"{found}, not set by a network since the start", "dates of sets may be off until it is")


def check_disk(state_dir: Path) -> Check:
    """Room for what is counted."""
    folder = _nearest(state_dir)
    try:
        usage = shutil.disk_usage(folder)
        read_only = bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    except OSError as error:
        return fails("disk", f"{folder}: {error.strerror}", "check the SD card")
    free_mb = usage.free / 1e6
    found = f"{free_mb:,.0f} MB free in {folder}"
    if read_only:
        return fails("disk", f"{folder} is read-only", "restart; if it stays so, the SD card is worn out: replace it")
    if free_mb < LEAST_FREE_MB:
        return fails("disk", found, "free space: `journalctl --vacuum-size=50M`, or export and delete old sets")
    if free_mb < LITTLE_FREE_MB:
        return doubtful("disk", found, "a year of sets needs about 20 MB, the system's log more")
    return well("disk", found)


def check_wear(root: Path = Path("/")) -> Check:
    """How worn the flash memory is. Only eMMC and a few cards tell."""
    for device in sorted((root / "sys/block").glob("mmcblk[0-9]")):
        life, warning = _text(device / "device/life_time").split(), _text(device / "device/pre_eol_info")
        if not life:
            continue
        used_pct = 10 * max(int(part, 16) for part in life)
        found = f"{device.name}: up to {used_pct} % of its life used, spare blocks {PRE_END_OF_LIFE.get(warning, 'unknown')}"
        if used_pct >= 100 or warning == "0x03":
            return fails("wear", found, "replace the card or board before it fails; copy the database first")
        if used_pct >= 80 or warning == "0x02":
            return doubtful("wear", found, "have a spare card ready")
        return well("wear", found)
    return unknown("wear", "the disk does not tell how worn it is")


def _release(path: Path) -> dict[str, str]:
    lines = (line.partition("=") for line in _text(path).splitlines() if "=" in line)
    return {key: value.strip().strip('"') for key, _, value in lines}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _nearest(folder: Path) -> Path:
    """The folder, or the next one above it that is there."""
    return next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
