"""Drawn lifters before boxes that are mounted well or badly, and what the aiming says of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from drawn_joints import noised
from edge_valgus.aim import Aimer, AimStatus, Stage
from edge_valgus.capture.drawn import CameraView, DrawnLifter, RepScript, SetScript
from edge_valgus.frames import Pose

FPS = 20.0
REP = RepScript(depth=0.95, descent_s=1.2, hold_s=0.1, ascent_s=1.0, rest_s=1.0)
WELL = CameraView(height_m=1.0, distance_m=2.9, pitch_deg=-1.0, focal_heights=1.05)
Seen = tuple[float, Pose | None]


def drawn(view: CameraView = WELL, *, reps: int = 0, standing_s: float = 7.0, **changes: object) -> DrawnLifter:
    """A lifter who stands for a while and then squats."""
    script = SetScript(reps=(REP,) * max(reps, 1), lead_in_s=standing_s, view=view, seed=3)
    return DrawnLifter(replace(script, **changes), fps=FPS)


def seen(
    lifter: DrawnLifter, *, seed: int = 1, until_s: float = math.inf, score: float | None = None
) -> Iterator[Seen]:
    """Its joints with a network's kind of error."""
    for sighting in noised(lifter, seed):
        if sighting.time_s >= until_s:
            return
        pose = sighting.pose
        if pose is not None and score is not None:
            pose = replace(pose, score=np.full_like(pose.score, score))
        yield sighting.time_s, pose


@dataclass
class Course:
    """What an aiming said, each thing once."""

    last: AimStatus
    said: list[tuple[Stage, str]] = field(default_factory=list)

    @property
    def headlines(self) -> list[str]:
        return [headline for _, headline in self.said]

    @property
    def stages(self) -> list[Stage]:
        return [stage for i, (stage, _) in enumerate(self.said) if i == 0 or self.said[i - 1][0] is not stage]


def aimed(frames: Iterable[Seen], aimer: Aimer | None = None) -> Course:
    """Run an aiming over frames."""
    aimer = aimer or Aimer()
    course = Course(aimer.status)
    for time_s, pose in frames:
        course.last = aimer.see(time_s, pose)
        now = course.last.stage, course.last.headline
        if not course.said or course.said[-1] != now:
            course.said.append(now)
    return course
