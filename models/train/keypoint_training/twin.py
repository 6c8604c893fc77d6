"""The trained network once more in TensorFlow, for its converter to TFLite: the same numbers, normalisation folded in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from keypoint_training.network import CELLS, EPSILON, JOINTS, LEVELS, SCALE, Weights, blocks

Tensor = Any  # TensorFlow ships no types

SAME: Final = "SAME"
DECODING: Final = tuple(f"decoded/{name}" for name in ("middle", "there", "share", "score", "all", "answer"))
"""Names of the operations at the end of `decode`, which stay floats: in 8 bits a place would be one of 256 on each axis."""


def twin(weights: Weights) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    """The network as a function of TensorFlow.

    float32 [n, INPUT_PX, INPUT_PX, 3], 0–255 → heat [n, CELLS, CELLS, 17] as logits, and offsets [n, CELLS, CELLS, 34]:
    `network.Network.forward` with channels last.
    """
    made = _Layers(weights)

    def see(pictures: Tensor) -> tuple[Tensor, Tensor]:
        x = made.convolved("stem", pictures, stride=2, scale=SCALE)
        levels = []
        for number, (channels, expansion, out, stride) in enumerate(blocks()):
            name = f"blocks.{number}"
            wide = made.convolved(f"{name}.expand", x) if expansion > 1 else x
            if number in LEVELS:
                levels.append(wide)
            y = made.convolved(f"{name}.depthwise", wide, stride=stride)
            y = made.convolved(f"{name}.project", y, active=False)
            x = x + y if stride == 1 and channels == out else y
        merged = made.convolved(f"laterals.{len(levels)}", x, active=False)
        for index in reversed(range(len(levels))):
            merged = tf.image.resize(merged, (2 * merged.shape[1], 2 * merged.shape[2]), "nearest")
            merged = merged + made.convolved(f"laterals.{index}", levels[index], active=False)
            merged = made.mixed(f"merges.{index}", merged)
        heat = made.plain("heat", made.mixed("heat_mix", merged))
        return heat, made.plain("offsets", made.mixed("offsets_mix", merged))

    return see


def decode(heat: Tensor, offsets: Tensor) -> Tensor:
    """Maps of one picture → float32 [1, 1, 17, 3]: y, x in shares of the square, score. Only what TFLite knows."""
    flat = tf.reshape(heat, (CELLS * CELLS, JOINTS))
    cell = tf.argmax(flat, axis=0, output_type=tf.int32)
    best = tf.reduce_max(flat, axis=0)
    by_joint = tf.reshape(offsets, (CELLS * CELLS * JOINTS, 2))
    offset = tf.gather(by_joint, cell * JOINTS + tf.range(JOINTS))
    corner = tf.cast(tf.stack([cell // CELLS, cell % CELLS], axis=1), tf.float32)
    with tf.name_scope("decoded"):
        place = tf.add(tf.add(corner, 0.5, name="middle"), offset, name="there")
        yx = tf.multiply(place, 1.0 / CELLS, name="share")
        score = tf.sigmoid(best[:, None], name="score")
        return tf.reshape(tf.concat([yx, score], axis=1, name="all"), (1, 1, JOINTS, 3), name="answer")


class _Layers:
    """The layers by the names that they have in `network`."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights

    def convolved(self, name: str, x: Tensor, *, stride: int = 1, active: bool = True, scale: float = 1.0) -> Tensor:
        """`network.Convolved`. scale: what its input is multiplied with."""
        kernel, bias = self._folded(name)
        x = _convolution(x, scale * kernel, stride) + bias
        return tf.nn.relu6(x) if active else x

    def mixed(self, name: str, x: Tensor) -> Tensor:
        """`network.Mixed`."""
        return self.convolved(f"{name}.pointwise", _convolution(x, self._weights[f"{name}.depthwise.weight"], 1))

    def plain(self, name: str, x: Tensor) -> Tensor:
        """A convolution with a bias."""
        return _convolution(x, self._weights[f"{name}.weight"], 1) + self._weights[f"{name}.bias"]

    def _folded(self, name: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        norm = {
            part: self._weights[f"{name}.norm.{part}"] for part in ("weight", "bias", "running_mean", "running_var")
        }
        factor = norm["weight"] / np.sqrt(norm["running_var"] + np.float32(EPSILON))
        kernel = self._weights[f"{name}.conv.weight"] * factor[:, None, None, None]
        return kernel, norm["bias"] - norm["running_mean"] * factor


def _convolution(x: Tensor, kernel: NDArray[np.float32], stride: int) -> Tensor:
    """kernel: [out, in, rows, columns] as PyTorch has it; of a depthwise one, in is 1."""
    if kernel.shape[1] == 1 and x.shape[-1] != 1:
        return tf.nn.depthwise_conv2d(x, kernel.transpose(2, 3, 0, 1), (1, stride, stride, 1), SAME)
    return tf.nn.conv2d(x, kernel.transpose(2, 3, 1, 0), stride, SAME)
