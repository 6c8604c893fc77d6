"""What the maps are to show, and how wrong they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from keypoint_training.network import CELLS, JOINTS

SPREAD_CELLS: Final = 1.2  # of a joint's bump in the heat map, one standard deviation
NEAR_CELLS: Final = 2.0  # so near to a joint its offset is learned: where the heat map may be wrong about the cell
OFFSETS_WEIGHT: Final = 0.6
# Away from joints no offset is asked for. Without a price they grow there, and 8 bits would have to span them.
LARGEST_CELLS: Final = 2.2
TOO_LARGE_WEIGHT: Final = 1.0


@dataclass(frozen=True, slots=True)
class Targets:
    """What the maps of n pictures are to show.

    heat: float32 [n, 17, CELLS, CELLS], 1 at the joint's cell. offsets: float32 [n, 17, 2, CELLS, CELLS], y and x from a
    cell's middle to the joint, in cells. near: bool [n, 17, CELLS, CELLS], where offsets count.
    """

    heat: Tensor
    offsets: Tensor
    near: Tensor


def targets(xy: Tensor) -> Targets:
    """Of joints in shares of the square, float32 [n, 17, 2]; those outside it, or NaN, are nowhere."""
    seen = ((xy >= 0.0) & (xy < 1.0)).all(dim=2)
    place = torch.where(seen[..., None], xy, -9.0) * CELLS
    middles = torch.arange(CELLS, device=xy.device) + 0.5
    dx = (place[..., 0, None] - middles)[:, :, None, :].expand(-1, -1, CELLS, -1)
    dy = (place[..., 1, None] - middles)[:, :, :, None].expand(-1, -1, -1, CELLS)
    apart2 = dx * dx + dy * dy
    # The nearest cell is the one that is right, whatever is left over.
    best = apart2.amin(dim=(2, 3), keepdim=True)
    heat = torch.exp((best - apart2) / (2.0 * SPREAD_CELLS**2)) * seen[..., None, None]
    return Targets(heat, torch.stack([dy, dx], 2), apart2 < NEAR_CELLS**2)


def losses(true: Targets, heat: Tensor, offsets: Tensor) -> tuple[Tensor, Tensor]:
    """How wrong the network's heat (as logits) and its offsets are; to be minimised is `total`."""
    return _heat_loss(true.heat, heat.float()), _offsets_loss(true, offsets.float())


def total(heat_loss: Tensor, offsets_loss: Tensor) -> Tensor:
    """Both, weighed."""
    return heat_loss + OFFSETS_WEIGHT * offsets_loss


def _heat_loss(true: Tensor, logits: Tensor) -> Tensor:
    """The focal loss of CenterNet: cells beside a joint are wrong the less the nearer they are."""
    said = logits.sigmoid()
    peak = true > 0.999
    missed = (1.0 - said) ** 2 * functional.logsigmoid(logits)
    wrong = (1.0 - true) ** 4 * said**2 * functional.logsigmoid(-logits)
    return -torch.where(peak, missed, wrong).sum() / peak.sum().clamp(min=1)


def _offsets_loss(true: Targets, said: Tensor) -> Tensor:
    said = said.reshape(-1, JOINTS, 2, CELLS, CELLS)
    apart = torch.where(true.near[:, :, None], (true.offsets - said).abs(), 0.0).sum() / true.near.sum().clamp(min=1)
    return apart + TOO_LARGE_WEIGHT * functional.relu(said.abs() - LARGEST_CELLS).mean()
