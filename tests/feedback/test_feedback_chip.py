"""The header's chip among others, by label."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_valgus.feedback.chip import header_chip, label_of

PI_5_BEFORE = {
    "gpiochip0": "gpio-brcmstb@107d508500",
    "gpiochip1": "gpio-brcmstb@107d508520",
    "gpiochip4": "pinctrl-rp1",
}
PI_5_NOW = {
    "gpiochip0": "pinctrl-rp1",
    "gpiochip10": "gpio-brcmstb@107d508500",
    "gpiochip13": "gpio-brcmstb@107d517c20",
}
PI_4 = {"gpiochip0": "pinctrl-bcm2711", "gpiochip1": "raspberrypi-exp-gpio"}
PI_3 = {"gpiochip0": "pinctrl-bcm2835", "gpiochip1": "raspberrypi-exp-gpio"}
EXTENDER_FIRST = {"gpiochip0": "pcf8575", "gpiochip1": "pinctrl-bcm2711"}


@pytest.mark.parametrize(
    ("chips", "number"),
    [
        (PI_5_BEFORE, 4),
        (PI_5_NOW, 0),
        (PI_4, 0),
        (PI_3, 0),
        (EXTENDER_FIRST, 1),
        ({"gpiochip0": "INT34C5:00"}, None),
        ({}, None),
    ],
    ids=["Pi 5, old kernel", "Pi 5", "Pi 4", "Pi 3", "an extender comes first", "a PC", "nothing"],
)
def test_the_headers_chip_is_found_by_its_label(tmp_path, chips, number):
    for name in chips:
        (tmp_path / name).touch()
    if chips is PI_5_NOW:
        (tmp_path / "gpiochip4").symlink_to("gpiochip0")
    assert header_chip(tmp_path, lambda device: chips[device.name]) == number


def test_a_chip_that_may_not_be_asked_is_passed_over(tmp_path):
    for name in ("gpiochip0", "gpiochip1"):
        (tmp_path / name).touch()

    def label(device):
        if device.name == "gpiochip0":
            raise PermissionError
        return "pinctrl-rp1"

    assert header_chip(tmp_path, label) == 1


def test_what_is_no_chip_is_an_error_of_the_system(tmp_path):
    (tmp_path / "gpiochip0").touch()
    with pytest.raises(OSError, match="Inappropriate"):
        label_of(tmp_path / "gpiochip0")
    assert header_chip(tmp_path) is None
    opened = [str(file.resolve()) for file in Path("/proc/self/fd").iterdir()]
    assert not [path for path in opened if path.startswith(str(tmp_path))]
