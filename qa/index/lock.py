"""One writer at a time: a lock file for a folder, a lease kept on the server itself for a Chroma server.

The lease is a collection, because creating one is the only thing that a Chroma server does for just one of several who
ask at once. Its metadata says who holds it and until when; a thread prolongs it. One that was not prolonged is
taken over by renaming it, which only changes that very collection, never its successor.
"""

import os
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

import httpx
from chromadb import Collection
from chromadb.api.client import Client
from chromadb.errors import ChromaError, NotFoundError
from filelock import FileLock, Timeout

from qa.config import Config
from qa.errors import IndexLocked, IndexUnavailable
from qa.index.chroma import connected, create_database

_OURS = f"process {os.getpid()} on {socket.gethostname()}"
_ID = uuid.uuid4().hex
"""Containers may share all of the above."""
LEASE_S = 60.0
"""After so many seconds without a sign of life a writer counts as dead."""


@contextmanager
def writing(config: Config) -> Iterator[None]:
    """Hold the index as its only writer, across processes, and across machines with a Chroma server.

    Chroma damages its vector index silently when several processes write to one folder.

    Raises:
        IndexLocked: another process holds it.
        IndexUnavailable: its folder cannot be made or written to, or the server cannot be reached.
    """
    with _leased(config) if config.chroma.mode == "server" else _locked(config):
        yield


@contextmanager
def _locked(config: Config) -> Iterator[None]:
    lock = FileLock(config.index.folder / f"{config.fingerprint}.lock", timeout=0)
    try:
        config.index.folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise IndexLocked(
            f"Another process is using the index in {config.index.folder}. `qa serve` holds it while it runs and takes "
            "in new articles when it starts: restart it, or wait for the other `qa ingest` to end."
        ) from error
    except OSError as error:
        raise IndexUnavailable(
            f"Cannot write to {config.index.folder}: {error}. Mend that, or name another as index.folder."
        ) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _leased(config: Config) -> Iterator[None]:
    create_database(config)
    with connected(config) as client:
        lease = Lease(client, _lease_name(config))
        try:
            yield
        finally:
            lease.end()


class Lease:
    """The right to write to an index on a Chroma server, until it ends.

    Args:
        client: of the server.
        name: of the collection that stands for the right.

    Raises:
        IndexLocked: somebody else has it.
    """

    def __init__(self, client: Client, name: str) -> None:
        self._client = client
        self._name = name
        self._collection = self._take() or self._take_over()
        self._ended = Event()
        self._thread = Thread(target=self._prolong, name="lease", daemon=True)
        self._thread.start()

    def _take(self) -> Collection | None:
        try:
            return self._client.create_collection(self._name, metadata=_signs_of_life(), embedding_function=None)
        except (
            ChromaError
        ):  # of a kind that differs between Chroma's versions; if it is not ours, the next call shows it
            return None

    def _take_over(self) -> Collection:
        try:
            left = self._client.get_collection(self._name, embedding_function=None)
        except NotFoundError:  # ended just now
            left = None
        if left is not None:
            until = float((left.metadata or {}).get("until", 0))
            if time.time() < until:
                raise IndexLocked(
                    f"{(left.metadata or {}).get('holder')} is writing to the index on the Chroma server. Wait for it "
                    f"to end; if it has died, try again in {until - time.time():.0f} s."
                )
            dead = f"{self._name}-{uuid.uuid4().hex}"
            with suppress(ChromaError, ValueError):  # somebody else was faster; the name tells who
                left.modify(name=dead)
                self._client.delete_collection(dead)
        taken = self._take()
        if taken is None:
            raise IndexLocked("Another process has just begun to write to the index on the Chroma server. Wait for it.")
        return taken

    def _prolong(self) -> None:
        while not self._ended.wait(LEASE_S / 6):
            with suppress(ChromaError, httpx.HTTPError, ValueError):  # the writer will meet the same error
                self._collection.modify(metadata=_signs_of_life())

    def end(self) -> None:
        """Give the right back, if it is still ours."""
        self._ended.set()
        self._thread.join()
        with suppress(ChromaError, httpx.HTTPError):  # it ends by itself, later
            if _holder(self._client, self._name) == _ID:
                self._client.delete_collection(self._name)


def check_ours(config: Config, client: Client) -> None:
    """Make sure that this process is still the writer: one that slept for long may have lost its lease.

    Raises:
        IndexLocked: it has.
    """
    if config.chroma.mode == "server" and _holder(client, _lease_name(config)) != _ID:
        raise IndexLocked("Another process has taken over writing to the index, since this one was away for too long.")


def _holder(client: Client, name: str) -> str | None:
    try:
        return str((client.get_collection(name, embedding_function=None).metadata or {}).get("id"))
    except NotFoundError:
        return None


def _lease_name(config: Config) -> str:
    return f"{config.fingerprint}-writer"


def _signs_of_life() -> dict[str, str | float]:
    return {"holder": _OURS, "id": _ID, "until": time.time() + LEASE_S}
