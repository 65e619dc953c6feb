"""What must not be wrong in a sentence: its numbers, dates, names, quotations, speakers, what it denies and opposes.

Each check names what a sentence has that its quotes do not have. They can only speak against a sentence.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from qa.cite.belonging import main_stretch, strays
from qa.cite.names import missing_names
from qa.cite.opposites import opposites
from qa.cite.quantities import Day, Quantity, days, quantities
from qa.text import STOP_WORDS, WORD, stem

_SAYING = (
    r"(?:said|says|say|added|adds|told|tells|asked|asks|stressed|stresses|emphasi[sz]ed|emphasi[sz]es|noted|notes|wrote|writes|"
    r"explained|warned|argued|stated|claimed|remarked|declared|announced|called|described|insisted|commented|replied|"
    r"confirmed|urged|predicted|recommended|proposed|underlined|underscored|highlighted|reiterated|acknowledged|observed|"
    r"believes?|believed|thinks|thought|suggested|reported|denied|admitted|promised|vowed|complained|mentioned)"
)
_PERSON = r"(?:[A-Z](?:[\w’'-]*|\.)[ ]){0,6}[A-Z][\w’'-]+"
_WHO_SAYS = re.compile(
    rf"(?P<before>{_PERSON})(?:,[^,.]{{3,60}})?,?\s+(?:(?:has|had|also|then|later)\s+)?{_SAYING}\b"
    rf"|(?<=[,”\"?!]\s){_SAYING}\s+(?:(?:the|a|an|former|then)\s+){{0,2}}(?P<after>{_PERSON})"
    rf"|\b[Aa]ccording to (?P<to>{_PERSON})"
)
_SPEAKS = re.compile(rf"^(?P<turn>{_PERSON}):\s", re.MULTILINE)
"""A turn of an interview."""
_REPORTED = re.compile(
    rf"(?P<before>{_PERSON}),? (?:said|says|stated|noted|added)\b|\b[Aa]ccording to (?:the )?(?P<to>{_PERSON})"
)
"""What tells of words, and so not of a text in which nobody says anything."""
_BY = re.compile(rf"\b(\w+(?:ed|en|n|t|d))\s+by\s+(?:the\s+)?({_PERSON})")
_BY_ANYBODY = re.compile(r"\b(\w+(?:ed|en|n|t|d))\s+by\s+([^.;:]+)")
_QUOTED = re.compile(r"[“\"«]([^“”\"«»]{2,})[”\"»]")
ADDRESS = re.compile(
    r"\b(?:[a-z][a-z0-9+.-]*://|www\.|(?:data|javascript|mailto):)\S+|[\w.+-]+@[\w-]+\.\w+"
    r"|\b(?-i:[\w-]+\.[a-z]{2,}\b)(?:/\S*)?|//[\w-]+\.\S+",
    re.IGNORECASE,
)
"""What leads somewhere: a link, a mail address, a name of a host."""
_DENIAL = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|neither|nor|without|cannot|nowhere|refus\w+|fail(?:s|ed|ing|ure)?"
    r"|deny|denies|denied|declin(?:es|ed|ing) to|unable|lack\w*|hardly|scarcely|barely|reject\w*|turn(?:s|ed) down"
    r"|rather than|instead of|avoid\w*|stop(?:s|ped)?|prevent\w*|lost|loses?|un(?:like|certain|clear|known)\w*"
    r"|impossible|few|rarely|seldom)\b|n['’]t\b",
    re.IGNORECASE,
)
"""What may deny something; `_PLAIN_DENIAL` is what surely does."""
_PLAIN_DENIAL = re.compile(
    r"\b(?:not(?! only| just| least)|never|cannot|no longer|none of|nobody|neither)\b|\bno\b(?! doubt)|n['’]t\b",
    re.IGNORECASE,
)
_COUNTS = re.compile(r"\s+(?!(?:and|or|to|until|when|where|in|at|on|the|for|with|as|by|of|was|is|were|will)\b)[a-zA-Z]")
"""After a number: what it counts, so that it is no date."""
_PREPOSITION = re.compile(r"\b(by|to|from)\s+(?:[£$€]\s?)?$")
_LOOP = 5
"""This many words in a row are not said twice in a sentence."""
_SCOPE = 4
"""Content words after a "not" that it is taken to deny."""


def problems(sentence: str, quotes: Sequence[str]) -> list[str]:
    """What a sentence has that its quotes do not bear out, in words for a reader; empty where nothing is wrong.

    Args:
        sentence: one sentence of an answer.
        quotes: stretches of articles; sentences that follow each other there are one.
    """
    text = "\n".join(quotes)
    return [
        *(f"number: {sentence[q.start : q.end].strip()}" for q in missing_quantities(sentence, text)),
        *(f"number: {sign}" for sign in sentence if sign.isnumeric() and not sign.isdecimal() and sign not in text),
        *(f"date: {found}" for found in missing_days(sentence, text)),
        *(f"name: {name}" for name in missing_names(sentence, text)),
        *(f"quotation: {quoted}" for quoted in missing_quotations(sentence, text)),
        *(f"speaker: {name}" for name in wrong_speakers(sentence, main_stretch(sentence, quotes), text)),
        *(f"address: {found}" for found in ADDRESS.findall(sentence) if found.lower() not in text.lower()),
        *(f"of something else: {found}" for found in strays(sentence, quotes)),
        *(f"repetition: {found}" for found in repetitions(sentence)),
        *(f"negation: {found}" for found in negations(sentence, text)),
    ]


def missing_quantities(sentence: str, text: str) -> list[Quantity]:
    """The sentence's numbers that the text has not, or only of something else."""
    told_days = days(text)
    dated = [number for day in told_days for number in (*day.days, day.year)]
    told = [one for one in quantities(text) if not any(day.start <= one.start < day.end for day in told_days)]
    inside = [(day.start, day.end) for day in days(sentence)]
    missing = []
    for one in quantities(sentence):
        if any(start <= one.start < end for start, end in inside):
            continue
        equal = [other for other in told if one.agrees(other)]
        a_date = one.unit in ("", "rank") and one.value in dated and not _COUNTS.match(sentence, one.end)
        found = equal or a_date
        if not found or (equal and all(_moved(sentence, one, text, other) for other in equal)):
            missing.append(one)
    return missing


