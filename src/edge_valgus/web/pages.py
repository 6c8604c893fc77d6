"""The pages for people: now, the days, a day, a set; and the files that they load."""

from __future__ import annotations

import logging
from datetime import date
from itertools import groupby
from typing import Final

import numpy as np
from flask import Blueprint, Response, abort, render_template, send_from_directory
from numpy.typing import NDArray

from edge_valgus.errors import StoreError
from edge_valgus.events import Valgus
from edge_valgus.store.rows import SetRow
from edge_valgus.web import stream
from edge_valgus.web.api import parse_day, parse_id
from edge_valgus.web.charts import NARROW, WIDE, TracedRep, rep_chart, set_chart
from edge_valgus.web.context import STATIC_DIR, page, today
from edge_valgus.web.now import model_notice, tagged_notice
from edge_valgus.web.rig import notice_of_set

MOST_DAYS: Final = 60

log = logging.getLogger(__name__)

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def now() -> str:
    """What is happening, and today's sets."""
    here = page()
    return render_template(
        "now.html",
        view=here.now(),
        notice=here.notice,
        count_depth=here.count_depth,
        heartbeat_s=stream.HEARTBEAT_S,
        **_day(today(), tolerate=True),
    )


@blueprint.get("/fragments/today")
def today_fragment() -> str:
    """Today's sets alone, for the page to put in place of its list."""
    return render_template("_sets.html", **_day(today(), tolerate=True))


@blueprint.get("/days/")
def days() -> str:
    """The days with sets."""
    rows = page().reader.days(MOST_DAYS)
    models = {model for row in rows for model in row.models}
    return render_template(
        "days.html", days=rows, today=today(), notice=page().notice, stored_notice=tagged_notice(models)
    )


@blueprint.get("/days/<text>")
def one_day(text: str) -> str:
    """The sets of one day."""
    day = parse_day(text)
    earlier, later = page().reader.neighbours(day)
    return render_template(
        "day.html",
        earlier=earlier,
        later=later,
        notice=page().notice,
        **_day(day),
    )


@blueprint.get("/sets/<set_id>")
def one_set(set_id: str) -> str:
    """One set: the depth curve, and every rep."""
    here = page()
    detail = here.reader.set(parse_id(set_id, "set"))
    if detail is None:
        abort(404, f"There is no set {set_id}. It may have been too old to keep; the days list what there is.")
    traced = [TracedRep(rep, _trace(rep.id)) for rep in detail.reps]
    return render_template(
        "set.html",
        detail=detail,
        set=detail.set,
        day=detail.set.started_at.date(),
        today=today(),
        charts=[set_chart(traced, here.count_depth, size) for size in (NARROW, WIDE)],
        reps=[(one.rep, rep_chart(one)) for one in traced],
        opened=next((rep.id for rep in detail.reps if rep.valgus not in {Valgus.NONE, Valgus.UNKNOWN}), None),
        notice=here.notice,
        stored_notice=model_notice(detail.model),
        rig_notice=notice_of_set(here.aim_file, detail, here.knee),
    )


@blueprint.get("/assets/<version>/<path:name>")
def asset(version: str, name: str) -> Response:
    """A file of the page. The version is part of the address, so that scripts import each other at the same one."""
    response = send_from_directory(STATIC_DIR, name)
    if version == page().assets:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@blueprint.get("/favicon.ico")
def favicon() -> Response:
    """The icon, for browsers that ask for it at the old address."""
    return send_from_directory(STATIC_DIR, "icon.svg")


def _trace(rep_id: int) -> NDArray[np.float32] | None:
    """A rep's frames; None also when they can't be read, because the rest of the set still can."""
    try:
        return page().reader.trace(rep_id)
    except StoreError as error:
        log.warning("Rep %d is shown without its curve: %s", rep_id, error)
        return None


def _day(day: date, *, tolerate: bool = False) -> dict[str, object]:
    """What _sets.html needs: the sets in sessions, newest first. tolerate: say why there are none instead of failing."""
    rows: tuple[SetRow, ...] = ()
    problem = None
    try:
        rows = page().reader.sets(day)
    except StoreError as error:
        if not tolerate:
            raise
        problem = str(error)
    sessions = [list(group) for _, group in groupby(rows, key=lambda row: row.session_id)]
    return {
        "day": day,
        "today": today(),
        "sessions": sessions,
        "problem": problem,
        "stored_notice": tagged_notice(row.model for row in rows),
        "sets_total": len(rows),
        "reps_total": sum(row.counted for row in rows),
    }
