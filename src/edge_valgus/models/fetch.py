"""Fetching a model file over the network so that a wrong or half file never stands where a model belongs.

The bytes go to `<file>.part` beside the target; what is already there is continued. Only a file of the listed size and
SHA-256 is moved into place. That decides whether a continued file is whole, so no ETag is needed.
"""

from __future__ import annotations

import fcntl
import os
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import urlsplit

import urllib3

from edge_valgus.errors import ModelError
from edge_valgus.models.find import check_file
from edge_valgus.models.manifest import ManifestEntry

Progress = Callable[[int, int], None]
"""Called with (bytes so far, bytes in all)."""

CHUNK_BYTES: Final = 64 * 1024
ATTEMPTS: Final = 8
TIMEOUT: Final = urllib3.Timeout(connect=10.0, read=30.0)
RETRY: Final = urllib3.Retry(total=3, backoff_factor=0.5, status_forcelist=(429, 500, 502, 503, 504), redirect=5)


@dataclass(frozen=True, slots=True)
class Fetched:
    """Where the model is now. downloaded: false if the right file was there already."""

    path: Path
    downloaded: bool


class _AddressFailedError(Exception):
    """This address does not give the file. The message says why; another may."""


def fetch_model(
    entry: ManifestEntry,
    folder: Path,
    *,
    progress: Progress | None = None,
    timeout: urllib3.Timeout = TIMEOUT,
    retry: urllib3.Retry = RETRY,
) -> Fetched:
    """Download `entry` into `folder` and check it.

    A right file that is there already is left alone, a wrong one is replaced once the right one is complete. Raises
    ModelError when no address gives the right bytes (with what to do by hand) or the folder can't be written.
    """
    target = folder / entry.file
    if _is_right(target, entry):
        return Fetched(target, downloaded=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _part_file(target) as (part, file):
            # Another process may have finished it while this one waited to look.
            if _is_right(target, entry):
                part.unlink()
                return Fetched(target, downloaded=False)
            download = _Download(entry, file, progress or _no_progress, timeout, retry)
            failures = []
            for address in entry.addresses:
                try:
                    download.run(address)
                except _AddressFailedError as failure:
                    failures.append(f"{address}: {failure}")
                    continue
                os.replace(part, target)  # noqa: PTH105  the same word as in every description of an atomic replace
                _sync_folder(folder)
                return Fetched(target, downloaded=True)
            if os.fstat(file.fileno()).st_size == 0:
                part.unlink()
    except OSError as error:
        raise ModelError(
            f"cannot write {target} ({error.strerror or error}); choose a folder that you may write, with "
            f"{entry.size_bytes / 1e6:.1f} MB free: edge-valgus models fetch {entry.name} --model-dir FOLDER"
        ) from error
    raise ModelError(
        f"{entry.name} could not be fetched ({'; '.join(failures)}); with no network here, download "
        f"{entry.addresses[0]} elsewhere, put it here as {target} and run: "
        f"edge-valgus models verify {entry.name} --model-dir {folder}"
    )


class _Download:
    def __init__(
        self, entry: ManifestEntry, file: BinaryIO, progress: Progress, timeout: urllib3.Timeout, retry: urllib3.Retry
    ) -> None:
        self._entry = entry
        self._file = file
        self._progress = progress
        self._timeout = timeout
        self._retry = retry

    def run(self, address: str) -> None:
        """Complete the file from `address`. Raises _AddressFailedError, with an empty file left if its bytes are wrong."""
        with _pool_for(address, self._timeout, self._retry) as pool:
            continued = self._complete(pool, address)
            if continued and not self._is_right():
                # What was continued may have come from elsewhere: give this address a chance of its own.
                self._restart()
                self._complete(pool, address)
        if not self._is_right():
            self._restart()
            raise _AddressFailedError("gives other bytes than the manifest lists")

    def _complete(self, pool: urllib3.PoolManager, address: str) -> bool:
        """Fetch until all bytes are there; true if the first of them were there before."""
        if self._size() > self._entry.size_bytes:
            self._restart()
        continued = self._size() > 0
        failure = ""
        for _ in range(ATTEMPTS):
            if self._size() == self._entry.size_bytes:
                return continued
            before = self._size()
            try:
                continued = self._receive(pool, address) and continued
            except urllib3.exceptions.HTTPError as error:
                failure = _in_short(error)
                # The retries that make sense without a byte received were made by the pool.
                if self._size() == before:
                    break
        if self._size() == self._entry.size_bytes:
            return continued
        raise _AddressFailedError(failure or f"ended after {self._size()} of {self._entry.size_bytes} bytes")

    def _receive(self, pool: urllib3.PoolManager, address: str) -> bool:
        """Ask for the rest once and write what comes; false if the server began from the start."""
        start = self._size()
        headers = {"Accept-Encoding": "identity", "User-Agent": "edge-valgus"}
        if start:
            headers["Range"] = f"bytes={start}-"
        response = pool.request("GET", address, headers=headers, preload_content=False)
        try:
            resumed = response.status == 206 and response.headers.get("Content-Range", "").startswith(f"bytes {start}-")
            if start and not resumed:
                self._restart()
            if start and response.status in (206, 416) and not resumed:
                # A range that was not the one asked for, or none at all: without a Range, every server can answer.
                return False
            if response.status not in (200, 206):
                raise _AddressFailedError(f"answers {response.status} {response.reason or ''}".rstrip())
            for chunk in response.stream(CHUNK_BYTES):
                self._file.write(chunk)
                self._file.flush()
                self._progress(min(self._size(), self._entry.size_bytes), self._entry.size_bytes)
                if self._size() > self._entry.size_bytes:
                    self._restart()
                    raise _AddressFailedError("gives more bytes than the manifest lists")
            if response.headers.get("Content-Length") is not None and self._size() < self._entry.size_bytes:
                self._restart()
                raise _AddressFailedError("gives fewer bytes than the manifest lists")
        finally:
            # Closed, not given back to the pool: unread bytes would be taken for the next answer.
            response.close()
        return resumed

    def _is_right(self) -> bool:
        os.fsync(self._file.fileno())
        return _is_right(Path(self._file.name), self._entry)

    def _size(self) -> int:
        return os.fstat(self._file.fileno()).st_size

    def _restart(self) -> None:
        self._file.truncate(0)


@contextmanager
def _part_file(target: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """Open `<target>.part` for appending, for this process alone."""
    part = target.with_name(target.name + ".part")
    while True:
        with part.open("ab") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise ModelError(f"{part} is being written by another fetch; wait until it has ended") from error
            # Between opening and locking, the one who held it may have moved it into place.
            if _same_file(file, part):
                yield part, file
                return


def _same_file(file: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _is_right(path: Path, entry: ManifestEntry) -> bool:
    try:
        check_file(path, entry)
    except ModelError:
        return False
    return True


def _pool_for(address: str, timeout: urllib3.Timeout, retry: urllib3.Retry) -> urllib3.PoolManager:
    # urllib3 leaves the usual proxy variables to its callers.
    parts = urlsplit(address)
    proxy = urllib.request.getproxies().get(parts.scheme)
    if proxy and not urllib.request.proxy_bypass(parts.hostname or ""):
        return urllib3.ProxyManager(proxy, timeout=timeout, retries=retry)
    return urllib3.PoolManager(timeout=timeout, retries=retry)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _in_short(error: Exception) -> str:
    reason = getattr(error, "reason", None)
    text = str(reason if isinstance(reason, Exception) else error)
    # urllib3 puts the object at fault in front: "<HTTPSConnection(…) at 0x…>: Failed to resolve …".
    return text.split(": ", 1)[-1] if text.startswith(("<", "HTTP")) else text


def _no_progress(_done: int, _total: int) -> None:
    pass
