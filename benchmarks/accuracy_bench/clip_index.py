"""Reads a folder's INDEX.json: which clips there are, and what is known about each.

INDEX.json is a list with one object for each clip. Fields beyond these are left alone:

    file       name of the video, within the folder. Required, each once.
    category   "front-squat", "single-leg-squat", "side-squat", "negative-lunge" (lunges, split squats) or "negative"
               (nobody squats). Required.
    reps       complete squat repetitions; 0 in the negatives. Required.
    rep_times  for each rep [start, bottom, end] in seconds of the clip, in order. Without it, reps are not matched one
               by one.
    valgus     for each rep "none", "left", "right", "both" (the person's own sides) or "uncertain" (not scored).
    certainty  how sure the count is, in words. The count is scored if this is missing, or begins with "certain" or
               "count certain"; "count fairly certain", "count uncertain …" and anything else is reported, not scored.
    duration_s length of the clip, to check rep_times against.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Final

from edge_valgus.errors import EdgeValgusError

INDEX_NAME: Final = "INDEX.json"
MOST: Final = 1e9  # no number of an index is larger
LONGEST_NAME: Final = 250  # bytes that a file's name may have
FRONT: Final = ("front-squat", "single-leg-squat")
SIDE: Final = ("side-squat",)
NEGATIVE: Final = ("negative-lunge", "negative")
CATEGORIES: Final = (*FRONT, *SIDE, *NEGATIVE)
UNCERTAIN: Final = "uncertain"
LABELS: Final = ("none", "left", "right", "both", UNCERTAIN)
END_SLACK_S: Final = 0.1  # a rep may seem to end a frame or two after the clip does

RepTimes = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class ClipProblem:
    """One thing wrong with one clip's entry."""

    clip: str
    field: str
    value: object
    expected: str

    def __str__(self) -> str:
        return f"{self.clip}: {self.field} = {_short(self.value)}: expected {self.expected}"


class ClipIndexError(EdgeValgusError, ValueError):
    """An INDEX.json can't be used. `problems` lists all that is wrong with its clips; empty if it can't be read at all."""

    exit_code = 2

    def __init__(self, path: Path, problems: tuple[ClipProblem, ...] = (), *, reason: str = "") -> None:
        self.path = path
        self.problems = problems
        super().__init__("\n".join(f"{path}: {problem}" for problem in (*problems, *([reason] if reason else []))))


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip and what is known of it. The fields are explained in the module's docstring.

    file: as in the index. path: to open. rep_times_s, valgus: None where the index has none.
    """

    file: str
    path: Path
    category: str
    reps: int
    rep_times_s: tuple[RepTimes, ...] | None = None
    valgus: tuple[str, ...] | None = None
    certainty: str = ""

    @property
    def count_is_certain(self) -> bool:
        """Whether the count is scored: in the negatives always, else by the rule of `certainty`."""
        words = self.certainty.strip().lower().removeprefix("count").split()
        return self.category in NEGATIVE or not words or words[0].rstrip(";,.:(") == "certain"


def read_clips(folder: Path) -> tuple[Clip, ...]:
    """The clips of a folder, in the order of its INDEX.json.

    Raises ClipIndexError naming every clip and field that is missing, of the wrong type or contradictory, all at once;
    or saying why the file as a whole can't be used.
    """
    path = folder / INDEX_NAME
    entries = _parse(path)
    problems: list[ClipProblem] = []
    clips, seen = [], dict[str, str]()
    for number, entry in enumerate(entries, 1):
        reader = _Entry(number, entry, folder)
        clip = reader.read()
        if clip is not None:
            first = seen.setdefault(os.path.normpath(clip.file), reader.name)
            if first != reader.name:
                reader.complain("file", clip.file, f"each file once, and it is {first} already; remove one")
            clips.append(clip)
        problems += reader.problems
    if problems:
        raise ClipIndexError(path, tuple(problems))
    return tuple(clips)


class _Fields(dict[str, Any]):
    """An object of the JSON that remembers which fields it had twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        names = [name for name, _ in pairs]
        self.repeated = sorted({name for name in names if names.count(name) > 1})


def _parse(path: Path) -> list[Any]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        reason = (
            "no such file: expected a folder with a list of its clips, each at least {file, category, reps}; write one"
        )
        raise ClipIndexError(path, reason=reason) from error
    except UnicodeDecodeError as error:
        raise ClipIndexError(path, reason=f"byte {error.start} is not UTF-8: save it as UTF-8 text") from error
    except OSError as error:
        reason = f"cannot be read ({error.strerror or error}): expected a readable file; check the name and its rights"
        raise ClipIndexError(path, reason=reason) from error
    try:
        entries = json.loads(text, object_pairs_hook=_Fields)
    except json.JSONDecodeError as error:
        reason = f"line {error.lineno}, column {error.colno}: not JSON ({error.msg}): correct it there"
        raise ClipIndexError(path, reason=reason) from error
    except (ValueError, RecursionError) as error:
        raise ClipIndexError(path, reason=f"not usable JSON ({error}): expected a list of clips") from error
    if not isinstance(entries, list) or not entries:
        found = "an empty list" if entries == [] else "one object" if isinstance(entries, dict) else _short(entries)
        raise ClipIndexError(path, reason=f"holds {found}: expected a list with one object for each clip")
    return entries


