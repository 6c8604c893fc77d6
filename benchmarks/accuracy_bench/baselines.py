"""The methods found all over, as simply as they are usually written: what the device has to be better than.

Each is a judge: it goes through the poses of one scene in order, never looks ahead, and smooths nothing beyond what the
tracker did. They get the same poses as the device and the same rule for what counts as a seen joint.
`WholeFrameTracker` is no judge but another way of seeing: the device's, without the crop that follows the lifter.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from accuracy_bench.judging import Judge
from accuracy_bench.record import Flag, JudgedRep, Seen, Verdict
from edge_valgus.config import ZoneConfig
from edge_valgus.events import NAN, Side, Valgus
from edge_valgus.frames import (
    LEFT_ANKLE,
    LEFT_HIP,
    LEFT_KNEE,
    RIGHT_ANKLE,
    RIGHT_HIP,
    RIGHT_KNEE,
    Pose,
)
from edge_valgus.pose.crop import Crop, CropSampler
from edge_valgus.pose.tracker import Network, PoseTracker

MIN_SCORE: Final = 0.2  # the device's own rule, so that this is not what they differ in
UP_DEG: Final = 160.0
DOWN_DEG: Final = 90.0
UP_HEIGHT: Final = 0.88
DOWN_HEIGHT: Final = 0.80  # about the depth from which the truth counts: 1 - 0.56 · 0.35
STANDING_MEMORY_S: Final = 20.0  # the greatest hip height in so long a time is taken for standing
FPPA_LIMIT_DEG: Final = 10.0
KASR_LIMIT: Final = 0.9
HIP_TRAVEL_AT_PARALLEL: Final = 0.56  # of standing hip height, by the bones' lengths: a scale for depth, no threshold

_LEGS: Final = {Side.LEFT: (LEFT_HIP, LEFT_KNEE, LEFT_ANKLE), Side.RIGHT: (RIGHT_HIP, RIGHT_KNEE, RIGHT_ANKLE)}

KneeRule = Callable[[Pose], "dict[Side, bool] | None"]
"""From a pose to which knees are in; None where the rule has no reading."""


def knee_angle(seen: Seen) -> Verdict:
    """Two thresholds on the knee's angle in the picture: down below 90°, and a rep when back above 160°.

    The angle hip–knee–ankle, mean of the legs that are seen. No opinion on depth (NaN) or on knees.
    """
    counter = _TwoThresholds(down=DOWN_DEG, up=UP_DEG)
    for time_s, pose in seen.poses:
        counter.see(time_s, NAN if pose is None else _mean_knee_angle_deg(pose))
    reps = tuple(JudgedRep(rep.start_s, rep.bottom_s, rep.end_s, NAN, counted=True) for rep in counter.reps)
    return Verdict(reps, (), np.zeros(len(seen.poses), np.bool_))


def hip_height(seen: Seen) -> Verdict:
    """Two thresholds on the hips' height: down below 70 % of standing, and a rep when back above 88 %.

    The middle of the hips above the lower ankle; standing is the greatest such height of the last 20 s. No opinion on
    knees.
    """
    return _by_hip_height(seen, None)


def fppa_10(seen: Seen) -> Verdict:
    """Reps by hip height; a knee is in while its frontal plane projection angle is over 10° and the hips are down.

    Down is below the 88 % of `hip_height`. The angle: Herrington 2014; the limit is the one that is usually quoted.
    """
    return _by_hip_height(seen, _fppa_rule)


def kasr_0_9(seen: Seen) -> Verdict:
    """Reps by hip height; both knees are in while they are under 0.9 times as far apart as the ankles.

    Only while the hips are down, as in `fppa_10`. The ratio (knee-to-ankle separation) can't tell one leg from the other.
    """
    return _by_hip_height(seen, _kasr_rule)


BASELINES: Final[Mapping[str, Judge]] = MappingProxyType(
    {"knee_angle": knee_angle, "hip_height": hip_height, "fppa_10": fppa_10, "kasr_0_9": kasr_0_9}
)

DESCRIPTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "knee_angle": "two thresholds on the 2D knee angle (160°/90°), a method for the side view",
        "hip_height": "two thresholds on the hips' height (88 %/80 % of standing)",
        "fppa_10": "hip height; a knee is in at FPPA > 10° in any frame while down",
        "kasr_0_9": "hip height; both knees are in at KASR < 0.9 in any frame while down",
        "no_crop": "the device, its network shown the whole picture every time",
    }
)
"""What the report calls each baseline, and `no_crop`, which is the device's own judge after `WholeFrameTracker`."""


