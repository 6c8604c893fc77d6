"""Reading a TOML file into pydantic models so that all that is wrong with it is said at once, in plain words.

Nothing here knows what the settings mean: `config` declares them, this module reads them, explains them and writes the
commented default file.
"""

from __future__ import annotations

import difflib
import json
import re
import textwrap
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, Self, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic.fields import FieldInfo

from edge_valgus.errors import ConfigError, ConfigProblem

MAX_FILE_BYTES: Final = 1_000_000
COMMENT_WIDTH: Final = 100
_MAX_SHOWN_CHARS: Final = 80

Table = dict[str, Any]
Keys = tuple[str, ...]
ModelT = TypeVar("ModelT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two keys of one table that are fine alone and impossible together.

    says: what is expected of `key`; other_says: the same seen from `other`, for a file that sets only that one.
    """

    key: str
    other: str
    says: str
    other_says: str


class _ConflictsError(ValueError):
    def __init__(self, conflicts: tuple[Conflict, ...]) -> None:
        self.conflicts = conflicts
        super().__init__("; ".join(f"{conflict.key} {conflict.says}" for conflict in conflicts))


class Section(BaseModel):
    """A table of the file: unknown keys are errors, values are not converted, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    def conflicts(self) -> Iterator[Conflict]:
        """Yield what is impossible in combination. Overridden where there is such a thing."""
        yield from ()

    @model_validator(mode="after")
    def _has_no_conflicts(self) -> Self:
        if conflicts := tuple(self.conflicts()):
            raise _ConflictsError(conflicts)
        return self


class _FileProblem(ConfigProblem):
    """A problem with the file itself: `key` says where, or is empty; there is no value to show."""

    __slots__ = ()

    def __str__(self) -> str:
        return f"{self.key}: {self.expected}" if self.key else self.expected


def read_settings(path: Path, model: type[ModelT]) -> ModelT:
    """Read `path` (TOML, UTF-8) into `model`, a pydantic model whose fields are `Section`s.

    Raises ConfigError naming every problem of the file, in the file's order.
    """
    table = read_table(path)
    problems = find_problems(table, model)
    if problems:
        raise ConfigError(str(path), problems)
    return model.model_validate(table)


def read_sound_tables(path: Path, model: type[ModelT]) -> ModelT:
    """Read `path` into `model`, leaving out every table with a problem in it.

    Raises ConfigError only when there is no table to read at all: see `read_table`.
    """
    table = read_table(path)
    unsound = {problem.key.partition(".")[0] for problem in find_problems(table, model)}
    return model.model_validate(
        {name: table[name] for name in _sections(model) if name in table and name not in unsound}
    )


def read_table(path: Path) -> Table:
    """Read a TOML file. Raises ConfigError when it can't be read, is too big, not UTF-8 or not TOML."""
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise _unreadable(path, "", "is no ordinary file; give the path of a readable TOML file")
        with path.open("rb") as file:
            raw = file.read(MAX_FILE_BYTES + 1)
    except ConfigError:
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _unreadable(path, "", f"cannot be read ({reason}); give the path of a readable TOML file") from error
    if len(raw) > MAX_FILE_BYTES:
        raise _unreadable(path, "", f"is larger than {MAX_FILE_BYTES // 1000} kB; this is not a config file of ours")
    try:
        # Windows editors put a byte order mark in front, which TOML itself does not allow.
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _unreadable(path, f"line {line}", "is not UTF-8 text; save the file as UTF-8") from error
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise _unreadable(path, "", "is not usable TOML: its tables or lists are nested too deeply") from error
    except ValueError as error:  # TOMLDecodeError, or an int with thousands of digits
        where = re.search(r" \(at (line \d+, column \d+|end of document)\)$", str(error))
        message = str(error)[: where.start()] if where else str(error)
        raise _unreadable(path, where[1] if where else "", f"is not valid TOML: {message}") from error


def find_problems(table: Table, model: type[BaseModel]) -> tuple[ConfigProblem, ...]:
    """List everything that is wrong with `table`, in its own order. Empty if `model` accepts it."""
    try:
        model.model_validate(table)
    except ValidationError as error:
        first_pass = error.errors(include_url=False)
    else:
        return ()
    bad: dict[Keys, ConfigProblem] = {}
    for detail in first_pass:
        keys = tuple(str(part) for part in detail["loc"])[:2]
        if not isinstance(detail.get("ctx", {}).get("error"), _ConflictsError):
            bad[keys] = ConfigProblem(_dotted(keys), _shown(_value_at(table, keys)), _expected(model, keys, table))
    found = list(bad.items())
    # pydantic looks for conflicts only in tables without other faults; the user wants to hear of all.
    found += _conflicts_in(_without(table, bad), model, set(bad))
    return tuple(problem for _, problem in sorted(found, key=lambda item: _position(table, item[0])))


def count_keys(table: Table) -> int:
    """How many keys the file sets, tables not counted."""
    return sum(len(value) if isinstance(value, dict) else 1 for value in table.values())


def allowed(field: FieldInfo) -> str:
    """What a key may be, in plain words: "a whole number from 0 to 27"."""
    kind = field.annotation
    if get_origin(kind) is Literal:
        *most, last = (str(choice) for choice in get_args(kind))
        return f"one of {', '.join([*most, last])}" if len(most) > 1 else f"{most[0]} or {last}"
    if kind is bool:
        return "true or false"
    low = next((item.ge for item in field.metadata if hasattr(item, "ge")), None)
    high = next((item.le for item in field.metadata if hasattr(item, "le")), None)
    if kind in (int, float):
        span = "" if low is None or high is None else f" from {low:g} to {high:g}"
        return f"{'a whole number' if kind is int else 'a number'}{span}"
    return "text in quotes, not empty"


def render_defaults(model: type[BaseModel], heading: str) -> str:
    """Write the default file: every key commented out, below its meaning, what is allowed and its default."""
    lines = _comment(heading)
    for name, section in _sections(model).items():
        lines += ["", "", *_comment((section.__doc__ or "").strip()), f"[{name}]"]
        for key, field in section.model_fields.items():
            lines += ["", *_comment(field.description or ""), *_comment(f"Allowed: {allowed(field)}.")]
            lines.append(f"#{key} = {_toml(field.default)}")
    return "\n".join(lines) + "\n"


def _unreadable(path: Path, where: str, message: str) -> ConfigError:
    return ConfigError(str(path), (_FileProblem(where, None, message),))


def _conflicts_in(table: Table, model: type[BaseModel], bad: set[Keys]) -> Iterator[tuple[Keys, ConfigProblem]]:
    try:
        model.model_validate(table)
    except ValidationError as error:
        details = error.errors(include_url=False)
    else:
        return
    for detail in details:
        section = str(detail["loc"][0])
        settings = table.get(section, {})
        for conflict in detail["ctx"]["error"].conflicts:
            if {(section, conflict.key), (section, conflict.other)} & bad:
                continue  # it was compared with the default that stands in for a faulty value
            own = conflict.key in settings
            keys = (section, conflict.key if own else conflict.other)
            says = conflict.says if own else conflict.other_says
            yield keys, ConfigProblem(_dotted(keys), _shown(_value_at(table, keys)), says)


def _expected(model: type[BaseModel], keys: Keys, table: Table) -> str:
    sections = _sections(model)
    section = sections.get(keys[0])
    if section is None:
        return _unknown(keys, sections, table)
    if len(keys) == 1:
        return f"must be a table: write [{keys[0]}] on a line of its own, and its keys below it"
    field = section.model_fields.get(keys[1])
    if field is None:
        return _unknown(keys, sections, table)
    quoted = isinstance(_value_at(table, keys), str) and field.annotation in (int, float, bool)
    return f"must be {allowed(field)}{', without quotes' if quoted else ''}"


def _unknown(keys: Keys, sections: dict[str, type[BaseModel]], table: Table) -> str:
    key = keys[-1]
    is_table = len(keys) == 1 and isinstance(table.get(key), dict)
    here = list(sections) if len(keys) == 1 else list(sections[keys[0]].model_fields)
    homes = [f"{name}.{key}" for name, section in sections.items() if key in section.model_fields]
    close = difflib.get_close_matches(key, here, n=1)
    what = "unknown table" if is_table else "unknown key"
    if homes and not is_table:
        return f"{what} here; did you mean {' or '.join(homes)}?"
    if close and (is_table or len(keys) > 1):
        return f"{what}; did you mean {close[0]}?"
    if len(keys) > 1:
        return f"{what}; [{keys[0]}] has {', '.join(here)}"
    return f"{what}; the tables are {', '.join(here)}"


def _sections(model: type[BaseModel]) -> dict[str, type[BaseModel]]:
    return {
        name: field.annotation
        for name, field in model.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    }


def _without(table: Table, bad: dict[Keys, ConfigProblem]) -> Table:
    whole = {keys[0] for keys in bad if len(keys) == 1}
    return {
        name: {key: value for key, value in content.items() if (name, key) not in bad}
        for name, content in table.items()
        if name not in whole
    }


def _value_at(table: Table, keys: Keys) -> object:
    value: Any = table
    for key in keys:
        value = value.get(key)
    return value


def _position(table: Table, keys: Keys) -> tuple[int, int]:
    section = table[keys[0]]
    inner = list(section).index(keys[1]) if len(keys) > 1 else -1
    return list(table).index(keys[0]), inner


def _dotted(keys: Keys) -> str:
    return ".".join(key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _clipped(json.dumps(key)) for key in keys)


def _shown(value: object) -> object:
    """Keep a message on one readable line, whatever stood in the file."""
    try:
        text = repr(value)
    except ValueError:
        return "a number with thousands of digits"
    return value if len(text) <= _MAX_SHOWN_CHARS else _clipped(text)


def _clipped(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN_CHARS else text[:_MAX_SHOWN_CHARS] + "…"


def _comment(text: str) -> list[str]:
    paragraphs = (textwrap.wrap(line, COMMENT_WIDTH - 2, break_on_hyphens=False) for line in text.splitlines())
    return [f"# {line}" if line else "#" for lines in paragraphs for line in lines or [""]]


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else json.dumps(value)
