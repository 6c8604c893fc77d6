"""Processes side by side."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context


@contextmanager
def workers(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """A pool whose processes end with this one, even when this one is killed. Leaving it cancels what waits.

    Not forked: a model that was loaded before leaves threads behind that a fork lacks, and waits for them.
    """
    pool = ProcessPoolExecutor(
        jobs, mp_context=get_context("spawn"), initializer=_end_with_parent, initargs=(os.getpid(),)
    )
    try:
        yield pool
    finally:
        # The pool's own way out runs all that waits first: an interrupted run would go on to its end.
        pool.shutdown(wait=True, cancel_futures=True)


def _end_with_parent(parent: int) -> None:
    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
