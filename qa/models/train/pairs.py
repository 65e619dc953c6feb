"""Claims beside evidence, made from the sentences of articles: what the verifier is trained on."""

import math
import random
import re
from collections import Counter
from collections.abc import Sequence
from typing import TypedDict

from qa.models.train.edits import Edit, Range, apply
from qa.models.train.falsify import Falsifier
from qa.models.train.rewording import Rewording, lower_first
from qa.text import STOP_WORDS, WORD, stem

SHORT, LONG = 40, 330
"""Characters of a sentence that claims are made of."""
_NEW = 0.35
"""Least share of a claim's words that other sentences must lack to be no evidence for it."""
_JOINTS = (", and ", ", and ", "; ", ", while ", " and ")


class Pair(TypedDict):
    """One line of what `claims.py` writes and `train_verifier.py` reads; offsets in characters of the claim."""

    claim: str
    evidence: str
    supported: bool
    wrong: list[Range]
    """Words that the evidence does not bear out."""
    unknown: list[Range]
    """Words of which that is not known; all others are borne out."""
    kind: str
    """How it was made, for whoever looks at the data; training does not use it."""


class Article:
    """The sentences of an article, to find those that are nearest to a claim.

    Args:
        sentences: in their order.
    """

    def __init__(self, sentences: Sequence[str]) -> None:
        self.sentences = sentences
        self._stems = [content(sentence) for sentence in sentences]
        frequency = Counter(one for found in self._stems for one in found)
        self._rarity = {one: math.log(1 + len(sentences) / count) for one, count in frequency.items()}

    def nearest(self, claim: str, count: int, without: Sequence[int] = ()) -> list[int]:
        """The sentences that share most of a claim's rare words, then most of what is still missing, in their order."""
        missing = content(claim)
        chosen: list[int] = []
        left = [n for n in range(len(self.sentences)) if n not in without]
        while left and len(chosen) < count:
            best = max(left, key=lambda n: (sum(self._rarity[one] for one in self._stems[n] & missing), -n))
            missing = missing - self._stems[best] or content(claim)
            left.remove(best)
            chosen.append(best)
        return sorted(chosen)

    def text(self, places: Sequence[int]) -> str:
        """Some sentences in their order."""
        return " ".join(self.sentences[n] for n in sorted({*places}))


def content(text: str) -> set[str]:
    """The stems of a text's words that are not stop words."""
    return {stem(word.lower()) for word in WORD.findall(text) if word.lower() not in STOP_WORDS}


def absent(claim: str, evidence: str, begin: int = 0) -> list[Range]:
    """Where in a claim, from an offset on, the words are that the evidence does not have; stop words do not count."""
    told = content(evidence)
    return [match.span() for match in WORD.finditer(claim, begin)
            if match.group().lower() not in STOP_WORDS and stem(match.group().lower()) not in told]  # fmt: skip


