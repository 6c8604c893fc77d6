"""From trained weights to a TFLite file of 8-bit integers, with the decoding inside as floats, in MoveNet's shape."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from keypoint_training.network import Weights
from keypoint_training.pictures import INPUT_PX, KEPT_PX
from keypoint_training.shards import Shard, decoded

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
import tensorflow as tf
from tensorflow.lite.python.util import modify_model_io_type

from keypoint_training.twin import DECODING, decode, twin

SHARDS: Final = 4  # whose pictures show the converter which numbers occur
EVERY: Final = 2  # of them: neighbours show the same room

ANSWER: Final = "PartitionedCall:0"  # what the converter calls the last operation

Tensor = Any


def quantized(weights: Weights, shards: Iterable[Shard]) -> bytes:
    """The file's bytes: uint8 [1, INPUT_PX, INPUT_PX, 3] → float32 [1, 1, 17, 3]."""
    converter = _converter(weights)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: _samples(shards)
    # The converter alone would put the decoding into 8 bits too, and a knee a third further off: only its debugger can
    # be told to leave something out, and it leaves the input as floats.
    chosen = tf.lite.experimental.QuantizationDebugOptions(denylisted_nodes=[*DECODING, ANSWER])
    debugger = tf.lite.experimental.QuantizationDebugger(
        converter=converter, debug_dataset=lambda: iter(()), debug_options=chosen
    )
    return bytes(modify_model_io_type(debugger.get_nondebug_quantized_model(), tf.uint8, tf.float32))


def unquantized(weights: Weights) -> bytes:
    """The same in floats, to compare with: float32 [1, INPUT_PX, INPUT_PX, 3] → float32 [1, 1, 17, 3]."""
    return bytes(_converter(weights).convert())


def _converter(weights: Weights) -> Tensor:
    network = twin(weights)

    @tf.function(input_signature=[tf.TensorSpec((1, INPUT_PX, INPUT_PX, 3), tf.float32, name="picture")])
    def see(picture: Tensor) -> Tensor:
        return decode(*network(picture))

    return tf.lite.TFLiteConverter.from_concrete_functions([see.get_concrete_function()], tf.Module())


def _samples(shards: Iterable[Shard]) -> Iterator[list[NDArray[np.float32]]]:
    margin = (KEPT_PX - INPUT_PX) // 2
    middle = slice(margin, margin + INPUT_PX)
    for shard in shards:
        for image in decoded(shard.jpegs[::EVERY]):
            yield [image[None, middle, middle].astype(np.float32)]
