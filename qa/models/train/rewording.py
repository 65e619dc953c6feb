"""The same in other words: what makes true claims of the sentences of an article."""

import random
import re
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from qa.cite.opposites import synonyms_of
from qa.models.train.lexicon import WordNet
from qa.text import STOP_WORDS

if TYPE_CHECKING:
    from qa.models.train.alike import Alike

SHORTEST = 30
"""Characters that must be left of a sentence when something is cut."""
ALIKE = 0.5
"""Least cosine of two words that are taken to mean the same."""
HARVESTED_ALIKE = 0.35
"""The same for words that somebody put for each other in one place, which need not fit in another."""
_SYNONYMS = Path(__file__).with_name("synonyms.txt")
"""Words and phrases that reports use for one another, one group a line."""
_GROUPS = [line.split(", ") for line in _SYNONYMS.read_text(encoding="utf-8").splitlines()]
_TIMES = Counter(phrase for group in _GROUPS for phrase in group)
_SAME = {
    phrase: [one for one in group if one != phrase] for group in _GROUPS for phrase in group if _TIMES[phrase] == 1
}
"""What can stand for a word or phrase; those of several groups mean several things and are not replaced."""
_KNOWN_PHRASES = re.compile(rf"\b(?:{'|'.join(sorted(_SAME, key=len, reverse=True))})\b")
_WRITTEN = dict(zip("two three four five six seven eight nine ten eleven twelve".split(), range(2, 13), strict=True))
_DIGITS = {str(value): word for word, value in _WRITTEN.items()}
_MONTH = "(January|February|March|April|May|June|July|August|September|October|November|December)"
_PERSON = r"[A-Z][\w’'.-]+(?: [A-Z][\w’'.-]+){0,3}"
_LOWERED = re.compile(
    r"(?:The|A|An|In|It|He|She|They|This|These|There|His|Her|Its|Their|On|At|By|During|After|Before|Since|From|Some|Many"
    r"|Two|All)\b"
)
"""Words that begin with a capital only where a sentence begins."""
_WORD = re.compile(r"\b[a-z][a-z-]{2,}\b")
Rule = tuple[str, str | Callable[[re.Match[str]], str]]


def lower_first(text: str) -> str:
    """A sentence's first word as it is written within one."""
    return text[:1].lower() + text[1:] if _LOWERED.match(text) else text


def _upper_first(text: str) -> str:
    return text[:1].upper() + text[1:]


