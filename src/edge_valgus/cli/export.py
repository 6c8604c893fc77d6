"""`edge-valgus export`: every rep as CSV."""

from __future__ import annotations

import io
import os
import sys
from datetime import date, datetime
from pathlib import Path

import click

from edge_valgus.cli.common import FILE, config_option, settings
from edge_valgus.errors import StoreError
from edge_valgus.store.export import write_csv
from edge_valgus.store.reader import StoreReader

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(9998, 12, 31)  # what a clock can say and local time can be reckoned for
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
    database = config.store.database
    _refuse_replacing(database, out)
    last = (end or datetime.now()).date()  # noqa: DTZ005  days are those of the wall in the gym
    first = max(start.date(), FIRST_DAY)
    last = min(last, LAST_DAY)
    if first > last:
        raise StoreError(f"--from {first} lies after --to {last}: swap them")
    try:
        there = database.exists()
    except PermissionError as error:
        raise StoreError(f"{database}: may not be looked at by this user; run it as one who may") from error
    if not there:
        raise StoreError(f"{database}: no such database; give --state-dir, or let the device count a rep first")
    reader = StoreReader(config.store.database)
    # Read it all first: a database that can't be read to its end must not leave half a file, or replace a whole one.
    table = io.StringIO()
    write_csv(reader, table, first, last)
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


def _refuse_replacing(database: Path, out: Path | None) -> None:
    """The database and what lies beside it under its name are not to be written over."""
    if out is None:
        return
    taken = out.resolve().parent == database.resolve().parent and out.name.startswith(database.name)
    if taken or (out.exists() and os.access(database, os.F_OK) and out.samefile(database)):
        raise StoreError(f"{out}: would overwrite the database itself; give another name, such as reps.csv")
