"""Whether a few sentences bear a claim out, by a small network: a second opinion beside what can be checked by rule."""

from itertools import groupby
from pathlib import Path

from tokenizers import Encoding

from qa.models.onnx import WEIGHTS, Model, open_tokenizer

CLAIM_PIECES, PIECES = 64, 256
"""Longest claim, and longest claim and evidence together, in word pieces; what follows is not seen."""


class Verifier:
    """Reads a claim beside its evidence. Threads may share one.

    Args:
        weights_folder: holds `verifier.onnx` and `tokenizer.json`.

    Raises:
        ModelError: a file is missing or damaged.
    """

    def __init__(self, weights_folder: Path = WEIGHTS) -> None:
        self._model = Model(weights_folder / "verifier.onnx")
        self._tokenizer = open_tokenizer(weights_folder)
        self._cls, self._sep = self._tokenizer.encode("").ids

    def __call__(self, claim: str, evidence: str) -> tuple[float, float]:
        """Logits that the evidence bears out the claim as a whole, and the word of it that is least borne out."""
        words = self._tokenizer.encode(claim, add_special_tokens=False)
        first = [self._cls, *words.ids[:CLAIM_PIECES], self._sep]
        told = self._tokenizer.encode(evidence, add_special_tokens=False).ids
        second = [*told[: PIECES - len(first) - 1], self._sep]
        of_pieces, of_claim = self._model([*first, *second], [0] * len(first) + [1] * len(second))
        return float(of_claim), _least(words, claim, of_pieces[1 : len(first) - 1].tolist())


def _least(words: Encoding, text: str, of_pieces: list[float]) -> float:
    """The lowest mean of a word's pieces; marks are no words."""
    numbered = zip(words.word_ids, words.offsets, of_pieces, strict=False)
    pieces = [(number, logit) for number, (start, end), logit in numbered if text[start:end].isalnum()]
    means = []
    for _, group in groupby(pieces, key=lambda piece: piece[0]):
        logits = [logit for _, logit in group]
        means.append(sum(logits) / len(logits))
    return min(means, default=0.0)
