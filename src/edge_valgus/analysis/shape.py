"""Was it a squat? A rep that came down and back is one only if the body did what a squat does.

A squat, on two legs or one, happens over a planted foot, with the trunk above the hips and the knees at one height or
the free one higher. A lunge lowers one knee to the floor behind; a push-up, a deadlift and a bend bring the shoulders
down to the hips; walking and jumping jacks move both feet. The limits are our judgement, set apart from both sides on
recorded people and drawn ones.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

from edge_valgus.analysis.body import Body
from edge_valgus.analysis.measures import PARALLEL_HIP_TRAVEL
from edge_valgus.events import Side

DEEP_SHARE: Final = 0.7  # of the deepest reading: frames above it are "deep"
MAX_DEPTH: Final = 1.7  # no hip gets lower
MIN_TRUNK: Final = 0.14  # trunk height over leg length: lying
LOW_TRUNK: Final = 0.2  # the same, bent over, if …
FOLDED: Final = (
    0.335  # … or trunk height when deep over that before; a squat that leans far keeps 0.36, a deadlift 0.31 …
)
FOLDS: Final = 0.85  # … trunk height lost over hips' travel; that squat loses 0.8, a bend to the floor 0.9
REACH: Final = 0.1  # a hand so far below the knees, in leg lengths: it is at the floor or on a bar there
MAX_FOLD: Final = 1.4  # the same, however tall the trunk still is: a shallow squat loses up to 1.2, a hinge 1.6
LUNGE_KNEE: Final = 0.2  # one knee lower than the other by this, in leg lengths …
LUNGE_SHANK: Final = 0.32  # … with its own shank this short in the picture: kneeling down on it
FEET_SCORE: Final = 0.4  # from here on a leg is well seen
MIN_FRAMES: Final = 6  # well seen ones; fewer don't show a movement
SPLIT_STANCE: Final = 0.28  # one foot this much higher in the picture, in leg lengths: it stands behind …
SPLIT_STILL: Final = 0.25  # … if it stays there; a free foot is lifted in the course of the rep
KNEE_DOWN: Final = 0.22  # one knee this near the floor, in leg lengths, …
KNEE_DOWN_SHARE: Final = 0.7  # … in so many of the deep frames: kneeling, however the network sees the rest; …
KNEELING_SHARE: Final = 0.4  # … and in so many …
KNEELING_DEPTH: Final = 1.0  # … no deeper than this: on one knee the hips are a thigh's length above the floor
MAX_STEP: Final = 0.24  # how far the planted foot may seem to move, in leg lengths
MAX_SPREAD_CHANGE: Final = 0.5  # how much the feet may move apart or together; a free leg swings 0.4
MAX_FLOOR_CHANGE: Final = 0.33  # how much the lower foot may rise or sink
MIN_TRUNK_AGAIN: Final = 0.7  # trunk height after the rep over that before it: whoever stays bent did something else
UPRIGHT: Final = 0.94  # trunk height at the bottom over that at the top; a squat leans, landing from a jump doesn't
SWING: Final = 0.15  # leg lengths a foot moves in the course of a rep when its leg is free
FEET_UNSTEADY: Final = 0.55  # one foot over the other, between deep frames: it is not seen where it stands
STEPPED: Final = 0.2  # one foot over the other, on the way down and on the way up, against where they are deep: it was
# lifted to step out and back; a free leg's is up where it is deep
HANDS_RISE: Final = 0.3  # leg lengths by which the hands go up while the hips go down, to over the head by …
HANDS_OVER: Final = 0.25  # … so much above the shoulders, in a jumping jack; a squat's rise to shoulder height
LANDING_STEP: Final = 0.12  # how far the steadier foot moved, upright, …
LANDING_CHANGE: Final = 0.3  # … and the feet apart or together (or up and down half as much), to be a jumping jack


@dataclass(frozen=True, slots=True)
class _Look:
    time_s: float
    depth: float
    trunk: float
    kneeling: bool
    knee_height: float  # of the lower knee
    hands: float  # height of the lower hand; NaN where unseen
    shoulders: float  # height
    leg_score: float  # of the better leg
    ankles: tuple[float, float, float, float]  # left x, left y, right x, right y, in leg lengths


class ShapeWitness:
    """Remembers what each recent frame looked like, and gives its verdict on a stretch of them."""

    def __init__(self) -> None:
        self._looks: deque[_Look] = deque()

    def forget_before(self, time_s: float) -> None:
        """Those frames belong to no rep any more."""
        while self._looks and self._looks[0].time_s < time_s:
            self._looks.popleft()

    def see(self, body: Body, time_s: float, depth: float, leg_length_px: float) -> None:
        """Take in one frame."""
        self._looks.append(
            _Look(
                time_s,
                depth,
                body.trunk_height_px / leg_length_px,
                _kneels(body, leg_length_px),
                (body.floor_y_px - max(body.left.knee[1], body.right.knee[1])) / leg_length_px,
                (body.floor_y_px - body.hands_y_px[1]) / leg_length_px,
                (body.floor_y_px - body.shoulder[1]) / leg_length_px,
                max(body.left.score, body.right.score),
                tuple(v / leg_length_px for v in (*body.left.ankle, *body.right.ankle)),  # type: ignore[arg-type]
            )
        )

    def objection(self, start_s: float, end_s: float) -> str | None:
        """Why the stretch was not a squat; None if it was."""
        looks = [look for look in self._looks if start_s <= look.time_s <= end_s]
        if not looks:
            return "nobody was seen"
        if sum(look.leg_score >= FEET_SCORE for look in looks) < MIN_FRAMES:
            return "seen too briefly"
        deepest = max(look.depth for look in looks)
        if deepest > MAX_DEPTH:
            return "deeper than a body can go"
        deep = _deep(looks)
        edge = max(1, len(looks) // 10)
        trunk_before, trunk_deep = (_median([look.trunk for look in part]) for part in (looks[:edge], deep))
        # The trunk rises last, and a quick rep's last tenth is hardly there before it is over.
        trunk_after = max(look.trunk for look in looks[-edge:])
        travel = PARALLEL_HIP_TRAVEL * _median([look.depth for look in deep])
        lost = trunk_before - trunk_deep
        # Arms that hang in a squat reach below the knees too, but from an upright trunk.
        reaches = _median([look.knee_height - look.hands for look in deep if look.hands == look.hands] or [0.0]) > REACH
        low = trunk_deep < max(LOW_TRUNK, FOLDED * trunk_before)
        folded = low and (reaches or lost > FOLDS * travel)
        bent = trunk_deep < MIN_TRUNK or folded or lost > MAX_FOLD * travel
        if bent or trunk_after < MIN_TRUNK_AGAIN * trunk_before:
            return "bent over or lying down" if bent else "did not stand up again"
        return _what_hands_and_knees_did(looks, deep) or _what_the_feet_did(
            looks, deep, leant=trunk_deep < UPRIGHT * trunk_before
        )

    def swung(self, start_s: float, end_s: float) -> frozenset[Side]:
        """Which feet left their place in the course of the stretch: the free leg of a single-leg squat."""
        looks = [look for look in self._looks if start_s <= look.time_s <= end_s]
        if not looks:
            return frozenset()
        deep = _deep(looks)
        first = looks[: max(1, len(looks) // 10)]
        return frozenset(side for side, at in ((Side.LEFT, 0), (Side.RIGHT, 2)) if _step(first, deep, at) > SWING)


def _what_hands_and_knees_did(looks: list[_Look], deep: list[_Look]) -> str | None:
    """Give what they did, if it was something that they don't do in a squat."""
    if _hands_flew_up(looks, deep):
        return "a jump"
    needed_share = KNEELING_SHARE if max(look.depth for look in deep) < KNEELING_DEPTH else KNEE_DOWN_SHARE
    knee_down = sum(look.knee_height < KNEE_DOWN for look in deep) > needed_share * len(deep)
    return "a lunge" if knee_down or _stepped_out_and_back(looks, deep) else None


