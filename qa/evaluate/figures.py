"""Figures: a value with the number of questions behind it and a 95 % interval, or the reason why there is none.

The interval is the percentile bootstrap (Efron, 1979): the questions are drawn again, with replacement, 2,000 times,
and the middle 95 % of the results is given. A draw is a row of counts: how often each question was drawn. A statistic
takes the questions' scores and many such rows at once; with every count 1 it gives the value itself.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RESAMPLES = 2_000
SEED = 0
_CELLS = 4_000_000
"""Counts held at the same time, to bound the memory for large sets of questions."""

Floats = npt.NDArray[np.float64]
Score = tuple[float, float]
"""What one question adds to a statistic: part and whole of a ratio, or confidence and outcome."""
Statistic = Callable[[Floats, Floats], Floats]
"""From scores (questions x 2) and counts (draws x questions) to one value for each draw; NaN where there is none."""


@dataclass(frozen=True, slots=True)
class Figure:
    """Something measured over `n` questions."""

    value: float
    low: float
    """Lower end of the 95 % interval."""
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class NotScored:
    """Nothing was measured, which is not the same as 0."""

    because: str


Measured = Figure | NotScored


def measure(scores: Sequence[Score], statistic: Statistic, needs: str) -> Measured:
    """A figure over questions.

    Args:
        scores: one for each question that the figure applies to.
        statistic: what to make of them.
        needs: the reason to give when there is nothing to measure.
    """
    values = np.array(scores, dtype=float).reshape(-1, 2)
    value = _point(values, statistic)
    if np.isnan(value):
        return NotScored(needs)
    low, high = _middle(np.concatenate([statistic(values, counts) for counts in _draws(len(values))]))
    return Figure(value, low, high, len(values))


def change(old: Sequence[Score], new: Sequence[Score], statistic: Statistic, needs: str) -> Measured:
    """How much a figure changed, new less old, over the same questions in the same order (paired bootstrap).

    Both runs are drawn alike, so what is hard or easy about a question cancels out.
    """
    before, after = (np.array(scores, dtype=float).reshape(-1, 2) for scores in (old, new))
    value = _point(after, statistic) - _point(before, statistic)
    if np.isnan(value):
        return NotScored(needs)
    drawn = [statistic(after, counts) - statistic(before, counts) for counts in _draws(len(before))]
    low, high = _middle(np.concatenate(drawn))
    return Figure(value, low, high, len(before))


def _point(values: Floats, statistic: Statistic) -> float:
    return float(statistic(values, np.ones((1, len(values))))[0]) if len(values) else float("nan")


def _middle(results: Floats) -> tuple[float, float]:
    low, high = np.nanpercentile(results, [2.5, 97.5])
    return float(low), float(high)


def _draws(questions: int) -> Iterator[Floats]:
    random = np.random.default_rng(SEED)
    left, block = RESAMPLES, max(1, _CELLS // questions)
    while left > 0:
        rows = min(block, left)
        drawn = random.integers(questions, size=(rows, questions)) + np.arange(rows)[:, None] * questions
        yield np.bincount(drawn.ravel(), minlength=rows * questions).reshape(rows, questions).astype(float)
        left -= rows


def ratio(scores: Floats, counts: Floats) -> Floats:
    """The parts' sum over the wholes' sum: a mean where every whole is 1."""
    return _divide(counts @ scores[:, 0], counts @ scores[:, 1])


def auroc(scores: Floats, counts: Floats) -> Floats:
    """Area under the ROC curve of (confidence, answerable).

    How often an answerable question has more confidence than an unanswerable one, ties counting half (Mann-Whitney).
    """
    yes, no = _by_level(scores, counts)
    below = np.cumsum(no, axis=1) - no
    return _divide((yes * (below + no / 2)).sum(axis=1), yes.sum(axis=1) * no.sum(axis=1))


def aurc(scores: Floats, counts: Floats) -> Floats:
    """Area under the risk-coverage curve of (confidence, right): the share that is wrong, averaged over all coverages.

    Questions of the same confidence are answered together.
    """
    coverage, risk = _risks(scores, counts)
    return np.asarray((np.diff(coverage, axis=1, prepend=0) * risk).sum(axis=1))


def risk_coverage(scores: Sequence[Score]) -> list[tuple[float, float]]:
    """The curve of (confidence, right): coverage and risk at each confidence, the most confident questions first."""
    coverage, risk = _risks(np.array(scores, dtype=float).reshape(-1, 2), np.ones((1, len(scores))))
    return [(float(c), float(r)) for c, r in zip(coverage[0], risk[0], strict=True)]


def _risks(scores: Floats, counts: Floats) -> tuple[Floats, Floats]:
    """Share of all questions answered, and share of these that is wrong, for each level of confidence from the top."""
    right, wrong = _by_level(scores, counts)
    answered = np.cumsum((right + wrong)[:, ::-1], axis=1)
    return answered / answered[:, -1:], _divide(np.cumsum(wrong[:, ::-1], axis=1), answered, empty=0.0)


def _by_level(scores: Floats, counts: Floats) -> tuple[Floats, Floats]:
    """For each draw, how many yes and how many no there are at each level of confidence, in ascending order."""
    levels, place = np.unique(scores[:, 0], return_inverse=True)
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], np.arange(len(levels)))
    yes, no = (np.add.reduceat((counts * of)[:, order], starts, axis=1) for of in (scores[:, 1], 1 - scores[:, 1]))
    return yes, no


def percentile(percent: int) -> Statistic:
    """The least value that `percent` of the values do not exceed (nearest rank), of the scores' first halves."""

    def statistic(scores: Floats, counts: Floats) -> Floats:
        order = np.argsort(scores[:, 0], kind="stable")
        reached = np.cumsum(counts[:, order], axis=1)
        rank = np.ceil(percent / 100 * reached[:, -1:])
        return np.asarray(scores[order[(reached < rank).sum(axis=1)], 0])

    return statistic


def _divide(parts: Floats, wholes: Floats, empty: float = float("nan")) -> Floats:
    return np.divide(parts, wholes, out=np.full_like(parts, empty), where=wholes > 0)
