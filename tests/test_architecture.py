"""The house rules that the folder names promise: who imports whom, and what the analysis must not touch."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import edge_valgus

PACKAGE = Path(edge_valgus.__file__).parent
MODULES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))

SHARED = {"errors", "frames", "events", "config", "settings_file", "folders"}
ROOMS = ["capture", "pose", "analysis", "aim", "feedback", "store", "live", "web"]
"""In the order in which a picture travels."""

MAY_IMPORT = {room: SHARED | set(ROOMS[: index + 1]) for index, room in enumerate(ROOMS)}
MAY_IMPORT["pose"] |= {"models"}
MAY_IMPORT["models"] = SHARED | {"models"}
MAY_IMPORT["doctor"] = SHARED | {"doctor", "models", "pose", "store"}
MAY_IMPORT |= {room: SHARED | set(ROOMS) | {"models", "service"} for room in ("service", "cli")}
MAY_IMPORT["cli"] |= {"cli", "doctor", "__init__"}
MAY_IMPORT["__main__"] = {"cli"}
MAY_IMPORT["__init__"] = set()
MAY_IMPORT |= {"errors": set(), "frames": set(), "events": {"frames"}, "settings_file": {"errors"}, "folders": set()}
MAY_IMPORT["config"] = {"errors", "settings_file", "folders"}

PURE = {
    "__future__",
    "array",
    "bisect",
    "collections",
    "dataclasses",
    "enum",
    "functools",
    "itertools",
    "math",
    "numpy",
    "operator",
    "typing",
}
"""All that the analysis and the aiming need from outside: no clock, no file, no thread, no device."""

SANS_IO = {"analysis", "aim"}

IO_BUILTINS = {"print", "open", "input", "exec", "eval", "__import__", "breakpoint"}

MAX_LINES = 400


def room_of(module):
    return module.partition("/")[0].removesuffix(".py")


def imports_of(tree):
    """(dotted module, line) of every import, wherever in the module it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((name.name, node.lineno) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            # `from edge_valgus import config` names the room only in what it imports.
            names = [f"{base}.{name.name}" for name in node.names] if base == "edge_valgus" else [base]
            yield from ((name, node.lineno) for name in names)


def wrong_imports(module, source):
    room, found = room_of(module), []
    for name, line in imports_of(ast.parse(source)):
        top, _, rest = name.partition(".")
        if not top:
            found.append(f"{module}:{line}: relative import {name}")
        elif top == "edge_valgus":
            target = rest.partition(".")[0]
            target = target if (PACKAGE / target).is_dir() or (PACKAGE / f"{target}.py").is_file() else "__init__"
            if target not in MAY_IMPORT[room]:
                found.append(f"{module}:{line}: {room} must not import {name}")
        elif room in SANS_IO and top not in PURE:
            found.append(f"{module}:{line}: {room} must not import {name}")
    return found


def io_calls(module, source):
    return [
        f"{module}:{node.lineno}: {room_of(module)} must not call {node.func.id}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in IO_BUILTINS
    ]


def test_every_room_has_its_place():
    assert {room_of(module) for module in MODULES} == set(MAY_IMPORT)


@pytest.mark.parametrize("module", MODULES)
def test_a_room_imports_only_rooms_to_its_left(module):
    assert wrong_imports(module, (PACKAGE / module).read_text()) == []


@pytest.mark.parametrize("module", [module for module in MODULES if room_of(module) in SANS_IO])
def test_analysis_and_aiming_do_no_io(module):
    assert io_calls(module, (PACKAGE / module).read_text()) == []


@pytest.mark.parametrize("module", MODULES)
def test_modules_stay_small(module):
    assert len((PACKAGE / module).read_text().splitlines()) <= MAX_LINES


@pytest.mark.parametrize(
    ("module", "source"),
    [
        pytest.param("analysis/x.py", "import time", id="the analysis asks a clock"),
        pytest.param("analysis/x.py", "def f():\n    import os.path", id="an import inside a function"),
        pytest.param("aim/x.py", "import datetime", id="the aiming asks a clock"),
        pytest.param("analysis/x.py", "from edge_valgus.store.writer import Store", id="a room to the right"),
        pytest.param("analysis/x.py", "from edge_valgus.models.find import find_model", id="analysis knows no models"),
        pytest.param("capture/x.py", "from edge_valgus import pose", id="a room as a name"),
        pytest.param("web/x.py", "import edge_valgus.service.device", id="a room that starts rooms"),
        pytest.param("live/x.py", "from ..web import app", id="a relative import"),
        pytest.param("frames.py", "from edge_valgus.capture.source import Source", id="shared file knows no room"),
    ],
)
def test_a_wrong_import_is_seen(module, source):
    assert len(wrong_imports(module, source)) == 1


@pytest.mark.parametrize("source", ["print(1)", "def f():\n    return open('x').read()"])
def test_an_io_call_is_seen(source):
    assert len(io_calls("analysis/x.py", source)) == 1
