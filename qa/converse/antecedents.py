"""What a pronoun can stand for: the persons, groups, things, places and times that an exchange talks about."""

import re
from collections.abc import Sequence
from itertools import pairwise

from qa.converse.phrases import (
    CORPUS,
    DATE,
    DETERMINERS,
    FUNCTION,
    MODALS,
    PLACES,
    PREPOSITIONS,
    ROLES,
    TIMES,
    Phrase,
    complemented,
    frame,
    phrases,
    tokens,
)
from qa.converse.thread import Exchange
from qa.text import stem

_AT = frozenset("in at near".split())
_LOCATIVE = _AT | {"from", "to"}
_COUNTED = frozenset("which what many much".split())
"""The noun after them is what is asked for, nothing that was talked about."""
_ASKING_FOR_ONE = ("who", "what", "which")
_NO_PERSONS = frozenset(
    "palace ministry organisation organization alliance university act river street union council summit initiative "
    "states kingdom republic conference committee company party war treaty city game league bank agency office "
    "january february march april may june july august september october november december".split()
)
"""Last words of names that are no person's."""
_RECALLED = 3
"""How many exchanges back a person is looked for."""


def name_of(phrase: Phrase) -> str:
    """A name without titles: "Jan Lipavský" of "Czech Foreign Minister Jan Lipavský"; empty if nothing is left."""
    parts = phrase.text.split()
    titles = [i for i, part in enumerate(parts) if part.lower().strip(".") in ROLES]
    parts = parts[titles[-1] + 1 :] if titles else parts
    while parts and parts[0].islower():  # "said Jan Lipavský"
        parts = parts[1:]
    return " ".join(parts) if parts and parts[0].lower() not in DETERMINERS else ""


def personhood(phrase: Phrase, spoke: frozenset[str]) -> int:
    """How surely this is a person: 3 by a title or by having spoken, 2 by a full name, 1 perhaps, 0 not."""
    name = name_of(phrase)
    if not phrase.named or not name:
        return int(phrase.head.lower() in ROLES)
    last = name.split()[-1]
    if last.isupper() or last.lower() in _NO_PERSONS or phrase.before in _AT or last[0].isdigit():
        return 0
    if name != phrase.text or last in spoke:
        return 3
    return 2 if len(name.split()) in {2, 3} else 1


def fits(phrase: Phrase, kind: str, spoke: frozenset[str]) -> bool:
    """Whether a pronoun of this kind can stand for the phrase."""
    head = phrase.head.lower()
    if head in CORPUS or phrase.text[0].isdigit() or DATE.fullmatch(phrase.text):
        return False
    if kind == "person":
        return personhood(phrase, spoke) > 0
    if kind == "group":
        return phrase.plural or (phrase.named and personhood(phrase, spoke) < 2)
    if kind == "place":
        return phrase.before in _AT
    one = phrase.named or not phrase.plural
    return kind == "thing" and one and personhood(phrase, spoke) < 3 and head not in ROLES | TIMES


def person(thread: Sequence[Exchange], spoke: frozenset[str]) -> str | None:
    """The person last talked about, by the fullest name: surest in the question, then in the answer."""
    for exchange in reversed(thread[-_RECALLED:]):
        asked = frame(exchange.question)
        named = 1 if asked is not None and asked.asking.lower().startswith("who") else 2
        question, short, answer = exchange.question, exchange.short, exchange.answer
        for text, sure in ((question, 2), (short, named), (answer, 2), (question, 1)):
            found = [phrase for phrase in _with_owners(text) if personhood(phrase, spoke) >= sure]
            if found:
                best = max(found, key=lambda phrase: personhood(phrase, spoke))
                return _fullest(name_of(best) or best.text, thread)
    return None


def _with_owners(text: str) -> list[Phrase]:
    """The phrases of a text, and who owns them: "Jens Stoltenberg" in "Jens Stoltenberg's proposal"."""
    found = []
    for phrase in phrases(text):
        owner = re.split(r"['’]s\b", phrase.text)[0]
        found.append(Phrase(owner, phrase.start, phrase.start + len(owner), phrase.before))
    return found


def _fullest(name: str, thread: Sequence[Exchange]) -> str:
    """ "Jens Stoltenberg" for "Stoltenberg", if somebody called him so."""
    for exchange in reversed(thread):
        for phrase in _with_owners(f"{exchange.question} {exchange.answer}"):
            full = name_of(phrase).split()
            if 1 < len(full) < 4 and len(full) > len(name.split()) and stem(full[-1]) == stem(name.split()[-1]):
                return " ".join(full)
    return name


