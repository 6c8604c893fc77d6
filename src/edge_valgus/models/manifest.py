"""The list of known models: a TOML file with one table per model, shipped with the package.

[a-name]
title, licence       for people
file, bytes, sha256  the file's name, and what it must be
addresses            where it can be downloaded, best first
shipped              true instead of addresses: it comes with edge-valgus
input, output        what the model takes and gives, for people
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, ValidationError

from edge_valgus.errors import ConfigError, ModelError
from edge_valgus.settings_file import Conflict, Section, read_table

MANIFEST_NAME: Final = "manifest.toml"


class ManifestEntry(Section):
    """One model of the manifest."""

    name: str
    title: str
    # A bare name: a manifest must not be able to point outside the folder it is fetched into.
    file: str = Field(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]*$")
    size_bytes: int = Field(alias="bytes", ge=1, le=10**10)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    licence: str
    input: str
    output: str
    addresses: Annotated[tuple[Annotated[str, Field(pattern=r"^https?://")], ...], Field(strict=False)] = ()
    shipped: bool = False

    def conflicts(self) -> Iterator[Conflict]:
        """A model comes with the package, or from somewhere."""
        if self.shipped == bool(self.addresses):
            says = "must be left out of a model that is shipped" if self.shipped else "must be given, or shipped = true"
            yield Conflict("addresses", "shipped", says, "must be true or addresses given, not both")


def shipped_dir() -> Path:
    """The folder of what the package ships: the manifest, and model files where there are any.

    In an installed package it lies inside it; in a checkout it is the `models` folder at the top.
    """
    here = Path(__file__).resolve().parent
    installed = here / "shipped"
    return installed if installed.is_dir() else here.parents[2] / "models"


def load_manifest(path: Path | None = None) -> dict[str, ManifestEntry]:
    """Read the manifest (None: the shipped one) into entries by name. Raises ModelError if it is missing or damaged."""
    mend = (
        "install edge-valgus again"
        if path is None
        else "correct it, or leave it out for the list that comes with edge-valgus"
    )
    path = path or shipped_dir() / MANIFEST_NAME
    try:
        table = read_table(path)
    except ConfigError as error:
        raise ModelError(f"the list of models {error}; {mend}") from error
    if not table:
        raise ModelError(f"the list of models {path} is empty; {mend}")
    return {
        name: _entry(name, content, f"the list of models {path} is damaged", mend) for name, content in table.items()
    }


def _entry(name: str, content: object, damaged: str, mend: str) -> ManifestEntry:
    if not isinstance(content, dict):
        raise ModelError(f"{damaged}: {name} is {content!r} and no table of a model; {mend}")
    try:
        return ManifestEntry.model_validate({**content, "name": name})
    except ValidationError as error:
        wrong = ", ".join(
            f"{'.'.join(str(part) for part in detail['loc'])} ({detail['msg']})"
            for detail in error.errors(include_url=False)
        )
        raise ModelError(f"{damaged}: model {name}: {wrong}; {mend}") from error
