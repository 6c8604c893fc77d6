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
    for index, picture in enumerate(write_video(lifter, video)):
        (folder / f"{index:05}.jpg").write_bytes(picture)
        if index < FEW:
            (few / f"{index:05}.jpg").write_bytes(picture)
    return Pictures(folder, few, video, lifter.frame_count / FPS)


def write_video(lifter: DrawnLifter, path: Path, times: int = 1) -> list[bytes]:
    """Write a video of JPEG pictures, and return these: a camera that plays them and the video then have the very same bytes.

    times: how often the video shows them all, one time after the other.
    """
    pictures = []
    for frame in lifter:
        memory = BytesIO()
        Image.fromarray(frame.image).save(memory, "JPEG", quality=QUALITY, subsampling="4:2:0")
        pictures.append(memory.getvalue())
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=round(lifter.fps))
        stream.width, stream.height = lifter.size_px
        stream.pix_fmt = "yuvj420p"
        for index, picture in enumerate(pictures * times):
            packet = av.Packet(picture)
            packet.stream = stream
            packet.time_base = Fraction(1, 1000)
            packet.pts = packet.dts = round(index * 1000 / lifter.fps)
            packet.is_keyframe = True
            container.mux(packet)
    return pictures


def virtual_camera(pictures: str) -> str:
    """The virtual camera that plays a folder of pictures."""
    return CAMERA.format(width=SIZE_PX[0], height=SIZE_PX[1], pictures=pictures)
