"""Follows one lifter from frame to frame."""

from __future__ import annotations

import math
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from edge_valgus.config import ZoneConfig
from edge_valgus.frames import (
    IN_A_MIRROR,
    LEFT_HIP,
    LEFT_SHOULDER,
    RIGHT_HIP,
    RIGHT_SHOULDER,
    Frame,
    Pose,
)
from edge_valgus.pose.crop import Crop, CropSampler, CropTracker, search_crops
from edge_valgus.pose.gate import height_px, is_lifter, reliable
from edge_valgus.pose.rival import Followed, RivalWatch
from edge_valgus.pose.smooth import OneEuro, trust_in
from edge_valgus.pose.stature import Extent

LOST_AFTER_S: Final = 0.7  # without a plausible skeleton this long, look for somebody anew
MAX_JUMP: Final = 0.35  # a body can't move further than this share of its own extent between two frames
OUTGROWN: Final = (
    1.12  # nobody is taller than he stands by more: a nearer body, which crosses in front. Taller he gets …
)
GROWTH: Final = 0.6  # … by this share a second, walking towards the camera: at 1.2 m/s, two metres off
HEIGHT_TIME_S: Final = (
    60.0  # time constant with which it is forgotten how tall that was: longer than anybody stays down
)
_CORE: Final = [LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_HIP, RIGHT_HIP]
_IN_A_MIRROR: Final = list(IN_A_MIRROR)  # numpy takes a tuple for coordinates


class Network(Protocol):
    """What the tracker needs of a model; `KeypointModel` is one."""

    side_px: int

    def infer(self, square: NDArray[np.uint8]) -> NDArray[np.float32]:
        """uint8 [1, side, side, 3] → float32 [17, 3]: y, x (shares of the square), score."""


class PoseTracker:
    """Frame in, smoothed pose of the followed lifter out (None while nobody is followed or believed).

    While somebody is followed, only the square around him is looked at, so that a bystander doesn't take over, and a
    skeleton that jumps or grows at once is not believed: somebody crosses in front. While nobody is followed, the
    picture is searched square by square, one per frame; while it is somebody at the side, for one frame now and then.
    Every other frame is shown to the network mirrored: on the same picture its errors are then half different ones
    (correlation 0.53 for a knee against its ankle, drawn lifters, MoveNet Lightning int8), which the smoothing averages.
    """

    def __init__(self, network: Network, zone: ZoneConfig | None = None) -> None:
        self._network = network
        self._zone = zone or ZoneConfig()
        self._sampler = CropSampler(network.side_px)
        self._crops = CropTracker()
        self._smooth = OneEuro(min_cutoff_hz=2.5, beta=10.0)
        self._mirrored = np.empty((1, network.side_px, network.side_px, 3), np.uint8)
        self._mirror = True
        self._search_turn = 0
        self._last_good_s = 0.0
        self._last: Followed | None = None
        self._person = 0
        self._rivals = RivalWatch(self._zone)

    @property
    def crop(self) -> Crop | None:
        """The square that the next frame will be looked at through; None while searching."""
        return self._crops.crop

    def track(self, frame: Frame) -> Pose | None:
        """One frame on. Frames come in the order of their times."""
        if self._last is not None:
            others = self._rivals.look(self._last, frame.size_px, frame.time_s)
            if others is not None:
                return self._look_around(frame, self._last, others)
        following = self._crops.crop is not None
        crop = self._crops.crop or self._next_search_crop(frame.size_px)
        xy_px, score, believed = self._see(frame, crop, following=following)
        if not (believed and self._moves_like_a_body(xy_px, score, crop)):
            if following and frame.time_s - self._last_good_s > LOST_AFTER_S:
                self.reset()
            return None
        return self._follow(frame, xy_px, score, crop)

    def reset(self) -> None:
        """Forget the lifter and search."""
        self._crops.reset()
        self._smooth.reset()
        self._rivals.reset()
        self._last = None

    def _see(
        self, frame: Frame, crop: Crop, *, following: bool
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], bool]:
        """Whom the network sees in the square: keypoints in frame pixels, scores, and whether it can be the lifter."""
        answer = self._look(frame, crop)
        xy_px = crop.in_frame_px(answer)
        score = answer[:, 2].copy()
        # A network that answers with no number must not get into what remembers: the crop, the smoothing.
        finite = bool(np.isfinite(answer).all())
        return xy_px, score, finite and is_lifter(xy_px, score, frame.size_px, self._zone, following=following)

    def _look_around(self, frame: Frame, followed: Followed, crop: Crop) -> Pose | None:
        """A frame for the others: somebody who stands better is followed from now on."""
        xy_px, score, believed = self._see(frame, crop, following=False)
        self._mirror = not self._mirror  # the followed one's looks go on by turns
        if not believed:
            self._rivals.nobody()
            return None
        if not self._rivals.takes_over(xy_px, score, followed, frame.size_px, frame.time_s):
            return None
        self.reset()
        self._person += 1
        return self._follow(frame, xy_px, score, crop)

    def _follow(self, frame: Frame, xy_px: NDArray[np.float32], score: NDArray[np.float32], crop: Crop) -> Pose:
        extent = Extent.of(xy_px, score)
        standing_px = self._standing_px(extent.height_px, frame.time_s)
        self._last_good_s = frame.time_s
        self._last = Followed(xy_px, extent, standing_px)
        self._rivals.saw(self._last, frame.time_s)
        self._crops.follow(xy_px, reliable(score), frame.time_s)
        smooth = self._smooth.smooth(xy_px, frame.time_s, crop.side_px, trust_in(score))
        return Pose(smooth.astype(np.float32), score, frame.time_s, frame.size_px, self._person)

    def _look(self, frame: Frame, crop: Crop) -> NDArray[np.float32]:
        """What the network says of the square, left and right as they are in the picture."""
        square = self._sampler.sample(frame.image, crop)
        self._mirror = not self._mirror
        if not self._mirror:
            return self._network.infer(square)
        np.copyto(self._mirrored, square[:, :, ::-1])
        answer = self._network.infer(self._mirrored)[_IN_A_MIRROR]
        np.subtract(1.0, answer[:, 1], out=answer[:, 1])
        return answer

    def _moves_like_a_body(self, xy_px: NDArray[np.float32], score: NDArray[np.float32], crop: Crop) -> bool:
        last = self._last
        if last is None:
            return True
        moved = np.median(np.hypot(*(xy_px[_CORE] - last.xy_px[_CORE]).T))
        outgrown = height_px(xy_px, score) > OUTGROWN * last.tallest_px
        return bool(moved <= MAX_JUMP * crop.side_px) and not outgrown

    def _standing_px(self, tall_px: float, time_s: float) -> float:
        """How tall the followed one stands, slowly forgotten, who is so tall now."""
        if self._last is None:
            return tall_px
        dt_s = max(0.0, time_s - self._last_good_s)
        tallest_px = self._last.tallest_px
        return max(math.exp(-dt_s / HEIGHT_TIME_S) * tallest_px, min(tall_px, (1.0 + GROWTH * dt_s) * tallest_px))

    def _next_search_crop(self, size_px: tuple[int, int]) -> Crop:
        crops = search_crops(size_px, self._zone.left, self._zone.right)
        self._search_turn = (self._search_turn + 1) % len(crops)
        return crops[self._search_turn]
