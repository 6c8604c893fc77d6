"""Was it a squat? Down and back up is one only if the body did what a squat does; here is what it may have done instead.

A squat, on two legs or one, happens over a planted foot, with the trunk above the hips and the knees at one height or
the free one higher. A lunge lowers one knee to the floor behind; a push-up, a deadlift and a bend bring the shoulders
down to the hips; walking and jumping jacks move both feet. Each movement has one function, which is asked of the whole
course. The limits are our judgement, set apart from both sides on recorded people and drawn ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from edge_valgus.analysis.flexion import Flexion
from edge_valgus.analysis.measures import PARALLEL_HIP_TRAVEL

MAX_DEPTH: Final = 1.7  # no hip gets lower

MAX_TRUNK: Final = (
    1.3  # trunk height when deep over that before: trunks and shins get shorter in a squat, and a trunk …
)
MAX_SHIN: Final = 1.2  # … and a shin that got longer, or is not seen, are another's

LYING_TRUNK: Final = 0.09  # trunk height over leg length: lying, or bent right over, …
LOW_TRUNK: Final = 0.14  # … or so much, unless hands are seen and …
STANDING_SHIN: Final = 0.68  # … a shin kept so much of its height: who lies or kneels keeps less

# By how much the hips flex more than the knees, in degrees. Recorded squats: up to 35, one that is shown as wrong 55; drawn ones:
# 99 % up to 47. Deadlifts and who picks something up: from 40 on, half of them over 60. Where the hands are shows which it is.
BENT_AT_KNEES_DEG: Final = 49.0  # with the hands at the knees; so much more …
BENT_PER_HANDS_DEG: Final = 45.0  # … for every leg length that they are higher, and less where they are lower; …
MOST_BENT_DEG: Final = 60.0  # … this at most, as under a bar, …
MOST_BENT_DEEP_DEG: Final = 70.0  # … or this, where the hips went down and not only back …
DOWN_DEPTH: Final = 0.4  # … by more than so much, by themselves: no hinge's do
BENT_HANDS_DOWN_DEG: Final = 40.0  # and this if they hang straight down, as to a bar on the floor, or are out of sight
HANDS_HANG: Final = -0.62  # hands over the shoulders, in leg lengths: arms that hang straight down
AT_FLOOR: Final = 0.27  # hands below the knees, in leg lengths, where no squat's are; dumbbells hang 0.26 below
# Of the deep frames: seen in fewer, as of who picks something up, hands are out of sight.
HANDS_SEEN_SHARE: Final = 0.55
# Networks see the legs of who bends badly: then the trunk's height when deep over that before has to tell, …
HIDDEN_TRUNK: Final = 0.42  # … of who has the hands out of sight, …
REACHING_TRUNK: Final = 0.38  # … or below the knees, …
REACHING_HANDS: Final = -0.46  # … so far under the shoulders, in leg lengths, …
REACHING_DEPTH: Final = 0.7  # … and hips no lower than this, as at a bar; squats with such hands and trunks are deeper
# The hips went back and hardly down, and the knees stayed nearly straight: a hinge, however shallow. MoveNet shows them 0.15 to 0.31
# deep, by the hips alone, with knees bent by up to 57°; most squats with knees so straight are deeper.
HINGE_DEPTH: Final = 0.32
HINGE_KNEE_DEG: Final = 56.0
HINGE_BENT_DEG: Final = 20.0
LIFTED_FOOT: Final = 0.18  # one foot over the other by this, in leg lengths: on one leg lifters hinge as much
MIN_TRUNK_AGAIN: Final = 0.55  # trunk height after the rep over that before it: whoever stays bent did something else

SPLIT_STANCE: Final = 0.28  # one foot this much higher in the picture, in leg lengths: it stands behind …
SPLIT_STILL: Final = 0.25  # … if it stays there; a free foot is lifted in the course of the rep
ASTRIDE: Final = 0.18  # the same under an upright trunk, …
ASTRIDE_FOLDS: Final = 0.5  # … which loses less than this over the hips' travel; on one leg lifters lean further
FREE_KNEE: Final = -0.05  # … and has a free knee higher than this against the other one
KNEE_DOWN_SHARE: Final = 0.7  # one knee about on the floor in so many of the deep frames: kneeling, …
KNEE_DOWN_SHARE_SHALLOW: Final = 0.5  # … and in so many …
KNEELING_DEPTH: Final = 1.0  # … no deeper than this: on one knee the hips are a thigh's length above the floor
KNEELING_SHARE: Final = 0.5  # one knee far below the other in so many of them
REAR_KNEE_DROP: Final = 0.08  # the knee behind is lower by this, in leg lengths, …
REAR_FOOT: Final = 0.1  # … and its foot higher by this; on a free leg the knee is up as well
STEPPED: Final = 0.2  # a foot that much further over the other one, on the way down and up, than where they are deep …
STEPPED_SHORT: Final = 0.1  # … or that much, if besides one moved …
STEP: Final = 0.15  # … so far, from before to deep, and went up and down by …
STEP_LIFT: Final = 0.2  # … so much: it stepped out and back; a free leg's is up where the hips are deep

FEET_CHANGE: Final = 0.25  # so much up and down between the feet, …
FREE_FOOT: Final = 0.15  # … and less than this where the hips are deep: not on one leg either
MAX_STEP: Final = 0.24  # how far the planted foot may seem to move, in leg lengths
MAX_SPREAD_CHANGE: Final = 0.5  # how much the feet may move apart or together; a free leg swings 0.4
MAX_FLOOR_CHANGE: Final = 0.33  # how much the lower foot may rise or sink
FEET_UNSTEADY: Final = 0.55  # one foot over the other, between deep frames: it is not seen where it stands
HANDS_RISE: Final = 0.3  # leg lengths by which the hands go up while the hips go down, to over the head by …
HANDS_OVER: Final = 0.25  # … so much above the shoulders, in a jumping jack; a squat's rise to shoulder height
UPRIGHT: Final = 0.94  # trunk height at the bottom over that at the top; a squat leans, landing from a jump doesn't
LANDING_STEP: Final = 0.12  # how far the steadier foot moved, upright, …
LANDING_CHANGE: Final = 0.3  # … and the feet apart or together (or up and down half as much), to be a jumping jack


@dataclass(frozen=True, slots=True)
class Course:
    """What a body did between leaving the top and being back. Lengths and heights in standing leg lengths.

    "Deep" are the frames whose depth, by the hips alone, is near the deepest. NaN for hands that were not seen.
    """

    deepest: float  # depth
    depth: float  # median of the deep frames
    trunk_before: float  # height of the shoulders over the hips, before …
    trunk_deep: float
    trunk_after: float
    shin_kept: float  # share of its height, of the shin that kept more of it; NaN where feet were not well seen
    flexion: Flexion  # deep
    hands_seen_share: float  # of the deep frames
    hands_below_knees: float  # the lower hand below the lower knee, deep
    hands_over_shoulders: float  # the lower hand above the shoulders, deep
    hands_rise: float  # of the lower hand, from its lowest to where it is deep
    knee_down_share: float  # of the deep frames, with a knee about on the floor
    kneeling_share: float  # of the deep frames, with one knee far below the other and a short shank
    rear_knee_drop: float  # deep, the knee of the leg whose foot is higher in the picture, below the other one
    feet_apart: float  # in height, all along (median)
    feet_apart_deep: float
    feet_apart_change: float  # in the course of it …
    feet_apart_change_deep: float  # … and among the middle two thirds of the deep frames
    feet_lifted: tuple[float, float]  # how much further apart in height they were on the way down, and up, than deep
    feet_moved: tuple[float, float]  # left and right, from before to deep
    feet_spread_change: float  # sideways, in the course of it
    floor_change: float  # of the lower foot, up or down

    @property
    def seems_folded(self) -> float:
        """Trunk height lost over the hips' travel, as the picture shows it."""
        lost = self.trunk_before - self.trunk_deep
        return lost / (PARALLEL_HIP_TRAVEL * self.depth) if self.depth > 0.0 else math.inf

    @property
    def hands_known(self) -> bool:
        """Whether it can be told where the hands were."""
        return self.hands_seen_share >= HANDS_SEEN_SHARE

    @property
    def planted_step(self) -> float:
        """How far the steadier foot moved."""
        return min(self.feet_moved)


