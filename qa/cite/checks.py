"""What must not be wrong in a sentence: its numbers, dates, names, quotations, speakers, what it denies and opposes.

Each check names what a sentence has that its quotes do not have. They can only speak against a sentence.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from pathlib import Path

from qa.cite.opposites import opposites
from qa.cite.quantities import Quantity, days, quantities
from qa.text import STOP_WORDS, WORD, stem

_NAME_WORD = re.compile(r"[^\W\d_](?:\.[^\W\d_])+\.?|[^\W_]+(?:['’-][^\W_]+)*")
_CALENDAR = frozenset(
    "january february march april may june july august september october november december jan feb mar apr jun jul aug sep "
    "sept oct nov dec".split()
)
_ALIASES = tuple(
    frozenset(names.split("|"))
    for names in (
        "us|u.s|u.s.|usa|united states|america|american|americans", "uk|u.k|u.k.|britain|british|united kingdom|great britain",
        "eu|european union", "un|united nations", "nato|alliance|north atlantic treaty organisation|north atlantic treaty organization|atlantic alliance",
        "czechia|czech republic|czech|czechs", "france|french", "germany|german|germans", "spain|spanish", "poland|polish|poles",
        "netherlands|dutch|holland", "denmark|danish|danes", "sweden|swedish|swedes", "finland|finnish|finns", "turkey|turkish|türkiye|turks",
        "greece|greek", "wales|welsh", "scotland|scottish|scots", "ireland|irish", "switzerland|swiss", "portugal|portuguese",
        "china|chinese", "kyiv|kiev", "moscow|kremlin", "england|english", "norway|norwegian", "israel|israeli", "iraq|iraqi",
    )
)  # fmt: skip
_SAYING = (
    r"(?:said|says|say|added|adds|told|tells|asked|asks|stressed|stresses|emphasi[sz]ed|emphasi[sz]es|noted|notes|wrote|writes|"
    r"explained|warned|argued|stated|claimed|remarked|declared|announced|called|described|insisted|commented|replied|"
    r"believes?|believed|thinks|thought|suggested|reported|denied|admitted|promised|vowed|complained|mentioned)"
)
_PERSON = r"(?:[A-Z](?:[\w’'-]*|\.)[ ]){0,6}[A-Z][\w’'-]+"
_WHO_SAYS = re.compile(rf"(?P<before>{_PERSON})(?:,[^,.]{{3,60}})?,?\s+(?:(?:has|had|also|then|later)\s+)?{_SAYING}\b"
                       rf"|\b{_SAYING}\s+(?:[a-z ]{{0,40}})?(?P<after>{_PERSON})|\b[Aa]ccording to (?P<to>{_PERSON})")  # fmt: skip
_BY = re.compile(rf"\b(\w+(?:ed|en|n|t|d))\s+by\s+(?:the\s+)?({_PERSON})")
_BY_ANYBODY = re.compile(r"\b(\w+(?:ed|en|n|t|d))\s+by\s+([^.;:]+)")
_QUOTED = re.compile(r"[“\"«]([^“”\"«»]{2,})[”\"»]")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|[\w.+-]+@[\w-]+\.\w+|\b[\w-]+\.(?:com|org|net|io|gov|info|co|eu|uk|de)\b(?:/\S*)?")
_CODE = re.compile(r"\b(?=\w*\d)(?=\w*[^\W\d_])(?!Q[1-4]\b|[1-4]Q\b|\d+(?:st|nd|rd|th|s|k|m|bn|mn|tn|km|kg|mw|am|pm)\b)\w{2,}\b", re.IGNORECASE)
_DENIAL = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|neither|nor|without|cannot|nowhere|refus\w+|fail(?:s|ed|ing|ure)?|deny|denies|denied|"
    r"declin(?:es|ed|ing) to|unable|lack\w*|hardly|scarcely|barely|reject\w*|turn(?:s|ed) down|rather than|instead of|avoid\w*|"
    r"stop(?:s|ped)?|prevent\w*|lost|loses?|un(?:like|certain|clear|known)\w*|impossible|few|rarely|seldom)\b|n['’]t\b",
    re.IGNORECASE,
)
_PLAIN_DENIAL = re.compile(r"\b(?:not(?! only| just| least)|never|cannot|no longer|none of|nobody|neither)\b|\bno\b(?! doubt)|n['’]t\b", re.IGNORECASE)
_SCOPE = 4
"""Content words after a "not" that it is taken to deny."""


@cache
def common_words() -> dict[str, int]:
    """Words that are usually written in lower case, with their rank by frequency in English articles."""
    lines = Path(__file__).with_name("common.txt").read_text(encoding="utf-8").split()
    return {word: rank for rank, word in enumerate(lines)}


def problems(sentence: str, quotes: Sequence[str]) -> list[str]:
    """What a sentence has that its quotes do not bear out, in words for a reader; empty where nothing is wrong."""
    text = "\n".join(quotes)
    return [
        *(f"number: {sentence[q.start : q.end].strip()}" for q in missing_quantities(sentence, text)),
        *(f"date: {found}" for found in missing_days(sentence, text)),
        *(f"name: {name}" for name in missing_names(sentence, text)),
        *(f"quotation: {quoted}" for quoted in missing_quotations(sentence, text)),
        *(f"speaker: {name}" for name in wrong_speakers(sentence, text)),
        *(f"address: {found}" for found in _ADDRESS.findall(sentence) if found.lower() not in text.lower()),
        *(f"negation: {found}" for found in negations(sentence, text)),
    ]


def missing_quantities(sentence: str, text: str) -> list[Quantity]:
    """The sentence's numbers that the text has not, or only of something else."""
    told = quantities(text)
    dated = [number for day in days(text) for number in (*day.days, day.year)]
    inside = [(day.start, day.end) for day in days(sentence)]
    missing = []
    for one in quantities(sentence):
        if any(start <= one.start < end for start, end in inside):
            continue
        equal = [other for other in told if one.agrees(other)]
        if not equal and not (not one.unit and one.value in dated):
            missing.append(one)
        elif equal and all(_moved(sentence, one, text, other) for other in equal):
            missing.append(one)
    return missing


