"""A stick figure seen from the front whose joints can be placed, films of it, and what the analysis makes of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from edge_valgus.analysis import Analyser
from edge_valgus.capture.drawn import DrawnLifter, SetScript
from edge_valgus.config import Config
from edge_valgus.events import (
    CantJudgeOff,
    CantJudgeOn,
    Event,
    FlagOff,
    FlagOn,
    LifterEntered,
    LifterLeft,
    Reading,
    Rep,
    RepAbandoned,
    RepCounted,
    RepPartial,
    RepStarted,
    SetEnded,
    SetStarted,
    Side,
)
from edge_valgus.frames import KEYPOINT_COUNT, KEYPOINT_NAMES, Pose

SIZE_PX = (640, 480)
Film = list[tuple[float, Pose | None]]


@dataclass(frozen=True)
class Stick:
    """One posture. Pixels for x, y and leg_px; everything else in standing leg lengths, inward and upward positive."""

    x: float = 320.0  # between the feet
    y: float = 440.0  # the ankles
    leg_px: float = 220.0
    depth: float = 0.0
    trunk: float = 0.62  # shoulders above hips
    shoulders: float = 0.42  # width, signed: negative shows the back
    stance: float = 0.4  # between the ankles
    sway: float = 0.0  # hips and shoulders aside
    hip_drop: float = 0.0  # lowers the hips without bending the knees: lying, bending
    knee_in_from: float = 0.5  # depth from which the knees cave in, fully so a quarter deeper
    knee_in_left: float = 0.0
    knee_in_right: float = 0.0
    knee_up_left: float = 0.0
    knee_up_right: float = 0.0
    foot_in_left: float = 0.0
    foot_in_right: float = 0.0
    foot_up_left: float = 0.0
    foot_up_right: float = 0.0

    def joints(self) -> NDArray[np.float32]:
        """Keypoints [17, 2] in pixels."""
        place: dict[str, tuple[float, float]] = {}
        hip_up = 1.0 - 0.56 * self.depth - self.hip_drop
        # Knees travel outward as the hips go down, most of it early, and sink to 0.44 leg lengths at parallel.
        out = 0.105 * math.sin(math.pi / 2 * min(1.0, max(0.0, self.depth) / 0.8))
        knee_up = 0.5 - 0.06 * self.depth - self.hip_drop / 2
        for name, side in (("left", 1.0), ("right", -1.0)):
            foot = side * (self.stance / 2 - getattr(self, f"foot_in_{name}")), getattr(self, f"foot_up_{name}")
            place[f"{name}_ankle"] = foot
            share = min(1.0, max(0.0, 4.0 * (self.depth - self.knee_in_from)))
            knee_in = share * getattr(self, f"knee_in_{name}")
            place[f"{name}_knee"] = foot[0] + side * (out - knee_in), knee_up + getattr(self, f"knee_up_{name}")
            place[f"{name}_hip"] = side * 0.13 + self.sway, hip_up
            place[f"{name}_shoulder"] = side * self.shoulders / 2 + self.sway, hip_up + self.trunk
            place[f"{name}_elbow"] = side * (self.shoulders / 2 + 0.05) + self.sway, hip_up + 0.5 * self.trunk
            place[f"{name}_wrist"] = side * (self.shoulders / 2 + 0.05) + self.sway, hip_up + 0.1
            place[f"{name}_eye"] = side * 0.04 + self.sway, hip_up + self.trunk + 0.2
            place[f"{name}_ear"] = side * 0.08 + self.sway, hip_up + self.trunk + 0.19
        place["nose"] = self.sway, hip_up + self.trunk + 0.17
        shares = np.array([place[name] for name in KEYPOINT_NAMES])
        return (np.array((self.x, self.y)) + self.leg_px * shares * (1.0, -1.0)).astype(np.float32)

    def pose(self, time_s: float = 0.0, score: float = 0.8, size_px: tuple[int, int] = SIZE_PX) -> Pose:
        return Pose(self.joints(), np.full(KEYPOINT_COUNT, score, np.float32), time_s, size_px)

    def towards(self, other: Stick, share: float) -> Stick:
        """The posture at a share 0–1 of the way to another one, begun and ended gently."""
        eased = share**3 * (10.0 - 15.0 * share + 6.0 * share**2)
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return Stick(**{name: v + eased * (getattr(other, name) - v) for name, v in values.items()})


STANDING = Stick()
PARALLEL = Stick(depth=1.0, trunk=0.5)
Move = tuple[float, Stick | None]


def down_to(depth: float, **changes: float) -> Stick:
    """Squatting so deep; the trunk leans forward as it has to."""
    return replace(STANDING, depth=depth, trunk=0.62 - 0.12 * depth, **changes)


def rep(
    depth: float = 1.0,
    down_s: float = 1.2,
    hold_s: float = 0.2,
    up_s: float = 1.0,
    rest_s: float = 0.8,
    **changes: float,
) -> list[Move]:
    """One squat from standing; changes: of the posture at the bottom."""
    low = down_to(depth, **changes)
    return [(down_s, low), (hold_s, low), (up_s, STANDING), (rest_s, STANDING)]


def film(*moves: Move, fps: float = 30.0, start_s: float = 0.0, begin: Stick | None = STANDING) -> Film:
    """Play moves (duration, posture at its end; None: nobody is seen) frame by frame."""
    frames: Film = []
    before, elapsed_s, index = begin, 0.0, 0
    for duration_s, goal in moves:
        while index / fps < elapsed_s + duration_s - 1e-9:
            time_s = start_s + index / fps
            if goal is None:
                frames.append((time_s, None))
            else:
                share = (index / fps - elapsed_s) / duration_s
                frames.append((time_s, (before or goal).towards(goal, share).pose(time_s)))
            index += 1
        before, elapsed_s = goal, elapsed_s + duration_s
    return frames


def drawn_film(script: SetScript, *, fps: float = 30.0) -> Film:
    """The drawn lifter's own joints, exact."""
    drawn = DrawnLifter(script, fps=fps)
    frames: Film = []
    for index in range(drawn.frame_count):
        truth = drawn.truth(index / fps)
        score = np.where(truth.visible, 0.8, 0.1).astype(np.float32)
        frames.append((index / fps, Pose(truth.xy_px, score, index / fps, SIZE_PX)))
    return frames


