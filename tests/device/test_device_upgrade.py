"""Upgrading, and going back by itself when the new version does not work on this machine."""

from __future__ import annotations

import json
import signal
import time

import pytest
from installation import INSTALL, OFFLINE
from machine import wait_for
from roots import build_wheel

CAMERA, PAGE = "edge-valgus", "edge-valgus-web"

BROKEN = {
    "97.0.0": {
        "web/server.py": (
            "        self._page: Page =",
            "        raise RuntimeError('the page is broken')\n        self._page: Page =",
        )
    },
    "96.0.0": {
        "service/notify.py": (
            'self._notifier.say("READY=1", "STATUS=Watching")',
            'self._notifier.say("STATUS=Never ready")',
        )
    },
    "95.0.0": {
        "pose/model.py": (
            "from __future__ import annotations\n",
            "from __future__ import annotations\nimport nowhere_to_be_found\n",
        )
    },
    "94.0.0": {"config.py": ("        le=36500,", "        le=700,")},
}


@pytest.fixture(scope="module")
def wheel(wheels, builds):
    """Builds a version of edge-valgus, and gives its path in the machines."""
    return lambda version: f"/mnt/builds/{build_wheel(wheels, builds, version, BROKEN.get(version)).name}"


@pytest.fixture
def machine(drawn):
    """The device, watching, with at least one rep stored."""
    wait_for(lambda: drawn.unit(CAMERA, "ActiveState") == "active" and drawn.unit(PAGE, "ActiveState") == "active", 60)
    wait_for(lambda: reps(drawn), 60)
    return drawn


def reps(machine):
    return json.loads(machine.ask_page("/healthz")[1])["database"]["reps"]


def version(machine):
    return machine.run("/opt/edge-valgus/bin/edge-valgus", "--version").stdout.split()[-1]


def releases(machine):
    return {name.rpartition("-")[0] for name in machine.run("ls", "/opt/edge-valgus-releases").stdout.split()}


def invocations(machine):
    return [machine.unit(unit, "InvocationID") for unit in (CAMERA, PAGE)]


def upgrade(machine, wheel, **more):
    return machine.run(INSTALL, *OFFLINE, "--wheel", wheel, timeout_s=600, **more)


def test_a_new_version_takes_over_with_settings_and_sets_as_they_were(machine, wheel):
    settings = machine.path("/etc/edge-valgus/config.toml")
    settings.write_text(settings.read_text().replace("#keep_days = 730", "keep_days = 731"))
    counted, before = reps(machine), invocations(machine)
    said = upgrade(machine, wheel("99.0.0")).stdout
    assert "in place of 0." in said
    assert version(machine) == "99.0.0"
    assert [machine.unit(unit, "ActiveState") for unit in (CAMERA, PAGE)] == ["active", "active"]
    assert not set(invocations(machine)) & set(before), "the old version still runs"
    assert "keep_days = 731" in settings.read_text()
    assert reps(machine) >= counted


def test_the_version_before_is_kept_and_older_ones_are_not(machine, wheel):
    upgrade(machine, wheel("99.0.1"))
    assert releases(machine) == {"99.0.0", "99.0.1"}


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        pytest.param("97.0.0", "the page did not come up", id="whose page does not come up"),
        pytest.param(
            "96.0.0",
            "the camera's process, which was ready before, did not get ready",
            id="whose camera never gets ready",
        ),
    ],
)
def test_a_version_is_taken_back(machine, wheel, broken, reason):
    counted, old, kept = reps(machine), version(machine), releases(machine)
    settings = machine.path("/etc/edge-valgus/config.toml").read_text()
    done = upgrade(machine, wheel(broken), check=False)
    assert done.returncode == 1
    assert reason in done.stdout
    assert "runs again. Settings and sets are as they were" in done.stderr.splitlines()[-1]
    assert version(machine) == old
    wait_for(lambda: machine.unit(CAMERA, "ActiveState") == "active" and machine.ask_page("/healthz")[0] == 200, 60)
    assert releases(machine) == kept, "the broken one is still there"
    assert machine.path("/etc/edge-valgus/config.toml").read_text() == settings
    assert reps(machine) >= counted


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        pytest.param("95.0.0", "does not work on this machine: it counted nothing", id="that does not run here"),
        pytest.param("94.0.0", "config.toml is right for 99.0.1", id="that does not take the settings"),
    ],
)
def test_a_version_is_not_even_switched_to(machine, wheel, broken, says):
    before, old = invocations(machine), version(machine)
    done = upgrade(machine, wheel(broken), check=False)
    assert done.returncode == 1
    assert says in done.stderr.splitlines()[-1]
    assert "nothing was changed" in done.stderr
    assert (invocations(machine), version(machine)) == (before, old)


def test_an_upgrade_that_is_interrupted_is_taken_back(machine, wheel):
    old = version(machine)
    process = machine.start(INSTALL, *OFFLINE, "--wheel", wheel("96.0.0"))
    wait_for(lambda: version(machine) == "96.0.0", 200, every_s=0.2)
    (installer,) = {
        line.split()[0] for line in machine.run("pgrep", "-o", "-f", "firmware/install.sh").stdout.splitlines()
    }
    time.sleep(1)
    for impatience in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        machine.run("kill", f"-{impatience.value}", installer, check=False)
        time.sleep(1)
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 143, said
    assert "stopped before its end" in said
    assert version(machine) == old
    wait_for(lambda: machine.unit(CAMERA, "ActiveState") == "active", 60)


def test_two_at_once_are_one_too_many(machine):
    machine.run("flock", "/run/edge-valgus-install.lock", "sh", "-c", f"! {INSTALL} --uninstall 2>/run/said")
    assert machine.path("/run/said").exists() is False, "/run is the machine's own"
    assert "another installation is running here" in machine.run("cat", "/run/said").stdout
