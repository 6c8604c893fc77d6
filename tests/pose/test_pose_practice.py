"""With the practice network that comes with the product: it is what it says it is, on both runtimes, on drawn lifters."""

from __future__ import annotations

import numpy as np
import pytest

from edge_valgus.analysis import Analyser
from edge_valgus.capture.drawn import DrawnLifter, random_set
from edge_valgus.config import Config
from edge_valgus.events import Valgus
from edge_valgus.frames import LEFT_HIP, RIGHT_ANKLE, Frame
from edge_valgus.pose import KeypointModel, PoseTracker
from edge_valgus.pose.crop import CropSampler, CropTracker
from edge_valgus.pose.model import RUNTIME_MODULES, available_runtimes
from edge_valgus.service.loop import judge
from edge_valgus.service.sightings import tracked
from edge_valgus.service.summary import Summary

LEGS = slice(LEFT_HIP, RIGHT_ANKLE + 1)
RUNTIMES = [
    pytest.param(name, marks=pytest.mark.skipif(name not in available_runtimes(), reason=f"{name} is not installed"))
    for name in RUNTIME_MODULES
]


@pytest.fixture(scope="module")
def squares():
    """Pictures as the network is shown them, and where in them the joints are: of one squat, every third of a second."""
    lifter = DrawnLifter(random_set(40, 1), fps=3.0)
    crops, sampler, shown = CropTracker(), CropSampler(192), []
    for frame in lifter:
        truth = lifter.truth(frame.time_s)
        crop = crops.follow(truth.xy_px, truth.visible, frame.time_s)
        xy = (truth.xy_px - (crop.left_px, crop.top_px)) / crop.side_px
        shown.append((sampler.sample(frame.image, crop).copy(), xy))
    return shown


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_it_finds_the_legs(practice_path, squares, runtime):
    network = KeypointModel(practice_path, runtime=runtime, threads=1, verified=True)
    answers = np.array([network.infer(square).copy() for square, _ in squares])
    off = np.linalg.norm(answers[:, LEGS, 1::-1] - np.array([xy for _, xy in squares])[:, LEGS], axis=2)
    assert off.mean() < 0.012, "of the square's side"
    assert np.percentile(off, 95) < 0.03
    assert answers[:, LEGS, 2].mean() > 0.6
    assert ((answers[..., 2] >= 0.0) & (answers[..., 2] <= 1.0)).all()


def test_places_are_finer_than_8_bits(practice_path, squares):
    network = KeypointModel(practice_path, threads=1, verified=True)
    places = np.array([network.infer(square)[:, :2].copy() for square, _ in squares]).ravel()
    steps = 256 * places
    assert np.mean(np.abs(steps - np.round(steps)) < 0.02) < 0.2


def test_both_runtimes_agree(practice_path, squares):
    if len(available_runtimes()) < 2:
        pytest.skip("only one runtime is installed")
    networks = [KeypointModel(practice_path, runtime=name, verified=True) for name in available_runtimes()]
    for square, _ in squares:
        one, other = (network.infer(square).copy() for network in networks)
        assert np.median(np.abs(one - other)[:, :2]) < 0.005


@pytest.mark.parametrize("seed", [40, 41])
def test_drawn_sets_are_counted_exactly_and_the_knee_that_caves_in_is_named(practice_path, seed):
    lifter = DrawnLifter(random_set(seed, 3, knee_in={2: (0.06, 0.0)}), fps=15.0)
    summary = Summary("drawn", "practice", "any")
    network = KeypointModel(practice_path, verified=True)
    judge(tracked(lifter, PoseTracker(network)), Analyser(Config()), [summary])
    assert (summary.counted, summary.partial) == (3, 0)
    assert [rep.valgus for rep in summary.reps] == [Valgus.NONE, Valgus.NONE, Valgus.LEFT]


def test_an_empty_room_is_nobody(practice_path):
    tracker = PoseTracker(KeypointModel(practice_path, verified=True))
    noise = np.random.default_rng(5).normal(120.0, 6.0, (480, 640, 3)).astype(np.uint8)
    assert [tracker.track(Frame(noise, index / 15)) for index in range(20)] == [None] * 20
