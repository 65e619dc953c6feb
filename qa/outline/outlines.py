"""Outlines of articles and the timeline, made when first asked for and kept."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from itertools import islice
from threading import Lock

from qa.answer.quotes import quote, sentence_at, standalone
from qa.errors import Busy
from qa.outline.central import Stored, digest, is_sentence
from qa.outline.dates import stated_dates
from qa.outline.mentions import Kind, named
from qa.text import words
from qa.types import Article, Mention, Outline, Statement

_KEPT = 1_000
"""Outlines that are kept: fifty pages of an overview."""
_ASKED_OF = 8
"""Articles whose people are asked about: a few questions are wanted, and each is tried."""
_ASKED = 2
"""People of each."""
_WAIT_S = 1.0
"""For the timeline that somebody else is having made: whoever waits holds a thread."""
_STATEMENT = 4
"""Words that make a dated statement: "The works would begin in May." is one."""


class Outlines:
    """What the articles are about; threads may share it."""

    def __init__(self, articles: Mapping[str, Article], stored: Stored) -> None:
        """Outline `articles`, by id, whose sentences' vectors `stored` gives."""
        self._articles = articles
        self._stored = stored
        self._timeline: tuple[Statement, ...] | None = None
        self._lock = Lock()
        self.outline = lru_cache(maxsize=_KEPT)(self._outline)

    def _outline(self, article: Article) -> Outline:
        by_kind: dict[Kind, list[Mention]] = {kind: [] for kind in Kind}
        for name in named(article.text):
            by_kind[name.kind].append(_mention(article.text, name.spans))
        return Outline(
            words=len(words(article.text)),
            digest=digest(article, self._stored),
            people=_in_order(by_kind[Kind.PERSON]),
            places=_in_order(by_kind[Kind.PLACE]),
            organisations=_in_order(by_kind[Kind.ORGANISATION]),
            dates=_dates(article),
        )

    def timeline(self) -> tuple[Statement, ...]:
        """Every dated statement of the articles, in the order of the calendar.

        Raises:
            Busy: somebody else is having it made, which takes a second for a thousand articles.
        """
        if not self._lock.acquire(timeout=_WAIT_S):
            raise Busy("The timeline is being made. Ask again in a moment.", retry_after=5)
        try:
            if self._timeline is None:
                found = (statement for article in self._articles.values() for statement in statements(article))
                self._timeline = tuple(sorted(found, key=lambda s: (s.since, s.until, s.article_id, s.start)))
            return self._timeline
        finally:
            self._lock.release()

    def questions(self) -> Iterator[str]:
        """Questions about whom the first articles name most, each once; they may be unanswered."""
        outlines = (self.outline(article) for article in islice(self._articles.values(), _ASKED_OF))
        people = [sorted(outline.people, key=lambda person: -person.count) for outline in outlines]
        names = dict.fromkeys(person.name for rank in range(_ASKED) for named in people for person in named[rank:][:1])
        return (f"Who is {name}?" for name in names)


def statements(article: Article) -> Iterator[Statement]:
    """The sentences of an article that state a date, with what they lean on; headings and datelines are none."""
    seen = set()
    for stated in stated_dates(article):
        start, end = sentence_at(article.text, stated.start)
        if not stated.since or not stated.until or not is_sentence(article.text[start:end], _STATEMENT):
            continue
        whole = quote(article, standalone(article, start, end))
        statement = Statement(**asdict(whole), since=stated.since, until=stated.until)
        if statement not in seen:
            seen.add(statement)
            yield statement


def _dates(article: Article) -> tuple[Mention, ...]:
    """The dates that an article states, the same date once however it is written."""
    text = article.text
    found: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for stated in stated_dates(article):
        key = (stated.since or text[stated.start : stated.end], stated.until or "")
        found.setdefault(key, []).append((stated.start, stated.end))
    return tuple(_mention(text, spans) for spans in found.values())


def _mention(text: str, spans: Sequence[tuple[int, int]]) -> Mention:
    start, end = spans[0]
    return Mention(text[start:end], *sentence_at(text, start), count=len(spans))


def _in_order(mentions: Sequence[Mention]) -> tuple[Mention, ...]:
    return tuple(sorted(mentions, key=lambda mention: mention.start))
