"""Real .tflite files of a few hundred bytes: networks of any shape that give the same answer to every picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

# Head, shoulders, arms, hips, knees, ankles: x and y in shares of the square, of somebody who stands in its middle.
STANDING = np.array(
    [
        (0.50, 0.13), (0.51, 0.12), (0.49, 0.12), (0.53, 0.13), (0.47, 0.13),
        (0.57, 0.25), (0.43, 0.25), (0.60, 0.37), (0.40, 0.37), (0.60, 0.47), (0.40, 0.47),
        (0.54, 0.46), (0.46, 0.46), (0.55, 0.65), (0.45, 0.65), (0.56, 0.84), (0.44, 0.84),
    ]
)  # fmt: skip


def standing_answer(score: float = 0.8) -> NDArray[np.float32]:
    """[17, 3]: y, x, score."""
    return np.concatenate([STANDING[:, ::-1], np.full((17, 1), score)], axis=1).astype(np.float32)


def write_tiny_model(
    path: Path,
    *,
    input_shape: tuple[int, ...] = (1, 192, 192, 3),
    input_type: str = "UINT8",
    output_shape: tuple[int, ...] = (1, 1, 17, 3),
    output_type: str = "FLOAT32",
    answer: NDArray[Any] | None = None,
    second_output: bool = False,
) -> Path:
    """Write such a model. It reads its input (a cast that leads nowhere), and its output is a constant."""
    flatbuffers = pytest.importorskip("flatbuffers")
    schema = pytest.importorskip("ai_edge_litert.schema_py_generated")
    types = {"FLOAT32": np.float32, "UINT8": np.uint8}
    if answer is None:
        answer = standing_answer() if output_shape == (1, 1, 17, 3) else np.zeros(output_shape)
    constant = schema.BufferT()
    constant.data = np.frombuffer(answer.astype(types[output_type]).tobytes(), np.uint8)
    graph = schema.SubGraphT()
    graph.tensors = [
        _tensor(schema, "picture", input_shape, input_type, 0),
        _tensor(schema, "keypoints", output_shape, output_type, 1),
        _tensor(schema, "nowhere", input_shape, "FLOAT32" if input_type == "UINT8" else "UINT8", 0),
    ]
    cast = schema.OperatorT()
    cast.opcodeIndex, cast.inputs, cast.outputs = 0, [0], [2]
    graph.operators, graph.inputs, graph.outputs = [cast], [0], [1, 2] if second_output else [1]
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.CAST
    code.version = 1
    model = schema.ModelT()
    model.version, model.operatorCodes, model.subgraphs = 3, [code], [graph]
    model.buffers = [schema.BufferT(), constant]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    path.write_bytes(bytes(builder.Output()))
    return path


def _tensor(schema: Any, name: str, shape: tuple[int, ...], kind: str, buffer: int) -> Any:
    tensor = schema.TensorT()
    tensor.name, tensor.shape, tensor.type, tensor.buffer = (
        name.encode(),
        list(shape),
        getattr(schema.TensorType, kind),
        buffer,
    )
    return tensor
