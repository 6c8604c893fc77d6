"""`edge-valgus export`: every rep as CSV."""

from __future__ import annotations

import io
import sys
from datetime import datetime
from pathlib import Path

import click

from edge_valgus.cli.common import FILE, config_option, settings
from edge_valgus.errors import StoreError
from edge_valgus.store.export import write_csv
from edge_valgus.store.reader import StoreReader

DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command()
@click.option(
    "--from", "start", type=DAY, default="1970-01-01", help="First day, such as 2026-01-31. Default: the first."
)
@click.option("--to", "end", type=DAY, help="Last day. Default: today.")
@click.option("--out", type=FILE, help="File to write. Default: standard output.")
@click.option("--state-dir", help="Folder of the database; goes before the settings file.")
@config_option
def export(
    *, start: datetime, end: datetime | None, out: Path | None, state_dir: str | None, config_file: Path | None
) -> None:
    """Write every rep as a line of CSV (RFC 4180): when, which set, depth, tempo, knees. Units stand in the header."""
    config = settings(config_file, state_dir=state_dir)
    if not config.store.database.exists():
        raise StoreError(
            f"{config.store.database}: no such database; give --state-dir, or let the device count a rep first"
        )
    reader = StoreReader(config.store.database)
    last = (end or datetime.now()).date()  # noqa: DTZ005  days are those of the wall in the gym
    # Read it all first: a database that can't be read to its end must not leave half a file, or replace a whole one.
    table = io.StringIO()
    write_csv(reader, table, start.date(), last)
    if out is None:
        sys.stdout.write(table.getvalue())
        return
    try:
        with out.open("w", newline="", encoding="utf-8") as file:
            file.write(table.getvalue())
    except OSError as error:
        raise StoreError(
            f"{out}: cannot be written ({error.strerror}); choose a folder that you may write to"
        ) from error
