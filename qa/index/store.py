"""What is stored in Chroma, and in which order, so that neither an interruption nor a reader at work does harm.

Two collections. `articles` holds each article whole, with the offsets of its passages: what is needed to open the
index. `sentences` holds one vector for each sentence, and nothing else: its id names the text.

An article is stored in editions: a change of its content is another edition beside the first. An edition belongs to the
versions of the index from `since` to before `until` (multi-version concurrency control), and the collection's metadata
name the version that counts. So a sync writes beside what is being read, the change of one number puts it into force at
once, and what nobody reads any more is deleted afterwards. An edition is written as a record with `since` 0, then its
sentences, then its real `since`: what an interrupted sync leaves behind is either whole, or known to be unfinished.
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
from chromadb import Collection
from chromadb.api.client import Client
from chromadb.errors import NotFoundError

from qa.errors import IndexMissing
from qa.index.editions import NEVER, Edition, Spans, Stored, Version, article_of, content_of, edition_id, sentences_in
from qa.index.passages import span_id, split
from qa.types import Article

_T = TypeVar("_T")
_GROUP = 512
"""Sentences embedded and stored together: little to lose when interrupted, and few calls."""
RECORDS = 500
"""Records in one call to Chroma, whose limit is about 5,400, and SQLite's is lower for long filters."""
_COUNTS = ("since", "until", "passages", "sentences")

OWN = 0.01
"""Cosine distance up to which a vector found is the vector looked for."""
MOST = 0.5
"""Share of vectors that the search must lead to where there are many: of 189,000 alike ones HNSW misses 15 %."""

Vectors = npt.NDArray[np.float32]


class Embedder(Protocol):
    """What turns texts into vectors, one unit row for each text."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors [texts, dimensions], in the order of the texts."""
        ...


@dataclass(frozen=True, slots=True)
class _Cut:
    """An article, and where it is cut."""

    article: Article
    passages: Spans
    sentences: Spans


