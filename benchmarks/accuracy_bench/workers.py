"""Processes side by side."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context


def workers(jobs: int) -> ProcessPoolExecutor:
    """A pool whose processes end with this one, even when this one is killed.

    Not forked: a model that was loaded before leaves threads behind that a fork lacks, and waits for them.
    """
    return ProcessPoolExecutor(
        jobs, mp_context=get_context("spawn"), initializer=_end_with_parent, initargs=(os.getpid(),)
    )


def _end_with_parent(parent: int) -> None:
    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
