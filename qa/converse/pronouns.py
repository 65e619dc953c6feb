"""Pronouns without an antecedent in their own question get one from the conversation: "Who opened it?"."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qa.converse.antecedents import fits, group, person, place, pointed_at, thing, time
from qa.converse.phrases import (
    AUXILIARIES,
    BE,
    CLAUSE,
    CORPUS,
    DATE,
    DETERMINERS,
    PREPOSITIONS,
    PRONOUNS,
    SAYING,
    TIMES,
    Phrase,
    Token,
    is_participle,
    opens_noun,
    phrases,
    tokens,
)
from qa.converse.thread import Exchange, speakers
from qa.text import stem

_POSSESSIVES = frozenset("his hers its their theirs".split())
_NO_NOUN = PREPOSITIONS | CLAUSE | AUXILIARIES | {"then", "there", "again", "yesterday", "today"}
"""After "her" they show that it is no possessive: "Who met her in Prague?"."""
_DEMONSTRATIVES = frozenset("this that these those".split())
_STATED = re.compile(r"[^.!?]*[.!]+\s+\w")
"""What follows in a sentence that is no question, before one that may be."""
_PLEONASTIC = re.compile(  # "it" that stands for what follows, for the weather or for nothing
    r"(?<=what time is )it\b|it (?:that|rains?|snows?|seems|is said)\b"
    r"|it (?:takes?|costs?|means?|makes? sense) (?:to|for)\b",
    re.IGNORECASE,
)
_IT_IS = re.compile(  # "is *it* true that", "is *it* safer to invest in", "was *it* important for NATO to"
    r"it (?:(?:not|still|also|really|\w+ly|a|the) )?(\w+) (?:that|if|whether|to \w+ \w+|for (?:\w+ ){1,3}to)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Slot:
    """A place in the question that something from the conversation belongs in."""

    kind: str
    start: int
    end: int
    possessive: bool = False
    noun: str = ""
    """What is pointed at, as in "that meeting"; empty for a pronoun."""
    after: str = ""
    """The word before it."""


def fill_in(question: str, thread: Sequence[Exchange]) -> str:
    """The question with each kind of pronoun replaced once; a second one refers to the first."""
    filled: set[str] = set()
    spoke = speakers(thread)
    asked = question
    while slot := next((slot for slot in _slots(question, spoke) if slot.kind not in filled), None):
        filled.add(slot.kind)
        referent = _referent(slot, thread, spoke)
        if referent:
            question = f"{question[: slot.start]}{referent}{question[slot.end :]}"
    return question if question == asked else question[:1].upper() + question[1:]


def _slots(question: str, spoke: frozenset[str]) -> Iterator[_Slot]:
    """What the question leaves open, left to right."""
    all_tokens = tokens(question)
    pointed = {phrase.start: phrase for phrase in phrases(question)}
    for i, token in enumerate(all_tokens):
        kind = PRONOUNS.get(token.low)
        before = all_tokens[i - 1].low if i else ""
        if kind is None or _STATED.match(question, token.end):
            continue
        if token.low in _DEMONSTRATIVES and token.start in pointed:
            phrase = pointed[token.start]
            deictic = token.low == "this" and (phrase.head in TIMES or DATE.search(phrase.text))
            told = len(phrase.text.split()) > 2 or _complemented_at(question, phrase)
            if not (deictic or told or phrase.head.lower() in CORPUS):
                yield _Slot("noun", token.start, phrase.end, noun=phrase.head, after=before)
        elif _is_pronoun(question, all_tokens, i):
            after = all_tokens[i + 1].low if i + 1 < len(all_tokens) else ""
            possessive = token.low in _POSSESSIVES or (token.low == "her" and after.isalnum() and after not in _NO_NOUN)
            if kind == "thing" and before in BE and all_tokens[0].low == "who":  # "Who is that?"
                kind = "person"
            if not _is_bound(question, all_tokens, i, kind, possessive, spoke):
                yield _Slot(kind, token.start, token.end, possessive, after=before)


def _complemented_at(question: str, phrase: Phrase) -> bool:
    """Whether the phrase says itself which one is meant: "those cyclones on Jupiter", "that minister who left"."""
    after = tokens(question[phrase.end :])
    return len(after) > 1 and after[1].text[0].isalnum() and after[0].low in PREPOSITIONS | {"who", "which", "that"}


def _is_pronoun(question: str, all_tokens: list[Token], i: int) -> bool:
    """Whether the word refers to something at all: not "is there a plan", "it is true that", "said that NATO"."""
    token, before = all_tokens[i], all_tokens[i - 1].low if i else ""
    after = all_tokens[i + 1].low if i + 1 < len(all_tokens) else ""
    last = not after[:1].isalnum()
    if token.low == "there":
        exists = before in BE or after in AUXILIARIES | {"exist", "exists"}
        return i > 1 and (not exists or (last and all_tokens[0].low == "who"))
    if token.low == "then":
        return i > 1 and (last or before in {"since", "by", "until", "back"})
    if token.low in {"it", "this", "that"}:
        statement = stem(before) in SAYING or (before in BE and after in {"true", "right", "correct", "so"})
        if statement or _PLEONASTIC.match(question, token.start):
            return False
        if before in BE and (clause := _IT_IS.match(question, token.start)) and not is_participle(clause[1].lower()):
            return False
    if token.low == "that":
        return (before in AUXILIARIES | PREPOSITIONS or (last and i > 0)) and not opens_noun(all_tokens, i + 1)
    return token.low not in {"these", "those"} or after not in {"who", "that", "which"}


def _is_bound(
    question: str, all_tokens: list[Token], i: int, kind: str, possessive: bool, spoke: frozenset[str]
) -> bool:
    """Whether the question itself says what the pronoun refers to: in an earlier clause or, for "his", in the same."""
    region = i
    if not possessive or all_tokens[i - 1].low in AUXILIARIES:
        region = next((j for j in range(i - 1, 0, -1) if _opens_clause(all_tokens, j, i)), 0)
    earlier = question[: all_tokens[region].start]
    if any(fits(phrase, kind, spoke) for phrase in phrases(earlier)):
        return True
    if kind == "person" and region < i and tokens(earlier)[:1] and tokens(earlier)[0].low in {"who", "someone"}:
        return True
    # "When he arrived, what did Stoltenberg say?"
    _, comma, later = question[all_tokens[i].end :].partition(",")
    subordinate = all_tokens[0].low in CLAUSE and i in {1, 2} and all_tokens[1].low not in AUXILIARIES
    return bool(comma) and subordinate and any(fits(phrase, kind, spoke) for phrase in phrases(later))


def _opens_clause(all_tokens: list[Token], j: int, pronoun: int) -> bool:
    token = all_tokens[j]
    if token.text in {",", ";", ".", "?", "!", ":"}:
        return True
    last = pronoun + 1 == len(all_tokens) or not all_tokens[pronoun + 1].text[0].isalnum()
    preposition = j + 1 == pronoun and (last or all_tokens[pronoun].low in {"him", "her", "them"})  # "before him"
    return token.low in CLAUSE and not preposition


def _referent(slot: _Slot, thread: Sequence[Exchange], spoke: frozenset[str]) -> str | None:
    last = thread[-1]
    match slot.kind:
        case "person":
            found = person(thread, spoke)
        case "group":
            found = group(last, spoke)
        case "thing":
            found = thing(last, spoke)
        case "noun":
            found = pointed_at(slot.noun, thread, spoke, bare=slot.after in PREPOSITIONS)
        case "place":
            found = place(last, bare=slot.after in PREPOSITIONS)
        case _:
            found = time(last, bare=slot.after in PREPOSITIONS | {"back"})
    if not found:
        return None
    opening, space, rest = found.partition(" ")
    found = f"{opening.lower()}{space}{rest}" if opening.lower() in DETERMINERS else found
    if not slot.possessive:
        return found
    ending = phrases(found)[-1:]
    return f"{found}'" if ending and ending[0].plural and found.endswith("s") and not ending[0].named else f"{found}'s"
