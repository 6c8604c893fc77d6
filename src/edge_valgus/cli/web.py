"""`edge-valgus web`: the page's process of the device."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from pathlib import Path

import click

from edge_valgus.cli.common import config_option, overridden, settings
from edge_valgus.config import sound_config
from edge_valgus.errors import ConfigError
from edge_valgus.live.client import LiveClient
from edge_valgus.service.notify import Notifier
from edge_valgus.store.reader import StoreReader
from edge_valgus.web.app import create_app
from edge_valgus.web.server import PageServer

log = logging.getLogger(__name__)


@click.command()
@click.option("--host", help="Address to listen on; goes before the settings file.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on; goes before the settings file.")
@click.option("--state-dir", help="Folder of the database; goes before the settings file.")
@click.option("--runtime-dir", help="Folder of the socket to the camera's process; goes before the settings file.")
@click.option("--until-stdin-closes", is_flag=True, hidden=True, help="End with whoever holds the other end.")
@config_option
def web(
    *,
    host: str | None,
    port: int | None,
    state_dir: str | None,
    runtime_dir: str | None,
    until_stdin_closes: bool,
    config_file: Path | None,
) -> None:
    """Serve the page: what happens now, today's sets, every rep. Reads only; it has no camera and changes nothing.

    With a wrong settings file it serves the page nevertheless, with defaults for the tables that are wrong, and says what
    is wrong with the file.
    """
    if until_stdin_closes:
        threading.Thread(target=_end_with_stdin, args=(sys.stdin.fileno(),), name="stdin", daemon=True).start()
    notice = None
    try:
        config = settings(config_file, host=host, port=port, state_dir=state_dir, runtime_dir=runtime_dir)
    except ConfigError as error:
        problems = "; ".join(str(error).splitlines())
        notice = (
            f"The settings are wrong; until they are mended, defaults are in force for the tables at fault: {problems}"
        )
        log.error(notice)  # noqa: TRY400  one line per problem says it all
        config = overridden(
            sound_config(config_file), host=host, port=port, state_dir=state_dir, runtime_dir=runtime_dir
        )
    with LiveClient(config.store.live_socket) as live:
        app = create_app(
            StoreReader(config.store.database),
            live,
            notice=notice,
            watchers=config.web.watchers,
            count_depth=config.count.min_depth,
            knee=config.knee,
            aim_file=config.store.aim_file,
        )
        with PageServer(app, config.web.host, config.web.port) as server:
            notifier = Notifier()
            notifier.say("READY=1", f"STATUS=The page is at {server.addresses}")
            server.run()
            notifier.close()


def _end_with_stdin(descriptor: int) -> None:
    # Not through sys.stdin: a thread that waits in it would keep the interpreter from ending.
    while os.read(descriptor, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
