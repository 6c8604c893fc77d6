import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection

import pytest

from edge_valgus.errors import WebError
from edge_valgus.store.reader import StoreReader
from edge_valgus.web import stream
from edge_valgus.web.app import create_app
from edge_valgus.web.server import PageServer


@pytest.fixture
def empty(tmp_path):
    return StoreReader(tmp_path / "none.db")


def ask(server, target, method="GET"):
    connection = HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.putrequest(method, target, skip_accept_encoding=True)
    connection.endheaders()
    response = connection.getresponse()
    body = response.read().decode()
    connection.close()
    return response, body


class Watcher:
    """An event stream as a browser reads it."""

    def __init__(self, port):
        self.connection = HTTPConnection("127.0.0.1", port, timeout=5)
        self.connection.request("GET", "/api/stream")
        self.response = self.connection.getresponse()

    def events(self):
        name = None
        while line := self.response.readline().decode():
            if line.startswith("event: "):
                name = line[7:].strip()
            elif line.startswith("data: "):
                yield name, json.loads(line[6:])

    def until(self, wanted, within_s=5.0):
        """Give the first event that `wanted` accepts."""
        end_s = time.monotonic() + within_s
        for name, data in self.events():
            if wanted(name, data):
                return data
            assert time.monotonic() < end_s, "the event did not come in time"
        raise AssertionError("the stream ended")

    def leave(self):
        self.response.close()
        self.connection.close()


@contextmanager
def watching(server):
    watcher = Watcher(server.port)
    yield watcher
    watcher.leave()


def wait_for(condition, within_s=6.0):
    end_s = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end_s, "it did not happen in time"
        time.sleep(0.02)


def test_the_stream_brings_each_new_count(gym, box, serve_app):
    box.show(counted=1)
    with serve_app(create_app(gym.reader, box.client)) as server, watching(server) as watcher:
        assert watcher.response.getheader("Content-Type").startswith("text/event-stream")
        assert watcher.response.getheader("Cache-Control") == "no-store"
        for counted in (1, 2, 3):
            box.show(counted=counted)
            view = watcher.until(lambda name, data, n=counted: name == "now" and data["set"]["counted"] == n)
            assert view["skeleton"]["size"] == [640, 480]


def test_the_stream_is_no_faster_than_an_eye_needs(gym, box, serve_app):
    box.show(counted=itertools.count().__next__)
    with serve_app(create_app(gym.reader, box.client)) as server, watching(server) as watcher:
        end_s = time.monotonic() + 1.0
        count = 0
        for name, _ in watcher.events():
            count += name == "now"
            if time.monotonic() > end_s:
                break
    assert 3 <= count <= 14


def test_a_stored_rep_is_announced(gym, live, serve_app, more_reps):
    with serve_app(create_app(gym.reader, live)) as server, watching(server) as watcher:
        first = watcher.until(lambda name, _: name == "today")["version"]
        with gym.writing() as store:
            more_reps(store, gym.session_id, 3, gym.today_s + 400, ({},))
        second = watcher.until(lambda name, _: name == "today")["version"]
    assert second != first


def test_a_silent_stream_still_beats(empty, live, serve_app, monkeypatch):
    monkeypatch.setattr(stream, "HEARTBEAT_S", 0.2)
    with serve_app(create_app(empty, live)) as server, watching(server) as watcher:
        watcher.until(lambda name, _: name == "beat")


def test_one_watcher_too_many_is_asked_to_come_back_and_a_closed_one_makes_room(empty, live, serve_app):
    app = create_app(empty, live, watchers=16)
    with serve_app(app) as server, ExitStack() as stack:
        watchers = [stack.enter_context(watching(server)) for _ in range(16)]
        assert all(watcher.response.status == 200 for watcher in watchers)
        refused, body = ask(server, "/api/stream")
        assert refused.status == 503
        assert int(refused.getheader("Retry-After")) > 0
        assert "16 browsers" in json.loads(body)["error"]
        # Pages are still served while all places are taken.
        assert ask(server, "/")[0].status == 200
        assert ask(server, "/api/now")[0].status == 200
        for watcher in watchers[:3]:
            watcher.leave()
        wait_for(lambda: json.loads(ask(server, "/healthz")[1])["watchers"] == 13)
        with watching(server) as late:
            assert late.response.status == 200


