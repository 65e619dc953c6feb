"""Whether the articles bear out what a model writes: each sentence against all sentences that the model was given."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from qa.cite import Aligned, Judge, Written, align
from qa.types import Quote

Embed = Callable[[Sequence[str]], NDArray[np.float32]]
"""Unit vectors of several texts, one a row."""


class Verify:
    """Finds the quotes that bear a sentence out.

    Args:
        embed: makes unit vectors of texts.
        judge: logit that a claim follows from a few sentences.
    """

    def __init__(self, embed: Embed, judge: Judge) -> None:
        self._embed = embed
        self._judge = judge

    def against(self, quotes: Sequence[Quote], passages: Sequence[int]) -> "Check":
        """Get ready to check sentences against these quotes, each with the number of the passage that it is from."""
        return Check(quotes, passages, self._embed, self._judge)


class Check:
    """Checks the sentences of one answer."""

    def __init__(self, quotes: Sequence[Quote], passages: Sequence[int], embed: Embed, judge: Judge) -> None:
        self._quotes = quotes
        self._passages = passages
        self._embed = embed
        self._judge = judge
        self._vectors = embed([quote.quote for quote in quotes])

    def __call__(self, written: Written) -> Aligned:
        """The sentence with the quotes that bear it out best, and how well they do."""
        similarity = (self._vectors @ self._embed([written.text])[0]).tolist()
        hinted = [at for at, number in enumerate(self._passages) if number in written.hints]
        return align(written.text, self._quotes, similarity, self._judge, hinted)
