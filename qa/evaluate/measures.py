"""What is measured: one table, from which the terminal, results.json, the HTML report and the comparison are made."""

from collections.abc import Callable
from dataclasses import dataclass

from qa.evaluate import metrics
from qa.evaluate.cases import Case
from qa.evaluate.figures import Score, Statistic, aurc, auroc, ratio
from qa.types import Answer, Quote


@dataclass(frozen=True, slots=True)
class Row:
    """A question that was asked, and what came back."""

    case: Case
    answer: Answer
    verbatim: int
    """How many of the quotes shown are the article's text at their offsets."""

    @property
    def right(self) -> bool:
        """Answered with enough gold cited; where the articles do not say: refused."""
        return self.answer.answered == self.case.answerable and self._enough(self.answer.citations)

    @property
    def would_be_right(self) -> bool:
        """Whether it is right, or would have been if it had been answered with its best candidate, `closest`."""
        if self.answer.answered:
            return self.right
        return self.case.answerable and self.answer.closest is not None and self._enough((self.answer.closest,))

    def _enough(self, quotes: tuple[Quote, ...]) -> bool:
        return metrics.gold_cited(quotes, self.case.gold) >= (self.case.needed if self.case.answerable else 0)


def shown(answer: Answer) -> tuple[Quote, ...]:
    """Every quote that an answer shows, the closest passage of a refusal included."""
    return (*answer.citations, answer.closest) if answer.closest else answer.citations


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure: what it is called, what it means, and how it is made."""

    key: str
    """Its name in results.json and in the configuration."""
    name: str
    """What the field calls it."""
    group: str
    plain: str
    """One sentence for somebody who runs the service and does not know the field."""
    score: Callable[[Row], Score | None]
    """What a question adds; None where the measure does not apply to it."""
    needs: str
    """What was missing when nothing could be scored."""
    statistic: Statistic = ratio
    lower_is_better: bool = False
    share: bool = True
    """Whether it is a share, to be shown in percent."""


def _search(of: Callable[[Row], float]) -> Callable[[Row], Score | None]:
    return lambda row: (of(row), 1) if row.case.answerable else None


def _short(of: Callable[[str, tuple[str, ...]], float]) -> Callable[[Row], Score | None]:
    return lambda row: (of(row.answer.short_answer or "", row.case.answers), 1) if row.case.answers else None


def _counted(part: Callable[[Row], int], whole: Callable[[Row], int]) -> Callable[[Row], Score | None]:
    """A share of things of which a question may have several; only of answerable questions."""
    return lambda row: (part(row), count) if row.case.answerable and (count := whole(row)) else None


_ANSWERABLE = "no question was asked that the articles answer"
_UNANSWERABLE = "no question was asked that the articles leave open"
_ANSWERED = "no question was answered"
_CITED = "no question that the articles answer was answered"
_SHORT = "no question was asked whose short answer is known"

RIGHT = Measure(
    "right", "right", "All",
    "Questions handled rightly: answered from the right place, or refused where the articles do not say.",
    lambda row: (row.right, 1), "no question was asked",
)  # fmt: skip
"""Over all questions; for the bars by kind of question."""

MEASURES = (
    Measure(
        "hit_rate_at_1", "hit rate@1", "Search",
        "How often the first passage found holds the answer.",
        _search(lambda row: metrics.hit(row.answer.evidence, row.case.gold, 1)), _ANSWERABLE,
    ),
    Measure(
        "hit_rate_at_5", "hit rate@5", "Search",
        "How often one of the first five passages found holds the answer; what is not found cannot be answered.",
        _search(lambda row: metrics.hit(row.answer.evidence, row.case.gold, 5)), _ANSWERABLE,
    ),
    Measure(
        "hit_rate_at_10", "hit rate@10", "Search",
        "The same for the first ten.",
        _search(lambda row: metrics.hit(row.answer.evidence, row.case.gold, 10)), _ANSWERABLE,
    ),
    Measure(
        "mrr", "MRR", "Search",
        "How high the first passage with the answer stands: 1 if always first, 0.5 if always second.",
        _search(lambda row: metrics.reciprocal_rank(row.answer.evidence, row.case.gold)), _ANSWERABLE, share=False,
    ),
    Measure(
        "ndcg_at_10", "nDCG@10", "Search",
        "Whether all the places that answer are found, and near the top: 1 is a perfect order of the first ten.",
        _search(lambda row: metrics.ndcg(row.answer.evidence, row.case.gold, 10)), _ANSWERABLE, share=False,
    ),
    Measure(
        "answers_right", "answers right", "Answers",
        "Of the questions that the articles answer, those answered with the right place quoted.",
        _search(lambda row: row.right), _ANSWERABLE,
    ),
    Measure(
        "exact_match", "exact match", "Answers",
        "How often the short answer is, word for word, one that was expected; a refusal counts as wrong.",
        _short(metrics.exact_match), _SHORT,
    ),
    Measure(
        "token_f1", "token F1", "Answers",
        "How many words the short answer shares with the expected one: 1 is all and no more, 0 none.",
        _short(metrics.token_f1), _SHORT, share=False,
    ),
    Measure(
        "citation_recall", "citation recall", "Citations",
        "Of the sentences in answers, those with a citation that leads to the right place.",
        _counted(
            lambda row: metrics.borne_out(row.answer.sentences, row.answer.citations, row.case.gold),
            lambda row: len(row.answer.sentences),
        ),
        _CITED,
    ),
    Measure(
        "citation_precision", "citation precision", "Citations",
        "Of the citations in answers, those that lead to the right place.",
        _counted(
            lambda row: metrics.precise(row.answer.citations, row.case.gold), lambda row: len(row.answer.citations)
        ),
        _CITED,
    ),
    Measure(
        "verbatim_quotes", "verbatim quotes", "Citations",
        "Quotes that are the article's exact words where they say they are. Anything below 100 % is a defect.",
        lambda row: (row.verbatim, count) if (count := len(shown(row.answer))) else None, "no quote was shown",
    ),
    Measure(
        "refusal_recall", "refusal recall", "Knowing",
        "Of the questions that the articles do not answer, those refused instead of answered anyhow.",
        lambda row: None if row.case.answerable else (not row.answer.answered, 1), _UNANSWERABLE,
    ),
    Measure(
        "false_refusals", "false refusals", "Knowing",
        "Of the questions that the articles do answer, those refused. Less is better.",
        _search(lambda row: not row.answer.answered), _ANSWERABLE, lower_is_better=True,
    ),
    Measure(
        "auroc", "AUROC of the confidence", "Knowing",
        "How often an answerable question gets more confidence than one without an answer: 1 always, 0.5 by chance.",
        lambda row: (row.answer.confidence, row.case.answerable),
        "it takes questions of both sorts, with an answer in the articles and without", auroc, share=False,
    ),
    Measure(
        "coverage", "coverage", "Knowing",
        "Of all questions, those that were answered at all.",
        lambda row: (row.answer.answered, 1), "no question was asked",
    ),
    Measure(
        "risk", "selective risk", "Knowing",
        "Of the answers given, those that are wrong, unanswerable questions included. Less is better.",
        lambda row: (not row.right, 1) if row.answer.answered else None, _ANSWERED, lower_is_better=True,
    ),
    Measure(
        "aurc", "AURC", "Knowing",
        "The share of wrong answers, averaged over all thresholds: area under the risk-coverage curve. Less is better.",
        lambda row: (row.answer.confidence, row.would_be_right), "no question was asked", aurc,
        lower_is_better=True, share=False,
    ),
)  # fmt: skip
"""In the order in which they are shown."""

BY_KEY = {measure.key: measure for measure in MEASURES}
GATED = ("answers_right", "refusal_recall", "hit_rate_at_5", "token_f1")
"""What may not drop: the baseline holds these, and `qa evaluate --against` fails on them."""


def scores_of(row: Row) -> dict[str, Score]:
    """What a question adds to each measure that applies to it, by the measure's key."""
    scores = ((measure.key, measure.score(row)) for measure in MEASURES)
    return {key: (float(score[0]), float(score[1])) for key, score in scores if score}
