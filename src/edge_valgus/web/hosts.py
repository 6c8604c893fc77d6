"""Which names the page answers to.

A website can let its own name lead to an address of the local network ("DNS rebinding") and then read what is there as
its own. It cannot do that with an address, with a name of this machine, or with one of the local network alone.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from typing import Final

_HOST: Final = re.compile(r"(?:\[(?P<bracketed>[^\[\]]+)\]|(?P<plain>[^:\[\]]+))(?::[0-9]*)?")
_LOCAL: Final = re.compile(r"(?:[a-z0-9_-]+\.)+local")


def is_known(host: str, also: frozenset[str] = frozenset()) -> bool:
    """Whether a request's Host header names this machine: an IP address, localhost, its hostname, *.local, or `also`."""
    found = _HOST.fullmatch(host)
    if found is None:
        return False
    if found["bracketed"] is not None:
        return _is_address(found["bracketed"], 6)
    name = found["plain"].lower().removesuffix(".")
    names = {"localhost", socket.gethostname().lower(), *also}
    return name in names or _LOCAL.fullmatch(name) is not None or _is_address(name, 4)


def advice(host: str, port: str) -> str:
    """Say which address to use instead."""
    machine = socket.gethostname().partition(".")[0]
    return (
        f"The page is not served as {host[:60]!r}, so that no website can read it under a name of its own. Open "
        f"http://{machine}.local:{port} or this machine's IP address instead."
    )


def _is_address(text: str, version: int) -> bool:
    try:
        return ipaddress.ip_address(text).version == version
    except ValueError:
        return False
