"""The command line. Each command lives in its own module and is imported when it is called: a Pi starts slowly enough."""

from __future__ import annotations

import errno
import importlib
import logging
import os
import signal
import sys
import warnings
from types import FrameType
from typing import Final, Never

import click

from edge_valgus import __version__
from edge_valgus.errors import EdgeValgusError

COMMANDS: Final = {
    "demo": "edge_valgus.cli.demo:demo",
    "run": "edge_valgus.cli.run:run",
    "web": "edge_valgus.cli.web:web",
    "analyze": "edge_valgus.cli.analyze:analyze",
    "replay": "edge_valgus.cli.replay:replay",
    "aim": "edge_valgus.cli.aim:aim",
    "doctor": "edge_valgus.cli.doctor:doctor",
    "models": "edge_valgus.cli.models:models",
    "export": "edge_valgus.cli.export:export",
    "config": "edge_valgus.cli.config:config",
}

_OUTPUT_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG)


class _Commands(click.Group):
    """Lists the commands in the order above and imports each when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="edge-valgus")
@click.option("-v", "--verbose", is_flag=True, help="Say more about what goes on, on standard error.")
def cli(*, verbose: bool) -> None:
    """Count squats, and light a red LED the moment a knee caves inward.

    \b
    Try it at a desk, without a camera:   edge-valgus demo
    Judge a video:                        edge-valgus analyze squat.mp4 --annotate judged.mp4
    On the device (systemd runs these):   edge-valgus run   and   edge-valgus web
    """
    logging.basicConfig(
        level=logging.INFO if verbose or "JOURNAL_STREAM" in os.environ else logging.WARNING,
        format="edge-valgus: %(message)s",
        stream=sys.stderr,
    )
    # Each retry of a download would be told in the library's own words; ours come at the end.
    logging.getLogger("urllib3").setLevel(logging.ERROR)


def _printable(line: str) -> str:
    """A file's name may hold anything; a terminal must not obey it."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in line)


def _terminated(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


def main() -> None:
    """Run a command; what goes wrong on purpose becomes one line and an exit status (see `errors`)."""
    # TensorFlow's runtimes greet on standard error; what they say is for their developers.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if not sys.warnoptions:
        # gpiozero warns of each way to the pins that it tries in vain; the error afterwards says it all.
        warnings.simplefilter("ignore")
    # As an exception, so that half-written files are cleared away; the device's commands have a way of their own.
    signal.signal(signal.SIGTERM, _terminated)
    try:
        cli.main(prog_name="edge-valgus", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()  # here, where what goes wrong can still be said
    except EdgeValgusError as error:
        for line in str(error).splitlines():
            click.echo(f"edge-valgus: {_printable(line)}", err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except OSError as error:
        _end_with_the_output(error)


def _end_with_the_output(error: OSError) -> Never:
    """Exit because nobody or nothing takes our output any more; raise any other error again."""
    had_enough = isinstance(error, BrokenPipeError)
    if not had_enough and (error.errno not in _OUTPUT_FULL or error.filename is not None):
        raise error
    # Python would try and complain once more when it flushes at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if not had_enough:
        click.echo(
            f"edge-valgus: the output cannot be written ({error.strerror}); free space or write elsewhere", err=True
        )
    sys.exit(1)
