"""A conversation as exchanges of question and answer, and what its answers show about names."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile

from qa.converse.phrases import AUXILIARIES, DETERMINERS, SAYING, is_participle, tokens
from qa.text import sentence_spans, stem, words
from qa.types import Role, Turn

_TURNS = 12
"""How far back a conversation is read: topics change sooner, and it bounds the time."""
_CHARACTERS = 1_500
"""How much of a turn is read: an answer's first sentences hold what it is about."""
_SHORT_ANSWER_WORDS = 12
_REFUSED = "the articles do not say"
_SUBJECTS = frozenset("he she it they this there these those".split())
_PLEASANTRIES = frozenset(
    "thanks thank you very much so ok okay hi hello great yes no please sorry cool nice wow good bye".split()
)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and what was answered; a refusal leaves the answer empty."""

    question: str
    answer: str = ""
    short: str = ""
    """The short answer that opens the answer: "Wiesbaden, Germany"; empty where it opens with a sentence."""


def exchanges(history: Sequence[Turn]) -> list[Exchange]:
    """The last turns in pairs, oldest first; either side may be missing, thanks and greetings do not count."""
    pairs: list[tuple[str, str]] = []
    for turn in history[-_TURNS:]:
        text = turn.text[:_CHARACTERS].strip()
        if turn.role is Role.USER:
            if any(word.lower() not in _PLEASANTRIES for word in words(text)):
                pairs.append((text, ""))
        elif not text.lower().startswith(_REFUSED) and not (pairs and pairs[-1][1]):
            question = pairs.pop()[0] if pairs else ""
            pairs.append((question, re.sub(r" ?\[\d+\]", "", text)))
    return [Exchange(question, answer, _short_answer(answer)) for question, answer in pairs]


def speakers(thread: Iterable[Exchange]) -> frozenset[str]:
    """Last words of the names that somebody's saying stands beside: "said Jan *Lipavský*", "*Stoltenberg* noted"."""
    found: set[str] = set()
    for exchange in thread:
        said = tokens(f"{exchange.question} {exchange.answer}")
        for i, token in enumerate(said):
            if stem(token.text) in SAYING:
                after = list(takewhile(lambda following: following.text[0].isupper(), said[i + 1 : i + 8]))
                found.update(name.text for name in [*said[max(i - 1, 0) : i], *after[-1:]] if name.text[0].isupper())
    return frozenset(found)


def _short_answer(answer: str) -> str:
    spans = sentence_spans(answer)
    first = answer[slice(*spans[0])].rstrip(".") if spans else ""
    said = [word.lower() for word in words(first)]
    sentence = any(word in AUXILIARIES or is_participle(word) for word in said) or said[:1] in [[w] for w in _SUBJECTS]
    if sentence or not said or first[0] in "“\"'‘" or len(said) > _SHORT_ANSWER_WORDS:
        return ""
    return first[0].lower() + first[1:] if said[0] in {*words(answer), *DETERMINERS} else first
