"""The page as a Flask application: what it is made of, its headers, its errors."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

from flask import Flask, Response, abort, jsonify, make_response, render_template, request
from flask.json.provider import DefaultJSONProvider
from werkzeug.exceptions import HTTPException

from edge_valgus.config import PRACTICE, KneeConfig
from edge_valgus.errors import StoreError
from edge_valgus.live.client import LiveClient
from edge_valgus.store.reader import StoreReader
from edge_valgus.web import api, hosts, pages, stream, words
from edge_valgus.web.context import EXTENSION, Page, Today, Watchers, assets_version, page

METHODS: Final = ("GET", "HEAD")

_POLICY: Final = (
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'; "
    "img-src 'self'; script-src 'self'; style-src 'self'"
)

log = logging.getLogger(__name__)


class _Json(DefaultJSONProvider):
    sort_keys = False  # the order in which they were written reads best
    compact = True


def create_app(
    reader: StoreReader,
    live: LiveClient,
    *,
    notice: str | None = None,
    watchers: int = 16,
    count_depth: float = 0.5,
    knee: KneeConfig | None = None,
    aim_file: Path | None = None,
) -> Flask:
    """Make the page.

    notice: a line for the footer, such as that no model ran; None lets the live feed's model name decide.
    watchers: how many browsers may hold an event stream at once.
    count_depth: the depth from which on a rep counts (min_depth in [count]), drawn into the charts.
    knee: the settings of the knee flag, None for the defaults. aim_file: what aiming measured, None if the page is not to say.
    """
    app = Flask(__name__, static_folder=None, template_folder=str(Path(__file__).with_name("templates")))
    app.extensions[EXTENSION] = Page(
        reader=reader,
        live=live,
        notice=notice,
        count_depth=count_depth,
        knee=knee or KneeConfig(),
        aim_file=aim_file,
        watchers=Watchers(watchers),
        today=Today(reader),
        assets=assets_version(),
    )
    app.json = _Json(app)
    app.url_map.merge_slashes = False  # an address with a doubled slash is a wrong one, not one to redirect
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    for filter_name in ("seconds", "percent", "displacement", "ratio", "degrees", "count", "clock", "weekday"):
        app.jinja_env.filters[filter_name] = getattr(words, filter_name)
    app.jinja_env.globals.update(knees=words.KNEES, practice=PRACTICE, assets=app.extensions[EXTENSION].assets)
    app.before_request(_only_known_hosts)
    app.before_request(_only_reading)
    app.after_request(_headers)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(StoreError, _store_error)
    app.register_error_handler(Exception, _bug)
    for blueprint in (pages.blueprint, api.blueprint, stream.blueprint):
        app.register_blueprint(blueprint)
    return app


def _only_known_hosts() -> Response | None:
    host = request.environ.get("HTTP_HOST", "")
    if hosts.is_known(host, page().also_known_as):
        return None
    return _error(421, "Another address, please", hosts.advice(host, request.environ["SERVER_PORT"]))


def _only_reading() -> None:
    # Before routing, so that OPTIONS, which Flask would answer by itself, and unknown addresses get the same answer.
    if request.method not in METHODS:
        abort(405)


def _headers(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers.setdefault("Cache-Control", "no-cache")
    return response


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if error.response is not None:
        return make_response(error.response)
    response = _error(status, error.name, error.description or error.name)
    if status == 405:
        response.headers["Allow"] = ", ".join(METHODS)
    return response


def _store_error(error: StoreError) -> Response:
    return _error(503, "The stored sets can't be read", str(error))


def _bug(error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    return _error(500, "Something went wrong", "The page has a fault. The box's log (journalctl) has the details.")


def _error(status: int, title: str, message: str) -> Response:
    if status == 405:
        message = f"{request.method} is not served: this page only shows; {' and '.join(METHODS)} exist."
    if request.path.startswith("/api/") or request.path in {"/healthz", "/export.csv"}:
        response = jsonify(error=message)
    else:
        response = make_response(render_template("error.html", title=title, message=message))
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response
