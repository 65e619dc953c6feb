"""Measure how well sentences are told to be borne out by an article or not, and fit what decides it.

    python -m qa.evaluate.support FOLDER [--articles FOLDER ...] [--write]

FOLDER holds SummEdits and WiCE (`summedits_*.json`, `wice_*.jsonl`); the claims about news in `claims.yaml` are added,
and, with the folders of their articles, the same about whole articles, with and without the paragraph that bears them
out. A claim counts as supported if each of its sentences does. Weights and thresholds are fitted on the development
documents only, those of the verifier's opinion on what it was not trained on; balanced accuracy is printed for both
parts, with intervals from resampling documents.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from qa.cite.align import FEATURES, WEIGHTS, Judge, choose, features, probability, stretches
from qa.cite.checks import problems
from qa.evaluate.cases import Split
from qa.evaluate.claims import Claim, load_claims, load_hand_made, load_in_articles, split_sentences
from qa.models.embedding import MiniLMEmbedding
from qa.models.verifier import Verifier

SHARES = {"news": 3.0, "wice": 2.0, "article": 1.0, "ectsum": 1.0}
"""How much a set counts in fitting: news most, then claims about web pages, which are mostly news; dialogues and
abstracts of papers are far from articles and count little."""
_OTHER_SHARE = 0.3
SIGNS = {"judged": 1, "worst": 1, "covered": 1, "novel": -1, "similarity": 1, "conflicts": -1, "owner": -1}
"""Which way each feature may count. In edited summaries the errors are often the smaller edits, so that a paraphrase
would count against a claim: true of how these sets were made, and of nothing else."""
OPINIONS = ("judged", "worst")
"""Features that are the verifier's."""
_RIDGE = 1.0
_RESAMPLES = 1000
_LEVEL = 95
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Checked:
    """A sentence of a claim with everything that was found out about it."""

    supported: bool
    features: dict[str, float]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A claim and its sentences, checked."""

    claim: Claim
    sentences: tuple[Checked, ...]

    def lowest(self, signal: Callable[[Checked], float]) -> float:
        """A signal of support for the whole claim: that of its weakest sentence."""
        return min(signal(sentence) for sentence in self.sentences)


class Checker:
    """Checks claims as answers are checked; a document's sentences are embedded once."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._embedding = MiniLMEmbedding()
        self._documents: dict[str, tuple[list[str], npt.NDArray[np.float32]]] = {}

    def __call__(self, claim: Claim) -> Row:
        """Every sentence of a claim beside the sentences of its document that are chosen for it."""
        if claim.document not in self._documents:
            sentences = split_sentences(claim.document)
            self._documents[claim.document] = sentences, self._embedding.embed(sentences)
        sentences, vectors = self._documents[claim.document]
        checked = []
        for text, supported in claim.sentences():
            similarity: list[float] = (vectors @ self._embedding.embed([text])[0]).tolist()
            chosen = choose(text, sentences, similarity)
            quotes = [sentences[n] for n in sorted(chosen)]
            found = features(text, quotes, [similarity[n] for n in chosen], self._judge)
            checked.append(Checked(supported, found, tuple(problems(text, stretches(sentences, chosen)))))
        return Row(claim, tuple(checked))


def fit(rows: Sequence[Row], names: Sequence[str]) -> dict[str, float]:
    """Weights, bias and threshold from development rows; sentences with a problem are decided already and left out."""
    examples = [(row.claim.set, one) for row in rows for one in row.sentences if not one.problems]
    counts: dict[tuple[str, bool], int] = defaultdict(int)
    for name, one in examples:
        counts[name, one.supported] += 1
    x = np.array([[one.features[name] for name in names] for _, one in examples])
    y = np.array([one.supported for _, one in examples], dtype=np.float64)
    share = np.array([SHARES.get(name, _OTHER_SHARE) / counts[name, one.supported] for name, one in examples])
    weights = _logistic(x, y, share * len(share) / share.sum())
    against = [name for name, w in zip(names, weights, strict=False) if w * SIGNS[name] < 0]
    if against:
        return fit(rows, [name for name in names if name not in against])
    table = {name: round(float(w), 3) for name, w in zip((*names, "bias"), weights, strict=True)}
    return table | {"threshold": round(_threshold(rows, _weighed(table)), 3)}


def _logistic(x: Numbers, y: Numbers, share: Numbers) -> Numbers:
    """Ridge-penalised logistic regression of weighted examples by Newton's method; the bias comes last."""
    mean, scale = x.mean(axis=0), 1 / np.maximum(x.std(axis=0), 1e-9)
    z = np.column_stack([(x - mean) * scale, np.ones(len(x))])
    penalty = np.append(np.full(x.shape[1], _RIDGE), 1e-6)
    weights = np.zeros(z.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-z @ weights))
        gradient = z.T @ (share * (y - p)) - penalty * weights
        weights += np.linalg.solve((z * (share * p * (1 - p))[:, None]).T @ z + np.diag(penalty), gradient)
    slopes = weights[:-1] * scale
    return np.append(slopes, weights[-1] - slopes @ mean)


