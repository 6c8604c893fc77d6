"""What tests of several rooms share: the model's weights, and how Hypothesis searches."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from edge_valgus.config import MOVENET, PRACTICE
from edge_valgus.models.find import MODEL_DIR_VARIABLE, ModelMissing, find_model

IN_CI = os.environ.get("CI", "").lower() == "true"

# No deadline anywhere: a busy machine is no failure. In CI the same examples every time, or nobody could repeat it.
settings.register_profile("desk", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, database=None)
settings.load_profile("ci" if IN_CI else "desk")


@pytest.fixture(scope="session")
def movenet_path() -> Path:
    """MoveNet's weights (size and SHA-256 checked), where the product itself would find them.

    Without them the test is skipped; in CI it fails if they are said to be there. Damaged weights always fail.
    """
    try:
        return find_model(MOVENET).path.absolute()
    except ModelMissing as error:
        if IN_CI and os.environ.get(MODEL_DIR_VARIABLE):
            pytest.fail(f"CI=true and {MODEL_DIR_VARIABLE} is set, but {error}")
        pytest.skip(f"{error}; or set {MODEL_DIR_VARIABLE} to the folder that holds it")


@pytest.fixture(scope="session")
def practice_path() -> Path:
    """The practice network, which comes with the product."""
    return find_model(PRACTICE).path.absolute()


@pytest.fixture(scope="session")
def movenet_dir(movenet_path: Path) -> Path:
    """The folder with MoveNet's weights."""
    return movenet_path.parent
