"""What each part of the search adds: the same questions asked with parts left away.

| way | passages in the order of |
|---|---|
| whole passages | the cosine of question and passage |
| best sentences | the cosine of question and the passage's nearest sentence: the dense part alone |
| BM25 | the lexical part alone |
| fused | the reciprocal rank fusion of best sentences and BM25: what the service searches with |
| fused + reader | the same, the first of them read and put in order by the reader: what the service answers from |

A part's worth is the change in MRR against the same without it, over the same questions (paired bootstrap): fusion
against the better of its two parts, which is chosen after the fact and so flatters the parts, not the fusion. Two ways
to know are compared as well: the AUROC of the answer's calibrated confidence and of the reader's probability alone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from qa.assemble import open_stages
from qa.config import Config, Retrieval
from qa.converse import standalone
from qa.evaluate.cases import Case
from qa.evaluate.figures import Figure, Measured, Score, auroc, change, measure, ratio
from qa.evaluate.metrics import hit, ndcg, reciprocal_rank
from qa.index import Index, Progress
from qa.lexical import open_words
from qa.models.embedding import MiniLMEmbedding
from qa.retrieve import Search
from qa.service import Stages
from qa.types import Evidence, Quote

WHOLE, SENTENCES, LEXICAL, FUSED, READ = "whole passages", "best sentences", "BM25", "fused", "fused + reader"
CONFIDENCE, READER = "calibrated confidence", "reader's probability"
METRICS: Mapping[str, Callable[[Sequence[Evidence], Sequence[Quote]], float]] = {
    "hit rate@1": lambda evidence, gold: hit(evidence, gold, 1),
    "hit rate@5": lambda evidence, gold: hit(evidence, gold, 5),
    "MRR": reciprocal_rank,
    "nDCG@10": lambda evidence, gold: ndcg(evidence, gold, 10),
}
_SHARES = ("hit rate@1", "hit rate@5")
_NEEDS_GOLD = "no question has an answer in the articles"
_NEEDS_BOTH = "it needs questions with and without an answer"
_DEEP = 100
"""Fused passages in which both parts' own first places are all found, also those that the service's cut leaves out."""


@dataclass(frozen=True, slots=True)
class Added:
    """What one part adds to the same without it."""

    part: str
    against: str
    metric: str
    change: Measured

    @property
    def verdict(self) -> str:
        """`adds`, `costs`, or, where the interval holds 0, `adds nothing that shows`."""
        if not isinstance(self.change, Figure):
            return "not scored"
        return "adds" if self.change.low > 0 else "costs" if self.change.high < 0 else "adds nothing that shows"


@dataclass(frozen=True, slots=True)
class Ablation:
    """How every way to search does, and what the parts add."""

    search: Mapping[str, Mapping[str, Measured]]
    """By way, then by metric."""
    knowing: Mapping[str, Measured]
    """AUROC by what is taken for confidence."""
    added: tuple[Added, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: the passages in every way's order, and how sure two parts are that they answer it."""

    case: Case
    orders: Mapping[str, Sequence[Evidence]]
    sure: Mapping[str, float]


def ablate(config: Config, cases: Sequence[Case], progress: Progress = lambda _done, _total: None) -> Ablation:
    """Ask the questions in every way and compare.

    Args:
        config: names the index, which must be in step with its articles.
        cases: with gold in the articles of this index; at least one.
        progress: called with the steps done and all steps, of which there is one for each passage and each question.

    Raises:
        IndexUnavailable: the index cannot be opened, or there is none.
        ModelError: a model is missing or damaged.
    """
    index, stages = open_stages(config)
    try:
        return compare(ask(index, stages, config.retrieval, cases, progress))
    finally:
        index.close()


