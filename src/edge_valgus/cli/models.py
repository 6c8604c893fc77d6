"""`edge-valgus models`: which models there are, fetching them, checking them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from edge_valgus.config import AUTO, MOVENET, load_config
from edge_valgus.errors import ModelError
from edge_valgus.models.fetch import Progress, fetch_model
from edge_valgus.models.find import (
    ModelMissing,
    check_file,
    fetch_folder,
    find_model,
    get_entry,
    locate,
    require_folder,
    search_folders,
)
from edge_valgus.models.manifest import ManifestEntry, load_manifest

FOLDER = click.Path(path_type=Path, file_okay=False)
_model_dir = click.option(
    "--model-dir", type=FOLDER, help="Folder of model files. Default: EDGE_VALGUS_MODEL_DIR, else the state folder."
)


@click.group()
@click.option(
    "--manifest",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Another list of models, for a mirror of your own. Default: the one that comes with edge-valgus.",
)
@click.pass_context
def models(context: click.Context, manifest: Path | None) -> None:
    """List, fetch and verify the models that see the keypoints."""
    context.obj = manifest


@models.command("list")
@_model_dir
@click.pass_obj
def list_models(manifest: Path | None, model_dir: Path | None) -> None:
    """List the models and where they are. In a pipe: one line each, separated by tabs."""
    require_folder(model_dir)
    folders = search_folders(model_dir=model_dir, state_dir=_state_dir())
    rows = [_row(entry, locate(entry, folders)) for entry in load_manifest(manifest).values()]
    console = Console(highlight=False)
    if not console.is_terminal:
        for row in rows:
            click.echo("\t".join(row))
        return
    table = Table("name", "licence", "size", "where", "verified", box=None)
    for row in rows:
        table.add_row(*map(escape, row))
    console.print(table)


@models.command()
@click.argument("name", required=False)
@_model_dir
@click.pass_obj
def fetch(manifest: Path | None, name: str | None, model_dir: Path | None) -> None:
    """Download a model (default: the one in the config, or MoveNet) and put it where it will be found."""
    name = name or load_config().model.name
    entry = get_entry(MOVENET if name == AUTO else name, manifest)
    if entry.shipped:
        found = find_model(entry.name, model_dir=model_dir, state_dir=_state_dir(), manifest=manifest)
        click.echo(f"{entry.name}: comes with edge-valgus, {found.path}")
        return
    folder = fetch_folder(model_dir=model_dir, state_dir=_state_dir())
    with _progress_bar(entry) as progress:
        fetched = fetch_model(entry, folder, progress=progress)
    click.echo(f"{entry.name}: {'fetched and verified' if fetched.downloaded else 'is there already'}, {fetched.path}")


@models.command()
@click.argument("name", required=False)
@_model_dir
@click.pass_obj
def verify(manifest: Path | None, name: str | None, model_dir: Path | None) -> None:
    """Check size and SHA-256 of one model, or of all that are here."""
    require_folder(model_dir)
    problems: list[ModelError] = []
    for wanted in [name] if name else load_manifest(manifest):
        try:
            found = find_model(wanted, model_dir=model_dir, state_dir=_state_dir(), manifest=manifest)
        except ModelMissing as error:
            if name is None and not get_entry(wanted, manifest).shipped:
                click.echo(f"{wanted}: not here; {error.how_to_fetch}")
            else:
                problems.append(error)
            continue
        except ModelError as error:
            problems.append(error)
            continue
        if found.entry is None:
            raise ModelError(f"{found.path} is on no list, so there is nothing to compare it with; give a name instead")
        click.echo(f"{wanted}: ok, {found.path}")
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise ModelError("\n".join(str(problem) for problem in problems))


def _row(entry: ManifestEntry, path: Path | None) -> tuple[str, ...]:
    size = f"{entry.size_bytes / 1e6:.1f} MB"
    if path is None:
        return entry.name, entry.licence, size, "not here", "-"
    try:
        check_file(path, entry, _state_dir())
    except ModelError as error:
        unread = isinstance(error.__cause__, OSError)
        return entry.name, entry.licence, size, str(path), "no, cannot be read" if unread else "no, damaged"
    return entry.name, entry.licence, size, str(path), "yes"


def _state_dir() -> Path:
    return load_config().store.state_path


@contextmanager
def _progress_bar(entry: ManifestEntry) -> Iterator[Progress | None]:
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TransferSpeedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task(entry.name, total=entry.size_bytes)
        yield lambda done, total: bar.update(task, completed=done, total=total)
