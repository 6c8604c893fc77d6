"""From Keras to a TFLite file of 8-bit integers, with the decoding inside, in MoveNet's shape."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import tensorflow as tf

from keypoint_training.network import decode
from keypoint_training.pictures import INPUT_PX, KEPT_PX
from keypoint_training.shards import decoded, load

SAMPLES: Final = 400  # pictures that show the converter which numbers occur

Tensor = Any


def quantized(model: Tensor, shards: Sequence[Path]) -> bytes:
    """The file's bytes: uint8 [1, INPUT_PX, INPUT_PX, 3] → float32 [1, 1, 17, 3]."""
    converter = _converter(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: _samples(shards)
    # Float operations only for what has no 8-bit form: a few numbers at the very end.
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8, tf.lite.OpsSet.TFLITE_BUILTINS]
    converter.inference_input_type = tf.uint8
    converter.inference_output_type = tf.float32
    return bytes(converter.convert())


def unquantized(model: Tensor) -> bytes:
    """The same in floats, to compare with."""
    return bytes(_converter(model).convert())


def _converter(model: Tensor) -> Tensor:
    @tf.function(input_signature=[tf.TensorSpec((1, INPUT_PX, INPUT_PX, 3), tf.float32, name="picture")])  # type: ignore[untyped-decorator]
    def see(picture: Tensor) -> Tensor:
        return decode(*model(picture, training=False))

    return tf.lite.TFLiteConverter.from_concrete_functions([see.get_concrete_function()], model)


def _samples(shards: Sequence[Path]) -> Iterator[list[np.ndarray[Any, np.dtype[np.float32]]]]:
    margin = (KEPT_PX - INPUT_PX) // 2
    middle = slice(margin, margin + INPUT_PX)
    count = 0
    for path in shards:
        # A few of each: neighbours show the same room.
        for image in decoded(load(path).jpegs[::8]):
            yield [image[None, middle, middle].astype(np.float32)]
            count += 1
            if count == SAMPLES:
                return
