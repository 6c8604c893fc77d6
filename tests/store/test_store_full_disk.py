"""A full disk loses nothing that was counted."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from store_samples import CHILD_ENVIRONMENT, child, rows

from edge_valgus.store.writer import Store

# Fills the disk, counts on, finds the events in memory with an error for the page, makes room, and finds all stored.
FULL_DISK = """
    import json, sys, time
    from store_samples import set_events, wall
    from edge_valgus.store.reader import StoreReader
    from edge_valgus.store.thread import StoreThread
    from edge_valgus.store.writer import Store

    {prelude}
    path = sys.argv[1]
    thread = StoreThread(Store(path), to_wall=wall)
    for event in set_events(1, 0.0, 10, new_session=True):
        thread.put(event)
    while thread.backlog:
        time.sleep(0.01)
    fill()
    slowest_s = 0.0
    for number in range(2, 22):
        for event in set_events(number, 100.0 * number, 10):
            start_s = time.perf_counter()
            thread.put(event)
            slowest_s = max(slowest_s, time.perf_counter() - start_s)
    deadline_s = time.monotonic() + 10.0
    while thread.error is None and time.monotonic() < deadline_s:
        time.sleep(0.01)
    error, waiting, readable = thread.error, thread.backlog, StoreReader(path).health().reps
    empty()
    left = thread.close(20.0)
    print(json.dumps([error, waiting, readable, left, thread.lost, thread.error, slowest_s]))
"""


FILE_SIZE_LIMIT = """
    import os, resource
    def fill():
        size = max(os.path.getsize(path + suffix) for suffix in ("", "-wal"))
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20000, resource.RLIM_INFINITY))
    def empty():
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
"""


SMALL_DISK = """
    import os, subprocess
    folder = os.path.dirname(sys.argv[1])
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", folder], check=True)
    def fill():
        with open(folder + "/ballast", "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError as error:
                assert error.errno == 28, error
    def empty():
        os.remove(folder + "/ballast")
"""


def _check_full_disk(outcome: subprocess.CompletedProcess[str]) -> None:
    assert outcome.returncode == 0, outcome.stderr
    error, waiting, readable, left, lost, error_after, slowest_s = json.loads(outcome.stdout)
    assert "events wait in memory" in error
    assert "space" in error
    assert waiting > 0
    assert readable >= 10
    assert (left, lost, error_after) == (0, 0, None)
    assert slowest_s < 0.5


def _script(template: str, prelude: str) -> str:
    return textwrap.dedent(template).replace("{prelude}", textwrap.dedent(prelude))


def test_nothing_is_lost_when_files_cannot_grow_for_a_while(tmp_path: Path) -> None:
    path = tmp_path / "reps.db"
    _check_full_disk(child(_script(FULL_DISK, FILE_SIZE_LIMIT), str(path)))
    with Store(path):
        assert rows(path, "SELECT count(*), sum(counted) FROM sets") == [(21, 210)]
        assert rows(path, "SELECT count(*) FROM reps") == [(210,)]
        assert rows(path, "PRAGMA integrity_check") == [("ok",)]


def _can_mount() -> bool:
    unshare = shutil.which("unshare")
    if unshare is None:
        return False
    command = [unshare, "--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _on_small_disk(path: Path, script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", sys.executable, "-W", "error", "-c", script, str(path)],
        env=CHILD_ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


needs_small_disk = pytest.mark.skipif(not _can_mount(), reason="needs user namespaces, to mount a small disk")


@needs_small_disk
def test_nothing_is_lost_when_the_disk_is_full_for_a_while(tmp_path: Path) -> None:
    # The disk is gone with its namespace, so the child counts what is on it.
    script = _script(FULL_DISK, SMALL_DISK) + 'assert StoreReader(path).health().reps == 210, "lost"\n'
    _check_full_disk(_on_small_disk(tmp_path / "reps.db", script))


FULL_AT_START = """
    import sys, time
    from store_samples import set_events, wall
    from edge_valgus.store.reader import StoreReader
    from edge_valgus.store.thread import StoreThread
    from edge_valgus.store.writer import Store

    {prelude}
    path = sys.argv[1]
    if sys.argv[2:] == ["used"]:
        Store(path).close()
    fill()
    thread = StoreThread(Store(path), to_wall=wall)
    for event in set_events(1, 0.0, 3, new_session=True):
        thread.put(event)
    deadline_s = time.monotonic() + 10.0
    while thread.error is None and time.monotonic() < deadline_s:
        time.sleep(0.01)
    assert "space" in thread.error, thread.error
    empty()
    assert thread.close(10.0) == 0
    assert StoreReader(path).health().reps == 3
"""


@needs_small_disk
@pytest.mark.parametrize("state", ["new", "used"])
def test_a_disk_that_is_full_at_the_start_loses_nothing_either(tmp_path: Path, state: str) -> None:
    script = _script(FULL_AT_START, SMALL_DISK).replace("sys.argv[2:]", repr([state]))
    outcome = _on_small_disk(tmp_path / "reps.db", script)
    assert outcome.returncode == 0, outcome.stderr
