"""Processes side by side."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context


@contextmanager
def workers(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """A pool whose processes end with this one, even when this one is killed.

    Leaving it cancels what waits, and an interrupt, which a terminal sends to all of them, ends at once what runs.

    Not forked: a model that was loaded before leaves threads behind that a fork lacks, and waits for them.
    """
    pool = ProcessPoolExecutor(
        jobs, mp_context=get_context("spawn"), initializer=_end_with_parent, initargs=(os.getpid(),)
    )
    try:
        yield pool
    except KeyboardInterrupt:
        # Nobody waits for half a minute of drawing whose result is thrown away.
        for process in list(pool._processes.values()):  # noqa: SLF001  Python has a way of its own only from 3.14 on
            process.kill()
        raise
    finally:
        # The pool's own way out runs all that waits first: an interrupted run would go on to its end.
        pool.shutdown(wait=True, cancel_futures=True)


def _end_with_parent(parent: int) -> None:
    # This process does not know what is half done; the one that leads decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
