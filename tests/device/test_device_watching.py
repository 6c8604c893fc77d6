"""A long time before a camera. It runs beside the other tests, from the first of those with a camera on."""

from __future__ import annotations

import time
from statistics import median

from camera_machine import CAMERA, stored_reps

FLAT_MB = 4.0
"""18,000 frames that each lose a quarter of a kilobyte."""

SETTLED_S = 90.0


def test_ten_minutes_at_thirty_frames_a_second_take_no_more_memory_than_two(long_watch):
    machine = long_watch.machine
    time.sleep(max(0.0, long_watch.until_s - time.monotonic()))
    samples_mb = long_watch.memory_mb()
    assert machine.unit(CAMERA, "NRestarts") == "0", machine.log(CAMERA)[-3000:]
    assert samples_mb, "it has ended"

    settled = [megabytes for seconds, megabytes in samples_mb if seconds > SETTLED_S]
    tenth = len(settled) // 5
    grown_mb = median(settled[-tenth:]) - median(settled[:tenth])
    assert grown_mb < FLAT_MB, settled

    reps = stored_reps(machine)
    assert len(reps) > 0.8 * long_watch.expected_reps
    rates_fps = [rep["frames"] / (rep["end_s"] - rep["start_s"]) for rep in reps if rep["counted"]]
    assert median(rates_fps) > 27, "other tests took so much time that this one shows nothing"
