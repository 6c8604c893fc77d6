"""`edge-valgus doctor`: whether everything is there and well."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from edge_valgus.cli.common import FILE, config_option, json_option
from edge_valgus.config import Config
from edge_valgus.doctor.check import Check, State
from edge_valgus.doctor.machine import (
    check_clock,
    check_disk,
    check_heat,
    check_power,
    check_python,
    check_system,
    check_wear,
)
from edge_valgus.doctor.parts import (
    check_aim,
    check_camera,
    check_database,
    check_network,
    check_page,
    check_pins,
    check_settings,
    check_units,
)

MARKS: Final = {State.WELL: "[green]✓[/]", State.DOUBTFUL: "[yellow]![/]", State.FAILS: "[red]✗[/]", State.UNKNOWN: "·"}


@click.command()
@click.option(
    "--model-dir", type=FILE, help="Folder of model files. Default: EDGE_VALGUS_MODEL_DIR, else the state folder."
)
@json_option
@config_option
def doctor(*, model_dir: Path | None, as_json: bool, config_file: Path | None) -> None:
    """Check the whole device, and say beside each trouble what mends it.

    Exit status 0: nothing keeps it from working. 1: something does. It changes nothing, and opens no camera, so it may run while
    the device does; on a desk the parts of a Raspberry Pi are missing, and it says so.
    """
    settings, config = check_settings(config_file)
    checks = [settings, *(check() for check in _checks(config, model_dir))]
    if as_json:
        click.echo(json.dumps({"well": _is_well(checks), "checks": [asdict(check) for check in checks]}))
    else:
        _show(checks)
    sys.exit(0 if _is_well(checks) else 1)


def _checks(config: Config, model_dir: Path | None) -> tuple[Callable[[], Check], ...]:
    return (
        check_system,
        check_python,
        check_power,
        check_heat,
        check_clock,
        lambda: check_disk(config.store.state_path),
        check_wear,
        lambda: check_network(config, model_dir),
        lambda: check_camera(config),
        check_pins,
        check_units,
        lambda: check_aim(config),
        lambda: check_database(config),
        lambda: check_page(config),
    )


def _is_well(checks: list[Check]) -> bool:
    return all(check.state is not State.FAILS for check in checks)


def _show(checks: list[Check]) -> None:
    console = Console(highlight=False)
    table = Table(box=None, show_header=False, padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for check in checks:
        # A settings table is written in brackets, as the console's own marks are.
        found, fix = escape(check.found), escape(check.fix)
        told = found if not fix else f"{found}\n[dim]→[/] {fix}"
        table.add_row(MARKS[check.state], check.name, told)
    console.print(table)
    failed = sum(check.state is State.FAILS for check in checks)
    doubts = sum(check.state is State.DOUBTFUL for check in checks)
    says = f"{failed} of {len(checks)} checks fail" if failed else "Nothing keeps the device from working"
    console.print()
    console.print(f"{says}{f'; {doubts} doubtful' if doubts else ''}.")
