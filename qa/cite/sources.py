"""The sentences of the evidence, as quotes that a sentence of an answer can be aligned to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qa.text import sentence_spans
from qa.types import Evidence, Quote


@dataclass(frozen=True, slots=True)
class Sources:
    """Every sentence of the passages that the model was given, once each."""

    quotes: tuple[Quote, ...]
    passages: tuple[frozenset[int], ...]
    """For each passage, in the order in which the model saw them, the places of its sentences among the quotes."""

    def hinted(self, marks: Iterable[int]) -> frozenset[int]:
        """The places of the quotes that a model's marks refer to, passages being numbered from 1."""
        return frozenset(at for n in marks if 1 <= n <= len(self.passages) for at in self.passages[n - 1])


def sources(evidence: Sequence[Evidence]) -> Sources:
    """The sentences of some passages; a sentence that is in two of them is one quote."""
    places: dict[tuple[str, int, int], int] = {}
    quotes: list[Quote] = []
    passages = []
    for passage in (item.passage for item in evidence):
        inside = set()
        for start, end in sentence_spans(passage.text):
            key = (passage.article_id, passage.start + start, passage.start + end)
            if key not in places:
                places[key] = len(quotes)
                quotes.append(Quote(passage.article_id, passage.title, passage.url, passage.text[start:end], *key[1:]))
            inside.add(places[key])
        passages.append(frozenset(inside))
    return Sources(tuple(quotes), tuple(passages))