class Maker:
    """Makes true and false claims of an article's sentences."""

    def __init__(self, reword: Rewording, falsify: Falsifier, shuffle: random.Random) -> None:
        self._reword, self._falsify, self._shuffle = reword, falsify, shuffle

    def pairs(self, article: Article, at: int) -> list[Pair]:
        """Claims about one sentence."""
        made = [*self._true(article, at), *self._changed(article, at), *self._changed(article, at)]
        if self._shuffle.random() < 0.6:
            made += self._true(article, at)
        if self._shuffle.random() < 0.35:
            made += self._removed(article, at)
        if self._shuffle.random() < 0.35 and at + 1 < len(article.sentences):
            made += self._fused(article, at)
        return made

    def edited(self, claim: str, evidence: str, around: Sequence[str], kind: str) -> list[Pair]:
        """A true claim that somebody wrote, made false."""
        drawn = self._falsify.draw(claim, around)
        if not drawn:
            return []
        false, wrong = apply(claim, drawn[1])
        return [unsupported(false, evidence, f"{kind}-{drawn[0]}", wrong)]

    def _true(self, article: Article, at: int) -> list[Pair]:
        sentence = article.sentences[at]
        if self._shuffle.random() < 0.15:
            # The article's words are the unusual ones.
            other = self._reword(sentence, cut=False)
            return [supported(sentence, self._evidence(article, at, sentence).replace(sentence, other), "true-back")]
        claim = self._reword(sentence)
        return [supported(claim, self._evidence(article, at, claim), "true")]

    def _changed(self, article: Article, at: int) -> list[Pair]:
        """One thing changed, in the claim, in the article, or in both: the odd word alone gives nothing away."""
        sentence = article.sentences[at]
        claim = self._reword(sentence)
        around = [article.sentences[n] for n in range(max(0, at - 2), min(len(article.sentences), at + 3)) if n != at]
        if not (drawn := self._falsify.draw(claim, around)):
            return []
        kind, edits = drawn
        false, wrong = apply(claim, edits)
        evidence = self._evidence(article, at, false)
        draw = self._shuffle.random()
        if draw >= 0.62 and (other := _likewise(claim, edits, sentence)):
            evidence = evidence.replace(sentence, other)
            if draw >= 0.8:
                return [supported(false, evidence, f"{kind}-both")]
            wrong = [(edit.start, edit.end) for edit in edits]
            return [unsupported(claim, evidence, f"{kind}-article", wrong)]
        return [unsupported(false, evidence, kind, wrong)]

    def _removed(self, article: Article, at: int) -> list[Pair]:
        """A claim beside what comes nearest in its article, without the sentence that bears it out."""
        claim = self._reword(article.sentences[at])
        evidence = article.text(article.nearest(claim, self._shuffle.choice([1, 2, 3]), [at]))
        wrong = absent(claim, evidence)
        if not evidence or len(wrong) < max(3, _NEW * len(content(claim))):
            return []
        return [unsupported(claim, evidence, "removed", wrong, rest(claim, wrong))]

    def _fused(self, article: Article, at: int) -> list[Pair]:
        """Two sentences in one claim, with both in the evidence and with one of them."""
        one, other = self._reword(article.sentences[at]), self._reword(article.sentences[at + 1])
        if not all(SHORT // 2 < len(part) < LONG // 2 and part.endswith(".") for part in (one, other)):
            return []
        joint = self._shuffle.choice(_JOINTS)
        claim = one[:-1] + joint + lower_first(other)
        both = article.text([at, at + 1, *self._distractors(article, claim, [at, at + 1])])
        made = [supported(claim, both, "fused")]
        half = article.text([at, *article.nearest(claim, self._shuffle.choice([0, 1, 2]), [at, at + 1])])
        begin = len(one) - 1 + len(joint)
        wrong = absent(claim, half, begin)
        if len(wrong) >= 3:
            unknown = [(a, b) for a, b in rest(claim, wrong) if a >= begin]
            made.append(unsupported(claim, half, "half", wrong, unknown))
        return made

    def _evidence(self, article: Article, at: int, claim: str) -> str:
        return article.text([at, *self._distractors(article, claim, [at])])

    def _distractors(self, article: Article, claim: str, known: list[int]) -> list[int]:
        """Up to two sentences beside those that matter: the nearest ones, or the neighbours."""
        draw = self._shuffle.random()
        if draw < 0.3:
            return []
        if draw < 0.6:
            return [n for n in (known[0] - 1, known[-1] + 1) if 0 <= n < len(article.sentences)]
        return article.nearest(claim, self._shuffle.choice([1, 2]), known)


def supported(claim: str, evidence: str, kind: str) -> Pair:
    """A pair whose evidence bears out every word of the claim."""
    return Pair(claim=claim, evidence=evidence, supported=True, wrong=[], unknown=[], kind=kind)


def unsupported(claim: str, evidence: str, kind: str, wrong: list[Range], unknown: Sequence[Range] = ()) -> Pair:
    """A pair whose evidence does not bear the claim out."""
    return Pair(claim=claim, evidence=evidence, supported=False, wrong=wrong, unknown=[*unknown], kind=kind)


def rest(claim: str, known: Sequence[Range]) -> list[Range]:
    """Where the words are that are not among those known."""
    return [match.span() for match in WORD.finditer(claim) if match.span() not in known]


def _likewise(claim: str, edits: Sequence[Edit], sentence: str) -> str | None:
    """The same edits in the sentence that the claim was made of; None where it has other words there."""
    moved = []
    for edit in edits:
        old = claim[edit.start : edit.end]
        found = list(re.finditer(rf"(?<!\w){re.escape(old)}(?!\w)", sentence)) if old else []
        if len(found) != 1:
            return None
        moved.append(Edit(*found[0].span(), edit.new))
    return apply(sentence, moved)[0]
