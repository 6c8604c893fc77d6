"""Shards into batches: shifted, turned, scaled, mirrored, recoloured, blurred; and the maps that are to be learned."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from edge_valgus.frames import IN_A_MIRROR
from keypoint_training.network import CELLS, JOINTS
from keypoint_training.pictures import INPUT_PX, KEPT_PX
from keypoint_training.shards import load

BATCH: Final = 32
SHIFT: Final = 0.06  # of the square's side, one standard deviation
TURN_RAD: Final = 0.12
ZOOM: Final = 0.10  # of the size, as a logarithm
SPREAD_CELLS: Final = 1.2  # of a joint's bump in the heat map, one standard deviation
NEAR_CELLS: Final = 2.0  # so near to a joint its offset is learned: where the heat map may be wrong about the cell
HIDDEN: Final = 0.25  # share of the pictures of which a part is covered

Tensor = Any


def batches(paths: Sequence[Path], *, seed: int, first_epoch: int, epochs: int) -> Tensor:
    """tf.data of (picture, heat, offsets, near) for training, each epoch in another order and otherwise changed."""
    orders = [np.random.default_rng((seed, epoch)).permutation(len(paths)) for epoch in range(epochs)]
    files = [(str(paths[index]), epoch) for epoch in range(first_epoch, epochs) for index in orders[epoch]]

    def examples() -> Iterator[tuple[bytes, NDArray[np.float32], NDArray[np.int32]]]:
        # Pictures of a few shards at a time are mixed: one room's lie next to each other in its shard.
        for start in range(0, len(files), 8):
            pool = []
            for name, epoch in files[start : start + 8]:
                shard = load(Path(name))
                number = int(Path(name).stem.rpartition("-")[2])
                keys = [(seed * 1_000 + epoch, number * 10_000 + index) for index in range(len(shard.jpegs))]
                pool += list(zip(shard.jpegs, shard.xy, keys, strict=True))
            for index in np.random.default_rng((seed, start, first_epoch)).permutation(len(pool)):
                jpeg, xy, key = pool[index]
                yield jpeg, xy, np.array(key, np.int32)

    signature = (
        tf.TensorSpec((), tf.string),
        tf.TensorSpec((JOINTS, 2), tf.float32),
        tf.TensorSpec((2,), tf.int32),
    )
    data = tf.data.Dataset.from_generator(examples, output_signature=signature)
    data = data.map(_varied, num_parallel_calls=2, deterministic=True)
    return data.batch(BATCH, drop_remainder=True).map(_with_maps).prefetch(4)


def _varied(jpeg: Tensor, xy: Tensor, key: Tensor) -> tuple[Tensor, Tensor]:
    """One example, changed by chance: uint8 picture → float32 [INPUT_PX, INPUT_PX, 3], and its joints."""
    image = tf.cast(tf.io.decode_jpeg(jpeg, channels=3), tf.float32)
    chance = tf.random.stateless_uniform((16,), key)
    normal = tf.random.stateless_normal((8,), key)
    image, xy = _moved(image, xy, normal)
    mirrored = chance[0] < 0.5
    image = tf.where(mirrored, image[:, ::-1], image)
    xy = tf.where(mirrored, tf.gather(xy * (-1.0, 1.0) + (1.0, 0.0), IN_A_MIRROR), xy)
    image = _covered(image, chance)
    image = _blurred(image, chance)
    image = _recoloured(image, chance, normal)
    return tf.clip_by_value(tf.round(image), 0.0, 255.0), xy


def _moved(image: Tensor, xy: Tensor, normal: Tensor) -> tuple[Tensor, Tensor]:
    """Turned and scaled about the middle, shifted, and cut to the input's size."""
    turn, zoom = TURN_RAD * normal[0], tf.exp(tf.clip_by_value(ZOOM * normal[1], -0.2, 0.2))
    shift = tf.clip_by_value(SHIFT * normal[2:4], -0.12, 0.12)
    cosine, sine = zoom * tf.cos(turn), zoom * tf.sin(turn)
    # From a pixel of the result to one of the kept picture: turned back, and both middles brought together.
    middle, kept = INPUT_PX / 2 - 0.5, KEPT_PX / 2 - 0.5
    to_x = middle + shift[0] * INPUT_PX
    to_y = middle + shift[1] * INPUT_PX
    a0, a1, b0, b1 = cosine / zoom**2, sine / zoom**2, -sine / zoom**2, cosine / zoom**2
    transform = tf.stack([a0, a1, kept - a0 * to_x - a1 * to_y, b0, b1, kept - b0 * to_x - b1 * to_y, 0.0, 0.0])
    moved = tf.raw_ops.ImageProjectiveTransformV3(
        images=image[None],
        transforms=transform[None],
        output_shape=(INPUT_PX, INPUT_PX),
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="CONSTANT",
    )[0]
    x, y = xy[:, 0] - 0.5, xy[:, 1] - 0.5
    turned = tf.stack([cosine * x - sine * y, sine * x + cosine * y], axis=1)
    return moved, turned + 0.5 + shift


