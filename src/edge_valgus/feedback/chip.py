"""Which GPIO chip the header's pins belong to.

On a Raspberry Pi 5 it was gpiochip4 up to kernel 6.6.44 and is gpiochip0 since, and other chips have the other numbers
(raspberrypi/linux pull request 6144). gpiozero goes by the board's revision, which does not tell: chips are asked for their label.
"""

from __future__ import annotations

import fcntl
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Final

HEADERS: Final = ("pinctrl-rp1", "pinctrl-bcm2711", "pinctrl-bcm2835")
"""Labels of the chips behind the 40-pin header: Pi 5, Pi 4, and those before."""

# struct gpiochip_info and GPIO_GET_CHIPINFO_IOCTL of the kernel's include/uapi/linux/gpio.h.
_CHIP_INFO: Final = struct.Struct("32s32sI")
_GET_CHIP_INFO: Final = 0x8044B401


def label_of(device: Path) -> str:
    """What the chip calls itself. Raises OSError when it can't be asked."""
    file = os.open(device, os.O_RDONLY | os.O_CLOEXEC)
    try:
        answer = fcntl.ioctl(file, _GET_CHIP_INFO, bytes(_CHIP_INFO.size))
    finally:
        os.close(file)
    _, label, _ = _CHIP_INFO.unpack(answer)
    return str(label.rstrip(b"\0").decode("ascii", "replace"))


def header_chip(devices: Path = Path("/dev"), label: Callable[[Path], str] = label_of) -> int | None:
    """The number of the header's chip; None if none of the chips that may be asked is one."""
    for device in sorted(devices.glob("gpiochip*")):
        number = device.name.removeprefix("gpiochip")
        # A newer Pi OS links the old number to the new one, for those who know no better.
        if not number.isdigit() or device.is_symlink():
            continue
        try:
            named = label(device)
        except OSError:
            continue
        if named in HEADERS:
            return int(number)
    return None
