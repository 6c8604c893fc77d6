"""What is wrong with the mounting is named, and what to do about it; nothing flickers."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from aim_samples import WELL, aimed, drawn, seen

from edge_valgus.aim import Aimer, Check, Stage
from edge_valgus.aim.guide import Guide
from edge_valgus.aim.posture import Posture
from edge_valgus.capture.drawn import Body, CameraView

GOOD = Posture(
    leg_px=200.0, tall_px=380.0, below=0.3, above=0.2, aside=0.0, hips_low=0.0, roll_deg=0.0, yaw_deg=0.0, shoulders=0.6, score=0.7
)  # fmt: skip
SIZE_PX = (640, 480)


def first_advice(view, **how):
    """What is said last, of somebody who stands there for three seconds."""
    course = aimed(seen(drawn(view), until_s=3.0, **how))
    return course.last.headline


@pytest.mark.parametrize(
    ("view", "advice"),
    [
        pytest.param(replace(WELL, distance_m=1.5), "Step back", id="too near"),
        pytest.param(replace(WELL, distance_m=6.5), "Come nearer", id="too far"),
        pytest.param(replace(WELL, roll_deg=6.0), "Lift the box on your left", id="turned clockwise, as the box sees it"),
        pytest.param(replace(WELL, roll_deg=-6.0), "Lift the box on your right", id="turned the other way"),
        pytest.param(replace(WELL, sideways_m=0.7), "Turn the box to your right", id="the lifter is left in the picture"),
        pytest.param(replace(WELL, sideways_m=-0.7), "Turn the box to your left", id="the lifter is right in the picture"),
        pytest.param(replace(WELL, height_m=1.6, pitch_deg=-2.0, focal_heights=0.8), "Lower the box", id="lens too high"),
        pytest.param(replace(WELL, height_m=0.3, pitch_deg=2.0, focal_heights=0.8), "Raise the box", id="lens too low"),
        pytest.param(replace(WELL, pitch_deg=6.0), "Lower the box", id="feet cut off"),
        pytest.param(replace(WELL, pitch_deg=-10.0), "Raise the box", id="head cut off"),
        pytest.param(replace(WELL, yaw_deg=28.0), "Move the box to your right", id="round to the lifter's left"),
        pytest.param(replace(WELL, yaw_deg=-28.0), "Move the box to your left", id="round to the lifter's right"),
        pytest.param(replace(WELL, yaw_deg=60.0), "Face the box", id="from the side"),
    ],
)  # fmt: skip
def test_the_guide_names_what_is_wrong(view, advice):
    assert first_advice(view) == advice


@pytest.mark.parametrize("height_m", [1.55, 1.75, 1.95])
@pytest.mark.parametrize("yaw_deg", [-5.0, 0.0, 5.0])
@pytest.mark.parametrize("roll_deg", [-1.5, 0.0, 1.5])
def test_a_well_mounted_box_is_let_pass(height_m, yaw_deg, roll_deg):
    view = replace(WELL, yaw_deg=yaw_deg, roll_deg=roll_deg)
    course = aimed(seen(drawn(view, body=Body(height_m=height_m)), until_s=4.0))
    assert course.stages == [Stage.PLACE, Stage.STILL]


@pytest.mark.parametrize("height_m", [1.6, 1.8, 1.9])
@pytest.mark.parametrize(("sees_deg", "distance_m"), [(41, 3.0), (41, 4.0), (67, 2.0), (49, 2.5)])
def test_where_the_mounting_guide_puts_each_camera_it_is_let_pass(sees_deg, distance_m, height_m):
    focal_heights = 0.5 / math.tan(math.radians(sees_deg / 2))
    view = CameraView(height_m=1.0, distance_m=distance_m, pitch_deg=0.0, focal_heights=focal_heights)
    course = aimed(seen(drawn(view, body=Body(height_m=height_m)), until_s=4.0))
    assert course.stages == [Stage.PLACE, Stage.STILL], course.said


def test_dim_legs_ask_for_light():
    assert first_advice(WELL, score=0.3) == "More light"


def test_nobody_in_view_leaves_the_other_checks_open():
    status = Aimer().see(0.0, None)
    assert status.headline == "Step into view"
    assert [finding.right for finding in status.findings] == [False] + [None] * (len(Check) - 1)


def test_the_words_are_the_lifters_left_and_right():
    # The camera round to the lifter's left: the lifter has to move it to the own right.
    for headline, yaw_deg in (("Move the box to your right", 20.0), ("Move the box to your left", -20.0)):
        guide = Guide()
        for step in range(30):
            guide.see(replace(GOOD, yaw_deg=yaw_deg), SIZE_PX, step / 20)
        assert guide.next_step.headline == headline


@pytest.mark.parametrize(
    ("name", "wavers", "calm"),
    [
        pytest.param("roll_deg", (2.5, 3.5), False, id="level, around the limit"),
        pytest.param("hips_low", (0.40, 0.50), False, id="height"),
        pytest.param("aside", (0.15, 0.19), False, id="middle"),
        pytest.param("roll_deg", (1.0, 2.9), True, id="always within"),
    ],
)
def test_advice_does_not_flicker(name, wavers, calm):
    """A value that wavers around a limit every few frames changes the advice once at most."""
    guide, said = Guide(), []
    for step in range(400):
        posture = replace(GOOD, **{name: wavers[(step // 14) % 2]})
        guide.see(posture, SIZE_PX, step / 20)
        now = guide.next_step and guide.next_step.check
        if not said or said[-1] != now:
            said.append(now)
    changes = [one for one in said if one is not Check.IN_VIEW]
    assert len(changes) <= (1 if calm else 2)


def test_what_matters_most_comes_first():
    guide = Guide()
    for step in range(30):
        guide.see(replace(GOOD, roll_deg=8.0, tall_px=150.0, score=0.1), SIZE_PX, step / 20)
    assert [finding.check for finding in guide.findings if not finding.right] == [
        Check.DISTANCE,
        Check.LEVEL,
        Check.LIGHT,
    ]
    assert guide.next_step.check is Check.DISTANCE


def test_portrait_pictures_are_asked_the_same():
    view = CameraView(height_m=1.0, distance_m=2.9, pitch_deg=-1.0, focal_heights=1.05)
    from edge_valgus.capture.drawn import DrawnLifter

    lifter = DrawnLifter(drawn(view).script, size_px=(480, 640), fps=20.0)
    assert aimed(seen(lifter, until_s=4.0)).stages == [Stage.PLACE, Stage.STILL]
