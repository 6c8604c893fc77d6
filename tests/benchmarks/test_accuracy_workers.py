"""The pool of the accuracy benchmark."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from accuracy_bench.workers import workers

SOURCES = Path(__file__).parents[2] / "benchmarks"
LONG_RUN = """
import os, time
from accuracy_bench.workers import workers
if __name__ == "__main__":
    with workers(1) as pool:
        print(pool.submit(os.getpid).result(), flush=True)
        pool.submit(time.sleep, 600).result()
"""


def is_there(process):
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def test_work_is_done_elsewhere():
    with workers(1) as pool:
        assert pool.submit(os.getpid).result() != os.getpid()


def test_a_killed_run_leaves_nobody_behind(tmp_path):
    script = tmp_path / "run.py"
    script.write_text(LONG_RUN)
    environment = {**os.environ, "PYTHONPATH": str(SOURCES)}
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True, env=environment) as run:
        worker = int(run.stdout.readline())
        assert is_there(worker)
        run.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while is_there(worker) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not is_there(worker)
