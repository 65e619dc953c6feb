"""The words of the articles: how rare each is, and what a misspelt word of a question was meant to be."""

import json
import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence, Set
from dataclasses import asdict, dataclass, field
from typing import Self

from rapidfuzz.distance import DamerauLevenshtein
from rapidfuzz.process import extractOne

from qa.text import STOP_WORDS, WORD, stem, words

_SHORTEST_CORRECTED = 5
"""Shorter words have too many neighbours: a correction would more often be wrong than right."""
_EVERYDAY = 2_500
"""Words at the head of the dictionary that everybody uses about everything."""
_LONG = 8
"""Letters from which on a word may be two edits away from what was meant, unless it is only an unknown form of one."""
_RELATED_PREFIX = 5
"""Stems that share this many letters, and most of the shorter one, count as one word: germany, german."""


@dataclass(slots=True)
class WordCounts:
    """In how many passages each word and each stem occurs."""

    passages: int = 0
    words: dict[str, int] = field(default_factory=dict)
    """In lower case."""
    named: set[str] = field(default_factory=set)
    """Those of the words that are written with a capital somewhere."""
    stems: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, texts: Iterable[str]) -> Self:
        """Count the words of passages, each with its title."""
        counts = cls()
        for text in texts:
            counts.add(text)
        return counts

    def add(self, text: str) -> None:
        """Count one passage."""
        written = set(words(text))
        found = {word.lower() for word in written}
        self.passages += 1
        self.named.update(word.lower() for word in written if word[0].isupper())
        for word in found:
            self.words[word] = self.words.get(word, 0) + 1
        for stemmed in {stem(word) for word in found}:
            self.stems[stemmed] = self.stems.get(stemmed, 0) + 1

    def to_json(self) -> str:
        """All of it as text; `from_json` reads it."""
        return json.dumps({**asdict(self), "named": sorted(self.named)})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        read = json.loads(text)
        return cls(read["passages"], read["words"], set(read["named"]), read["stems"])


class Vocabulary:
    """What is known of every word in a set of passages.

    Args:
        counts: of the passages.
        dictionary: lower-case words that are spelt right although no article has them; they are never corrected.
            The most frequent come first.
    """

    def __init__(self, counts: WordCounts, dictionary: Sequence[str]) -> None:
        self._dictionary = frozenset(dictionary)
        self._everyday = frozenset(dictionary[:_EVERYDAY])
        self._passages = counts.passages
        self._frequency = counts.stems
        self._sorted = sorted(counts.stems)
        self._candidates: dict[str, list[str]] = {}
        """Words that a misspelt one may have been meant to be, by their first letter."""
        for word in counts.words:
            if len(word) >= _SHORTEST_CORRECTED and word.isalpha():
                self._candidates.setdefault(word[0], []).append(word)
        self._named = {
            initial: [word for word in found if word in counts.named] for initial, found in self._candidates.items()
        }

    def knows(self, stemmed: str) -> bool:
        """Whether any text has a word with this stem, or with one that is clearly related."""
        if stemmed in self._frequency:
            return True
        prefix = stemmed[:_RELATED_PREFIX]
        first = bisect_left(self._sorted, prefix)
        for known in self._sorted[first:]:
            if not known.startswith(prefix):
                return False
            if related(stemmed, known):
                return True
        return False

    def rarity(self, stemmed: str) -> float:
        """BM25's inverse document frequency: about 0 for a word of every passage, most for one of none."""
        n = self._frequency.get(stemmed, 0)
        return math.log(1 + (self._passages - n + 0.5) / (n + 0.5))

    def tells(self, word: str) -> bool:
        """Whether it tells anything that no article has a word: "get" or "expensive" may be said in other words."""
        return word[0].isupper() or word not in self._everyday

    def correct(self, question: str) -> str:
        """The question with its misspelt words replaced by the articles' nearest words; all else as it was."""
        return WORD.sub(lambda match: self._meant(match.group(), match.start()) or match.group(), question)

    def _meant(self, word: str, position: int) -> str | None:
        low = word.lower()
        if len(low) < _SHORTEST_CORRECTED or not low.isalpha() or low in STOP_WORDS or low in self._dictionary:
            return None
        if stem(word) in self._frequency:
            return None
        allowed = 2 if len(low) >= _LONG and not self.knows(stem(word)) else 1
        # A name can only have been meant to be a name.
        candidates = self._named if word[0].isupper() and position > 0 else self._candidates
        match = extractOne(low, candidates.get(low[0], []), scorer=DamerauLevenshtein.distance, score_cutoff=allowed)
        if not match:
            return None
        meant: str = match[0]
        return meant.capitalize() if word[0].isupper() else meant


def among(stemmed: str, stems: Set[str]) -> bool:
    """Whether a stem, or one that is clearly related, is one of some stems."""
    prefix = stemmed[: _RELATED_PREFIX - 1]
    return stemmed in stems or any(related(stemmed, one) for one in stems if one.startswith(prefix))


def related(one: str, other: str) -> bool:
    """Whether two stems are the same word, or near enough: `german` and `germani`, `ukrain` and `ukrainian`."""
    if one == other:
        return True
    shorter = min(len(one), len(other))
    return shorter >= _RELATED_PREFIX and one[: shorter - 1] == other[: shorter - 1] and abs(len(one) - len(other)) <= 4
