"""Downloads from a real server on loopback that behaves, cuts the line, lies, or ignores what it was asked."""

from __future__ import annotations

import fcntl
import hashlib
import http.server
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import urllib3

from edge_valgus.errors import ModelError
from edge_valgus.models.fetch import fetch_model
from edge_valgus.models.manifest import load_manifest

CONTENT = random.Random(7).randbytes(700_000)  # noqa: S311  it only has to be the same each time
OTHER = random.Random(8).randbytes(700_000)  # noqa: S311
HASTE = {
    "timeout": urllib3.Timeout(connect=2.0, read=2.0),
    "retry": urllib3.Retry(total=1, backoff_factor=0.0, status_forcelist=(503,)),
}


# By the last word of the path: what is answered whatever was asked, and what is answered to a Range.
ALWAYS = {
    "missing": (404, b"<html>not here</html>", {}),
    "busy": (503, b"", {}),
    "moved": (302, b"", {"Location": "/good"}),
    "page": (200, b"<html>please log in</html>", {}),
    "longer": (200, CONTENT + b"more", {}),
    "no-range": (200, CONTENT, {}),
}
TO_A_RANGE = {
    "unsatisfied": (416, b"", {"Content-Range": f"bytes */{len(CONTENT)}"}),
    "other-range": (206, CONTENT, {"Content-Range": f"bytes 0-{len(CONTENT) - 1}/{len(CONTENT)}"}),
}
MANNERS = {"cut": {"cut": 200_000}, "endless-cut": {"cut": 0}, "slow": {"pause_s": 0.05}}


