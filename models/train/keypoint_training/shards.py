"""Training pictures on disk: drawn once, by several processes, and found again after a stop.

A shard holds the pictures of `ROOMS_PER_SHARD` rooms as JPEG (its compression is one more thing to get used to), and
their joints. Shard n of a seed is always the same, whoever draws it.
"""

from __future__ import annotations

import io
import json
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from keypoint_training.pictures import INPUT_PX, KEPT_PX, PICTURES_PER_ROOM, ROOM, pictures
from keypoint_training.source import drawing_code

ROOMS_PER_SHARD: Final = 16
PICTURES_PER_SHARD: Final = ROOMS_PER_SHARD * PICTURES_PER_ROOM
QUALITY: Final = (55, 96)  # of the JPEGs, by chance
SEEDS_APART: Final = 10_000_000  # rooms of one seed before those of the next begin
HELD_OUT: Final = 99_999  # the number of the shard that nothing is learned from


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a folder of shards was drawn with: another one's pictures are not mixed in."""

    seed: int
    input_px: int = INPUT_PX
    kept_px: int = KEPT_PX
    room: float = ROOM
    rooms_per_shard: int = ROOMS_PER_SHARD
    pictures_per_room: int = PICTURES_PER_ROOM
    code: str = field(default_factory=drawing_code)


@dataclass(frozen=True, slots=True)
class Shard:
    """jpegs: one for each picture. xy: float32 [n, 17, 2], see `pictures.Picture`."""

    jpegs: list[bytes]
    xy: NDArray[np.float32]


class Drawing:
    """Draws the shards that are not there yet, in the background and in order. To be used in a `with`, which ends it.

    done: called for each shard that is there. Raises ValueError for a folder whose shards were drawn otherwise or by
    other code, OSError when it can't be written to.
    """

    def __init__(
        self, folder: Path, *, seed: int, shards: int, jobs: int, done: Callable[[], None] = lambda: None
    ) -> None:
        _claim(folder, Recipe(seed))
        self.paths = [folder / f"pictures-{number:05d}.npz" for number in (*range(shards), HELD_OUT)]
        self.held_out = self.paths.pop()
        # Those that nothing is learned from are few, and soon asked for.
        wanted = [(HELD_OUT, self.held_out), *enumerate(self.paths)]
        missing = [(number, path) for number, path in wanted if not path.exists()]
        for _ in range(len(wanted) - len(missing)):
            done()
        # Not forked: libraries that were loaded before leave threads behind that a fork lacks.
        self._pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_in_the_background)
        self._coming: dict[Path, Future[None]] = {}
        with _one_thread_each():
            for number, path in missing:
                future = self._coming[path] = self._pool.submit(_draw_one, seed, number, path)
                future.add_done_callback(lambda future: None if future.cancelled() or future.exception() else done())

    def wait_for(self, path: Path) -> Shard:
        """A shard as soon as it is drawn. Raises CancelledError when it never will be."""
        if path in self._coming:
            self._coming[path].result()
        return load(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End drawing. What waits for a shard that is not there hears that it never will be."""
        # Nobody waits for a shard that is half drawn: it is drawn anew when it is asked for again.
        for process in list((self._pool._processes or {}).values()):  # noqa: SLF001  public from Python 3.14 on
            process.terminate()
        self._pool.shutdown(wait=True, cancel_futures=True)


def load(path: Path) -> Shard:
    """Read one shard. Raises OSError, ValueError, EOFError or BadZipFile for a file that is none."""
    with np.load(path, allow_pickle=False) as file:
        ends, raw = file["ends"], file["jpegs"]
        starts = np.concatenate([[0], ends[:-1]])
        jpegs = [raw[start:end].tobytes() for start, end in zip(starts, ends, strict=True)]
        return Shard(jpegs, file["xy"].astype(np.float32))


def _claim(folder: Path, recipe: Recipe) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    note = folder / "recipe.json"
    if note.exists():
        found = json.loads(note.read_text(encoding="utf-8"))
        if found != asdict(recipe):
            raise ValueError(
                f"{folder} holds pictures of another recipe, or drawn by other code ({found}); delete it or give "
                "another folder"
            )
    else:
        growing = note.with_suffix(".part")
        growing.write_text(json.dumps(asdict(recipe)) + "\n", encoding="utf-8")
        growing.replace(note)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes that begin meanwhile do their arithmetic in one thread: there is one for each core already."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _in_the_background() -> None:
    """Drawing yields to training, and leaves an interrupt to the process that asked for it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(5)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A process that was killed can't end those that draw for it: they would wait for work for ever."""
    parent = parent_process()
    assert parent is not None  # noqa: S101  this runs in processes that were started to draw
    parent.join()
    os._exit(1)


def _draw_one(seed: int, number: int, path: Path) -> None:
    first = seed * SEEDS_APART + number * ROOMS_PER_SHARD
    drawn = [picture for room in range(first, first + ROOMS_PER_SHARD) for picture in pictures(room)]
    random = np.random.default_rng((seed, number, 5))
    jpegs = [jpeg_of(picture.image, int(random.integers(*QUALITY))) for picture in drawn]
    growing = path.with_suffix(".part.npz")
    np.savez(
        growing,
        jpegs=np.frombuffer(b"".join(jpegs), np.uint8),
        ends=np.cumsum([len(jpeg) for jpeg in jpegs]),
        xy=np.stack([picture.xy for picture in drawn]),
    )
    growing.replace(path)


def jpeg_of(image: NDArray[np.uint8], quality: int) -> bytes:
    """uint8 [rows, columns, 3] as a JPEG of that quality, 1 to 95."""
    out = io.BytesIO()
    Image.fromarray(image).save(out, "JPEG", quality=quality)
    return out.getvalue()


def decoded(jpegs: Iterable[bytes]) -> NDArray[np.uint8]:
    """uint8 [n, KEPT_PX, KEPT_PX, 3]."""
    return np.stack([np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB")) for jpeg in jpegs])
