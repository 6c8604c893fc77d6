"""The guide before pictures: the shipped network through the real tracker, in the picture's own ways of being wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest
from aim_samples import WELL, aimed, drawn

from edge_valgus.aim import Stage
from edge_valgus.capture.drawn import DrawnLifter
from edge_valgus.pose import KeypointModel, PoseTracker
from edge_valgus.service.sightings import tracked

SECONDS = 3.2
FPS = 10.0


@pytest.fixture(scope="module")
def network(practice_path):
    return KeypointModel(practice_path, verified=True)


def seen(view, network):
    lifter = DrawnLifter(drawn(view).script, fps=FPS)
    for sighting in tracked(lifter, PoseTracker(network)):
        if sighting.time_s > SECONDS:
            return
        yield sighting.time_s, sighting.pose


@pytest.mark.slow
@pytest.mark.parametrize(
    ("view", "advice"),
    [
        pytest.param(replace(WELL, roll_deg=6.0), "Lift the box on your left", id="tilted"),
        pytest.param(replace(WELL, roll_deg=-6.0), "Lift the box on your right", id="tilted the other way"),
        pytest.param(replace(WELL, distance_m=1.55), "Step back", id="too near"),
        pytest.param(replace(WELL, distance_m=6.5), "Come nearer", id="too far"),
        pytest.param(replace(WELL, sideways_m=0.75), "Turn the box to your right", id="left in the picture"),
        pytest.param(replace(WELL, height_m=1.6, pitch_deg=-2.0, focal_heights=0.8), "Lower the box", id="too high"),
        pytest.param(replace(WELL, height_m=0.3, pitch_deg=2.0, focal_heights=0.8), "Raise the box", id="too low"),
        pytest.param(replace(WELL, pitch_deg=6.5), "Lower the box", id="no floor below the feet"),
        pytest.param(replace(WELL, pitch_deg=-11.0), "Raise the box", id="no room above the head"),
    ],
)
def test_the_guide_names_what_is_wrong_in_a_picture(view, advice, network):
    assert aimed(seen(view, network)).last.headline == advice


@pytest.mark.parametrize("yaw_deg", [-6.0, 0.0, 6.0])
def test_a_well_mounted_box_is_let_pass(yaw_deg, network):
    assert aimed(seen(replace(WELL, yaw_deg=yaw_deg), network)).stages[-1] is Stage.STILL
