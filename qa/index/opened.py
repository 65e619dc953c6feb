"""An index opened for reading: one version of it, which stays the same whatever is written meanwhile."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from math import ceil

import numpy as np
import numpy.typing as npt
from chromadb.api.client import Client

from qa.config import Config
from qa.errors import IndexMissing, IndexUnavailable
from qa.index.chroma import chroma_errors, close, connect
from qa.index.editions import Stored, Version, content_of
from qa.index.passages import Passages, sentences_of, span_id
from qa.index.store import Store, Vectors
from qa.index.trust import State, in_good_order, state
from qa.types import Article, Match, Passage, Scope

_FETCHED = 8
"""A vector that is fetched and compared takes as long as so many of the nearest that are looked through."""
_SPARE = 1.5
"""So many times more sentences than a scope should need are looked through, since what is near is not spread evenly."""
_MOST = 1_500
"""Nearest sentences looked through at most: the time grows with them. Chroma's own filter takes up to 400 ms."""
_DAMAGED = (
    "The index is not as it was written: it is damaged, or was changed while it was opened. Run `qa ingest`, which "
    "mends it."
)


@dataclass(frozen=True, slots=True)
class Hit:
    """A sentence that was found, and the passage that holds it."""

    passage: Passage
    match: Match


@dataclass(frozen=True, slots=True)
class Index:
    """One version of an index, opened for reading; threads may share it. All but the vectors is in memory."""

    config: Config
    version: Version
    articles: Mapping[str, Article]
    """By id, in the order of the ids."""
    passages: Passages
    store: Store
    client: Client
    _editions: Mapping[str, str] = field(repr=False)
    """The id of each article's edition."""
    _numbers: Mapping[str, int] = field(repr=False)
    """The number of each edition's article."""
    _published: npt.NDArray[np.str_] = field(repr=False)
    """For each article its date, or nothing."""
    _sentences: npt.NDArray[np.int64] = field(repr=False)
    """For each article how many sentences it has."""

    @property
    def name(self) -> str:
        """Recipe and content: the same name is the same index, wherever it was made."""
        return f"{self.config.fingerprint}-{self.version.content}"

    def within(self, scope: Scope) -> npt.NDArray[np.bool_]:
        """For each article, in their order, whether it is in a scope."""
        found = np.ones(len(self.articles), np.bool_)
        if scope.since or scope.until:
            found &= self._published != ""
        if scope.since:
            found &= self._published >= scope.since
        if scope.until:
            found &= self._published <= scope.until
        if scope.articles is not None:
            named = np.zeros_like(found)
            named[[self._numbers[self._editions[id_]] for id_ in scope.articles if id_ in self._editions]] = True
            found &= named
        return found

    def nearest(self, vector: Sequence[float], count: int, within: npt.NDArray[np.bool_] | None = None) -> list[Hit]:
        """The sentences nearest to a unit vector, the nearest first, with their passages.

        Args:
            vector: what is looked for.
            count: of sentences, at most. Of a scope that is large, yet holds little of what is near, fewer are found.
            within: for each article whether it counts; all count without.

        Raises:
            IndexUnavailable: Chroma cannot be used.
        """
        if within is None:
            return self._looked_through(vector, count, count, None)
        if not (sentences := int(self._sentences[within].sum())):
            return []
        look = min(ceil(_SPARE * count * int(self._sentences.sum()) / sentences), _MOST)
        if sentences * _FETCHED < look:
            return self._compared(vector, count, within)
        return self._looked_through(vector, count, look, within)

    def _looked_through(
        self, vector: Sequence[float], count: int, look: int, within: npt.NDArray[np.bool_] | None
    ) -> list[Hit]:
        """Look at the nearest of all, and at more of them while too few count: some may be of other versions, too."""
        while True:
            look = min(look, _MOST)
            with chroma_errors(self.config):
                found = self.store.sentences.query(query_embeddings=[vector], n_results=look, include=["distances"])
                hits = []
                for id_, distance in zip(found["ids"][0], (found["distances"] or [[]])[0], strict=True):
                    edition, _, span = id_.rpartition(":")
                    number = self._numbers.get(edition)
                    if number is not None and (within is None or within[number]):
                        start, _, end = span.partition("-")
                        hits.append((number, Match(int(start), int(end), 1 - distance)))
            if len(hits) >= count or look >= _MOST or len(found["ids"][0]) < look:
                return [Hit(self.passages.at(number, match.start), match) for number, match in hits[:count]]
            look *= 4

    def _compared(self, vector: Sequence[float], count: int, within: npt.NDArray[np.bool_]) -> list[Hit]:
        """Compare each sentence of a few articles."""
        passages = [self.passages[number] for number in np.flatnonzero(within[self.passages.owners]).tolist()]
        owned = {
            span_id(passage.article_id, *span): (passage, span)
            for passage in passages
            for span in sentences_of(passage)
        }
        hits = [
            Hit(passage, Match(*span, float(stored @ np.asarray(vector, np.float32))))
            for id_, stored in self.vectors(list(owned)).items()
            for passage, span in [owned[id_]]
        ]
        return sorted(hits, key=lambda hit: -hit.match.similarity)[:count]

    def vectors(self, sentence_ids: Sequence[str]) -> dict[str, Vectors]:
        """The stored vectors of some sentences, whose ids name article and offsets; one that is not stored is left out.

        Raises:
            IndexUnavailable: Chroma cannot be used.
        """
        owners = [id_.rpartition(":") for id_ in sentence_ids]
        stored = {
            f"{self._editions[article]}:{span}": id_
            for id_, (article, _, span) in zip(sentence_ids, owners, strict=True)
            if article in self._editions
        }
        if not stored:
            return {}
        with chroma_errors(self.config):
            return {stored[id_]: vector for id_, vector in self.store.vectors(list(stored)).items()}

    def close(self) -> None:
        """Let go of the files, or of the connection."""
        close(self.client)