NETWORK_ERROR_PX = 1.5
"""Of a joint, one standard deviation: MoveNet's knees against its ankles on drawn sets are 2.2 px off (median)."""


def seen_by_network(frames: Film, seed: int, deviation_px: float = NETWORK_ERROR_PX, steadiness: float = 0.7) -> Film:
    """The same film with every joint off by chance; a frame's error lingers in the next (0: anew in each frame)."""
    random = np.random.default_rng(seed)
    error_px = np.zeros((KEYPOINT_COUNT, 2))
    fresh_px = deviation_px * math.sqrt(1.0 - steadiness**2)

    def shake(pose: Pose) -> Pose:
        nonlocal error_px
        error_px = steadiness * error_px + random.normal(0.0, fresh_px, error_px.shape)
        return replace(pose, xy_px=(pose.xy_px + error_px).astype(np.float32))

    return changed(frames, shake)


def changed(
    frames: Film, change: Callable[[Pose], Pose | None], since_s: float = -math.inf, until_s: float = math.inf
) -> Film:
    """The same film with the poses of a stretch of time changed."""
    return [(t, change(p) if p is not None and since_s <= t < until_s else p) for t, p in frames]


def lost(frames: Film, since_s: float, until_s: float) -> Film:
    """The same film with nobody seen for a while."""
    return changed(frames, lambda _: None, since_s, until_s)


def later(frames: Film, by_s: float) -> Film:
    """The same film by another clock."""
    return [(t + by_s, p and replace(p, time_s=t + by_s)) for t, p in frames]


def joined(*films: Film, pause_s: float = 1 / 30) -> Film:
    """One film after the other."""
    whole: Film = []
    for frames in films:
        begins_s = whole[-1][0] + pause_s if whole else frames[0][0]
        whole += later(frames, begins_s - frames[0][0])
    return whole


def mirrored(frames: Film) -> Film:
    """The same film seen in a mirror, with the lifter's left and right swapped accordingly."""
    swap = [
        KEYPOINT_NAMES.index(name.replace("left", "other").replace("right", "left").replace("other", "right"))
        for name in KEYPOINT_NAMES
    ]

    def mirror(pose: Pose) -> Pose:
        # The outermost pixel rows are half-open: x = width would lie outside.
        flipped = np.array((pose.size_px[0], 0), np.float32) + pose.xy_px[swap] * np.array((-1, 1), np.float32)
        return replace(pose, xy_px=flipped, score=pose.score[swap])

    return changed(frames, mirror)


