"""The demonstration's page is its own."""

from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from edge_valgus.config import Config
from edge_valgus.errors import WebError
from edge_valgus.service.demo import config_for, page


class OtherPage(BaseHTTPRequestHandler):
    """The page of another edge-valgus."""

    server_version, sys_version = "edge-valgus", ""

    def version_string(self):
        return "edge-valgus"

    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


def test_a_port_where_another_edge_valgus_has_its_page_is_refused(tmp_path):
    with HTTPServer(("127.0.0.1", 0), OtherPage) as other:
        thread = threading.Thread(target=other.serve_forever, daemon=True)
        thread.start()
        config = config_for(Config(), str(tmp_path), other.server_port)
        with (
            pytest.raises(WebError, match="another edge-valgus has its page there"),
            page(config, tmp_path / "page.toml"),
        ):
            pass
        other.shutdown()


def test_on_a_free_port_it_comes_up_and_ends(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with page(config_for(Config(), str(tmp_path), port), tmp_path / "page.toml") as address:
        assert address == f"http://127.0.0.1:{port}"
    with socket.create_server(("127.0.0.1", port)):
        pass
