"""Answers in the articles' own words: the default, which needs no LLM."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from qa.answer.candidates import Candidate, candidates, stems
from qa.answer.confidence import confidence, rank
from qa.answer.digest import digest
from qa.answer.prompts import NOT_SAID
from qa.answer.question import Expects, Kind, Question, analyse
from qa.answer.quotes import quote
from qa.cite import Statement, number
from qa.cite.quantities import days, quantities
from qa.text import content_words, stem
from qa.types import Article, Disagreement, Draft, Evidence, Outcome, Quote, Refusal, Side, Support
from qa.vocabulary import Vocabulary

_SURE = 0.7
"""Confidence from which one sentence is enough, and which both sides must have before articles are said to disagree."""
_BOUND = re.compile(
    r"\b(?:more than|less than|fewer than|at least|at most|up to|about|nearly|almost|over|only|just) (?:the )?$"
)
_REST_OF_WORD = re.compile(r"(?:[.,’'-]?\w+)*")
_SAME_MATTER = 0.4
"""Share of the shorter sentence's words that the longer must have for both to be about one thing."""
_LESS_COVERED = 0.2
"""Share of the question's words that a sentence may lack beside the one that it bears out."""
_TIED = 1.0
"""Difference of two sentences' ranks, in logits, below which either may be the one."""
_MOST_TIED = 3
_FIGURES = (Expects.NUMBER, Expects.MONEY, Expects.DATE, Expects.WHEN, Expects.DURATION)
"""Answers that can be told apart by their figures; two names may well be two ways of naming one."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate and the probability, 0 to 1, that it answers."""

    candidate: Candidate
    confidence: float

    @property
    def article_id(self) -> str:
        """The article that it is a sentence of."""
        return self.candidate.evidence.passage.article_id

    @property
    def span_text(self) -> str:
        """The answer within the sentence, in whole words; empty where the reader marked none."""
        span, passage = self.candidate.span, self.candidate.evidence.passage
        return whole(passage.text, span.start - passage.start, span.end - passage.start) if span else ""


class Extractive:
    """Finds the sentences that answer, and quotes them.

    Args:
        articles: every article of the index, by id.
        vocabulary: the words of all passages.
        threshold: least confidence of an answer, 0 to 1.
    """

    model = "extractive"
    health = None

    def __init__(self, articles: Mapping[str, Article], vocabulary: Vocabulary, threshold: float) -> None:
        self._articles = articles
        self._vocabulary = vocabulary
        self._threshold = threshold

    def answer(self, text: str, evidence: Sequence[Evidence]) -> Draft:
        """Answer a standalone question from evidence, the best of which was read, or refuse."""
        question = analyse(text)
        ranked = sorted(self.candidates(question, evidence), key=lambda c: -rank(question.kind, c))
        found = [Scored(candidate, confidence(question.kind, candidate)) for candidate in ranked]
        if not found:
            return self._refuse(question, Refusal.NO_EVIDENCE, None)
        if question.kind is Kind.BROAD:
            return self._several(question, evidence, found[0])
        if found[0].confidence < self._threshold:
            return self._refuse(question, Refusal.NOT_IN_ARTICLES, found[0])
        if question.kind is Kind.FACTUAL and found[0].candidate.span and not found[0].candidate.features["misfit"]:
            return self._short(question, found[0], found[1:])
        return _draft([self._statement(item) for item in self._tied(question, found)], found[0].confidence)

    def stream(self, text: str, evidence: Sequence[Evidence], *_: float) -> Iterator[Outcome]:
        """Answer as `answer` does: it is there at once, whenever the question came in."""
        yield Outcome(self.answer(text, evidence), self.model)

    def candidates(self, question: Question, evidence: Sequence[Evidence]) -> list[Candidate]:
        """The sentences of the evidence that was read, each with what speaks for and against it."""
        return candidates(question, evidence, self._articles, self._vocabulary)

    def _short(self, question: Question, best: Scored, others: Sequence[Scored]) -> Draft:
        """The short answer with the sentence that holds it, borne out or contradicted by other articles."""
        rivals = [other for other in others if other.candidate.span and other.article_id != best.article_id]
        agreeing = {r.article_id: r for r in reversed(rivals) if r.confidence >= self._threshold and _agree(best, r)}
        statement = self._statement(best, agreeing.values())
        opposed = next(
            (r for r in rivals if min(best.confidence, r.confidence) >= _SURE and _differ(question, best, r)), None
        )
        if opposed is None:
            tied = [self._statement(item) for item in self._tied(question, [best, *others])[1:]]
            return _draft([statement, *tied], best.confidence, best.span_text or None)
        other = self._statement(opposed)
        either = f"{best.span_text} or {opposed.span_text}"
        summary = Statement(
            (f"The articles disagree: {either}.",),
            (statement.quotes[0], other.quotes[0]),
            best.confidence,
            Support.SUPPORTED,
        )
        sides = Disagreement((Side(best.span_text, (1,)), Side(opposed.span_text, (2,))))
        return _draft([summary, statement, other], best.confidence, either, sides)

    def _tied(self, question: Question, found: Sequence[Scored]) -> list[Scored]:
        """The best, with others that are about as good: two or three sentences rather than the wrong one.

        One sure answer is enough where the question word asks for one thing (who, when, how many ...).
        """
        best, *others = found
        tied = [best]
        if best.confidence >= _SURE and question.expects is not Expects.ANYTHING:
            return tied
        for other in others:
            near = rank(question.kind, best.candidate) - rank(question.kind, other.candidate) < _TIED
            if not near or len(tied) == _MOST_TIED:
                break
            if not any(_overlap(other.candidate.quote, chosen.candidate.quote) for chosen in tied):
                tied.append(other)
        return tied

    def _several(self, question: Question, evidence: Sequence[Evidence], best: Scored) -> Draft:
        """The sentences on the topic of a broad question."""
        unknown_name = any(not self._vocabulary.knows(name) for name in question.names)
        points = [] if unknown_name else digest(question, evidence, self._articles)
        if not points or points[0].relevance < self._threshold:
            return self._refuse(question, Refusal.NOT_IN_ARTICLES, best)
        relevance = min(1.0, points[0].relevance)
        return _draft([_verbatim(point.article, point.spans, relevance) for point in points], relevance)

    def _statement(self, item: Scored, agreeing: Iterable[Scored] = ()) -> Statement:
        """A candidate's sentence, with whatever it needs to stand alone; those that agree are cited too."""
        quotes = [other.candidate.quote for other in agreeing]
        return _verbatim(self._articles[item.article_id], item.candidate.sentences, item.confidence, quotes)

    def _refuse(self, question: Question, refusal: Refusal, best: Scored | None) -> Draft:
        about = (word for word in content_words(question.text) if stem(word) in question.terms)
        unknown = tuple(dict.fromkeys(word for word in about if not self._vocabulary.knows(stem(word))))
        telling = [word for word in unknown if self._vocabulary.tells(word)]
        text = NOT_SAID
        if telling:
            text += f" No article mentions {_listed(telling)}."
        closest = best.candidate.quote if best else None
        return Draft(text, best.confidence if best else 0.0, refusal=refusal, closest=closest, unknown_words=unknown)


