import csv
import io
import json
import math
from datetime import date

import pytest

from edge_valgus.events import NAN, TRACE_COLUMNS, Measures
from edge_valgus.store.reader import StoreReader
from edge_valgus.web.app import create_app


def strict(response):
    """Parse as a browser does, which knows no NaN."""

    def refuse(constant):
        raise AssertionError(f"{constant} in JSON")

    return json.loads(response.get_data(as_text=True), parse_constant=refuse)


def test_sets_of_today_newest_first(client, gym):
    body = strict(client.get("/api/sets"))
    assert body["day"] == date.today().isoformat()  # noqa: DTZ011
    assert [row["id"] for row in body["sets"]] == [gym.plain_set, gym.story_set]
    story = body["sets"][1]
    assert (story["counted"], story["partial"]) == (5, 1)
    assert (story["flagged_left_reps"], story["flagged_right_reps"], story["unknown_reps"]) == (2, 2, 1)


def test_sets_of_another_day(client, gym):
    body = strict(client.get(f"/api/sets?day={gym.old_day}"))
    assert [row["counted"] for row in body["sets"]] == [2]
    assert strict(client.get("/api/sets?day=2001-01-01"))["sets"] == []


def test_days_newest_first(client, gym):
    days = strict(client.get("/api/days"))["days"]
    assert [row["day"] for row in days] == [date.today().isoformat(), gym.old_day]  # noqa: DTZ011
    assert len(strict(client.get("/api/days?limit=1"))["days"]) == 1


def test_a_set_has_its_reps_and_null_where_nothing_was_measured(client, gym):
    body = strict(client.get(f"/api/sets/{gym.story_set}"))
    assert [rep["valgus"] for rep in body["reps"]] == ["none", "left", "none", "both", "unknown", "right"]
    unjudged = body["reps"][4]
    assert unjudged["peak_mkd_left_pct"] is None
    assert unjudged["min_kasr"] is None
    assert body["reps"][0]["descent_s"] == pytest.approx(1.9)
    assert body["model"] == "movenet-lightning-int8"


def test_a_trace_keeps_its_gaps(client, gym):
    stored = gym.reader.trace(gym.story_reps[1])
    body = strict(client.get(f"/api/reps/{gym.story_reps[1]}/trace"))
    assert tuple(body["columns"]) == TRACE_COLUMNS
    assert len(body["rows"]) == len(stored)
    for sent, kept in zip(body["rows"], stored.tolist(), strict=True):
        for cell, value in zip(sent, kept, strict=True):
            assert cell is None if math.isnan(value) else cell == pytest.approx(value, abs=1e-4)


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        pytest.param("/api/sets?day=yesterday", 400, "'yesterday' is not a day; write it as YYYY-MM-DD", id="a word"),
        pytest.param("/api/sets?day=2025-02-30", 400, "2025-02-30", id="a day that February never had"),
        pytest.param("/api/sets?day=20250301", 400, "YYYY-MM-DD", id="a day without dashes"),
        pytest.param("/api/sets?day=0001-01-01", 400, "0001-01-01", id="a day before time zones"),
        pytest.param("/api/sets?day=9999-12-31", 400, "9999-12-31", id="a day past the end"),
        pytest.param("/api/sets?day=", 400, "''", id="an empty day"),
        pytest.param("/api/sets?day=٢٠٢٥-٠٣-٠١", 400, "is not a day", id="digits of another script"),
        pytest.param("/api/days?limit=0", 400, "limit = '0'", id="no days"),
        pytest.param("/api/days?limit=1e9", 400, "limit", id="too many days"),
        pytest.param("/api/sets/99999", 404, "there is no set 99999", id="an unknown set"),
        pytest.param("/api/sets/-1", 404, "no set '-1'", id="a negative id"),
        pytest.param("/api/sets/9223372036854775808", 404, "no set", id="an id beyond 64 bits"),
        pytest.param("/api/sets/1%20OR%201=1", 404, "no set", id="an id with SQL"),
        pytest.param("/api/reps/99999/trace", 404, "rep 99999", id="an unknown rep"),
        pytest.param("/api/nothing", 404, "", id="an unknown address"),
        pytest.param(
            "/export.csv?from=2025-03-02&to=2025-03-01", 400, "swap them", id="an export that ends before it begins"
        ),
        pytest.param("/export.csv?from=x", 400, "from = 'x'", id="an export from nowhere"),
    ],
)
def test_what_cannot_be_answered_says_why_in_json(client, address, status, said):
    response = client.get(address)
    assert response.status_code == status
    error = strict(response)["error"]
    assert said in error
    assert "\n" not in error


def test_now_without_a_camera_process(client):
    body = strict(client.get("/api/now"))
    assert body["camera_running"] is False
    assert body["now"] is None
    assert body["view"]["state"] == "stopped"


def test_now_is_the_newest_snapshot(gym, box):
    box.show(counted=7, measures=Measures(depth=NAN, kasr=0.9))
    body = strict(create_app(gym.reader, box.client).test_client().get("/api/now"))
    assert body["camera_running"] is True
    assert body["now"]["set"]["counted"] == 7
    assert body["now"]["measures"]["depth"] is None
    assert body["view"]["set"]["counted"] == 7
    assert len(body["view"]["skeleton"]["xy"]) == 17


def test_healthz_with_everything_up(gym, box):
    box.show()
    response = create_app(gym.reader, box.client).test_client().get("/healthz")
    assert response.status_code == 200
    body = strict(response)
    assert body["ok"] is True
    assert body["camera_running"] is True
    assert body["model"] == "movenet-lightning-int8"
    assert body["database"]["reps"] == 11


def test_healthz_tells_a_broken_database_from_a_stopped_camera(tmp_path, live):
    path = tmp_path / "letter.db"
    path.write_bytes(b"Dear Sir or Madam, " * 500)
    response = create_app(StoreReader(path), live).test_client().get("/healthz")
    assert response.status_code == 503
    body = strict(response)
    assert body["ok"] is False
    assert str(path) in body["error"]
    assert body["camera_running"] is False


def test_export_has_every_rep_once(client):
    response = client.get("/export.csv")
    assert response.mimetype == "text/csv"
    assert "attachment" in response.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(response.get_data(as_text=True), newline="")))
    assert len(rows) == 11
    assert "nan" not in response.get_data(as_text=True).lower()


def test_export_of_one_day(client, gym):
    text = client.get(f"/export.csv?from={gym.old_day}&to={gym.old_day}").get_data(as_text=True)
    assert len(text.strip().splitlines()) == 1 + 2


def test_a_broken_database_exports_an_error_and_not_half_a_file(tmp_path, live):
    path = tmp_path / "letter.db"
    path.write_bytes(b"Dear Sir or Madam, " * 500)
    response = create_app(StoreReader(path), live).test_client().get("/export.csv")
    assert response.status_code == 503
    assert str(path) in strict(response)["error"]


def test_head_of_the_stream_takes_no_place(gym, live):
    app = create_app(gym.reader, live, watchers=1)
    for _ in range(3):
        assert app.test_client().head("/api/stream").status_code == 200
    assert strict(app.test_client().get("/healthz"))["watchers"] == 0
