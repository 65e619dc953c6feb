"""Which phrases are alike, by the encoder that the reader starts from."""

from pathlib import Path

import torch
from tokenizers import Tokenizer

from qa.models.train.model import Reader
from qa.models.train.sources import tokens

TOO_ALIKE = 0.85
"""Cosine above which two phrases may be the same thing in other words."""


class Alike:
    """For each phrase of a list, those that are most alike: Poland, Hungary, the Czech Republic; shells, missiles."""

    def __init__(self, phrases: list[str], base: Path) -> None:
        self._phrases = phrases
        self._place = {phrase: number for number, phrase in enumerate(phrases)}
        self._vectors = _embed(phrases, base)
        self._known: dict[str, list[str]] = {}

    def near(self, phrase: str, count: int = 150) -> list[str]:
        """Up to `count` phrases that share no word with this one; none for a phrase that is not in the list."""
        if phrase not in self._place:
            return []
        if phrase not in self._known:
            scores = self._vectors @ self._vectors[self._place[phrase]]
            words = set(tokens(phrase))
            near = [self._phrases[n] for n in scores.topk(count + 10).indices.tolist() if scores[n] < TOO_ALIKE]
            self._known[phrase] = [one for one in near if not words & set(tokens(one))][:count]
        return self._known[phrase]

    def cosine(self, one: str, other: str) -> float:
        """How alike two phrases are; 0 where one is not in the list."""
        if one not in self._place or other not in self._place:
            return 0.0
        return float(self._vectors[self._place[one]] @ self._vectors[self._place[other]])


@torch.no_grad()
def _embed(phrases: list[str], base: Path) -> torch.Tensor:
    """Unit vectors of short phrases, by the encoder that the reader starts from."""
    encoder = Reader()
    encoder.load_encoder(base / "model.safetensors")
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.enable_padding()
    vectors = []
    for at in range(0, len(phrases), 256):
        batch = tokenizer.encode_batch(phrases[at : at + 256])
        ids, attention = (torch.tensor([getattr(one, what) for one in batch]) for what in ("ids", "attention_mask"))
        hidden = encoder.encode(ids, attention, torch.zeros_like(ids)) * attention[..., None]
        vectors.append(torch.nn.functional.normalize(hidden.sum(1), dim=-1))
    return torch.cat(vectors)