def _moved(sentence: str, one: Quantity, text: str, other: Quantity) -> bool:
    """Whether two equal numbers stand for different things: "by 3 per cent" is not "to 3 per cent"."""
    mine, theirs = (re.search(r"\b(by|to|from)\s+(?:[£$€]\s?)?$", where[: at.start].rstrip("£$€ ") + " ") for where, at in ((sentence, one), (text, other)))
    return bool(mine and theirs and {mine[1], theirs[1]} in ({"by", "to"}, {"by", "from"}, {"from", "to"}) and bool(one.unit))


def missing_days(sentence: str, text: str) -> list[str]:
    """The sentence's dates that lie within none of the text's."""
    told = days(text)
    years = {int(q.value) for q in quantities(text)}
    return [
        sentence[day.start : day.end]
        for day in days(sentence)
        if not any(day.within(other) or (day.year in years and _yearless(day).within(other)) for other in told)
    ]


def _yearless(day):  # type: ignore[no-untyped-def]
    return type(day)(day.month, day.days, 0, day.start, day.end)


@lru_cache(maxsize=4_096)
def names(text: str) -> tuple[tuple[str, ...], ...]:
    """Runs of capitalised words; at the start of a sentence only words that are usually capitalised."""
    runs: list[list[str]] = []
    end = -1
    for match in _NAME_WORD.finditer(text):
        word = match.group()
        before = text[: match.start()].rstrip(" \t\"“‘'([«—–-")
        opens = not before or before[-1] in ".!?:;\n" and not re.search(r"\b(?:[A-Z]|Mr|Mrs|Ms|Dr|St)\.$", before) or text[: match.start()].rstrip().endswith(("“", '"'))
        if not word[0].isupper() or word.lower() in _CALENDAR or len(word) == 1 or any(c.isdigit() for c in word):
            continue
        bare = re.sub(r"['’]s?$", "", word)
        if word.isupper() and len(word) > 1:
            usual = False
        else:
            usual = bare.lower() in STOP_WORDS or (opens and _is_common(bare))
        if usual:
            continue
        if runs and text[end : match.start()] in (" ", "-", " - "):
            runs[-1].append(bare)
        else:
            runs.append([bare])
        end = match.end()
    return tuple(tuple(run) for run in runs)


def _is_common(word: str) -> bool:
    lower = word.lower()
    if any(part not in common_words() and part not in STOP_WORDS for part in lower.split("-")):
        stems = _common_stems()
        return all(stem(part) in stems or part in _NUMERALS for part in lower.split("-"))
    return True


