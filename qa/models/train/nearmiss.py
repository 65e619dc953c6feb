"""Near misses: questions that a passage almost answers, each made from one that it does answer.

A `Swap` replaces one term of a question. Put into the question alone, or into the passage alone, it makes a near miss;
put into both it leaves an answerable pair, so that a rare or new word gives nothing away.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qa.models.train.lexicon import WordNet, names_in
from qa.models.train.sources import mentions, tokens
from qa.text import STOP_WORDS, sentence_spans

if TYPE_CHECKING:
    from qa.models.train.alike import Alike

SERIES = [
    "january february march april may june july august september october november december",
    "monday tuesday wednesday thursday friday saturday sunday",
    "first second third fourth fifth sixth seventh eighth ninth tenth last",
    "two three four five six seven eight nine ten twelve twenty",
    "north south east west", "northern southern eastern western", "before after during", "male female",
    "men women children", "boys girls", "father mother brother sister son daughter uncle", "husband wife",
    "highest lowest", "largest smallest", "biggest smallest", "most least", "more fewer", "oldest youngest",
    "earliest latest", "longest shortest", "minimum maximum", "left right", "above below",
    "spring summer autumn winter",
    "thousand million billion", "morning afternoon evening night", "minutes hours days weeks months years centuries",
    "miles kilometers meters feet inches", "dollars euros pounds",
]  # fmt: skip
"""Words whose meanings exclude each other."""
_MEMBERS = {word: series.split() for series in SERIES for word in series.split()}
_NEAREST_NAMES, _NEAREST_WORDS = 25, 30
_SYNONYMS = 3
"""The nearest words often mean the same: this many are passed over."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and a passage; `start` is -1 where the passage does not answer."""

    question: str
    passage: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Swap:
    """One term of a question, and what takes its place."""

    old: str
    new: str
    kind: str

    def apply(self, text: str) -> str:
        """The text with every whole-word occurrence replaced, in the case it was written in."""
        return re.sub(rf"\b{re.escape(self.old)}\b", self._recase, text, flags=re.IGNORECASE)

    def _recase(self, match: re.Match[str]) -> str:
        return self.new[:1].upper() + self.new[1:] if match.group()[0].isupper() else self.new

    def in_question(self, pair: Pair) -> Pair | None:
        """A near miss: the question asks for something else than the passage tells."""
        if mentions(pair.passage, self.new):
            return None
        return Pair(self.apply(pair.question), pair.passage, -1, -1)

    def in_passage(self, pair: Pair) -> Pair | None:
        """A near miss: the passage tells of something else than the question asks."""
        if not mentions(pair.passage, self.old) or mentions(pair.passage[pair.start : pair.end], self.old):
            return None
        return Pair(pair.question, self.apply(pair.passage), -1, -1)

    def in_both(self, pair: Pair) -> Pair | None:
        """Still answerable, by the same words."""
        if not mentions(pair.passage, self.old) or mentions(pair.passage, self.new):
            return None
        before, answer = self.apply(pair.passage[: pair.start]), self.apply(pair.passage[pair.start : pair.end])
        passage = before + answer + self.apply(pair.passage[pair.end :])
        return Pair(self.apply(pair.question), passage, len(before), len(before) + len(answer))


class Swaps:
    """Finds the terms of a question that can be swapped."""

    def __init__(self, wordnet: WordNet, names: "Alike", words: "Alike") -> None:
        self._wordnet, self._names, self._words = wordnet, names, words

    def of(self, pair: Pair, shuffle: random.Random) -> list[Swap]:
        """Swaps of names, numbers, members of a series, opposites and other words, one for each term."""
        asked = [word for word in tokens(pair.question) if word not in STOP_WORDS]
        found = [*self._of_names(pair, shuffle), *self._of_numbers(asked, shuffle)]
        names = set(tokens(" ".join(swap.old for swap in found)))
        for word in asked:
            if word in _MEMBERS:
                others = [one for one in _MEMBERS[word] if one != word]
                found.append(Swap(word, shuffle.choice(others), "series"))
            elif opposites := self._wordnet.opposites(word):
                found.append(Swap(word, shuffle.choice(opposites), "opposite"))
            elif word not in names and mentions(pair.passage, word) and (others := self._other_words(word)):
                found.append(Swap(word, shuffle.choice(others), "word"))
        return found

    def _of_names(self, pair: Pair, shuffle: random.Random) -> Iterator[Swap]:
        """Names, swapped for one that is alike, or for a like one that the passage tells of in other sentences."""
        told = next((pair.passage[a:b] for a, b in sentence_spans(pair.passage) if b >= pair.end), pair.passage)
        elsewhere = [name for name in names_in(pair.passage) if not mentions(told, name)]
        for name in names_in(f"x {pair.passage}"):
            if mentions(pair.question, name):
                near = self._names.near(name)
                if near:
                    yield Swap(name, shuffle.choice(near[:_NEAREST_NAMES]), "name")
                if others := [one for one in elsewhere if one in near]:
                    yield Swap(name, shuffle.choice(others), "neighbour")

    @staticmethod
    def _of_numbers(asked: list[str], shuffle: random.Random) -> Iterator[Swap]:
        for word in asked:
            if re.fullmatch(r"1\d{3}|20\d\d", word):
                yield Swap(word, str(int(word) + shuffle.choice([-20, -10, -3, -2, -1, 1, 2, 3, 5, 10, 20])), "number")
            elif re.fullmatch(r"[1-9]\d{0,2}", word):
                yield Swap(word, str(int(word) + shuffle.choice([1, 2, 3, 5, 7, 10, 20])), "number")

    def _other_words(self, word: str) -> list[str]:
        if "a" in {part for part, _ in self._wordnet.parts(word)}:
            return []
        near = self._words.near(word)[_SYNONYMS:_NEAREST_WORDS]
        return [one for one in near if self._wordnet.replaceable(word, one)]


