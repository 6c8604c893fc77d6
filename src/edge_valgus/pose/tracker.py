"""Follows one lifter from frame to frame."""

from __future__ import annotations

from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from edge_valgus.config import ZoneConfig
from edge_valgus.frames import LEFT_HIP, LEFT_SHOULDER, RIGHT_HIP, RIGHT_SHOULDER, Frame, Pose
from edge_valgus.pose.crop import Crop, CropSampler, CropTracker, search_crops
from edge_valgus.pose.gate import is_lifter, reliable
from edge_valgus.pose.smooth import OneEuro

LOST_AFTER_S: Final = 0.7  # without a plausible skeleton this long, look for somebody anew
MAX_JUMP: Final = 0.35  # a body can't move further than this share of its own extent between two frames
_CORE: Final = [LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_HIP, RIGHT_HIP]


class Network(Protocol):
    """What the tracker needs of a model; `KeypointModel` is one."""

    side_px: int

    def infer(self, square: NDArray[np.uint8]) -> NDArray[np.float32]:
        """uint8 [1, side, side, 3] → float32 [17, 3]: y, x (shares of the square), score."""


class PoseTracker:
    """Frame in, smoothed pose of the followed lifter out (None while nobody is followed or believed).

    While somebody is followed, only the square around him is looked at, so that a bystander doesn't take over, and a
    skeleton that jumps is not believed. While nobody is, the picture is searched square by square, one per frame.
    """

    def __init__(self, network: Network, zone: ZoneConfig | None = None) -> None:
        self._network = network
        self._zone = zone or ZoneConfig()
        self._sampler = CropSampler(network.side_px)
        self._crops = CropTracker()
        self._smooth = OneEuro(min_cutoff_hz=2.5, beta=10.0)
        self._search_turn = 0
        self._last_good_s = 0.0
        self._last_core: NDArray[np.float32] | None = None

    @property
    def crop(self) -> Crop | None:
        """The square that the next frame will be looked at through; None while searching."""
        return self._crops.crop

    def track(self, frame: Frame) -> Pose | None:
        """One frame on. Frames come in the order of their times."""
        following = self._crops.crop is not None
        crop = self._crops.crop or self._next_search_crop(frame.size_px)
        answer = self._network.infer(self._sampler.sample(frame.image, crop))
        xy_px = answer[:, 1::-1] * np.float32(crop.side_px) + np.array((crop.left_px, crop.top_px), np.float32)
        score = answer[:, 2].copy()
        # A network that answers with no number must not get into what remembers: the crop, the smoothing.
        believed = bool(np.isfinite(answer).all()) and is_lifter(
            xy_px, score, frame.size_px, self._zone, following=following
        )
        if not (believed and self._moves_like_a_body(xy_px, crop)):
            if following and frame.time_s - self._last_good_s > LOST_AFTER_S:
                self.reset()
            return None
        self._last_good_s = frame.time_s
        self._last_core = xy_px[_CORE]
        self._crops.follow(xy_px, reliable(score), frame.time_s)
        smooth = self._smooth.smooth(xy_px, frame.time_s, crop.side_px)
        return Pose(smooth.astype(np.float32), score, frame.time_s, frame.size_px)

    def reset(self) -> None:
        """Forget the lifter and search."""
        self._crops.reset()
        self._smooth.reset()
        self._last_core = None

    def _moves_like_a_body(self, xy_px: NDArray[np.float32], crop: Crop) -> bool:
        if self._last_core is None:
            return True
        moved = np.median(np.hypot(*(xy_px[_CORE] - self._last_core).T))
        return bool(moved <= MAX_JUMP * crop.side_px)

    def _next_search_crop(self, size_px: tuple[int, int]) -> Crop:
        crops = search_crops(size_px, self._zone.left, self._zone.right)
        self._search_turn = (self._search_turn + 1) % len(crops)
        return crops[self._search_turn]
