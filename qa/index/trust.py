"""Whether the files of an embedded index may be opened: a damaged one can kill the process that reads it.

Chroma's core trusts what it finds in its files, and dies of a wrong offset in them. So files that are not as we last
left them (a process was killed, a backup was restored, a disk is failing) are first read by a process that may die.
"""

import json
import logging
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path

import numpy as np

from qa.config import Config
from qa.errors import IndexMissing, IndexUnavailable
from qa.index.chroma import connected
from qa.index.passages import span_id
from qa.index.store import RECORDS, Store, batches, content_of

_log = logging.getLogger(__name__)
_SAMPLE = 5_000
"""Sentences looked up by their own vectors, at most: about three seconds."""
OWN = 0.01
"""Cosine distance up to which a vector found is the vector looked for."""
_TIME_S = 600
"""Reading half a million sentences takes less than a minute."""
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
    trusted = False
    with suppress(OSError):
        trusted = _memory(config).read_text(encoding="utf-8", errors="replace") == _look(config)
        _memory(config).unlink()
    return State.TRUSTED if trusted else _read_elsewhere(config)


@contextmanager
def in_good_order(config: Config) -> Iterator[None]:
    """Remember what the files look like after the block, if nothing was wrong with them in it."""
    harmed = False
    try:
        yield
    except IndexUnavailable as error:
        harmed = not isinstance(error, IndexMissing)
        raise
    finally:
        if config.chroma.mode == "embedded" and not harmed:
            with suppress(OSError):  # then they are looked over again, next time
                _memory(config).write_text(_look(config), encoding="utf-8")


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
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "qa.index.trust"],
            input=config.model_dump_json(),
            text=True,
            capture_output=True,
            timeout=_TIME_S,
        )
    except subprocess.TimeoutExpired as error:
        raise IndexUnavailable(f"Reading the index in {folder} does not come to an end. {way_back}") from error
    if ended.returncode in _CRASHES:
        return State.DEADLY
    if ended.returncode < 0:
        name = signal.Signals(-ended.returncode).name
        raise IndexUnavailable(f"The process that looked over the index in {folder} was ended by {name}. {way_back}")
    _log.debug("%s", ended.stderr)
    return State.NOT_WHOLE if ended.returncode == _NOT_WHOLE else State.READABLE


def main() -> int:
    """Read the index of the configuration on stdin, and say by the exit code whether something is missing."""
    config = Config.model_validate_json(sys.stdin.read())
    try:
        with connected(config) as client:
            return 0 if is_whole(Store(client, config.fingerprint)) else _NOT_WHOLE
    except IndexMissing:  # not even begun
        return 0
    except (IndexUnavailable, LookupError, TypeError, ValueError) as error:
        print(error, file=sys.stderr)
        return _NOT_WHOLE
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # of Chroma's core, which derives it from BaseException
            return _NOT_WHOLE
        raise


def is_whole(store: Store) -> bool:
    """Whether every edition is as it was written, has its sentences, and these are found by their own vectors."""
    version = store.version()
    editions = store.editions()
    whole = [edition.id for edition in editions if edition.whole]
    if version and content_of(e.id for e in editions if e.within(version.number)) != version.content:
        return False
    stored = set(store.sentences.get(include=[])["ids"])
    ids = []
    for edition in store.load(whole):
        own = [span_id(edition.edition_id, *span) for span in edition.sentences]
        if not edition.is_as_written or not stored.issuperset(own):
            return False
        ids += own
    return all(_find_themselves(store, batch) for batch in batches(ids[:: len(ids) // _SAMPLE + 1], RECORDS))


def _find_themselves(store: Store, ids: Sequence[str]) -> bool:
    """Whether these sentences' vectors are unit vectors, and each is the nearest to itself."""
    vectors = np.asarray(store.sentences.get(ids=list(ids), include=["embeddings"])["embeddings"], np.float32)
    if len(vectors) < len(ids) or np.abs(np.linalg.norm(vectors, axis=1) - 1).max() > OWN:
        return False
    hits = store.sentences.query(query_embeddings=vectors, n_results=1, include=["distances"])
    # Twins share a vector, so nearness and not the id is what counts.
    return all(row and row[0] < OWN for row in hits["distances"] or ())


if __name__ == "__main__":
    sys.exit(main())
