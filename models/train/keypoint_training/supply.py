"""The drawn pictures where the trainer can take any of them at once, as they come in."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Protocol, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from keypoint_training.devices import on_device
from keypoint_training.pictures import KEPT_PX
from keypoint_training.shards import PICTURES_PER_SHARD, Drawing, Shard, decoded

PICTURE_BYTES: Final = 3 * KEPT_PX * KEPT_PX
SHARDS_PER_CHUNK: Final = 32  # of decoded pictures: below 2³¹ numbers, which not every kernel can count
MEMORY_SHARE: Final = 0.7  # of a GPU's free memory for pictures; the rest is the network's
DECODERS: Final = 4


class Store(Protocol):
    """Keeps shards in memory, in their order."""

    def add(self, shard: Shard) -> None:
        """Keep another shard's pictures."""

    def take(self, indices: NDArray[np.intp]) -> Tensor:
        """Pictures by their numbers, on the device that trains: uint8 [n, KEPT_PX, KEPT_PX, 3]."""

    def close(self) -> None:
        """Nothing is added any more."""


class Compressed:
    """For training on the CPU: 8 kB a picture instead of 173, and decoding takes a hundredth of the time of a step."""

    def __init__(self) -> None:
        self._jpegs: list[bytes] = []

    def add(self, shard: Shard) -> None:
        """See Store."""
        self._jpegs.extend(shard.jpegs)

    def take(self, indices: NDArray[np.intp]) -> Tensor:
        """See Store."""
        return torch.from_numpy(decoded(self._jpegs[index] for index in indices))

    def close(self) -> None:
        """See Store."""


class Decoded:
    """For a GPU, which no CPU decodes fast enough for: in its memory, or if that is too small in the computer's."""

    def __init__(self, device: torch.device, shards: int) -> None:
        self._device = device
        free_bytes, _ = torch.cuda.mem_get_info(device)
        fits = shards * PICTURES_PER_SHARD * PICTURE_BYTES < MEMORY_SHARE * free_bytes
        self._home = device if fits else torch.device("cpu")
        self._stream = torch.cuda.Stream(device)
        self._chunks: list[Tensor] = []
        self._shards = 0
        self._threads = ThreadPoolExecutor(DECODERS)

    def add(self, shard: Shard) -> None:
        """See Store."""
        parts = list(self._threads.map(decoded, [shard.jpegs[first::DECODERS] for first in range(DECODERS)]))
        chunk, place = divmod(self._shards, SHARDS_PER_CHUNK)
        # In a queue of its own: in the usual one it would wait for all the steps that wait there.
        with torch.cuda.stream(self._stream):
            if chunk == len(self._chunks):
                shape = (SHARDS_PER_CHUNK * PICTURES_PER_SHARD, KEPT_PX, KEPT_PX, 3)
                self._chunks.append(torch.empty(shape, dtype=torch.uint8, device=self._home))
            target = self._chunks[chunk][place * PICTURES_PER_SHARD : (place + 1) * PICTURES_PER_SHARD]
            for first, part in enumerate(parts):
                target[first::DECODERS] = torch.from_numpy(part).to(self._home)
            self._stream.synchronize()
        self._shards += 1

    def take(self, indices: NDArray[np.intp]) -> Tensor:
        """See Store."""
        order = np.argsort(indices)
        chunks, rows = np.divmod(indices[order], SHARDS_PER_CHUNK * PICTURES_PER_SHARD)
        ends = np.searchsorted(chunks, np.arange(len(self._chunks) + 1))
        row = on_device(rows, self._home)
        taken = [chunk[row[ends[number] : ends[number + 1]]] for number, chunk in enumerate(self._chunks)]
        return torch.cat(taken).to(self._device)[on_device(np.argsort(order), self._device)]

    def close(self) -> None:
        """See Store."""
        self._threads.shutdown()
        self._stream.synchronize()


class Supply:
    """Takes in shards beside the training, in their order, and hands out their pictures. To be used in a `with`."""

    def __init__(self, drawing: Drawing, device: torch.device) -> None:
        self._drawing = drawing
        self._store: Store = Compressed() if device.type == "cpu" else Decoded(device, len(drawing.paths))
        self._device = device
        self._xy: list[NDArray[np.float32]] = []
        self._failed: BaseException | None = None
        self._changed = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._take_in, name="supply", daemon=True)

    @property
    def count(self) -> int:
        """How many shards are there."""
        return len(self._xy)

    def wait_for(self, shards: int) -> None:
        """Return when so many are there. Raises what has stopped them from coming, also when so many are there already."""
        with self._changed:
            self._changed.wait_for(lambda: self.count >= shards or self._failed is not None)
            if self._failed is not None:
                raise self._failed

    def take(self, indices: NDArray[np.intp]) -> tuple[Tensor, Tensor]:
        """Pictures and joints by number, on the device: uint8 [n, KEPT_PX, KEPT_PX, 3] and float32 [n, 17, 2]."""
        shard, row = np.divmod(indices, PICTURES_PER_SHARD)
        xy = np.stack([self._xy[one][other] for one, other in zip(shard, row, strict=True)])
        return self._store.take(indices), on_device(xy, self._device)

    def held_out(self) -> tuple[Tensor, Tensor]:
        """The pictures that nothing is learned from, and their joints, likewise."""
        shard = self._drawing.wait_for(self._drawing.held_out)
        return torch.from_numpy(decoded(shard.jpegs)).to(self._device), torch.from_numpy(shard.xy).to(self._device)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # Joined, or the interpreter's end would tear it out of the middle of what it does, and abort the process.
        self._ended = True
        self._drawing.close()
        self._thread.join()
        self._store.close()

    def _take_in(self) -> None:
        try:
            for path in self._drawing.paths:
                shard = self._drawing.wait_for(path)
                if self._ended:
                    return
                self._store.add(shard)
                with self._changed:
                    self._xy.append(shard.xy)
                    self._changed.notify_all()
        except BaseException as error:  # noqa: BLE001  it belongs to whoever waits for the shard
            with self._changed:
                self._failed = error
                self._changed.notify_all()
