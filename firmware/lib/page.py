"""Questions about the page, for the installer: run by the Python of a release, so that its own settings say where the page is.

page.py port       prints the port
page.py address    prints what to type into a browser
page.py answers    exit status 0 if the page answers
"""

import http.client
import socket
import sys

from edge_valgus.config import Config, load_config, sound_config
from edge_valgus.errors import ConfigError


def settings() -> Config:
    """The settings as the page takes them."""
    try:
        return load_config()
    except ConfigError:
        return sound_config()


def answers(host: str, port: int) -> bool:
    """Whether it is our page that answers there, and not something else on its port."""
    connection = http.client.HTTPConnection(host, port, timeout=3)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().getheader("Server") == "edge-valgus"
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def main(question: str) -> int:
    """Answer one question."""
    web = settings().web
    everywhere = web.host in {"0.0.0.0", "::"}  # noqa: S104  compared with, not listened on
    if question == "port":
        print(web.port)
    elif question == "address":
        name = f"{socket.gethostname().partition('.')[0]}.local" if everywhere else web.host
        print(f"http://{name}" if web.port == 80 else f"http://{name}:{web.port}")
    else:
        return 0 if answers("localhost" if everywhere else web.host, web.port) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
