"""Which sentences answer a broad question: those that say most about its topic, from every article that has some."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qa.answer.candidates import stems
from qa.answer.question import Question
from qa.answer.quotes import sentences, standalone
from qa.text import words
from qa.types import Article, Evidence

MOST_STATEMENTS = 5
LEAST_RELEVANT = 0.4
"""Similarity plus a little for shared words; below it even the best sentence is about something else."""
_NEARLY_AS_RELEVANT = 0.6
"""Share of the best sentence's relevance that the others must reach."""
_SHARED_WORDS = 0.3
_DISCUSSED = 0.15
"""What a sentence gains that tells what was said or discussed: "What was discussed?" shares no word with it."""
_DISCUSSING = re.compile(
    r"\b(?:discuss|focus|address|rais|present|propos|consider|emphasi[sz]|stress|underscor|highlight|agree|decid|announc"
    r"|mention|debat|plan|welcom|call for|called for|agenda|review)\w*",
    re.IGNORECASE,
)
_ABOUT_IT = 0.6
"""Share of the topic's words in the title and the first sentence of an article that is to be summarised."""
SENTENCE = 7
"""Words that make a sentence rather than a heading or a dateline."""
_SAME = 0.5
"""Share of common words from which two sentences say the same thing."""


@dataclass(frozen=True, slots=True)
class Point:
    """Sentences of one article to be quoted together, and how much they say about the topic."""

    article: Article
    spans: tuple[tuple[int, int], ...]
    relevance: float

    @property
    def text(self) -> str:
        """The exact words."""
        return self.article.text[self.spans[0][0] : self.spans[-1][1]]


def digest(question: Question, evidence: Sequence[Evidence], articles: Mapping[str, Article]) -> list[Point]:
    """Up to five points on the topic of a question, most relevant first, none saying the same twice.

    A summary is made of the openings of the articles on the topic: news says the main thing first (the "lead" baseline
    of summarisation). Empty where nothing is on the topic.
    """
    found = list(dict.fromkeys(articles[item.passage.article_id] for item in evidence))
    whole = [article for article in found if _is_about(article, question)]
    points = _openings(whole) if whole else _on_topic(question, evidence, articles)
    # The best of each article comes before the second best of any.
    first_of_each = {point.article.id: point for point in reversed(points)}
    chosen: list[Point] = []
    for point in [*(point for point in points if first_of_each[point.article.id] is point), *points]:
        if len(chosen) < MOST_STATEMENTS and not any(repeats(point, other) for other in chosen):
            chosen.append(point)
    return sorted(chosen, key=lambda point: -point.relevance)


def _on_topic(question: Question, evidence: Sequence[Evidence], articles: Mapping[str, Article]) -> list[Point]:
    points = []
    for item in evidence:
        article = articles[item.passage.article_id]
        for match in item.matches:
            shared = question.terms & stems(article.text[match.start : match.end])
            relevance = match.similarity + _SHARED_WORDS * len(shared) / len(question.terms)
            relevance += _DISCUSSED * bool(_DISCUSSING.search(article.text, match.start, match.end))
            points.append(Point(article, tuple(standalone(article, match.start, match.end)), relevance))
    points.sort(key=lambda point: -point.relevance)
    least = max(LEAST_RELEVANT, _NEARLY_AS_RELEVANT * points[0].relevance) if points else 0.0
    return [point for point in points if point.relevance >= least]


def _is_about(article: Article, question: Question) -> bool:
    """Whether its title and first sentence are about what is to be summarised; without a topic, every article is."""
    if not question.terms:
        return True
    if not question.summary:
        return False
    opening = stems(article.title) | stems(article.text[slice(*sentences(article.text)[0])])
    return len(question.terms & opening) >= _ABOUT_IT * len(question.terms)


def _openings(whole: Sequence[Article]) -> list[Point]:
    """The first real sentences of each article: no headings, datelines and the like."""
    points = []
    for article in whole[:MOST_STATEMENTS]:
        spans = [span for span in sentences(article.text) if len(words(article.text[slice(*span)])) >= SENTENCE]
        for place, span in enumerate(spans[: max(2, MOST_STATEMENTS // len(whole))]):
            points.append(Point(article, tuple(standalone(article, *span)), 1 - place / 100))
    return points


def repeats(one: Point, other: Point) -> bool:
    """Whether one is quoted along with the other, or says the same."""
    a, b = stems(one.text), stems(other.text)
    if len(a & b) >= _SAME * max(1, min(len(a), len(b))):
        return True
    overlap = one.spans[0][0] < other.spans[-1][1] and other.spans[0][0] < one.spans[-1][1]
    return overlap and one.article.id == other.article.id
