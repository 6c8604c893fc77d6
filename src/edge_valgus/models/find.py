"""Where a model file lies, and whether it is the right one.

A name is looked for in the folder given (or EDGE_VALGUS_MODEL_DIR), then in the state folder, then in what the package
ships. "auto" is MoveNet if it lies in one of them, and else the practice network that the package ships (`meant_by`). The
first file found has to be the right one: a damaged file is an error, never a reason to look further, or a device would quietly
run something else than what was put there. A file given by its path is what it is: one on the list goes by its name there.
"""

from __future__ import annotations

import difflib
import hashlib
import os
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from typing import Final

from edge_valgus.config import AUTO, MOVENET, PRACTICE
from edge_valgus.errors import ModelError
from edge_valgus.folders import DEFAULT_STATE_DIR, default_state_dir
from edge_valgus.models.manifest import ManifestEntry, load_manifest, shipped_dir

MODEL_DIR_VARIABLE: Final = "EDGE_VALGUS_MODEL_DIR"
MODEL_SUFFIX: Final = ".tflite"


class ModelMissing(ModelError):  # noqa: N818  it names a state that callers go on from, not a fault
    """The model's file is in none of the places where it is looked for.

    how_to_fetch: what to do about it, the second half of the message.
    """

    def __init__(self, what: str, how_to_fetch: str) -> None:
        self.how_to_fetch = how_to_fetch
        super().__init__(f"{what}; {how_to_fetch}")


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model file on this machine.

    entry: what the manifest says of it; None for a file that was given by its path, about which nothing is known.
    """

    path: Path
    entry: ManifestEntry | None

    @property
    def name(self) -> str:
        """On the list, or else its file's; a practice network that somebody trained anew goes by that name as well."""
        if self.entry is not None:
            return self.entry.name
        stem = self.path.stem
        return PRACTICE if stem.replace("_", "-") == PRACTICE else stem


def find_model(
    name: str,
    *,
    model_dir: Path | None = None,
    state_dir: Path | None = None,
    manifest: Path | None = None,
    real_people: bool = False,
) -> ModelFile:
    """Find a model and check its size and SHA-256.

    name: a name of the manifest, AUTO, or the path of a .tflite file, which is taken as it is.
    model_dir: looked through first; None takes EDGE_VALGUS_MODEL_DIR, if set.
    state_dir: the device's state folder, whose `models` is looked through next; None takes the default one.
    manifest: another list of models than the shipped one.
    real_people: it is for a camera. The practice network, which knows drawn lifters only, is then found by its name alone.

    Raises ModelMissing when it is nowhere, ModelError when the name is unknown or the file is not the one listed.
    """
    folders = search_folders(model_dir=model_dir, state_dir=state_dir)
    if name.endswith(MODEL_SUFFIX):
        given = _given_file(Path(name), manifest)
        if real_people and given.name == PRACTICE:
            raise _unfit_for_people(f"{name} is the practice network, which", state_dir)
        return given
    entry = get_entry(meant_by(name, model_dir=model_dir, state_dir=state_dir, manifest=manifest), manifest)
    if real_people and name == AUTO and entry.name == PRACTICE:
        raise _unfit_for_people(f"MoveNet is not in {_listed(folders)}, and the built-in practice network", state_dir)
    path = locate(entry, folders)
    if path is None:
        raise ModelMissing(
            f"model {entry.name} ({entry.file}) is not in {_listed(folders)}", _how_to_get(entry, state_dir)
        )
    check_file(path, entry, state_dir)
    return ModelFile(path, entry)


def meant_by(
    name: str, *, model_dir: Path | None = None, state_dir: Path | None = None, manifest: Path | None = None
) -> str:
    """Name the model that a setting means.

    AUTO is one of two, by which is there; a path is the name that its file has on the list, or else the file's.
    """
    if name.endswith(MODEL_SUFFIX):
        return _given_file(Path(name), manifest).name
    if name != AUTO:
        return name
    folders = search_folders(model_dir=model_dir, state_dir=state_dir)
    return MOVENET if locate(get_entry(MOVENET, manifest), folders) is not None else PRACTICE


def locate(entry: ManifestEntry, folders: Iterable[Path]) -> Path | None:
    """The first file of that name in `folders`, right or not; None if there is none.

    Raises ModelError for a folder that may not be looked into: another network than the one in it might be taken.
    """
    for folder in folders:
        try:
            # A link to nowhere was meant to be the model, and is worth an error rather than the next folder.
            (folder / entry.file).lstat()
        except PermissionError as error:
            if entry.shipped:
                continue
            raise ModelError(
                f"{folder} may not be read by this user, so nobody knows whether {entry.name} is there; run this with sudo, "
                "or as the user whose folder it is, or name another network: --model NAME"
            ) from error
        except OSError:
            continue
        return folder / entry.file
    return None


def get_entry(name: str, manifest: Path | None = None) -> ManifestEntry:
    """Look a name up in the manifest. Raises ModelError, with what there is, if it is unknown."""
    entries = load_manifest(manifest)
    if name in entries:
        return entries[name]
    names = [AUTO, *entries]
    close = difflib.get_close_matches(name.lower(), names, n=1)
    hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(names)}, or give the path of a .tflite file"
    raise ModelError(f"unknown model {name!r}; {hint}")


