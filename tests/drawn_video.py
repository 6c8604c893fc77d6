"""A short set of a drawn lifter, and the video of one."""

from __future__ import annotations

from pathlib import Path

import av

from edge_valgus.capture.drawn import DrawnLifter, RepScript, SetScript

FPS = 20.0


def drawn_set(reps: int = 2) -> DrawnLifter:
    """Full squats without a fault, by a lifter who stands there from the start."""
    rep = RepScript(depth=1.0, descent_s=1.0, hold_s=0.1, ascent_s=0.9, rest_s=0.8)
    return DrawnLifter(SetScript(reps=(rep,) * reps, lead_in_s=1.5, seed=3), fps=FPS)


def write_drawn_video(path: Path, lifter: DrawnLifter) -> Path:
    """Write what the drawn lifter shows as an ordinary video."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=round(lifter.fps), options={"qscale:v": "3"})
        stream.width, stream.height = lifter.size_px
        stream.pix_fmt = "yuv420p"
        for frame in lifter:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame.image, format="rgb24")))
        container.mux(stream.encode())
    return path
