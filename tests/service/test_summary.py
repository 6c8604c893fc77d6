"""What a run comes to, in one sentence."""

from __future__ import annotations

import pytest

from edge_valgus.events import Measures, Phase, Reading
from edge_valgus.service.sightings import Sighting
from edge_valgus.service.summary import Summary


@pytest.mark.parametrize("in_view", [True, False], ids=["somebody", "nobody"])
def test_a_video_without_anybody_says_so(in_view):
    summary = Summary("x.mp4", "none", "none")
    for index in range(3):
        reading = Reading(index / 10, Phase.STANDING, in_view, Measures(), None, False, False, 0, 0, 0)
        summary.take(Sighting(index / 10, None), (), reading)
    assert summary.as_dict()["frames"] == 3
    assert ("nobody was seen" in summary.headline()) is not in_view