class Store:
    """The two collections of an index.

    Args:
        client: of Chroma.
        fingerprint: the recipe of the index.
        create: make the collections if they are not there.

    Raises:
        IndexMissing: they are not there.
    """

    def __init__(self, client: Client, fingerprint: str, create: bool = False) -> None:
        self.articles, self.sentences = (
            client.get_or_create_collection(name, embedding_function=None, configuration={"hnsw": {"space": "cosine"}})
            if create
            else _existing(client, name)
            for name in collections_of(fingerprint)
        )

    def version(self) -> Version | None:
        """The version in force when the store was opened; None before the first."""
        known = self.articles.metadata or {}
        if "version" not in known:
            return None
        return Version(int(known["version"]), str(known["content"]), float(known["committed"]))

    def commit(self, number: int, editions: Iterable[str]) -> None:
        """Put a version into force that holds just these editions, by their ids."""
        self.articles.modify(metadata={"version": number, "content": content_of(editions), "committed": time.time()})

    def editions(self) -> list[Edition]:
        """Every edition that is stored, of whatever version."""
        found = self.articles.get(include=["metadatas"])
        return [_edition(id_, known) for id_, known in zip(found["ids"], found["metadatas"] or (), strict=True)]

    def mark(self, ids: Sequence[str], **metadata: int) -> None:
        """Set `since` or `until` of some editions."""
        for batch in batches(ids, RECORDS):
            self.articles.update(ids=batch, metadatas=[metadata] * len(batch))

    def delete(self, ids: Sequence[str]) -> None:
        """Forget editions. The sentences go first, so that none is left that no edition names.

        Before them goes the word that the edition is whole, or it could be put into force again without them.
        """
        for batch in batches(ids, RECORDS):
            self.mark(batch, since=NEVER)
            for stored in self.load(batch):
                for sentences in batches([span_id(stored.edition.id, *span) for span in stored.sentences], RECORDS):
                    self.sentences.delete(ids=sentences)
            self.articles.delete(ids=batch)

    def write(
        self,
        articles: Sequence[Article],
        number: int,
        chunk_tokens: int,
        embedder: Embedder,
        check: Callable[[], None],
    ) -> Iterator[int]:
        """Store articles as editions of a version to be; yields how many are stored.

        While one group is embedded the one before is stored, so that neither waits for the other. `check` is called
        before anything is stored, and raises what is to end it.
        """
        with ThreadPoolExecutor(1, thread_name_prefix="store") as pool:
            storing: Future[int] | None = None
            for done, group in _groups(articles, chunk_tokens):
                texts = [cut.article.text[start:end] for cut in group for start, end in cut.sentences]
                vectors = embedder.embed(texts)
                if storing:
                    yield storing.result()
                storing = pool.submit(self._write_group, group, vectors, number, done, check)
            if storing:
                yield storing.result()

    def _write_group(
        self, group: Sequence[_Cut], vectors: Vectors, number: int, done: int, check: Callable[[], None]
    ) -> int:
        check()
        ids = [edition_id(cut.article) for cut in group]
        self.articles.upsert(
            ids=ids,
            documents=[cut.article.text for cut in group],
            # Chroma wants a vector for every record; an article's is the mean of its sentences'.
            embeddings=_centroids(vectors, [len(cut.sentences) for cut in group]),
            metadatas=[
                {
                    "title": cut.article.title,
                    "url": cut.article.url or "",
                    "published": cut.article.published or "",
                    "offsets": json.dumps(cut.passages),
                    "passages": len(cut.passages),
                    "sentences": len(cut.sentences),
                    "since": NEVER,
                    "until": NEVER,
                }
                for cut in group
            ],
        )
        sentences = [span_id(id_, *span) for id_, cut in zip(ids, group, strict=True) for span in cut.sentences]
        for start in range(0, len(sentences), RECORDS):
            part = slice(start, start + RECORDS)
            self.sentences.upsert(ids=sentences[part], embeddings=vectors[part])
        check()
        self.mark(ids, since=number)
        return done

    def vectors(self, sentence_ids: Sequence[str]) -> dict[str, Vectors]:
        """The vectors of sentences, by their ids; one that is not stored is left out."""
        found = self.sentences.get(ids=list(sentence_ids), include=["embeddings"])
        return dict(zip(found["ids"], np.asarray(found["embeddings"], np.float32), strict=True))

    def any_vector(self) -> Vectors:
        """One vector, as a table of one row, or of none; Chroma reads all of them into memory for it."""
        return np.asarray(self.sentences.get(limit=1, include=["embeddings"])["embeddings"], np.float32)

    def share_found(self, vectors: Vectors) -> float:
        """To which share of some sentences' vectors the search leads, given themselves: it is approximate."""
        hits = self.sentences.query(query_embeddings=vectors, n_results=1, include=["distances"])
        near = [
            ids[0]
            for ids, distances in zip(hits["ids"], hits["distances"] or (), strict=True)
            if ids and distances[0] < OWN
        ]
        if not near:
            return 0.0
        # Twins share a vector, so any sentence will do; but damaged files name sentences that never were.
        stored = set(self.sentences.get(ids=list(set(near)), include=[])["ids"])
        return sum(id_ in stored for id_ in near) / len(vectors)

    def load(self, ids: Sequence[str] | None = None) -> Iterator[Stored]:
        """Editions with their content: all, or some by their ids, of which one that is not there is left out."""
        for batch in batches(self.articles.get(include=[])["ids"] if ids is None else ids, RECORDS):
            found = self.articles.get(ids=batch, include=["documents", "metadatas"])
            for id_, text, known in zip(found["ids"], found["documents"] or (), found["metadatas"] or (), strict=True):
                title, url, published = (str(known[key]) for key in ("title", "url", "published"))
                article = Article(article_of(id_), title, text, url or None, published or None)
                passages = [(start, end) for start, end in json.loads(str(known["offsets"]))]
                yield Stored(_edition(id_, known), article, passages)


def collections_of(fingerprint: str) -> tuple[str, str]:
    """The names of the two collections of a recipe."""
    return f"{fingerprint}-articles", f"{fingerprint}-sentences"


def _edition(id_: str, known: Mapping[str, Any]) -> Edition:
    return Edition(id_, article_of(id_), **{key: int(known[key]) for key in _COUNTS})


def _existing(client: Client, name: str) -> Collection:
    try:
        return client.get_collection(name, embedding_function=None)
    except NotFoundError as error:
        raise IndexMissing("There is no index for this configuration. Run `qa ingest`.") from error


def _groups(articles: Iterable[Article], chunk_tokens: int) -> Iterator[tuple[int, list[_Cut]]]:
    """Articles cut up, in groups of about `_GROUP` sentences; with each, how many articles there were."""
    group: list[_Cut] = []
    size = done = 0
    for done, article in enumerate(articles, start=1):
        passages = split(article, chunk_tokens)
        group.append(_Cut(article, passages, sentences_in(article, passages)))
        size += len(group[-1].sentences)
        if size >= _GROUP:
            yield done, group
            group, size = [], 0
    if group:
        yield done, group


def _centroids(vectors: Vectors, counts: Sequence[int]) -> Vectors:
    sums = np.add.reduceat(vectors, np.cumsum([0, *counts[:-1]]), axis=0)
    norms = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.asarray(sums / np.maximum(norms, 1e-12), dtype=np.float32)


def batches(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """Lists of so many items, and one of the rest."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
