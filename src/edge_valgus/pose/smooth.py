"""One Euro smoothing by capture time (Casiez, Roussel & Vogel, CHI 2012)."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge_valgus.frames import LEFT_KNEE, RIGHT_ANKLE

GAP_S: Final = 0.5  # after a pause this long the past says nothing about the present
SURE_SCORE: Final = 0.6  # an answer of this score counts in full, one of half of it a quarter, …
LEAST_TRUST: Final = 0.2  # … and none less than this, or a joint that never scores well would stay behind


class OneEuro:
    """Low-pass filter whose cut-off rises with speed: still joints don't tremble, fast ones don't lag.

    min_cutoff_hz: lower is calmer and later. beta: how much the cut-off rises per unit of speed (units of `scale` a second).
    """

    def __init__(self, *, min_cutoff_hz: float, beta: float, speed_cutoff_hz: float = 1.5) -> None:
        self._min_cutoff_hz = min_cutoff_hz
        self._beta = beta
        self._speed_cutoff_hz = speed_cutoff_hz
        self._value: NDArray[np.float64] | None = None
        self._speed: NDArray[np.float64] | None = None
        self._time_s = 0.0

    def reset(self) -> None:
        """Forget the past."""
        self._value = self._speed = None

    def smooth(
        self, value: NDArray[np.float32], time_s: float, scale: float, trust: NDArray[np.float32] | None = None
    ) -> NDArray[np.float64]:
        """Take in `value` ([n, 2]) at `time_s`; `scale` (same unit as value) makes speeds comparable between sizes.

        trust: float32 [n], over 0 and up to 1, how much each joint's answer counts against its past; None is 1 for all. It
        scales both cut-offs, so that a doubtful joint is behind by the same time at any frame rate.
        The first value, and the first after a gap or after time went backwards, is returned as it is.
        """
        dt_s = time_s - self._time_s
        self._time_s = time_s
        if self._value is None or self._speed is None or dt_s > GAP_S or dt_s < 0.0:
            self._value = value.astype(np.float64)
            self._speed = np.zeros_like(self._value)
            return self._value.copy()
        if dt_s == 0.0:
            return self._value.copy()
        speed = (value - self._value) / (dt_s * scale)
        believed = np.ones((1, 1)) if trust is None else trust[:, None].astype(np.float64)
        self._speed += _alpha(believed * self._speed_cutoff_hz, dt_s) * (speed - self._speed)
        # One cut-off per joint, not per axis: otherwise a joint moving diagonally is bent towards an axis.
        magnitude = np.hypot(self._speed[:, 0], self._speed[:, 1])[:, None]
        cutoff_hz = believed * (self._min_cutoff_hz + self._beta * magnitude)
        self._value += _alpha(cutoff_hz, dt_s) * (value - self._value)
        return self._value.copy()


def trust_in(score: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much each joint's answer counts in `OneEuro.smooth`, from its score ([n]), for the joints that judge knees.

    A knee of MoveNet's that is off by more than 4 % of leg length is ten times as frequent at scores around 0.3 as at 0.9
    (drawn lifters), and of two looks, one mirrored, often only one is wrong. Hips, shoulders and head say when and how deep: those are better
    late by nothing than calm.
    """
    trust = np.ones_like(score)
    legs = slice(LEFT_KNEE, RIGHT_ANKLE + 1)
    trust[legs] = np.clip((score[legs] / SURE_SCORE) ** 2, LEAST_TRUST, 1.0)
    return trust


def _alpha(cutoff_hz: NDArray[np.float64], dt_s: float) -> NDArray[np.float64]:
    return 1.0 / (1.0 + 1.0 / (2.0 * math.pi * cutoff_hz * dt_s))
