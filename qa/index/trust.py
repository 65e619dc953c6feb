"""Whether the files of an embedded index may be opened: a damaged one can kill the process that reads it.

Chroma's core trusts what it finds in its files, and dies of a wrong offset in them. So files that are not as we last
left them (a process was killed, a backup was restored, a disk is failing) are first read by a process that may die.
"""

import errno
import json
import logging
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from enum import Enum
from pathlib import Path
from threading import Thread

import numpy as np

from qa.config import Config
from qa.errors import IndexMissing, IndexUnavailable
from qa.index.chroma import chroma_errors, connect, connected
from qa.index.editions import content_of
from qa.index.passages import span_id
from qa.index.store import OWN, RECORDS, Store, batches

_log = logging.getLogger(__name__)
_SAMPLE = 5_000
"""Sentences looked up by their own vectors, at most: about three seconds."""
_ROOM = 1 << 20
"""Bytes that must be left on the disk before anything that is wrong with an index is blamed on the index."""
_TIME_S = 600
"""Reading half a million sentences takes less than a minute."""
_NEEDED = {"index", "chroma", "embedding"}
"""Of the configuration: everybody on the machine can see the arguments of a process, and the rest has passwords."""
_NOT_WHOLE = 3
_CRASHES = {-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS, -signal.SIGILL, -signal.SIGFPE}


class State(Enum):
    """What is known of the files of an index."""

    TRUSTED = "as they were left when they were last used"
    READABLE = "can be read, and hold what they should"
    NOT_WHOLE = "something is missing, or Chroma reports an error"
    DEADLY = "whoever reads them dies"


def state(config: Config) -> State:
    """Look at the files of an embedded index, which exists; they are trusted again once `in_good_order`.

    Raises:
        IndexUnavailable: there is no telling, since what reads them was killed or does not come to an end.
    """
    trusted = _is_as_left(config)
    with suppress(OSError):
        _memory(config).unlink()
    return State.TRUSTED if trusted else _read_elsewhere(config)


def read_ahead(config: Config) -> None:
    """Have Chroma begin to read the vectors of an embedded index, which takes seconds from 10^5 passages on.

    For a process that will open the index, and has other things to do before. What it reads stays open until the end of
    the process. Files that are not as they were left are not touched.
    """
    if config.chroma.mode == "embedded" and _is_as_left(config):
        with suppress(IndexUnavailable), in_good_order(config), chroma_errors(config):  # it will be met again, then
            store = Store(connect(config), config.fingerprint)
            Thread(target=_read_vectors, args=[store], name="read ahead", daemon=True).start()


def _read_vectors(store: Store) -> None:
    with suppress(Exception):
        store.sentences.get(limit=1, include=["embeddings"])


def _is_as_left(config: Config) -> bool:
    with suppress(OSError):
        return _memory(config).read_text(encoding="utf-8", errors="replace") == _look(config)
    return False


@contextmanager
def in_good_order(config: Config) -> Iterator[None]:
    """Remember what the files look like after the block, if nothing was wrong with them in it.

    Raises:
        IndexUnavailable: as in the block; but where the disk is full, or may not be written to, it says that.
    """
    harmed = False
    try:
        yield
    except BaseException as error:
        harmed = not isinstance(error, IndexMissing | KeyboardInterrupt)
        if harmed and isinstance(error, IndexUnavailable) and config.chroma.mode == "embedded":
            check_surroundings(config)
        raise
    finally:
        if config.chroma.mode == "embedded" and not harmed:
            with suppress(OSError):  # then they are looked over again, next time
                _memory(config).write_text(_look(config), encoding="utf-8")


def check_surroundings(config: Config) -> None:
    """Make sure that an index that cannot be read is to blame for it, before it is thrown away.

    Raises:
        IndexUnavailable: the disk is full, or a file may not be written to.
    """
    folder = config.index.folder / config.fingerprint
    if not folder.is_dir():
        return
    try:
        for path in (config.index.folder, folder, *folder.rglob("*")):
            if not os.access(path, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0" * _ROOM)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise IndexUnavailable(
            f"Cannot write to {folder}: {error.strerror}. Make room or mend its permissions, or name another as "
            "index.folder. What is in it is left as it is."
        ) from error