_NUMERALS = frozenset("one two three four five six seven eight nine ten twenty thirty forty fifty sixty seventy eighty ninety".split())


@cache
def _common_stems() -> frozenset[str]:
    return frozenset(stem(word) for word in common_words())


def missing_names(sentence: str, text: str) -> list[str]:
    """The sentence's names that the text has not, and those with another's first name."""
    words = WORD.findall(text)
    stems = {stem(word) for word in words} | {stem(word.replace("-", "")) for word in _NAME_WORD.findall(text)}
    folded = f" {' '.join(word.lower() for word in _NAME_WORD.findall(text))} "
    initials = _initials(text)
    missing = []
    for run in names(sentence):
        whole = " ".join(run).lower()
        if _alias(whole, folded):
            continue
        for at, word in enumerate(run):
            if not (_told(word, stems, folded) or word.upper().replace(".", "") in initials):
                missing.append(word)
            elif at and word.lower() in folded and _renamed(run[at - 1], word, text):
                missing.append(f"{run[at - 1]} {word}")
    missing += [code for code in _CODE.findall(sentence) if code.lower() not in text.lower()]
    return missing


def _told(word: str, stems: Iterable[str], folded: str) -> bool:
    parts = [part for part in re.split(r"[-.]", word) if part[:1].isupper()]
    if all(stem(part) in stems for part in parts):
        return True
    return _alias(word.lower(), folded) or (len(word) > 4 and any(_same_root(stem(word), one) for one in stems))


def _same_root(one: str, other: str) -> bool:
    """Ukraine and Ukrainian, Russia and Russians."""
    short = min(len(one), len(other))
    return short >= 4 and one[: max(4, short - 2)] == other[: max(4, short - 2)] and abs(len(one) - len(other)) <= 4 and \
        re.fullmatch(r"(?:an|n|ian|ish|ese|a|e|ia|ic|ean|y|i|s|er)?", other[short - 2 :][2:] or "") is not None


def _alias(phrase: str, folded: str) -> bool:
    return any(phrase in group and any(f" {other} " in folded for other in group) for group in _ALIASES)


def _initials(text: str) -> set[str]:
    """What the capitalised runs of a text would be called for short."""
    return {"".join(word[0] for word in re.findall(r"[A-Z]\w+", run)) for run in re.findall(r"(?:[A-Z]\w+(?:\s+(?:of|the|and|for)\s+|\s+)){1,6}[A-Z]\w+", text)}


def _renamed(first: str, last: str, text: str) -> bool:
    """Whether a text calls somebody with this last name by another first name, and never by this one."""
    if _is_common(first) or _is_common(last):
        return False
    others = [m[1] for m in re.finditer(rf"\b([A-Z][\w’'-]+)\s+{re.escape(last)}\b", text)]
    others = [other for other in others if not _is_common(other)]
    return bool(others) and all(stem(first) != stem(other) for other in others) and not all(len(other) < 3 for other in others)


def missing_quotations(sentence: str, text: str) -> list[str]:
    """What the sentence gives in quotation marks and the text does not say in these words."""
    told = " ".join(word.lower() for word in WORD.findall(text))
    return [quoted for quoted in _QUOTED.findall(sentence)
            if " ".join(word.lower() for word in WORD.findall(quoted)) not in told]  # fmt: skip


def speakers(text: str) -> list[str]:
    """Who says something in a text: names and pronouns."""
    return [next(group for group in match.groups() if group) for match in _WHO_SAYS.finditer(text)]


def wrong_speakers(sentence: str, text: str) -> list[str]:
    """Who says or does something in the sentence, though the text names others for it, and not them."""
    told = speakers(text)
    known = [{stem(word) for word in WORD.findall(one)} for one in told]
    wrong = []
    if told and not any(one.lower() in STOP_WORDS for one in told):
        mine = [one for one in speakers(sentence) if one.lower() not in STOP_WORDS]
        wrong = [one for one in mine if not any(stem(WORD.findall(one)[-1]) in words for words in known)]
    for match in _BY.finditer(sentence):
        verb, agent = stem(match[1]), {stem(word) for word in WORD.findall(match[2])}
        others = [{stem(word) for word in WORD.findall(rest)} for done, rest in _BY_ANYBODY.findall(text) if stem(done) == verb]
        if others and not any(agent & other for other in others):
            wrong.append(match[2])
    return wrong


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
