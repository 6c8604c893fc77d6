"""A watch for rivals, for the tests that tell it what is seen."""

from __future__ import annotations

import pytest
from rival_samples import Watched


@pytest.fixture
def watched() -> Watched:
    return Watched()
