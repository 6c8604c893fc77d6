"""The supply of pictures ends in order, and what stops it is heard of."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra `train`: pip install -e '.[train]'")

from keypoint_training import fit as fit_module
from keypoint_training.fit import Plan
from keypoint_training.shards import Shard
from keypoint_training.supply import Supply

CPU = torch.device("cpu")


class Drawn:
    """A drawing whose shards come when they are let; "broken" is one that can't be read."""

    def __init__(self, *paths):
        self.paths = list(paths)
        self.closed = threading.Event()

    def wait_for(self, path):
        if path == "broken":
            raise OSError("no space left")
        if path == "never" and self.closed.wait(timeout=20):
            raise CancelledError
        return Shard([], np.zeros((0, 17, 2), np.float32))

    def close(self):
        self.closed.set()


def test_what_stops_the_supply_is_heard_of_with_a_limit_in_time_too():
    plan = Plan(seed=1, shards=3, epochs=1, batch=4, limit_s=60.0)
    with Supply(Drawn("one", "broken", "three"), CPU) as supply:
        supply._thread.join(timeout=20)
        with pytest.raises(OSError, match="no space left"):
            fit_module._usable(supply, plan, 0.5)
        assert supply.count == 1


def test_leaving_it_ends_the_thread_that_still_waits_for_a_shard():
    drawn = Drawn("one", "never")
    with Supply(drawn, CPU) as supply:
        supply.wait_for(1)
        assert supply._thread.is_alive()
    assert drawn.closed.is_set()
    assert not supply._thread.is_alive()