@dataclass
class Story:
    """What happened in a film."""

    events: list[Event]
    readings: list[Reading]

    def of(self, *kinds: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kinds)]

    @property
    def reps(self) -> list[Rep]:
        """Counted ones."""
        return [event.rep for event in self.events if isinstance(event, RepCounted)]

    @property
    def partial(self) -> list[Rep]:
        return [event.rep for event in self.events if isinstance(event, RepPartial)]

    @property
    def sets(self) -> list[tuple[int, int, int]]:
        """Number, counted and partial of each set that ended."""
        return [(e.number, e.counted, e.partial) for e in self.events if isinstance(e, SetEnded)]

    @property
    def valgus(self) -> list[str]:
        return [str(rep.valgus) for rep in self.reps]


def told(frames: Iterable[tuple[float, Pose | None]], config: Config | None = None, *, finish: bool = True) -> Story:
    """Run the analysis over a film."""
    analyser = Analyser(config)
    story = Story([], [])
    last_s = 0.0
    for last_s, pose in frames:
        story.events += analyser.update(last_s, pose)
        story.readings.append(analyser.reading)
    if finish:
        story.events += analyser.finish(last_s)
        check_order(story.events)
    return story


def check_order(events: list[Event]) -> None:
    """Check what has to hold of the events of every film, whatever it shows."""
    order = _Order()
    for event in events:
        order.take(event)
    assert order.still_open() == [], "left open at the end"


class _Order:
    def __init__(self) -> None:
        self._flagged: set[Side] = set()
        self._in_view = self._in_rep = self._in_doubt = self._in_set = False
        self._number = 0
        self._done: list[Rep] = []

    def still_open(self) -> list[str]:
        open_ = {"view": self._in_view, "rep": self._in_rep, "doubt": self._in_doubt, "set": self._in_set}
        return [*(name for name, is_open in open_.items() if is_open), *self._flagged]

    def take(self, event: Event) -> None:
        match event:
            case LifterEntered() | LifterLeft():
                self._view(event)
            case RepStarted() | RepCounted() | RepPartial() | RepAbandoned():
                self._rep(event)
            case FlagOn() | FlagOff() | CantJudgeOn() | CantJudgeOff():
                self._knees(event)
            case SetStarted() | SetEnded():
                self._set(event)

    def _view(self, event: Event) -> None:
        assert self._in_view == isinstance(event, LifterLeft), "entered twice, or left without having entered"
        assert set(self.still_open()) <= {"view", "set"}, "came or went with something open"
        self._in_view = not self._in_view

    def _rep(self, event: Event) -> None:
        assert self._in_view, "a rep of nobody"
        assert self._in_rep != isinstance(event, RepStarted), "a rep within a rep, or the end of none"
        self._in_rep = not self._in_rep
        if isinstance(event, RepAbandoned):
            assert event.reason
        if isinstance(event, RepCounted | RepPartial):
            rep = event.rep
            assert self._in_set, "a rep outside of a set"
            self._done.append(rep)
            assert rep.counted == isinstance(event, RepCounted)
            assert rep.number == sum(other.counted == rep.counted for other in self._done), "misnumbered"
            assert rep.start_s < rep.bottom_s < rep.end_s <= event.time_s

    def _knees(self, event: Event) -> None:
        assert self._in_view, "knees of nobody"
        match event:
            case FlagOn(side=side):
                assert side not in self._flagged, "flagged twice"
                assert self._in_rep, "flagged outside of a rep"
                assert not self._in_doubt, "flagged what can't be judged"
                self._flagged.add(side)
            case FlagOff(side=side):
                self._flagged.remove(side)
            case _:
                assert self._in_doubt == isinstance(event, CantJudgeOff), "in doubt twice, or sure twice"
                assert not self._flagged, "flagged what can't be judged"
                self._in_doubt = not self._in_doubt

    def _set(self, event: Event) -> None:
        if isinstance(event, SetStarted):
            assert not self._in_set, "a set within a set"
            self._number = 1 if event.new_session else self._number + 1
            self._done = []
        else:
            assert isinstance(event, SetEnded)
            assert self._in_set, "ended a set that had not begun"
            counted = sum(rep.counted for rep in self._done)
            assert (event.counted, event.partial) == (counted, len(self._done) - counted)
        assert event.number == self._number
        self._in_set = not self._in_set
