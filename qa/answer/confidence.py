"""How likely a sentence is to answer a question: a logistic function of what speaks for and against it."""

import json
import math
from functools import cache
from pathlib import Path

from qa.answer.candidates import FEATURES, Candidate
from qa.answer.question import Kind

WEIGHTS = Path(__file__).with_name("confidence.json")


@cache
def weights(model: str) -> tuple[float, ...]:
    """The weights of FEATURES, and the bias last, of the model `factual`, `statement` or `quotation`."""
    table = json.loads(WEIGHTS.read_text(encoding="utf-8"))[model]
    return (*(table.get(name, 0.0) for name in FEATURES), table["bias"])


def confidence(kind: Kind, candidate: Candidate) -> float:
    """Probability, 0 to 1, that a sentence answers a question of this kind."""
    model = weights({Kind.FACTUAL: "factual", Kind.QUOTATION: "quotation"}.get(kind, "statement"))
    logit = sum(weight * value for weight, value in zip(model, (*candidate.features, 1.0), strict=True))
    return 1 / (1 + math.exp(-max(min(logit, 30.0), -30.0)))
