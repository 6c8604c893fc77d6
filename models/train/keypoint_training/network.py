"""The network: a picture in, one heat map and one offset map for each joint out, and the decoding of both.

MobileNetV2 (Sandler et al., 2018) as the backbone, a feature pyramid (Lin et al., 2017) up to a quarter of the input's
side, and on it a heat map that says in which cell a joint is, and how far from that cell's middle (CenterNet, Zhou et
al., 2019). One person only: the network itself has to choose whom, so there is no grouping.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from keypoint_training.pictures import INPUT_PX

CELLS: Final = INPUT_PX // 4  # of a map's side
JOINTS: Final = 17
STEM: Final = 16  # channels after the first convolution
# MobileNetV2's table at half its width: expansion, channels, blocks, stride of the first.
STAGES: Final = (
    (1, 8, 1, 1),
    (6, 16, 2, 2),
    (6, 16, 3, 2),
    (6, 32, 4, 2),
    (6, 48, 3, 1),
    (6, 80, 3, 2),
    (6, 160, 1, 1),
)
LEVELS: Final = (3, 6, 13)  # blocks in which the resolution halves: their widened input is a level of the pyramid
PYRAMID: Final = 48  # channels
SCALE: Final = 1.0 / 128.0  # of the picture's numbers; black stays 0, which is what the edges are padded with
RARE: Final = 0.01  # how sure an untrained heat map is; higher, and the first steps are spent unlearning it
EPSILON: Final = 1e-3  # of the normalisation
MOMENTUM: Final = 0.03

Weights = dict[str, NDArray[np.float32]]
"""Everything a trained network is: by the names of the modules below, running means and variances included."""


def blocks() -> list[tuple[int, int, int, int]]:
    """Of each block of the backbone: channels in, expansion, channels out, stride."""
    found, channels = [], STEM
    for expansion, out, count, first_stride in STAGES:
        for index in range(count):
            found.append((channels, expansion, out, first_stride if index == 0 else 1))
            channels = out
    return found


class Convolved(nn.Module):
    """Convolution, normalisation, and perhaps a ReLU6. Strides of 2 are padded as TFLite's SAME does: right and below."""

    def __init__(
        self, channels: int, out: int, kernel: int, *, stride: int = 1, groups: int = 1, active: bool = True
    ) -> None:
        super().__init__()
        self.halves = stride == 2
        padding = 0 if self.halves else kernel // 2
        self.conv = nn.Conv2d(channels, out, kernel, stride, padding, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(out, EPSILON, MOMENTUM)
        self.active = active

    def forward(self, x: Tensor) -> Tensor:
        """[n, channels, rows, columns] → [n, out, rows / stride, columns / stride]."""
        x = self.norm(self.conv(functional.pad(x, (0, 1, 0, 1)) if self.halves else x))
        return functional.relu6(x) if self.active else x


class Block(nn.Module):
    """An inverted residual of MobileNetV2."""

    def __init__(self, channels: int, expansion: int, out: int, stride: int) -> None:
        super().__init__()
        wide = channels * expansion
        self.expand = Convolved(channels, wide, 1) if expansion > 1 else nn.Identity()
        self.depthwise = Convolved(wide, wide, 3, stride=stride, groups=wide)
        self.project = Convolved(wide, out, 1, active=False)
        self.adds = stride == 1 and channels == out

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The block's answer, and its widened input."""
        wide = self.expand(x)
        y = self.project(self.depthwise(wide))
        return (x + y if self.adds else y), wide


class Mixed(nn.Module):
    """A separable convolution of the pyramid's channels."""

    def __init__(self) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(PYRAMID, PYRAMID, 3, padding=1, groups=PYRAMID, bias=False)
        self.pointwise = Convolved(PYRAMID, PYRAMID, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Of the same shape."""
        return self.pointwise(self.depthwise(x))


class Network(nn.Module):
    """The whole of it, untrained."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = Convolved(3, STEM, 3, stride=2)
        self.blocks = nn.ModuleList(Block(*block) for block in blocks())
        wide = [blocks()[level][0] * blocks()[level][1] for level in LEVELS]
        self.laterals = nn.ModuleList(
            Convolved(channels, PYRAMID, 1, active=False) for channels in (*wide, STAGES[-1][1])
        )
        self.merges = nn.ModuleList(Mixed() for _ in LEVELS)
        self.heat_mix, self.offsets_mix = Mixed(), Mixed()
        self.heat, self.offsets = nn.Conv2d(PYRAMID, JOINTS, 1), nn.Conv2d(PYRAMID, 2 * JOINTS, 1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out")
        for head in (self.heat, self.offsets):
            nn.init.normal_(head.weight, std=0.01)
            nn.init.zeros_(head.bias)
        nn.init.constant_(self.heat.bias, math.log(RARE / (1.0 - RARE)))

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures to maps.

        float [n, 3, INPUT_PX, INPUT_PX], 0–255 → heat [n, 17, CELLS, CELLS] as logits, and offsets [n, 34, CELLS, CELLS]:
        y and x of each joint, in cells.
        """
        x = self.stem(pictures * SCALE)
        levels = []
        for number, block in enumerate(self.blocks):
            x, wide = block(x)
            if number in LEVELS:
                levels.append(wide)
        *laterals, coarsest = self.laterals
        merged = coarsest(x)
        for level, lateral, merge in reversed(list(zip(levels, laterals, self.merges, strict=True))):
            merged = merge(functional.interpolate(merged, scale_factor=2.0, mode="nearest") + lateral(level))
        return self.heat(self.heat_mix(merged)), self.offsets(self.offsets_mix(merged))


def decode(heat: Tensor, offsets: Tensor) -> Tensor:
    """Maps → float [n, 17, 3]: y, x in shares of the square, score. `twin.decode` is the same for TFLite."""
    best, cell = heat.flatten(2).max(dim=2)
    offset = offsets.reshape(-1, JOINTS, 2, CELLS * CELLS).gather(3, cell[:, :, None, None].expand(-1, -1, 2, 1))[
        ..., 0
    ]
    yx = (torch.stack([cell // CELLS, cell % CELLS], dim=2) + 0.5 + offset) / CELLS
    return torch.cat([yx, best.sigmoid()[..., None]], dim=2)


def weights_of(network: nn.Module) -> Weights:
    """The network's weights, to be kept with `save`."""
    return {
        name: tensor.detach().float().cpu().numpy()
        for name, tensor in network.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }


def network_of(weights: Weights) -> Network:
    """A network with these weights. Raises RuntimeError when they are not of this network."""
    network = Network()
    found = network.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()}, strict=False)
    missing = [name for name in found.missing_keys if not name.endswith("num_batches_tracked")]
    if missing or found.unexpected_keys:
        raise RuntimeError(f"not the weights of this network: lacks {missing}, has {found.unexpected_keys}")
    return network.eval()


def save(path: Path, weights: Weights) -> None:
    """Write weights as .npz: plain arrays, whole or not at all."""
    growing = path.with_suffix(".part.npz")
    np.savez(growing, **{name: np.asarray(array, np.float32) for name, array in weights.items()})
    growing.replace(path)


def read(path: Path) -> Weights:
    """Read what `save` wrote. Raises OSError, ValueError, EOFError or BadZipFile for a file that is none."""
    with np.load(path, allow_pickle=False) as file:
        arrays: dict[str, Any] = dict(file)
    return {name: array.astype(np.float32) for name, array in arrays.items()}
