"""The statistics of `measure.py`: how well scores part right from wrong, with intervals, and as a probability."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

RESAMPLED = 1000
WEIGHTS = ("w_margin", "w_ans", "b")
"""Of the calibration: P(the passage answers) = sigmoid(w_margin * margin + w_ans * answerable + b)."""


def auroc(right: NDArray[np.float64], wrong: NDArray[np.float64]) -> float:
    """The chance that a right one scores above a wrong one."""
    order = np.sort(wrong)
    below = np.searchsorted(order, right, side="left") + np.searchsorted(order, right, side="right")
    return float(below.mean() / (2 * len(wrong)))


def false_answers(right: NDArray[np.float64], wrong: NDArray[np.float64], kept: float) -> float:
    """The share of wrong ones that pass the threshold which `kept` of the right ones pass."""
    return float((wrong >= np.quantile(right, 1 - kept)).mean())


def interval(figure: Callable[..., float], *samples: Sequence[float]) -> tuple[float, float, float]:
    """A figure with its bootstrap 95 % interval; each sample is drawn on its own."""
    draw = np.random.default_rng(0)
    arrays = [np.asarray(sample, np.float64) for sample in samples]
    drawn = [figure(*(draw.choice(array, len(array)) for array in arrays)) for _ in range(RESAMPLED)]
    return figure(*arrays), float(np.quantile(drawn, 0.025)), float(np.quantile(drawn, 0.975))


def fit(right: list[tuple[float, float]], wrong: list[tuple[float, float]]) -> dict[str, float]:
    """Logistic regression of "the passage answers" on a reader's margin and answerable logits, by Newton's method."""
    x = np.array([[*logits, 1.0] for logits in [*right, *wrong]])
    y = np.array([1.0] * len(right) + [0.0] * len(wrong))
    weights = np.zeros(3)
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ weights))
        curvature = (x * (p * (1 - p))[:, None]).T @ x + 1e-3 * np.eye(3)
        weights += np.linalg.solve(curvature, x.T @ (y - p) - 1e-3 * weights)
    p = 1 / (1 + np.exp(-x @ weights))
    bins = np.minimum((p * 10).astype(int), 9)
    error = sum(abs(p[bins == n].mean() - y[bins == n].mean()) * (bins == n).mean() for n in set(bins.tolist()))
    fitted = dict(zip(WEIGHTS, weights.tolist(), strict=True))
    return fitted | {"dev_acc": float(((p > 0.5) == y).mean()), "ece": float(error)}
