"""The page in a real browser: what no look at the HTML can tell."""

from __future__ import annotations

import time
from contextlib import ExitStack
from http.client import HTTPConnection

import pytest

from edge_valgus.aim import AimStatus, Check, Finding, Stage
from edge_valgus.config import PRACTICE, PRACTICE_NOTICE
from edge_valgus.events import Doubt, Phase
from edge_valgus.feedback.pattern import LampState
from edge_valgus.store.aim import StoredAim
from edge_valgus.web import stream
from edge_valgus.web.app import create_app

pytestmark = pytest.mark.browser

PHONE, DESKTOP = (390, 844), (1280, 800)
RIG = StoredAim(
    at="2026-11-26T18:04:05+01:00", source="camera 0", model="m", width_px=640, height_px=480, sem_left_pct=0.7, sem_right_pct=1.5,
    yaw_deg=2.0, roll_deg=0.0, lens_height_m=1.0, still_pct=0.5, squats=5,
)  # fmt: skip
SIZES = pytest.mark.parametrize("size", [PHONE, DESKTOP, (320, 640)], ids=["phone", "desktop", "small phone"])


def resize(browser, size):
    width, height = size
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500},
    )


def text(browser, selector):
    return browser.execute_script("return document.querySelector(arguments[0])?.textContent.trim()", selector)


def wait_until(condition, within_s=8.0):
    end_s = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end_s, "it did not happen in time"
        time.sleep(0.05)


def assert_quiet(browser):
    assert browser.get_log("browser") == []


def sideways_px(browser):
    return browser.execute_script("return document.documentElement.scrollWidth - innerWidth")


@pytest.fixture
def page(gym, box, serve_app):
    box.show(counted=3, last_rep=None)
    with serve_app(create_app(gym.reader, box.client, watchers=3)) as server:
        yield server.url


def test_the_count_goes_up_without_reload(browser, page, box, rep):
    browser.get(page)
    browser.execute_script("window.sameDocument = true")
    wait_until(lambda: text(browser, "[data-show=count]") == "3")
    box.show(counted=4, last_rep=rep(4, left=6.0), phase=Phase.STANDING)
    wait_until(lambda: text(browser, "[data-show=count]") == "4")
    assert text(browser, "[data-show=spoken]") == "Set 2: 4 reps"
    assert text(browser, "[data-show=last-title]") == "Rep 4"
    assert text(browser, "[data-show=last-knees]") == "left caved in"
    assert browser.execute_script("return window.sameDocument")
    assert_quiet(browser)


def test_todays_list_grows_when_a_set_is_stored(browser, page, gym, more_reps):
    browser.get(page)
    wait_until(lambda: text(browser, "[data-show=link]") == "Live")
    assert browser.execute_script("return document.querySelectorAll('.card').length") == 2
    with gym.writing() as store:
        more_reps(store, gym.session_id, 3, gym.today_s + 400, ({}, {}), ended=False)
    wait_until(lambda: browser.execute_script("return document.querySelectorAll('.card').length") == 3)
    assert "going on" in text(browser, ".card")
    assert_quiet(browser)


def test_the_lamps_are_the_boxs_lights(browser, page, box):
    browser.get(page)
    box.show(flagged_right=True, lights=LampState(green=True, red_right=True), phase=Phase.ASCENT)
    lamps = "return Object.fromEntries([...document.querySelectorAll('[data-lamp]')].map(l => [l.dataset.lamp, l.dataset.on]))"
    expected = {"green": "yes", "amber": "no", "red_left": "no", "red_right": "yes"}
    wait_until(lambda: browser.execute_script(lamps) == expected)
    assert text(browser, "[data-show=headline]") == "Right knee caving in"


def test_the_skeleton_is_a_mirror_with_left_on_the_left(browser, page, box):
    browser.get(page)
    box.show(flagged_left=True, phase=Phase.ASCENT)
    wait_until(lambda: browser.execute_script("return document.querySelector('#figure').dataset.left") == "in")
    xs = browser.execute_script(
        "return ['left', 'right'].map(s => Number(document.querySelector(`.knee.${s}`).getAttribute('cx')))"
    )
    labels = browser.execute_script(
        "return ['left', 'right'].map(s => Number(document.querySelector(`#side-${s}`).getAttribute('x')))"
    )
    assert xs[0] < xs[1]
    assert labels[0] < labels[1]
    assert_quiet(browser)


