"""Fit the weights by which sentences are ranked and answers are given or refused.

    python -m qa.evaluate.calibrate [SET ...]

Asks the development questions about the articles that ship and about those in `qa/evaluate/other/dev`, and those of the
public sets that are named (on documents that the reader was not trained on). Every sentence that the reader saw is an
example: it meets gold, or it does not. Fits the two logistic models of `qa.answer.confidence`, prints what
cross-validation by question says of them, and writes `qa/answer/confidence.json`. Run it again after changing the
reader, the features or the questions.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from qa.answer.candidates import GATING, RANKING, Candidate
from qa.answer.confidence import WEIGHTS
from qa.answer.extractive import Extractive
from qa.answer.question import Kind, analyse
from qa.assemble import open_stages, sync_articles
from qa.config import Config
from qa.converse import standalone
from qa.evaluate.cases import QUESTIONS, Case, Split, load_cases
from qa.evaluate.figures import Figure, Score, Statistic, aurc, auroc, measure
from qa.evaluate.metrics import meet
from qa.evaluate.sets import indexed, load_set
from qa.index import writing
from qa.service import Stages

_OTHER = Path(__file__).parent / "other"
OWN = (
    (Path(__file__).parents[2] / "seeds", QUESTIONS),
    *((folder, folder / "questions.yaml") for folder in (_OTHER / "dev", _OTHER / "formats")),
)
_OWN_SHARE = 0.7
"""Weight of the project's own questions, however many there are of public sets: they are what users ask."""
_RIDGE = 5.0
"""Strength of the pull towards zero, on standardised features: there are only some hundred questions."""
_FOLDS = 10

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    """A question that the articles answer or not, its candidates, and which of them meet gold."""

    source: str
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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a question came to under weights that were fitted without it."""

    example: Example
    confidence: float
    right: bool


def main() -> None:
    """Fit, report, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", type=Path, nargs="*", metavar="SET", help="a public question set (see sets.py)")
    options = parser.parse_args()
    examples = [example for folder, questions in OWN for example in read_own(folder, questions)]
    examples += [example for path in options.sets for example in read_set(path)]
    for line in report(examples):
        print(line)
    fitted = fit(examples)
    table = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    for name, features, weights in (("ranking", RANKING, fitted.ranking), ("gating", GATING, fitted.gating)):
        table[name] = {key: round(float(w), 3) for key, w in zip((*features, "bias"), weights, strict=True)}
    WEIGHTS.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")


def read_own(folder: Path, questions: Path) -> list[Example]:
    """Ask the development questions about a folder of articles, and keep what was found for each."""
    with tempfile.TemporaryDirectory() as index_folder:
        config = Config.model_validate({"articles": {"folder": folder}, "index": {"folder": index_folder}})
        with writing(config):
            sync_articles(config)
        return _ask("own", config, questions)


def read_set(path: Path) -> list[Example]:
    """Ask the questions of a public set about its own passages."""
    public = load_set(path)
    with indexed(public, Config()) as config:
        return _ask(public.name, config, public.cases)


def _ask(source: str, config: Config, cases: Path | Sequence[Case]) -> list[Example]:
    index, stages = open_stages(config)
    if isinstance(cases, Path):
        cases = load_cases(list(index.articles.values()), cases, Split.DEV)
    asked = tqdm(cases, desc=source, unit="question", leave=False, file=sys.stderr)
    examples = [example for case in asked if (example := _example(source, case, stages))]
    index.close()
    return examples


def _example(source: str, case: Case, stages: Stages) -> Example | None:
    """None for broad questions and those for a quotation, which are answered by other means, and without candidates."""
    asked = stages.correct(standalone(case.question, case.history))
    question = analyse(asked)
    if question.kind not in (Kind.FACTUAL, Kind.YES_NO):
        return None
    evidence = stages.reader.rerank(asked, stages.search(asked, None), stages.passages_read)
    assert isinstance(stages.answerer, Extractive)
    found = stages.answerer.candidates(question, evidence)
    right = [any(meet(c.quote, gold) for gold in case.gold) for c in found]
    return Example(source, case.answerable, found, right) if found else None


def fit(examples: Sequence[Example]) -> Fitted:
    """Ranking from all candidates, right or wrong; gating from those that then rank first."""
    weights = _weights(examples)
    every = [candidate for example in examples for candidate in example.found]
    counts = [len(example.found) for example in examples]
    right = [right for example in examples for right in example.right]
    ranking = _logistic(_matrix(every, RANKING), right, np.repeat(weights, counts))
    fitted = Fitted(ranking, np.zeros(len(GATING) + 1))
    best = [fitted.best(example) for example in examples]
    first = [example.found[i] for example, i in zip(examples, best, strict=True)]
    right = [example.right[i] for example, i in zip(examples, best, strict=True)]
    return Fitted(ranking, _logistic(_matrix(first, GATING), right, weights))


