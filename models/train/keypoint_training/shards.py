"""Training pictures on disk: drawn once, by several processes, and found again after a stop.

A shard holds the pictures of `ROOMS_PER_SHARD` rooms as JPEG (its compression is one more thing to get used to), and
their joints. Shard n of a seed is always the same, whoever draws it.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from keypoint_training.pictures import INPUT_PX, KEPT_PX, PICTURES_PER_ROOM, ROOM, pictures

ROOMS_PER_SHARD: Final = 16
PICTURES_PER_SHARD: Final = ROOMS_PER_SHARD * PICTURES_PER_ROOM
QUALITY: Final = (55, 96)  # of the JPEGs, by chance
SEEDS_APART: Final = 10_000_000  # rooms of one seed before those of the next begin


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a folder of shards was drawn with: another one's pictures are not mixed in."""

    seed: int
    input_px: int = INPUT_PX
    kept_px: int = KEPT_PX
    room: float = ROOM
    rooms_per_shard: int = ROOMS_PER_SHARD
    pictures_per_room: int = PICTURES_PER_ROOM


@dataclass(frozen=True, slots=True)
class Shard:
    """jpegs: one for each picture. xy: float32 [n, 17, 2], see `pictures.Picture`."""

    jpegs: list[bytes]
    xy: NDArray[np.float32]


def draw(folder: Path, *, seed: int, shards: int, jobs: int, done: Callable[[], None] = lambda: None) -> list[Path]:
    """Draw the shards that are not there yet. done: called for each that is there. Returns all of them, in order.

    Raises ValueError for a folder whose shards were drawn otherwise, OSError when it can't be written to.
    """
    _claim(folder, Recipe(seed))
    paths = [folder / f"pictures-{number:05d}.npz" for number in range(shards)]
    missing = [(number, path) for number, path in enumerate(paths) if not path.exists()]
    for _ in range(shards - len(missing)):
        done()
    # Not forked: libraries that were loaded before leave threads behind that a fork lacks.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(_draw_one, seed, number, path) for number, path in missing]
        for future in as_completed(waiting):
            future.result()
            done()
    return paths


def load(path: Path) -> Shard:
    """Read one shard. Raises OSError or ValueError for a file that is none."""
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
            raise ValueError(f"{folder} holds pictures of another recipe ({found}); delete it or give another folder")
    else:
        note.write_text(json.dumps(asdict(recipe)) + "\n", encoding="utf-8")


def _draw_one(seed: int, number: int, path: Path) -> None:
    first = seed * SEEDS_APART + number * ROOMS_PER_SHARD
    drawn = [picture for room in range(first, first + ROOMS_PER_SHARD) for picture in pictures(room)]
    random = np.random.default_rng((seed, number, 5))
    jpegs = [_jpeg(picture.image, int(random.integers(*QUALITY))) for picture in drawn]
    growing = path.with_suffix(".part.npz")
    np.savez(
        growing,
        jpegs=np.frombuffer(b"".join(jpegs), np.uint8),
        ends=np.cumsum([len(jpeg) for jpeg in jpegs]),
        xy=np.stack([picture.xy for picture in drawn]),
    )
    growing.replace(path)


def _jpeg(image: NDArray[np.uint8], quality: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(image).save(out, "JPEG", quality=quality)
    return out.getvalue()


def decoded(jpegs: Iterable[bytes]) -> NDArray[np.uint8]:
    """uint8 [n, KEPT_PX, KEPT_PX, 3]."""
    return np.stack([np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB")) for jpeg in jpegs])
