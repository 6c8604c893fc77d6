"""`edge-valgus config`: check a settings file, print the default one."""

from __future__ import annotations

from pathlib import Path

import click

from edge_valgus.cli.common import FILE
from edge_valgus.config import load_config, render_default_config
from edge_valgus.settings_file import count_keys, read_table


@click.group()
def config() -> None:
    """Check the settings file, or print one to start from."""


@config.command()
@click.argument("file", type=FILE)
def check(file: Path) -> None:
    """Check FILE and list everything that is wrong with it, one problem per line."""
    load_config(file)
    keys = count_keys(read_table(file))
    click.echo(f"{file}: ok, {keys} {'key' if keys == 1 else 'keys'} set")


@config.command()
def default() -> None:
    """Print the default settings with what each key means."""
    click.echo(render_default_config(), nl=False)
