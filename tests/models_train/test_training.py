"""Training the network of our own: its shape, what it is to learn, how pictures are varied, and that a stop costs nothing."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra `train`: pip install -e '.[train]'")

from edge_valgus.frames import IN_A_MIRROR
from keypoint_training import fit as fit_module
from keypoint_training import vary
from keypoint_training.fit import Plan, fit, usable
from keypoint_training.losses import losses, targets, total
from keypoint_training.network import CELLS, JOINTS, Network, decode, network_of, read, save, weights_of
from keypoint_training.pictures import INPUT_PX, KEPT_PX
from keypoint_training.shards import PICTURES_PER_SHARD
from keypoint_training.vary import Chance, middle, varied

CPU = torch.device("cpu")


def logits_of(heat):
    return torch.logit(heat.clamp(1e-4, 1 - 1e-4))


def test_pictures_in_maps_out():
    with torch.no_grad():
        heat, offsets = Network().eval()(torch.zeros((2, 3, INPUT_PX, INPUT_PX)))
    assert heat.shape == (2, JOINTS, CELLS, CELLS)
    assert offsets.shape == (2, 2 * JOINTS, CELLS, CELLS)


def test_an_untrained_network_sees_hardly_anybody():
    with torch.no_grad():
        heat, _ = Network().eval()(255.0 * torch.rand((1, 3, INPUT_PX, INPUT_PX)))
    assert float(heat.sigmoid().max()) < 0.2


def test_maps_as_they_should_be_give_the_joints_back_and_cost_next_to_nothing():
    xy = torch.from_numpy(np.random.default_rng(1).uniform(0.02, 0.98, (3, JOINTS, 2)).astype(np.float32))
    true = targets(xy)
    offsets = torch.where(true.near[:, :, None], true.offsets, 0.0).flatten(1, 2)
    said = decode(logits_of(true.heat), offsets)
    assert torch.allclose(said[..., :2].flip(2), xy, atol=1e-5)
    assert float(said[..., 2].min()) > 0.99
    right, wrong = losses(true, logits_of(true.heat), offsets), losses(targets(1.0 - xy), logits_of(true.heat), offsets)
    assert float(right[1]) < 1e-6
    assert float(total(*right)) < 0.2 * float(total(*wrong))


@pytest.mark.parametrize(
    "xy", [(np.nan, np.nan), (-0.01, 0.5), (0.5, 1.0)], ids=["of nobody", "left of the square", "below it"]
)
def test_a_joint_that_is_not_in_the_square_is_nowhere(xy):
    true = targets(torch.tensor(xy, dtype=torch.float32).expand(1, JOINTS, 2))
    assert float(true.heat.max()) == 0.0
    assert not true.near.any()


def test_offsets_that_grow_where_none_is_asked_for_have_a_price():
    true = targets(torch.full((1, JOINTS, 2), torch.nan))
    heat = torch.full((1, JOINTS, CELLS, CELLS), -9.0)
    flat, steep = (losses(true, heat, torch.full((1, 2 * JOINTS, CELLS, CELLS), size))[1] for size in (2.0, 4.0))
    assert float(flat) == 0.0
    assert float(steep) > 1.0


def marked(xy):
    """Black pictures with a white spot at each joint, one picture for each: uint8 [n, KEPT_PX, KEPT_PX, 3]."""
    kept = np.zeros((len(xy), KEPT_PX, KEPT_PX, 3), np.uint8)
    place = (KEPT_PX - INPUT_PX) / 2 + xy * INPUT_PX
    rows, columns = np.mgrid[0:KEPT_PX, 0:KEPT_PX] + 0.5
    for image, (x, y) in zip(kept, place, strict=True):
        image[np.hypot(columns - x, rows - y) < 5.0] = 255
    return torch.from_numpy(kept)


def test_varied_pictures_keep_their_joints_on_the_same_pixels(monkeypatch):
    for name in ("HIDDEN", "GRAINY"):
        monkeypatch.setattr(vary, name, 0.0)
    random = np.random.default_rng(2)
    count = 40
    xy = random.uniform(0.3, 0.7, (count, 2)).astype(np.float32)
    joints = np.full((count, JOINTS, 2), 0.5, np.float32)
    joints[:, 0] = xy  # the nose is the nose in a mirror too
    pictures, moved = varied(marked(xy), torch.from_numpy(joints), Chance.of(random, count))
    assert pictures.shape == (count, 3, INPUT_PX, INPUT_PX)
    light = pictures.mean(dim=1) - pictures.mean(dim=1).amin(dim=(1, 2), keepdim=True)
    place = (torch.arange(INPUT_PX) + 0.5) / INPUT_PX
    seen = torch.stack([(light.sum(1) * place).sum(1), (light.sum(2) * place).sum(1)], 1) / light.sum((1, 2))[:, None]
    off_px = INPUT_PX * (seen - moved[:, 0]).norm(dim=1)
    assert float(off_px.median()) < 0.5


def test_a_mirrored_lifter_has_left_and_right_exchanged():
    count = 64
    xy = torch.rand((count, JOINTS, 2))
    chance = Chance.of(np.random.default_rng(3), count)
    still = Chance(chance.even, np.zeros_like(chance.normal), chance.seed)
    _, moved = varied(torch.zeros((count, KEPT_PX, KEPT_PX, 3), dtype=torch.uint8), xy, still)
    mirrored = torch.from_numpy(chance.even[:, 0] < 0.5)
    assert 10 < int(mirrored.sum()) < 54
    assert torch.allclose(moved[~mirrored], xy[~mirrored], atol=1e-6)
    expected = xy[mirrored][:, list(IN_A_MIRROR)] * torch.tensor([-1.0, 1.0]) + torch.tensor([1.0, 0.0])
    assert torch.allclose(moved[mirrored], expected, atol=1e-6)


def test_the_same_chance_gives_the_same_pictures():
    kept = torch.randint(0, 256, (4, KEPT_PX, KEPT_PX, 3), dtype=torch.uint8)
    one, other = (varied(kept, torch.rand((4, JOINTS, 2)), Chance.of(np.random.default_rng(4), 4)) for _ in range(2))
    assert torch.equal(one[0], other[0])


def test_what_the_device_would_see_is_the_middle():
    kept = torch.zeros((1, KEPT_PX, KEPT_PX, 3), dtype=torch.uint8)
    kept[:, 24:-24, 24:-24] = 7
    assert middle(kept).unique().tolist() == [7.0]


def test_weights_are_read_back_as_they_were_written(tmp_path):
    weights = weights_of(Network())
    save(tmp_path / "weights.npz", weights)
    again = weights_of(network_of(read(tmp_path / "weights.npz")))
    assert weights.keys() == again.keys()
    assert all(np.array_equal(weights[name], again[name]) for name in weights)


def test_weights_of_something_else_are_refused():
    with pytest.raises(RuntimeError, match="not the weights of this network"):
        network_of({"stem.conv.weight": weights_of(Network())["stem.conv.weight"]})


def test_more_pictures_may_be_used_as_training_goes_on():
    counts = [usable(share, 100) for share in np.linspace(0, 1, 21)]
    assert counts == sorted(counts)
    assert (counts[0], counts[15], counts[-1]) == (25, 100, 100)
    assert usable(0.0, 1) == 1


class Supplied:
    """Some pictures, all of them there."""

    def __init__(self, shards):
        random = np.random.default_rng(5)
        self.count = shards
        self.waited_for = []
        self.kept = torch.from_numpy(random.integers(0, 256, (8, KEPT_PX, KEPT_PX, 3), np.uint8))
        self.xy = torch.from_numpy(random.random((8, JOINTS, 2), np.float32))
        self.taken = []

    def wait_for(self, shards):
        assert shards <= self.count
        self.waited_for.append(shards)

    def take(self, indices):
        assert indices.max() < self.count * PICTURES_PER_SHARD
        self.taken.append(indices.tolist())
        return self.kept[indices % 8], self.xy[indices % 8]

    def held_out(self):
        return self.kept, self.xy


@pytest.fixture
def quick(monkeypatch):
    """One layout, so that no time decides; a batch is two pictures."""
    monkeypatch.setattr(fit_module, "fastest", lambda *_: fit_module.Layout(channels_last=False, half=False))
    return Plan(seed=1, shards=1, epochs=1, batch=PICTURES_PER_SHARD // 4)


def trained(folder, plan, monkeypatch, supply=None):
    supply = supply or Supplied(plan.shards)
    # Pictures by fours, or a step would take a second.
    take = supply.take
    monkeypatch.setattr(supply, "take", lambda indices: tuple(part[:4] for part in take(indices)))
    monkeypatch.setattr(Chance, "of", lambda random, _: CHANCE(random, 4))
    return (*fit(supply, plan, folder, device=CPU, report=lambda _: None, say=lambda _: None), supply)


CHANCE = Chance.of


def test_training_that_was_stopped_goes_on_as_if_it_had_not_been(tmp_path, quick, monkeypatch):
    whole, outcome, supply = trained(tmp_path / "whole", quick, monkeypatch)
    assert (outcome.steps, outcome.pictures_shown) == (4, PICTURES_PER_SHARD)

    class Stopping(Supplied):
        def take(self, indices):
            if len(self.taken) == 2:
                raise KeyboardInterrupt
            return super().take(indices)

    monkeypatch.setattr(fit_module, "CHECKPOINT_S", -1.0)
    stopped = Stopping(1)
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "stopped", quick, monkeypatch, stopped)
    again, outcome, rest = trained(tmp_path / "stopped", quick, monkeypatch)
    assert outcome.steps == 4
    assert stopped.taken + rest.taken == supply.taken
    for name, array in whole.items():
        np.testing.assert_allclose(again[name], array, atol=1e-4, err_msg=name)
    assert weights_of(network_of(read(tmp_path / "stopped" / fit_module.WEIGHTS_FILE))).keys() == whole.keys()


def test_a_checkpoint_of_other_options_or_other_code_is_not_gone_on_from(tmp_path, quick, monkeypatch):
    trained(tmp_path, quick, monkeypatch)
    other = Plan(seed=2, shards=1, epochs=1, batch=quick.batch)
    with pytest.raises(ValueError, match="other options"):
        trained(tmp_path, other, monkeypatch)
    monkeypatch.setattr(fit_module, "training_code", lambda: "changed")
    with pytest.raises(ValueError, match="other code"):
        trained(tmp_path, quick, monkeypatch)


def test_it_goes_on_in_the_layout_that_it_was_begun_with(tmp_path, quick, monkeypatch):
    trained(tmp_path, quick, monkeypatch)
    monkeypatch.setattr(fit_module, "fastest", lambda *_: fit_module.Layout(channels_last=True, half=True))
    assert trained(tmp_path, quick, monkeypatch)[1].layout == fit_module.Layout(channels_last=False, half=False)


def test_a_limit_that_is_over_before_the_first_step_is_an_error(tmp_path, quick, monkeypatch):
    plan = Plan(seed=1, shards=100, epochs=1000, batch=quick.batch, limit_s=1e-6)
    with pytest.raises(ValueError, match="no step was made"):
        trained(tmp_path, plan, monkeypatch, Supplied(8))
    assert not (tmp_path / fit_module.WEIGHTS_FILE).exists()


def test_a_limit_in_time_ends_it(tmp_path, quick, monkeypatch):
    plan = Plan(seed=1, shards=100, epochs=1000, batch=quick.batch, limit_s=1.0)
    _, outcome, _ = trained(tmp_path, plan, monkeypatch, Supplied(8))
    assert 0 < outcome.steps < plan.steps
    assert outcome.shards == 8
    assert outcome.seconds < 20.0
