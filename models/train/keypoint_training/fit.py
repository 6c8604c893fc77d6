"""Training: as many steps as asked for, with a checkpoint now and then from which it goes on after a stop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import tensorflow as tf

from keypoint_training.batches import BATCH, batches
from keypoint_training.network import CELLS, JOINTS, build
from keypoint_training.shards import PICTURES_PER_SHARD

RATE: Final = 2e-3  # of learning, at its highest
WARM_UP: Final = 300  # steps until it is that high; from there it falls along half a cosine
DECAY: Final = 1e-5
OFFSETS_WEIGHT: Final = 0.6
AVERAGE: Final = 0.998  # the weights that are kept are a moving average of those that are trained
CHECKPOINT_S: Final = 120.0
REPORT_STEPS: Final = 20

Tensor = Any


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is. heat, offsets: what is being minimised, averaged over the last steps."""

    step: int
    steps: int
    heat: float
    offsets: float
    pictures_s: float


def fit(shards: Sequence[Path], folder: Path, *, seed: int, epochs: int, report: Callable[[Progress], None]) -> Tensor:
    """Train on the shards and return the Keras model with its averaged weights. Goes on from a checkpoint in the folder."""
    tf.keras.utils.set_random_seed(seed)
    model = build()
    steps_an_epoch = len(shards) * PICTURES_PER_SHARD // BATCH
    steps = epochs * steps_an_epoch
    average = [tf.Variable(weight, trainable=False) for weight in model.weights]
    optimizer = tf.keras.optimizers.AdamW(RATE, weight_decay=DECAY, global_clipnorm=5.0)
    optimizer.build(model.trainable_variables)
    step = tf.Variable(0, trainable=False, dtype=tf.int64)
    kept = tf.train.CheckpointManager(
        tf.train.Checkpoint(model=model, optimizer=optimizer, step=step, average=average), str(folder), max_to_keep=1
    )
    kept.restore_or_initialize()
    # A checkpoint is taken at the end of an epoch too; within one, its first pictures are seen twice after a stop.
    first_epoch = int(step) // steps_an_epoch

    @tf.function(jit_compile=False)  # type: ignore[untyped-decorator]
    def learn(pictures: Tensor, heat: Tensor, offsets: Tensor, near: Tensor) -> tuple[Tensor, Tensor]:
        with tf.GradientTape() as tape:
            said_heat, said_offsets = model(pictures, training=True)
            heat_loss = _heat_loss(heat, said_heat)
            offsets_loss = _offsets_loss(offsets, near, said_offsets)
            loss = heat_loss + OFFSETS_WEIGHT * offsets_loss
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        keep = tf.minimum(AVERAGE, tf.cast(1 + step, tf.float32) / tf.cast(10 + step, tf.float32))
        for mean, weight in zip(average, model.weights, strict=True):
            mean.assign(keep * mean + (1.0 - keep) * weight)
        return heat_loss, offsets_loss

    saved_s = since_s = time.monotonic()
    sums, counted = [0.0, 0.0], 0
    for batch in batches(shards, seed=seed, first_epoch=first_epoch, epochs=epochs):
        if int(step) >= steps:
            break
        optimizer.learning_rate.assign(_rate(int(step), steps))
        losses = learn(*batch)
        step.assign_add(1)
        sums = [total + float(loss) for total, loss in zip(sums, losses, strict=True)]
        counted += 1
        now_s = time.monotonic()
        if counted == REPORT_STEPS:
            heat, offsets = (total / counted for total in sums)
            report(Progress(int(step), steps, heat, offsets, counted * BATCH / (now_s - since_s)))
            sums, counted, since_s = [0.0, 0.0], 0, now_s
        if now_s - saved_s > CHECKPOINT_S or int(step) % steps_an_epoch == 0:
            kept.save()
            saved_s = now_s
    kept.save()
    for weight, mean in zip(model.weights, average, strict=True):
        weight.assign(mean)
    return model


def _rate(step: int, steps: int) -> float:
    if step < WARM_UP:
        return RATE * (step + 1) / WARM_UP
    share = (step - WARM_UP) / max(1, steps - WARM_UP)
    return RATE * (0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * min(1.0, share))))


def _heat_loss(true: Tensor, said: Tensor) -> Tensor:
    """The focal loss of CenterNet: cells beside a joint are wrong the less the nearer they are."""
    said = tf.clip_by_value(said, 1e-4, 1.0 - 1e-4)
    peak = tf.cast(true > 0.999, tf.float32)
    missed = peak * (1.0 - said) ** 2 * tf.math.log(said)
    wrong = (1.0 - peak) * (1.0 - true) ** 4 * said**2 * tf.math.log(1.0 - said)
    return -tf.reduce_sum(missed + wrong) / tf.maximum(1.0, tf.reduce_sum(peak))


def _offsets_loss(true: Tensor, near: Tensor, said: Tensor) -> Tensor:
    said = tf.reshape(said, (-1, CELLS, CELLS, JOINTS, 2))
    apart = tf.reduce_sum(tf.abs(true - said), axis=-1)
    # Only where it counts, without spreading the huge offsets elsewhere as 0 · inf.
    apart = tf.where(near > 0.0, apart, 0.0)
    return tf.reduce_sum(apart) / tf.maximum(1.0, tf.reduce_sum(near))
