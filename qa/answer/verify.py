"""Whether the articles bear out what a model writes: each sentence against all sentences that the model was given."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from qa.cite import Judge, Statement, Written, align, sources, statement
from qa.types import Evidence

Embed = Callable[[Sequence[str]], NDArray[np.float32]]
"""Unit vectors of several texts, one a row."""


class Verify:
    """Finds the quotes that bear a sentence out.

    Args:
        embed: makes unit vectors of texts.
        judge: an opinion on whether a few sentences bear a claim out.
    """

    def __init__(self, embed: Embed, judge: Judge) -> None:
        self._embed = embed
        self._judge = judge

    def against(self, evidence: Sequence[Evidence]) -> Callable[[Written], Statement]:
        """Get ready to check sentences against passages, in the order in which the model was given them."""
        found = sources(evidence)
        vectors = self._embed([quote.quote for quote in found.quotes])

        def check(written: Written) -> Statement:
            similarity = (vectors @ self._embed([written.text])[0]).tolist()
            hinted = found.hinted(written.hints)
            return statement(align(written.text, found.quotes, similarity, self._judge, hinted))

        return check
