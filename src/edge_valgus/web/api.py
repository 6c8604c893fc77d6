"""The page's data as JSON and CSV. An error is {"error": one line}, with the fitting status."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from itertools import chain, islice
from typing import Any, Final

from flask import Blueprint, Response, abort, jsonify, request

from edge_valgus.errors import StoreError
from edge_valgus.events import TRACE_COLUMNS
from edge_valgus.store.export import csv_lines
from edge_valgus.web.context import page, today
from edge_valgus.web.now import plain

MOST_DAYS: Final = 400
YEARS: Final = range(1971, 2200)
"""Years that a day may have: beyond them, arithmetic with time zones overflows."""

_ISO_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

blueprint = Blueprint("api", __name__)


def parse_day(text: str, what: str = "day") -> date:
    """Read YYYY-MM-DD; anything else is answered with 400."""
    day = None
    if _ISO_DAY.fullmatch(text) and int(text[:4]) in YEARS:
        with suppress(ValueError):  # 2025-02-30 looks right
            day = date.fromisoformat(text)
    if day is None:
        abort(400, f"{what} = {text[:40]!r} is not a day; write it as YYYY-MM-DD, for example {today().isoformat()}")
    return day


def parse_id(text: str, what: str) -> int:
    """Read a row's id; anything that can't be one is answered with 404, as a row that is not there is."""
    if not re.fullmatch(r"[0-9]{1,18}", text):
        abort(404, f"there is no {what} {text[:40]!r}; ids are whole numbers, /api/days and /api/sets list them")
    return int(text)


def as_json(value: Any) -> Any:
    """Rows as JSON types: dataclasses with their tempo, moments as ISO 8601, and null for what was not measured."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: as_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
        for tempo in ("descent_s", "ascent_s"):
            if hasattr(value, tempo):
                fields[tempo] = plain(round(getattr(value, tempo), 3))
        return fields
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return [as_json(item) for item in value]
    return plain(value)


@blueprint.get("/api/now")
def now() -> Response:
    """What is happening: `now` as it came from the camera process (null without one), `view` in the page's words."""
    here = page()
    return jsonify(
        camera_running=here.live.connected,
        now=plain(here.live.latest()[1]),
        view=here.now(),
        today=here.today.version(),
    )


@blueprint.get("/api/days")
def days() -> Response:
    """Days with sets, newest first."""
    limit = request.args.get("limit", "60")
    if not re.fullmatch(r"[0-9]{1,4}", limit) or not 1 <= int(limit) <= MOST_DAYS:
        abort(400, f"limit = {limit[:40]!r} is not a whole number from 1 to {MOST_DAYS}")
    return jsonify(days=as_json(page().reader.days(int(limit))))


@blueprint.get("/api/sets")
def sets() -> Response:
    """The sets of one day, newest first; today without `day`."""
    text = request.args.get("day")
    day = today() if text is None else parse_day(text)
    return jsonify(day=day.isoformat(), sets=as_json(page().reader.sets(day)))


@blueprint.get("/api/sets/<set_id>")
def one_set(set_id: str) -> Response:
    """One set with its reps."""
    detail = page().reader.set(parse_id(set_id, "set"))
    if detail is None:
        abort(404, f"there is no set {set_id}; /api/sets?day=YYYY-MM-DD lists a day's sets")
    return jsonify(as_json(detail))


@blueprint.get("/api/reps/<rep_id>/trace")
def trace(rep_id: str) -> Response:
    """A rep frame by frame: `columns` names what each row of `rows` holds."""
    found = page().reader.trace(parse_id(rep_id, "rep"))
    if found is None:
        abort(404, f"no frames are stored of a rep {rep_id}; /api/sets/<id> lists a set's reps")
    rows = [[None if cell != cell else round(cell, 4) for cell in row] for row in found.tolist()]  # noqa: PLR0124  NaN
    return jsonify(rep_id=int(rep_id), columns=TRACE_COLUMNS, rows=plain(rows))


@blueprint.get("/healthz")
def health() -> tuple[Response, int]:
    """200 when the database answers, 503 with the reason otherwise; and whether the camera process is alive."""
    here = page()
    newest = here.live.latest()[1] or {}
    state: dict[str, Any] = {
        "camera_running": here.live.connected,
        "camera_sending": here.live.connected and bool(newest),
        "fault": newest.get("fault"),
        "model": newest.get("model"),
        "watchers": here.watchers.taken,
    }
    try:
        return jsonify(ok=True, database=as_json(here.reader.health()), **state), 200
    except StoreError as error:
        return jsonify(ok=False, error=str(error), **state), 503


@blueprint.get("/export.csv")
def export() -> Response:
    """Every rep from day `from` to day `to` (both included, all by default) as CSV."""
    start = parse_day(request.args["from"], "from") if "from" in request.args else date(YEARS.start, 1, 1)
    end = parse_day(request.args["to"], "to") if "to" in request.args else date(YEARS.stop - 1, 12, 31)
    if start > end:
        abort(400, f"from = {start} is after to = {end}; swap them")
    response = Response(_begun(csv_lines(page().reader, start, end)), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="edge-valgus-{today().isoformat()}.csv"'
    return response


def _begun(lines: Iterator[str]) -> Iterator[str]:
    """Take the header and the first row now, so that a database that can't be read becomes an error, not half a file."""
    begun = tuple(islice(lines, 2))
    return chain(begun, lines)