def objection_to(course: Course) -> str | None:
    """Why it was not a squat; None if it was."""
    return next((reason for reason, was_it in _MOVEMENTS if was_it(course)), None)


def _sank_too_far(course: Course) -> bool:
    return course.deepest > MAX_DEPTH


def _lay(course: Course) -> bool:
    stands = course.shin_kept >= STANDING_SHIN and course.hands_known
    return course.trunk_deep < (LYING_TRUNK if stands else LOW_TRUNK)


def _grew(course: Course) -> bool:
    # Somebody who crosses in front shows his trunk for a moment as well, over the lifter's shins.
    return 0.0 < MAX_TRUNK * course.trunk_before < course.trunk_deep and not course.shin_kept <= MAX_SHIN


def _reached_for_the_floor(course: Course) -> bool:
    """As for a plate, or to pull a bar off it."""
    if course.hands_below_knees > AT_FLOOR:
        return True
    if not course.hands_known:
        return course.trunk_deep < HIDDEN_TRUNK * course.trunk_before
    reaching = course.hands_below_knees > 0.0 and course.hands_over_shoulders < REACHING_HANDS
    return reaching and course.depth < REACHING_DEPTH and course.trunk_deep < REACHING_TRUNK * course.trunk_before


def _bent(course: Course) -> bool:
    """The hips flexed far more than the knees: for a bar, for a plate, or bowing."""
    limit_deg = MOST_BENT_DEEP_DEG if course.depth > DOWN_DEPTH else MOST_BENT_DEG
    if course.hands_known:
        limit_deg = min(limit_deg, BENT_AT_KNEES_DEG - BENT_PER_HANDS_DEG * course.hands_below_knees)
    if not course.hands_known or course.hands_over_shoulders < HANDS_HANG:
        limit_deg = min(limit_deg, BENT_HANDS_DOWN_DEG)
    return course.flexion.bend_deg > limit_deg


