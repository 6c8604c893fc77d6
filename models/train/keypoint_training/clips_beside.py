"""On recordings of people, where the truth is not known: how far a network's joints are from those of another one.

The other one (MoveNet) follows the lifter as on the device, at ten frames a second; both look through its squares.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge_valgus.capture.video import VideoFile
from edge_valgus.config import ZoneConfig
from edge_valgus.errors import VideoBrokeOff
from edge_valgus.pose import PoseTracker
from edge_valgus.pose.crop import CropSampler
from edge_valgus.pose.gate import RELIABLE_SCORE, is_lifter
from edge_valgus.pose.tracker import Network
from keypoint_training.drawn_errors import JOINTS, leg_length_px

APART_S: Final = 0.095  # of the frames looked at
MOST_S: Final = 12.0  # of a clip

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Beside:
    """Of one clip. frames: in which the other network saw a lifter. seen: in how many of them this one did too.

    apart: by kind of joint, how far apart both put it, in shares of leg length, where the other one was sure of it.
    """

    frames: int
    seen: int
    apart: dict[str, Array]


def beside(path: Path, network: Network, other: Network) -> Beside:
    """Let both look at a video."""
    tracker, zone = PoseTracker(other), ZoneConfig()
    samplers = CropSampler(network.side_px), CropSampler(other.side_px)
    found: dict[str, list[float]] = {kind: [] for kind in JOINTS}
    frames = seen = 0
    leg_px, last_s = 0.0, -np.inf
    with VideoFile(path) as video:
        try:
            for frame in video:
                if frame.time_s > MOST_S:
                    break
                if frame.time_s - last_s < APART_S:
                    continue
                last_s = frame.time_s
                crop = tracker.crop
                if crop is not None:
                    answers = [
                        one.infer(sampler.sample(frame.image, crop))
                        for one, sampler in zip((network, other), samplers, strict=True)
                    ]
                    places = [crop.in_frame_px(answer) for answer in answers]
                    believed = [
                        is_lifter(xy_px, answer[:, 2], frame.size_px, zone, following=True)
                        for xy_px, answer in zip(places, answers, strict=True)
                    ]
                    if believed[1]:
                        frames += 1
                        seen += believed[0]
                        leg_px = max(leg_px, leg_length_px(places[1]))
                        apart_px = np.hypot(*(places[0] - places[1]).T)
                        for kind, joints in JOINTS.items():
                            found[kind] += [
                                apart_px[joint] for joint in joints if answers[1][joint, 2] >= RELIABLE_SCORE
                            ]
                tracker.track(frame)
        except VideoBrokeOff:
            pass  # what came before is good
    return Beside(frames, seen, {kind: np.array(apart) / max(leg_px, 1.0) for kind, apart in found.items()})
