"""When a drawn camera's frames come: late, and some never."""

from __future__ import annotations

import numpy as np
import pytest

from edge_valgus.capture.drawn import FrameTiming

TIMINGS = {
    "as it should be": FrameTiming(),
    "jitter": FrameTiming(jitter_s=0.004),
    "more jitter than a frame's time": FrameTiming(fps=60.0, jitter_s=0.5),
    "single frames missing": FrameTiming(drop_share=0.1, run_frames=1.0),
    "runs of frames missing": FrameTiming(drop_share=0.2, run_frames=5.0),
    "every other one": FrameTiming(fps=12.0, drop_share=0.5, run_frames=1.0, jitter_s=0.01),
}


@pytest.mark.parametrize("timing", TIMINGS.values(), ids=TIMINGS)
def test_frames_are_late_and_missing_as_asked(timing):
    times_s = timing.frame_times(600.0, seed=4)
    count = 600 * timing.fps
    assert 1.0 - len(times_s) / count == pytest.approx(timing.drop_share, abs=0.02)
    assert (np.diff(times_s) > 0).all()
    assert times_s[0] >= 0.0
    numbers = np.round(times_s * timing.fps).astype(int)
    gaps = np.diff(numbers) - 1
    if timing.drop_share:
        assert gaps[gaps > 0].mean() == pytest.approx(timing.run_frames, rel=0.15)
    if timing.jitter_s < 0.1:
        assert (times_s - numbers / timing.fps).std() == pytest.approx(timing.jitter_s, rel=0.1, abs=1e-12)


def test_timing_has_its_seed():
    timing = FrameTiming(drop_share=0.1, jitter_s=0.003)
    assert (timing.frame_times(10.0, 1) == timing.frame_times(10.0, 1)).all()
    assert len(set(timing.frame_times(10.0, 1)) & set(timing.frame_times(10.0, 2))) <= 1
