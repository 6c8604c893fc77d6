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
    from installation import DRAWN, DROP_IN, archive_of_this_tree, readme_commands, snapshot
    from machine import Machine, command, temporary_folder

    from edge_valgus.config import PRACTICE

LONG_S = float(os.environ.get("EDGE_VALGUS_LONG_WATCH_S") or 600)


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(item.fspath).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.device)
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(scope="session")
def folder():
    for program in ("systemd-nspawn", "debootstrap", "nsenter"):
        assert shutil.which(program), f"{program} is missing: apt install systemd-container debootstrap util-linux"
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
    """A machine on whose clean Debian the README was followed, its last installing step twice.

    (machine, what the first and the second run said, what was there after the first)
    """
    copy, log_in, install, restart, *_ = readme_commands()
    assert copy == 'git archive --prefix=edge-valgus/ HEAD | ssh USER@edge-valgus.local "rm -rf edge-valgus; tar -x"'
    assert (log_in, restart) == ("ssh USER@edge-valgus.local", "sudo reboot")
    machine = new_machine()
    machine.write("/usr/local/bin/sudo", '#!/bin/sh\nexec "$@"\n', 0o755)
    archive = folder / "edge-valgus.tar"
    archive.write_bytes(archive_of_this_tree(folder))
    command("tar", "-C", machine.path("/root"), "--no-same-owner", "-xf", archive)
    machine.boot()
    # There is no network: pip finds in the folder what it would find in its index.
    offline = ["env", "--chdir=/root", "PIP_NO_INDEX=1", "PIP_FIND_LINKS=/mnt/wheels"]
    first = machine.run(*offline, "sh", "-c", install, timeout_s=600)
    before = snapshot(machine)
    second = machine.run(*offline, "sh", "-c", install, timeout_s=600)
    return machine, first.stdout, second.stdout, before


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