def check_free(config: Config) -> None:
    """Make sure that nobody else, a backup for instance, holds the database: Chroma would wait for it without end.

    Raises:
        IndexUnavailable: somebody does.
    """
    database = config.index.folder / config.fingerprint / "chroma.sqlite3"
    try:
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=rw", uri=True, timeout=5)) as connection:
            connection.execute("begin immediate")
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
            raise IndexUnavailable(f"Another program holds {database}. End it, then run `qa ingest`.") from error


def _memory(config: Config) -> Path:
    return config.index.folder / f"{config.fingerprint}.trusted"


def _look(config: Config) -> str:
    """The files' names, sizes and times of change."""
    folder = config.index.folder / config.fingerprint
    status = {path.relative_to(folder).as_posix(): path.stat() for path in sorted(folder.rglob("*"))}
    return json.dumps({name: [found.st_mode, found.st_size, found.st_mtime_ns] for name, found in status.items()})


def _read_elsewhere(config: Config) -> State:
    _log.warning("The index is looked over, since it was not closed in good order.")
    folder = config.index.folder / config.fingerprint
    way_back = f"If that goes on, remove {folder} and run `qa ingest`: it is made anew from the articles."
    command = [sys.executable, "-m", "qa.index.trust", config.model_dump_json(include=_NEEDED)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as reader:
        try:
            code = reader.wait(_TIME_S)
        except subprocess.TimeoutExpired as error:
            raise IndexUnavailable(f"Reading the index in {folder} does not come to an end. {way_back}") from error
        finally:
            reader.kill()
    if code in _CRASHES:
        _log.warning("It was ended by %s.", signal.Signals(-code).name)
        return State.DEADLY
    if code < 0:
        name = signal.Signals(-code).name
        raise IndexUnavailable(f"The process that looked over the index in {folder} was ended by {name}. {way_back}")
    return State.NOT_WHOLE if code == _NOT_WHOLE else State.READABLE


def main() -> int:
    """Read the index of a configuration, and say by the exit code whether something is missing."""
    Thread(target=_end_with_parent, daemon=True).start()
    config = Config.model_validate_json(sys.argv[1])
    try:
        with connected(config) as client:
            return 0 if is_whole(Store(client, config.fingerprint)) else _NOT_WHOLE
    except IndexMissing:  # not even begun
        return 0
    except (IndexUnavailable, LookupError, TypeError, ValueError):
        return _NOT_WHOLE


def _end_with_parent() -> None:
    """Once whoever started us is killed, somebody else may write to the index."""
    sys.stdin.buffer.read()  # which that one never writes to
    os._exit(1)


def is_whole(store: Store) -> bool:
    """Whether every edition is as it was written, has its sentences, and these are found by their own vectors."""
    version = store.version()
    whole = [stored for stored in store.load() if stored.edition.whole]
    if version and content_of(s.edition.id for s in whole if s.edition.within(version.number)) != version.content:
        return False
    sentences = set(store.sentences.get(include=[])["ids"])
    ids = []
    for stored in whole:
        own = [span_id(stored.edition.id, *span) for span in stored.sentences]
        if not stored.is_as_written or not sentences.issuperset(own):
            return False
        ids += own
    return all(_find_themselves(store, batch) for batch in batches(ids[:: len(ids) // _SAMPLE + 1], RECORDS))


def _find_themselves(store: Store, ids: Sequence[str]) -> bool:
    """Whether these sentences have unit vectors, and are found by them."""
    stored = store.vectors(ids)
    vectors = np.array(list(stored.values()), np.float32)
    if len(stored) < len(ids) or np.abs(np.linalg.norm(vectors, axis=1) - 1).max() > OWN:
        return False
    return store.are_found(vectors)


if __name__ == "__main__":
    os._exit(main())  # Chroma's threads do not always survive the interpreter's own way out
