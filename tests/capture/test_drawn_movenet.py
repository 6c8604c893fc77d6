"""The real model recognises the drawn lifter and follows the whole squat."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from edge_valgus.capture.drawn import DrawnLifter, random_set

SEEDS = (1, 5, 10)
FPS = 5.0


def crop(image, corners_px):
    """A square around the lifter with a quarter to spare, 192×192, and how to get back."""
    low, high = corners_px.min(axis=0), corners_px.max(axis=0)
    side = float((high - low).max()) * 1.25
    x, y = (low + high) / 2 - side / 2
    box = (x, y, x + side, y + side)
    square = Image.fromarray(image).transform((192, 192), Image.Transform.EXTENT, box, Image.Resampling.BILINEAR)
    return np.asarray(square), np.array([x, y]), side


@pytest.mark.movenet
def test_the_legs_are_found_through_the_whole_squat(movenet_dir):
    litert = pytest.importorskip("ai_edge_litert.interpreter", reason="LiteRT has no build for this machine")
    interpreter = litert.Interpreter(str(movenet_dir / "movenet_lightning_int8.tflite"), num_threads=1)
    interpreter.allocate_tensors()
    into = interpreter.get_input_details()[0]["index"]
    out = interpreter.get_output_details()[0]["index"]
    errors_pct, scores = [], []
    for seed in SEEDS:
        lifter = DrawnLifter(random_set(seed, 1), fps=FPS)
        standing = lifter.truth(0.0).xy_px
        leg_px = float(np.linalg.norm(standing[11] - standing[13]) + np.linalg.norm(standing[13] - standing[15]))
        rep = lifter.true_reps[0]
        for frame in lifter:
            if not rep.start_s <= frame.time_s <= rep.end_s:
                continue
            xy_px = lifter.truth(frame.time_s).xy_px
            head_and_toes = np.array([[0.0, -0.15 * leg_px], [0.0, 0.12 * leg_px]])
            corners = np.concatenate([xy_px, xy_px[[0]] + head_and_toes[0], xy_px[15:] + head_and_toes[1]])
            square, corner, side = crop(frame.image, corners)
            interpreter.set_tensor(into, square[None])
            interpreter.invoke()
            found = interpreter.get_tensor(out)[0, 0]
            found_px = found[:, 1::-1] * side + corner
            errors_pct.append(100 * np.linalg.norm(found_px - xy_px, axis=1)[11:] / leg_px)
            scores.append(found[11:, 2])
    assert np.mean(errors_pct) < 4.0, "hips, knees and ankles, % of leg length"
    assert np.percentile(errors_pct, 95) < 9.0
    assert np.mean(scores) > 0.65
    assert np.mean(np.array(scores) >= 0.5) > 0.85
