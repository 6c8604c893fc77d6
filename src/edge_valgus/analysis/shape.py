"""Remembers how a body moved, and says what it did between leaving the top and being back (`Course`).

Whether that was a squat is said by `movements`.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Final

from edge_valgus.analysis.body import Body
from edge_valgus.analysis.flexion import LEAST_SHOWN, Heights, flexion_of, heights_of
from edge_valgus.analysis.movements import Course, objection_to
from edge_valgus.events import Side

DEEP_SHARE: Final = 0.7  # of the deepest reading: frames above it are "deep"
EDGE_SHARE: Final = 0.1  # of the frames: the first and the last ones
FEET_SCORE: Final = 0.4  # from here on a leg is well seen
MIN_FRAMES: Final = 6  # well seen ones; fewer don't show a movement
KNEELING_KNEE: Final = 0.2  # one knee lower than the other by this, in leg lengths …
KNEELING_SHANK: Final = 0.32  # … with its own shank this short in the picture: kneeling down on it
LOW_KNEE: Final = 0.22  # a knee this near the floor, in leg lengths, is about on it, …
ONE_KNEE: Final = 0.1  # … if the other one is higher by this over its foot: seen from above, both are low in a squat …
BOTH_KNEES: Final = 0.15  # … or if it is as near as this
HIDDEN_SHARE: Final = (
    1 / 6
)  # of the deep frames, on either side: so many show other feet while somebody crosses in front
SWING: Final = 0.15  # leg lengths a foot moves in the course of a rep when its leg is free


@dataclass(frozen=True, slots=True)
class _Look:
    """One frame. Heights are above the floor, in standing leg lengths."""

    time_s: float
    depth: float
    kneeling: bool
    knee_down: bool  # a knee is about on the floor
    knee: float  # of the lower knee
    knees_apart: float  # how much lower the left knee is than the right one
    hands: float  # of the lower hand; NaN where unseen
    shoulders: float
    leg_score: float  # of the better leg
    ankles: tuple[float, float, float, float]  # left x, left y, right x, right y, in leg lengths
    feet_apart: float  # how much lower the left foot is in the picture than the right one
    shins: tuple[float, float]  # left and right, their heights in the picture
    heights: Heights


class ShapeWitness:
    """Remembers what each recent frame looked like, and gives its verdict on a stretch of them."""

    def __init__(self) -> None:
        self._looks: deque[_Look] = deque()

    def forget_before(self, time_s: float) -> None:
        """Those frames belong to no rep any more."""
        while self._looks and self._looks[0].time_s < time_s:
            self._looks.popleft()

    def see(self, body: Body, time_s: float, depth: float, leg_length_px: float) -> None:
        """Take in one frame. depth: by the hips alone."""
        left, right = body.left, body.right
        floor_y_px, (left_knee_y_px, right_knee_y_px) = body.floor_y_px, (left.knee[1], right.knee[1])
        (left_x_px, left_y_px), (right_x_px, right_y_px) = left.ankle, right.ankle
        knee = (floor_y_px - max(left_knee_y_px, right_knee_y_px)) / leg_length_px
        knees_apart = (left_knee_y_px - right_knee_y_px) / leg_length_px
        feet_apart = (left_y_px - right_y_px) / leg_length_px
        self._looks.append(
            _Look(
                time_s=time_s,
                depth=depth,
                kneeling=_kneels(body, leg_length_px),
                knee_down=_on_the_floor(knee, knees_apart, feet_apart),
                knee=knee,
                knees_apart=knees_apart,
                hands=(floor_y_px - body.hands_y_px[1]) / leg_length_px,
                shoulders=(floor_y_px - body.shoulder[1]) / leg_length_px,
                leg_score=max(left.score, right.score),
                ankles=(
                    left_x_px / leg_length_px,
                    left_y_px / leg_length_px,
                    right_x_px / leg_length_px,
                    right_y_px / leg_length_px,
                ),
                feet_apart=feet_apart,
                shins=((left_y_px - left_knee_y_px) / leg_length_px, (right_y_px - right_knee_y_px) / leg_length_px),
                heights=heights_of(body, leg_length_px),
            )
        )

    def objection(self, start_s: float, end_s: float) -> str | None:
        """Why the stretch was not a squat; None if it was."""
        looks = self._between(start_s, end_s)
        if not looks:
            return "nobody was seen"
        if sum(look.leg_score >= FEET_SCORE for look in looks) < MIN_FRAMES:
            return "seen too briefly"
        return objection_to(_course(looks))

    def swung(self, start_s: float, end_s: float) -> frozenset[Side]:
        """Which feet left their place in the course of the stretch: the free leg of a single-leg squat."""
        looks = self._between(start_s, end_s)
        if not looks:
            return frozenset()
        moved = _moved(looks, _deep(looks))
        return frozenset(side for side, far in zip((Side.LEFT, Side.RIGHT), moved, strict=True) if far > SWING)

    def _between(self, start_s: float, end_s: float) -> list[_Look]:
        return [look for look in self._looks if start_s <= look.time_s <= end_s]


def _course(looks: list[_Look]) -> Course:
    deep, edge = _deep(looks), _edge(looks)
    before = looks[:edge]
    held = [look for look in deep if not math.isnan(look.hands)]
    hands = _median([look.hands for look in held]) if held else math.nan
    # The feet are asked of the frames that saw them: at the bottom of a deep squat many don't.
    well_before, well_deep = _seen_well(before), _seen_well(deep)
    seen, seen_before, seen_deep = _seen_well(looks) or looks, well_before or before, well_deep or deep
    return Course(
        deepest=max(look.depth for look in looks),
        depth=_median([look.depth for look in deep]),
        trunk_before=_median([look.heights.trunk for look in before]),
        trunk_deep=_median([look.heights.trunk for look in deep]),
        # The trunk rises last, and a quick rep's last tenth is hardly there before it is over.
        trunk_after=max(look.heights.trunk for look in looks[-edge:]),
        shin_kept=_shin_kept(well_before, well_deep),
        flexion=flexion_of(_median_heights(seen_before), _median_heights(seen_deep)),
        hands_seen_share=len(held) / len(deep),
        hands_below_knees=_median([look.knee - look.hands for look in held]) if held else math.nan,
        hands_over_shoulders=_median([look.hands - look.shoulders for look in held]) if held else math.nan,
        hands_rise=hands - min((look.hands for look in looks if not math.isnan(look.hands)), default=math.nan),
        knee_down_share=sum(look.knee_down for look in deep) / len(deep),
        kneeling_share=sum(look.kneeling for look in seen_deep) / len(seen_deep),
        rear_knee_drop=_rear_knee_drop(seen_deep),
        feet_apart=abs(_median([look.feet_apart for look in seen])),
        feet_apart_deep=abs(_median([look.feet_apart for look in seen_deep])),
        feet_apart_change=_range([look.feet_apart for look in seen]),
        # These two of all frames: a foot in the air, or not seen where it stands, scores low.
        feet_apart_change_deep=_range([look.feet_apart for look in deep], HIDDEN_SHARE),
        feet_lifted=_lifted(looks, deep),
        feet_moved=_moved(seen, seen_deep),
        feet_spread_change=_range([look.ankles[0] - look.ankles[2] for look in seen]),
        floor_change=_range([max(look.ankles[1], look.ankles[3]) for look in seen]),
    )


def _shin_kept(before: list[_Look], deep: list[_Look]) -> float:
    """Height of the shin that kept more of it, deep over that before; NaN without frames."""
    if not before or not deep:
        return math.nan
    heights = [[_median([look.shins[at] for look in looks]) for looks in (before, deep)] for at in (0, 1)]
    return max(after / max(first, LEAST_SHOWN) for first, after in heights)


def _seen_well(looks: list[_Look]) -> list[_Look]:
    return [look for look in looks if look.leg_score >= FEET_SCORE]


def _median_heights(looks: list[_Look]) -> Heights:
    heights = [look.heights for look in looks]
    return Heights(
        shin=_median([one.shin for one in heights]),
        thigh=_median([one.thigh for one in heights]),
        trunk=_median([one.trunk for one in heights]),
    )


def _rear_knee_drop(deep: list[_Look]) -> float:
    """How much lower the knee of the leg is whose foot is higher in the picture: behind, or lifted."""
    lower = _median([look.knees_apart for look in deep])
    return -lower if _median([look.feet_apart for look in deep]) > 0.0 else lower


def _lifted(looks: list[_Look], deep: list[_Look]) -> tuple[float, float]:
    """How much further apart in height the feet were on the way down, and on the way up, than where they are deep."""
    planted = abs(_median([look.feet_apart for look in deep]))
    down = sorted(abs(look.feet_apart) - planted for look in looks if look.time_s < deep[0].time_s)
    up = sorted(abs(look.feet_apart) - planted for look in looks if look.time_s > deep[-1].time_s)
    # One frame shows anything; the second highest was seen.
    return down[-2] if len(down) > 1 else 0.0, up[-2] if len(up) > 1 else 0.0


def _moved(looks: list[_Look], deep: list[_Look]) -> tuple[float, float]:
    """How far the left foot and the right one are from where they were at first, where the hips are deep."""
    first = looks[: _edge(looks)]

    def moved(at: int) -> float:
        dx, dy = (_median([x.ankles[i] for x in deep]) - _median([x.ankles[i] for x in first]) for i in (at, at + 1))
        return math.hypot(dx, dy)

    return moved(0), moved(2)


def _kneels(body: Body, leg_length_px: float) -> bool:
    low, high = (body.left, body.right) if body.left.knee[1] > body.right.knee[1] else (body.right, body.left)
    lower_by = (low.knee[1] - high.knee[1]) / leg_length_px
    shank = (low.ankle[1] - low.knee[1]) / leg_length_px
    return lower_by > KNEELING_KNEE and shank < KNEELING_SHANK


def _on_the_floor(knee: float, knees_apart: float, feet_apart: float) -> bool:
    """Whether a knee is, or is about."""
    lower = math.copysign(1.0, knees_apart)  # the left knee is: 1
    one = lower * (knees_apart - feet_apart) > ONE_KNEE
    return knee < (LOW_KNEE if one else BOTH_KNEES)


def _edge(looks: list[_Look]) -> int:
    return max(1, int(EDGE_SHARE * len(looks)))


def _deep(looks: list[_Look]) -> list[_Look]:
    """The deeper ones; by the hips alone, which may not have sunk at all where only the upper body did."""
    deepest = max(look.depth for look in looks)
    least = min(DEEP_SHARE * deepest, deepest)
    return [look for look in looks if look.depth >= least]


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def _range(values: list[float], outermost: float = 0.05) -> float:
    """Spread without the outermost share on either side: by default what single bad frames reach."""
    ordered = sorted(values)
    cut = int(outermost * len(ordered))
    return ordered[len(ordered) - 1 - cut] - ordered[cut]
