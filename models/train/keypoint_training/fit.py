"""Training: as many steps as asked for, with a checkpoint now and then from which it goes on after a stop.

Pictures are drawn beside it. Which of them a step may use depends on how much of the training is done, and on nothing
else: a quarter of them at first, then more and more, all of them from three quarters on. So the same seed and options
show the same pictures in the same order, however fast they are drawn; when they are not there yet, training waits.
While more are coming the newer ones are shown more often, so that in the end each was shown about as often.

With a limit in time it does not wait but uses what is there, and the rate of learning falls with the time that is left
if that is the sooner end. What came of it then depends on the machine too, and is recorded (`Outcome`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from edge_valgus.frames import LEFT_HIP, RIGHT_ANKLE
from keypoint_training.losses import losses, targets, total
from keypoint_training.network import JOINTS, Network, Weights, decode, save, weights_of
from keypoint_training.pictures import INPUT_PX
from keypoint_training.shards import PICTURES_PER_SHARD
from keypoint_training.source import training_code
from keypoint_training.supply import Supply
from keypoint_training.vary import Chance, middle, varied

BATCH: Final = {"cpu": 32, "cuda": 256}
RATE: Final = 2e-3  # of learning, at its highest, for a batch of 32
MOST_RATE: Final = 4e-3
WARM_UP: Final = 0.03  # share of the training until it is that high; from there it falls along half a cosine
LAST_RATE: Final = 0.005  # share of it at the end
DECAY: Final = 1e-4
CLIP: Final = 5.0  # the gradient's norm
AVERAGE: Final = 0.998  # the weights that are kept are a moving average of those that are trained
AT_FIRST: Final = 0.25  # share of the shards that are there when training begins
ALL_BY: Final = 0.75  # share of the training from which on all are
FIRST_SHARDS: Final = 8  # with a limit in time: what training begins with
CHECKPOINT_S: Final = 60.0
REPORT_STEPS: Final = 20
TRIES: Final = 5  # steps, of each layout
WEIGHTS_FILE: Final = "weights.npz"
CHECKPOINT_FILE: Final = "checkpoint.pt"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to train. shards: of pictures. epochs: how often each is shown, on average. limit_s: at most so long."""

    seed: int
    shards: int
    epochs: int
    batch: int
    limit_s: float | None = None

    @property
    def steps(self) -> int:
        """Without a limit."""
        return max(1, self.epochs * self.shards * PICTURES_PER_SHARD // self.batch)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is. heat, offsets: what is being minimised, averaged over the last steps."""

    step: int
    share: float
    shards: int
    heat: float
    offsets: float
    pictures_s: float


@dataclass(frozen=True, slots=True)
class Layout:
    """How numbers lie in memory, and in how many bits multiplied."""

    channels_last: bool
    half: bool

    @property
    def memory(self) -> torch.memory_format:
        """Of pictures and weights."""
        return torch.channels_last if self.channels_last else torch.contiguous_format


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done. shards: that were used. legs_off_pct: see `legs_off_pct`, for the averaged weights."""

    steps: int
    shards: int
    pictures_drawn: int
    pictures_shown: int
    seconds: float
    legs_off_pct: float
    layout: Layout


def fit(
    supply: Supply,
    plan: Plan,
    folder: Path,
    *,
    device: torch.device,
    report: Callable[[Progress], None],
    say: Callable[[str], None],
) -> tuple[Weights, Outcome]:
    """Train, and return the averaged weights, which are also kept in the folder. Goes on from a checkpoint there.

    Raises ValueError for a checkpoint of another plan or of other code, and when the limit in time is over before a step.
    """
    folder.mkdir(parents=True, exist_ok=True)
    training = _Training(plan, device, folder)
    if training.restore():
        say(f"Going on from step {training.step}")
    else:
        training.choose_layout(say)
    training.lay_out()
    supply.wait_for(_first_shards(plan))
    exam = supply.held_out()
    sums = torch.zeros(2, device=device)
    counted, since_s, saved_s = 0, time.monotonic(), time.monotonic()
    while (share := training.share) < 1.0:
        shards = _usable(supply, plan, share)
        random = np.random.default_rng((plan.seed, 7, training.step))
        kept, xy = supply.take(_chosen(random, plan.batch, shards, plan.shards))
        sums += training.learn(*varied(kept, xy, Chance.of(random, plan.batch)), share)
        counted += 1
        now_s = time.monotonic()
        if counted == REPORT_STEPS:
            heat, offsets = (sums / counted).tolist()
            now_s = time.monotonic()
            report(Progress(training.step, share, shards, heat, offsets, counted * plan.batch / (now_s - since_s)))
            sums.zero_()
            counted, since_s = 0, now_s
        if now_s - saved_s > CHECKPOINT_S:
            training.keep()
            off_pct = legs_off_pct(training.average, *exam)
            say(
                f"step {training.step}: legs {off_pct:.2f} % of the square off, in pictures that nothing is learned from"
            )
            saved_s = time.monotonic()
    if training.step == 0:
        raise ValueError("no step was made: the first pictures took longer than the limit in time; give it more")
    training.keep()
    outcome = Outcome(
        steps=training.step,
        shards=supply.count,
        pictures_drawn=supply.count * PICTURES_PER_SHARD,
        pictures_shown=training.step * plan.batch,
        seconds=round(training.seconds, 1),
        legs_off_pct=round(legs_off_pct(training.average, *exam), 3),
        layout=training.layout,
    )
    return weights_of(training.average), outcome


@torch.no_grad()
def legs_off_pct(network: nn.Module, kept: Tensor, xy: Tensor) -> float:
    """How far hips, knees and ankles in the square are off, on average, in % of its side; of pictures as from a shard."""
    legs = slice(LEFT_HIP, RIGHT_ANKLE + 1)
    off = []
    for first in range(0, len(kept), 32):
        said = decode(*network(middle(kept[first : first + 32])))[:, legs]
        true = xy[first : first + 32, legs]
        inside = ((true >= 0.0) & (true < 1.0)).all(dim=2)
        off.append(torch.linalg.norm(said[..., :2].flip(2) - true, dim=2)[inside])
    return 100.0 * float(torch.cat(off).mean())


class _Training:
    """The network, its optimizer, the average of its weights, and how far it is."""

    def __init__(self, plan: Plan, device: torch.device, folder: Path) -> None:
        torch.manual_seed(plan.seed)
        torch.backends.cudnn.benchmark = True
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
        self._plan, self._device, self._folder = plan, device, folder
        self._network = Network().to(device)
        self.average = deepcopy(self._network).eval()
        self._optimizer = _optimizer(self._network, device)
        self.layout = Layout(channels_last=True, half=False)  # until `choose_layout` or `restore`
        self._pairs: list[tuple[Tensor, Tensor]] = []  # of the average and what it follows
        self.step = 0
        self._began_s = time.monotonic()

    @property
    def seconds(self) -> float:
        """How long it has been trained, with what was before a stop."""
        return time.monotonic() - self._began_s

    @property
    def share(self) -> float:
        """How much of the training is done: by steps, or by time if there is a limit and that is more."""
        by_time = self.seconds / self._plan.limit_s if self._plan.limit_s is not None else 0.0
        return max(self.step / self._plan.steps, by_time)

    def choose_layout(self, say: Callable[[str], None]) -> None:
        """Choose the fastest layout: which one that is differs between processors."""
        since_s = time.monotonic()
        self.layout = fastest(self._network, self._device, self._plan.batch, say)
        self._began_s += time.monotonic() - since_s  # no training yet

    def lay_out(self) -> None:
        """Bring the network and its average into the layout."""
        self._network.to(memory_format=self.layout.memory)
        self.average.to(memory_format=self.layout.memory)
        pairs = zip(self.average.state_dict().values(), self._network.state_dict().values(), strict=True)
        self._pairs = [(mean, new) for mean, new in pairs if mean.is_floating_point()]

    def learn(self, pictures: Tensor, xy: Tensor, share: float) -> Tensor:
        """One step. Returns the two losses."""
        for group in self._optimizer.param_groups:
            group["lr"] = _rate(share, self._plan.batch)
        answer = _learn(self._network, self.layout, pictures, xy)
        torch.nn.utils.clip_grad_norm_(self._network.parameters(), CLIP)
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        self._follow()
        self.step += 1
        return answer

    def keep(self) -> None:
        """Write a checkpoint, and the averaged weights."""
        growing = self._folder / (CHECKPOINT_FILE + ".part")
        state = {
            "made_by": _made_by(self._plan),
            "layout": asdict(self.layout),
            "network": self._network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
        }
        torch.save(state, growing)
        growing.replace(self._folder / CHECKPOINT_FILE)
        save(self._folder / WEIGHTS_FILE, weights_of(self.average))

    def restore(self) -> bool:
        """Go on from the checkpoint, if there is one."""
        path = self._folder / CHECKPOINT_FILE
        if not path.exists():
            return False
        state = torch.load(path, map_location=self._device, weights_only=True)
        found = state.get("made_by")
        if found != _made_by(self._plan):
            raise ValueError(
                f"{path} belongs to other options or other code ({found}); delete it or give another folder"
            )
        # Another layout rounds otherwise, and which one is fastest is a matter of milliseconds.
        self.layout = Layout(**state["layout"])
        self._network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self._optimizer.load_state_dict(state["optimizer"])
        self.step = state["step"]
        self._began_s = time.monotonic() - state["seconds"]
        return True

    @torch.no_grad()
    def _follow(self) -> None:
        keep = min(AVERAGE, (1 + self.step) / (10 + self.step))
        means, news = ([pair[which] for pair in self._pairs] for which in (0, 1))
        torch._foreach_lerp_(means, news, 1.0 - keep)


def fastest(network: Network, device: torch.device, batch: int, say: Callable[[str], None]) -> Layout:
    """The layout in which a step of a copy takes least time; on a GPU, of those with channels last."""
    # On an H100, convolutions of the others were still being tried out after 45 s.
    lasts = (True, False) if device.type == "cpu" else (True,)
    pictures = torch.rand((batch, 3, INPUT_PX, INPUT_PX), device=device) * 255.0
    xy = torch.rand((batch, JOINTS, 2), device=device)
    times_s: dict[Layout, float] = {}
    for layout in (Layout(last, half) for last in lasts for half in (True, False)):
        copy = deepcopy(network).to(memory_format=layout.memory)
        tries_s = []
        for _ in range(TRIES):
            since_s = time.perf_counter()
            # What it returns has to be waited for.
            _learn(copy, layout, pictures, xy).sum().item()
            tries_s.append(time.perf_counter() - since_s)
        times_s[layout] = min(tries_s)
        say(f"{layout}: {batch / times_s[layout]:.0f} pictures a second")
    if device.type == "cuda":
        torch.cuda.empty_cache()
    return min(times_s, key=lambda layout: times_s[layout])


def _learn(network: Network, layout: Layout, pictures: Tensor, xy: Tensor) -> Tensor:
    """Gradients of one batch. Returns the two losses."""
    network.train()
    with torch.autocast(pictures.device.type, torch.bfloat16, enabled=layout.half):
        heat, offsets = network(pictures.contiguous(memory_format=layout.memory))
    parts = losses(targets(xy), heat, offsets)
    total(*parts).backward()
    return torch.stack(parts).detach()


def _optimizer(network: Network, device: torch.device) -> torch.optim.Optimizer:
    # What is one number for each channel is left alone: shrinking it only undoes the normalisation.
    weights = [parameter for parameter in network.parameters() if parameter.ndim > 1]
    scales = [parameter for parameter in network.parameters() if parameter.ndim <= 1]
    groups = [{"params": weights, "weight_decay": DECAY}, {"params": scales, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, RATE, fused=device.type != "cpu")


def _made_by(plan: Plan) -> dict[str, Any]:
    return {**asdict(plan), "code": training_code()}


def _first_shards(plan: Plan) -> int:
    return min(plan.shards, FIRST_SHARDS) if plan.limit_s is not None else usable(0.0, plan.shards)


def _usable(supply: Supply, plan: Plan, share: float) -> int:
    if plan.limit_s is not None:
        supply.wait_for(1)  # all that there are is enough, but whatever has stopped more from coming has to be heard of
        return supply.count
    shards = usable(share, plan.shards)
    supply.wait_for(shards)
    return shards


def usable(share: float, shards: int) -> int:
    """How many of the shards a step may use when so much of the training is done."""
    return max(1, min(shards, math.ceil(shards * (AT_FIRST + (1.0 - AT_FIRST) * share / ALL_BY))))


def _chosen(random: np.random.Generator, count: int, shards: int, of_shards: int) -> NDArray[np.intp]:
    """Numbers of pictures, the newer ones more often while more are coming."""
    even = random.random(count)
    return ((np.sqrt(even) if shards < of_shards else even) * shards * PICTURES_PER_SHARD).astype(np.intp)


def _rate(share: float, batch: int) -> float:
    highest = min(MOST_RATE, RATE * math.sqrt(batch / 32))
    if share < WARM_UP:
        return highest * (share + 1e-3) / WARM_UP
    done = (share - WARM_UP) / (1.0 - WARM_UP)
    return highest * (LAST_RATE + (1.0 - LAST_RATE) * 0.5 * (1.0 + math.cos(math.pi * min(1.0, done))))
