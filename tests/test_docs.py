"""What the documents say of the code is so."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from edge_valgus import events
from edge_valgus.cli import COMMANDS
from edge_valgus.config import Config
from edge_valgus.events import NAN, TRACE_COLUMNS, Doubt, Measures, Phase, Reading, Rep, RepCounted, Valgus
from edge_valgus.service.sightings import Sighting
from edge_valgus.service.summary import Summary

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/*.md", "firmware/**/*.md", "models/*.md")
    for path in ROOT.glob(pattern)
)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)#]+)[^)]*\)")
CODE_BLOCK = re.compile(r"```json\n(.*?)```", re.DOTALL)


def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(name):
    targets = [target for target in LINK.findall(text_of(name)) if "://" not in target]
    assert [target for target in targets if not (ROOT / name).parent.joinpath(target).exists()] == []


def rep():
    trace = np.zeros((1, len(TRACE_COLUMNS)), np.float32)
    return Rep(1, True, 2.1, 3.4, 4.6, 0.93, Valgus.NONE, 0, 1, 1, *[NAN] * 7, trace)


def test_the_example_of_the_result_has_the_fields_of_a_result():
    example = json.loads(CODE_BLOCK.findall(text_of("docs/json.md"))[0])
    summary = Summary("clip.mp4", "some-model", "litert")
    reading = Reading(4.6, Phase.STANDING, True, Measures(), None, False, False, 1, 1, 0)
    summary.take(Sighting(4.6, None, None), (RepCounted(4.6, rep()),), reading)
    result = json.loads(json.dumps(summary.as_dict(), allow_nan=False))
    assert list(example) == list(result)
    assert list(example["reps"][0]) == list(result["reps"][0])


def test_every_event_is_described():
    described = set(re.findall(r"`([A-Z]\w+)`", text_of("docs/json.md")))
    assert described == {kind.__name__ for kind in events.Event.__args__}


def test_every_measure_and_every_doubt_is_described():
    described = text_of("docs/measures.md")
    missing = [name for name in Measures.__dataclass_fields__ if f"`{name}`" not in described]
    assert missing + [doubt for doubt in Doubt if f"| {doubt} |" not in described] == []


@pytest.mark.parametrize(
    ("section", "key"),
    [
        ("count", "min_depth"),
        ("count", "rest_s"),
        ("count", "session_gap_min"),
        ("knee", "from_depth"),
        ("knee", "min_duration_ms"),
    ],
)
def test_defaults_in_the_measures_are_the_settings_defaults(section, key):
    default = f"{getattr(getattr(Config(), section), key):g}"
    assert re.search(rf"`{section}\.{key}` \({re.escape(default)}\b", text_of("docs/measures.md"))


def test_the_readme_names_every_command():
    assert set(re.findall(r"\| `edge-valgus ([a-z]+)", text_of("README.md"))) == set(COMMANDS)


def test_the_documents_agree_on_how_far_away_the_camera_stands():
    said = re.search(r"(\d[\d.]*) m away \((\d[\d.]*) m with the wide camera\)", text_of("README.md")).groups()
    guide = dict(
        re.findall(
            r"^\| (Camera Module 3(?: Wide)?) \|.*\| (\d[\d.]*) m, up to \d m \|$",
            text_of("firmware/mounting.md"),
            re.MULTILINE,
        )
    )
    assert said == (guide["Camera Module 3"], guide["Camera Module 3 Wide"])
    drawn = set(re.findall(r">(\d[\d.]*) m<", text_of("firmware/mounting.svg").partition("From above")[0]))
    assert set(said) <= drawn


def test_the_wiring_is_the_default_wiring():
    lights = Config().lights
    wired = dict(re.findall(r"^\| ([^|]+) \| (\d+) \| \d+ \|", text_of("firmware/README.md"), re.MULTILINE))
    assert wired == {
        "green": str(lights.green_pin),
        "amber": str(lights.amber_pin),
        "red, left knee": str(lights.red_left_pin),
        "red, right knee": str(lights.red_right_pin),
        "buzzer (`buzzer_pin = 24`)": "24",
        "button (`button_pin = 25`)": "25",
    }