def _what_the_feet_did(looks: list[_Look], deep: list[_Look], *, leant: bool) -> str | None:
    """Give what they did, if it was something that feet don't do in a squat."""
    if _range([look.ankles[1] - look.ankles[3] for look in deep]) > FEET_UNSTEADY:
        return "the feet moved"
    # Asked of the frames that saw them: at the bottom of a deep squat many don't.
    looks = [look for look in looks if look.leg_score >= FEET_SCORE] or looks
    deep = [look for look in deep if look.leg_score >= FEET_SCORE] or deep
    behind = [look.ankles[1] - look.ankles[3] for look in looks]
    split = abs(_median(behind)) > SPLIT_STANCE and _range(behind) < SPLIT_STILL
    if split or sum(look.kneeling for look in deep) > len(deep) / 2:
        return "a lunge"
    spread_change = _range([look.ankles[0] - look.ankles[2] for look in looks])
    floor_change = _range([max(look.ankles[1], look.ankles[3]) for look in looks])
    first = looks[: max(1, len(looks) // 10)]
    planted_step = min(_step(first, deep, 0), _step(first, deep, 2))
    if planted_step > MAX_STEP or spread_change > MAX_SPREAD_CHANGE or floor_change > MAX_FLOOR_CHANGE:
        return "the feet moved"
    shifted = planted_step > LANDING_STEP and max(spread_change, 2.0 * floor_change) > LANDING_CHANGE
    return "a jump" if shifted and not leant else None


def _hands_flew_up(looks: list[_Look], deep: list[_Look]) -> bool:
    over = [look.hands - look.shoulders for look in deep if look.hands == look.hands]
    heights = [look.hands for look in looks if look.hands == look.hands]
    if 2 * len(over) < len(deep) or not heights:
        return False
    raised = _median([look.hands for look in deep if look.hands == look.hands]) - min(heights)
    return _median(over) > HANDS_OVER and raised > HANDS_RISE


def _stepped_out_and_back(looks: list[_Look], deep: list[_Look]) -> bool:
    planted = abs(_median([look.ankles[1] - look.ankles[3] for look in deep]))
    ways = (
        [look for look in looks if look.time_s < deep[0].time_s],
        [look for look in looks if look.time_s > deep[-1].time_s],
    )
    lifted = (sorted(abs(look.ankles[1] - look.ankles[3]) - planted for look in way) for way in ways)
    # One frame shows anything; the second highest was seen.
    return all(len(heights) > 1 and heights[-2] > STEPPED for heights in lifted)


def _kneels(body: Body, leg_length_px: float) -> bool:
    low, high = (body.left, body.right) if body.left.knee[1] > body.right.knee[1] else (body.right, body.left)
    lower_by = (low.knee[1] - high.knee[1]) / leg_length_px
    shank = (low.ankle[1] - low.knee[1]) / leg_length_px
    return lower_by > LUNGE_KNEE and shank < LUNGE_SHANK


def _step(before: list[_Look], after: list[_Look], at: int) -> float:
    dx = _median([look.ankles[at] for look in after]) - _median([look.ankles[at] for look in before])
    dy = _median([look.ankles[at + 1] for look in after]) - _median([look.ankles[at + 1] for look in before])
    return float((dx * dx + dy * dy) ** 0.5)


def _deep(looks: list[_Look]) -> list[_Look]:
    """The deeper ones; by the hips alone, which may not have sunk at all where only the upper body did."""
    deepest = max(look.depth for look in looks)
    return [look for look in looks if look.depth >= min(DEEP_SHARE * deepest, deepest)]


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def _range(values: list[float]) -> float:
    """Spread without the outermost twentieths, which single bad frames reach."""
    ordered = sorted(values)
    cut = len(ordered) // 20
    return ordered[len(ordered) - 1 - cut] - ordered[cut]
