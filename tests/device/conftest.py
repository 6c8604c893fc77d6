"""Machines for the tests of the device. Only `make test-device` collects them: they need root, Debian and minutes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

WANTED = "EDGE_VALGUS_TEST_DEVICE" in os.environ
collect_ignore_glob = [] if WANTED else ["*.py"]

if WANTED:
    import roots
    from installation import DRAWN, DROP_IN, Computer, readme_blocks, set_up_by_imager, snapshot
    from machine import Machine, temporary_folder


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(item.fspath).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.device)
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(scope="session")
def folder():
    for program in ("systemd-nspawn", "debootstrap", "nsenter", "ip"):
        assert shutil.which(program), (
            f"{program} is missing: apt install systemd-container debootstrap util-linux iproute2"
        )
    assert os.geteuid() == 0, "the tests of the device need root, for mounts and containers"
    path = temporary_folder(roots.cache_folder())
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def wheels():
    return roots.wheels(roots.cache_folder())


@pytest.fixture(scope="session")
def builds(folder):
    """A folder of wheels that tests build; every machine sees it as /mnt/builds."""
    path = folder / "builds"
    path.mkdir()
    return path


@pytest.fixture(scope="session")
def new_machine(folder, wheels, builds):
    """Makes machines: new_machine(layers)."""
    made = []

    def make(layers=None):
        shown = {"/mnt/edge-valgus": roots.CHECKOUT, "/mnt/wheels": wheels, "/mnt/builds": builds}
        made.append(Machine(layers or [roots.debian(roots.cache_folder())], folder, shown))
        return made[-1]

    yield make
    for machine in made:
        machine.delete()


@pytest.fixture(scope="session")
def installed(new_machine, folder):
    """A machine on whose clean Debian the README was followed word for word, restart included; then its installing steps once more.

    (machine, what was said the first and the second time, what was there between the two)
    """
    on_computer, on_the_pi, *_ = readme_blocks()
    machine = new_machine()
    set_up_by_imager(machine)
    machine.boot()
    computer = Computer(folder, machine)
    first = computer.type(on_computer, on_the_pi)
    machine.wait_for_restart()
    before = snapshot(machine)
    second = computer.type(on_computer, on_the_pi.replace("sudo reboot\n", ""))
    return machine, first, second, before


@pytest.fixture(scope="session")
def ground(installed):
    """The layers of a machine with the device installed, for others to start from: it is switched off for that."""
    installed[0].close()
    return installed[0].layers


@pytest.fixture(scope="module")
def drawn(new_machine, ground):
    """An installed device that runs, with drawn lifters in place of a camera."""
    machine = new_machine(ground)
    machine.write(DROP_IN, DRAWN)
    machine.boot()
    yield machine
    machine.delete()
