"""A list of models with one entry, and finding by it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from model_samples import CONTENT

from edge_valgus.models.find import find_model


@pytest.fixture
def manifest(tmp_path) -> Path:
    path = tmp_path / "manifest.toml"
    path.write_text(f"""
        [tiny-model]
        title = "Tiny"
        file = "tiny.tflite"
        bytes = {len(CONTENT)}
        sha256 = "{hashlib.sha256(CONTENT).hexdigest()}"
        licence = "MIT"
        input = "uint8 [1]"
        output = "float32 [1]"
        addresses = ["https://example.org/tiny.tflite"]
    """)
    return path


@pytest.fixture
def find(tmp_path, manifest, monkeypatch):
    monkeypatch.delenv("EDGE_VALGUS_MODEL_DIR", raising=False)

    def run(name="tiny-model", **given):
        return find_model(name, **{"manifest": manifest, "state_dir": tmp_path / "state", **given})

    return run
