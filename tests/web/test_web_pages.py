import re
from dataclasses import replace
from datetime import date

import pytest

from edge_valgus.config import PRACTICE, PRACTICE_NOTICE
from edge_valgus.store.aim import StoredAim, write_aim
from edge_valgus.store.reader import StoreReader
from edge_valgus.web.app import create_app

PAGES = ("/", "/days/", "/fragments/today", "/api/days", "/healthz", "/nothing")


def text_of(response):
    return response.get_data(as_text=True)


def words_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text_of(response)))


RIG = StoredAim(
    at="2020-01-01T18:04:05+01:00", source="camera", model="movenet-lightning-int8", width_px=640, height_px=480,
    sem_left_pct=0.7, sem_right_pct=1.5, yaw_deg=2.0, roll_deg=0.0, lens_height_m=1.0, still_pct=0.5, squats=5,
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        pytest.param({}, True, id="aimed before"),
        pytest.param({"at": "2199-01-01T18:04:05+01:00"}, False, id="aimed afterwards"),
        pytest.param({"model": "other"}, False, id="another network"),
        pytest.param({"source": "camera 1"}, False, id="another camera"),
    ],
)
def test_a_set_says_which_change_was_certain(gym, live, tmp_path, changes, told):
    write_aim(tmp_path / "aim.json", replace(RIG, **changes))
    app = create_app(gym.reader, live, aim_file=tmp_path / "aim.json")
    assert ("are certain" in app.test_client().get(f"/sets/{gym.story_set}").text) == told


@pytest.mark.parametrize("content", [None, "{"], ids=["never aimed", "a bad file"])
def test_a_set_without_a_usable_aim_says_nothing_of_it(gym, live, tmp_path, content):
    if content is not None:
        (tmp_path / "aim.json").write_text(content)
    answer = create_app(gym.reader, live, aim_file=tmp_path / "aim.json").test_client().get(f"/sets/{gym.story_set}")
    assert answer.status_code == 200
    assert "are certain" not in answer.text


def test_now_shows_the_live_count_and_todays_sets(gym, box):
    box.show(counted=7, partial=1)
    page = words_of(create_app(gym.reader, box.client).test_client().get("/"))
    assert "Set 2: 7 reps, 1 partial" in page
    assert "2 sets · 8 reps" in page
    assert "left knee in: 2" in page
    assert "can’t judge: 1" in page
    assert "knees on track" in page


def test_now_says_when_the_camera_process_is_not_running(client):
    assert "Camera process not running" in words_of(client.get("/"))


def test_now_on_a_new_box_says_what_to_do(tmp_path, live):
    page = words_of(create_app(StoreReader(tmp_path / "none.db"), live).test_client().get("/"))
    assert "No sets yet today." in page
    assert "wait for the green light" in page


def test_days_of_a_new_box_say_what_to_do(tmp_path, live):
    page = words_of(create_app(StoreReader(tmp_path / "none.db"), live).test_client().get("/days/"))
    assert "Nothing stored yet." in page


def test_days_link_to_each_day(client, gym):
    page = text_of(client.get("/days/"))
    for day in (date.today().isoformat(), gym.old_day):  # noqa: DTZ011
        assert f'href="/days/{day}"' in page
        assert client.get(f"/days/{day}").status_code == 200


def test_a_day_links_to_its_neighbours(client, gym):
    today = date.today().isoformat()  # noqa: DTZ011
    assert f'rel="prev" href="/days/{gym.old_day}"' in text_of(client.get(f"/days/{today}"))
    assert f'rel="next" href="/days/{today}"' in text_of(client.get(f"/days/{gym.old_day}"))


def test_a_day_is_found_without_walking_through_all_the_others(gym, live, monkeypatch):
    monkeypatch.delattr(StoreReader, "days")
    page = create_app(gym.reader, live).test_client().get("/days/2020-01-01")
    assert f'rel="next" href="/days/{gym.old_day}"' in text_of(page)


