"""The people, places and organisations that a text names.

No model: a name is one by what is known of it (`gazetteer.py`) and by what stands next to it ("Minister ...", "said
...", "in ..."). A wrong name does more harm than a missing one, so what is not clear is left out.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from qa.cite.names import Word, is_common, name_runs
from qa.outline.gazetteer import (
    ACRONYMS,
    AREAS,
    AREAS_BEFORE,
    ORGANISATIONS,
    ROLES,
    TITLE_WORDS,
    TITLES,
    VAGUE_TITLES,
    countries,
    folded,
    given_names,
    towns,
)


class Kind(StrEnum):
    """What a name is the name of."""

    PERSON = "person"
    PLACE = "place"
    ORGANISATION = "organisation"


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody or something, and where the name stands each time: first where it is in full."""

    kind: Kind
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Capitalised words that may be one name, with what stands around them."""

    words: tuple[str, ...]
    text: str
    start: int
    end: int

    @property
    def key(self) -> str:
        return " ".join(map(folded, self.words))

    @property
    def lower(self) -> list[str]:
        return [word.lower() for word in self.words]

    @property
    def before(self) -> str:
        return self.text[max(0, self.start - _AROUND) : self.start]

    @property
    def after(self) -> str:
        return self.text[self.end : self.end + _AROUND]


_AROUND = 40
"""Characters before and after a name that can say what it is."""
_MOST_WORDS = 4
"""Of a person's name."""
_MOST_JOINED = 8
"""Words after which nothing more is joined on to a name: what goes on and on is none."""
_OPENING = 300
"""Characters within which an article's dateline begins."""
_SAYING = "said|says|added|told|asked|noted|stressed|wrote|explained|warned|argued|stated|replied|remarked|recalled"
_SAID_BEFORE = re.compile(rf"\b(?:{_SAYING}) \Z")
_SAID_AFTER = re.compile(rf",? (?:{_SAYING})\b")
_ROLE_BEFORE = re.compile(r"([a-z]+),? \Z")
_TITLE_BEFORE = re.compile(r"([A-Z]\w+)\.? \Z")
_APPOSITION = re.compile(r", (?:(?P<person>aged \d|who )|(?:an?|the) (?:[\w-]+ ){0,3}?(?P<role>\w+))")
"""`Harry Gage, the former groundsman`."""
_PARTICLE = re.compile(
    r" (?:(?:[A-Z]\. ?)+|(?:van|von|de|da|di|del|della|dos|du|bin|al|ter|la|le|el)(?: (?:der|den|la|las|los))? )"
)
"""What may stand between the words of a person's name."""
_OF = re.compile(r" (?:of|for)(?: the)? ")
_PREFIX = re.compile(r"(?:\b(?:St\.?|Saint|Lake|Mount|Cape|River|Port|Fort|Jan)|(?<!\w )\b(?:April|June)) \Z")
"""What begins a name, and what `name_runs` leaves out at the start of a sentence or as a month."""
_DEMONYM = re.compile(r"[A-Z][a-z]+(?:ian|ean|can|ese|ish|ench|utch|elsh|reek|zech|lovak|erman|wiss|ist|ists|ism)")
_LOCATIVE = re.compile(
    r"\b(?:(?:in|at|from|between) [A-Z]\w+(?:, [A-Z]\w+)* and"
    r"|in|at|near|from|outside|around|into|across|throughout|towards?|between|to|via"
    r"|(?:town|city|village|port|island|district|province|region|state|capital|suburb|streets|coast) of"
    r"|(?:north|south|east|west) of|capital,)\s(?:the )?\Z",
    re.IGNORECASE,
)
"""What stands before the name of a place, and of other things."""
_SETTLED = re.compile(
    r"\b(?:(?:town|city|village|port|hamlet|district|province|suburb|island|outskirts|coast) of"
    r"|(?:north|south|east|west) of"
    r"|(?:born|raised|based|buried|died|educated|held|landed|located|lived|lives|living|met|settled|situated)"
    r" (?:in|at|near))\s\Z"
)
"""What stands before the name of a place, and hardly of anything else."""
_WITHIN = re.compile(r",\s(?:in\s(?:\w+\s)?)?([A-Z][\w.]*(?: [A-Z]\w*)?)")
"""`Geel, in northern Belgium`."""
_DATELINE = re.compile(r"^[A-Z][A-Z.'-]+(?: [A-Z][A-Z.'-]+)*+(?=,\s|\s\(|\s[—–-])", re.MULTILINE)
_POSSESSIVE = re.compile(r"['’]s? ")


def named(text: str) -> list[Named]:
    """Who and what a text names, in the order of first mention."""
    stretches = list(_stretches(text))
    votes: dict[str, Counter[Kind]] = defaultdict(Counter)
    for stretch in stretches:
        if kind := _kind(stretch):
            votes[stretch.key][kind] += 1
    kinds = {key: counts.most_common(1)[0][0] for key, counts in votes.items()}
    people = [stretch for stretch in stretches if kinds.get(stretch.key) is Kind.PERSON]
    surnames = {folded(person.words[-1]): person.key for person in reversed(people)}  # of two, the first one's
    found: dict[str, list[_Stretch]] = {}
    for stretch in stretches:
        key = surnames.get(stretch.key, stretch.key)
        if key in kinds:
            found.setdefault(key, []).append(stretch)
    return [_named(kinds[key], mentions) for key, mentions in found.items()]


