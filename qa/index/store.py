"""What is stored in Chroma, and in which order, so that an interrupted sync does no harm.

Two collections. `articles` holds each article whole, with the offsets of its passages: what is needed to open the
index. `sentences` holds one vector for each sentence; its metadata points to the passage (small-to-big retrieval).

An article's record carries an empty digest from before its first sentence is touched until after its last one is
stored, so that the next sync does it again; whoever opens the index leaves such an article out.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

import chromadb
import numpy as np
import numpy.typing as npt
from chromadb.api.client import Client
from chromadb.api.shared_system_client import SharedSystemClient
from chromadb.config import Settings
from chromadb.errors import ChromaError
from llama_index.core.schema import BaseNode, TextNode
from llama_index.vector_stores.chroma import ChromaVectorStore

from qa.errors import IndexUnavailable
from qa.index.passages import span_id, split
from qa.text import sentence_spans
from qa.types import Article, Passage

_T = TypeVar("_T")
_GROUP = 512
"""Sentences embedded and stored together: little to lose when interrupted, and few calls."""
_RECORDS = 500
"""Records in one call to Chroma, whose limit is about 5,400, and SQLite's is lower for long filters."""

Vectors = npt.NDArray[np.float32]


class Embedder(Protocol):
    """What turns texts into vectors, one unit row for each text."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors [texts, dimensions], in the order of the texts."""
        ...


def open_client(folder: Path) -> Client:
    """Chroma on a folder, made if it is not there; to be closed."""
    try:
        return cast(Client, chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False)))
    except ChromaError:
        # Chroma keeps the half-started system of a folder that it could not open, and would hand it out again.
        SharedSystemClient.clear_system_cache()
        raise


@contextmanager
def chroma_errors() -> Iterator[None]:
    """Turn Chroma's errors into ours."""
    try:
        yield
    except (ChromaError, OSError) as error:
        raise IndexUnavailable(f"The vector store cannot be used: {error}. Run `qa ingest` to mend it.") from error


class Store:
    """The two collections of an index."""

    def __init__(self, client: Client) -> None:
        """Open the collections, or make them."""
        self.articles = self._collection(client, "articles")
        self.sentences = self._collection(client, "sentences")

    @staticmethod
    def _collection(client: Client, name: str) -> chromadb.Collection:
        return client.get_or_create_collection(
            name, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
        )

    def digests(self) -> dict[str, str]:
        """The digest of every article's content; empty where its storing was interrupted."""
        found = self.articles.get(include=["metadatas"])
        return {
            id_: str(metadata["digest"]) for id_, metadata in zip(found["ids"], found["metadatas"] or (), strict=True)
        }

    def count_passages(self) -> int:
        """How many passages all articles have."""
        found = self.articles.get(include=["metadatas"])
        return sum(len(json.loads(str(metadata["passages"]))) for metadata in found["metadatas"] or ())

    def remove(self, ids: Sequence[str]) -> None:
        """Forget some articles."""
        for batch in _slices(ids, _RECORDS):
            self.articles.update(ids=batch, metadatas=[{"digest": ""}] * len(batch))
            self.sentences.delete(where={"article_id": {"$in": batch}})  # type: ignore[dict-item]
            self.articles.delete(ids=batch)

    def write(self, articles: Sequence[Article], chunk_tokens: int, embedder: Embedder) -> Iterator[int]:
        """Store articles group by group; yields how many are done."""
        group: list[tuple[Article, list[tuple[int, int]]]] = []
        nodes: list[TextNode] = []
        for done, article in enumerate(articles, start=1):
            passages = split(article, chunk_tokens)
            group.append((article, passages))
            nodes += _sentence_nodes(article, passages)
            if len(nodes) >= _GROUP or done == len(articles):
                self._write_group(group, nodes, embedder)
                group, nodes = [], []
                yield done

    def _write_group(
        self, group: Sequence[tuple[Article, list[tuple[int, int]]]], nodes: Sequence[TextNode], embedder: Embedder
    ) -> None:
        vectors = embedder.embed([node.text for node in nodes])
        for node, vector in zip(nodes, vectors, strict=True):
            node.embedding = vector.tolist()
        ids = [article.id for article, _ in group]
        records: dict[str, Any] = {
            "ids": ids,
            "documents": [article.text for article, _ in group],
            # Chroma wants a vector for every record; an article's is the mean of its sentences'.
            "embeddings": _centroids(ids, nodes, vectors),
        }
        metadatas = [
            {
                "title": article.title,
                "url": article.url or "",
                "published": article.published or "",
                "passages": json.dumps(passages),
            }
            for article, passages in group
        ]
        self.articles.upsert(**records, metadatas=[{**metadata, "digest": ""} for metadata in metadatas])
        self.sentences.delete(where={"article_id": {"$in": ids}})  # type: ignore[dict-item]
        vector_store = ChromaVectorStore(chroma_collection=self.sentences)
        for batch in _slices(nodes, _RECORDS):
            vector_store.add(cast(list[BaseNode], batch))
        digests = [digest(article) for article, _ in group]
        self.articles.update(
            ids=ids, metadatas=[{**metadata, "digest": d} for metadata, d in zip(metadatas, digests, strict=True)]
        )

    def load(self) -> tuple[dict[str, Article], dict[str, Passage]]:
        """All complete articles and their passages, by id."""
        found = self.articles.get(include=["documents", "metadatas"])
        articles: dict[str, Article] = {}
        passages: dict[str, Passage] = {}
        rows = zip(found["ids"], found["documents"] or (), found["metadatas"] or (), strict=True)
        for id_, text, metadata in sorted(rows, key=lambda row: row[0]):
            if not metadata["digest"]:
                continue
            title, url, published = (str(metadata[key]) for key in ("title", "url", "published"))
            articles[id_] = Article(id_, title, text, url or None, published or None)
            for start, end in json.loads(str(metadata["passages"])):
                passage_id = span_id(id_, start, end)
                passages[passage_id] = Passage(passage_id, id_, title, url or None, text[start:end], start, end)
        return articles, passages


def _sentence_nodes(article: Article, passages: Sequence[tuple[int, int]]) -> list[TextNode]:
    return [
        TextNode(
            id_=span_id(article.id, start + first, start + last),
            text=article.text[start + first : start + last],
            metadata={"article_id": article.id, "passage_id": span_id(article.id, start, end)},
        )
        for start, end in passages
        for first, last in sentence_spans(article.text[start:end])
    ]


def _centroids(ids: Sequence[str], nodes: Sequence[TextNode], vectors: Vectors) -> Vectors:
    row = {id_: i for i, id_ in enumerate(ids)}
    sums = np.zeros((len(ids), vectors.shape[1]), dtype=np.float32)
    np.add.at(sums, [row[node.metadata["article_id"]] for node in nodes], vectors)
    norms = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.asarray(sums / np.maximum(norms, 1e-12), dtype=np.float32)


def digest(article: Article) -> str:
    """Changes with whatever is stored of an article."""
    content = json.dumps([article.title, article.text, article.url, article.published])
    return hashlib.sha256(content.encode()).hexdigest()


def _slices(items: Sequence[_T], size: int) -> list[list[_T]]:
    return [list(items[i : i + size]) for i in range(0, len(items), size)]
