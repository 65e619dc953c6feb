"""Editions: what the index knows of an article's content, and which versions of the index it belongs to.

A change of an article is another edition beside the first, and a version is a set of editions (multi-version
concurrency control): `qa.index.store` tells how one is written and put into force.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qa.text import sentence_spans
from qa.types import Article

NEVER = 0
"""`until` of an edition that is in force; `since` of one that is unfinished."""

Spans = Sequence[tuple[int, int]]


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

    edition: Edition
    article: Article
    passages: Spans

    @property
    def sentences(self) -> list[tuple[int, int]]:
        """Offsets of its sentences."""
        return sentences_in(self.article, self.passages)

    @property
    def is_as_written(self) -> bool:
        """Whether its content is that which its id stands for."""
        return edition_id(self.article) == self.edition.id


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


def sentences_in(article: Article, passages: Spans) -> list[tuple[int, int]]:
    """Offsets of the sentences of an article that is cut into these passages."""
    return [
        (start + first, start + last)
        for start, end in passages
        for first, last in sentence_spans(article.text[start:end])
    ]
