"""One drawn set, as pictures for the virtual camera and as a video of the same pictures."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import av
from PIL import Image

from edge_valgus.capture.drawn import DrawnLifter, random_set

SEED = 11
REPS = 4
FAULTY_REP = 2
KNEE_IN_M = 0.06
SIZE_PX = (480, 360)
FPS = 30
QUALITY = 92
FEW = 12

CAMERA = """%YAML 1.1
---
"Virtual0":
  supported_formats:
  - width: {width}
    height: {height}
    frame_rates: [1, 120]
  frames:
    path: "{pictures}/"
  location: "CameraLocationExternal"
  model: "imx708"
"""
"""What the virtual camera is, for libcamera's virtual.yaml."""


@dataclass(frozen=True)
class Pictures:
    """folder: the pictures, which the camera plays in the order of their names; a camera holds them all in its memory, therefore
    few: only the first ones. video: all of them, frame for frame."""

    folder: Path
    few: Path
    video: Path
    duration_s: float


def draw(into: Path) -> Pictures:
    """Draw a set of REPS in which one rep's left knee caves in."""
    folder, few, video = into / "pictures", into / "few", into / "set.mkv"
    folder.mkdir(parents=True)
    few.mkdir()
    lifter = DrawnLifter(
        random_set(SEED, REPS, knee_in={FAULTY_REP - 1: (KNEE_IN_M, 0.0)}), size_px=SIZE_PX, fps=float(FPS)
    )
    with av.open(str(video), "w") as container:
        # The camera and the video get the very same bytes: what differs is how they come.
        stream = container.add_stream("mjpeg", rate=FPS, options={})
        stream.width, stream.height = SIZE_PX
        stream.pix_fmt = "yuvj420p"
        stream.time_base = Fraction(1, 1000)
        for index, frame in enumerate(lifter):
            memory = BytesIO()
            Image.fromarray(frame.image).save(memory, "JPEG", quality=QUALITY, subsampling="4:2:0")
            (folder / f"{index:05}.jpg").write_bytes(memory.getvalue())
            if index < FEW:
                (few / f"{index:05}.jpg").write_bytes(memory.getvalue())
            packet = av.Packet(memory.getvalue())
            packet.stream = stream
            packet.time_base = Fraction(1, 1000)
            packet.pts = packet.dts = round(index * 1000 / FPS)
            packet.is_keyframe = True
            container.mux(packet)
    return Pictures(folder, few, video, lifter.frame_count / FPS)


def virtual_camera(pictures: str) -> str:
    """The virtual camera that plays a folder of pictures."""
    return CAMERA.format(width=SIZE_PX[0], height=SIZE_PX[1], pictures=pictures)
