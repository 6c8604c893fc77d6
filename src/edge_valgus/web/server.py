"""Serving the page with waitress: one process, a few threads, gone cleanly on SIGTERM."""

from __future__ import annotations

import errno
import logging
import signal
import socket
import threading
from types import FrameType
from typing import Final, Self

import waitress
from flask import Flask

from edge_valgus.errors import WebError
from edge_valgus.web.context import EXTENSION, Page

PAGE_THREADS: Final = 4
"""Threads beyond those of the watchers, for pages and JSON."""

_UNREACHABLE_AFTER_MS: Final = 10_000
_WILDCARDS: Final = frozenset({"0.0.0.0", "::", ""})  # noqa: S104  compared with, not listened on

log = logging.getLogger(__name__)


class PageServer:
    """A page that listens. Use it as a context manager, or call `close`."""

    def __init__(self, app: Flask, host: str, port: int, threads: int | None = None) -> None:
        """Listen on host and port (0 takes any free one).

        threads: at least one more than the page's watchers, or watching browsers leave none for pages; None fits both.
        Raises WebError when the address can't be listened on.
        """
        self._page: Page = app.extensions[EXTENSION]
        self._socket = _listen(host, port)
        self.host = host
        # A name that the page was told to listen on is one to find it by.
        self._page.also_known_as = frozenset({host.lower()})
        self.port = int(self._socket.getsockname()[1])
        self._closed = False
        # Reentrant, because a signal may call `stop` in the middle of `close`.
        self._closing = threading.RLock()
        self._server = waitress.create_server(
            app,
            sockets=[self._socket],
            threads=max(threads or 0, self._page.watchers.places + PAGE_THREADS),
            # A watching phone and its page requests each hold a connection; keep-alives come on top.
            connection_limit=self._page.watchers.places * 4 + 100,
            channel_timeout=30,
            cleanup_interval=10,
            # Lets the server read, and so notice a closed connection, while a stream is being written to it.
            channel_request_lookahead=1,
            max_request_body_size=64 * 1024,
            max_request_header_size=32 * 1024,
            ident="edge-valgus",
            clear_untrusted_proxy_headers=True,
        )

    @property
    def url(self) -> str:
        """Where a browser on this machine finds the page."""
        host = "localhost" if self.host in _WILDCARDS else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def addresses(self) -> str:
        """Where browsers find the page, for a person to read."""
        if self.host not in _WILDCARDS:
            return self.url
        return f"{self.url} and http://{socket.gethostname()}:{self.port}"

    def run(self) -> None:
        """Serve until `stop`, SIGTERM or Ctrl-C (signals only when run in the main thread)."""
        previous = {}
        if threading.current_thread() is threading.main_thread():
            previous = {number: signal.signal(number, self._on_signal) for number in (signal.SIGTERM, signal.SIGINT)}
        log.info("The page is at %s", self.addresses)
        server = self._server
        try:
            # Not server.run(): it can only be stopped by an exception raised inside its loop.
            while not self._page.stopping.is_set():
                server.asyncore.loop(timeout=1.0, map=server._map, use_poll=True, count=1)  # noqa: SLF001
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
            self.close()

    def stop(self) -> None:
        """Make `run` return; may be called from any thread and from a signal handler."""
        with self._closing:
            self._page.stopping.set()
            if not self._closed:
                self._server.trigger.pull_trigger()

    def close(self) -> None:
        """End the event streams and stop listening. Can be called twice."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            self._page.stopping.set()
        self._server.task_dispatcher.shutdown(timeout=3)
        self._server.asyncore.close_all(self._server._map, ignore_all=True)  # noqa: SLF001  no public way

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        log.info("Stopping the page: %s", signal.Signals(number).name)
        self.stop()


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        both = host == "::" and socket.has_dualstack_ipv6()
        listener = socket.create_server((host, port), family=family, backlog=64, dualstack_ipv6=both)
    except OSError as error:
        raise WebError(_reason(host, port, error)) from error
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # A phone that left the Wi-Fi closes nothing: without this its place stays taken for a quarter of an hour.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREACHABLE_AFTER_MS)
    return listener


def _reason(host: str, port: int, error: OSError) -> str:
    where = f"the page can't listen on {host} port {port}"
    if error.errno == errno.EADDRINUSE:
        return f"{where}: the port is in use; stop what uses it (`ss -ltnp` names it) or set another port in [web] of the config"
    if error.errno in {errno.EACCES, errno.EPERM}:
        return f"{where}: not allowed; ports below 1024 need privileges, set one above in [web] of the config (8080 is usual)"
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return f"{where}: this machine has no such address; set host in [web] to 0.0.0.0 (everyone) or 127.0.0.1 (this machine)"
    return f"{where}: {error.strerror or error}; set another host or port in [web] of the config"
