"""What is no squat: each movement beside a squat that comes near it."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from edge_valgus.analysis.flexion import Flexion
from edge_valgus.analysis.movements import Course, objection_to

SQUAT = Course(
    deepest=1.0,
    depth=0.9,
    trunk_before=0.6,
    trunk_deep=0.45,
    shin_kept=0.95,
    flexion=Flexion(hip_deg=112.0, knee_deg=100.0),
    trunk_after=0.6,
    hands_seen_share=1.0,
    hands_below_knees=-0.4,
    hands_over_shoulders=-0.1,
    hands_rise=0.05,
    knee_down_share=0.0,
    kneeling_share=0.0,
    rear_knee_drop=0.0,
    feet_apart=0.03,
    feet_apart_deep=0.03,
    feet_apart_change=0.05,
    feet_apart_change_deep=0.04,
    feet_lifted=(0.02, 0.02),
    feet_moved=(0.02, 0.03),
    feet_spread_change=0.05,
    floor_change=0.03,
)
HANGING = {"hands_over_shoulders": -0.6, "hands_below_knees": 0.0}
HANGING_DOWN = {"hands_over_shoulders": -0.65, "hands_below_knees": 0.05}
REACHING = {"hands_over_shoulders": -0.47, "hands_below_knees": 0.01}
UNSEEN = {
    "hands_over_shoulders": math.nan,
    "hands_below_knees": math.nan,
    "hands_rise": math.nan,
    "hands_seen_share": 0.0,
}


def shallow(depth: float, **changes: object) -> Course:
    return course(deepest=depth + 0.05, depth=depth, **changes)


def course(**changes: object) -> Course:
    return replace(SQUAT, **changes)


def bend(bend_deg: float, knee_deg: float = 80.0, **changes: object) -> Course:
    """The hips flex by so much more than the knees."""
    return course(flexion=Flexion(hip_deg=knee_deg + bend_deg, knee_deg=knee_deg), **changes)


def seen(trunk_kept: float, shin_kept: float, **changes: object) -> Course:
    """A trunk and shins that seem so much shorter than before."""
    trunk_deg, shin_deg = (math.degrees(math.acos(kept)) for kept in (trunk_kept, shin_kept))
    return bend(trunk_deg - shin_deg, trunk_deep=trunk_kept * SQUAT.trunk_before, shin_kept=shin_kept, **changes)


@pytest.mark.parametrize(
    "squat",
    [
        pytest.param(course(), id="to parallel"),
        pytest.param(course(**UNSEEN), id="hands out of sight"),
        pytest.param(bend(39.0, **UNSEEN), id="leaning far, hands out of sight"),
        pytest.param(course(trunk_deep=0.43 * 0.6, **UNSEEN), id="a short trunk, hands out of sight"),
        pytest.param(bend(35.0, **HANGING), id="arms that hang"),
        pytest.param(bend(39.0, **HANGING_DOWN), id="arms that hang straight down, leaning far"),
        pytest.param(bend(36.0, hands_over_shoulders=-0.7, hands_below_knees=0.26), id="dumbbells at the sides, deep"),
        pytest.param(bend(48.0, hands_over_shoulders=-0.41, hands_below_knees=0.0), id="hands at the knees, leaning far"),
        pytest.param(bend(57.9, hands_below_knees=-0.2), id="hands over the knees, leaning further"),
        pytest.param(bend(59.0, hands_below_knees=-0.4, depth=0.39), id="leaning far under a bar"),
        pytest.param(bend(45.0, hands_seen_share=0.56, hands_below_knees=0.0), id="leaning far, hands seen often enough"),
        pytest.param(bend(45.0, hands_over_shoulders=-0.61, hands_below_knees=0.0), id="leaning far, arms not quite straight down"),
        pytest.param(course(depth=0.69, trunk_deep=0.39 * 0.6, **REACHING), id="hands under the knees, trunk up"),
        pytest.param(course(depth=0.71, trunk_deep=0.37 * 0.6, **REACHING), id="hands under the knees, hips low"),
        pytest.param(course(depth=0.69, trunk_deep=0.37 * 0.6, **REACHING | {"hands_below_knees": -0.01}), id="hands over the knees"),
        pytest.param(course(depth=0.69, trunk_deep=0.37 * 0.6, **REACHING | {"hands_over_shoulders": -0.45}), id="hands not far down"),
        pytest.param(course(trunk_deep=0.9), id="somebody's trunk in front"),
        pytest.param(seen(0.16, 0.69), id="leaning far under a bar, seen from high above"),
        pytest.param(bend(69.0, depth=0.41, hands_below_knees=-0.5), id="leaning far under a bar, hips well down, as MoveNet sees it"),
        pytest.param(bend(25.0, knee_deg=57.0, depth=0.31), id="shallow, leaning"),
        pytest.param(bend(25.0, knee_deg=50.0, depth=0.33), id="leaning, knees that seem straighter than they are"),
        pytest.param(bend(19.5, knee_deg=45.0, depth=0.3), id="shallow, upright"),
        pytest.param(course(trunk_deep=0.26, trunk_after=0.35), id="a quick one, whose trunk comes up last"),
        pytest.param(
            shallow(0.46, trunk_deep=0.45, feet_apart=0.26, feet_apart_deep=0.26, rear_knee_drop=0.07, knee_down_share=0.43),
            id="on one leg, the free knee low",
        ),
        pytest.param(course(feet_apart=0.16, feet_apart_deep=0.16), id="seen from the side"),
        pytest.param(course(feet_apart=0.03, rear_knee_drop=0.1), id="knees at different heights over feet side by side"),
        pytest.param(course(feet_apart_change=0.3, feet_apart_change_deep=0.3), id="ankles badly seen where deep"),
        pytest.param(
            shallow(0.5, feet_apart_deep=0.35, feet_apart_change=0.4, feet_lifted=(0.0, 0.0), feet_moved=(0.36, 0.02), trunk_deep=0.42),
            id="a pistol squat",
        ),
        pytest.param(
            bend(25.0, knee_deg=50.0, depth=0.3, feet_apart=0.0, feet_apart_deep=0.19, feet_apart_change=0.15),
            id="on one leg, leaning far",
        ),
        pytest.param(
            bend(25.0, knee_deg=50.0, depth=0.3, feet_apart=0.19, feet_apart_deep=0.0, feet_apart_change=0.15, rear_knee_drop=-0.1),
            id="on one leg, leaning far, its foot lost where it is deep",
        ),
        pytest.param(course(hands_rise=0.5, hands_over_shoulders=0.0), id="arms lifted to the front"),
    ],
)  # fmt: skip
def test_a_squat_is_one(squat):
    assert objection_to(squat) is None


BENT = "bent over or lying down"


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        pytest.param(course(deepest=1.8), "deeper than a body can go", id="through the floor"),
        pytest.param(course(trunk_deep=0.9, shin_kept=1.3), "not the same body", id="something else"),
        pytest.param(course(trunk_deep=0.9, shin_kept=math.nan), "not the same body", id="something else without feet"),
        pytest.param(course(depth=1.1, trunk_deep=0.05, shin_kept=0.3), BENT, id="lying, hands up, shins along the floor"),
        pytest.param(course(trunk_deep=0.13, shin_kept=math.nan), BENT, id="lying, feet not seen"),
        pytest.param(course(trunk_deep=0.13, shin_kept=0.66), BENT, id="lying, shins not seen where they are"),
        pytest.param(course(trunk_deep=0.13, **UNSEEN), BENT, id="lying, hands out of sight"),
        pytest.param(course(trunk_deep=0.08), BENT, id="bent right over"),
        pytest.param(seen(0.05, 0.7, **HANGING), BENT, id="picking up, shins behind a plate"),
        pytest.param(bend(0.0, **HANGING_DOWN | {"hands_below_knees": 0.28}), BENT, id="hands at the floor"),
        pytest.param(course(depth=0.69, trunk_deep=0.37 * 0.6, **REACHING), BENT, id="a deadlift, shins badly seen"),
        pytest.param(bend(41.0, **UNSEEN), BENT, id="picking up, hands out of sight"),
        pytest.param(bend(20.0, trunk_deep=0.41 * 0.6, **UNSEEN), BENT, id="picking up, hands and legs badly seen"),
        pytest.param(bend(41.0, hands_seen_share=0.53), BENT, id="hands seen too seldom"),
        pytest.param(bend(41.0, **HANGING_DOWN), BENT, id="a deadlift, knees well bent"),
        pytest.param(bend(39.0, hands_over_shoulders=-0.61, hands_below_knees=0.24), BENT, id="a deadlift, hands near the floor"),
        pytest.param(bend(50.0, hands_over_shoulders=-0.4, hands_below_knees=0.0), BENT, id="bowing, hands on the knees"),
        pytest.param(bend(71.0, hands_below_knees=-0.6), BENT, id="bent further than any squat"),
        pytest.param(bend(61.0, depth=0.39), BENT, id="a good morning"),
        pytest.param(bend(59.0, hands_below_knees=-0.2), BENT, id="bowing, hands over the knees"),
        pytest.param(bend(21.0, knee_deg=55.0, depth=0.31), BENT, id="a shallow good morning"),
        pytest.param(
            bend(25.0, knee_deg=50.0, depth=0.3, feet_apart=0.17, feet_apart_deep=0.17, rear_knee_drop=-0.1),
            BENT,
            id="a shallow good morning, one foot set back",
        ),
        pytest.param(course(trunk_after=0.3), "did not stand up again", id="stays bent"),
        pytest.param(course(hands_rise=0.9, hands_over_shoulders=0.4), "a jump", id="a jumping jack's arms"),
        pytest.param(shallow(0.7, knee_down_share=0.55), "a lunge", id="a knee on the floor"),
        pytest.param(course(kneeling_share=0.6), "a lunge", id="kneeling"),
        pytest.param(shallow(0.6, feet_apart=0.13, rear_knee_drop=0.09), "a lunge", id="a knee lowered behind"),
        pytest.param(shallow(0.6, feet_apart=0.22, trunk_deep=0.5), "a lunge", id="astride, upright"),
        pytest.param(course(feet_apart=0.35), "a lunge", id="far astride"),
        pytest.param(course(feet_lifted=(0.25, 0.22)), "a lunge", id="a long step out and back"),
        pytest.param(
            shallow(0.4, feet_lifted=(0.15, 0.12), feet_moved=(0.2, 0.02), feet_apart_change=0.3, trunk_deep=0.57),
            "a lunge",
            id="a short step out and back",
        ),
        pytest.param(course(feet_apart_change=0.3, feet_moved=(0.02, 0.2)), "the feet moved", id="one step"),
        pytest.param(course(feet_moved=(0.3, 0.3)), "the feet moved", id="walked on"),
        pytest.param(course(feet_spread_change=0.6), "the feet moved", id="feet apart"),
        pytest.param(course(floor_change=0.4), "the feet moved", id="rose from the floor"),
        pytest.param(course(feet_apart_change_deep=0.6), "the feet moved", id="feet not seen where they stand"),
        pytest.param(course(trunk_deep=0.59, feet_moved=(0.15, 0.15), feet_spread_change=0.35), "a jump", id="landed"),
    ],
)  # fmt: skip
def test_something_else_is_told(other, reason):
    assert objection_to(other) == reason
