from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from live_samples import CHILD_ENVIRONMENT, make_snapshot

from edge_valgus.errors import WebError
from edge_valgus.live import client as client_module
from edge_valgus.live.client import LiveClient
from edge_valgus.live.publisher import LivePublisher


@pytest.fixture
def path() -> Iterator[Path]:
    # Not tmp_path: its name may be longer than a socket's may be.
    with tempfile.TemporaryDirectory(prefix="ev") as folder:
        yield Path(folder) / "live.sock"


def _until(condition: Callable[[], bool], timeout_s: float = 5.0) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s, "it did not happen in time"
        time.sleep(0.005)


def _raw_client(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(5.0)
    connection.connect(str(path))
    return connection


def _unread_bytes(connection: socket.socket) -> int:
    """Bytes that wait to be read; fails if the other end hung up."""
    connection.setblocking(False)
    size = 0
    try:
        while chunk := connection.recv(1 << 20):
            size += len(chunk)
    except BlockingIOError:
        return size
    pytest.fail("hung up on")


def _raw_server(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.settimeout(5.0)
    listener.bind(str(path))
    listener.listen()
    return listener


def _publisher_process(path: Path) -> subprocess.Popen[str]:
    script = f"""
        import time
        from live_samples import make_snapshot
        from edge_valgus.live.publisher import LivePublisher
        publisher = LivePublisher({str(path)!r})
        print("up", flush=True)
        time_s = 0.0
        while True:
            time_s += 0.05
            publisher.publish(make_snapshot(time_s))
            time.sleep(0.05)
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)],
        env=CHILD_ENVIRONMENT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    return process


def test_a_snapshot_gets_to_the_page(path: Path) -> None:
    with LivePublisher(path) as publisher, LiveClient(path) as client:
        assert client.latest() == (0, None)
        publisher.publish(make_snapshot(7.0))
        sequence, newest = client.wait(0, 5.0)
        assert sequence == 1
        assert newest is not None
        assert (newest["t"], newest["set"]["counted"]) == (7.0, 3)
        assert client.connected
        assert client.latest() == (sequence, newest)


def test_one_that_comes_later_gets_the_newest_at_once(path: Path) -> None:
    with LivePublisher(path, rate_hz=0.5) as publisher:
        publisher.publish(make_snapshot(1.0))
        publisher.publish(make_snapshot(2.0))
        for _ in range(2):
            with LiveClient(path) as client:
                _, newest = client.wait(0, 1.0)
                assert newest is not None
                assert newest["t"] == 2.0


def test_waiting_ends_with_the_timeout_and_with_closing(path: Path) -> None:
    client = LiveClient(path)
    start_s = time.monotonic()
    assert client.wait(0, 0.1) == (0, None)
    assert 0.09 < time.monotonic() - start_s < 5.0
    waiter = threading.Thread(target=client.wait, args=(0, 60.0))
    waiter.start()
    client.close()
    client.close()
    waiter.join(5.0)
    assert not waiter.is_alive()


def test_the_rate_is_bounded_and_the_newest_wins(path: Path) -> None:
    times_s: list[float] = []

    def read(connection: socket.socket) -> None:
        with connection.makefile("rb") as lines:
            times_s.extend(json.loads(line)["t"] for line in lines)

    with LivePublisher(path, rate_hz=20.0) as publisher, _raw_client(path) as connection:
        reader = threading.Thread(target=read, args=(connection,))
        reader.start()
        _until(lambda: publisher.client_count == 1)
        end_s = time.monotonic() + 1.0
        time_s = 0.0
        while time.monotonic() < end_s:
            time_s += 1.0
            publisher.publish(make_snapshot(time_s))
            time.sleep(0.001)
        time.sleep(0.2)
        publisher.close()
        reader.join(5.0)
    assert 5 <= len(times_s) <= 24
    assert times_s == sorted(times_s)
    assert times_s[-1] == time_s


def test_clients_that_do_not_read_never_delay_publishing(path: Path) -> None:
    with LivePublisher(path, rate_hz=200.0) as publisher:
        deaf = [_raw_client(path) for _ in range(7)]
        with LiveClient(path) as client:
            _until(lambda: publisher.client_count == 8)
            took_s = []
            for index in range(1000):
                snapshot = make_snapshot(float(index))
                start_s = time.perf_counter()
                publisher.publish(snapshot)
                took_s.append(time.perf_counter() - start_s)
                time.sleep(0.0005)
            assert np.percentile(took_s, 99) < 0.001
            # The one that reads gets the last, although the others' buffers are full.
            _until(lambda: (client.latest()[1] or {}).get("t") == 999.0)
        for connection in deaf:
            assert _unread_bytes(connection) > 1000
            connection.close()


@pytest.mark.parametrize(
    "model",
    [pytest.param("m", id="short lines"), pytest.param("m" * 60_000, id="lines longer than the socket's buffer")],
)
def test_a_slow_client_gets_whole_lines_and_then_the_newest(path: Path, model: str) -> None:
    with LivePublisher(path, rate_hz=500.0) as publisher, _raw_client(path) as connection:
        for index in range(400):
            publisher.publish(make_snapshot(float(index), model=model))
            time.sleep(0.001)
        publisher.publish(make_snapshot(1000.0, model=model))
        times_s = []
        with connection.makefile("rb") as lines:
            for line in lines:
                times_s.append(json.loads(line)["t"])
                if times_s[-1] == 1000.0:
                    break
        assert times_s == sorted(times_s)
        assert len(times_s) < 300


def test_one_that_hung_up_is_forgotten(path: Path) -> None:
    with LivePublisher(path) as publisher:
        connection = _raw_client(path)
        _until(lambda: publisher.client_count == 1)
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        connection.close()
        _until(lambda: publisher.client_count == 0)


def test_one_that_takes_nothing_for_long_loses_its_place(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge_valgus.live.publisher.GIVE_UP_AFTER_S", 0.2)
    with LivePublisher(path, rate_hz=500.0) as publisher, _raw_client(path):
        _until(lambda: publisher.client_count == 1)

        def gone() -> bool:
            publisher.publish(make_snapshot())
            return publisher.client_count == 0

        _until(gone)


def test_beyond_the_bound_a_client_is_hung_up_on(path: Path) -> None:
    with LivePublisher(path, max_clients=2) as publisher, _raw_client(path), _raw_client(path):
        _until(lambda: publisher.client_count == 2)
        with _raw_client(path) as third:
            assert third.recv(10) == b""
        assert publisher.client_count == 2


def test_only_owner_and_group_may_connect(path: Path) -> None:
    with LivePublisher(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o660


def test_closing_takes_the_socket_away(path: Path) -> None:
    publisher = LivePublisher(path)
    publisher.close()
    publisher.close()
    assert not path.exists()
    with LivePublisher(path):
        assert path.is_socket()


def test_a_second_publisher_is_refused_and_the_first_goes_on(path: Path) -> None:
    with LivePublisher(path) as publisher, LiveClient(path) as client:
        with pytest.raises(WebError, match=f"in use.*process {os.getpid()}"):
            LivePublisher(path)
        publisher.publish(make_snapshot())
        assert client.wait(0, 5.0)[0] == 1


def test_the_page_comes_back_after_the_camera_process_was_killed(path: Path) -> None:
    with LiveClient(path) as client:
        sequence = 0
        for _ in range(2):
            with _publisher_process(path) as process:
                _until(lambda: client.connected)
                # A stale socket file is left behind each time, and replaced by the next.
                for _ in range(2):
                    sequence, newest = client.wait(sequence, 5.0)
                    assert newest is not None
                process.send_signal(signal.SIGKILL)
                process.wait()
            _until(lambda: not client.connected)
            sequence = client.latest()[0]
            assert path.is_socket()


@pytest.mark.parametrize("alive", [pytest.param(True, id="a silent one"), pytest.param(False, id="a dead one")])
def test_what_is_old_is_not_shown(path: Path, monkeypatch: pytest.MonkeyPatch, alive: bool) -> None:
    monkeypatch.setattr(client_module, "STALE_AFTER_S", 0.3)
    publisher = LivePublisher(path)
    with LiveClient(path) as client:
        publisher.publish(make_snapshot())
        sequence, newest = client.wait(0, 5.0)
        assert newest is not None
        if not alive:
            publisher.close()
        _until(lambda: client.latest() == (sequence, None))
        assert client.connected == alive
        assert client.wait(sequence, 0.05) == (sequence, None)
    publisher.close()


def test_a_fault_stays_until_there_is_news(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "STALE_AFTER_S", 0.1)
    with LiveClient(path) as client:
        with LivePublisher(path) as publisher:
            publisher.publish(make_snapshot(1.0, fault="no camera"))
            sequence, told = client.wait(0, 5.0)
        _until(lambda: not client.connected)
        time.sleep(0.2)
        assert client.latest() == (sequence, told)
        assert told is not None
        assert told["fault"] == "no camera"
        with LivePublisher(path) as publisher:
            _until(lambda: client.connected)
            assert client.latest() == (sequence, told)
            publisher.publish(make_snapshot(2.0))
            _, news = client.wait(sequence, 5.0)
            assert news is not None
            assert (news["t"], news["fault"]) == (2.0, None)
        _until(lambda: client.latest()[1] is None)


def test_lines_that_are_no_snapshot_are_skipped(path: Path) -> None:
    with _raw_server(path) as listener, LiveClient(path) as client:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b'not json\n[1]\n\xff\xfe\n"text"\nnull\n' + b"[" * 100_000 + b"\n\n")
            connection.sendall(b'{"t": 1}\n{"t": 2}\n{"t": ')
            while (client.latest()[1] or {}).get("t") != 2:
                assert client.wait(client.latest()[0], 5.0)[1] is not None
            connection.sendall(b"3}\n")
            # Not waited for with `wait`: had it come already, there would be no further news, and after a while nothing at all.
            _until(lambda: client.latest()[1] == {"t": 3})
            assert client.connected


def test_a_line_without_an_end_is_given_up(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "MAX_LINE_BYTES", 1000)
    with _raw_server(path) as listener, LiveClient(path):
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"x" * 2000)
            assert connection.recv(1) == b""
        again, _ = listener.accept()
        again.close()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        pytest.param(
            lambda folder: (folder / "live.sock").touch() or folder / "live.sock", "not a socket", id="a file"
        ),
        pytest.param(
            lambda folder: (folder / "live.sock").mkdir() or folder / "live.sock", "not a socket", id="a folder"
        ),
        pytest.param(lambda folder: folder / ("x" * 110), "too long", id="a path too long for a socket"),
        pytest.param(
            lambda folder: (folder / "file").touch() or folder / "file" / "live.sock", "cannot be made", id="no folder"
        ),
    ],
)
def test_where_no_socket_can_be_it_says_so(path: Path, make: Callable[[Path], Path], says: str) -> None:
    wanted = make(path.parent)
    with pytest.raises(WebError, match=says) as caught:
        LivePublisher(wanted)
    assert str(wanted) in str(caught.value)
    assert "\n" not in str(caught.value)
    if says == "not a socket":
        assert wanted.exists()


def test_a_folder_that_may_not_be_looked_into_is_told_like_any_other(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "exists", refuse)
    with pytest.raises(WebError, match=r"cannot be made \(Permission denied\)"):
        LivePublisher(path)
