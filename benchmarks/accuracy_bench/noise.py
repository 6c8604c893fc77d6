"""Keypoints as MoveNet Lightning (int8) would see them after crop tracking, from the true joints: nothing is rendered.

The error of a joint is, in the lifter's own axes and in shares of the standing leg's length, the sum of

- a bias of the set that changes with depth: a mean (by camera height, yaw and roll) and what differs from set to set,
- a part that drifts within tenths of a second, and
- a part that is new in each frame, now and then three times as large.

Left and right are described by their half sum ("both": widening, rising) and their half difference ("apart": shifting,
tilting), which hardly correlate. The scores go the same way, as logits. The numbers are in `noise_table.json`, written
by `noise_fit.py`. What comes out goes through the product's own smoothing, as the network's answers do.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from accuracy_bench.record import Seen
from edge_valgus.capture.drawn import Camera, DrawnLifter
from edge_valgus.capture.drawn.acts import Place, Squats
from edge_valgus.capture.drawn.stage import DrawnStage, StageScript
from edge_valgus.capture.source import Source
from edge_valgus.frames import KEYPOINT_COUNT, LEFT_ANKLE, LEFT_HIP, RIGHT_ANKLE, RIGHT_HIP, Pose
from edge_valgus.pose.crop import MARGIN
from edge_valgus.pose.gate import KEEP_BODY_SCORE
from edge_valgus.pose.smooth import OneEuro, trust_in

Array = NDArray[np.float64]

TABLE: Final = Path(__file__).with_name("noise_table.json")
PAIRS: Final = {"shoulder": (5, 6), "hip": (11, 12), "knee": (13, 14), "ankle": (15, 16)}
OTHERS: Final = {"eye": (1, 2), "ear": (3, 4), "elbow": (7, 8), "wrist": (9, 10)}
AXES: Final = ("out", "up", "score")  # away from the midline and upward, % of leg length; score as a logit
CHANNELS: Final = tuple(f"{pair}.{axis}" for pair in PAIRS for axis in AXES)
OTHER_KEYS: Final = ("mean", "rest", "fresh", "drift", "drift_s", "outliers")
KNOTS: Final = (0.0, 0.35, 0.7, 1.0)  # depths at which the bias is given; linear between, level beyond
PARTS: Final = {"both": 1.0, "apart": -1.0}  # (left + right) / 2 and (left - right) / 2, both with outward positive
SIGN: Final = np.array(
    [1.0] + [1.0, -1.0] * 8
)  # what is outward is to the left on the left and to the right on the right
OUTLIER: Final = 3.0  # how much larger the error of a frame is now and then
STANDING_DEPTH: Final = 0.05
UNSEEN_SCORE: Final = 0.08  # of a joint outside the picture; a choice, not measured
SMOOTHING: Final = {"min_cutoff_hz": 2.5, "beta": 10.0}  # PoseTracker's


Drawn = DrawnLifter | DrawnStage


class Scene(Protocol):
    """What makes a drawn source; `scenes.Scene` does."""

    def source(self) -> Source:
        """Its pictures, and the truth at any time."""


@dataclass(frozen=True, slots=True)
class Vantage:
    """What of the camera's place the errors depend on.

    height_m: lens above the floor. yaw_deg: how far round to the lifter's left the camera is, as the lifter sees it.
    roll_deg: see CameraView.
    """

    height_m: float
    yaw_deg: float
    roll_deg: float


@dataclass(frozen=True, slots=True, eq=False)
class TrueJoints:
    """The truth that errors are added to, frame by frame.

    time_s: float64 [n]. xy_px: float64 [n, 17, 2], NaN where there is no such place: nobody is seen in that frame.
    visible: bool [n, 17]. depth: float64 [n], 0 standing … 1 parallel. size_px: (width, height) of the frames.
    """

    time_s: Array
    xy_px: Array
    visible: NDArray[np.bool_]
    depth: Array
    size_px: tuple[int, int]

    @property
    def there(self) -> NDArray[np.bool_]:
        """Whether the lifter is there, bool [n]."""
        finite: NDArray[np.bool_] = np.isfinite(self.xy_px).all(axis=(1, 2))
        return finite


@dataclass(frozen=True, slots=True, eq=False)
class Within:
    """What changes within a set, float64 [c] for c channels.

    fresh, drift: standard deviations of what is new in each frame and of what drifts. drift_s: the drift's time constant.
    outliers: share of frames in which what is new is OUTLIER times as large.
    """

    fresh: Array
    drift: Array
    drift_s: Array
    outliers: Array


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The table of one part ("both" or "apart") as arrays; c channels, k knots.

    mean [v, k, c]: bias per unit of each of the view's terms. factors [f, k, c], rest [k, c]: how the bias differs from
    set to set, jointly and on its own; by_view [c]: how that grows with the view. within: see there; by_depth [k, c]: factor
    on it; spread [c]: how much noisier one set is than another, standard deviation of the logarithm.
    """

    mean: Array
    factors: Array
    rest: Array
    by_view: Array
    within: Within
    by_depth: Array
    spread: Array


