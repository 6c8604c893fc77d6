"""Which code made something: after a change, what is left of an earlier training is not mixed with what comes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import edge_valgus.capture.drawn

HERE: Final = Path(__file__).parent
DRAWN: Final = Path(edge_valgus.capture.drawn.__file__).parent


def drawing_code() -> str:
    """Of whatever draws pictures."""
    return _digest([HERE / "pictures.py", HERE / "people.py", *DRAWN.glob("*.py")])


def training_code() -> str:
    """Of whatever learns from them."""
    names = ("fit", "losses", "network", "supply", "vary")
    return _digest(HERE / f"{name}.py" for name in names)


def _digest(files: Iterable[Path]) -> str:
    found = hashlib.sha256()
    for file in sorted(files, key=lambda file: file.name):
        found.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return found.hexdigest()[:16]
