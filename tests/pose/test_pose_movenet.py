"""With MoveNet's own weights: its published answer, and a drawn lifter followed through whole squats."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from PIL import Image

from edge_valgus.capture.drawn import DrawnLifter, random_set
from edge_valgus.errors import ModelError
from edge_valgus.frames import (
    KEYPOINT_COUNT,
    LEFT_ANKLE,
    LEFT_HIP,
    LEFT_KNEE,
    RIGHT_ANKLE,
    RIGHT_HIP,
    RIGHT_KNEE,
    Frame,
)
from edge_valgus.pose import KeypointModel, PoseTracker
from edge_valgus.pose.crop import Crop, CropSampler
from edge_valgus.pose.model import RUNTIME_MODULES, available_runtimes

pytestmark = pytest.mark.movenet

LEGS = [LEFT_HIP, RIGHT_HIP, LEFT_KNEE, RIGHT_KNEE, LEFT_ANKLE, RIGHT_ANKLE]
PUBLISHED_ERROR = 0.035  # of the picture, from the coarseness of the published values
RUNTIMES = [
    pytest.param(name, marks=pytest.mark.skipif(name not in available_runtimes(), reason=f"{name} is not installed"))
    for name in RUNTIME_MODULES
]


@pytest.fixture(scope="module")
def published(movenet_dir):
    """(picture, [17, 2] x and y in shares of it), as they are published with the weights."""
    picture, table = movenet_dir / "squat.bmp", movenet_dir / "movenet_lightning_int8_reference.csv"
    if not (picture.is_file() and table.is_file()):
        pytest.skip(f"{picture.name} and {table.name} are not beside the weights")
    with table.open(newline="") as file:
        rows = {int(row["keypoint_id"]): row for row in csv.DictReader(file)}
    xy = np.array([(float(rows[i]["keypoint_x"]), float(rows[i]["keypoint_y"])) for i in range(KEYPOINT_COUNT)])
    with Image.open(picture) as image:
        return np.asarray(image.convert("RGB")), xy


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_the_published_answer_comes_back(movenet_path, published, runtime):
    picture, wanted = published
    network = KeypointModel(movenet_path, runtime=runtime, verified=True)
    # The published answer is for the whole picture, its sides squeezed to the same length.
    side = network.side_px
    squeezed = Image.fromarray(picture).transform(
        (side, side), Image.Transform.EXTENT, (0, 0, picture.shape[1], picture.shape[0]), Image.Resampling.BILINEAR
    )
    answer = network.infer(np.asarray(squeezed)[None])
    assert np.abs(answer[:, 1::-1] - wanted).max() < PUBLISHED_ERROR
    assert answer[:, 2].mean() > 0.4


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_it_comes_back_through_our_own_sampler(movenet_path, published, runtime):
    picture, wanted = published
    height, width = picture.shape[:2]
    # Squeezed by repeating lines, which changes no line's own pixels; the sampler then takes a square of it.
    tall = picture[(np.arange(width) * height / width).astype(int)]
    square = CropSampler(192).sample(tall, Crop(0.0, 0.0, width))
    answer = KeypointModel(movenet_path, runtime=runtime, verified=True).infer(square)
    assert np.abs(answer[:, 1::-1] - wanted).max() < PUBLISHED_ERROR


def test_both_runtimes_agree(movenet_path, published):
    if len(available_runtimes()) < 2:
        pytest.skip("only one runtime is installed")
    square = CropSampler(192).sample(published[0], Crop(0.0, 0.0, 400.0))
    answers = [KeypointModel(movenet_path, runtime=name, verified=True).infer(square) for name in available_runtimes()]
    assert np.abs(answers[0] - answers[1])[:, :2].max() < PUBLISHED_ERROR


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_truncated_download_is_refused(movenet_path, tmp_path, runtime):
    whole = movenet_path.read_bytes()
    path = tmp_path / "movenet.tflite"
    for length in (len(whole) // 2, 1000, len(whole) - 100_000):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelError, match="not a model"):
            KeypointModel(path, runtime=runtime)


@pytest.mark.parametrize("seed", [0])
def test_a_drawn_lifter_is_followed_through_every_squat(movenet_path, seed):
    lifter = DrawnLifter(random_set(seed, 2), fps=15.0)
    tracker = PoseTracker(KeypointModel(movenet_path))
    errors, lost, frames = [], 0, 0
    for frame in lifter:
        frames += 1
        pose = tracker.track(frame)
        if pose is None:
            lost += 1
            continue
        truth = lifter.truth(frame.time_s)
        body_px = np.ptp(truth.xy_px[:, 1])
        errors.append(np.abs(pose.xy_px - truth.xy_px)[LEGS] / body_px)
        assert tracker.crop.contains(truth.xy_px[[LEFT_ANKLE, RIGHT_ANKLE]]).all()
    assert lost <= 0.03 * frames
    assert np.mean(errors) < 0.03


def test_an_empty_room_is_nobody(movenet_path):
    tracker = PoseTracker(KeypointModel(movenet_path))
    noise = np.random.default_rng(5).normal(120.0, 6.0, (480, 640, 3)).astype(np.uint8)
    poses = [tracker.track(Frame(noise, index / 15)) for index in range(20)]
    assert poses == [None] * 20