def test_a_day_without_sets_leads_back(client):
    page = client.get("/days/2020-01-01")
    assert page.status_code == 200
    assert "No sets on this day." in words_of(page)


def test_a_set_shows_every_rep_and_its_charts(client, gym):
    page = client.get(f"/sets/{gym.story_set}")
    words = words_of(page)
    assert text_of(page).count('role="row"') == 1 + 6
    assert text_of(page).count("depth-chart") == 2
    assert text_of(page).count("rep-chart") == 6
    for verdict in ("on track", "left caved in", "right caved in", "both caved in", "can't judge"):
        assert verdict in words.replace("&#39;", "'")
    assert "+6.0\u00a0%" in text_of(page)
    assert "1.9\u00a0s" in text_of(page)


def test_a_set_going_on_says_so(gym, live, more_reps):
    with gym.writing() as store:
        set_id, _ = more_reps(store, gym.session_id, 3, gym.today_s + 400, ({},), ended=False)
    page = words_of(create_app(gym.reader, live).test_client().get(f"/sets/{set_id}"))
    assert "going on" in page


def test_a_set_without_reps_yet(gym, live, more_reps):
    with gym.writing() as store:
        set_id, _ = more_reps(store, gym.session_id, 3, gym.today_s + 400, (), ended=False)
    page = create_app(gym.reader, live).test_client().get(f"/sets/{set_id}")
    assert page.status_code == 200
    assert "No reps in this set yet." in words_of(page)


def test_ids_are_unique_in_a_set_page(client, gym):
    ids = re.findall(r'\bid="([^"]+)"', text_of(client.get(f"/sets/{gym.story_set}")))
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("address", "status"),
    [
        pytest.param("/sets/99999", 404, id="unknown set"),
        pytest.param("/sets/abc", 404, id="a word as id"),
        pytest.param("/sets/99999999999999999999999", 404, id="a huge id"),
        pytest.param("/days/2025-13-01", 400, id="a thirteenth month"),
        pytest.param("/days/today", 400, id="a word as day"),
        pytest.param("/nowhere", 404, id="unknown page"),
    ],
)
def test_what_is_not_there_gets_a_page_that_leads_back(client, address, status):
    response = client.get(address)
    assert response.status_code == status
    assert response.mimetype == "text/html"
    assert 'href="/days/"' in text_of(response)


def test_addresses_are_shown_escaped(client):
    for address in ("/sets/<script>alert(1)<script>", "/days/<img src=x>"):
        page = text_of(client.get(address))
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "&lt;" in page


def test_names_from_the_database_and_the_notice_are_shown_escaped(gym, live, more_reps):
    with gym.writing() as store:
        session = store.start_session(gym.today_s + 3600, source="<b>clip</b>.mp4", model="<i>m</i>")
        set_id, _ = more_reps(store, session, 1, gym.today_s + 3600, ({},))
    app = create_app(gym.reader, live, notice="<u>no model</u>").test_client()
    page = text_of(app.get(f"/sets/{set_id}"))
    assert "&lt;b&gt;clip&lt;/b&gt;.mp4" in page
    assert "&lt;u&gt;no model&lt;/u&gt;" in page
    assert not re.search(r"<u>|<i>m|<b>clip", page)


def test_the_notice_is_in_the_footer_of_every_page(gym, live):
    app = create_app(gym.reader, live, notice="No model ran.").test_client()
    for address in ("/", "/days/", f"/sets/{gym.story_set}", f"/days/{gym.old_day}"):
        assert "No model ran." in words_of(app.get(address))


def test_the_footer_says_that_another_model_ran(gym, box):
    box.show(model="blobs")
    assert "“blobs”, not from MoveNet" in words_of(create_app(gym.reader, box.client).test_client().get("/"))


