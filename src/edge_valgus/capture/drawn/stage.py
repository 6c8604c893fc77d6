"""A drawn gym with any number of people in it, seen by a camera as cameras are, with the truth about the lifter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edge_valgus.capture.drawn.actor import Actor, Player
from edge_valgus.capture.drawn.camera import Camera, CameraView
from edge_valgus.capture.drawn.checks import require
from edge_valgus.capture.drawn.crowd import Crowd
from edge_valgus.capture.drawn.film import Sensor
from edge_valgus.capture.drawn.look import Look
from edge_valgus.capture.drawn.motion import TrueRep
from edge_valgus.capture.drawn.props import Frontage
from edge_valgus.capture.drawn.render import NOTHING, Box, Canvas, Plane, union
from edge_valgus.capture.drawn.scene import gym, wall_z_m
from edge_valgus.capture.drawn.shadows import Floor
from edge_valgus.capture.drawn.solids import FAR_M
from edge_valgus.capture.drawn.source import Truth
from edge_valgus.capture.drawn.timing import Exposure, FrameTiming
from edge_valgus.capture.source import AlwaysOpen
from edge_valgus.frames import KEYPOINT_COUNT, Frame

MOST_S = 7200.0
SEEN_FROM_M = 0.05  # a joint nearer to the lens than this, or behind it, has no place in the picture


@dataclass(frozen=True, slots=True)
class StageScript:
    """Everything about one drawn scene. The same script gives the same pixels and times.

    lifter: the person the truth is about, or None. others: anybody else. room: gives the gym (room_seed), the light and
    the noise. duration_s: None is until the lifter's acts end, without a lifter the last of the others'.
    seed: of the sensor's noise and the frames' timing.
    Raises ValueError for a scene without people and without a duration, and outside the ranges of its parts.
    """

    lifter: Actor | None = None
    others: tuple[Actor, ...] = ()
    view: CameraView = field(default_factory=CameraView)
    room: Look = field(default_factory=Look)
    frontage: Frontage = field(default_factory=Frontage)
    exposure: Exposure = field(default_factory=Exposure)
    timing: FrameTiming = field(default_factory=FrameTiming)
    duration_s: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        require("seed", self.seed, 0, 2**63)
        if self.duration_s is None and self.lifter is None and not self.others:
            raise ValueError("duration_s = None: expected seconds, because nobody is there whose acts would end")
        require("duration_s", self.length_s, 0.0, MOST_S)

    @property
    def length_s(self) -> float:
        """How long the scene is."""
        if self.duration_s is not None:
            return self.duration_s
        if self.lifter is not None:
            return self.lifter.ends_s
        return max(actor.ends_s for actor in self.others)


class DrawnStage(AlwaysOpen):
    """Renders a scene, frame by frame, as fast as it is asked to.

    Every frame's image is the same buffer, overwritten by the next: copy it to keep it. It may be iterated again, from
    the start. Raises ValueError for a picture size outside 64–2048, or an act that a body can't perform.
    """

    def __init__(self, script: StageScript, *, size_px: tuple[int, int] = (640, 480)) -> None:
        width_px, height_px = size_px
        require("size_px[0]", width_px, 64, 2048)
        require("size_px[1]", height_px, 64, 2048)
        self._script = script
        self._camera = Camera(script.view, (int(width_px), int(height_px)))
        self._lifter = None if script.lifter is None else Player(script.lifter)
        self._people = [Player(actor) for actor in script.others]
        if self._lifter is not None:
            self._people.insert(0, self._lifter)
        self._frame_times = script.timing.frame_times(script.length_s, script.seed)

    @property
    def name(self) -> str:
        """What a person calls it."""
        return "drawn stage"

    @property
    def script(self) -> StageScript:
        """What is drawn."""
        return self._script

    @property
    def size_px(self) -> tuple[int, int]:
        """(width, height) of the frames."""
        return self._camera.size_px

    @property
    def fps(self) -> float:
        """Nominal frames per second of its time."""
        return self._script.timing.fps

    @property
    def frame_count(self) -> int:
        """How many frames there will be, the missing ones left out."""
        return len(self._frame_times)

    @property
    def frame_times(self) -> NDArray[np.float64]:
        """The capture times of the frames, float64 [n], in seconds."""
        return self._frame_times.copy()

    @property
    def true_reps(self) -> tuple[TrueRep, ...]:
        """The reps of all the lifter's Squats, as they really are, in the stage's time."""
        return () if self._lifter is None else self._lifter.true_reps

    def truth(self, time_s: float) -> Truth:
        """What is really there of the lifter at a time, without motion blur.

        rep_index is an index into true_reps. While the lifter is not there, all joints are NaN and not visible; so is a joint
        that is beside or behind the lens.
        """
        posture = None if self._lifter is None else self._lifter.at(time_s)
        if self._lifter is None or posture is None:
            nowhere = np.full((KEYPOINT_COUNT, 2), np.nan, np.float32)
            return Truth(nowhere, np.zeros(KEYPOINT_COUNT, np.bool_), 0.0, 0.0, 0.0, None)
        points_m = posture.place.to_gym(posture.pose.keypoints)
        in_front = self._camera.to_camera(points_m)[:, 2] > SEEN_FROM_M
        xy_px = np.full((KEYPOINT_COUNT, 2), np.nan)
        xy_px[in_front] = self._camera.project(points_m[in_front])
        return Truth(
            xy_px=xy_px.astype(np.float32),
            visible=((xy_px >= 0) & (xy_px < self._camera.size_px)).all(axis=1),
            depth=posture.depth,
            knee_in_left_m=posture.pose.squat.left.knee_in_m,
            knee_in_right_m=posture.pose.squat.right.knee_in_m,
            rep_index=self._lifter.rep_index(time_s, posture),
        )

    def __iter__(self) -> Iterator[Frame]:
        """Draw each frame in turn."""
        script = self._script
        width, height = self.size_px
        room, room_m, floor = self._empty_gym()
        sensor = Sensor(room, script.room.noise, np.random.default_rng((script.seed, 1)))
        canvas = Canvas(room, self._camera, script.room.light, room_m, opaque=True)
        crowd = Crowd(self._people, self._camera, script.room.light, floor)
        racked = canvas.shaded(script.frontage.racked_bar())
        mixed = room.copy()
        image = np.empty((height, width, 3), np.uint8)
        for time_s in self._frame_times.tolist():
            instants = crowd.instants(time_s, script.exposure)
            touched: Box = NOTHING
            for postures in instants:
                carried = self._lifter is not None and postures[0] is not None and postures[0].barbell
                box = crowd.draw(canvas, postures, [] if carried else racked)
                if len(instants) == 1:
                    sensor.take(canvas.rgb, box, image)
                else:
                    mixed[:, *box] += (canvas.rgb[:, *box] - room[:, *box]) * np.float32(1.0 / len(instants))
                    touched = union(touched, box)
                canvas.restore()
            if len(instants) > 1:
                sensor.take(mixed, touched, image)
                mixed[:, *touched] = room[:, *touched]
            yield Frame(image, time_s)

    def _empty_gym(self) -> tuple[Plane, Plane, Floor]:
        """The room with the things in front: its planes, how far away what stands in it is, and its floor."""
        script = self._script
        shadows = np.array(script.frontage.shadows()).reshape(-1, 4)
        empty = gym(self._camera, script.room, shadows)
        picture = empty.picture.transpose(2, 0, 1).copy()
        canvas = Canvas(picture, self._camera, script.room.light, empty.depth_m, opaque=True)
        canvas.draw(script.frontage.standing())
        floor = Floor(self._camera, wall_z_m(script.room.room_seed), canvas.depth_m < FAR_M)
        return canvas.rgb, canvas.depth_m, floor