def whole(text: str, start: int, end: int) -> str:
    """A stretch of a text, with "more than" before it and the rest of a word like "NATO.int" behind it; tidied."""
    bound = _BOUND.search(text, max(0, start - 12), start)
    start = bound.start() if bound else start
    end = _REST_OF_WORD.match(text, end).end()  # type: ignore[union-attr]  # it matches nothing, too
    span = text[start:end].strip().strip(",;:.!?").strip()
    for opening, closing in ("“”", "()"):
        if span.count(opening) != span.count(closing):
            span = span.strip(opening + closing)
    span = span.strip('"') if span.count('"') % 2 else span
    return "" if span.count("“") != span.count("”") else span  # torn out of a title: the sentence says it better


def _verbatim(
    article: Article, spans: Sequence[tuple[int, int]], score: float, also: Sequence[Quote] = ()
) -> Statement:
    texts = tuple(article.text[start:end] for start, end in spans)
    return Statement(texts, (quote(article, spans), *also), score)


def _draft(
    statements: Sequence[Statement],
    confidence: float,
    short_answer: str | None = None,
    disagreement: Disagreement | None = None,
) -> Draft:
    text, sentences, citations = number(statements)
    return Draft(text, confidence, short_answer, sentences, citations, disagreement=disagreement)


def _listed(words: Sequence[str]) -> str:
    *most, last = [f"“{word}”" for word in words]
    return f"{', '.join(most)} or {last}" if most else last


def _overlap(one: Quote, other: Quote) -> bool:
    return one.article_id == other.article_id and one.start < other.end and other.start < one.end


def _agree(one: Scored, other: Scored) -> bool:
    """Whether one answer's words are among the other's, and its sentence has as many of the question's words."""
    a, b = stems(one.span_text), stems(other.span_text)
    as_near = other.candidate.features["coverage"] >= one.candidate.features["coverage"] - _LESS_COVERED
    return bool(a and b) and (a <= b or b <= a) and as_near


def _differ(question: Question, one: Scored, other: Scored) -> bool:
    """Whether two articles give different figures for the same thing, in sentences that share many of their words."""
    if question.expects not in _FIGURES or not figures_differ(one.span_text, other.span_text):
        return False
    these, those = (
        {word for word in stems(scored.candidate.quote.quote) if not word[0].isdigit()} for scored in (one, other)
    )
    return len(these & those) >= _SAME_MATTER * min(len(these), len(those))


def figures_differ(one: str, other: str) -> bool:
    """Whether both are dates, or both are numbers of the same unit, and none of one agrees with one of the other."""
    dates, others = days(one), days(other)
    if dates or others:
        return bool(dates and others) and not any(a.within(b) or b.within(a) for a in dates for b in others)
    numbers, counter = quantities(one), quantities(other)
    if not numbers or {number.unit for number in numbers} != {number.unit for number in counter}:
        return False
    return not any(a.agrees(b) for a in numbers for b in counter)
