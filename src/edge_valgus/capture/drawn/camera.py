"""Where the camera stands, and what it makes of a point in space."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_valgus.capture.drawn.checks import require

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CameraView:
    """A camera in front of the lifter.

    height_m: lens above the floor. distance_m: from the lifter, along the floor.
    yaw_deg: the camera stands so far round to the lifter's left, looking at the lifter's axis; the lifter then seems
        to be turned to their own right by as much.
    pitch_deg: looks up (positive) or down. roll_deg: turned clockwise, so that the picture leans the other way.
    sideways_m: the camera is moved to its own right, and the lifter stands left of the middle of the picture.
    focal_heights: focal length in picture heights; 0.5 / tan(half the vertical field of view).
    """

    height_m: float = 0.9
    distance_m: float = 2.6
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    sideways_m: float = 0.0
    focal_heights: float = 1.05

    def __post_init__(self) -> None:
        require("height_m", self.height_m, 0.05, 3.0)
        require("distance_m", self.distance_m, 1.2, 10.0)
        require("yaw_deg", self.yaw_deg, -60.0, 60.0)
        require("pitch_deg", self.pitch_deg, -45.0, 45.0)
        require("roll_deg", self.roll_deg, -180.0, 180.0)
        require("sideways_m", self.sideways_m, -3.0, 3.0)
        require("focal_heights", self.focal_heights, 0.3, 5.0)


class Camera:
    """A view together with a picture size: a pinhole with its optical axis through the picture's middle.

    position_m: float64 [3], world. rotation: float64 [3, 3], rows are the picture's right, down and forward in world
    axes. focal_px: pixels.
    """

    def __init__(self, view: CameraView, size_px: tuple[int, int]) -> None:
        width_px, height_px = size_px
        self.size_px = size_px
        self.focal_px = view.focal_heights * height_px
        self.centre_px = np.array([width_px / 2, height_px / 2])
        yaw, pitch, roll = (math.radians(angle) for angle in (view.yaw_deg, view.pitch_deg, view.roll_deg))
        level_right = np.array([math.cos(yaw), 0.0, -math.sin(yaw)])
        outward = np.array([math.sin(yaw), 0.0, math.cos(yaw)])
        up = np.array([0.0, 1.0, 0.0])
        self.position_m = view.distance_m * outward + view.sideways_m * level_right + view.height_m * up
        forward = -math.cos(pitch) * outward + math.sin(pitch) * up
        level_down = np.cross(forward, level_right)
        right = math.cos(roll) * level_right + math.sin(roll) * level_down
        down = np.cross(forward, right)
        self.rotation: Array = np.stack([right, down, forward])

    def to_camera(self, points_m: Array) -> Array:
        """World points [..., 3] in metres along the picture's right, down and forward."""
        moved: Array = (points_m - self.position_m) @ self.rotation.T
        return moved

    def project(self, points_m: Array) -> Array:
        """World points [..., 3] to pixels [..., 2]; (0, 0) is the picture's top left corner, pixel centres at halves."""
        seen = self.to_camera(points_m)
        pixels: Array = self.focal_px * seen[..., :2] / seen[..., 2:] + self.centre_px
        return pixels
