"""Other programs' answers."""

from __future__ import annotations

import subprocess
from typing import Final

PATIENCE_S: Final = 5.0


def ask(*command: str) -> str | None:
    """What the command prints; None if it is not there, fails or does not answer."""
    try:
        answer = subprocess.run(  # noqa: S603  no shell, fixed names
            command, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None
