from __future__ import annotations

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from edge_valgus.events import TRACE_COLUMNS
from edge_valgus.store.trace import STEPS, decode, encode

values = st.floats(min_value=-1e4, max_value=1e4, width=32) | st.just(float("nan"))
traces = hnp.arrays(np.float32, st.tuples(st.integers(0, 40), st.just(len(TRACE_COLUMNS))), elements=values)


def test_every_column_has_a_step() -> None:
    assert len(STEPS) == len(TRACE_COLUMNS)


@given(traces)
def test_a_trace_comes_back_within_half_a_step_and_nan_stays_nan(trace: NDArray[np.float32]) -> None:
    back = decode(encode(trace))
    assert back.dtype == np.float32
    assert back.shape == trace.shape
    assert np.array_equal(np.isnan(back), np.isnan(trace))
    # float32 itself holds large values less finely than the step.
    allowed = np.array(STEPS) / 2 * 1.001 + np.abs(np.nan_to_num(trace)) * 2.0**-23
    assert np.all(np.nan_to_num(np.abs(back.astype(float) - trace)) <= allowed)


@given(traces)
def test_packing_again_changes_nothing(trace: NDArray[np.float32]) -> None:
    once = decode(encode(trace))
    assert np.array_equal(decode(encode(once)), once, equal_nan=True)


def test_infinity_is_no_reading() -> None:
    trace = np.full((2, len(TRACE_COLUMNS)), np.inf, np.float32)
    trace[1] = -np.inf
    assert np.isnan(decode(encode(trace))).all()


def test_absurd_values_stay_finite_and_keep_their_sign() -> None:
    trace = np.full((2, len(TRACE_COLUMNS)), 3e38, np.float32)
    trace[1] = -3e38
    back = decode(encode(trace))
    assert (back[0] > 1e6).all()
    assert (back[1] < -1e6).all()


def test_flags_come_back_exactly() -> None:
    trace = np.zeros((50, len(TRACE_COLUMNS)), np.float32)
    trace[10:20, -3:] = 1.0
    assert np.array_equal(decode(encode(trace)), trace)


def test_the_input_is_left_alone() -> None:
    trace = np.arange(24, dtype=np.float32).reshape(2, 12)
    trace.setflags(write=False)
    encode(trace)
    assert np.array_equal(trace.ravel(), np.arange(24))


def test_a_squat_takes_at_most_a_third_of_its_float32() -> None:
    rng = np.random.default_rng(1)
    time_s = np.arange(100) / 30
    depth = np.sin(np.pi * time_s / time_s[-1]) ** 2
    noise = (0, 0.01, 0.03, 0.8, 0.8, 3, 3, 1, 1, 0, 0, 0)
    shape = np.stack(
        [time_s, depth, 1 - depth / 10, *(4 * depth,) * 2, *(10 * depth,) * 4, *(depth > 0.5,) * 3], axis=1
    )
    trace = (shape + rng.normal(0, 1, shape.shape) * noise).astype(np.float32)
    assert len(encode(trace)) < trace.nbytes / 3


@pytest.mark.parametrize(
    "shape", [pytest.param((5, 11), id="a column short"), pytest.param((12,), id="one row without its axis")]
)
def test_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="expected"):
        encode(np.zeros(shape, np.float32))


GOOD = encode(np.zeros((3, 12), np.float32))


@pytest.mark.parametrize(
    "blob",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\x02" + GOOD[1:], id="a later version"),
        pytest.param(GOOD[:-3], id="cut short"),
        pytest.param(GOOD[:1] + b"not zlib", id="not compressed"),
        pytest.param(GOOD[:1] + zlib.compress(b"12345"), id="not whole rows"),
    ],
)
def test_a_damaged_blob_is_a_value_error(blob: bytes) -> None:
    with pytest.raises(ValueError, match="a trace"):
        decode(blob)
