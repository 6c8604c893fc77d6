"""The drawn lifter as a source of pictures, with the truth about each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_valgus.capture.drawn.acts import Sway
from edge_valgus.capture.drawn.camera import Camera
from edge_valgus.capture.drawn.checks import require
from edge_valgus.capture.drawn.figure import figure
from edge_valgus.capture.drawn.film import Sensor
from edge_valgus.capture.drawn.motion import Timeline, TrueRep
from edge_valgus.capture.drawn.render import Canvas
from edge_valgus.capture.drawn.scene import background
from edge_valgus.capture.drawn.script import SetScript
from edge_valgus.capture.drawn.skeleton import Pose3D, stand_up
from edge_valgus.capture.drawn.squat import Squat
from edge_valgus.capture.source import AlwaysOpen
from edge_valgus.frames import Frame


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """What is really there at one moment.

    xy_px: float32 [17, 2], COCO-17 joints projected, pixels of the frame (0, 0 is the top left corner).
    visible: bool [17], inside the picture (a joint behind an arm counts as visible).
    depth: 0 standing … 1 hip joint level with knee joint, share of the hips' vertical travel.
    knee_in_left_m, knee_in_right_m: sideways distance of the knee joint inside its neutral path.
    rep_index: which rep is going on, None while standing.
    """

    xy_px: NDArray[np.float32]
    visible: NDArray[np.bool_]
    depth: float
    knee_in_left_m: float
    knee_in_right_m: float
    rep_index: int | None


class DrawnLifter(AlwaysOpen):
    """Renders a script, frame by frame, as fast as it is asked to.

    Frame times are 0, 1/fps, 2/fps …. Every frame's image is the same buffer, overwritten by the next: copy it to keep
    it. The same script gives the same pixels. It may be iterated again, from the start.
    Raises ValueError for a picture size outside 64–2048 or a rate outside 1–240 frames per second.
    """

    def __init__(self, script: SetScript, *, size_px: tuple[int, int] = (640, 480), fps: float = 30.0) -> None:
        width_px, height_px = size_px
        require("size_px[0]", width_px, 64, 2048)
        require("size_px[1]", height_px, 64, 2048)
        require("fps", fps, 1.0, 240.0)
        self._script = script
        self._fps = fps
        self._camera = Camera(script.view, (int(width_px), int(height_px)))
        self._squat = Squat(script.body, script.stance)
        self._timeline = Timeline(script.reps, script.lead_in_s)
        self._sway = Sway(script.seed)

    @property
    def name(self) -> str:
        """What a person calls it."""
        return "drawn lifter"

    @property
    def script(self) -> SetScript:
        """What is drawn."""
        return self._script

    @property
    def size_px(self) -> tuple[int, int]:
        """(width, height) of the frames."""
        return self._camera.size_px

    @property
    def fps(self) -> float:
        """Frames per second of its time."""
        return self._fps

    @property
    def frame_count(self) -> int:
        """How many frames there will be."""
        return max(1, round(self._timeline.duration_s * self._fps))

    @property
    def true_reps(self) -> tuple[TrueRep, ...]:
        """The reps as they really are."""
        return self._timeline.true_reps

    def pose(self, time_s: float) -> Pose3D:
        """The skeleton in space at a time."""
        moment = self._timeline.at(time_s)
        squat = self._squat.pose(
            moment.depth, moment.knee_in_left_m, moment.knee_in_right_m, self._sway.at(time_s, self._script.sway_m)
        )
        return stand_up(self._script.body, squat, self._script.look.arms, moment.depth)

    def truth(self, time_s: float) -> Truth:
        """What is really there at a time."""
        moment = self._timeline.at(time_s)
        pose = self.pose(time_s)
        xy_px = self._camera.project(pose.keypoints)
        return Truth(
            xy_px=xy_px.astype(np.float32),
            visible=((xy_px >= 0) & (xy_px < self._camera.size_px)).all(axis=1),
            depth=moment.depth,
            knee_in_left_m=pose.squat.left.knee_in_m,
            knee_in_right_m=pose.squat.right.knee_in_m,
            rep_index=moment.rep_index,
        )

    def __iter__(self) -> Iterator[Frame]:
        """Draw each frame in turn."""
        look = self._script.look
        width, height = self.size_px
        room = background(self._camera, look, self._shadows()).transpose(2, 0, 1).copy()
        sensor = Sensor(room, look.noise, np.random.default_rng((self._script.seed, 1)))
        canvas = Canvas(room, self._camera, look.light)
        image = np.empty((height, width, 3), np.uint8)
        for index in range(self.frame_count):
            time_s = index / self._fps
            sensor.take(canvas.rgb, canvas.draw(figure(self.pose(time_s), look)), image)
            canvas.restore()
            yield Frame(image, time_s)

    def _shadows(self) -> NDArray[np.float64]:
        half = self._script.stance.width_m / 2
        foot = 0.35 * self._script.body.foot_m
        light_x = -0.5 * self._script.look.light.from_left
        return np.array(
            [
                (half, foot, 0.16, 0.55),
                (-half, foot, 0.16, 0.55),
                (half, foot, 0.09, 0.5),
                (-half, foot, 0.09, 0.5),
                (0.35 * light_x, -0.15, 0.50, 0.40),
                (light_x, -0.45, 0.45, 0.22),
            ]
        )