CUTS: list[Rule] = [
    (r" \([^()]*\)", ""),
    (r", (?:which|who|where|whose|including|such as|although|while|especially) [^,;]+(?=[.,])", ""),
    (r"^(?:In|On|At|During|After|However|Meanwhile|Moreover)\b[^,]{0,60}, (\w)", lambda m: m[1].upper()),
    (r", (?:and|but) [^,;]{12,}(?=\.$)", ""),
    (r",? (?:because|after|before|despite|due to|in order to) [^,;]+(?=\.$)", ""),
    (r"\b(?:very|also|really|recently|largely|particularly|especially|just|then|still|already|currently) ", ""),
    (rf"^({_PERSON}), (?:an?|the) [^,]{{5,60}}, ", lambda m: f"{m[1]} "),
    (rf"^({_PERSON}), ((?:an?|the) [^,]{{5,60}}), .*", lambda m: f"{m[1]} is {m[2]}."),
    (rf"^({_PERSON}), who ((?:is|was|has|had) [^,]{{10,80}}), .*", lambda m: f"{m[1]} {m[2]}."),
    (r"^[^,;:]{12,}, (?:and|but) ((?:the|he|she|it|they|[A-Z]\w+) [^;]{25,})$", lambda m: _upper_first(m[1])),
]
"""What can be left out of a sentence; what remains is still borne out by it."""
MOVES: list[Rule] = [
    (r"^((?:In|On|At|During|After|Before|By|Since|From) [^,;]{3,50}), ([^;:]+)\.$",
     lambda m: f"{_upper_first(m[2])} {m[1][0].lower()}{m[1][1:]}."),
    (rf"^([^,;:]{{20,}}) (in (?:{_MONTH} )?\d{{4}}|on (?:Sun|Mon|Tues|Wednes|Thurs|Fri|Satur)day|last (?:week|year))"
     r"\.$",
     lambda m: f"{_upper_first(m[2])}, {lower_first(m[1])}."),
    (rf"^(.{{3,60}}?) (?:was|were) (\w+ed) by ({_PERSON}|the \w+(?: \w+)?)(?=[,.]| (?:in|on|at|and|for|after)\b)",
     lambda m: f"{_upper_first(m[3])} {m[2]} {lower_first(m[1])}"),
    (rf"\b[Tt]he (\w+) of ({_PERSON})(?=[,.]| (?:is|was|were|has|had|in|on|and|to)\b)", lambda m: f"{m[2]}'s {m[1]}"),
    (rf"({_PERSON})['’]s (\w+)(?=[,.]| (?:is|was|were|has|had|in|on|and|to|of)\b)", lambda m: f"the {m[2]} of {m[1]}"),
    (rf"^[“\"]((?:(?!\b(?:I|we|We|my|our|me|us|you)\b)[^”\"])+),[”\"] (said|says) ({_PERSON})\.$",
     lambda m: f"{m[3]} said that {lower_first(m[1])}."),
    (rf"^({_PERSON}) (?:said|stated|announced|noted) (?:that )?((?!\w*ing)[a-z][^“”\"]{{20,}})\.$",
     lambda m: f"According to {m[1]}, {m[2]}."),
    (rf"^According to ({_PERSON}), ([^“”\"]+)\.$", lambda m: f"{m[1]} said that {lower_first(m[2])}."),
    (rf"\b(\d\d?) {_MONTH} (\d{{4}})\b", lambda m: f"{m[2]} {m[1]}, {m[3]}"),
    (rf"\b{_MONTH} (\d\d?), (\d{{4}})\b", lambda m: f"{m[2]} {m[1]} {m[3]}"),
    (rf"\bon (?:\d\d? {_MONTH}|{_MONTH} \d\d?),? (\d{{4}})\b", lambda m: f"in {m[1] or m[2]} {m[3]}"),
    (r"(?<=\d) ?(?:%|per ?cent)(?!\w)", lambda m: {"%": " percent"}.get(m[0].strip(), "%")),
    (r"\$(\d[\d.,]*) (million|billion)\b", lambda m: f"{m[1]} {m[2]} dollars"),
    (r"(?<=\d),(?=\d{3}\b)", ""),
    (rf"\b({'|'.join(_WRITTEN)})\b", lambda m: str(_WRITTEN[m[0]])),
    (rf"(?<![\d.,$€£-])\b({'|'.join(_DIGITS)})\b(?![\d.,:%/-]\S)(?= [a-z])", lambda m: _DIGITS[m[0]]),
    (r"\b(is|was|are|were|did|does|do|has|had|could|would) not\b", lambda m: f"{m[1]}n't"),
    (r"n['’]t\b", " not"),
    (r"\bin order to\b", "to"), (r"\bdue to\b", "because of"), (r"\bbecause of\b", "due to"),
    (r"\bmore than\b", "over"), (r"\bover (?=\d)", "more than "), (r"\bsuch as\b", "like"), (r"\bas well as\b", "and"),
    (r"\b(?:about|around) (?=\d)", "approximately "), (r"\bapproximately\b", "about"), (r"\bhas to\b", "must"),
    (r"\bhave to\b", "must"), (r"\bmust\b", "has to"), (r"\bin the end\b", "eventually"),
    (r"\btook place\b", "was held"), (r"\btakes? part in\b", "participates in"),
    (r"\btook part in\b", "participated in"), (r"\bin addition to\b", "besides"), (r"\bprior to\b", "before"),
    (r"\bat least\b", "no fewer than"),
]  # fmt: skip
"""Other forms of the same: word order, who says it, dates, numbers."""


class Rewording:
    """Puts sentences in other words.

    Args:
        wordnet: knows synonyms.
        words: knows which of them are alike in use.
        harvested: single words that people or models put for each other without changing what a summary says.
        shuffle: where chance comes from.
    """

    def __init__(
        self, wordnet: WordNet, words: "Alike", harvested: Mapping[str, set[str]], shuffle: random.Random
    ) -> None:
        self._wordnet, self._words, self._harvested, self._shuffle = wordnet, words, harvested, shuffle

    def __call__(self, text: str, cut: bool = True) -> str:
        """The text in other words, often with less of it; sometimes as it was."""
        draw = self._shuffle.random
        if cut and draw() < 0.45:
            text = self._once(CUTS, text, least=SHORTEST)
        if draw() < 0.5:
            text = self._once(MOVES, text)
        if draw() < 0.2:
            text = self._once(MOVES, text)
        for _ in range(self._shuffle.choice([0, 0, 1, 1, 2, 3, 4, 5])):
            text = self._synonym(text)
        return text

    def _once(self, rules: list[Rule], text: str, least: int = 0) -> str:
        for pattern, new in self._shuffle.sample(rules, len(rules)):
            changed = re.sub(pattern, new, text, count=1)
            if changed != text and len(changed) >= least:
                return changed
        return text

    def _synonym(self, text: str) -> str:
        """One word or phrase replaced, as often one that is in the list as another."""
        pattern = _KNOWN_PHRASES if self._shuffle.random() < 0.6 else _WORD
        found = pattern.finditer(text)
        places = [match for match in found if match.group() in _SAME or match.group() not in STOP_WORDS]
        for place in self._shuffle.sample(places, len(places))[:10]:
            if same := self._same(place.group()):
                return text[: place.start()] + self._shuffle.choice(same) + text[place.end() :]
        return text

    def _same(self, word: str) -> list[str]:
        if word in _SAME:
            return _SAME[word]
        harvested = (one for one in self._harvested.get(word, ()) if self._words.cosine(word, one) > HARVESTED_ALIKE)
        others = {*self._wordnet.near_synonyms(word), *(one for one in synonyms_of(word) if one[-2:] == word[-2:])}
        return sorted({*harvested, *(one for one in others if self._words.cosine(word, one) > ALIKE)})
