"""Whether the files of an embedded index may be opened: a damaged one can kill the process that reads it.

Chroma's core trusts what it finds in its files, and dies of a wrong offset in them. So files that are not as we last
left them (a process was killed, a backup was restored, a disk is failing) are first read by a process that may die.
"""

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np

from qa.config import Config
from qa.errors import IndexMissing, IndexUnavailable
from qa.index.chroma import chroma_errors, connect, connected
from qa.index.editions import content_of
from qa.index.passages import span_id
from qa.index.store import MOST, OWN, RECORDS, Store, batches
from qa.index.surroundings import check_surroundings

_log = logging.getLogger(__name__)
_SAMPLE = 5_000
"""Sentences looked up by their own vectors, at most: about three seconds. Of no more than these HNSW misses none."""
_TIME_S = 600
"""Reading half a million sentences takes less than a minute."""
_NEEDED = {"index", "chroma", "embedding"}
"""Of the configuration: everybody on the machine can see the arguments of a process, and the rest has passwords."""
_HEAD = "header.bin"
_Look = dict[str, list[Any]]
_ahead: dict[Path, Thread] = {}
"""What still reads, by `_memory`."""
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
    if reading := _ahead.pop(_memory(config), None):
        reading.join()
    left, found = _left(config), _look(config)
    if left and _heads(left) != _heads(found):
        return State.NOT_WHOLE
    distrust(config)
    return State.TRUSTED if left == found else _read_elsewhere(config)


def distrust(config: Config) -> None:
    """Forget what the files looked like, before they change."""
    with suppress(OSError):
        _memory(config).unlink()


def read_ahead(config: Config) -> None:
    """Have Chroma begin to read the vectors of an embedded index, which takes seconds from 10^5 passages on.

    For a process that will open the index, and has other things to do before. What it reads stays open until the end of
    the process. Files that are not as they were left are not touched.
    """
    if _left(config) == _look(config):
        distrust(config)
        thread = _ahead[_memory(config)] = Thread(target=_read_vectors, args=[config], name="read ahead", daemon=True)
        thread.start()


def _read_vectors(config: Config) -> None:
    with suppress(IndexUnavailable), in_good_order(config), chroma_errors(config):  # `state` will tell what is wrong
        Store(connect(config), config.fingerprint).any_vector()


def _left(config: Config) -> _Look | None:
    """What the files looked like when they were left in good order; None if they were not, or nobody knows."""
    try:
        left = json.loads(_memory(config).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return left if isinstance(left, dict) else None


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
                _memory(config).write_text(json.dumps(_look(config)), encoding="utf-8")


def _memory(config: Config) -> Path:
    return config.index.folder / f"{config.fingerprint}.trusted"


def _look(config: Config) -> _Look:
    """The files' modes, sizes and times of change, by their names; and what is in those that say how to read others."""
    folder = config.index.folder / config.fingerprint
    found: _Look = {}
    for path in sorted(folder.rglob("*")):
        status = path.stat()
        content = path.read_bytes().hex() if path.name == _HEAD and path.is_file() else ""
        found[path.relative_to(folder).as_posix()] = [status.st_mode, status.st_size, status.st_mtime_ns, content]
    return found


def _heads(look: _Look) -> list[tuple[str, Any]]:
    """What vectors' files say of themselves. Chroma believes it, and whether that shows is a matter of luck."""
    return sorted((name, status[-1]) for name, status in look.items() if name.endswith(_HEAD))


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
    share = MOST if len(ids) > _SAMPLE else 1
    return all(_find_themselves(store, batch, share) for batch in batches(ids[:: len(ids) // _SAMPLE + 1], RECORDS))


def _find_themselves(store: Store, ids: Sequence[str], share: float) -> bool:
    """Whether these sentences have unit vectors, and at least this share of them is found by them."""
    stored = store.vectors(ids)
    vectors = np.array(list(stored.values()), np.float32)
    if len(stored) < len(ids) or np.abs(np.linalg.norm(vectors, axis=1) - 1).max() > OWN:
        return False
    return store.share_found(vectors) >= share


if __name__ == "__main__":
    os._exit(main())  # Chroma's threads do not always survive the interpreter's own way out
