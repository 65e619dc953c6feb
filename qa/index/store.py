"""What is stored in Chroma, and in which order, so that neither an interruption nor a reader at work does harm.

Two collections. `articles` holds each article whole, with the offsets of its passages: what is needed to open the
index. `sentences` holds one vector for each sentence, and nothing else: its id names the text.

An article is stored in editions: a change of its content is another edition beside the first. An edition belongs to the
versions of the index from `since` to before `until` (multi-version concurrency control), and the collection's metadata
name the version that counts. So a sync writes beside what is being read, the change of one number puts it into force at
once, and what nobody reads any more is deleted afterwards. An edition is written as a record with `since` 0, then its
sentences, then its real `since`: what an interrupted sync leaves behind is either whole, or known to be unfinished.
"""

import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt
from chromadb import Collection
from chromadb.api.client import Client
from chromadb.errors import NotFoundError

from qa.errors import IndexMissing
from qa.index.passages import span_id, split
from qa.text import sentence_spans
from qa.types import Article

_T = TypeVar("_T")
_GROUP = 512
"""Sentences embedded and stored together: little to lose when interrupted, and few calls."""
RECORDS = 500
"""Records in one call to Chroma, whose limit is about 5,400, and SQLite's is lower for long filters."""
NEVER = 0
"""`until` of an edition that is in force; `since` of one that is unfinished."""

_COUNTS = ("since", "until", "passages", "sentences")

Vectors = npt.NDArray[np.float32]
Spans = Sequence[tuple[int, int]]


class Embedder(Protocol):
    """What turns texts into vectors, one unit row for each text."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors [texts, dimensions], in the order of the texts."""
        ...


