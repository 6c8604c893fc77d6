"""Is this skeleton a lifter in the zone? Networks see confident skeletons in racks, mirrors and faces.

The gate asks about geometry, not only about scores. Its numbers are our judgement, chosen wide: the gate keeps
furniture out, the analysis decides what a squat is.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge_valgus.config import ZoneConfig
from edge_valgus.frames import (
    KEYPOINT_COUNT,
    LEFT_ANKLE,
    LEFT_ELBOW,
    LEFT_HIP,
    LEFT_KNEE,
    LEFT_SHOULDER,
    LEFT_WRIST,
    RIGHT_ANKLE,
    RIGHT_ELBOW,
    RIGHT_HIP,
    RIGHT_KNEE,
    RIGHT_SHOULDER,
    RIGHT_WRIST,
)

RELIABLE_SCORE: Final = 0.2  # from here on a keypoint is used to follow the body
_TORSO: Final = [LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_HIP, RIGHT_HIP]
_FRAME: Final = [*_TORSO, LEFT_KNEE, RIGHT_KNEE, LEFT_ANKLE, RIGHT_ANKLE]
_NO_ARM: Final = ~np.isin(np.arange(KEYPOINT_COUNT), [LEFT_ELBOW, RIGHT_ELBOW, LEFT_WRIST, RIGHT_WRIST])
MIN_BODY_SCORE: Final = 0.3  # mean over shoulders, hips, knees, ankles, to begin to follow somebody
KEEP_BODY_SCORE: Final = 0.2  # and to go on
EDGE: Final = 0.03  # hips so near to the picture's edge, in shares of its width: half of the body is guessed
MAX_BONE: Final = 0.5  # longest thigh or shank, in shares of the body's extent …
MAX_BONE_FOLDED: Final = 0.75  # … and of a body that may be squatting
_BONES: Final = np.array(
    [(LEFT_HIP, LEFT_KNEE), (RIGHT_HIP, RIGHT_KNEE), (LEFT_KNEE, LEFT_ANKLE), (RIGHT_KNEE, RIGHT_ANKLE)]
)


def reliable(score: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which keypoints may be used to follow the body; shoulders and hips always."""
    mask = score >= RELIABLE_SCORE
    mask[_TORSO] = True
    return mask


def height_px(xy_px: NDArray[np.float32], score: NDArray[np.float32]) -> float:
    """How much of the picture's height the body takes up, from keypoints [17, 2] px, [17]: without arms, which may be raised."""
    return float(np.ptp(xy_px[reliable(score) & _NO_ARM, 1]))


def body_score(score: NDArray[np.float32]) -> float:
    """Mean score of shoulders, hips, knees and ankles."""
    return float(score[_FRAME].mean())


def is_lifter(
    xy_px: NDArray[np.float32],
    score: NDArray[np.float32],
    size_px: tuple[int, int],
    zone: ZoneConfig,
    *,
    following: bool,
) -> bool:
    """Whether the keypoints ([17, 2] px, [17]) can be a lifter in the zone. `following`: it was one a moment ago."""
    assert xy_px.shape == (KEYPOINT_COUNT, 2)  # noqa: S101  a programming error, not an input
    if body_score(score) < (KEEP_BODY_SCORE if following else MIN_BODY_SCORE):
        return False
    width, height = size_px
    hip_x = float(xy_px[[LEFT_HIP, RIGHT_HIP], 0].mean())
    if not max(zone.left, EDGE) * width <= hip_x <= min(zone.right, 1.0 - EDGE) * width:
        return False
    seen = xy_px[reliable(score)]
    extent_px = float(np.ptp(seen, axis=0).max())
    # A lifter at the bottom of a squat is half as high as standing; don't lose him for that.
    if extent_px < zone.min_height * height * (0.5 if following else 1.0):
        return False
    bones_px = np.hypot(*(xy_px[_BONES[:, 0]] - xy_px[_BONES[:, 1]]).T)
    bones_seen = np.minimum(score[_BONES[:, 0]], score[_BONES[:, 1]]) >= RELIABLE_SCORE
    # Folded up at the bottom, thigh and shank are long against the rest; standing they are a quarter of it each.
    longest = MAX_BONE_FOLDED if following else MAX_BONE
    return not np.any(bones_px[bones_seen] > longest * extent_px)
