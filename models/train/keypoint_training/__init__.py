"""Makes the keypoint network that ships with edge-valgus, from drawn lifters alone."""

import importlib.util
from typing import Final

INSTALL: Final = "install what training needs, with Python 3.11: pip install -e '.[train]'"

# Torch and TensorFlow are asked for where they are used, so that --help and the tests of drawing need neither.
for _needed in ("click", "numpy", "PIL", "edge_valgus"):
    if importlib.util.find_spec(_needed) is None:
        raise SystemExit(f"{_needed} is missing; {INSTALL}")
