"""One adapter over the two TFLite runtimes, for any network with MoveNet's contract."""

from __future__ import annotations

import importlib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from edge_valgus.errors import ModelError
from edge_valgus.frames import KEYPOINT_COUNT

Runtime = Literal["litert", "tflite-runtime"]

RUNTIME_MODULES: Final[dict[Runtime, str]] = {
    "litert": "ai_edge_litert.interpreter",
    "tflite-runtime": "tflite_runtime.interpreter",
}
"""In order of preference: LiteRT is the successor and many times faster on x86."""

_OUTPUT_SHAPE: Final = (1, 1, KEYPOINT_COUNT, 3)


def available_runtimes() -> tuple[Runtime, ...]:
    """The runtimes that are installed here, best first."""
    return tuple(name for name, module in RUNTIME_MODULES.items() if _is_installed(module))


class KeypointModel:
    """A single-person keypoint network: uint8 [1, side, side, 3] in, float32 [1, 1, 17, 3] (y, x, score) out.

    verified: the file is known to be whole (its checksum was compared). Otherwise tflite-runtime, which runs into the
    end of a truncated file and takes the process with it, tries it in a process of its own first: about a second.

    Raises ModelError if the runtime is not installed, or the file is not such a network.
    """

    def __init__(
        self, path: Path, *, runtime: Literal["auto"] | Runtime = "auto", threads: int = 0, verified: bool = False
    ) -> None:
        self.path = path
        self.runtime, load = _choose_runtime(runtime)
        threads = threads or max(1, (os.cpu_count() or 2) - 1)
        if not path.is_file():
            raise ModelError(f"{path}: no such model file; `edge-valgus models list` shows what is here")
        try:
            if self.runtime == "tflite-runtime" and not verified:
                _try_elsewhere(path)
            with _native_stderr_silenced():
                self._interpreter = load(model_path=str(path), num_threads=threads)
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError, OSError) as error:
            first_line, *_ = str(error).splitlines() or [type(error).__name__]
            cause = "".join(character for character in first_line if character.isprintable())  # it quotes the file
            raise ModelError(f"{path}: not a model that {self.runtime} can run ({cause}); fetch it again") from error
        inputs, outputs = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        self.side_px = _checked_side_px(path, inputs, outputs)
        self._input_index: int = inputs[0]["index"]
        self._output_index: int = outputs[0]["index"]

    def infer(self, square: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Keypoints of the person in `square`.

        square: uint8 [1, side_px, side_px, 3], RGB.
        Returns float32 [17, 3]: y and x as shares of the square, score 0–1.
        """
        self._interpreter.set_tensor(self._input_index, square)
        self._interpreter.invoke()
        output: NDArray[np.float32] = self._interpreter.get_tensor(self._output_index)
        keypoints: NDArray[np.float32] = output[0, 0]
        return keypoints


@contextmanager
def _native_stderr_silenced() -> Iterator[None]:
    """The runtimes greet on file descriptor 2 when they load a model, and no setting of theirs stops them."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:  # noqa: PTH123  a descriptor is needed, not a path
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _try_elsewhere(path: Path) -> None:
    """Raise ValueError if tflite-runtime fails on the file, or dies of it."""
    trial = (
        f"import sys; from {RUNTIME_MODULES['tflite-runtime']} import Interpreter; "
        "network = Interpreter(model_path=sys.argv[1]); network.allocate_tensors(); network.invoke()"
    )
    done = subprocess.run(  # noqa: S603  our own interpreter
        [sys.executable, "-c", trial, str(path)], capture_output=True, text=True, errors="replace", check=False
    )
    if done.returncode < 0:
        raise ValueError("it crashes on it")
    if done.returncode > 0:
        raise ValueError(done.stderr.strip().splitlines()[-1].removeprefix("ValueError: "))


def _is_installed(module: str) -> bool:
    return importlib.util.find_spec(module.partition(".")[0]) is not None


def _choose_runtime(wanted: Literal["auto"] | Runtime) -> tuple[Runtime, Callable[..., Any]]:
    candidates: tuple[Runtime, ...] = tuple(RUNTIME_MODULES) if wanted == "auto" else (wanted,)
    causes = []
    for name in candidates:
        try:
            return name, importlib.import_module(RUNTIME_MODULES[name]).Interpreter
        except (ImportError, AttributeError) as error:  # AttributeError: tflite-runtime beside a numpy 2
            causes.append(f"{name}: {error}")
    raise ModelError(
        f"no runtime for the model ({'; '.join(causes)}); pip install ai-edge-litert (64-bit) or tflite-runtime (Python 3.11)"
    )


def _checked_side_px(path: Path, inputs: list[dict[str, Any]], outputs: list[dict[str, Any]]) -> int:
    """Return the side of the input square, or say in what the network differs from the contract."""
    shape = tuple(int(n) for n in inputs[0]["shape"])
    if len(inputs) != 1 or inputs[0]["dtype"] != np.uint8 or len(shape) != 4 or shape != (1, shape[1], shape[1], 3):
        found = f"{np.dtype(inputs[0]['dtype']).name} {list(shape)}"
        raise ModelError(
            f"{path}: input is {found}, expected one uint8 [1, side, side, 3]; use a MoveNet SinglePose model"
        )
    out_shape = tuple(int(n) for n in outputs[0]["shape"])
    if len(outputs) != 1 or outputs[0]["dtype"] != np.float32 or out_shape != _OUTPUT_SHAPE:
        found = f"{np.dtype(outputs[0]['dtype']).name} {list(out_shape)}"
        raise ModelError(
            f"{path}: output is {found}, expected one float32 {list(_OUTPUT_SHAPE)}; use a MoveNet SinglePose model"
        )
    return shape[1]