class _Entry:
    """One entry of the index: reads its fields and collects what is wrong with them."""

    def __init__(self, number: int, entry: Any, folder: Path) -> None:
        self._entry = entry
        self._folder = folder
        file = entry.get("file") if isinstance(entry, _Fields) else None
        self.name = (
            f"clip {number} ({file})" if isinstance(file, str) and file.isprintable() and file else f"clip {number}"
        )
        self.problems: list[ClipProblem] = []

    def complain(self, field: str, value: object, expected: str) -> None:
        """One more thing is wrong."""
        self.problems.append(ClipProblem(self.name, field, value, expected))

    def read(self) -> Clip | None:
        """The clip; None when it can't even be named. What is wrong is in `problems`."""
        if not isinstance(self._entry, _Fields):
            self.complain("entry", self._entry, "an object with at least file, category and reps")
            return None
        for field in self._entry.repeated:
            self.complain(field, self._entry[field], "each field once in a clip; remove the other")
        file = self._file()
        category = self._field("category", CATEGORIES.__contains__, "one of " + ", ".join(CATEGORIES), required=True)
        reps = self._field("reps", _is_count, "a whole number from 0", required=True)
        certainty = self._field("certainty", lambda value: isinstance(value, str), "text, or no such field")
        duration_s = self._field("duration_s", lambda value: _is_number(value) and value > 0, "seconds above 0")
        rep_times_s = self._rep_times(reps, duration_s)
        valgus = self._valgus(reps)
        if category in NEGATIVE and reps:
            self.complain("reps", reps, f"0, as the category is {category}; correct one of them")
        if self.problems and file is None:
            return None
        return Clip(
            file=file or "",
            path=self._folder / (file or ""),
            category=category or "",
            reps=reps or 0,
            rep_times_s=rep_times_s,
            valgus=valgus,
            certainty=certainty or "",
        )

    def _field(self, name: str, fits: Callable[[Any], bool], expected: str, *, required: bool = False) -> Any:
        """The field's value if it fits, else None. A field of null counts as missing."""
        value = self._entry.get(name)
        if value is None:
            if required:
                self.complain(name, "(missing)", expected)
            return None
        try:
            fitting = fits(value)
        except TypeError:  # a list where a word belongs
            fitting = False
        if not fitting:
            self.complain(name, value, expected)
            return None
        return value

    def _file(self) -> str | None:
        name = self._field(
            "file", lambda value: isinstance(value, str) and value != "", "the video's name", required=True
        )
        if name is None:
            return None
        if not name.isprintable():  # a line break would tear messages and tables apart
            self.complain("file", name, "a name without line breaks and control characters; rename the video")
            return None
        # Whatever machine it was written on: neither an absolute path nor one that leads out.
        leaves = any(
            kind(name).is_absolute() or kind(name).anchor or ".." in kind(name).parts
            for kind in (PurePosixPath, PureWindowsPath)
        )
        if leaves:
            self.complain("file", name, "a name within the folder; move the video there")
            return None
        if len(name.encode()) > LONGEST_NAME or not (self._folder / name).is_file():
            self.complain("file", name, "a file that is there; add the video or remove the entry")
        return str(name)

    def _rep_times(self, reps: int | None, duration_s: float | None) -> tuple[RepTimes, ...] | None:
        times = self._field("rep_times", lambda value: isinstance(value, list), "a list of [start, bottom, end]")
        if times is None:
            return None
        self._same_number("rep_times", times, reps)
        last_s = 0.0
        for index, rep in enumerate(times):
            field = f"rep_times[{index}]"
            if not (isinstance(rep, list) and len(rep) == 3 and all(_is_number(time_s) for time_s in rep)):
                self.complain(field, rep, "[start, bottom, end] in seconds")
                return None
            start_s, bottom_s, end_s = rep
            if not (start_s <= bottom_s <= end_s and start_s < end_s):
                self.complain(field, rep, "start, bottom and end in this order")
            elif start_s < last_s:
                self.complain(field, rep, f"a start from {last_s:g} s on, where what comes before ends")
            if duration_s is not None and end_s > duration_s + END_SLACK_S:
                self.complain(field, rep, f"an end within the clip's duration_s, {duration_s:g} s")
            last_s = max(last_s, end_s)
        return tuple((float(start), float(bottom), float(end)) for start, bottom, end in times)

    def _valgus(self, reps: int | None) -> tuple[str, ...] | None:
        labels = self._field("valgus", lambda value: isinstance(value, list), "a list with one label for each rep")
        if labels is None:
            return None
        self._same_number("valgus", labels, reps)
        for index, label in enumerate(labels):
            if label not in LABELS:
                self.complain(f"valgus[{index}]", label, "one of " + ", ".join(LABELS))
        return tuple(str(label) for label in labels)

    def _same_number(self, field: str, values: list[Any], reps: int | None) -> None:
        if reps is not None and len(values) != reps:
            self.complain(field, f"{len(values)} entries", f"as many as reps, {reps}; correct one of them")


def _is_number(value: object) -> bool:
    # An integer may be too large for any float.
    return isinstance(value, int | float) and not isinstance(value, bool) and -MOST < value < MOST


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _short(value: object) -> str:
    # Some values are words about the value, not the value.
    text = value if isinstance(value, str) and (value == "(missing)" or value.endswith(" entries")) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