def test_it_says_step_into_view_and_comes_back(browser, page, box):
    browser.get(page)
    box.show(in_view=False, pose=None, phase=Phase.AWAY)
    wait_until(lambda: text(browser, "[data-show=headline]") == "Step into view")
    assert browser.execute_script("return getComputedStyle(document.querySelector('.ghost')).display") != "none"
    box.show(doubt=Doubt.TURNED)
    wait_until(lambda: text(browser, "[data-show=headline]") == "Can't judge: turned away")
    assert browser.execute_script("return getComputedStyle(document.querySelector('.ghost')).display") == "none"


def aim_status(stage, headline, *, wrong=(), squats=0):
    hint = "Stand where you will squat, 2 to 4 m in front of the box, and face it. The whole body has to be in the picture."
    return AimStatus(stage, headline, hint, tuple(Finding(check, check not in wrong) for check in Check), squats=squats)


@SIZES
def test_it_guides_the_aiming_in_big_words(browser, page, box, size):
    resize(browser, size)
    box.show(
        aim=aim_status(Stage.PLACE, "Move the box to your right", wrong=[Check.FACING]), lights=LampState(amber=True)
    )
    browser.get(page)
    wait_until(lambda: text(browser, "[data-show=aim-headline]") == "Move the box to your right")
    look = "return document.querySelector('#stage').dataset.aim"
    assert browser.execute_script(look) == "wrong"
    assert browser.execute_script("return document.querySelectorAll('.aim-checks [data-right=no]').length") == 1
    words_px, bottom_px, wide = browser.execute_script(
        "const h = document.querySelector('.aim-headline'); return [parseFloat(getComputedStyle(h).fontSize),"
        "document.querySelector('.aim-hint').getBoundingClientRect().bottom, h.scrollWidth - h.clientWidth]"
    )
    assert words_px >= 38, "to be read at arm's length"
    assert bottom_px < size[1], "without scrolling"
    assert wide <= 0
    assert sideways_px(browser) <= 0
    assert browser.execute_script("return getComputedStyle(document.querySelector('.tally')).display") == "none"
    box.show(aim=aim_status(Stage.SQUAT, "Squat 3 more", squats=2), lights=LampState(green=True))
    wait_until(lambda: browser.execute_script(look) == "squat")
    assert browser.execute_script("return document.querySelectorAll('.aim-squats [data-taken=yes]').length") == 2
    assert text(browser, "[data-show=aim-spoken]") == "2 of 5"
    box.show(rig=RIG)
    wait_until(lambda: text(browser, "[data-show=headline]") == "Ready")
    assert "are certain" in text(browser, "[data-show=rig]")
    assert browser.execute_script("return getComputedStyle(document.querySelector('.aim')).display") == "none"
    assert sideways_px(browser) <= 0
    assert_quiet(browser)


def test_without_javascript_the_aiming_is_there_too(box, gym):
    box.show(aim=aim_status(Stage.SQUAT, "Squat 3 more", squats=2))
    html = create_app(gym.reader, box.client).test_client().get("/").text
    assert 'data-aim="squat"' in html
    assert html.count('data-taken="yes"') == 2
    assert "Squat 3 more" in html


def test_the_footer_tells_of_the_practice_network_while_it_sees(browser, page, box):
    browser.get(page)
    wait_until(lambda: text(browser, "[data-show=link]") == "Live")
    shown = "return !document.getElementById('notice').hidden"
    assert not browser.execute_script(shown)
    box.show(model=PRACTICE)
    wait_until(lambda: text(browser, "#notice") == f"{PRACTICE_NOTICE}.")
    assert browser.execute_script(shown)
    box.show()
    wait_until(lambda: not browser.execute_script(shown))


def test_one_browser_too_many_asks_instead(browser, page, box):
    port = int(page.rsplit(":", 1)[1])
    with ExitStack() as stack:
        for _ in range(3):
            other = HTTPConnection("127.0.0.1", port, timeout=5)
            other.request("GET", "/api/stream")
            answer = other.getresponse()
            stack.callback(other.close)
            stack.callback(answer.close)
            assert answer.status == 200
        browser.get(page)
        wait_until(lambda: text(browser, "[data-show=link]") == "Live, once a second")
        box.show(counted=9)
        wait_until(lambda: text(browser, "[data-show=count]") == "9")
        asked = "return performance.getEntriesByType('resource').filter(e => e.name.endsWith('/api/stream')).length"
        assert browser.execute_script(asked) <= 2