def _hinged(course: Course) -> bool:
    """The hips went back and the knees hardly bent, over both feet."""
    if max(course.feet_apart, course.feet_apart_deep) > LIFTED_FOOT:
        return False
    straight = course.depth < HINGE_DEPTH and course.flexion.knee_deg < HINGE_KNEE_DEG
    return straight and course.flexion.bend_deg > HINGE_BENT_DEG


def _stayed_bent(course: Course) -> bool:
    return course.trunk_after < MIN_TRUNK_AGAIN * course.trunk_before


def _threw_up_the_hands(course: Course) -> bool:
    """As in a jumping jack."""
    return course.hands_known and course.hands_over_shoulders > HANDS_OVER and course.hands_rise > HANDS_RISE


def _knelt(course: Course) -> bool:
    needed_share = KNEE_DOWN_SHARE_SHALLOW if course.depth < KNEELING_DEPTH else KNEE_DOWN_SHARE
    return course.knee_down_share > needed_share or course.kneeling_share > KNEELING_SHARE


def _lowered_the_rear_knee(course: Course) -> bool:
    return course.feet_apart > REAR_FOOT and course.rear_knee_drop > REAR_KNEE_DROP


def _stood_astride(course: Course) -> bool:
    if course.feet_apart > SPLIT_STANCE and course.feet_apart_change < SPLIT_STILL:
        return True
    upright = course.seems_folded < ASTRIDE_FOLDS and course.rear_knee_drop > FREE_KNEE
    return course.feet_apart > ASTRIDE and upright


def _stepped_out_and_back(course: Course) -> bool:
    if min(course.feet_lifted) > STEPPED:
        return True
    moved = max(course.feet_moved) > STEP and course.feet_apart_change > STEP_LIFT
    return moved and min(course.feet_lifted) > STEPPED_SHORT


def _took_a_step(course: Course) -> bool:
    """One foot went up and stands elsewhere where the hips are deep; a free one does not stand there."""
    return (
        max(course.feet_moved) > STEP and course.feet_apart_change > FEET_CHANGE and course.feet_apart_deep < FREE_FOOT
    )


def _moved_the_feet(course: Course) -> bool:
    return (
        course.feet_apart_change_deep > FEET_UNSTEADY
        or course.planted_step > MAX_STEP
        or course.feet_spread_change > MAX_SPREAD_CHANGE
        or course.floor_change > MAX_FLOOR_CHANGE
    )


def _landed(course: Course) -> bool:
    """Feet elsewhere under an upright trunk."""
    changed = max(course.feet_spread_change, 2.0 * course.floor_change) > LANDING_CHANGE
    upright = course.trunk_deep >= UPRIGHT * course.trunk_before
    return upright and changed and course.planted_step > LANDING_STEP


_MOVEMENTS: Final[tuple[tuple[str, Callable[[Course], bool]], ...]] = (
    ("deeper than a body can go", _sank_too_far),
    ("not the same body", _grew),
    ("bent over or lying down", _lay),
    ("bent over or lying down", _reached_for_the_floor),
    ("bent over or lying down", _bent),
    ("bent over or lying down", _hinged),
    ("did not stand up again", _stayed_bent),
    ("a jump", _threw_up_the_hands),
    ("a lunge", _knelt),
    ("a lunge", _lowered_the_rear_knee),
    ("a lunge", _stood_astride),
    ("a lunge", _stepped_out_and_back),
    ("the feet moved", _took_a_step),
    ("the feet moved", _moved_the_feet),
    ("a jump", _landed),
)