def noised_poses(scene: Scene | Drawn, seed: int) -> Seen:
    """What the network would see of a drawn scene, frame by frame. The same seed gives the same poses.

    Only the lifter is seen: nobody is taken for them, and nothing that stands in front hides them.
    Raises TypeError for a scene that is not drawn, ValueError for a negative seed.
    """
    drawn = scene if isinstance(scene, Drawn) else scene.source()
    if not isinstance(drawn, Drawn):
        raise TypeError(f"{type(drawn).__name__}: expected a scene whose truth is known: a DrawnLifter or a DrawnStage")
    return noised(true_joints(drawn), vantage(drawn), seed)


def true_joints(drawn: Drawn) -> TrueJoints:
    """The truth about all frames."""
    times_s = drawn.frame_times if isinstance(drawn, DrawnStage) else np.arange(drawn.frame_count) / drawn.fps
    truths = [drawn.truth(time_s) for time_s in times_s.tolist()]
    return TrueJoints(
        times_s,
        np.array([truth.xy_px for truth in truths], np.float64),
        np.array([truth.visible for truth in truths]),
        np.array([truth.depth for truth in truths]),
        drawn.size_px,
    )


def vantage(drawn: Drawn) -> Vantage:
    """From where the lifter's squats are seen; of a lifter who doesn't squat, the middle of the stage."""
    script, place = drawn.script, Place()
    if isinstance(script, StageScript) and script.lifter is not None:
        place = next((act.place for act in script.lifter.acts if isinstance(act, Squats)), place)
    x_m, _, z_m = Camera(script.view, drawn.size_px).position_m.tolist()
    towards_deg = math.degrees(math.atan2(x_m - place.x_m, z_m - place.z_m))
    return Vantage(script.view.height_m, math.remainder(towards_deg - place.turn_deg, 360.0), script.view.roll_deg)


def noised(true: TrueJoints, view: Vantage, seed: int) -> Seen:
    """The same for a truth that is at hand already. Raises ValueError for a negative seed."""
    random = np.random.default_rng((seed, 5))
    error = _errors(true, view, random)
    left, up, leg_px = lifter_axes(true)
    outward_px, upward_px = (error[:, :, axis] / 100.0 * leg_px[:, None] for axis in (0, 1))
    xy_px = true.xy_px + (SIGN * outward_px)[..., None] * left + upward_px[..., None] * up
    score = np.where(true.visible, 1.0 / (1.0 + np.exp(-error[:, :, 2])), UNSEEN_SCORE).astype(np.float32)
    core = [joint for pair in PAIRS.values() for joint in pair]
    seen = true.there & (score[:, core].mean(axis=1) >= KEEP_BODY_SCORE)
    return Seen(_smoothed(true, xy_px.astype(np.float32), score, seen))


def lifter_axes(true: TrueJoints) -> tuple[Array, Array, Array]:
    """Unit vectors [2] of the picture towards the lifter's left and up, and the standing leg's length [n] in pixels.

    Between standing frames the length is interpolated: that of a squat is the one before and after it.
    """
    above = (true.xy_px[:, [LEFT_HIP, RIGHT_HIP]] - true.xy_px[:, [LEFT_ANKLE, RIGHT_ANKLE]]).mean(axis=1)
    length_px = np.hypot(above[:, 0], above[:, 1])
    standing = true.there & (true.depth < STANDING_DEPTH)
    if not standing.any():
        standing = true.there & (length_px >= np.max(length_px, where=true.there, initial=0.0))
    if not standing.any():
        return np.array([1.0, 0.0]), np.array([0.0, -1.0]), np.zeros(len(true.time_s))
    mean = above[standing].mean(axis=0)
    up: Array = mean / math.hypot(*mean)
    leg_px = np.interp(true.time_s, true.time_s[standing], length_px[standing])
    return np.array([-up[1], up[0]]), up, leg_px


def view_terms(part: str, view: Vantage) -> Array:
    """What the mean bias depends on, float64 [v]: in the order of the table's "mean" rows."""
    higher, yaw, roll = view.height_m - 0.95, view.yaw_deg / 20.0, view.roll_deg / 5.0
    return np.array([1.0, higher, yaw * yaw] if part == "both" else [1.0, yaw, yaw * higher, roll])