def test_what_the_practice_network_saw_is_marked_and_explained_on_every_page(gym, box, more_reps):
    with gym.writing() as store:
        session = store.start_session(gym.today_s + 3600, source="drawn lifter", model=PRACTICE)
        set_id, _ = more_reps(store, session, 1, gym.today_s + 3600, ({},))
    client = create_app(gym.reader, box.client).test_client()
    day = gym.reader.sets(date.today())[0].started_at.date()  # noqa: DTZ011
    tagged = f"Tagged “practice”: {PRACTICE_NOTICE[0].lower()}{PRACTICE_NOTICE[1:]}."
    for address in ("/", "/days/", f"/days/{day}"):
        page = text_of(client.get(address))
        assert page.count('<span class="tag practice">') == 1, address
        assert f">{tagged}</p>" in page, address
    assert PRACTICE_NOTICE in words_of(client.get(f"/sets/{set_id}"))
    for address in (f"/sets/{gym.plain_set}", f"/days/{gym.old_day}"):
        assert "practice" not in words_of(client.get(address))
    box.show(model=PRACTICE)
    assert f">{PRACTICE_NOTICE}.</p>" in text_of(client.get("/"))


def test_no_page_speaks_of_injury_or_diagnosis(client, gym):
    for address in ("/", "/days/", f"/sets/{gym.story_set}"):
        assert not re.search(r"injur|diagnos|risk|patient", words_of(client.get(address)), re.IGNORECASE)


def test_the_pages_need_nothing_from_elsewhere(client, gym):
    for address in ("/", "/days/", f"/sets/{gym.story_set}"):
        page = text_of(client.get(address))
        assert not re.search(r'(?:src|href)="(?:https?:)?//', page)
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page)


@pytest.mark.parametrize("address", PAGES)
def test_headers(client, address):
    headers = client.get(address).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] in {"no-cache", "no-store"}


def test_assets_of_this_version_are_kept_for_good_and_others_are_not(client):
    addresses = re.findall(r'(?:src|href)="(/assets/[^"]+)"', text_of(client.get("/")))
    assert len(addresses) == 3
    for address in addresses:
        with client.get(address) as response:
            assert response.status_code == 200
            assert "immutable" in response.headers["Cache-Control"]
        with client.get("/assets/0123/" + address.split("/")[-1]) as stale:
            assert stale.headers["Cache-Control"] == "no-cache"


def test_scripts_import_only_what_is_there(client):
    version = re.search(r"/assets/(\w+)/", text_of(client.get("/"))).group(1)
    with client.get(f"/assets/{version}/now.js") as script:
        names = re.findall(r'from "\./([\w.]+)"', text_of(script))
    assert names
    for name in names:
        with client.get(f"/assets/{version}/{name}") as response:
            assert response.status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "QUERY"])
def test_nothing_but_get_and_head_exists(tmp_path, live, method):
    app = create_app(StoreReader(tmp_path / "none.db"), live).test_client()
    for address in ("/", "/api/now", "/sets/1", "/api/stream", "/export.csv", "/nowhere", "/assets/x/page.css"):
        response = app.open(address, method=method)
        assert response.status_code == 405
        assert response.headers["Allow"] == "GET, HEAD"


def test_a_database_that_is_none_leaves_the_live_page_up(tmp_path, live):
    path = tmp_path / "letter.db"
    path.write_bytes(b"Dear Sir or Madam, " * 500)
    app = create_app(StoreReader(path), live).test_client()
    page = app.get("/")
    assert page.status_code == 200
    assert "The stored sets can’t be read." in words_of(page)
    assert app.get("/days/").status_code == 503
    assert str(path) in words_of(app.get("/days/"))


def test_a_broken_trace_costs_its_curve_and_not_the_set(gym, live, tmp_path):
    import sqlite3

    db = sqlite3.connect(gym.path)
    with db:
        db.execute("UPDATE reps SET trace = ? WHERE id = ?", (b"torn", gym.story_reps[0]))
    db.close()
    page = create_app(gym.reader, live).test_client().get(f"/sets/{gym.story_set}")
    assert page.status_code == 200
    assert text_of(page).count("rep-chart") == 5
    assert "No frames were kept of this rep." in words_of(page)
