"""People as the watch for rivals is told of them, and a watch that is told of them frame by frame."""

from __future__ import annotations

import numpy as np
from pose_samples import FRAME_S, SIZE_PX, scores, stand

from edge_valgus.config import ZoneConfig
from edge_valgus.pose.rival import Followed, RivalWatch
from edge_valgus.pose.stature import Extent

ASIDE_X, MIDDLE_X = 150.0, 320.0
WHOLE_PICTURE = ZoneConfig(left=0.0, right=1.0)


def body(x_px=ASIDE_X, tall_px=300.0):
    return stand((x_px, 440), tall_px)


def followed(x_px=ASIDE_X, share=1.0, tall_px=300.0, *, ankles=True, how="sunk"):
    """Somebody who stands there, so tall, and takes up a share of that, having "sunk", "bent" or been "smaller" at once."""
    standing = Extent.of(body(x_px, tall_px), scores())
    lost_px = (1.0 - share) * standing.height_px
    hips_px = {"sunk": standing.hips_px - lost_px, "bent": standing.hips_px, "smaller": share * standing.hips_px}[how]
    seen = Extent(standing.height_px - lost_px, *((hips_px, standing.feet_y_px) if ankles else ()))
    return Followed(body(x_px, tall_px), seen, standing.height_px)


def sunken(x_px, tall_px, share=0.7, *, bent=False):
    """Keypoints of somebody who stands there on the same feet, so tall, and is down; bent: the hips stay."""
    xy_px = stand((x_px, 460), tall_px)
    xy_px[: 11 if bent else 13, 1] += (1.0 - share) * np.ptp(xy_px[:, 1])
    return xy_px


class Watched:
    """A watch that is told, frame by frame, what is seen."""

    def __init__(self, zone=WHOLE_PICTURE):
        self.watch = RivalWatch(zone)
        self.now_s = 0.0
        self.looks = []  # when, and the square's left edge

    def go(self, duration_s, who, *, frame_s=FRAME_S, seen=True):
        """Go on for so long with the followed one. Returns when was looked."""
        begin = len(self.looks)
        for _ in range(round(duration_s / frame_s)):
            crop = self.watch.look(who, SIZE_PX, self.now_s)
            if crop is not None:
                self.looks.append((self.now_s, crop.left_px))
            elif seen:
                self.watch.saw(who, self.now_s)
            self.now_s += frame_s
        return [time_s for time_s, _ in self.looks[begin:]]

    def shown(self, xy_px, who=None):
        self.watch.saw(who or followed(), self.now_s)
        return self.watch.takes_over(xy_px, scores(), who or followed(), SIZE_PX, self.now_s)


def sink(watched, share, how="sunk"):
    """From standing, no faster than people do."""
    for step in np.linspace(1.0, share, 1 + round((1.0 - share) / 0.03)):
        watched.go(FRAME_S, followed(share=step, how=how))


def squat(watched, *, low_s=0.5, share=0.7):
    """low_s: below the limit, with the way there from 0.84."""
    sink(watched, share)
    watched.go(low_s - (0.84 - share) / 0.03 * FRAME_S, followed(share=share))
