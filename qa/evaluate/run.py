"""Asks the fixed questions and keeps what came back; the figures are made of that."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from qa.evaluate.cases import Case
from qa.evaluate.figures import Measured, measure, percentile
from qa.evaluate.measures import MEASURES, Measure, Row, shown
from qa.evaluate.metrics import verbatim
from qa.index import Progress
from qa.types import Answer, Article, Turn

PERCENTILES = (50, 95, 99)


class Answers(Protocol):
    """What is measured: the part of `QA` that is used here."""

    @property
    def articles(self) -> tuple[Article, ...]:
        """The articles that the gold and the quotes are of."""
        ...

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """Answer a question from the articles."""
        ...


@dataclass(frozen=True)
class Report:
    """What an evaluation found, in the order of the questions."""

    rows: tuple[Row, ...]

    def figure(self, measure_: Measure) -> Measured:
        """One figure over all questions."""
        scores = [score for row in self.rows if (score := measure_.score(row))]
        return measure(scores, measure_.statistic, measure_.needs)

    @cached_property
    def figures(self) -> dict[str, Measured]:
        """Every figure over all questions, by the key of its measure."""
        return {each.key: self.figure(each) for each in MEASURES}

    @cached_property
    def by_kind(self) -> dict[str, "Report"]:
        """The questions of each kind by themselves, in order of appearance."""
        kinds = dict.fromkeys(row.case.kind for row in self.rows)
        return {kind: Report(tuple(row for row in self.rows if row.case.kind == kind)) for kind in kinds}

    @cached_property
    def latency(self) -> dict[str, tuple[Measured, ...]]:
        """Milliseconds of each stage of an answer, by `PERCENTILES`."""
        stages = dict.fromkeys(stage for row in self.rows for stage in row.answer.trace.timings_ms)
        return {stage: self._percentiles(stage) for stage in stages}

    def _percentiles(self, stage: str) -> tuple[Measured, ...]:
        times = [(ms, 1) for row in self.rows if (ms := row.answer.trace.timings_ms.get(stage)) is not None]
        return tuple(measure(times, percentile(percent), "it was never timed") for percent in PERCENTILES)


def evaluate(qa: Answers, cases: Sequence[Case], progress: Progress = lambda _done, _total: None) -> Report:
    """Ask every question, one after the other.

    Args:
        qa: what is measured.
        cases: the questions, with gold in the articles of `qa`; at least one.
        progress: called with the questions done and all of them.

    Raises:
        QAError: a question could not be asked at all.
    """
    texts = {article.id: article.text for article in qa.articles}
    rows = []
    for case in cases:
        answer = qa.ask(case.question, case.history)
        rows.append(Row(case, answer, verbatim(shown(answer), texts)))
        progress(len(rows), len(cases))
    return Report(tuple(rows))