@dataclass(frozen=True, slots=True)
class Version:
    """A state of the index that was put into force."""

    number: int
    """Counts up from 1."""
    content: str
    """Twelve hex digits that stand for all editions in it."""
    committed: float = 0.0
    """Seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Edition:
    """One content of one article, as the index knows it."""

    id: str
    article_id: str
    since: int
    until: int

    passages: int
    sentences: int

    @property
    def whole(self) -> bool:
        """Whether all of its sentences are stored."""
        return self.since != NEVER

    def within(self, number: int) -> bool:
        """Whether it belongs to this version."""
        return self.whole and self.since <= number and (self.until == NEVER or self.until > number)


@dataclass(frozen=True, slots=True)
class Stored:
    """An edition with its content."""

    edition_id: str
    article: Article
    passages: Spans

    @property
    def sentences(self) -> list[tuple[int, int]]:
        """Offsets of its sentences."""
        return _sentences(self.article, self.passages)

    @property
    def is_as_written(self) -> bool:
        """Whether its content is that which its id stands for."""
        return edition_id(self.article) == self.edition_id


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
        return [
            Edition(id_, article_of(id_), **{key: int(known[key]) for key in _COUNTS})  # type: ignore[arg-type]
            for id_, known in zip(found["ids"], found["metadatas"] or (), strict=True)
        ]

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
                for sentences in batches([span_id(stored.edition_id, *span) for span in stored.sentences], RECORDS):
                    self.sentences.delete(ids=sentences)
            self.articles.delete(ids=batch)

    def write(self, articles: Sequence[Article], number: int, chunk_tokens: int, embedder: Embedder) -> Iterator[int]:
        """Store articles as editions of a version to be; yields how many are stored.

        While one group is embedded the one before is stored, so that neither waits for the other.
        """
        with ThreadPoolExecutor(1, thread_name_prefix="store") as pool:
            storing: Future[int] | None = None
            for done, group in _groups(articles, chunk_tokens):
                texts = [
                    article.text[start:end]
                    for article, passages in group
                    for start, end in _sentences(article, passages)
                ]
                vectors = embedder.embed(texts)
                if storing:
                    yield storing.result()
                storing = pool.submit(self._write_group, group, vectors, number, done)
            if storing:
                yield storing.result()

    def _write_group(self, group: Sequence[tuple[Article, Spans]], vectors: Vectors, number: int, done: int) -> int:
        ids = [edition_id(article) for article, _ in group]
        owned = [_sentence_ids(id_, article, passages) for id_, (article, passages) in zip(ids, group, strict=True)]
        self.articles.upsert(
            ids=ids,
            documents=[article.text for article, _ in group],
            # Chroma wants a vector for every record; an article's is the mean of its sentences'.
            embeddings=_centroids(vectors, [len(sentences) for sentences in owned]),
            metadatas=[
                {
                    "title": article.title,
                    "url": article.url or "",
                    "published": article.published or "",
                    "offsets": json.dumps(passages),
                    "passages": len(passages),
                    "sentences": len(sentences),
                    "since": NEVER,
                    "until": NEVER,
                }
                for (article, passages), sentences in zip(group, owned, strict=True)
            ],
        )
        sentence_ids = [id_ for sentences in owned for id_ in sentences]
        for start in range(0, len(sentence_ids), RECORDS):
            part = slice(start, start + RECORDS)
            self.sentences.upsert(ids=sentence_ids[part], embeddings=vectors[part])
        self.mark(ids, since=number)
        return done

    def load(self, ids: Sequence[str]) -> Iterator[Stored]:
        """Editions with their content, by their ids; one that is not there is left out."""
        for batch in batches(ids, RECORDS):
            found = self.articles.get(ids=batch, include=["documents", "metadatas"])
            for id_, text, known in zip(found["ids"], found["documents"] or (), found["metadatas"] or (), strict=True):
                title, url, published = (str(known[key]) for key in ("title", "url", "published"))
                article = Article(article_of(id_), title, text, url or None, published or None)
                passages = [(start, end) for start, end in json.loads(str(known["offsets"]))]
                yield Stored(id_, article, passages)


def collections_of(fingerprint: str) -> tuple[str, str]:
    """The names of the two collections of a recipe."""
    return f"{fingerprint}-articles", f"{fingerprint}-sentences"


def _existing(client: Client, name: str) -> Collection:
    try:
        return client.get_collection(name, embedding_function=None)
    except NotFoundError as error:
        raise IndexMissing("There is no index for this configuration. Run `qa ingest`.") from error


def edition_id(article: Article) -> str:
    """Names an article's content: it changes with whatever is stored of it."""
    content = json.dumps([article.title, article.text, article.url, article.published])
    return f"{article.id}@{hashlib.sha256(content.encode()).hexdigest()[:12]}"


def article_of(edition_id: str) -> str:
    """The id of an edition's article."""
    return edition_id.rpartition("@")[0]


def content_of(editions: Iterable[str]) -> str:
    """Stands for a set of editions, by their ids."""
    return hashlib.sha256("\n".join(sorted(editions)).encode()).hexdigest()[:12]


def _groups(articles: Iterable[Article], chunk_tokens: int) -> Iterator[tuple[int, list[tuple[Article, Spans]]]]:
    """Articles cut into passages, in groups of about `_GROUP` sentences; with each, how many articles there were."""
    group: list[tuple[Article, Spans]] = []
    size = done = 0
    for done, article in enumerate(articles, start=1):
        passages = split(article, chunk_tokens)
        group.append((article, passages))
        size += len(_sentences(article, passages))
        if size >= _GROUP:
            yield done, group
            group, size = [], 0
    if group:
        yield done, group


def _sentences(article: Article, passages: Spans) -> list[tuple[int, int]]:
    return [
        (start + first, start + last)
        for start, end in passages
        for first, last in sentence_spans(article.text[start:end])
    ]


def _sentence_ids(edition: str, article: Article, passages: Spans) -> list[str]:
    return [span_id(edition, *span) for span in _sentences(article, passages)]


def _centroids(vectors: Vectors, counts: Sequence[int]) -> Vectors:
    sums = np.add.reduceat(vectors, np.cumsum([0, *counts[:-1]]), axis=0)
    norms = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.asarray(sums / np.maximum(norms, 1e-12), dtype=np.float32)


def batches(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """Lists of so many items, and one of the rest."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