def _covered(image: Tensor, chance: Tensor) -> Tensor:
    """A rectangle of one grey over a part of it: joints are to be told from the rest of the body."""
    rows = tf.range(INPUT_PX, dtype=tf.float32)[:, None] / INPUT_PX
    columns = tf.range(INPUT_PX, dtype=tf.float32)[None, :] / INPUT_PX
    within = (tf.abs(rows - chance[1]) < 0.02 + 0.12 * chance[2]) & (
        tf.abs(columns - chance[3]) < 0.02 + 0.12 * chance[4]
    )
    hides = within & (chance[5] < HIDDEN)
    return tf.where(hides[..., None], 255.0 * chance[6], image)


def _blurred(image: Tensor, chance: Tensor) -> Tensor:
    """Moved during the exposure, in some direction, by up to seven pixels; most pictures not."""
    length = 7.0 * tf.maximum(0.0, (chance[7] - 0.6) / 0.4)
    angle = math.pi * chance[8]
    at = tf.range(-3, 4, dtype=tf.float32)
    along = at[None, :] * tf.cos(angle) + at[:, None] * tf.sin(angle)
    across = at[:, None] * tf.cos(angle) - at[None, :] * tf.sin(angle)
    kernel = tf.sigmoid(4.0 * (length / 2 + 0.5 - tf.abs(along))) * tf.exp(-2.0 * across**2)
    kernel = kernel / tf.reduce_sum(kernel)
    blurred = tf.nn.depthwise_conv2d(image[None], tf.tile(kernel[..., None, None], (1, 1, 3, 1)), [1] * 4, "SAME")[0]
    return tf.where(length > 0.5, blurred, image)


def _recoloured(image: Tensor, chance: Tensor, normal: Tensor) -> Tensor:
    """Brighter or darker, more or less contrast and colour, tinted."""
    bright, contrast = tf.exp(0.25 * normal[4]), tf.exp(0.2 * normal[5])
    grey = tf.reduce_mean(image, axis=2, keepdims=True)
    colour = tf.where(chance[9] < 0.1, 0.0, 1.5 * chance[10])
    tint = 1.0 + 0.12 * (chance[11:14] - 0.5)
    image = (grey + colour * (image - grey)) * tint * bright
    return 128.0 + contrast * (image - 128.0)


def _with_maps(pictures: Tensor, xy: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """What the maps are to show. Offsets [n, cells, cells, 17, 2] (y, x); near [n, cells, cells, 17]: where they count."""
    seen = tf.reduce_all((xy >= 0.0) & (xy < 1.0), axis=2)  # NaN: nobody is there
    place = tf.where(seen[..., None], xy, -9.0)[:, None, None] * CELLS
    middles = tf.range(CELLS, dtype=tf.float32) + 0.5
    dx = place[..., 0] - middles[None, None, :, None]
    dy = place[..., 1] - middles[None, :, None, None]
    apart2 = dx * dx + dy * dy
    # The nearest cell is the one that is right, whatever is left over.
    best = tf.reduce_min(apart2, axis=(1, 2), keepdims=True)
    heat = tf.exp((best - apart2) / (2.0 * SPREAD_CELLS**2)) * tf.cast(seen, tf.float32)[:, None, None]
    near = tf.cast(apart2 < NEAR_CELLS**2, tf.float32)
    offsets = tf.stack([dy + tf.zeros_like(dx), dx + tf.zeros_like(dy)], axis=-1)
    return pictures, heat, offsets, near
