"""Keeping the index in step with the articles, by one writer at a time."""

import logging
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chromadb.errors import ChromaError
from filelock import FileLock, Timeout

from qa.config import Config
from qa.errors import IndexLocked, IndexUnavailable
from qa.index.store import Embedder, Store, chroma_errors, digest, open_client
from qa.types import Article

logger = logging.getLogger(__name__)

_SAMPLE = 32
"""Sentences looked up by their own vectors to see whether the vector index is whole."""
_OWN = 0.01
"""Cosine distance up to which a vector found is the vector looked for."""

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


@contextmanager
def writing(config: Config) -> Iterator[None]:
    """Hold the index as its only writer, across processes.

    Chroma damages its vector index silently when several processes write to one folder.

    Raises:
        IndexLocked: another process holds it.
        IndexUnavailable: its folder cannot be made or written to.
    """
    try:
        config.index.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(config.index.folder / f"{config.fingerprint}.lock", timeout=0):
            yield
    except Timeout as error:
        raise IndexLocked(
            f"Another process is using the index in {config.index.folder}. `qa serve` holds it while it runs and takes "
            "in new articles when it starts: restart it, or wait for the other `qa ingest` to end."
        ) from error
    except OSError as error:
        raise IndexUnavailable(
            f"Cannot write to {config.index.folder}: {error}. Name another as index.folder."
        ) from error


def sync(articles: Sequence[Article], config: Config, embedder: Embedder, progress: Progress) -> SyncReport:
    """Make the index hold just these articles, embedding only what is new or changed. Call it within `writing`.

    Raises:
        IndexUnavailable: Chroma cannot write, for instance because the disk is full.
    """
    started = time.monotonic()
    folder = config.index.folder / config.fingerprint
    rebuilt = folder.exists() and not _is_whole(folder, embedder)
    if rebuilt:
        logger.warning("The index in %s is damaged; it is built anew from the articles.", folder)
        shutil.rmtree(folder)
    with chroma_errors(), open_client(folder) as client:
        store = Store(client)
        known = store.digests()
        wanted = {article.id: article for article in articles}
        work = [article for article in articles if known.get(article.id) != digest(article)]
        gone = sorted(known.keys() - wanted.keys())
        store.remove(gone)
        for done in store.write(work, config.index.chunk_tokens, embedder):
            progress(done, len(work))
        changed = sum(bool(known.get(article.id)) for article in work)
        return SyncReport(
            added=len(work) - changed,
            changed=changed,
            removed=len(gone),
            unchanged=len(articles) - len(work),
            passages=store.count_passages(),
            sentences=store.sentences.count(),
            seconds=time.monotonic() - started,
            rebuilt=rebuilt,
        )


def _is_whole(folder: Path, embedder: Embedder) -> bool:
    """Whether a sample of sentences is found by its own vectors; a count would not notice lost vectors."""
    try:
        with open_client(folder) as client:
            sentences = Store(client).sentences
            step = max(1, sentences.count() // _SAMPLE)
            texts = [
                document
                for offset in range(0, sentences.count(), step)
                for document in sentences.get(limit=1, offset=offset, include=["documents"])["documents"] or ()
            ]
            if not texts:
                return not any(Store(client).digests().values())
            hits = sentences.query(query_embeddings=embedder.embed(texts), n_results=1, include=["distances"])
            # Twins share a vector, so nearness and not the id is what counts.
            return all(row and row[0] < _OWN for row in hits["distances"] or ())
    except (ChromaError, ValueError, KeyError, OSError) as error:
        logger.warning("Chroma cannot read %s: %s", folder, error)
        return False