def test_browsers_that_come_and_go_leave_no_place_taken(empty, live, serve_app):
    with serve_app(create_app(empty, live, watchers=2)) as server:
        for _ in range(20):
            # Gone before, while or after the answer is made: a reset instead of a goodbye.
            raw = socket.create_connection(("127.0.0.1", server.port))
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            raw.sendall(b"GET /api/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
            raw.close()
        wait_for(lambda: json.loads(ask(server, "/healthz")[1])["watchers"] == 0)


def test_stopping_ends_the_streams_and_frees_the_port(empty, live, serve_app):
    with serve_app(create_app(empty, live)) as server:
        watchers = [Watcher(server.port) for _ in range(3)]
        started_s = time.monotonic()
    assert time.monotonic() - started_s < 5
    for watcher in watchers:
        watcher.leave()
    with socket.create_server(("127.0.0.1", server.port)):
        pass


def test_a_website_that_lets_its_own_name_lead_here_reads_nothing(gym, live, serve_app):
    request = "GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n"
    with serve_app(create_app(gym.reader, live)) as server:
        for host, status in (("evil.example", 421), (f"evil.example:{server.port}", 421), ("127.0.0.1", 200)):
            with socket.create_connection(("127.0.0.1", server.port), timeout=5) as raw:
                raw.sendall(request.format("/api/days", host).encode())
                answer = raw.makefile("rb").read().decode()
            assert answer.startswith(f"HTTP/1.1 {status} ")
            assert (gym.old_day in answer) == (status == 200)
            assert (f".local:{server.port}" in answer) == (status == 421)


def test_closing_twice_is_fine(empty, live):
    with PageServer(create_app(empty, live), "127.0.0.1", 0) as server:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", server.url)
        server.close()
        server.stop()


@pytest.mark.parametrize(
    ("host", "port", "said"),
    [
        pytest.param("203.0.113.77", 8080, "no such address", id="an address of another machine"),
        pytest.param("not a host", 8080, "no such address", id="no address at all"),
    ],
)
def test_an_address_that_cannot_be_listened_on(empty, live, host, port, said):
    with pytest.raises(WebError, match=said) as caught:
        PageServer(create_app(empty, live), host, port)
    assert str(port) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_port_in_use_is_named_with_what_to_do(empty, live):
    before = threading.active_count()
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(WebError, match=f"port {port}: the port is in use; .*another port in \\[web\\]"):
            PageServer(create_app(empty, live), "127.0.0.1", port)
    assert threading.active_count() == before


def test_no_path_leads_out_of_the_pages_files(empty, live, serve_app):
    targets = (
        "/assets/x/../app.py",
        "/assets/x/../../app.py",
        "/assets/x/..%2fapp.py",
        "/assets/x/%2e%2e/%2e%2e/app.py",
        "/assets/x//etc/passwd",
        "/assets/x/%2fetc%2fpasswd",
        "/assets/../../../../etc/passwd",
        "/../../../../etc/passwd",
        "/assets/x/..\\app.py",
        "/assets/x/page.css%00.js",
    )
    with serve_app(create_app(empty, live)) as server:
        answers = {target: ask(server, target) for target in targets}
    for target, (response, body) in answers.items():
        assert response.status in {400, 404}, target
        assert "create_app" not in body, target
        assert "root:" not in body, target


def test_over_a_socket_too_nothing_but_get_and_head_is_served(empty, live, serve_app):
    with serve_app(create_app(empty, live)) as server:
        statuses = {
            method: ask(server, "/api/days", method)[0].status
            for method in ("GET", "HEAD", "POST", "DELETE", "OPTIONS", "BREW")
        }
    assert statuses == {"GET": 200, "HEAD": 200, "POST": 405, "DELETE": 405, "OPTIONS": 405, "BREW": 405}


def test_garbage_does_not_disturb_the_others(empty, live, serve_app):
    with serve_app(create_app(empty, live)) as server:
        for garbage in (b"\x16\x03\x01\x02\x00\x01", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"a: " + b"x" * 70_000):
            with socket.create_connection(("127.0.0.1", server.port), timeout=5) as raw:
                raw.sendall(garbage)
        assert ask(server, "/")[0].status == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_ends_the_process_cleanly(tmp_path, number):
    script = textwrap.dedent(
        """
        import logging, sys
        from edge_valgus.live.client import LiveClient
        from edge_valgus.store.reader import StoreReader
        from edge_valgus.web.app import create_app
        from edge_valgus.web.server import PageServer

        logging.basicConfig(level=logging.INFO, format="%(message)s")
        with LiveClient(sys.argv[1] + "/none.sock") as live:
            PageServer(create_app(StoreReader(sys.argv[1] + "/none.db"), live), "127.0.0.1", 0).run()
        """
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stderr=subprocess.PIPE, text=True)
    address = process.stderr.readline()
    port = int(re.search(r"The page is at http://127\.0\.0\.1:(\d+)", address).group(1))
    watcher = Watcher(port)
    assert watcher.response.status == 200
    os.kill(process.pid, number)
    _, rest = process.communicate(timeout=10)
    watcher.leave()
    assert process.returncode == 0
    assert "Traceback" not in rest
