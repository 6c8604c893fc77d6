"""Where the analysis gets its poses from: a tracked source, or a recording."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edge_valgus.capture.replay import Recording
from edge_valgus.capture.source import Source
from edge_valgus.frames import Frame, Pose
from edge_valgus.pose import PoseTracker


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """One frame's pose (None: nobody seen) and, while it lasts, the picture it was seen in."""

    time_s: float
    pose: Pose | None
    frame: Frame | None = None


def tracked(source: Source, tracker: PoseTracker) -> Iterator[Sighting]:
    """Poses that a model sees in a source's pictures."""
    for frame in source:
        yield Sighting(frame.time_s, tracker.track(frame), frame)


def replayed(recording: Recording) -> Iterator[Sighting]:
    """Poses that were recorded earlier."""
    for time_s, pose in recording:
        yield Sighting(time_s, pose)
