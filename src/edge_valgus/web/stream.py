"""The event stream: what happens, pushed to the browsers that watch.

Events: `now` (what `now.describe` returns) whenever a new snapshot came, at most 12 times per second; `today` (a version)
when today's list has changed and is worth fetching again; `beat` when nothing else was sent for `HEARTBEAT_S`. By
writing, the server notices a browser that went away; by silence, the browser a server that did.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Final

from flask import Blueprint, Response, jsonify, request

from edge_valgus.web.context import Page, page

MIN_INTERVAL_S: Final = 1 / 12
"""Fast enough for an eye on a skeleton, slow enough for 16 phones on a Pi."""

HEARTBEAT_S: Final = 2.0
RETRY_AFTER_S: Final = 10

blueprint = Blueprint("stream", __name__)


@blueprint.get("/api/stream")
def stream() -> Response:
    """The live state as server-sent events; 503 with Retry-After when all places are taken."""
    here = page()
    if request.method == "HEAD":  # a place is for whoever stays
        return Response(mimetype="text/event-stream")
    if not here.watchers.take():
        refusal = jsonify(
            error=f"{here.watchers.places} browsers are watching live already, which is the most this page serves "
            "(watchers in [web]); ask /api/now instead, or try again later"
        )
        refusal.status_code = 503
        refusal.headers["Retry-After"] = str(RETRY_AFTER_S)
        return refusal
    response = Response(_events(here), mimetype="text/event-stream")
    # Not in the generator's finally: a generator that never started has none.
    response.call_on_close(here.watchers.leave)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _events(here: Page) -> Iterator[str]:
    sequence, sent_s, last, version = -1, 0.0, "", ""
    yield "retry: 3000\n\n"
    while not here.stopping.is_set():
        newest = here.today.version()
        if newest != version:
            version, sent_s = newest, time.monotonic()
            yield f'event: today\ndata: {{"version": "{version}"}}\n\n'
        now = json.dumps(here.now(), separators=(",", ":"), allow_nan=False)
        if now != last:
            last, sent_s = now, time.monotonic()
            yield f"event: now\ndata: {now}\n\n"
        elif time.monotonic() - sent_s >= HEARTBEAT_S:
            sent_s = time.monotonic()
            yield "event: beat\ndata: {}\n\n"
        here.stopping.wait(MIN_INTERVAL_S)
        # Sleeps until something new comes, but wakes in time for the heartbeat and for a feed that fell silent.
        sequence = here.live.wait(sequence, 0.5)[0]
