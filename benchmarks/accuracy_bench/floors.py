"""Below which a figure of the short run fails it. Set a little under what is measured, and raised as the device gets better."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from accuracy_bench.targets import Bound, least, most, written
from edge_valgus.config import MOVENET, PRACTICE

FLOORS: Final[tuple[Bound, ...]] = (
    # Few sets: wide, or chance decides.
    least("drawn", "exact_count", 0.80),
    least("drawn", "obo", 0.90),
    least("drawn", "knee_f1_yaw_le_10", 0.50),
    most("drawn", "false_flag_rate", 0.06),
    most("drawn", "bottom_error_ms_median", 33.4),
    most("drawn", "depth_mae", 0.10),
    least("drawn", "judged_share_yaw_le_10", 0.80),
    least("keypoints", "exact_count", 0.88),
    least("keypoints", "obo", 0.94),
    least("keypoints", "knee_f1_yaw_le_10", 0.85),
    least("keypoints", "knee_f1_yaw_10_20", 0.80),
    most("keypoints", "false_flag_rate", 0.03),
    most("keypoints", "latency_ms_median", 200),
    most("keypoints", "bottom_error_ms_median", 33.4),
    # Of eleven scenes, one of each activity.
    most("negatives", "ghosts", 6),
    least("real", "front_exact", 0.94),
    least("real", "front_obo", 1.0),
    most("real", "ghosts_without_squats", 0),
)

# The same device with the practice network, which sees drawn lifters better than MoveNet does. For six sets, in none of which
# a knee caves in before a camera straight ahead.
PRACTICE_FLOORS: Final[tuple[Bound, ...]] = (
    least("drawn", "exact_count", 0.80),
    least("drawn", "obo", 0.95),
    least("drawn", "knee_f1_yaw_10_20", 0.60),
    most("drawn", "false_flag_rate", 0.04),
    most("drawn", "bottom_error_ms_median", 33.4),
    most("drawn", "depth_mae", 0.07),
    least("drawn", "judged_share_yaw_le_10", 0.90),
    *(floor for floor in FLOORS if floor.suite == "keypoints"),
)


def below_floor(suites: Mapping[str, Mapping[str, Any]], model: str = MOVENET) -> list[str]:
    """One line for each figure, of the suites that were run, that is worse than its floor or was not measured.

    model: what has looked. Only the practice network has floors of its own.
    """
    floors = PRACTICE_FLOORS if model == PRACTICE else FLOORS
    lines = [f"{suite}: {model} has no floors" for suite in suites if suite not in {floor.suite for floor in floors}]
    for floor in floors:
        if floor.suite not in suites:
            continue
        found = suites[floor.suite].get(floor.figure)
        if not floor.holds(math.nan if found is None else found):
            sense = "least" if floor.at_least else "most"
            value = "nothing to measure it from" if found is None else written(floor.figure, found)
            lines.append(
                f"{floor.suite}: {floor.figure} = {value}: expected at {sense} {written(floor.figure, floor.limit)}"
            )
    return lines
