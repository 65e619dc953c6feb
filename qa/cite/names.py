"""Names in a text, and whether another text has them too."""

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from os.path import commonprefix
from pathlib import Path
from typing import NamedTuple

from qa.text import STOP_WORDS, WORD, stem

_NAME_WORD = re.compile(r"[^\W\d_](?:\.[^\W\d_])+\.?|[^\W_]+(?:['’-][^\W_]+)*")
_OPENING = re.compile(
    r"(?:\A|[\n:;“\"]|(?<!\b[A-Z])(?<!\bMr)(?<!\bMrs)(?<!\bMs)(?<!\bDr)(?<!\bSt)[.!?])[\s\"“‘'(«—–-]*\Z"
)
"""What stands before the first word of a sentence or a quotation."""
_CALENDAR = frozenset(
    "january february march april may june july august september october november december "
    "jan feb mar apr jun jul aug sep sept oct nov dec".split()
)
_ALIASES = tuple(
    frozenset(line.split("|"))
    for line in """
us|u.s|u.s.|usa|united states|america|american|americans
uk|u.k|u.k.|britain|british|united kingdom|great britain
eu|european union
un|united nations
nato|alliance|atlantic alliance|north atlantic treaty organisation|north atlantic treaty organization
czechia|czech republic|czech|czechs
france|french
germany|german|germans
spain|spanish
poland|polish|poles
netherlands|dutch|holland
denmark|danish|danes
sweden|swedish|swedes
finland|finnish|finns
turkey|turkish|türkiye|turks
greece|greek
wales|welsh
scotland|scottish|scots
ireland|irish
switzerland|swiss
portugal|portuguese
china|chinese
kyiv|kiev
england|english
norway|norwegian
israel|israeli
iraq|iraqi
slovakia|slovak|slovaks
vienna|viennese
""".split("\n")[1:-1]
)
"""Names of one and the same, and of who or what belongs to it."""
_CODE = re.compile(
    r"\b(?=\w*\d)(?=\w*[^\W\d_])(?!Q[1-4]\b|[1-4]Q\b|\d+(?:st|nd|rd|th|s|k|m|bn|mn|tn|km|kg|mw|am|pm)\b)\w{2,}\b",
    re.IGNORECASE,
)
TITLES = frozenset(
    "minister president chancellor secretary general chairman chairwoman chair director mayor governor senator judge "
    "councillor ambassador commissioner king queen prince princess pope bishop captain colonel major admiral professor "
    "spokesman spokeswoman spokesperson coach".split()
)
_ROOT = 4
"""Letters that two forms of a name share at least."""
_ENDINGS = frozenset(("", *"a e i o y s n an ns ian ians ean ish ese ic er".split()))
"""What a country or a town may have in its place for who or what is from there."""
_NUMERALS = frozenset(
    "one two three four five six seven eight nine ten twenty thirty forty fifty sixty seventy eighty ninety".split()
)


@cache
def common_words() -> dict[str, int]:
    """Words that are usually written in lower case, with their rank by frequency in English articles."""
    lines = Path(__file__).with_name("common.txt").read_text(encoding="utf-8").split()
    return {word: rank for rank, word in enumerate(lines)}


@lru_cache(maxsize=4_096)
def names(text: str) -> tuple[tuple[str, ...], ...]:
    """Runs of capitalised words; at the start of a sentence only words that are usually capitalised."""
    return tuple(tuple(word.text for word in run) for run in name_runs(text))


class Word(NamedTuple):
    """A word of a name without its possessive, and where it stands."""

    text: str
    start: int
    end: int


def name_runs(text: str) -> list[list[Word]]:
    """What `names` finds, with offsets."""
    runs: list[list[Word]] = []
    end = -1
    for match in _NAME_WORD.finditer(text):
        word = match.group()
        opens = bool(_OPENING.search(text, max(0, match.start() - 12), match.start()))
        if not word[0].isupper() or word.lower() in _CALENDAR or len(word) == 1 or any(c.isdigit() for c in word):
            continue
        bare = re.sub(r"['’]s?$", "", word)
        if not word.isupper() and (bare.lower() in STOP_WORDS or (opens and is_common(bare))):
            continue
        if not runs or text[end : match.start()] not in (" ", "-", " - "):
            runs.append([])
        runs[-1].append(Word(bare, match.start(), match.start() + len(bare)))
        end = match.end()
    return runs


def is_common(word: str) -> bool:
    """Whether a word, or each part of a compound, is usually written in lower case."""
    lower = word.lower()
    if any(part not in common_words() and part not in STOP_WORDS for part in lower.split("-")):
        stems = _common_stems()
        return all(stem(part) in stems or part in _NUMERALS for part in lower.split("-"))
    return True


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
    return _alias(word.lower(), folded) or (not is_common(word) and any(_same_root(stem(word), one) for one in stems))


def _same_root(one: str, other: str) -> bool:
    """Ukraine and Ukrainian, Russia and Russians."""
    shared = len(commonprefix((one, other)))  # noqa: RUF071 – of letters, not of paths
    return shared >= _ROOT and one[shared:] in _ENDINGS and other[shared:] in _ENDINGS


def _alias(phrase: str, folded: str) -> bool:
    return any(phrase in group and any(f" {other} " in folded for other in group) for group in _ALIASES)


def _initials(text: str) -> set[str]:
    """What the capitalised runs of a text would be called for short."""
    return {
        "".join(word[0] for word in re.findall(r"[A-Z]\w+", run))
        for run in re.findall(r"(?:[A-Z]\w+(?:\s+(?:of|the|and|for)\s+|\s+)){1,6}[A-Z]\w+", text)
    }


def _retitled(title: str, name: str, text: str) -> bool:
    if title.lower() not in TITLES:
        return False
    others = {m[1].lower() for m in re.finditer(rf"\b(\w+)\s+{re.escape(name)}\b", text)} & TITLES
    return bool(others) and title.lower() not in others


def _renamed(first: str, last: str, text: str) -> bool:
    """Whether a text has another first name or title before this name, and never this one."""
    if _retitled(first, last, text):
        return True
    if is_common(first) or is_common(last):
        return False
    others = [m[1] for m in re.finditer(rf"\b([A-Z][\w’'-]+)\s+{re.escape(last)}\b", text)]
    others = [other for other in others if not is_common(other)]
    return (
        bool(others)
        and all(stem(first) != stem(other) for other in others)
        and not all(len(other) < 3 for other in others)
    )
