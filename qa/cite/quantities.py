"""Numbers, dates and amounts as values: `1,500` is `fifteen hundred`, `$5bn` is `5 billion dollars`."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

_UNITS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen " \
         "seventeen eighteen nineteen".split()  # fmt: skip
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_SMALL = {word: float(n) for n, word in enumerate(_UNITS)} | {w: 10.0 * n for n, w in enumerate(_TENS, 2)}
_SCALES = {
    "hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12,
    "k": 1e3, "m": 1e6, "mn": 1e6, "bn": 1e9, "tn": 1e12, "dozen": 12.0,
}  # fmt: skip
_ORDINALS = {
    word: float(n)
    for n, word in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
        "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth".split(),
        1,
    )
}
_MONTHS = {
    name: n
    for n, names in enumerate(
        "january jan/february feb/march mar/april apr/may/june jun/july jul/august aug/september sept sep/october oct/"
        "november nov/december dec".split("/"),
        1,
    )
    for name in names.split()
}
_CURRENCIES = {
    "$": "dollar", "€": "euro", "£": "pound", "¥": "yen",
    "us$": "dollar", "usd": "dollar", "eur": "euro", "gbp": "pound",
    "dollar": "dollar", "dollars": "dollar", "euro": "euro", "euros": "euro", "pounds": "pound", "yen": "yen",
    "rubles": "rouble", "roubles": "rouble", "crowns": "crown", "yuan": "yuan", "rupees": "rupee", "francs": "franc",
    "cent": "cent", "cents": "cent", "pence": "pence",
}  # fmt: skip
_MEASURES = {
    word: words.split()[0]
    for words in (
        "percent % pct", "second seconds sec secs", "minute minutes min mins", "hour hours hr hrs", "day days",
        "week weeks", "month months", "year years", "decade decades", "century centuries",
        "kilometre kilometres kilometer kilometers km",
        "metre metres meter meters", "centimetre centimetres centimeter centimeters cm", "mile miles", "foot feet ft",
        "inch inches", "yard yards", "gram grams", "kilogram kilograms kg kilo kilos kilogramme kilogrammes",
        "tonne tonnes ton tons", "litre litres liter liters", "degree degrees °", "acre acres", "hectare hectares",
        "watt watts", "megawatt megawatts mw", "point points", "time times",
    )
    for word in words.split()
}  # fmt: skip
_WORD_NUMBER = "|".join([*_UNITS, *_TENS, "hundred", "thousand", "million", "billion", "trillion", "dozen"])
_NUMBER = re.compile(
    rf"""(?:(?P<sign>(?:us)?[$€£¥])\s?)?(?<![^\W_])(?<!\d[.,:])(?:
        (?P<ordinal>\d{{1,3}}(?:,\d{{3}})*(?:st|nd|rd|th)\b)
      | (?P<clock>\d{{1,2}}[:.]\d{{2}})(?=\s*(?:[ap]\.?m\b))
      | (?P<colon>\d{{1,2}}:\d{{2}})
      | (?P<digits>\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?)(?:s\b)?
        (?:[\s-]?(?P<scale>hundred|thousand|million|billion|trillion|dozen|bn|mn|tn|m|k)\b)?
      | (?P<words>\b(?:(?:{_WORD_NUMBER})(?:[\s-]+(?:and[\s-]+)?(?=(?:{_WORD_NUMBER})\b))?)+\b)
      | (?P<rank>\b(?:(?:{"|".join(_TENS)})[\s-])?(?:{"|".join(list(_ORDINALS)[2:])})\b)
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_FOLDED = str.maketrans("ſıİK", "siik")
"""Letters that the patterns above take for others, whatever their case."""
_UNIT_AFTER = re.compile(r"[\s-]*(per\s?cent\b|[%°]|[a-z]+)", re.IGNORECASE)
_US_DOLLARS = re.compile(r"(?:\s*(?:US|American))?\s+dollars?\b", re.IGNORECASE)
_COUNTED = re.compile(r"\b(?:(?P<once>once)|twice|doubled?|doubling|(?P<pair>(?:pair|couple) of))\b", re.IGNORECASE)
_RANGE = re.compile(r"\s*(?:-|–|—|to|and|or)\s*[$€£]?\s?", re.IGNORECASE)
"""What stands between two numbers of which only the second has its unit written out."""
_QUARTER = re.compile(r"\b(?:Q([1-4])|([1-4])Q|(first|second)(?= (?:fiscal )?(?:quarter|half)\b))\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number of a text: its value, its unit where it has one that is known, and where it stands."""

    value: float
    unit: str
    """`dollar`, `percent`, `minute`, `month` ...; `rank` for an ordinal; empty where none is known."""
    start: int
    end: int

    def agrees(self, other: "Quantity") -> bool:
        """Whether the other has the same value, and the unit that this one has, if any."""
        close = abs(self.value - other.value) <= 1e-6 * max(1.0, abs(self.value))
        return close and self.unit in ("", other.unit)


@lru_cache(maxsize=4_096)
def quantities(text: str) -> tuple[Quantity, ...]:
    """Every number in a text; a lone "one" is a pronoun as often as a number and left out."""
    found: list[Quantity] = []
    text = text.translate(_FOLDED)
    for match in _NUMBER.finditer(text):
        if match["words"] and match["words"].lower() == "one":
            continue
        value, unit = _value(match)
        after = _UNIT_AFTER.match(text, match.end())
        word = after[1].lower() if after else ""
        if word.replace(" ", "") == "percent":
            word = "percent"
        if match["sign"]:
            unit = _CURRENCIES[match["sign"].lower()]
        elif not unit and _US_DOLLARS.match(text, match.end()):
            unit = "dollar"
        elif not unit:
            unit = _CURRENCIES.get(word) or _MEASURES.get(word, "")
        if unit and found and not found[-1].unit and _RANGE.fullmatch(text, found[-1].end, match.start()):
            found[-1] = replace(found[-1], unit=unit)
        found.append(Quantity(value, unit, match.start(), match.end()))
    for match in _QUARTER.finditer(text):
        value = _ORDINALS[match[3].lower()] if match[3] else float(match[1] or match[2])
        found.append(Quantity(value, "rank", *match.span()))
    for match in _COUNTED.finditer(text):
        found.append(Quantity(1.0 if match["once"] else 2.0, "" if match["pair"] else "time", *match.span()))
    return tuple(found)


def _value(match: re.Match[str]) -> tuple[float, str]:
    if match["ordinal"]:
        return float(re.sub(r"\D", "", match["ordinal"])), "rank"
    if match["rank"]:
        tens, _, last = match["rank"].lower().replace("-", " ").rpartition(" ")
        return _SMALL.get(tens, 0.0) + _ORDINALS[last], "rank"
    if clock := match["clock"] or match["colon"]:
        hours, minutes = re.split("[:.]", clock)
        return float(hours) * 100 + float(minutes), "clock"
    if match["words"]:
        return _spelt(match["words"]), ""
    value = float(match["digits"].replace(",", ""))
    return value * _SCALES[match["scale"].lower()] if match["scale"] else value, ""


def _spelt(words: str) -> float:
    total = current = 0.0
    for word in re.split(r"[\s-]+", words.lower()):
        if word in _SMALL:
            current += _SMALL[word]
        elif word in ("hundred", "dozen"):
            current = max(current, 1.0) * _SCALES[word]
        elif word in _SCALES:
            total += max(current, 1.0) * _SCALES[word]
            current = 0.0
    return total + current


_MONTH = "|".join(sorted((m for m in _MONTHS if m != "may"), key=len, reverse=True)) + "|may(?-i:(?<=May))"
_DATE = re.compile(
    rf"""(?:\b(?P<first>\d{{1,2}})(?:st|nd|rd|th)?(?:\s*(?:[–—-]|and|to|until)\s*(?P<second>\d{{1,2}})(?:st|nd|rd|th)?)?\s+(?:of\s+)?)?
    \b(?P<month>{_MONTH})\b\.?
    (?:\s+(?P<after>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)(?:\s*(?:[–—-]|and|to)\s*(?P<until>\d{{1,2}})(?!\d))?)?
    (?:,?\s+(?P<year>\d{{4}}))?""",
    re.VERBOSE | re.IGNORECASE,
)
_ISO = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b")


@dataclass(frozen=True, slots=True)
class Day:
    """A date as far as it is told: 0 for a day or a year that is not."""

    month: int
    days: tuple[int, ...]
    year: int
    start: int
    end: int

    def within(self, other: "Day") -> bool:
        """Whether the other tells this date at least as exactly: 30 May is within 30-31 May 2024."""
        span = range(min(other.days, default=0), max(other.days, default=0) + 1)
        return (
            self.month == other.month
            and (not self.year or self.year == other.year)
            and all(d in span for d in self.days)
        )


@lru_cache(maxsize=4_096)
def days(text: str) -> tuple[Day, ...]:
    """Every date in a text that names a month."""
    found = []
    text = text.translate(_FOLDED)
    for match in _DATE.finditer(text):
        named = (match["first"], match["second"], match["after"], match["until"])
        alone = not any(named) and not match["year"]
        if alone and not match["month"][0].isupper():
            continue
        numbers = tuple(int(day) for day in named if day)
        found.append(Day(_MONTHS[match["month"].lower()], numbers, int(match["year"] or 0), *match.span()))
    found += [Day(int(m[2]), (int(m[3]),), int(m[1]), *m.span()) for m in _ISO.finditer(text) if 1 <= int(m[2]) <= 12]
    return tuple(found)
