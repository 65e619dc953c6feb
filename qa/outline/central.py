"""Which sentences of an article say most of what it says."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from qa.answer.digest import SENTENCE, Point, repeats
from qa.answer.quotes import quote, sentences, standalone
from qa.index import span_id
from qa.text import words
from qa.types import Article, Quote

Stored = Callable[[Sequence[str]], Mapping[str, npt.NDArray[np.float32]]]
"""Gives the unit vectors of sentences by their ids, of those that are stored."""

MOST_QUOTES = 3
_LEAD = 0.15
"""What the first sentence gains, the second half of it, and so on: news says the main thing first."""
_STOPS = ".!?…"
_MOST_TOGETHER = 2
"""Sentences that are quoted together because one leans on the other."""


def is_sentence(text: str, least_words: int) -> bool:
    """Whether it is a whole sentence of so many words, and no heading or dateline."""
    return text.rstrip("\"'”’»)]")[-1:] in _STOPS and len(words(text)) >= least_words


def digest(article: Article, stored: Stored) -> tuple[Quote, ...]:
    """The most central sentences of an article, at most three, in the order of the text.

    A sentence is central if it is near all others (the mean of their vectors); none repeats another, and none leans on
    what is not quoted.
    """
    spans = [span for span in sentences(article.text) if is_sentence(article.text[slice(*span)], SENTENCE)]
    found = stored([span_id(article.id, *span) for span in spans]) if spans else {}
    spans = [span for span in spans if span_id(article.id, *span) in found]
    if not spans:
        return ()
    vectors = np.array([found[span_id(article.id, *span)] for span in spans])
    mean = vectors.mean(axis=0)
    central = vectors @ mean / max(float(np.linalg.norm(mean)), 1e-12) + _LEAD / np.arange(1, len(spans) + 1)
    chosen: list[Point] = []
    for place in np.argsort(-central):
        point = Point(article, tuple(standalone(article, *spans[place])), float(central[place]))
        if len(point.spans) <= _MOST_TOGETHER and not any(repeats(point, other) for other in chosen):
            chosen.append(point)
        if len(chosen) == MOST_QUOTES:
            break
    return tuple(quote(article, point.spans) for point in sorted(chosen, key=lambda point: point.spans))