def current_version(config: Config, client: Client) -> Version:
    """The version in force.

    Raises:
        IndexMissing: there is none for this configuration.
        IndexUnavailable: Chroma cannot be used.
    """
    with chroma_errors(config):
        version = Store(client, config.fingerprint).version()
    if version is None:
        raise IndexMissing("The first indexing of the articles is not finished. Wait for it, or run `qa ingest`.")
    return version


def open_index(config: Config, known: Sequence[Stored] = ()) -> Index:
    """Open the version in force for reading.

    Args:
        config: names it.
        known: what it holds, if that was just read, and need not be read again.

    Raises:
        IndexMissing: there is none for this configuration, or it is empty.
        IndexUnavailable: Chroma cannot be read, or what it gives is not what was stored.
    """
    if config.chroma.mode == "embedded" and not (config.index.folder / config.fingerprint).exists():
        raise IndexMissing(f"There is no index for this configuration in {config.index.folder}. Run `qa ingest`.")
    found = state(config) if config.chroma.mode == "embedded" else State.TRUSTED
    if found in (State.NOT_WHOLE, State.DEADLY):
        raise IndexUnavailable(_DAMAGED)
    # What is only READABLE is not trusted before a sync has embedded its sentences again.
    with in_good_order(config) if found is State.TRUSTED else nullcontext():
        client = connect(config)
        try:
            index = _opened(config, client, known)
            if config.chroma.mode == "embedded":
                _read_vectors(index)
            return index
        except (LookupError, TypeError, ValueError) as error:
            close(client)
            raise IndexUnavailable(_DAMAGED) from error
        except BaseException:
            close(client)
            raise


def _opened(config: Config, client: Client, known: Sequence[Stored]) -> Index:
    version = current_version(config, client)
    store = Store(client, config.fingerprint)
    if not known or not _are_content(known, version):
        with chroma_errors(config):
            known = [stored for stored in store.load() if stored.edition.within(version.number)]
        if not known:
            raise IndexMissing("The index holds no article yet. Run `qa ingest`.")
        if not (_are_content(known, version) and all(stored.is_as_written for stored in known)):
            raise IndexUnavailable(_DAMAGED)
    editions = sorted(known, key=lambda stored: stored.article.id)
    articles = [stored.article for stored in editions]
    return Index(
        config=config,
        version=version,
        articles={article.id: article for article in articles},
        passages=Passages(articles, [stored.passages for stored in editions]),
        store=store,
        client=client,
        _editions={stored.article.id: stored.edition.id for stored in editions},
        _numbers={stored.edition.id: number for number, stored in enumerate(editions)},
        _published=np.array([article.published or "" for article in articles]),
        _sentences=np.array([stored.edition.sentences for stored in editions]),
    )


def _read_vectors(index: Index) -> None:
    """Have Chroma read its vectors now: the first question need not wait for them, nor find out that they are bad."""
    with chroma_errors(index.config):
        vectors = index.store.any_vector()
    for vector in vectors.tolist():
        index.nearest(vector, 1)


def _are_content(editions: Sequence[Stored], version: Version) -> bool:
    return content_of(stored.edition.id for stored in editions) == version.content
