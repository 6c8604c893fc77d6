"""From numpy to the device that trains."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def on_device(array: NDArray[np.generic], device: torch.device) -> Tensor:
    """The array as a tensor on the device. A GPU is not waited for, which a plain `to` would do."""
    tensor: Any = torch.from_numpy(array)
    return tensor if device.type == "cpu" else tensor.pin_memory().to(device, non_blocking=True)
