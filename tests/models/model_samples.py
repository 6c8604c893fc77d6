"""A model's file that is right, as far as its bytes go."""

from __future__ import annotations

from pathlib import Path

CONTENT = b"not a network, but the right bytes" * 100


def put(folder: Path, content: bytes = CONTENT) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "tiny.tflite"
    path.write_bytes(content)
    return path