def group(last: Exchange, spoke: frozenset[str]) -> str | None:
    """The several last talked about: those asked for, else the question's subject, else the answer's."""
    asked = frame(last.question)
    found = phrases(last.question)
    if asked and asked.asking.lower().startswith(_ASKING_FOR_ONE) and _is_several(last.short):
        return last.short
    for first, second in pairwise(found):
        if first.named and second.named and second.before == "and":
            return last.question[first.start : second.end]
    kept = [i for i, phrase in enumerate(found) if fits(phrase, "group", spoke) and phrase.before not in _COUNTED]
    kept.sort(key=lambda i: (not found[i].plural, found[i].before in _LOCATIVE))
    if kept:
        return complemented(last.question, found, kept[0])
    if _is_several(last.short):
        return last.short
    answered = (phrase for phrase in phrases(last.answer) if phrase.plural and fits(phrase, "group", spoke))
    return next((phrase.text for phrase in answered if phrase.named or phrase.text.lower().startswith("the ")), None)


def thing(last: Exchange, spoke: frozenset[str]) -> str | None:
    """The one thing last talked about: what was asked for, else the question's subject, else what happened."""
    asked = frame(last.question)
    found = phrases(last.question)
    asking = asked.asking.lower().split() if asked and asked.auxiliary.lower() in MODALS else []
    if asking == ["what"] and any(p.start == 0 and fits(p, "thing", spoke) for p in phrases(last.short)[:1]):
        return last.short
    if len(asking) > 1 and asking[0] == "what" and (named := _repeated(asking[-1], last.answer)):
        return named
    kept = [i for i, phrase in enumerate(found) if fits(phrase, "thing", spoke) and phrase.before not in _COUNTED]
    kept = [i for i in kept if not (found[i].named and found[i].before in _LOCATIVE)]
    if kept:
        return complemented(last.question, found, min(kept, key=lambda i: found[i].named))
    answered = [p.text for p in phrases(last.answer) if p.text[:4].lower() == "the " and fits(p, "thing", spoke)]
    return _event(last.question) or (answered[0] if answered and asking[:1] == ["what"] else None)


def pointed_at(noun: str, thread: Sequence[Exchange], spoke: frozenset[str], bare: bool) -> str | None:
    """What "that meeting" is: the meeting that was talked about; a city or a year that was the answer."""
    last = thread[-1]
    for text in (last.question, last.short, last.answer):
        if repeated := _repeated(noun, text):
            return repeated
    event = _event(last.question)
    if event and stem(noun) in map(stem, event.split()):
        return event
    if noun in PLACES:
        return place(last, bare)
    if noun in TIMES:
        return time(last, bare)
    if noun in ROLES:
        return person(thread, spoke)
    return None


def place(last: Exchange, bare: bool) -> str | None:
    """Where, as the answer or else the question says: "in Wiesbaden, Germany"; bare without "in"."""
    asked = frame(last.question)
    said = asked.asking.lower().split() if asked else []
    if last.short and ("where" in said or PLACES & set(said)):
        opening, _, inner = last.short.partition(" ")
        led = opening.lower() in _AT
        return (inner if led else last.short) if bare else f"{opening.lower()} {inner}" if led else f"in {last.short}"
    for text in (last.question, last.answer):
        for phrase in phrases(text):
            if phrase.before in _AT and phrase.named and not DATE.search(phrase.text):
                return phrase.text if bare else f"{phrase.before} {phrase.text}"
    return None


def time(last: Exchange, bare: bool) -> str | None:
    """When, as the answer or else the question says: "on 31 May 2024"; bare without "on"."""
    for text in (last.short, last.question, last.answer):
        if date := DATE.search(text):
            return date[0] if bare else f"{'on' if re.match(r'[0-9]{1,2} ', date[0]) else 'in'} {date[0]}"
    return None


def _is_several(text: str) -> bool:
    found = phrases(text)
    return bool(found) and (" and " in text or found[0].plural)


def _repeated(noun: str, text: str) -> str | None:
    """The phrase of a text that is about the same noun."""
    found = phrases(text)
    for i, phrase in enumerate(found):
        if stem(phrase.head) == stem(noun) and phrase.before not in _COUNTED:
            return complemented(text, found, i)
    return None


def _event(question: str) -> str | None:
    """What happened, as a thing: "the ministers' meeting in Prague" for "did the ministers meet in Prague"."""
    asked = frame(question)
    if asked is None or asked.auxiliary.lower() not in MODALS or asked.asking.lower().startswith(_ASKING_FOR_ONE):
        return None
    clause = f"{asked.auxiliary} {asked.rest}"
    subject = next(iter(phrases(clause)), None)
    after = tokens(clause[subject.end :]) if subject and subject.start == len(asked.auxiliary) + 1 else []
    if not subject or not after or (len(after) > 1 and after[1].low not in PREPOSITIONS) or after[0].low in FUNCTION:
        return None
    verb = re.sub(r"(?<=[^aeio])e$", "", after[0].text)
    owner = f"{subject.text}'" if subject.plural and not subject.named else f"{subject.text}'s"
    return f"{owner} {verb}ing{clause[subject.end + after[0].end :]}"
