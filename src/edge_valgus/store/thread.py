"""The writer thread: the frame loop hands events over and never waits for the disk."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from edge_valgus.errors import StoreError
from edge_valgus.events import Event, Rep, RepCounted, RepPartial, SetEnded, SetStarted
from edge_valgus.store.faults import RejectedError
from edge_valgus.store.writer import Store

LOG = logging.getLogger(__name__)

MAX_BACKLOG: Final = 5000
"""About 12 hours of one busy rack, and 30 MB of traces."""

_FIRST_DELAY_S: Final = 0.1
_LAST_DELAY_S: Final = 10.0
_DAY_S: Final = 86400.0


@dataclass(slots=True, eq=False)
class _Session:
    """`first`: of this thread, so that it may go on with the one before a restart, of which `earlier_sets` are."""

    started_at: float
    first: bool
    earlier_sets: int = 0
    row: int = 0
    generation: int = -1


@dataclass(slots=True, eq=False)
class _Set:
    """One set, begun in the frame loop. `row` and `generation` belong to the writer thread."""

    session: _Session
    number: int
    start_s: float
    started_at: float
    counted: int = 0
    partial: int = 0
    last_s: float = 0.0
    row: int = 0
    generation: int = -1


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    """What to write. Each one is complete in itself, so that a lost one takes no other with it."""

    set: _Set
    rep: Rep | None = None
    rep_started_at: float = 0.0
    end: tuple[float, int, int] | None = None


class StoreThread:
    """Owns `store` from now on, closing it at the end. Context manager.

    Each rep is committed at once. While the disk fails, events wait in memory, at most `max_backlog` of them, and are
    tried again, at first after 0.1 s, at last every 10 s. A set that is left open by a crash is ended at the next start.

    to_wall: capture time (s) → seconds since 1970; called in `put`. source, model: what sees the lifter, kept with each
    session. keep_days: sets older than this are deleted, at the start and once a day; None keeps all.
    session_gap_s: the first set belongs to the last stored session if it begins less than this after that one's last
    rep (a crash or a restart in the middle of a session), and its number follows on; None always begins a new session.
    """

    def __init__(
        self,
        store: Store,
        *,
        to_wall: Callable[[float], float],
        source: str = "",
        model: str = "",
        keep_days: int | None = None,
        session_gap_s: float | None = None,
        max_backlog: int = MAX_BACKLOG,
    ) -> None:
        self._store = store
        self._to_wall = to_wall
        self._source = source
        self._model = model
        self._keep_days = keep_days
        self._session_gap_s = session_gap_s
        self._max_backlog = max_backlog
        self._session: _Session | None = None
        self._set: _Set | None = None
        # SimpleQueue.put takes no lock that another thread could hold while it waits for something.
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        # One thread writes each of these counters; their difference needs no lock.
        self._taken = 0
        self._done = 0
        self._overflowed = 0
        self._rejected = 0
        self._error: str | None = None
        self._next_prune_s = 0.0
        self._stopping = threading.Event()
        self._deadline_s = float("inf")
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="store", daemon=True)
        self._thread.start()

    def put(self, event: Event) -> None:
        """Take any event; those about sets and reps get stored. Never waits, never raises for the disk."""
        if isinstance(event, SetStarted):
            self._end_set(event.time_s)
            self._begin_set(event.time_s, event.number, new_session=event.new_session)
        elif isinstance(event, RepCounted | RepPartial):
            # A rep outside any set is a mistake elsewhere, and no reason to lose it.
            current = self._set or self._begin_set(event.rep.start_s, 1, new_session=self._session is None)
            current.counted += event.rep.counted
            current.partial += not event.rep.counted
            current.last_s = event.rep.end_s
            self._add(_Job(current, rep=event.rep, rep_started_at=self._to_wall(event.rep.start_s)))
        elif isinstance(event, SetEnded) and self._set is not None:
            self._add(_Job(self._set, end=(self._to_wall(event.time_s), event.counted, event.partial)))
            self._set = None

    @property
    def backlog(self) -> int:
        """How many events are not on the disk yet."""
        return self._taken - self._done

    @property
    def lost(self) -> int:
        """How many events had to be given up: the memory's bound was reached, or the database refused them."""
        return self._overflowed + self._rejected

    @property
    def error(self) -> str | None:
        """What keeps the disk from being written, in one line for the page; None while all is well."""
        error = self._error
        if not self._closed and not self._thread.is_alive():
            error = f"nothing is written to {self._store.path} any more, see the log; restart edge-valgus"
        return None if error is None else f"{error} ({self.backlog} events wait in memory)"

    def close(self, timeout_s: float = 5.0) -> int:
        """Write what waits, for at most this long, and stop; return how many events were not written. May be repeated."""
        if not self._closed:
            self._closed = True
            self._deadline_s = time.monotonic() + timeout_s
            self._stopping.set()
            self._queue.put(None)
        # A commit that is under way may take SQLite's busy timeout on top; the caller doesn't wait for that.
        self._thread.join(max(0.0, self._deadline_s - time.monotonic()) + 0.1)
        if self.backlog:
            LOG.error("stopped with %d events not written: %s", self.backlog, self._error)
        return self.backlog

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _begin_set(self, time_s: float, number: int, *, new_session: bool) -> _Set:
        started_at = self._to_wall(time_s)
        if new_session or self._session is None:
            self._session = _Session(started_at, first=self._session is None)
        self._set = _Set(self._session, number, time_s, started_at, last_s=time_s)
        self._add(_Job(self._set))
        return self._set

    def _end_set(self, time_s: float) -> None:
        """End a set whose end was not told, with its last rep."""
        if self._set is not None:
            ended_at = self._to_wall(min(self._set.last_s, time_s))
            self._add(_Job(self._set, end=(ended_at, self._set.counted, self._set.partial)))
            self._set = None

    def _add(self, job: _Job) -> None:
        if self._closed or self.backlog >= self._max_backlog:
            self._overflowed += 1
            return
        self._taken += 1
        self._queue.put(job)

    def _run(self) -> None:
        try:
            while True:
                try:
                    job = self._queue.get(timeout=self._prune_if_due())
                except queue.Empty:
                    continue
                if job is None or not self._write_at_last(job):
                    return
                self._done += 1
        finally:
            self._store.close()

    def _write_at_last(self, job: _Job) -> bool:
        """Try until it is written, is known never to be, or time is up."""
        delay_s = _FIRST_DELAY_S
        while True:
            try:
                self._write(job)
            except RejectedError:
                self._rejected += 1
                LOG.exception("an event is lost")
                return True
            except StoreError as error:
                if self._error is None:
                    LOG.warning("%s; trying again, events wait in memory", error)
                self._error = str(error)
            except Exception as error:
                # The lights and the count must outlive a mistake in here; this one event does not.
                self._rejected += 1
                self._error = f"an event could not be stored ({type(error).__name__}: {error}); see the log"
                LOG.exception("an event is lost")
                return True
            else:
                if self._error is not None:
                    LOG.warning("the database can be written again; %d events to go", self.backlog - 1)
                self._error = None
                return True
            if self._stopping.wait(delay_s):
                left_s = self._deadline_s - time.monotonic()
                if left_s <= 0:
                    return False
                time.sleep(min(_FIRST_DELAY_S, left_s))
            delay_s = min(2 * delay_s, _LAST_DELAY_S)

    def _write(self, job: _Job) -> None:
        store, current = self._store, job.set
        set_row = self._row_of(current)
        if job.rep is not None:
            store.add_rep(set_row, job.rep, started_at=job.rep_started_at, set_start_s=current.start_s)
        elif job.end is not None:
            ended_at, counted, partial = job.end
            store.end_set(set_row, ended_at=ended_at, counted=counted, partial=partial)

    def _row_of(self, current: _Set) -> int:
        """Give the set's row, making it and its session's where they are not in this database yet."""
        store = self._store
        store.check()
        if current.session.generation != store.generation:
            self._place(current.session)
        if current.generation != store.generation:
            number = current.session.earlier_sets + current.number
            current.row = store.start_set(current.session.row, number, current.started_at)
            current.generation = store.generation
        return current.row

    def _place(self, session: _Session) -> None:
        """Find the session that this one goes on with, or make its row."""
        store, seen_by = self._store, {"source": self._source, "model": self._model}
        recent = None
        if session.first and self._session_gap_s is not None:
            recent = store.recent_session(session.started_at, gap_s=self._session_gap_s, **seen_by)
        row, earlier_sets = recent or (store.start_session(session.started_at, **seen_by), 0)
        session.row, session.earlier_sets, session.generation = row, earlier_sets, store.generation

    def _prune_if_due(self) -> float:
        """Delete what is too old, once a day; give the seconds until the next time."""
        if self._keep_days is None:
            return _DAY_S
        now_s = time.monotonic()
        if now_s >= self._next_prune_s and not self._stopping.is_set():
            self._next_prune_s = now_s + _DAY_S
            try:
                deleted = self._store.prune(self._keep_days, now=time.time())
            except StoreError as error:
                LOG.warning("old sets were not deleted: %s", error)
            except Exception:
                # Reps must go on being stored, whatever is wrong with deleting.
                LOG.exception("old sets were not deleted")
            else:
                if deleted:
                    LOG.info("%d sets older than %d days deleted", deleted, self._keep_days)
        return max(1.0, self._next_prune_s - now_s)
