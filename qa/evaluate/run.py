"""Asks the fixed questions and scores the answers."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from qa.evaluate import metrics
from qa.evaluate.cases import Case
from qa.types import Answer, Article, Turn


class Answers(Protocol):
    """What is measured: the part of `QA` that is used here."""

    @property
    def articles(self) -> tuple[Article, ...]:
        """The articles that the gold and the quotes are of."""
        ...

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """Answer a question from the articles."""
        ...


@dataclass(frozen=True, slots=True)
class Row:
    """One question's scores. What does not apply to the question is None."""

    id: str
    kind: str
    split: str
    question: str
    asked: str
    answerable: bool
    answered: bool
    right: bool
    """Answered with enough gold cited; where the articles do not say: refused."""
    answer: str
    short_answer: str | None
    confidence: float
    hit_at_1: bool | None
    hit_at_5: bool | None
    reciprocal_rank: float | None
    citations: int | None
    citations_precise: int | None
    exact_match: float | None
    f1: float | None
    quotes: int
    quotes_verbatim: int
    ms: float


@dataclass(frozen=True, slots=True)
class Summary:
    """Scores over several questions: shares from 0 to 1, times in milliseconds. What nothing was scored for is None."""

    answerable: int
    unanswerable: int
    hit_rate_at_1: float | None
    hit_rate_at_5: float | None
    mrr: float | None
    answers_right: float | None
    """Of the answerable questions, answered with enough gold cited."""
    refusals_wrong: float | None
    """Of the answerable questions, refused."""
    citations_precise: float | None
    """Of the citations given to answerable questions, those that meet gold."""
    exact_match: float | None
    """Of the questions with a known short answer; a refusal counts as 0."""
    f1: float | None
    refusals_right: float | None
    """Of the unanswerable questions, refused."""
    quotes_verbatim: float | None
    """Of all quotes shown, closest passages of refusals included."""
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True, slots=True)
class Report:
    """What an evaluation found, in the order of the questions."""

    rows: tuple[Row, ...]

    @property
    def summary(self) -> Summary:
        """The scores over all questions."""
        return _summarise(self.rows)

    @property
    def by_kind(self) -> dict[str, Summary]:
        """The scores of each kind of question, in order of appearance."""
        kinds = dict.fromkeys(row.kind for row in self.rows)
        return {kind: _summarise([row for row in self.rows if row.kind == kind]) for kind in kinds}

    def as_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        return {
            "summary": asdict(self.summary),
            "by_kind": {kind: asdict(summary) for kind, summary in self.by_kind.items()},
            "rows": [asdict(row) for row in self.rows],
        }


def evaluate(qa: Answers, cases: Sequence[Case], progress: Callable[[Row], object] | None = None) -> Report:
    """Ask every question, one after the other, and score what comes back.

    Args:
        qa: what is measured.
        cases: the questions, with gold in the articles of `qa`; at least one.
        progress: called with each row as it is done.

    Raises:
        QAError: a question could not be asked at all.
    """
    rows = []
    for case in cases:
        began = time.perf_counter()
        answer = qa.ask(case.question, case.history)
        rows.append(_score(case, answer, qa.articles, (time.perf_counter() - began) * 1000))
        if progress:
            progress(rows[-1])
    return Report(tuple(rows))


def _score(case: Case, answer: Answer, articles: Sequence[Article], ms: float) -> Row:
    gold, citations = case.gold, answer.citations
    short = answer.short_answer or ""
    quotes = [*citations, answer.closest] if answer.closest else citations
    right = metrics.gold_cited(citations, gold) >= case.needed if gold else True
    return Row(
        id=case.id,
        kind=case.kind,
        split=case.split,
        question=case.question,
        asked=answer.asked,
        answerable=case.answerable,
        answered=answer.answered,
        right=right and answer.answered == case.answerable,
        answer=answer.text,
        short_answer=answer.short_answer,
        confidence=answer.confidence,
        hit_at_1=metrics.hit(answer.evidence, gold, 1) if gold else None,
        hit_at_5=metrics.hit(answer.evidence, gold, 5) if gold else None,
        reciprocal_rank=metrics.reciprocal_rank(answer.evidence, gold) if gold else None,
        citations=len(citations) if gold else None,
        citations_precise=metrics.precise(citations, gold) if gold else None,
        exact_match=metrics.exact_match(short, case.answers) if case.answers else None,
        f1=metrics.token_f1(short, case.answers) if case.answers else None,
        quotes=len(quotes),
        quotes_verbatim=metrics.verbatim(quotes, articles),
        ms=ms,
    )


def _summarise(rows: Sequence[Row]) -> Summary:
    answerable = [row for row in rows if row.answerable]
    unanswerable = [row for row in rows if not row.answerable]
    return Summary(
        answerable=len(answerable),
        unanswerable=len(unanswerable),
        hit_rate_at_1=metrics.mean(row.hit_at_1 for row in rows),
        hit_rate_at_5=metrics.mean(row.hit_at_5 for row in rows),
        mrr=metrics.mean(row.reciprocal_rank for row in rows),
        answers_right=metrics.mean(row.right for row in answerable),
        refusals_wrong=metrics.mean(not row.answered for row in answerable),
        citations_precise=_share((row.citations_precise or 0, row.citations or 0) for row in rows),
        exact_match=metrics.mean(row.exact_match for row in rows),
        f1=metrics.mean(row.f1 for row in rows),
        refusals_right=metrics.mean(row.right for row in unanswerable),
        quotes_verbatim=_share((row.quotes_verbatim, row.quotes) for row in rows),
        p50_ms=metrics.percentile((row.ms for row in rows), 50),
        p95_ms=metrics.percentile((row.ms for row in rows), 95),
    )


def _share(counts: Iterable[tuple[int, int]]) -> float | None:
    """The share over all rows together, None if there was nothing to count."""
    parts, wholes = zip(*counts, strict=True)
    return sum(parts) / sum(wholes) if sum(wholes) else None