class WholeFrameTracker(PoseTracker):
    """The device's tracker, except that its network is always shown the whole picture, letterboxed into its square.

    Everything else is the tracker's own: gate, jump check, smoothing. The square that it believes to be looking through
    still sets the scale of these, so that what the network sees is the only difference.
    """

    def __init__(self, network: Network, zone: ZoneConfig | None = None) -> None:
        whole = _WholePicture(network.side_px)
        super().__init__(_ForSquare(network, whole), zone)
        self._sampler = whole


class _WholePicture(CropSampler):
    """Scales the whole picture, whichever square it is asked for."""

    def __init__(self, side_px: int) -> None:
        super().__init__(side_px)
        self.asked = self.shown = Crop(0.0, 0.0, 1.0)

    def sample(self, image: NDArray[np.uint8], crop: Crop) -> NDArray[np.uint8]:
        height, width = image.shape[:2]
        side = max(width, height)
        self.asked, self.shown = crop, Crop((width - side) / 2, (height - side) / 2, side)
        return super().sample(image, self.shown)


class _ForSquare:
    """A network whose answers are told in shares of the square that was asked for."""

    def __init__(self, network: Network, whole: _WholePicture) -> None:
        self.side_px = network.side_px
        self._network = network
        self._whole = whole

    def infer(self, square: NDArray[np.uint8]) -> NDArray[np.float32]:
        answer = self._network.infer(square)
        shown, asked = self._whole.shown, self._whole.asked
        # A tracker that mirrors what it was sampled shows another array, and counts x from the right edges.
        mirrored = square is not self._whole.output
        aside_px = asked.right_px - shown.right_px if mirrored else shown.left_px - asked.left_px
        corner = np.array((shown.top_px - asked.top_px, aside_px))
        yx = (answer[:, :2] * shown.side_px + corner) / asked.side_px
        told: NDArray[np.float32] = np.concatenate([yx, answer[:, 2:]], axis=1).astype(np.float32)
        return told


@dataclass(frozen=True, slots=True)
class _Rep:
    start_s: float
    bottom_s: float
    end_s: float
    lowest: float


class _TwoThresholds:
    """Counts one each time the value was below `down` and is above `up` again. A value of NaN is left out."""

    def __init__(self, *, down: float, up: float) -> None:
        self._down, self._up = down, up
        self._left_top_s: float | None = None
        self._lowest, self._lowest_s = math.inf, 0.0
        self.reps: list[_Rep] = []

    def see(self, time_s: float, value: float) -> bool:
        """One frame on; whether it is below the upper threshold."""
        if math.isnan(value):
            return False
        if value <= self._up:
            if self._left_top_s is None:
                self._left_top_s = time_s
            if value < self._lowest:
                self._lowest, self._lowest_s = value, time_s
            return True
        if self._left_top_s is not None and self._lowest < self._down:
            self.reps.append(_Rep(self._left_top_s, self._lowest_s, time_s, self._lowest))
        self._left_top_s, self._lowest = None, math.inf
        return False


def _by_hip_height(seen: Seen, knee_rule: KneeRule | None) -> Verdict:
    counter = _TwoThresholds(down=DOWN_HEIGHT, up=UP_HEIGHT)
    standing = _Standing()
    lights = _Lights()
    judged = np.zeros(len(seen.poses), np.bool_)
    readings: list[tuple[float, dict[Side, bool]]] = []  # of the frames with the hips down
    for index, (time_s, pose) in enumerate(seen.poses):
        is_down = counter.see(time_s, NAN if pose is None else standing.share_of(_hip_height_px(pose), time_s))
        reading = None if pose is None or knee_rule is None else knee_rule(pose)
        judged[index] = reading is not None
        lit = reading if is_down and reading is not None else {}
        lights.show(time_s, lit)
        if lit:
            readings.append((time_s, lit))
    lights.finish()
    reps = tuple(
        JudgedRep(
            rep.start_s,
            rep.bottom_s,
            rep.end_s,
            (1.0 - rep.lowest) / HIP_TRAVEL_AT_PARALLEL,
            counted=True,
            valgus=None if knee_rule is None else _valgus_of(rep, readings),
        )
        for rep in counter.reps
    )
    return Verdict(reps, tuple(lights.flags), judged)