def unrest(part: str, view: Vantage) -> float:
    """What the spread between sets grows with, exponentially: height for "both", the amount of yaw for "apart"."""
    return view.height_m - 0.95 if part == "both" else abs(view.yaw_deg) / 20.0 - 0.5


def hats(depth: Array) -> Array:
    """Weights [n, k] of the knots at each depth."""
    weights: Array = np.stack([np.interp(depth, KNOTS, row) for row in np.eye(len(KNOTS))], axis=1)
    return weights


@cache
def load_table() -> dict[str, Any]:
    """The fitted numbers; see `noise_fit.py` for what they mean."""
    table: dict[str, Any] = json.loads(TABLE.read_text(encoding="utf-8"))
    return table


@cache
def _part(name: str) -> Part:
    rows = [load_table()[name][channel] for channel in CHANNELS]

    def column(key: str) -> Array:
        return np.stack([np.array(row[key], np.float64) for row in rows], axis=-1)

    within = Within(*(column(field.name) for field in fields(Within)))
    own = {field.name: column(field.name) for field in fields(Part) if field.name != "within"}
    return Part(within=within, **own)


def _errors(true: TrueJoints, view: Vantage, random: np.random.Generator) -> Array:
    """Outward and upward error in % of leg length and the score's logit, [n, 17, 3]."""
    errors = np.zeros((len(true.time_s), KEYPOINT_COUNT, len(AXES)))
    both, apart = (_part_errors(name, true, view, random) for name in PARTS)
    for index, (left, right) in enumerate(PAIRS.values()):
        columns = slice(len(AXES) * index, len(AXES) * (index + 1))
        errors[:, left], errors[:, right] = both[:, columns] + apart[:, columns], both[:, columns] - apart[:, columns]
    others = load_table()["others"]
    for name, joints in {"nose": (0,), **OTHERS}.items():
        mean, rest, *within = (np.array([others[f"{name}.{axis}"][key] for axis in AXES]) for key in OTHER_KEYS)
        for joint in joints:
            errors[:, joint] = mean + rest * random.normal(size=len(AXES))
            errors[:, joint] += _within(true.time_s, Within(*within), random)
    return errors


def _part_errors(name: str, true: TrueJoints, view: Vantage, random: np.random.Generator) -> Array:
    part = _part(name)
    differs = np.tensordot(random.normal(size=len(part.factors)), part.factors, axes=1)
    differs = differs + part.rest * random.normal(size=part.rest.shape)
    bias = np.tensordot(view_terms(name, view), part.mean, axes=1) + differs * np.exp(part.by_view * unrest(name, view))
    knots = hats(true.depth)
    scale = (knots @ part.by_depth) * np.exp(part.spread * random.normal(size=part.spread.shape))
    errors: Array = knots @ bias + scale * _within(true.time_s, part.within, random)
    return errors


def _within(time_s: Array, part: Within, random: np.random.Generator) -> Array:
    """Errors within a set, [n, c]: new ones in each frame and drifting ones (first-order autoregressive)."""
    shape = (len(time_s), len(part.fresh))
    # Those that are larger now and then leave the deviation as it is.
    size = np.where(random.random(shape) < part.outliers, OUTLIER, 1.0) / np.sqrt(
        1.0 + (OUTLIER**2 - 1.0) * part.outliers
    )
    errors: Array = part.fresh * size * random.normal(size=shape)
    keep = np.exp(-np.diff(time_s, prepend=time_s[:1])[:, None] / part.drift_s)
    push = np.sqrt(1.0 - keep * keep) * random.normal(size=shape)
    now = random.normal(size=len(part.fresh))
    for index in range(len(time_s)):
        now = keep[index] * now + push[index]
        errors[index] += part.drift * now
    return errors


def _smoothed(
    true: TrueJoints, xy_px: NDArray[np.float32], score: NDArray[np.float32], seen: NDArray[np.bool_]
) -> tuple[tuple[float, Pose | None], ...]:
    smooth = OneEuro(**SMOOTHING)
    # The square that the tracker would have cut out, but for the fifth of a second by which it shrinks late.
    side_px = (1.0 + 2.0 * MARGIN) * np.ptp(xy_px, axis=1).max(axis=1)
    poses: list[tuple[float, Pose | None]] = []
    for index, time_s in enumerate(true.time_s.tolist()):
        if not seen[index]:
            poses.append((time_s, None))
            continue
        smoothed = smooth.smooth(xy_px[index], time_s, float(side_px[index]), trust_in(score[index])).astype(np.float32)
        poses.append((time_s, Pose(smoothed, score[index], time_s, true.size_px)))
    return tuple(poses)
