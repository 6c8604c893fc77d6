import re
from pathlib import Path

import pytest

from edge_valgus import web

SHEET = (Path(web.__file__).parent / "static" / "page.css").read_text(encoding="utf-8")
_ROOTS = re.findall(r":root \{(.*?)\}", SHEET, re.DOTALL)
LIGHT = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", _ROOTS[0]))
DARK = LIGHT | dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", _ROOTS[1]))

WORDS = (
    *(
        (ink, ground)
        for ink in ("ink", "soft", "link", "good", "red", "left", "right")
        for ground in ("panel", "ground")
    ),
    ("red-ink", "red"),
    ("amber-ink", "amber"),
    ("box-ink", "box"),
    *(("panel", chip) for chip in ("left", "right", "good", "soft")),
)


def luminance(colour):
    digits = colour.lstrip("#")
    digits = digits if len(digits) == 6 else "".join(2 * digit for digit in digits)
    shares = [int(digits[index : index + 2], 16) / 255 for index in (0, 2, 4)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), WORDS, ids=lambda name: name)
def test_words_reach_the_contrast_of_wcag_aa(palette, ink, ground):
    bright, dim = sorted((luminance(palette[ink]), luminance(palette[ground])), reverse=True)
    assert (bright + 0.05) / (dim + 0.05) >= 4.5


def test_the_style_sheet_asks_for_nothing_elsewhere():
    assert not re.search(r"url\(|@import|@font-face", SHEET)
