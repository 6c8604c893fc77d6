"""`edge-valgus config`: check a settings file, print the default one."""

from __future__ import annotations

from pathlib import Path

import click

from edge_valgus.cli.common import FILE
from edge_valgus.config import AUTO, load_config, render_default_config
from edge_valgus.errors import ConfigError, ConfigProblem, ModelError
from edge_valgus.models.find import MODEL_SUFFIX, get_entry
from edge_valgus.settings_file import count_keys, read_table


@click.group()
def config() -> None:
    """Check the settings file, or print one to start from."""


@config.command()
@click.argument("file", type=FILE)
def check(file: Path) -> None:
    """Check FILE and list everything that is wrong with it, one problem per line."""
    model = load_config(file).model.name
    if model != AUTO and not model.endswith(MODEL_SUFFIX):
        try:
            get_entry(model)
        except ModelError as error:
            raise ConfigError(str(file), (ConfigProblem("model.name", model, str(error)),)) from error
    keys = count_keys(read_table(file))
    click.echo(f"{file}: ok, {keys} {'key' if keys == 1 else 'keys'} set")


@config.command()
def default() -> None:
    """Print the default settings with what each key means."""
    click.echo(render_default_config(), nl=False)
