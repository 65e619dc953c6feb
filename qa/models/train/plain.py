"""The public sets' own questions, beside the passage that they were asked about and beside others."""

import random

from tqdm import tqdm

from qa.models.train.sources import BM25, NO_ANSWER, Asked, Collection, Example, mentions
from qa.text import sentence_spans

POSITIVES = {"new_wiki": 2.0, "reddit": 0.6, "amazon_reviews": 0.35, "squad2": 3.0, "qed": 2.0, "qamr": 0.5, "nqg": 1.5}
"""How often a set's questions are read beside their own passage, each time in another cut of it."""
NEGATIVES = {"new_wiki": 1.2, "reddit": 0.25, "amazon_reviews": 0.2, "squad2": 1.0, "qed": 1.2, "qamr": 0.2, "nqg": 0.8}
"""How often beside a passage that does not answer them."""
WHOLE = 0.35
"""Share of passages that are not cut."""
SENTENCES_ONLY = {"qamr"}
"""Sets whose passages are single sentences: half of these get neighbours."""


def cut(passage: str, start: int, end: int, shuffle: random.Random) -> tuple[str, int, int]:
    """A random run of sentences that keeps the answer, with the answer's offsets in it."""
    sentences = sentence_spans(passage)
    if len(sentences) < 3 or shuffle.random() < WHOLE:
        return passage, start, end
    if start >= 0:
        first = max((n for n, (begin, _) in enumerate(sentences) if begin <= start), default=0)
        last = max(first, min((n for n, (_, stop) in enumerate(sentences) if stop >= end), default=first))
    else:
        first = last = shuffle.randrange(len(sentences))
    begin = sentences[max(0, first - shuffle.randint(0, 2))][0]
    stop = sentences[min(len(sentences) - 1, last + shuffle.randint(0, 2))][1]
    return passage[begin:stop], *((start - begin, end - begin) if start >= 0 else (start, end))


def among(others: list[str], sentence: str, start: int, end: int, shuffle: random.Random) -> tuple[str, int, int]:
    """A single sentence with others before and after it."""
    before = shuffle.randint(0, len(others))
    lead = "".join(f"{other} " for other in others[:before])
    text = lead + sentence + "".join(f" {other}" for other in others[before:])
    return text, *((start + len(lead), end + len(lead)) if start >= 0 else (start, end))


def rounds(rate: float, count: int, shuffle: random.Random) -> list[int]:
    """`rate * count` numbers below `count`, all equally often as far as that goes."""
    numbers = [n for _ in range(int(rate)) for n in range(count)]
    return numbers + shuffle.sample(range(count), int((rate - int(rate)) * count))


class Neighbours:
    """Passages of a collection that are near a question and do not hold its answer."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._search = BM25(collection.passages)
        self._siblings = collection.siblings()

    def without_answer(self, asked: Asked, shuffle: random.Random) -> int | None:
        """By search (75 %), from the same document (15 %) or from anywhere; None where nothing fits."""
        passages, documents = self._collection.passages, self._collection.documents
        draw = shuffle.random()
        if draw < 0.75:
            found = self._search.nearest(asked.question, 5)
        elif draw < 0.9:
            found = self._siblings[documents[asked.passage]]
        else:
            found = [shuffle.randrange(len(passages))]
        fit = [
            number
            for number in found
            if number != asked.passage and not any(mentions(passages[number], gold) for gold in asked.golds)
        ]
        return shuffle.choice(fit) if fit else None


def plain_examples(collection: Collection, shuffle: random.Random) -> list[Example]:
    """The questions of a collection beside their own passage and beside others."""
    name, passages = collection.name, collection.passages
    neighbours = Neighbours(collection)

    def placed(asked: Asked, passage: int, start: int, end: int, kind: str) -> Example:
        if name not in SENTENCES_ONLY:
            text, start, end = cut(passages[passage], start, end, shuffle)
        else:
            text = passages[passage]
            if shuffle.random() < 0.5:
                others = [shuffle.choice(passages) for _ in range(shuffle.randint(1, 3))]
                text, start, end = among(others, text, start, end, shuffle)
        return Example(
            question=asked.question, passage=text, start=start, end=end, marked=asked.marked, kind=f"{name}/{kind}"
        )

    made = []
    for number in rounds(POSITIVES[name], len(collection.asked), shuffle):
        asked = collection.asked[number]
        kind = "unanswerable" if asked.start == NO_ANSWER else "own"
        made.append(placed(asked, asked.passage, asked.start, asked.end, kind))
    for number in tqdm(rounds(NEGATIVES[name], len(collection.asked), shuffle), desc=f"others for {name}", leave=False):
        asked = collection.asked[number]
        other = None if asked.start == NO_ANSWER else neighbours.without_answer(asked, shuffle)
        if other is not None:
            made.append(placed(asked, other, NO_ANSWER, NO_ANSWER, "other"))
    return made