def search_folders(*, model_dir: Path | None = None, state_dir: Path | None = None) -> tuple[Path, ...]:
    """The folders in which models are looked for, first to last."""
    first, by = _named_folder(model_dir)
    if first is not None:
        _is_there(first, by)
    folders = ((first,) if first else ()) + ((state_dir or default_state_dir()) / "models", shipped_dir())
    return tuple(dict.fromkeys(folders))


def require_folder(model_dir: Path | None) -> None:
    """Raise ModelError when the folder that was named for models is not there, or hidden: another network would be chosen."""
    named, by = _named_folder(model_dir)
    if named is None:
        return
    if not _is_there(named, by):
        raise ModelError(
            f"{by}: there is no folder {named}; make it (`edge-valgus models fetch` does) or correct the name"
        )
    if not os.access(named, os.R_OK | os.X_OK):
        raise ModelError(f"{by}: {named} cannot be read (Permission denied); make it readable or name another folder")


def fetch_folder(*, model_dir: Path | None = None, state_dir: Path | None = None) -> Path:
    """The folder into which a model is fetched: the first one in which it will be looked for."""
    return search_folders(model_dir=model_dir, state_dir=state_dir)[0]


def fetch_command(name: str, state_dir: Path | None = None) -> str:
    """What to type to fetch a model, with the folder in which it will be looked for where `fetch` would take another one.

    On a device, as the user whose folder it is: whoever reads it is logged in as somebody else.
    """
    ours = _folder_from_environment() is None
    elsewhere = ours and state_dir is not None and state_dir != default_state_dir()
    as_device = "sudo -u edge-valgus " if ours and default_state_dir() == Path(DEFAULT_STATE_DIR) else ""
    return f"{as_device}edge-valgus models fetch {name}" + (
        f" --model-dir {shlex.quote(f'{state_dir}/models')}" if elsewhere else ""
    )


def check_file(path: Path, entry: ManifestEntry, state_dir: Path | None = None) -> None:
    """Compare a file's size and SHA-256 with the manifest. Raises ModelError, saying what was found and expected.

    state_dir: see `fetch_command`.
    """
    again = _how_to_replace(path, entry, state_dir)
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):  # a pipe would be waited for
            raise ModelError(f"{path} is no ordinary file; {again}")
        with path.open("rb") as file:
            size_bytes = os.fstat(file.fileno()).st_size
            if size_bytes != entry.size_bytes:
                raise ModelError(f"{path} has {size_bytes} bytes, {entry.name} has {entry.size_bytes}; {again}")
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}); make it readable or {again}") from error
    if found != entry.sha256:
        raise ModelError(f"{path} has SHA-256 {found}, {entry.name} has {entry.sha256}; {again}")


def _how_to_replace(path: Path, entry: ManifestEntry, state_dir: Path | None) -> str:
    if not entry.shipped:
        return f"delete it and {_how_to_get(entry, state_dir)}"
    if path.parent != shipped_dir():
        return "delete it: without it, the one that comes with edge-valgus is taken"
    return _how_to_get(entry)


def _how_to_get(entry: ManifestEntry, state_dir: Path | None = None) -> str:
    if entry.shipped:
        return "install edge-valgus again (in a checkout: git checkout models)"
    return f"fetch it with: {fetch_command(entry.name, state_dir)}"


def _unfit_for_people(which: str, state_dir: Path | None) -> ModelMissing:
    return ModelMissing(
        f"{which} was trained on drawn lifters only, not on people before a camera",
        f"fetch MoveNet: {fetch_command(MOVENET, state_dir)}; or have the one that comes with edge-valgus nevertheless, by its "
        f'name: name = "{PRACTICE}" under [model] in the settings, or --model {PRACTICE}',
    )


def _given_file(path: Path, manifest: Path | None) -> ModelFile:
    try:
        info = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        info = None
    except OSError as error:  # a folder that may not be looked into, a name that is too long
        raise ModelError(f"{path} cannot be read ({error.strerror}); make it readable or correct the path") from error
    if info is None or not S_ISREG(info.st_mode):
        raise ModelMissing(
            f"{path} is not a file", "give the path of a .tflite file or a name of: edge-valgus models list"
        )
    for entry in load_manifest(manifest).values():
        if info.st_size == entry.size_bytes and _sha256(path) == entry.sha256:
            return ModelFile(path, entry)
    return ModelFile(path, None)


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}); make it readable") from error


def _named_folder(model_dir: Path | None) -> tuple[Path | None, str]:
    """The folder that was named for models, and by what."""
    return (model_dir, "--model-dir") if model_dir else (_folder_from_environment(), MODEL_DIR_VARIABLE)


def _is_there(folder: Path, by: str) -> bool:
    """Whether the folder is there. Raises ModelError if that can't be seen, or if it is none."""
    try:
        there = folder.exists()
    except OSError as error:
        raise ModelError(
            f"{by}: {folder} cannot be read ({error.strerror}); make it readable or name another folder"
        ) from error
    if there and not folder.is_dir():
        raise ModelError(f"{by}: {folder} is no folder; give the one that holds the model files")
    return there


def _folder_from_environment() -> Path | None:
    folder = os.environ.get(MODEL_DIR_VARIABLE)
    return Path(folder) if folder else None


def _listed(folders: tuple[Path, ...]) -> str:
    *most, last = (str(folder) for folder in folders)
    return f"{', '.join(most)} or {last}" if most else last
