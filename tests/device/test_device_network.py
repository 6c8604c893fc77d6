"""The device on a network: somebody else on it finds it by its name, and its page."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from installation import readme_section
from machine import command

NAME = "edge-valgus.local"


@pytest.fixture(scope="module")
def seen(drawn):
    """What a phone that is on one cable with the machine, and on nothing else, sees of it: as phone.py tells it."""
    phone = subprocess.Popen(["unshare", "--net", "sleep", "600"])
    inside = ["nsenter", f"--target={phone.pid}", "-n"]
    try:
        # Until it has a network of its own; without this, the cable would end in the test's.
        while Path(f"/proc/{phone.pid}/ns/net").readlink() == Path("/proc/self/ns/net").readlink():
            time.sleep(0.05)
        drawn.connect(phone.pid, "192.168.77.1/24")
        command(*inside, "ip", "addr", "add", "192.168.77.2/24", "dev", "machine")
        command(*inside, "ip", "link", "set", "machine", "up")
        # A phone on Wi-Fi has a route for multicast too.
        command(*inside, "ip", "route", "add", "default", "dev", "machine")
        yield json.loads(command(*inside, sys.executable, Path(__file__).with_name("phone.py"), NAME))
    finally:
        phone.kill()
        phone.wait()


def test_the_address_in_the_readme_is_this_one():
    assert f"<http://{NAME}>" in readme_section()


def test_the_name_leads_to_the_machine(seen):
    assert seen["address"] == "192.168.77.1"


def test_the_page_answers_there_without_a_port(seen):
    assert seen["status"] == 200
    assert "edge-valgus" in seen["page"]


def test_it_is_announced_where_a_phone_lists_what_is_there(seen):
    assert seen["announced"] == "Squats on edge-valgus._http._tcp.local"


def test_the_camera_process_has_no_part_in_that_network(drawn, seen):
    cards = "/proc/{}/net/dev"
    camera, page = (drawn.unit(unit, "MainPID") for unit in ("edge-valgus", "edge-valgus-web"))
    assert "eth0" in drawn.run("cat", cards.format(page)).stdout
    assert "eth0" not in drawn.run("cat", cards.format(camera)).stdout