def _threshold(rows: Sequence[Row], signal: Callable[[Checked], float]) -> float:
    """Where the mean balanced accuracy of the sets, by their shares, is highest."""
    values = {
        name: _scored([row for row in rows if row.claim.set == name], signal) for name in {r.claim.set for r in rows}
    }
    shares = [SHARES.get(name, _OTHER_SHARE) for name in values]
    candidates = np.unique(np.concatenate([scores for scores, _ in values.values()]))
    candidates = candidates if len(candidates) < 200 else np.quantile(candidates, np.linspace(0, 1, 200))
    reached = [np.average([balanced(s >= t, y) for s, y in values.values()], weights=shares) for t in candidates]
    return float(candidates[int(np.argmax(reached))])


def _scored(rows: Sequence[Row], signal: Callable[[Checked], float]) -> tuple[Numbers, npt.NDArray[np.bool_]]:
    return np.array([row.lowest(signal) for row in rows]), np.array([row.claim.supported for row in rows])


def balanced(said: npt.NDArray[np.bool_], supported: npt.NDArray[np.bool_]) -> float:
    """Mean of the share of supported claims that pass and of the share of others that do not."""
    if supported.all() or not supported.any():
        return float("nan")
    return float((said[supported].mean() + (~said[~supported]).mean()) / 2)


def interval(rows: Sequence[Row], said: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Of the balanced accuracy, in per cent of `_LEVEL`, by drawing documents with replacement."""
    supported = np.array([row.claim.supported for row in rows])
    documents = defaultdict(list)
    for number, row in enumerate(rows):
        documents[row.claim.document].append(number)
    groups = [np.array(numbers) for numbers in documents.values()]
    draw = np.random.default_rng(0)
    found = []
    for _ in range(_RESAMPLES):
        drawn = np.concatenate([groups[n] for n in draw.integers(len(groups), size=len(groups))])
        found.append(balanced(said[drawn], supported[drawn]))
    low, high = np.nanpercentile(found, [(100 - _LEVEL) / 2, (100 + _LEVEL) / 2])
    return float(low), float(high)


def report(rows: Sequence[Row], tables: dict[str, dict[str, float]]) -> Iterable[str]:
    """Balanced accuracy by set, part and signal, and how many errors of each kind are caught."""
    dev = [row for row in rows if row.claim.split is Split.DEV and row.claim.for_fitting]
    signals: dict[str, Callable[[Checked], float]] = {
        "problems": lambda one: -len(one.problems),
        **{
            name: _feature(name) for name in FEATURES if any(one.features[name] for row in dev for one in row.sentences)
        },
        **{name: _weighed(table) for name, table in tables.items()},
    }
    limits = {name: tables[name]["threshold"] if name in tables else _threshold(dev, s) for name, s in signals.items()}
    for name in sorted({row.claim.set for row in rows}, key=lambda name: (-SHARES.get(name, 0), name)):
        for split in (Split.DEV, Split.TEST):
            among = dev if split is Split.DEV else rows
            part = [row for row in among if row.claim.set == name and row.claim.split is split]
            if not part:
                continue
            yield f"{name} {split}: {sum(row.claim.supported for row in part)} of {len(part)} supported"
            for signal, measure in signals.items():
                values, supported = _scored(part, measure)
                said = values >= limits[signal]
                low, high = interval(part, said)
                yield f"  {signal:12} {balanced(said, supported):.3f} ({low:.3f}-{high:.3f})  " \
                      f"kept {said[supported].mean():.2f}, caught {(~said[~supported]).mean():.2f}"  # fmt: skip
    yield "caught on test documents, by kind of error"
    kinds: dict[str, list[bool]] = defaultdict(list)
    last = list(signals)[-1]
    for row in rows:
        if row.claim.split is Split.TEST and len(row.claim.edits) == 1:
            kinds[f"{row.claim.edits[0]} ({row.claim.set})"].append(row.lowest(signals[last]) < limits[last])
    yield from (f"  {kind:45} {np.mean(caught):.2f} of {len(caught)}" for kind, caught in sorted(kinds.items()))


def _feature(name: str) -> Callable[[Checked], float]:
    return lambda one: SIGNS[name] * one.features[name]


def _weighed(table: dict[str, float]) -> Callable[[Checked], float]:
    return lambda one: 0.0 if one.problems else probability(table, one.features)


def main() -> None:
    """Read the command line, fit, report, and write the weights if told to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder with SummEdits and WiCE")
    parser.add_argument(
        "--articles", type=Path, nargs="*", default=[], help="folders with the .txt that claims.yaml is about"
    )
    parser.add_argument("--write", action="store_true", help="keep the weights for the service")
    options = parser.parse_args()
    check = Checker(Verifier())
    articles = [
        path.read_text(encoding="utf-8") for folder in options.articles for path in sorted(folder.glob("*.txt"))
    ]
    claims = [*load_hand_made(), *load_in_articles(articles), *load_claims(options.folder)]
    rows = [check(claim) for claim in tqdm(claims)]
    dev = [row for row in rows if row.claim.split is Split.DEV]
    tables = {
        "alone": fit(dev, [name for name in FEATURES if name not in OPINIONS]),
        "together": fit([row for row in dev if row.claim.for_fitting], FEATURES),
    }
    for line in report(rows, tables):
        print(line)
    if options.write:
        WEIGHTS.write_text(json.dumps(tables["together"], indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
