"""What travels from the camera to the analysis: pictures, and the skeletons seen in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

KEYPOINT_NAMES: Final = (
    "nose",
    "left_eye",
    "right_eye",
    "left_ear",
    "right_ear",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_hip",
    "right_hip",
    "left_knee",
    "right_knee",
    "left_ankle",
    "right_ankle",
)
"""The 17 keypoints of COCO, in MoveNet's order. Left is the lifter's left: the right half of an unmirrored picture."""

KEYPOINT_COUNT: Final = len(KEYPOINT_NAMES)

NOSE, LEFT_EYE, RIGHT_EYE, LEFT_EAR, RIGHT_EAR = range(5)
LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_ELBOW, RIGHT_ELBOW, LEFT_WRIST, RIGHT_WRIST = range(5, 11)
LEFT_HIP, RIGHT_HIP, LEFT_KNEE, RIGHT_KNEE, LEFT_ANKLE, RIGHT_ANKLE = range(11, 17)

IN_A_MIRROR: Final = (0, *(index + 1 if index % 2 else index - 1 for index in range(1, KEYPOINT_COUNT)))
"""For each keypoint the index of the one that it looks like in a mirror: pairs follow each other, left before right."""

SKELETON: Final = (
    (LEFT_SHOULDER, RIGHT_SHOULDER),
    (LEFT_SHOULDER, LEFT_ELBOW),
    (LEFT_ELBOW, LEFT_WRIST),
    (RIGHT_SHOULDER, RIGHT_ELBOW),
    (RIGHT_ELBOW, RIGHT_WRIST),
    (LEFT_SHOULDER, LEFT_HIP),
    (RIGHT_SHOULDER, RIGHT_HIP),
    (LEFT_HIP, RIGHT_HIP),
    (LEFT_HIP, LEFT_KNEE),
    (LEFT_KNEE, LEFT_ANKLE),
    (RIGHT_HIP, RIGHT_KNEE),
    (RIGHT_KNEE, RIGHT_ANKLE),
)
"""Pairs of keypoint indices that are joined by a bone when a skeleton is drawn."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture.

    image: uint8 [height, width, 3], RGB. Belongs to the source and may be overwritten once the next frame is asked for.
    time_s: when the picture was taken, in seconds of a clock that never goes backwards. Not the wall clock.
    """

    image: NDArray[np.uint8]
    time_s: float

    @property
    def size_px(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        height, width = self.image.shape[:2]
        return width, height


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """One person's keypoints in one frame.

    xy_px: float32 [17, 2], x to the right and y down, in pixels of the frame. May lie outside the picture.
    score: float32 [17], 0–1, how sure the model is of each keypoint.
    time_s: the frame's capture time.
    size_px: (width, height) of the frame, so that a keypoint outside the picture can be told.
    person: changes when somebody else is followed from one frame to the next.
    """

    xy_px: NDArray[np.float32]
    score: NDArray[np.float32]
    time_s: float
    size_px: tuple[int, int]
    person: int = 0