def _moved(sentence: str, one: Quantity, text: str, other: Quantity) -> bool:
    """Whether two equal numbers stand for different things: "by 3 per cent" is not "to 3 per cent"."""
    mine, theirs = (_PREPOSITION.search(where[: at.start]) for where, at in ((sentence, one), (text, other)))
    return bool(one.unit and mine and theirs and mine[1] != theirs[1])


def missing_days(sentence: str, text: str) -> list[str]:
    """The sentence's dates that lie within none of the text's."""
    told = days(text)
    years = {int(q.value) for q in quantities(text)}
    return [
        sentence[day.start : day.end]
        for day in days(sentence)
        if not any(day.within(other) or _dated_elsewhere(day, other, years) for other in told)
    ]


def _dated_elsewhere(day: Day, other: Day, years: Collection[int]) -> bool:
    """Whether two dates are the same where the other leaves out its year, which is told beside it."""
    return not other.year and day.year in years and replace(day, year=0).within(other)


def missing_quotations(sentence: str, text: str) -> list[str]:
    """What the sentence gives in quotation marks and the text does not say in these words."""
    told = " ".join(word.lower() for word in WORD.findall(text))
    return [quoted for quoted in _QUOTED.findall(sentence)
            if " ".join(word.lower() for word in WORD.findall(quoted)) not in told]  # fmt: skip


def speakers(text: str) -> list[str]:
    """Who says something in a text: names and pronouns."""
    return [next(group for group in match.groups() if group) for match in _WHO_SAYS.finditer(text)]


def wrong_speakers(sentence: str, main: str, text: str) -> list[str]:
    """Who says or does something in the sentence, and not in the text.

    Args:
        sentence: one sentence of an answer.
        main: the stretch of the text that the sentence has most of; if somebody speaks there, it must be they.
        text: all stretches.
    """
    told = speakers(main) or speakers(text)
    told += [match["turn"] for match in _SPEAKS.finditer(text)]
    wrong = [one for one in speakers(sentence) if one.lower() not in STOP_WORDS and not _says(one, told, text)]
    if not told and not _QUOTED.search(text):
        wrong += [next(filter(None, match.groups())) for match in _REPORTED.finditer(sentence)]
    for match in _BY.finditer(sentence):
        verb, agent = stem(match[1]), {stem(word) for word in WORD.findall(match[2])}
        others = [
            {stem(word) for word in WORD.findall(rest)}
            for done, rest in _BY_ANYBODY.findall(text)
            if stem(done) == verb
        ]
        if others and not any(agent & other for other in others):
            wrong.append(match[2])
    return wrong


def _says(speaker: str, told: Sequence[str], text: str) -> bool:
    """Whether somebody may be who says something in a text: named for it, or named at all where "he" says it."""
    last = stem(WORD.findall(speaker)[-1])
    if told and not any(one.lower() in STOP_WORDS for one in told):
        return any(last in {stem(word) for word in WORD.findall(one)} for one in told)
    return last in {stem(word) for word in WORD.findall(text)}


def repetitions(sentence: str) -> list[str]:
    """What a sentence says twice, as small models do that have lost the thread."""
    said = [word.lower() for word in WORD.findall(sentence)]
    runs = Counter(tuple(said[at : at + _LOOP]) for at in range(len(said) - _LOOP + 1))
    return [" ".join(run) for run, count in runs.most_common(1) if count > 1]


def negations(sentence: str, text: str) -> list[str]:
    """What the sentence denies and the text says, or the other way round."""
    found = []
    if (denial := _PLAIN_DENIAL.search(sentence)) and not _DENIAL.search(text):
        found.append(denial.group())
    if not _DENIAL.search(sentence):
        mine = {stem(word) for word in WORD.findall(sentence)}
        for denial in _PLAIN_DENIAL.finditer(text):
            denied = [stem(word) for word in _scope(text, denial.end())]
            if denied and sum(word in mine for word in denied[:2]) == len(denied[:2]):
                found.append(f"not {denied[0]}")
    return found


def _scope(text: str, at: int) -> Iterator[str]:
    rest = re.split(r"[.;!?]", text[at:], maxsplit=1)[0]
    return (word for word in WORD.findall(rest)[: 2 * _SCOPE] if word.lower() not in STOP_WORDS)


def conflicts(sentence: str, text: str) -> list[str]:
    """The sentence's words that the text has not, though it has their contrary."""
    told = {stem(word) for word in WORD.findall(text)}
    return [
        word for word in WORD.findall(sentence)
        if stem(word) not in told and (contrary := opposites(word) & told) and not _same_side(word, told - contrary)
    ]  # fmt: skip


def _same_side(word: str, told: Iterable[str]) -> bool:
    """Whether the text also has a word that means what this one means."""
    return any(opposites(other) & opposites(word) for other in told if other != stem(word))