class Handler(http.server.BaseHTTPRequestHandler):
    """The path says how to behave; `server.asked` keeps (path, Range) of each request."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_args):
        pass

    def do_GET(self):
        wanted = self.headers.get("Range")
        self.server.asked.append((self.path, wanted))
        kind = self.path.rsplit("/", 1)[-1]
        content = OTHER if kind == "wrong" else CONTENT
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        if kind in ALWAYS:
            self.answer(*ALWAYS[kind])
        elif wanted and kind in TO_A_RANGE:
            self.answer(*TO_A_RANGE[kind])
        elif kind == "close":
            self.close_early(content, start)
        else:
            headers = self.range_of(content, start)
            self.answer(206 if wanted else 200, content[start:], headers, **MANNERS.get(kind, {}))

    @staticmethod
    def range_of(content, start):
        return {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"} if start else {}

    def answer(self, status, body, headers=(), *, cut=None, pause_s=0.0):
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        sent = body if cut is None else body[:cut]
        try:
            for at in range(0, len(sent), 50_000):
                self.wfile.write(sent[at : at + 50_000])
                time.sleep(pause_s)
        except OSError:
            self.close_connection = True
        if len(sent) < len(body):
            self.close_connection = True

    def close_early(self, content, start):
        """An answer without a length that just ends: whether it is whole, only the listed size tells."""
        self.send_response(206 if start else 200)
        for name, value in self.range_of(content, start).items():
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content[start : start + 300_000])
        self.close_connection = True


@pytest.fixture
def server(monkeypatch):
    for variable in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.asked = []
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def entry_for(server, tmp_path):
    def make(*kinds):
        base = f"http://127.0.0.1:{server.server_port}"
        addresses = [kind if "://" in kind else f"{base}/{kind}" for kind in kinds]
        manifest = tmp_path / "manifest.toml"
        manifest.write_text(f"""
            [tiny-model]
            title = "Tiny"
            file = "tiny.tflite"
            bytes = {len(CONTENT)}
            sha256 = "{hashlib.sha256(CONTENT).hexdigest()}"
            licence = "MIT"
            input = "uint8 [1]"
            output = "float32 [1]"
            addresses = {addresses}
        """)
        return load_manifest(manifest)["tiny-model"]

    return make


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "models"


def part_of(folder: Path, content: bytes) -> Path:
    folder.mkdir()
    part = folder / "tiny.tflite.part"
    part.write_bytes(content)
    return part


def test_fetches_and_reports_progress(entry_for, folder):
    told = []
    fetched = fetch_model(entry_for("good"), folder, progress=lambda *step: told.append(step), **HASTE)
    assert fetched.downloaded
    assert fetched.path.read_bytes() == CONTENT
    assert [path.name for path in folder.iterdir()] == ["tiny.tflite"]
    assert told == sorted(told)
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert len(told) >= 10


@pytest.mark.parametrize(
    ("kinds", "asked"),
    [
        pytest.param(["moved"], ["/moved", "/good"], id="a redirect is followed"),
        pytest.param(["missing", "good"], ["/missing", "/good"], id="404, then the next"),
        pytest.param(["busy", "good"], ["/busy", "/busy", "/good"], id="503 is asked again, then the next"),
        pytest.param(["wrong", "good"], ["/wrong", "/good"], id="wrong bytes, then the next"),
        pytest.param(["page", "good"], ["/page", "/good"], id="a login page, then the next"),
        pytest.param(["longer", "good"], ["/longer", "/good"], id="more bytes than listed, then the next"),
        pytest.param(["http://127.0.0.1:9", "good"], ["/good"], id="nobody listens, then the next"),
        pytest.param(["http://no-such-host.invalid", "good"], ["/good"], id="no such host, then the next"),
        pytest.param(["cut"], ["/cut"] * 4, id="cut midway is continued"),
        pytest.param(["close"], ["/close"] * 3, id="ended early without a length is continued"),
        pytest.param(["endless-cut", "good"], ["/endless-cut", "/good"], id="cut without a byte, then the next"),
    ],
)
def test_gets_there_in_the_end(entry_for, folder, server, kinds, asked):
    assert fetch_model(entry_for(*kinds), folder, **HASTE).path.read_bytes() == CONTENT
    assert [path for path, _ in server.asked] == asked
    assert [path.name for path in folder.iterdir()] == ["tiny.tflite"]


@pytest.mark.parametrize(
    ("kind", "left", "asked"),
    [
        pytest.param("good", CONTENT[:300_000], ["bytes=300000-"], id="the rest is fetched"),
        pytest.param("no-range", CONTENT[:300_000], ["bytes=300000-"], id="a server without ranges starts over"),
        pytest.param("unsatisfied", CONTENT[:300_000], ["bytes=300000-", None], id="416 starts over"),
        pytest.param("other-range", CONTENT[:300_000], ["bytes=300000-", None], id="another range starts over"),
        pytest.param("good", OTHER[:300_000], ["bytes=300000-", None], id="the start of another file starts over"),
        pytest.param("good", CONTENT, [], id="all was there"),
        pytest.param("good", OTHER, [None], id="all was there but wrong"),
        pytest.param("good", CONTENT + b"more", [None], id="too much was there"),
        pytest.param("good", b"", [None], id="nothing was there"),
    ],
)
def test_continues_what_was_left(entry_for, folder, server, *, kind, left, asked):
    part_of(folder, left)
    assert fetch_model(entry_for(kind), folder, **HASTE).path.read_bytes() == CONTENT
    assert [wanted for _, wanted in server.asked] == asked
    assert [path.name for path in folder.iterdir()] == ["tiny.tflite"]


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        pytest.param("wrong", "gives other bytes than the manifest lists", id="wrong bytes"),
        pytest.param("missing", "answers 404 Not Found", id="404"),
        pytest.param("page", "gives fewer bytes than the manifest lists", id="a login page"),
        pytest.param("longer", "gives more bytes than the manifest lists", id="more bytes"),
        pytest.param("http://127.0.0.1:9", "Connection refused", id="nobody listens"),
    ],
)
def test_when_no_address_works_it_says_what_to_do_and_leaves_the_old_file(entry_for, folder, kind, why):
    folder.mkdir()
    target = folder / "tiny.tflite"
    target.write_bytes(b"an older model")
    entry = entry_for(kind)
    with pytest.raises(ModelError) as caught:
        fetch_model(entry, folder, **HASTE)
    message = str(caught.value)
    assert why in message
    assert (
        f"download {entry.addresses[0]} elsewhere, put it here as {target} and run: edge-valgus models verify"
        in message
    )
    assert len(message.splitlines()) == 1
    assert target.read_bytes() == b"an older model"
    assert [path.name for path in folder.iterdir()] == ["tiny.tflite"]


def test_a_line_that_stays_cut_keeps_what_came(entry_for, folder):
    part = part_of(folder, CONTENT[:1000])
    with pytest.raises(ModelError, match="could not be fetched"):
        fetch_model(entry_for("endless-cut"), folder, **HASTE)
    assert part.read_bytes() == CONTENT[:1000]


def test_a_right_file_is_not_touched_and_nothing_is_asked(entry_for, folder, server):
    folder.mkdir()
    target = folder / "tiny.tflite"
    target.write_bytes(CONTENT)
    before = target.stat()
    fetched = fetch_model(entry_for("good"), folder, **HASTE)
    assert not fetched.downloaded
    assert (target.stat().st_ino, target.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert server.asked == []


def test_killed_midway_it_leaves_no_model_and_the_next_fetch_goes_on(entry_for, folder, tmp_path, server):
    entry_for("slow")
    program = (
        "import sys; from pathlib import Path; from edge_valgus.models.fetch import fetch_model;"
        "from edge_valgus.models.manifest import load_manifest;"
        "fetch_model(load_manifest(Path(sys.argv[1]))['tiny-model'], Path(sys.argv[2]))"
    )
    part = folder / "tiny.tflite.part"
    child = subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "manifest.toml"), str(folder)])
    try:
        end_s = time.monotonic() + 20
        while not (part.exists() and part.stat().st_size >= 100_000):
            assert time.monotonic() < end_s
            assert child.poll() is None, "it ended before it could be killed"
            time.sleep(0.002)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert not (folder / "tiny.tflite").exists()
    left = part.stat().st_size
    assert 0 < left < len(CONTENT)
    assert fetch_model(entry_for("good"), folder, **HASTE).path.read_bytes() == CONTENT
    assert server.asked[-1] == ("/good", f"bytes={left}-")


def test_two_at_once_do_not_mix(entry_for, folder):
    part = part_of(folder, b"")
    with part.open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(ModelError, match="being written by another fetch"):
            fetch_model(entry_for("good"), folder, **HASTE)
    assert fetch_model(entry_for("good"), folder, **HASTE).downloaded


def test_a_folder_that_cannot_be_made_is_named(entry_for, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ModelError, match=r"cannot write .*/file/models/tiny\.tflite .*--model-dir FOLDER"):
        fetch_model(entry_for("good"), tmp_path / "file/models", **HASTE)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_named_and_leaves_no_model(entry_for, folder):
    folder.mkdir()
    (folder / "tiny.tflite.part").symlink_to("/dev/full")
    with pytest.raises(ModelError, match=r"cannot write .*No space left on device"):
        fetch_model(entry_for("good"), folder, **HASTE)
    assert not (folder / "tiny.tflite").exists()


def test_a_proxy_of_the_environment_is_used(entry_for, folder, server, monkeypatch):
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.server_port}")
    fetch_model(entry_for("http://models.invalid/good"), folder, **HASTE)
    assert server.asked == [("http://models.invalid/good", None)]
