"""Who publishes is asked of the kernel, and a signal goes to that process and to no other."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_valgus.live import process as process_module
from edge_valgus.live.process import Process, publishing_process, signal_publisher
from edge_valgus.live.publisher import LivePublisher


@pytest.fixture
def path() -> Iterator[Path]:
    # Not tmp_path: its name may be longer than a socket's may be.
    with tempfile.TemporaryDirectory(prefix="ev") as folder:
        yield Path(folder) / "live.sock"


@pytest.fixture
def heard() -> Iterator[list[int]]:
    numbers: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda number, _frame: numbers.append(number))
    yield numbers
    signal.signal(signal.SIGUSR1, before)


def test_it_is_who_listens(path: Path, heard: list[int]) -> None:
    with LivePublisher(path):
        assert publishing_process(path) == Process(os.getpid(), os.getuid())
        signal_publisher(path, signal.SIGUSR1)
    assert heard == [signal.SIGUSR1]


@pytest.mark.parametrize("written", ["-1", "1", "0"])
def test_what_stands_in_the_lock_file_is_not_believed(path: Path, heard: list[int], written: str) -> None:
    """The service's user writes that file, and root would signal every process of the machine for a -1."""
    with LivePublisher(path):
        path.with_name("live.sock.lock").write_text(written)
        assert publishing_process(path) == Process(os.getpid(), os.getuid())
        signal_publisher(path, signal.SIGUSR1)
    assert heard == [signal.SIGUSR1]


def test_where_nobody_listens_there_is_none(path: Path) -> None:
    assert publishing_process(path) is None
    assert publishing_process(path.with_name("x" * 200)) is None
    with LivePublisher(path):
        pass
    left = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    left.bind(str(path))
    left.close()
    path.with_name("live.sock.lock").write_text(f"{os.getpid()}\n")
    assert publishing_process(path) is None, "a socket file that a dead process left"
    with pytest.raises(ProcessLookupError):
        signal_publisher(path, signal.SIGUSR1)


@pytest.mark.parametrize("pid", [-1, 0, 1])
def test_a_number_that_is_no_single_process_is_none(path: Path, monkeypatch: pytest.MonkeyPatch, pid: int) -> None:
    class Peer(socket.socket):
        def getsockopt(self, *_: int) -> bytes:  # type: ignore[override]
            return process_module._CREDENTIALS.pack(pid, 0, 0)

    with LivePublisher(path):
        monkeypatch.setattr(process_module.socket, "socket", Peer)
        assert publishing_process(path) is None


def test_a_number_that_is_another_users_by_now_gets_no_signal(path: Path, heard: list[int]) -> None:
    """Who made the socket left it to a child and ended, and waits for the kernel to give its number to another."""
    with pytest.raises(ProcessLookupError, match="belongs to user"):
        process_module._signal(Process(os.getpid(), os.getuid() + 1), signal.SIGUSR1)
    assert heard == []


def test_a_process_that_is_gone_is_told(path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    with pytest.raises(ProcessLookupError):
        process_module._signal(Process(ended.pid, os.getuid()), signal.SIGUSR1)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may ask everybody")
def test_where_one_may_not_ask_that_is_an_error(path: Path) -> None:
    with LivePublisher(path):
        path.chmod(0)
        with pytest.raises(PermissionError):
            publishing_process(path)