def _weights(examples: Sequence[Example]) -> Numbers:
    """The weight of each question, 1 on average: `_OWN_SHARE` for the own ones together."""
    own = np.array([example.source == "own" for example in examples])
    if own.all():
        return np.ones(len(own))
    weights: Numbers = np.where(own, _OWN_SHARE / own.sum(), (1 - _OWN_SHARE) / (~own).sum()) * len(own)
    return weights


def _matrix(found: Sequence[Candidate], features: Sequence[str]) -> Numbers:
    return np.array([[candidate.features[name] for name in features] for candidate in found])


def _logistic(x: Numbers, right: Sequence[bool], weights: Numbers) -> Numbers:
    """Ridge-penalised logistic regression by Newton's method; the bias comes last."""
    mean, scale = x.mean(axis=0), 1 / x.std(axis=0)
    z = np.column_stack([(x - mean) * scale, np.ones(len(x))])
    y = np.array(right, dtype=np.float64)
    penalty = np.append(np.full(x.shape[1], _RIDGE), 1e-6)
    fitted = np.zeros(z.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-z @ fitted))
        gradient = z.T @ (weights * (y - p)) - penalty * fitted
        fitted += np.linalg.solve((z * (weights * p * (1 - p))[:, None]).T @ z + np.diag(penalty), gradient)
    slopes = fitted[:-1] * scale
    return np.append(slopes, fitted[-1] - slopes @ mean)


def report(examples: Sequence[Example]) -> list[str]:
    """What the fit is worth on questions that it was not fitted on, by source; before it, the reader's word alone."""
    after = _cross_validated(examples)
    before = [_by_reader(example) for example in examples]
    lines = []
    for source in dict.fromkeys(example.source for example in examples):
        here = [i for i, example in enumerate(examples) if example.source == source]
        answerable = [i for i in here if examples[i].answerable]
        lines.append(f"{source}: {len(answerable)} answerable, {len(here) - len(answerable)} unanswerable questions")
        for name, outcomes in (("reader alone", before), ("fitted", after)):
            best = np.mean([outcomes[i].right for i in answerable])
            knowing = _figure([(outcomes[i].confidence, examples[i].answerable) for i in here], auroc)
            risk = _figure([(outcomes[i].confidence, outcomes[i].right) for i in here], aurc)
            lines.append(f"  {name:12}  best sentence right {best:.1%}  AUROC {knowing}  AURC {risk}")
        lines += _thresholds([after[i] for i in here])
    return lines


def _cross_validated(examples: Sequence[Example]) -> list[Outcome]:
    order = np.random.default_rng(0).permutation(len(examples))
    outcomes: dict[int, Outcome] = {}
    for fold in range(_FOLDS):
        held_out = set(order[fold::_FOLDS].tolist())
        fitted = fit([example for i, example in enumerate(examples) if i not in held_out])
        for i in held_out:
            best = fitted.best(examples[i])
            outcomes[i] = Outcome(examples[i], fitted.confidence(examples[i].found[best]), examples[i].right[best])
    return [outcomes[i] for i in range(len(examples))]


def _by_reader(example: Example) -> Outcome:
    """The best span of the passage that the reader holds most likely to answer."""
    best = max(
        range(len(example.found)), key=lambda i: _matrix([example.found[i]], ("answerable", "margin"))[0].tolist()
    )
    return Outcome(example, example.found[best].features["answerable"], example.right[best])


def _figure(scores: Sequence[Score], statistic: Statistic) -> str:
    figure = measure(scores, statistic, "questions of one sort only")
    if isinstance(figure, Figure):
        return f"{figure.value:.3f} ({figure.low:.3f}-{figure.high:.3f})"
    return f"({figure.because})"


def _thresholds(outcomes: Sequence[Outcome]) -> list[str]:
    """The risk-coverage curve at some thresholds."""
    answerable = [outcome for outcome in outcomes if outcome.example.answerable]
    others = [outcome for outcome in outcomes if not outcome.example.answerable]
    lines = ["  threshold  coverage   risk  answered right  refused right"]
    for threshold in np.arange(0.1, 0.75, 0.05):
        given = [outcome for outcome in outcomes if outcome.confidence >= threshold]
        coverage = len(given) / len(outcomes)
        risk = np.mean([not outcome.right for outcome in given]) if given else 0.0
        right = np.mean([outcome.right and outcome.confidence >= threshold for outcome in answerable])
        refused = f"{np.mean([o.confidence < threshold for o in others]):13.1%}" if others else ""
        lines.append(f"  {threshold:9.2f}  {coverage:8.1%}  {risk:5.1%}  {right:14.1%}  {refused}".rstrip())
    return lines


if __name__ == "__main__":
    main()