def _valgus_of(rep: _Rep, readings: list[tuple[float, dict[Side, bool]]]) -> Valgus:
    """Any frame of the rep is enough."""
    during = [reading for time_s, reading in readings if rep.start_s <= time_s <= rep.end_s]
    if not during:
        return Valgus.UNKNOWN
    left, right = (any(reading.get(side, False) for reading in during) for side in Side)
    if left and right:
        return Valgus.BOTH
    return Valgus.LEFT if left else Valgus.RIGHT if right else Valgus.NONE


class _Standing:
    """Standing hip height: the greatest of the last while."""

    def __init__(self) -> None:
        self._heights: deque[tuple[float, float]] = deque()  # falling, so that the first is the greatest

    def share_of(self, height_px: float, time_s: float) -> float:
        """A height as a share of standing; NaN for one that could not be taken."""
        if math.isnan(height_px):
            return NAN
        while self._heights and self._heights[-1][1] <= height_px:
            self._heights.pop()
        self._heights.append((time_s, height_px))
        while time_s - self._heights[0][0] > STANDING_MEMORY_S:
            self._heights.popleft()
        greatest_px = self._heights[0][1]
        return height_px / greatest_px if greatest_px > 0.0 else NAN


class _Lights:
    """Turns frames with a knee in into flags, each off at the first frame without."""

    def __init__(self) -> None:
        self._on_s: dict[Side, float] = {}
        self._last_s = 0.0
        self.flags: list[Flag] = []

    def show(self, time_s: float, lit: dict[Side, bool]) -> None:
        """One frame on."""
        self._last_s = time_s
        for side in Side:
            if lit.get(side, False):
                self._on_s.setdefault(side, time_s)
            elif side in self._on_s:
                self.flags.append(Flag(side, self._on_s.pop(side), time_s))

    def finish(self) -> None:
        """The scene has ended: so have the flags."""
        self.show(self._last_s, {})


def _seen(pose: Pose, side: Side) -> bool:
    return bool((pose.score[list(_LEGS[side])] >= MIN_SCORE).all())


def _hip_height_px(pose: Pose) -> float:
    if not any(_seen(pose, side) for side in Side):
        return NAN
    y_px = pose.xy_px[:, 1]
    return float(max(y_px[LEFT_ANKLE], y_px[RIGHT_ANKLE]) - (y_px[LEFT_HIP] + y_px[RIGHT_HIP]) / 2)


def _mean_knee_angle_deg(pose: Pose) -> float:
    angles = [180.0 - abs(_bend_deg(pose, side)) for side in Side if _seen(pose, side)]
    return sum(angles) / len(angles) if angles else NAN


def _bend_deg(pose: Pose, side: Side) -> float:
    """How far the leg is bent at the knee in the picture, −180 to 180, positive with the knee towards the other leg."""
    hip, knee, ankle = (pose.xy_px[joint].astype(np.float64) for joint in _LEGS[side])
    thigh, shank = hip - knee, ankle - knee
    # The straight leg's shank goes on where the thigh came from; y points down.
    bend = math.degrees(math.atan2(thigh[0] * shank[1] - thigh[1] * shank[0], -(thigh @ shank)))
    return bend if side is Side.LEFT else -bend


def _fppa_rule(pose: Pose) -> dict[Side, bool] | None:
    return {side: _bend_deg(pose, side) > FPPA_LIMIT_DEG for side in Side if _seen(pose, side)} or None


def _kasr_rule(pose: Pose) -> dict[Side, bool] | None:
    x_px = pose.xy_px[:, 0]
    ankles_px = float(x_px[LEFT_ANKLE] - x_px[RIGHT_ANKLE])
    if ankles_px == 0.0 or not all(_seen(pose, side) for side in Side):
        return None
    inside = float(x_px[LEFT_KNEE] - x_px[RIGHT_KNEE]) / ankles_px < KASR_LIMIT
    return dict.fromkeys(Side, inside)
