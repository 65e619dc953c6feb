"""Whether a few sentences bear a claim out, by a small network: a second opinion beside what can be checked by rule."""

from pathlib import Path

from qa.models.onnx import WEIGHTS, Model, open_tokenizer

CLAIM_PIECES, PIECES = 48, 256
"""Longest claim, and longest claim and evidence together, in word pieces; what follows is not seen."""


class Verifier:
    """Reads a claim beside its evidence. Threads may share one.

    Args:
        path: the ONNX file; the word pieces are those of the embedding.

    Raises:
        ModelError: a file is missing or damaged.
    """

    def __init__(self, path: Path) -> None:
        self._model = Model(path)
        self._tokenizer = open_tokenizer(WEIGHTS)
        self._cls, self._sep = self._tokenizer.encode("").ids

    def __call__(self, claim: str, evidence: str) -> float:
        """The logit that the evidence bears the claim out."""
        first = [self._cls, *self._pieces(claim)[:CLAIM_PIECES], self._sep]
        second = [*self._pieces(evidence)[: PIECES - len(first) - 1], self._sep]
        _, _, answerable = self._model([*first, *second], [0] * len(first) + [1] * len(second))
        return float(answerable)

    def _pieces(self, text: str) -> list[int]:
        pieces: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return pieces
