"""Fit the weights by which sentences are ranked and answers are given or refused.

    python -m qa.evaluate.calibrate

Asks the development questions about the articles that ship and about those in `qa/evaluate/other/dev`, takes every
sentence that the reader saw as an example (it meets gold, or it does not), and fits the two logistic models of
`qa.answer.confidence`. Prints what cross-validation by question says of it, and writes
`qa/answer/confidence.json`. Run it again after changing the reader, the features or the questions.
"""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from qa.answer.candidates import GATING, RANKING, Candidate
from qa.answer.confidence import WEIGHTS
from qa.answer.extractive import Extractive
from qa.answer.question import Kind, analyse
from qa.assemble import open_stages, sync_articles
from qa.config import Config
from qa.converse import standalone
from qa.evaluate.cases import QUESTIONS, Case, Split, load_cases
from qa.evaluate.metrics import meet
from qa.index import writing
from qa.service import Stages

_OTHER = Path(__file__).parent / "other"
SETS = (
    (Path(__file__).parents[2] / "seeds", QUESTIONS),
    *((folder, folder / "questions.yaml") for folder in (_OTHER / "dev", _OTHER / "formats")),
)
_RIDGE = 5.0
"""Strength of the pull towards zero, on standardised features: there are only some 150 questions."""
_FOLDS = 10
_REPEATS = 5

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    """A question that the articles answer or not, its candidates, and which of them meet gold."""

    answerable: bool
    found: Sequence[Candidate]
    right: Sequence[bool]


@dataclass(frozen=True, slots=True)
class Fitted:
    """The weights of both models, in the order of their features, the bias last."""

    ranking: Numbers
    gating: Numbers

    def best(self, example: Example) -> int:
        """Which of a question's candidates ranks first."""
        return int((_matrix(example.found, RANKING) @ self.ranking[:-1]).argmax())

    def confidence(self, candidate: Candidate) -> float:
        """Probability that a candidate that ranks first answers."""
        logit = _matrix([candidate], GATING)[0] @ self.gating[:-1] + self.gating[-1]
        return float(1 / (1 + np.exp(-logit)))


def main() -> None:
    """Fit, report, write."""
    examples = [example for folder, questions in SETS for example in read(folder, questions)]
    for line in report(examples):
        print(line)
    fitted = fit(examples)
    table = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    for name, features, weights in (("ranking", RANKING, fitted.ranking), ("gating", GATING, fitted.gating)):
        table[name] = {key: round(float(w), 3) for key, w in zip((*features, "bias"), weights, strict=True)}
    WEIGHTS.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")


def read(folder: Path, questions: Path) -> list[Example]:
    """Ask the development questions about a folder of articles, and keep what was found for each.

    Broad questions and those for a quotation are answered by other means and left out.
    """
    with tempfile.TemporaryDirectory() as index_folder:
        config = Config.model_validate({"articles": {"folder": folder}, "index": {"folder": index_folder}})
        with writing(config):
            sync_articles(config)
            index, stages = open_stages(config)
        cases = load_cases(list(index.articles.values()), questions, Split.DEV)
        examples = [example for case in cases if (example := _example(case, stages))]
        index.close()
    return examples


def _example(case: Case, stages: Stages) -> Example | None:
    asked = stages.correct(standalone(case.question, case.history))
    question = analyse(asked)
    if question.kind not in (Kind.FACTUAL, Kind.YES_NO):
        return None
    evidence = stages.reader.rerank(asked, stages.search(asked), stages.passages_read)
    assert isinstance(stages.answerer, Extractive)
    found = stages.answerer.candidates(question, evidence)
    return Example(case.answerable, found, [any(meet(c.quote, gold) for gold in case.gold) for c in found])


def fit(examples: Sequence[Example]) -> Fitted:
    """Ranking from all candidates, right or wrong; gating from those that then rank first."""
    every = [candidate for example in examples for candidate in example.found]
    ranking = _logistic(_matrix(every, RANKING), [right for example in examples for right in example.right])
    fitted = Fitted(ranking, np.zeros(len(GATING) + 1))
    best = [fitted.best(example) for example in examples]
    first = [example.found[i] for example, i in zip(examples, best, strict=True)]
    right = [example.right[i] for example, i in zip(examples, best, strict=True)]
    return Fitted(ranking, _logistic(_matrix(first, GATING), right))


def _matrix(found: Sequence[Candidate], features: Sequence[str]) -> Numbers:
    return np.array([[candidate.features[name] for name in features] for candidate in found])


def _logistic(x: Numbers, right: Sequence[bool]) -> Numbers:
    """Ridge-penalised logistic regression by Newton's method; the bias comes last."""
    mean, scale = x.mean(axis=0), 1 / x.std(axis=0)
    z = np.column_stack([(x - mean) * scale, np.ones(len(x))])
    y = np.array(right, dtype=np.float64)
    penalty = np.append(np.full(x.shape[1], _RIDGE), 1e-6)
    weights = np.zeros(z.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-z @ weights))
        gradient = z.T @ (y - p) - penalty * weights
        weights += np.linalg.solve((z * (p * (1 - p))[:, None]).T @ z + np.diag(penalty), gradient)
    slopes = weights[:-1] * scale
    return np.append(slopes, weights[-1] - slopes @ mean)


def report(examples: Sequence[Example]) -> list[str]:
    """What the fit is worth on questions that it was not fitted on, by cross-validation."""
    answerable: list[tuple[float, bool]] = []
    unanswerable: list[tuple[float, bool]] = []
    for repeat in range(_REPEATS):
        order = np.random.default_rng(repeat).permutation(len(examples))
        for fold in range(_FOLDS):
            held_out = set(order[fold::_FOLDS].tolist())
            fitted = fit([example for i, example in enumerate(examples) if i not in held_out])
            for example in (examples[i] for i in held_out):
                best = fitted.best(example)
                outcome = fitted.confidence(example.found[best]), example.right[best]
                (answerable if example.answerable else unanswerable).append(outcome)
    return [
        f"{len(answerable) // _REPEATS} answerable, {len(unanswerable) // _REPEATS} unanswerable questions; "
        f"best sentence right: {np.mean([right for _, right in answerable]):.1%}; "
        f"AUROC of the confidence: {_auroc(answerable, unanswerable):.3f}",
        "threshold   answered right   refused right",
        *(
            f"{threshold:9.2f}   {np.mean([right and p >= threshold for p, right in answerable]):14.1%}"
            f"   {np.mean([p < threshold for p, _ in unanswerable]):13.1%}"
            for threshold in np.arange(0.1, 0.75, 0.05)
        ),
    ]


def _auroc(answerable: Sequence[tuple[float, bool]], unanswerable: Sequence[tuple[float, bool]]) -> float:
    """How often an answerable question gets more confidence than one that is not."""
    more, less = (np.array([p for p, _ in outcomes]) for outcomes in (answerable, unanswerable))
    return float(np.mean(more[:, None] > less[None, :]))


if __name__ == "__main__":
    main()