def neighbour_swapped(swap: Swap, pair: Pair) -> Pair:
    """A near miss about another name of the same passage."""
    return Pair(swap.apply(pair.question), pair.passage, -1, -1)


def without_answer(pair: Pair, golds: tuple[str, ...]) -> Pair | None:
    """A near miss: the passage without the sentences that hold an answer; None where that is all of it."""
    kept = [pair.passage[a:b] for a, b in sentence_spans(pair.passage)]
    kept = [sentence for sentence in kept if not any(mentions(sentence, gold) for gold in golds)]
    removed = [(a, b) for a, b in sentence_spans(pair.passage) if a <= pair.start < b]
    passage = " ".join(kept)
    if not kept or not removed or pair.passage[slice(*removed[0])] in passage or len(passage) < 60:
        return None
    return Pair(pair.question, passage, -1, -1)


_EVIDENCE = {
    "When": r"\d|\b(?:century|after|before|until|when|while|today|during|monday|january|march|june|july|october)\b",
    "Where": r"\b(?:in|at|near|from|to|outside|across|on)\b",
    "Why": r"\b(?:because|since|due|so|to|for|as|reason|cause[sd]?|therefore|thus|result(?:s|ed)?|after|hence)\b",
    "How": r"\b(?:by|using|with|through|via|method|means|as|in order)\b",
    "How much money": r"[$€£\d]|\b(?:million|billion|thousand|cost|paid|price)\b",
    "How often": r"\b(?:every|each|times|often|daily|weekly|annual(?:ly)?|year(?:ly)?|once|twice|always|never)\b",
}
"""Words that a sentence needs in order to answer each kind of question: where none occurs, it does not."""


def other_attribute(pair: Pair, shuffle: random.Random) -> Pair | None:
    """A near miss that asks when, where or why of what the passage tells something else about."""
    match = re.match(r"(When|Where|Why|How) (did|was|were|is|are|does|do|has|have|can)\b(.*)", pair.question)
    if match:
        kinds = [kind for kind in ("When", "Where", "Why", "How often") if kind != match[1]]
        asked = f"{match[2]}{match[3]}"
    else:
        match = re.match(r"(?:What|Which|Who)\b.*? (did|was|were|does) (.+? \w+)\?$", pair.question)
        if not match or "?" in match[2]:
            return None
        kinds = ["When", "Where", "Why", "How much money"]
        asked = f"{match[1]} {match[2]}?"
    fit = [kind for kind in kinds if not re.search(_EVIDENCE[kind], pair.passage, re.IGNORECASE)]
    return Pair(f"{shuffle.choice(fit)} {asked}", pair.passage, -1, -1) if fit else None


_UNTOLD = [
    ("How old is {}?", r"\bborn|\bage|years old|year-old"),
    ("When was {} born?", r"\bborn|birth|\bage"),
    ("Where was {} born?", r"\bborn|birth|\bfrom\b|raised|native"),
    ("Who is {} married to?", r"marri|wife|husband|spouse|wed"),
    ("How much did {} cost?", r"[$€£]|cost|price|paid|million|billion|worth"),
    ("How much does {} cost?", r"[$€£]|cost|price|paid|million|billion|worth|cheap|expens"),
    ("How many people live in {}?", r"popul|inhabitant|live|resid|people|citizen"),
    ("How many employees does {} have?", r"employ|staff|work|people|team"),
    ("What is the population of {}?", r"popul|inhabitant|live|resid|people"),
    ("Who founded {}?", r"found|establish|creat|start|set up|form|built|invent|develop"),
    ("When was {} founded?", r"found|establish|creat|start|form|built|began|\d"),
    ("Why did {} resign?", r"resign|step|quit|left|leave"),
    ("When did {} die?", r"\bdie|dead|death|kill|\d"),
    ("What did {} say?", r"\bsa(?:id|y)|told|stat|claim|argu|wr[io]t|announc|declar|“|\"|according|call"),
    ("What did {} promise?", r"promis|pledg|vow|commit|guarant|assur|will|would"),
    ("What did {} announce?", r"announc|declar|sa(?:id|y)|reveal|unveil|launch|told|stat"),
    ("Who did {} meet?", r"\bm[e]+t|talk|visit|confer|discuss|negotiat|summit|saw|with"),
    ("How long did {} last?", r"\d|last|hour|day|week|month|year|centur|long|until"),
    ("What award did {} win?", r"award|prize|won|win|medal|honou?r|cup|title|champion"),
    ("Who is the president of {}?", r"presid|leader|head|chair|ruler|king|govern"),
    ("Where is {} located?", r"\bin\b|at\b|near|locat|situat|border|between|coast|north|south|east|west"),
    ("What is the capital of {}?", r"capital|city|seat|town"),
    ("How tall is {}?", r"tall|high|height|feet|foot|met(?:er|re)s|elevat"),
    ("Who wrote {}?", r"wr[io]t|author|by\b|pen|compos|publish"),
    ("Who opened {}?", r"open|inaugurat|launch|start|began|found|by\b"),
]
"""Questions about anything that has a name, and what a passage that answers them would say."""


def untold(pair: Pair, shuffle: random.Random) -> Pair | None:
    """A near miss that asks something usual about a name of the passage, of which it says nothing."""
    names = names_in(pair.passage)
    if not names:
        return None
    name = shuffle.choice(names)
    fit = [text for text, signs in _UNTOLD if not re.search(signs, pair.passage, re.IGNORECASE)]
    return Pair(shuffle.choice(fit).format(name), pair.passage, -1, -1) if fit else None
