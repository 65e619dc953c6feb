"""The words of the articles: how rare each is, and what a misspelt word of a question was meant to be."""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence

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


class Vocabulary:
    """What is known of every word in a set of texts.

    Args:
        texts: the passages, each with its title.
        dictionary: lower-case words that are spelt right although no article has them; they are never corrected.
            The most frequent come first.
    """

    def __init__(self, texts: Iterable[str], dictionary: Sequence[str]) -> None:
        self._dictionary = frozenset(dictionary)
        self._everyday = frozenset(dictionary[:_EVERYDAY])
        self._passages = 0
        self._words: Counter[str] = Counter()
        self._named: set[str] = set()
        self._frequency: Counter[str] = Counter()
        for text in texts:
            written = set(words(text))
            found = {word.lower() for word in written}
            self._words.update(found)
            self._named.update(word.lower() for word in written if word[0].isupper())
            self._frequency.update({stem(word) for word in found})
            self._passages += 1
        self._sorted = sorted(self._frequency)
        self._candidates = [word for word in self._words if len(word) >= _SHORTEST_CORRECTED and word.isalpha()]

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
        n = self._frequency[stemmed]
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
        named = word[0].isupper() and position > 0
        same_initial = [w for w in self._candidates if w[0] == low[0] and (w in self._named or not named)]
        match = extractOne(low, same_initial, scorer=DamerauLevenshtein.distance, score_cutoff=allowed)
        if not match:
            return None
        meant: str = match[0]
        return meant.capitalize() if word[0].isupper() else meant


def related(one: str, other: str) -> bool:
    """Whether two stems are the same word, or near enough: `german` and `germani`, `ukrain` and `ukrainian`."""
    if one == other:
        return True
    shorter = min(len(one), len(other))
    return shorter >= _RELATED_PREFIX and one[: shorter - 1] == other[: shorter - 1] and abs(len(one) - len(other)) <= 4
