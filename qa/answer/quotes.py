"""From a sentence to a quote that can be read alone: whose words they are, and what "it" is."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from operator import itemgetter

from qa.text import sentence_spans
from qa.types import Article, Quote

_LEANS_BACK = re.compile(
    r"""["'“‘(]* (?:(?:and|but|so|also|however|moreover|in\ addition|meanwhile|then),?\s+)?
    (?:it|its|he|his|him|she|her|hers|they|their|theirs|them|this|that|these|those|such|both
      |the\ (?:former|latter|same))\b""",
    re.IGNORECASE | re.VERBOSE,
)
_PRONOUN_SPEAKER = re.compile(r"[”\"](?:\s+(?:said|added|wrote|asked))?\s+(?:he|she|they)\b", re.IGNORECASE)
_MOST_BEFORE = 2
"""Sentences that may come along because the one after leans on them."""
_MOST_QUOTED = 4
"""Sentences of one speech that are kept together."""


@lru_cache(maxsize=4_096)
def sentences(text: str) -> tuple[tuple[int, int], ...]:
    """Offsets of an article's sentences."""
    return tuple(sentence_spans(text))


def sentence_at(text: str, place: int) -> tuple[int, int]:
    """The sentence in which a place of a text lies; the one before it where it lies between two."""
    spans = sentences(text)
    return spans[max(0, bisect_right(spans, place, key=itemgetter(0)) - 1)]


def standalone(article: Article, start: int, end: int) -> list[tuple[int, int]]:
    """The sentences to quote so that the stretch from `start` to `end` stands on its own.

    A sentence within a speech brings the rest of the speech, up to whoever said it; one that opens with "It", "He",
    "This" ... brings the sentence before it. Nothing crosses a paragraph.
    """
    spans = sentences(article.text)
    first = max(0, bisect_right(spans, start, key=itemgetter(0)) - 1)
    last = max(first, bisect_right(spans, end - 1, key=itemgetter(0)) - 1)
    first, last = _whole_speech(article.text, spans, first, last)
    for _ in range(_MOST_BEFORE):
        if (
            first == 0
            or _new_paragraph(article.text, spans, first)
            or not _leans_back(article.text, spans, first, last)
        ):
            break
        first, _ = _whole_speech(article.text, spans, first - 1, first - 1)
    return list(spans[first : last + 1])


def quote(article: Article, spans: Sequence[tuple[int, int]]) -> Quote:
    """The exact words from the first to the last of some neighbouring sentences."""
    start, end = spans[0][0], spans[-1][1]
    return Quote(article.id, article.title, article.url, article.text[start:end], start, end)


def _leans_back(text: str, spans: tuple[tuple[int, int], ...], first: int, last: int) -> bool:
    return bool(
        _LEANS_BACK.match(text, spans[first][0]) or _PRONOUN_SPEAKER.search(text, spans[first][0], spans[last][1])
    )


def _whole_speech(text: str, spans: tuple[tuple[int, int], ...], first: int, last: int) -> tuple[int, int]:
    while first > 0 and last - first < _MOST_QUOTED and _within_speech(text, spans, first):
        first -= 1
    while last + 1 < len(spans) and last - first < _MOST_QUOTED and _within_speech(text, spans, last + 1):
        last += 1
    return first, last


def _within_speech(text: str, spans: tuple[tuple[int, int], ...], number: int) -> bool:
    """Whether a quotation that began earlier in the paragraph is still open where a sentence starts."""
    if _new_paragraph(text, spans, number):
        return False
    start = spans[number][0]
    before = text[text.rfind("\n\n", 0, start) + 1 : start]
    if "“" in before or "”" in before:
        return before.rfind("“") > before.rfind("”")
    return before.count('"') % 2 == 1


def _new_paragraph(text: str, spans: tuple[tuple[int, int], ...], number: int) -> bool:
    return text.count("\n", spans[number - 1][1], spans[number][0]) > 1