def _named(kind: Kind, mentions: Sequence[_Stretch]) -> Named:
    in_full_first = sorted(mentions, key=lambda mention: -len(mention.words))
    return Named(kind, tuple((mention.start, mention.end) for mention in in_full_first))


def _stretches(text: str) -> Iterator[_Stretch]:
    """Capitalised words, with titles cut off and names of several parts put together."""
    last: _Stretch | None = None
    for stretch in (_stretch(text, words) for run in name_runs(text) for words in _without_titles(run)):
        if last and len(last.words) < _MOST_JOINED and _belong_together(last, stretch):
            last = replace(last, words=(*last.words, *stretch.words), end=stretch.end)
        else:
            yield from [last] if last else []
            last = stretch
    if last:
        yield last


def _without_titles(run: Sequence[Word]) -> list[Sequence[Word]]:
    """`NATO Secretary General Jens Stoltenberg`: NATO, Jens Stoltenberg."""
    titles = [at for at, word in enumerate(run) if word.text.lower().removesuffix("s") in TITLE_WORDS]
    if not titles or run[-1].text.lower() in AREAS | ORGANISATIONS:
        return [run]
    return [part for part in (run[: titles[0]], run[titles[-1] + 1 :]) if part]


def _stretch(text: str, words: Sequence[Word]) -> _Stretch:
    spelt = tuple(word.text for word in words)
    start, end = words[0].start, words[-1].end
    if prefix := _PREFIX.search(text, max(0, start - 8), start):
        return _Stretch((prefix.group().rstrip(" ."), *spelt), text, prefix.start(), end)
    if len(words) > 2 and _DEMONYM.fullmatch(spelt[0]) and folded(spelt[1]) in given_names():
        return _Stretch(spelt[1:], text, words[1].start, end)
    return _Stretch(spelt, text, start, end)


def _belong_together(one: _Stretch, other: _Stretch) -> bool:
    gap = one.text[one.end : other.start]
    if _PARTICLE.fullmatch(gap):
        return len(one.words) == 1 and one.key in given_names()
    return bool(_OF.fullmatch(gap)) and one.lower[-1] in ORGANISATIONS | AREAS_BEFORE


def _kind(stretch: _Stretch) -> Kind | None:
    if _is_organisation(stretch):
        return Kind.ORGANISATION
    if _is_place(stretch):
        return Kind.PLACE
    return Kind.PERSON if _is_person(stretch) else None


def _is_organisation(stretch: _Stretch) -> bool:
    if len(stretch.words) == 1:
        return stretch.words[0].replace(".", "").isupper() and stretch.key in ACRONYMS
    if stretch.key == "united nations" or stretch.lower[-1] in ORGANISATIONS:
        return stretch.key != "soviet union"
    return stretch.lower[0] in ORGANISATIONS and not _is_plain(stretch)


def _is_plain(stretch: _Stretch) -> bool:
    """Whether these are common words, capitalised for whatever reason."""
    return all(map(is_common, stretch.words))


def _is_place(stretch: _Stretch) -> bool:
    lower, located = stretch.lower, bool(_LOCATIVE.search(stretch.before))
    if stretch.key in countries() or (stretch.key in towns() and (located or _is_within(stretch))):
        return True
    if stretch.start < _OPENING and (dateline := _DATELINE.match(stretch.text, stretch.start)):
        return dateline.end() == stretch.end
    if len(lower) > 1 and (lower[-1] in AREAS or lower[0] in AREAS_BEFORE):
        return located or not (_is_plain(stretch) or lower[0] in given_names())
    if len(lower) > 2 or _is_plain(stretch) or _DEMONYM.fullmatch(stretch.words[-1]):
        return False
    return bool(_SETTLED.search(stretch.before)) or (located and _is_within(stretch))


def _is_within(stretch: _Stretch) -> bool:
    """Whether the name of a larger place follows."""
    larger = _WITHIN.match(stretch.after)
    names = {folded(larger[1]), folded(larger[1].split()[0])} if larger else set()
    return not (names.isdisjoint(countries()) and names.isdisjoint(towns()))


def _is_person(stretch: _Stretch) -> bool:
    words, lower = stretch.words, stretch.lower
    if len(words) > _MOST_WORDS or _is_of_something(stretch) or any(word.isupper() for word in words):
        return False
    match = _TITLE_BEFORE.search(stretch.before)
    title = match[1].lower() if match and match[1].lower() in TITLES else None
    if len(words) == 1:
        return title is not None and title not in VAGUE_TITLES and not is_common(words[0])
    given = folded(words[0]) in given_names()
    if title or given:
        return not is_common(words[-1]) or (given and not is_common(words[0]))
    return not any(map(is_common, lower)) and _is_told_of_a_person(stretch)


def _is_of_something(stretch: _Stretch) -> bool:
    """Whether a name is that of something by its last word, or as a whole."""
    last = stretch.lower[-1]
    return bool(
        last in AREAS | ORGANISATIONS
        or last in countries()
        or stretch.key in towns()
        or _DEMONYM.fullmatch(stretch.words[-1])
        or _POSSESSIVE.search(stretch.text, stretch.start, stretch.end)
    )


def _is_told_of_a_person(stretch: _Stretch) -> bool:
    role = _ROLE_BEFORE.search(stretch.before)
    if (role and role[1] in ROLES) or _SAID_BEFORE.search(stretch.before) or _SAID_AFTER.match(stretch.after):
        return True
    apposition = _APPOSITION.match(stretch.after)
    return apposition is not None and (apposition["person"] is not None or apposition["role"] in ROLES)