def ask(index: Index, stages: Stages, retrieval: Retrieval, cases: Sequence[Case], progress: Progress) -> list[Asked]:
    """Search for every question in every way, with the stages of a service on this index."""
    embedding = MiniLMEmbedding()
    deep = Search(index, open_words(index).lexical, embedding, retrieval.model_copy(update={"passages": _DEEP}), 0)
    passages = list(index.passages)
    steps = len(passages) + len(cases)
    vectors = []
    for done, passage in enumerate(passages, start=1):
        vectors.append(embedding.embed([passage.text])[0])
        progress(done, steps)
    matrix = np.array(vectors)
    found = []
    for done, case in enumerate(cases, start=len(passages) + 1):
        question = stages.correct(standalone(case.question, case.history))
        similarities = matrix @ embedding.embed([question])[0]
        parts, fused = deep(question), stages.search(question, None)
        read = stages.reader.rerank(question, fused, stages.passages_read)
        orders = {
            WHOLE: [
                Evidence(passages[i], float(similarities[i])) for i in np.argsort(-similarities)[: retrieval.passages]
            ],
            SENTENCES: sorted((e for e in parts if e.dense_rank), key=lambda e: e.dense_rank or 0),
            LEXICAL: sorted((e for e in parts if e.lexical_rank), key=lambda e: e.lexical_rank or 0),
            FUSED: fused,
            READ: read,
        }
        sure = {
            CONFIDENCE: stages.answerer.answer(question, read).confidence,
            READER: max((item.answerability or 0.0 for item in read), default=0.0),
        }
        found.append(Asked(case, {way: order[: retrieval.passages] for way, order in orders.items()}, sure))
        progress(done, steps)
    return found


def compare(asked: Sequence[Asked]) -> Ablation:
    """Score what was found, and say what each part adds."""
    scores: dict[str, dict[str, list[Score]]] = {
        way: {
            name: [(metric(item.orders[way], item.case.gold), 1.0) for item in asked if item.case.gold]
            for name, metric in METRICS.items()
        }
        for way in (WHOLE, SENTENCES, LEXICAL, FUSED, READ)
    }
    sure = {by: [(item.sure[by], float(item.case.answerable)) for item in asked] for by in (READER, CONFIDENCE)}
    search = {
        way: {name: measure(of, ratio, _NEEDS_GOLD) for name, of in metrics.items()} for way, metrics in scores.items()
    }
    better = max((SENTENCES, LEXICAL), key=lambda way: sum(score for score, _ in scores[way]["MRR"]))

    def against(part: str, other: str, way: str) -> Added:
        return Added(part, other, "MRR", change(scores[other]["MRR"], scores[way]["MRR"], ratio, _NEEDS_GOLD))

    return Ablation(
        search=search,
        knowing={by: measure(of, auroc, _NEEDS_BOTH) for by, of in sure.items()},
        added=(
            against("a vector for each sentence", WHOLE, SENTENCES),
            against("fusion", better, FUSED),
            against("the reader", FUSED, READ),
            Added(CONFIDENCE, READER, "AUROC", change(sure[READER], sure[CONFIDENCE], auroc, _NEEDS_BOTH)),
        ),
    )


def render(ablation: Ablation) -> str:
    """The tables for the terminal, each figure with its 95 % interval, and a line on what each part adds."""
    lines = [f"{_n(ablation.search[FUSED]['MRR']):18}" + "".join(f"{name:>26}" for name in METRICS)]
    for way, figures in ablation.search.items():
        lines.append(f"{way:18}" + "".join(f"{_figure(figures[name], name):>26}" for name in METRICS))
    lines += ["", f"{_n(ablation.knowing[READER]):24}{'AUROC':>26}"]
    lines += [f"{by:24}{_figure(of, 'AUROC'):>26}" for by, of in ablation.knowing.items()]
    return "\n".join([*lines, "", *(_said(added) for added in ablation.added)])


def _figure(of: Measured, metric: str, sign: str = "") -> str:
    if not isinstance(of, Figure):
        return "not scored"
    value, low, high = (
        f"{100 * number:{sign}.1f}" if metric in _SHARES else f"{number:{sign}.3f}"
        for number in (of.value, of.low, of.high)
    )
    return f"{value}{' %' if metric in _SHARES else ''} ({low} to {high})"


def _n(of: Measured) -> str:
    return f"n = {of.n}" if isinstance(of, Figure) else ""


def _said(added: Added) -> str:
    what = f"{added.part}, against {added.against}"
    if not isinstance(added.change, Figure):
        return f"{what}: not scored, because {added.change.because}"
    return f"{what}: {added.verdict}, {added.metric} {_figure(added.change, added.metric, '+')}"
