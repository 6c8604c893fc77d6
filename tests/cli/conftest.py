"""A folder of its own in which `edge-valgus` runs, with a good video and a network that answers."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from command_line import CommandLine, write_grey_video

from tiny_model import write_tiny_model


@pytest.fixture(scope="module")
def folder():
    # Short: a socket's path has to fit into 107 bytes.
    path = Path(tempfile.mkdtemp(prefix="ev-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def good(folder):
    """A good video and a network that answers, so that only what is meant to be wrong is."""
    write_tiny_model(folder / "tiny.tflite")
    return write_grey_video(folder / "good.mp4")


@pytest.fixture(scope="module")
def edge_valgus(folder, good):
    return CommandLine(folder)
