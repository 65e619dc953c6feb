"""Keeping the index in step with the articles."""

import logging
import re
import shutil
import time
from collections.abc import Callable, Collection, Sequence, Set
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from chromadb.errors import ChromaError

from qa.config import Config
from qa.errors import IndexUnavailable
from qa.index.chroma import connected, forget_folders
from qa.index.editions import NEVER, Stored, Version, content_of, edition_id
from qa.index.lock import check_ours
from qa.index.passages import span_id
from qa.index.store import MOST, OWN, RECORDS, Embedder, Store, batches, collections_of
from qa.index.surroundings import check_free, check_surroundings
from qa.index.trust import State, distrust, in_good_order, state
from qa.types import Article

logger = logging.getLogger(__name__)

_SAMPLE, _LARGE_SAMPLE = 32, 2_000
"""Sentences looked up by their own vectors to see whether the vector index is whole; so many if that is in doubt."""
Progress = Callable[[int, int], None]
"""Called with the number of articles done and of all that need work."""


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did. The first four count articles; `rebuilt` says that a damaged index was made anew."""

    added: int
    changed: int
    removed: int
    unchanged: int
    passages: int
    sentences: int
    seconds: float
    rebuilt: bool = False
    known: Sequence[Stored] = field(default=(), repr=False)
    """What the index holds, where nothing was written: `open_index` need not read it again."""


def sync(articles: Sequence[Article], config: Config, embedder: Embedder, progress: Progress) -> SyncReport:
    """Make the index hold just these articles, embedding only what is new or changed. Call it within `writing`.

    Whoever reads the index meanwhile goes on reading the version before, until the new one is put into force as a
    whole. On a server, what that has no more is kept for those who still read: `tidy` deletes it.

    Raises:
        IndexUnavailable: Chroma cannot write, for instance because the disk is full.
        IndexLocked: another process has taken over.
    """
    started = time.monotonic()
    found = _read(config, embedder)
    if found is None:
        _throw_away(config)
    stored = found or []
    with in_good_order(config), connected(config) as client:
        store = Store(client, config.fingerprint, create=True)
        before = store.version()
        number = before.number if before else 0
        wanted = {edition_id(article): article for article in articles}
        plan = _plan(stored, wanted.keys(), before)
        check = partial(check_ours, config, client)
        new = [wanted[id_] for id_ in plan.new]
        for done in store.write(new, number + 1, config.index.chunk_tokens, embedder, check):
            progress(done, len(new))
        check()
        store.mark(plan.returning, since=number + 1, until=NEVER)
        store.mark(plan.kept, until=NEVER)
        store.mark(plan.retired, until=number + 1)
        check()
        if plan.changes:
            number += 1
            store.commit(number, wanted)
        editions = store.editions() if plan.writes else [one.edition for one in stored]
        if config.chroma.mode == "embedded":  # nobody else reads
            store.delete([edition.id for edition in editions if not edition.within(number)])
        held = [edition for edition in editions if edition.within(number)]
    written = {article.id for article in new}
    return SyncReport(
        added=len(written - plan.known),
        changed=len(written & plan.known),
        removed=len(plan.known - {article.id for article in articles}),
        unchanged=len(articles) - len(written),
        passages=sum(edition.passages for edition in held),
        sentences=sum(edition.sentences for edition in held),
        seconds=time.monotonic() - started,
        rebuilt=found is None,
        known=[] if plan.writes else [one for one in stored if one.edition.within(number)],
    )


@dataclass(frozen=True, slots=True)
class _Plan:
    """What has to be done with which editions, by their ids."""

    known: Set[str]
    """Articles, by their ids, of the version in force."""
    new: Sequence[str]
    """To be written."""
    returning: Sequence[str]
    """Stored, though not in force any more."""
    kept: Sequence[str]
    """In force, though an interrupted sync was about to retire them."""
    retired: Sequence[str]
    changes: bool
    """Whether the version to be differs from the one in force."""

    @property
    def writes(self) -> bool:
        """Whether there is anything to do."""
        return self.changes or bool(self.new or self.returning or self.kept or self.retired)


def _plan(stored: Sequence[Stored], wanted: Collection[str], before: Version | None) -> _Plan:
    number = before.number if before else 0
    damaged = {one.edition.id for one in stored if not one.is_as_written}
    if damaged:
        logger.warning("Not as they were stored: %s", ", ".join(sorted(damaged)))
    whole = {one.edition.id: one.edition for one in stored if one.edition.whole}
    in_force = {id_ for id_, edition in whole.items() if edition.within(number)} - damaged
    over = {id_: edition for id_, edition in whole.items() if edition.until != NEVER}
    return _Plan(
        known={whole[id_].article_id for id_ in in_force},
        new=[id_ for id_ in wanted if id_ not in whole or id_ in damaged],
        returning=[id_ for id_ in over if id_ in wanted and id_ not in in_force],
        kept=[id_ for id_ in over if id_ in wanted and id_ in in_force],
        retired=[id_ for id_ in whole if id_ not in wanted and id_ not in over],
        changes=before is None or before.content != content_of(wanted) or in_force != set(wanted),
    )


def leftovers(config: Config) -> list[Path]:
    """Folders that indexes of other recipes, or of other versions of this program, have left beside this one."""
    known = re.compile(r"[0-9a-f]{12}(-words)?")
    return sorted(
        path
        for path in config.index.folder.glob("*")
        if path.is_dir() and known.fullmatch(path.name) and not path.name.startswith(config.fingerprint)
    )


def tidy(config: Config, wait: Callable[[float], None] = time.sleep) -> None:
    """Delete what the version in force has not, once nobody can still be reading it. Call it within `writing`.

    Args:
        config: says how long readers are given (`chroma.grace_seconds`).
        wait: called with the seconds that are left of that, if there is anything to delete.

    Raises:
        IndexUnavailable: Chroma cannot be used.
    """
    with connected(config) as client:
        store = Store(client, config.fingerprint)
        version = store.version()
        if version is None:
            return
        over = [edition.id for edition in store.editions() if not edition.within(version.number)]
        left = version.committed + config.chroma.grace_seconds - time.time()
        if over and left > 0:
            wait(left)
        check_ours(config, client)
        store.delete(over)


def _throw_away(config: Config) -> None:
    logger.warning("The index %s is damaged; it is built anew from the articles.", config.fingerprint)
    if config.chroma.mode == "embedded":
        forget_folders()
        distrust(config)
        _remove(config.index.folder / config.fingerprint)
        return
    with connected(config) as client:
        check_ours(config, client)
        for name in collections_of(config.fingerprint):
            client.delete_collection(name)


def _remove(folder: Path) -> None:
    try:
        if folder.is_dir():
            shutil.rmtree(folder)
        else:
            folder.unlink()
    except OSError as error:
        raise IndexUnavailable(
            f"Cannot remove the damaged index {folder}: {error.strerror}. Remove it, then run `qa ingest`."
        ) from error


def _read(config: Config, embedder: Embedder) -> list[Stored] | None:
    """Everything that is stored; None if something of it is lost."""
    if config.chroma.mode == "server":  # where an error says nothing about what is stored
        with connected(config) as client:
            return _whole(Store(client, config.fingerprint, create=True), embedder)
    if not (config.index.folder / config.fingerprint).exists():
        return []
    check_free(config)
    found = state(config)
    if found in (State.NOT_WHOLE, State.DEADLY):
        check_surroundings(config)
        return None
    try:
        with connected(config) as client:
            store = Store(client, config.fingerprint, create=True)
            return _whole(store, embedder, thorough=found is not State.TRUSTED)
    except (IndexUnavailable, ChromaError, LookupError, TypeError, ValueError, OSError) as error:
        check_surroundings(config)
        logger.warning("Chroma cannot read the index: %s", error)
        return None


def _whole(store: Store, embedder: Embedder, thorough: bool = False) -> list[Stored] | None:
    """Everything that is stored, if a sample of sentences is found by their vectors; a count would not notice a loss.

    The sample is the first sentence of a few articles, or sentences of all. Their vectors are made again.
    """
    store.version()
    stored = list(store.load())
    whole = sorted((one for one in stored if one.edition.whole), key=lambda one: one.edition.id)
    texts = {
        span_id(one.edition.id, start, end): one.article.text[start:end]
        for one in (whole if thorough else whole[:: max(1, len(whole) // _SAMPLE)])
        for start, end in one.sentences[: None if thorough else 1]
    }
    for batch in batches(list(texts)[:: len(texts) // _LARGE_SAMPLE + 1], RECORDS):
        wanted = embedder.embed([texts[id_] for id_ in batch])
        kept = store.vectors(batch)
        if any(id_ not in kept or kept[id_] @ vector < 1 - OWN for id_, vector in zip(batch, wanted, strict=True)):
            return None
        if store.share_found(wanted) < MOST:
            return None
    return stored
