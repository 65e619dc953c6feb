"""Which sentence answers best, and how likely it is to answer at all: logistic functions of what was checked.

The weights are fitted by `qa.evaluate.calibrate`, but for those of quotations, which are too few to fit: there a
speaker who is not in the quote outweighs everything else.
"""

import json
import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from qa.answer.candidates import Candidate
from qa.answer.question import Kind

WEIGHTS = Path(__file__).with_name("confidence.json")


@cache
def weights() -> Mapping[str, Mapping[str, float]]:
    """The weights by feature, and the `bias`, of `ranking`, `gating` and `quoting`."""
    table: dict[str, dict[str, float]] = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return table


def rank(kind: Kind, candidate: Candidate) -> float:
    """The larger, the better a sentence answers a question of this kind; comparable within one question only."""
    return _logit("quoting" if kind is Kind.QUOTATION else "ranking", candidate)


def confidence(kind: Kind, candidate: Candidate) -> float:
    """Probability, 0 to 1, that the best candidate answers a question of this kind."""
    logit = _logit("quoting" if kind is Kind.QUOTATION else "gating", candidate)
    return 1 / (1 + math.exp(-max(min(logit, 30.0), -30.0)))


def _logit(model: str, candidate: Candidate) -> float:
    table = weights()[model]
    return table["bias"] + sum(w * candidate.features[name] for name, w in table.items() if name != "bias")
