"""What an image's layer does: the installer where no systemd runs, and the settings that come from the image once."""

from __future__ import annotations

import re

import pytest
from installation import INSTALL, OFFLINE
from machine import wait_for
from roots import CHECKOUT

LAYER = CHECKOUT / "firmware/image/layer"


@pytest.fixture(scope="module")
def image(new_machine):
    """A clean Debian with the layer's steps done, not started yet: (machine, what the installer said)."""
    machine = new_machine()
    machine.write("/boot/firmware/config.txt", "# as it comes\n")
    said = machine.run_without_systemd(INSTALL, *OFFLINE, "--pi", "--hostname", "edge-valgus")
    hook = (LAYER / "edge-valgus.yaml").read_text()
    moved, removed = re.findall(r"^      ((?:install -D|rm) .*\$1/etc/edge-valgus.*)$", hook, re.MULTILINE)
    for line in (moved, removed):
        machine.run_without_systemd("sh", "-c", line.replace("$1", ""))
    tmpfiles = "usr/lib/tmpfiles.d/edge-valgus-image.conf"
    machine.write(f"/{tmpfiles}", (LAYER / "edge-valgus.d/customize.overlay" / tmpfiles).read_text())
    yield machine, said
    machine.delete()


def test_nothing_is_started_and_that_is_said(image):
    assert image[1].splitlines()[-1] == "edge-valgus: it starts with the machine"


def test_what_belongs_to_a_pi_is_in_place(image):
    machine = image[0]
    assert machine.path("/boot/firmware/config.txt").read_text().endswith("[all]\ninclude edge-valgus.txt\n")
    assert machine.path("/etc/systemd/system.conf.d/edge-valgus.conf").exists()


def test_the_image_has_its_settings_where_no_data_partition_hides_them(image):
    machine = image[0]
    assert list(machine.path("/etc/edge-valgus").iterdir()) == []
    assert "port = 80" in machine.path("/usr/share/edge-valgus/config.toml").read_text()


def test_started_it_has_settings_and_a_page(image):
    machine = image[0]
    machine.boot()
    assert wait_for(lambda: machine.ask_page("/healthz"), 30)[0] == 200
    assert "port = 80" in machine.path("/etc/edge-valgus/config.toml").read_text()


def test_later_starts_leave_changed_settings_alone(image):
    machine = image[0]
    machine.write("/etc/edge-valgus/config.toml", "[web]\nport = 8081\n")
    machine.run("systemd-tmpfiles", "--create")
    assert machine.path("/etc/edge-valgus/config.toml").read_text() == "[web]\nport = 8081\n"
