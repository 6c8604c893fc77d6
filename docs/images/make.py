"""Takes the README's pictures: the demonstration's page in Chromium, and a frame of an annotated drawn set.

    EDGE_VALGUS_MODEL_DIR=… python docs/images/make.py

Needs Chromium, its driver and MoveNet's weights.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image
from selenium import webdriver
from selenium.webdriver.chrome.options import Options

from edge_valgus.analysis import Analyser
from edge_valgus.capture.drawn import DrawnLifter
from edge_valgus.config import MOVENET, Config
from edge_valgus.models.find import find_model
from edge_valgus.pose import KeypointModel, PoseTracker
from edge_valgus.service.demo import lifters
from edge_valgus.service.overlay import Overlay
from edge_valgus.service.sightings import tracked

HERE = Path(__file__).parent
PORT = 8907
PHONE, DESKTOP = (390, 844), (1280, 800)


def main() -> None:
    command = [sys.executable, "-m", "edge_valgus", "demo", "--sets", "3", "--port", str(PORT), "--model", MOVENET]
    with tempfile.TemporaryFile() as nothing:
        demo = subprocess.Popen(command, stdout=nothing)
        try:
            take_pages()
        finally:
            demo.terminate()
            demo.wait(timeout=20)
    take_frame()


def take_pages() -> None:
    phone, desktop = browser(*PHONE, dark=True), browser(*DESKTOP, dark=False)
    try:
        # In the second set: today's list shows the first, and a knee is flagged at the bottom of the third rep.
        wait_for(lambda now: now["set"]["number"] == 2 and any(now["flagged"].values()))
        for driver, name in ((phone, "phone"), (desktop, "desktop")):
            driver.save_screenshot(str(HERE / f"{name}.png"))
        for driver, name in ((phone, "phone-set"), (desktop, "desktop-set")):
            newest = ask("/api/sets")["sets"][-1]["id"]
            driver.get(f"http://127.0.0.1:{PORT}/sets/{newest}")
            time.sleep(1.0)
            driver.save_screenshot(str(HERE / f"{name}.png"))
    finally:
        phone.quit()
        desktop.quit()


def browser(width: int, height: int, *, dark: bool) -> webdriver.Chrome:
    options = Options()
    for argument in ("--headless=new", "--no-sandbox", "--hide-scrollbars", f"--window-size={width},{height}"):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500},
    )
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    wait_for(lambda _: True)
    driver.get(f"http://127.0.0.1:{PORT}/")
    return driver


def wait_for(condition: Callable[[dict[str, Any]], bool], limit_s: float = 240.0) -> None:
    end_s = time.monotonic() + limit_s
    while time.monotonic() < end_s:
        try:
            now = ask("/api/now")["now"]
        except OSError:
            now = None
        if now is not None and condition(now):
            return
        time.sleep(0.05)
    raise SystemExit("the page never showed what was waited for")


def ask(path: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"http://127.0.0.1:{PORT}{path}", timeout=5) as answer:
        return json.load(answer)


def take_frame() -> None:
    config = Config()
    network = KeypointModel(find_model(MOVENET).path)
    lifter: DrawnLifter = next(lifters(0, 5))
    analyser, overlay = Analyser(config), Overlay(lifter.size_px, config.count.min_depth)
    for sighting in tracked(lifter, PoseTracker(network, config.zone)):
        analyser.update(sighting.time_s, sighting.pose)
        reading = analyser.reading
        if reading.flagged_left or reading.flagged_right:
            picture: Image.Image = overlay.draw(
                sighting.frame.image, sighting.pose, reading, reading.counted, reading.partial
            )
            picture.save(HERE / "annotated.png", optimize=True)
            return


if __name__ == "__main__":
    main()
