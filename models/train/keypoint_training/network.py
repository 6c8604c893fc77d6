"""The network: a picture in, one heat map and one offset map for each joint out, and the decoding of both.

MobileNetV2 (Sandler et al., 2018) as the backbone, a feature pyramid (Lin et al., 2017) up to a quarter of the input's
side, and on it a heat map that says in which cell a joint is, and how far from that cell's middle (CenterNet, Zhou et
al., 2019). One person only: the network itself has to choose whom, so there is no grouping.
"""

from __future__ import annotations

from typing import Any, Final

import tensorflow as tf

from keypoint_training.pictures import INPUT_PX

CELLS: Final = INPUT_PX // 4  # of a map's side
JOINTS: Final = 17
WIDTH: Final = 0.5  # of the backbone
PYRAMID: Final = 48  # channels
# Where the backbone's resolution is about to halve: strides 4, 8, 16, and its end at 32.
LEVELS: Final = ("block_3_expand_relu", "block_6_expand_relu", "block_13_expand_relu", "block_16_project_BN")
RARE: Final = 0.01  # how sure an untrained heat map is; higher, and the first steps are spent unlearning it

Tensor = Any  # TensorFlow ships no types


def build() -> Tensor:
    """The untrained Keras model.

    float32 [n, INPUT_PX, INPUT_PX, 3], 0–255 → heat [n, CELLS, CELLS, 17], 0–1, and offsets [n, CELLS, CELLS, 34], y and
    x in cells.
    """
    layers = tf.keras.layers
    picture = layers.Input((INPUT_PX, INPUT_PX, 3), name="picture")
    scaled = layers.Rescaling(1 / 127.5, offset=-1.0)(picture)
    backbone = tf.keras.applications.MobileNetV2(input_tensor=scaled, alpha=WIDTH, include_top=False, weights=None)
    *finer, coarsest = [backbone.get_layer(name).output for name in LEVELS]
    merged = _lateral(coarsest)
    for level in reversed(finer):
        merged = layers.UpSampling2D(interpolation="nearest")(merged)
        merged = layers.Add()([merged, _lateral(level)])
        merged = _mixed(merged)
    heat = layers.Conv2D(
        JOINTS, 1, activation="sigmoid", bias_initializer=tf.keras.initializers.Constant(_logit(RARE)), name="heat"
    )(_mixed(merged))
    offsets = layers.Conv2D(2 * JOINTS, 1, name="offsets")(_mixed(merged))
    return tf.keras.Model(picture, [heat, offsets])


def decode(heat: Tensor, offsets: Tensor) -> Tensor:
    """Maps of one picture → float32 [1, 1, 17, 3]: y, x in shares of the square, score. Only what TFLite knows."""
    flat = tf.reshape(heat, (CELLS * CELLS, JOINTS))
    cell = tf.argmax(flat, axis=0, output_type=tf.int32)
    score = tf.reduce_max(flat, axis=0)
    by_joint = tf.reshape(offsets, (CELLS * CELLS * JOINTS, 2))
    offset = tf.gather(by_joint, cell * JOINTS + tf.range(JOINTS))
    row = tf.cast(cell // CELLS, tf.float32)
    column = tf.cast(cell % CELLS, tf.float32)
    yx = (tf.stack([row, column], axis=1) + 0.5 + offset) / CELLS
    return tf.reshape(tf.concat([yx, score[:, None]], axis=1), (1, 1, JOINTS, 3))


def _lateral(features: Tensor) -> Tensor:
    layers = tf.keras.layers
    return layers.BatchNormalization()(layers.Conv2D(PYRAMID, 1, use_bias=False)(features))


def _mixed(features: Tensor) -> Tensor:
    layers = tf.keras.layers
    features = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(features)
    features = layers.Conv2D(PYRAMID, 1, use_bias=False)(features)
    return layers.ReLU(6.0)(layers.BatchNormalization()(features))


def _logit(share: float) -> float:
    return float(tf.math.log(share / (1.0 - share)))
