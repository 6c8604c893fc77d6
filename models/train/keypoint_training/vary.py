"""Pictures as they may also look: shifted, turned, scaled, mirrored, partly covered, blurred, recoloured; many at a time.

What is to happen to each picture is drawn with numpy, so that it is the same on every machine; it happens on the device
that trains.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from edge_valgus.frames import IN_A_MIRROR
from keypoint_training.devices import on_device
from keypoint_training.pictures import INPUT_PX, KEPT_PX

SHIFT: Final = 0.04  # of the square's side, one standard deviation; the pictures were cut out with some already
TURN_RAD: Final = 0.07
ZOOM: Final = 0.09  # of the size, as a logarithm
HIDDEN: Final = 0.3  # share of the pictures of which a part is covered
BLURRED: Final = 0.35  # share that moved during the exposure, by up to …
BLUR_PX: Final = 7.0
TAPS: Final = 7  # of a blur: so many pictures are averaged
GRAINY: Final = 0.5  # share with more of the sensor's noise than was drawn
GRAIN: Final = (0.5, 8.0)  # grey levels, one standard deviation


@dataclass(frozen=True, slots=True)
class Chance:
    """What befalls n pictures. even: float32 [n, 20], 0–1. normal: float32 [n, 6]. seed: of the noise."""

    even: NDArray[np.float32]
    normal: NDArray[np.float32]
    seed: int

    @classmethod
    def of(cls, random: np.random.Generator, count: int) -> Chance:
        """For `count` pictures."""
        even, normal = random.random((count, 20), np.float32), random.standard_normal((count, 6), np.float32)
        return cls(even, normal, int(random.integers(2**62)))


def varied(kept: Tensor, xy: Tensor, chance: Chance) -> tuple[Tensor, Tensor]:
    """Vary pictures and their joints alike.

    kept: uint8 [n, KEPT_PX, KEPT_PX, 3]. xy: float32 [n, 17, 2], see `pictures.Picture`.
    Returns float32 [n, 3, INPUT_PX, INPUT_PX], whole numbers 0–255, and the joints in them, float32 [n, 17, 2].
    """
    even, normal = (on_device(part, kept.device) for part in (chance.even, chance.normal))
    affine, xy = _moved(xy, even, normal)
    pictures = kept.permute(0, 3, 1, 2).float()
    # Who is blurred is chance already: the order of a batch. So the shapes are always the same.
    blurred = round(BLURRED * len(pictures))
    pictures = torch.cat(
        [_blurred(pictures[:blurred], affine[:blurred], even[:blurred]), _sampled(pictures[blurred:], affine[blurred:])]
    )
    pictures = _recoloured(_covered(pictures, even), even, normal)
    pictures = pictures + _grain(pictures, even, chance.seed)
    return pictures.round().clamp(0.0, 255.0), xy


def middle(kept: Tensor) -> Tensor:
    """What the device would see: uint8 [n, KEPT_PX, KEPT_PX, 3] → float32 [n, 3, INPUT_PX, INPUT_PX]."""
    margin = (KEPT_PX - INPUT_PX) // 2
    inner = slice(margin, margin + INPUT_PX)
    return kept[:, inner, inner].permute(0, 3, 1, 2).float()


def _moved(xy: Tensor, even: Tensor, normal: Tensor) -> tuple[Tensor, Tensor]:
    """Turned and scaled about the middle, shifted, perhaps mirrored: float32 [n, 2, 3] for `_sampled`, and the joints."""
    turn, zoom = TURN_RAD * normal[:, 0], (ZOOM * normal[:, 1]).clamp(-0.2, 0.2).exp()
    shift = (SHIFT * normal[:, 2:4]).clamp(-0.12, 0.12)
    cosine, sine = turn.cos(), turn.sin()
    forth = zoom[:, None, None] * torch.stack([torch.stack([cosine, -sine], 1), torch.stack([sine, cosine], 1)], 1)
    # Back from a place in the result to one in the kept picture, each -1 to 1 from edge to edge.
    back = forth.transpose(1, 2) / zoom[:, None, None] ** 2 * (INPUT_PX / KEPT_PX)
    from_middle = -(back @ (2.0 * shift[..., None]))
    xy = (xy - 0.5) @ forth.transpose(1, 2) + 0.5 + shift[:, None]
    mirrored = even[:, 0] < 0.5
    flip = torch.where(mirrored, -1.0, 1.0)
    back = back * torch.stack([flip, torch.ones_like(flip)], 1)[:, None]
    in_a_mirror = torch.stack([1.0 - xy[..., 0], xy[..., 1]], 2)[:, list(IN_A_MIRROR)]
    return torch.cat([back, from_middle], 2), torch.where(mirrored[:, None, None], in_a_mirror, xy)


def _sampled(pictures: Tensor, affine: Tensor) -> Tensor:
    """Bilinear, black outside."""
    shape = (len(pictures), 3, INPUT_PX, INPUT_PX)
    return functional.grid_sample(
        pictures, functional.affine_grid(affine, list(shape), align_corners=False), align_corners=False
    )


def _blurred(pictures: Tensor, affine: Tensor, even: Tensor) -> Tensor:
    """Moved in some direction while they were taken."""
    angle = math.pi * even[:, 1]
    length = BLUR_PX * even[:, 2] * 2.0 / INPUT_PX
    way = affine[:, :, :2] @ (length[:, None] * torch.stack([angle.cos(), angle.sin()], 1))[..., None]
    total = torch.zeros((), device=pictures.device)
    for share in np.linspace(-0.5, 0.5, TAPS):
        total = total + _sampled(pictures, torch.cat([affine[:, :, :2], affine[:, :, 2:] + float(share) * way], 2))
    return total / TAPS


def _covered(pictures: Tensor, even: Tensor) -> Tensor:
    """A rectangle of one grey, or of another picture, over a part of some: joints are to be told from the rest."""
    place = (torch.arange(INPUT_PX, device=pictures.device) + 0.5) / INPUT_PX
    rows = (place - even[:, 3, None]).abs() < 0.02 + 0.12 * even[:, 4, None]
    columns = (place - even[:, 5, None]).abs() < 0.02 + 0.12 * even[:, 6, None]
    within = rows[:, :, None] & columns[:, None, :] & (even[:, 7] < HIDDEN)[:, None, None]
    grey = (255.0 * even[:, 8])[:, None, None, None]
    cover = torch.where((even[:, 9] < 0.5)[:, None, None, None], grey, pictures.roll(1, 0))
    return torch.where(within[:, None], cover, pictures)


def _recoloured(pictures: Tensor, even: Tensor, normal: Tensor) -> Tensor:
    """Brighter or darker, more or less contrast and colour, tinted."""
    bright, contrast = (0.25 * normal[:, 4]).exp(), (0.2 * normal[:, 5]).exp()
    colour = torch.where(even[:, 10] < 0.1, 0.0, 1.5 * even[:, 11])
    tint = 1.0 + 0.12 * (even[:, 12:15] - 0.5)
    grey = pictures.mean(dim=1, keepdim=True)
    pictures = (grey + _each(colour) * (pictures - grey)) * (tint * bright[:, None])[..., None, None]
    return 128.0 + _each(contrast) * (pictures - 128.0)


def _grain(pictures: Tensor, even: Tensor, seed: int) -> Tensor:
    random = torch.Generator(pictures.device).manual_seed(seed)
    low, high = (math.log(level) for level in GRAIN)
    level = torch.where(even[:, 15] < GRAINY, (low + (high - low) * even[:, 16]).exp(), 0.0)
    grey = torch.randn((len(pictures), 1, INPUT_PX, INPUT_PX), generator=random, device=pictures.device)
    return _each(level) * grey


def _each(values: Tensor) -> Tensor:
    return values[:, None, None, None]