def test_a_box_that_goes_away_is_noticed_and_so_is_its_return(browser, gym, box, serve_app):
    box.show(counted=3)
    with serve_app(create_app(gym.reader, box.client)) as server:
        browser.get(server.url)
        wait_until(lambda: text(browser, "[data-show=link]") == "Live")
        port = server.port
    wait_until(lambda: text(browser, "[data-show=headline]") == "No connection to the box")
    with serve_app(create_app(gym.reader, box.client), port):
        wait_until(lambda: text(browser, "[data-show=link]") == "Live")
        wait_until(lambda: text(browser, "[data-show=headline]") == "Ready")


def test_a_stream_that_fell_silent_is_not_taken_for_live(browser, gym, live, serve_app, monkeypatch):
    monkeypatch.setattr(stream, "HEARTBEAT_S", 0.5)
    with serve_app(create_app(gym.reader, live)) as server:
        browser.get(server.url)
        wait_until(lambda: text(browser, "[data-show=link]") == "Live")
        monkeypatch.setattr(stream, "HEARTBEAT_S", 1000.0)
        wait_until(lambda: text(browser, "[data-show=link]") == "Live, once a second")


def test_the_link_of_a_rep_opens_its_curve(browser, page, gym):
    browser.get(f"{page}/sets/{gym.story_set}#rep-{gym.story_reps[5]}")
    opened = "return [...document.querySelectorAll('details[open]')].map(d => d.id)"
    wait_until(lambda: f"rep-{gym.story_reps[5]}" in browser.execute_script(opened))
    assert_quiet(browser)


@SIZES
def test_every_page_fits_its_width(browser, page, gym, box, size):
    resize(browser, size)
    box.show(counted=188, partial=12, doubt=Doubt.OUTSIDE)
    for address in ("/", f"/sets/{gym.story_set}", "/days/", f"/days/{gym.old_day}", "/nowhere"):
        browser.get(page + address)
        if address == "/":
            wait_until(lambda: text(browser, "[data-show=count]") == "188")
            wide = browser.execute_script(
                "const c = document.querySelector('[data-show=count]'); return c.offsetWidth - c.parentElement.offsetWidth"
            )
            assert wide <= 0
        assert sideways_px(browser) <= 0, address
        if address == "/nowhere":
            browser.get_log("browser")  # a 404 is logged by the browser itself
        else:
            assert_quiet(browser)


@SIZES
def test_a_set_shows_one_depth_chart_of_its_width(browser, page, gym, size):
    resize(browser, size)
    browser.get(f"{page}/sets/{gym.story_set}")
    seen = browser.execute_script(
        "return [...document.querySelectorAll('.depth-chart')].map(c => c.getBoundingClientRect()).filter(b => b.width > 0)"
        ".map(b => [b.width, b.height, b.right])"
    )
    assert len(seen) == 1
    width, height, right = seen[0]
    assert width > 0.8 * min(size[0], 1240)
    assert height > 150
    assert right <= size[0]


def test_nothing_moves_when_the_state_changes(browser, page, box, rep):
    resize(browser, PHONE)
    browser.get(page)
    top = "return document.querySelector('#today').getBoundingClientRect().top"
    tops = set()
    for changes in (
        {"counted": 1},
        {
            "counted": 12,
            "partial": 3,
            "last_rep": rep(12, left=6.0, right=6.0),
            "flagged_left": True,
            "flagged_right": True,
        },
        {"doubt": Doubt.OUTSIDE, "counted": 13},
        {"in_view": False, "pose": None, "counted": 14},
    ):
        box.show(**changes)
        wait_until(lambda wanted=changes["counted"]: text(browser, "[data-show=count]") == str(wanted))
        tops.add(round(browser.execute_script(top)))
    assert len(tops) == 1


def test_the_keyboard_reaches_a_set(browser, page):
    from selenium.webdriver import ActionChains, Keys

    browser.get(page)
    wait_until(lambda: text(browser, "[data-show=link]") == "Live")
    for _ in range(8):
        ActionChains(browser).send_keys(Keys.TAB).perform()
        if "card" in browser.execute_script("return document.activeElement.className"):
            break
    outline = browser.execute_script("return getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    ActionChains(browser).send_keys(Keys.ENTER).perform()
    wait_until(lambda: "/sets/" in browser.current_url)
