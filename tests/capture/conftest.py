import sys

import pytest
from fake_picamera2 import Rig


@pytest.fixture
def rig(monkeypatch):
    """A camera system with one camera."""
    made = Rig()
    for name, module in made.modules().items():
        monkeypatch.setitem(sys.modules, name, module)
    return made
