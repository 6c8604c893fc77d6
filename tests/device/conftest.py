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
    from camera_machine import LongWatch, camera_machine, fit, settings_for
    from camera_pictures import draw
    from installation import DRAWN, DROP_IN, USER, Computer, Followed, readme_blocks, set_up_by_imager, snapshot
    from machine import Machine, temporary_folder, wait_for

    from edge_valgus.config import PRACTICE

LONG_S = float(os.environ.get("EDGE_VALGUS_LONG_WATCH_S") or 600)


ORDER = {"test_device_camera": 0, "test_device_watching": 2, "test_device_lights": 3}
"""The ten minutes before a camera begin first, so that all else runs beside them; what is timed comes when nothing else runs."""


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: ORDER.get(Path(item.fspath).stem, 1))
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
def followed(new_machine, folder):
    """The README followed word for word on a clean Debian, restart included; then its installing steps once more.

    The machine is switched off afterwards; its layers are what other machines start from.
    """
    on_computer, on_the_pi, on_trouble = readme_blocks()
    machine = new_machine()
    set_up_by_imager(machine)
    machine.boot()
    computer = Computer(folder, machine)
    first = computer.type(on_computer, on_the_pi)
    machine.wait_for_restart()
    page = wait_for(lambda: machine.ask_page("/"), 60)
    asked = machine.type(USER, on_trouble)
    before = snapshot(machine)
    again = computer.type(on_computer, on_the_pi.replace("sudo reboot\n", ""))
    after = snapshot(machine)
    machine.close()
    return Followed(machine.layers, first, page, asked, again, before ^ after)


@pytest.fixture(scope="session")
def ground(followed):
    """The layers of a machine with the device installed, for others to start from."""
    return followed.layers


@pytest.fixture(scope="module")
def drawn(new_machine, ground):
    """An installed device that runs, with drawn lifters in place of a camera."""
    machine = new_machine(ground)
    machine.write(DROP_IN, DRAWN)
    machine.boot()
    yield machine
    machine.delete()


@pytest.fixture(scope="session")
def pictures(folder):
    """A drawn set in which one rep has a fault, as pictures and as a video of them."""
    return draw(folder / "set")


@pytest.fixture(scope="session")
def long_watch(folder, pictures):
    """A device that watches the drawn set on and on, for ten minutes from now on, beside all else."""
    machine = camera_machine(folder, {"/mnt/set": pictures.folder.parent}, settings_for(PRACTICE))
    try:
        fit(machine, "/mnt/set/pictures")
        watch = LongWatch(machine, LONG_S, pictures.duration_s)
    except BaseException:
        machine.delete()
        raise
    yield watch
    watch.close()
