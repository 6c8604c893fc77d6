"""TFLite files to be measured, whatever their numbers are."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge_valgus.errors import ModelError
from edge_valgus.pose.model import RUNTIME_MODULES, available_runtimes


class FloatNetwork:
    """The unquantized twin of a network: takes what the quantized one takes, and turns it into floats of 0 to 255.

    Raises ModelError if the file is not such a network.
    """

    def __init__(self, path: Path) -> None:
        runtime = importlib.import_module(RUNTIME_MODULES[available_runtimes()[0]])
        try:
            self._interpreter = runtime.Interpreter(model_path=str(path), num_threads=1)
        except ValueError as error:
            raise ModelError(
                f"{path}: not a model that can be run; give the float file that convert.py wrote"
            ) from error
        self._interpreter.allocate_tensors()
        (given,), (answer,) = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        if given["dtype"] != np.float32:
            raise ModelError(
                f"{path}: input is {given['dtype'].__name__}, expected float32; give convert.py's float file"
            )
        self.side_px = int(given["shape"][1])
        self._input_index, self._output_index = given["index"], answer["index"]

    def infer(self, square: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See KeypointModel."""
        self._interpreter.set_tensor(self._input_index, square.astype(np.float32))
        self._interpreter.invoke()
        keypoints: NDArray[np.float32] = self._interpreter.get_tensor(self._output_index)[0, 0]
        return keypoints
