"""The dates that a text states, as days, months and years of the calendar."""

import calendar
import datetime
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from qa.answer.quotes import sentence_at, sentences
from qa.cite.quantities import Day, days
from qa.types import Article

_YEAR = re.compile(
    r"""(?<![\w$€£.,-])(?:
        AD\s(?P<early>\d{1,4})\b
      | (?P<decade>[12]\d\d0)s\b
      | (?:\b(?:in|since|by|until|till|from|to|between|during|after|before|of|early|late|mid|spring|summer|autumn
          |fall|winter|year|for)[\s-]
        |\(|(?<=[12]\d\d\d,\s)|(?<=[12]\d\d\d\sand\s))
        (?P<year>1[1-9]\d\d|10\d[1-9]|20\d\d)(?:[/–-](?P<last>\d\d(?:\d\d)?))?(?![\d.,/–-]*\d)\b(?!['’%°])
    )(?!\s*(?:BC|B\.C|BCE|AH)\b)""",
    re.VERBOSE | re.IGNORECASE,
)
"""A year that stands alone. Four digits are one only after a word that goes with years, or after another year."""
_COUNTED = re.compile(
    r"\s(?:(?!(?:was|is|has|its|his|as|this|towards|besides|less|plus|perhaps|always|thus)\b)[a-z-]+s"
    r"|people|men|women|children|troops|per|percent|million|billion|km|kg|m|ft|metric|or so|more|other|new)\b"
)
"""What stands after a number of things: "in 2000 houses"."""
_JOINED = re.compile(r"\s*(?:[–—-]|to|until|till|through)\s*(?:the\s)?")
_AND = re.compile(r"\s+and\s+(?:the\s)?")
_BETWEEN = re.compile(r"\bbetween\s+(?:the\s)?\Z", re.IGNORECASE)
_MONTH_CUE = re.compile(
    r"\b(?:in|by|since|until|till|from|of|to|during|through|before|after|between|and|early|late|mid|last|next|this)"
    r"[\s-]\Z|\((?:\w+ )?\Z",
    re.IGNORECASE,
)
"""What stands before the name of a month that has neither day nor year: "May" and "March" are words, too."""
_WEEKDAY = re.compile(r"\b(mon|tues|wednes|thurs|fri|satur|sun)day,?\s(?:the\s)?\Z", re.IGNORECASE)
_WEEKDAYS = ("mon", "tues", "wednes", "thurs", "fri", "satur", "sun")
_TWO_SIDED = re.compile(r"\d.*[^\W\d]\.?\s+\d{1,2}")
"""`On 5 May 12 people came`: which number is the day?"""
_TO_COME = re.compile(r"\b(?:will|shall)\b")
_NEAR = datetime.timedelta(days=184)
"""No date whose year is not told is farther off: half a year."""
_PAST = datetime.timedelta(days=31)
"""What lies that long before the day of publication is not to come."""
_DATELINE = 90
"""Characters within which an article tells its own date."""


@dataclass(frozen=True, slots=True)
class Stated:
    """A date, and the words that state it."""

    since: str | None
    """ISO 8601: `2024-05-31`, `2024-05` or `2024`; None where the year is not known."""
    until: str | None
    """The same, unless it is a range."""
    start: int
    end: int


def stated_dates(article: Article) -> list[Stated]:
    """Every date in an article, in order.

    A year that is not told is the nearest to the day of publication, as the article's record or its dateline tells it;
    or it is that of the same day elsewhere in the article, if a weekday proves it. A date is left without a year where
    its weekday is another one, or where it is past by then in a sentence about what will be.
    """
    told = [day for span in sentences(article.text) for day in _days(article.text, *span)]
    published = _published(article, told)
    found = [_stated(day, _year(article.text, day, told, published)) for day in told]
    taken = {place for day in told for place in range(day.start, day.end)}
    found += [year for year in _years(article.text) if taken.isdisjoint(range(year.start, year.end))]
    return _ranges(article.text, sorted(found, key=lambda stated: stated.start))


def _days(text: str, start: int, end: int) -> Iterator[Day]:
    """The dates of a sentence that are days of the calendar, or months and not just words."""
    for day in days(text[start:end]):
        stop = text[start + day.end - 1] == "."
        found = replace(day, start=start + day.start, end=start + day.end - stop)
        if not day.days and not day.year:
            if _MONTH_CUE.search(text, max(start, found.start - 20), found.start):
                yield found
            continue
        clear = list(day.days) == sorted(day.days) and not _TWO_SIDED.fullmatch(text, found.start, found.end)
        if clear and _exists(day, day.year or 2024):  # a leap year
            yield found


def _exists(day: Day, year: int) -> bool:
    return 0 < year < 10_000 and all(1 <= number <= calendar.monthrange(year, day.month)[1] for number in day.days)


def _published(article: Article, told: Sequence[Day]) -> datetime.date | None:
    """The day of publication."""
    if article.published:
        return datetime.date.fromisoformat(article.published)
    for day in told[:1]:
        ends = article.text[day.end :].lstrip(" ")[:1] in ("—", "–", "-", "\n")
        if ends and day.end <= _DATELINE and len(day.days) == 1 and day.year:
            return _first(day, day.year)
    return None


def _year(text: str, day: Day, told: Sequence[Day], published: datetime.date | None) -> int:
    """The year of a date; 0 where it is not known."""
    if day.year:
        return day.year
    weekday = _WEEKDAY.search(text, max(0, day.start - 16), day.start)
    years = [other.year for other in told if weekday and other.year and other.days and day.within(other)]
    if published:
        near = [year for year in range(published.year - 1, published.year + 2) if _exists(day, year)]
        dates = sorted((_first(day, year) for year in near), key=lambda date: abs(date - published))
        to_come = _TO_COME.search(text, *sentence_at(text, day.start))
        years += [date.year for date in dates[:1] if -_NEAR <= published - date <= (_PAST if to_come else _NEAR)]
    if weekday:
        number = _WEEKDAYS.index(weekday[1].lower())
        years = [year for year in years if _exists(day, year) and _first(day, year).weekday() == number]
    return years[0] if years else 0


def _first(day: Day, year: int) -> datetime.date:
    """Its first day; the middle of a month."""
    return datetime.date(year, day.month, day.days[0] if day.days else 15)


def _stated(day: Day, year: int) -> Stated:
    if not year:
        return Stated(None, None, day.start, day.end)
    month = f"{year:04}-{day.month:02}"
    numbers = [f"{month}-{number:02}" for number in day.days] or [month]
    return Stated(numbers[0], numbers[-1], day.start, day.end)


def _years(text: str) -> Iterator[Stated]:
    for match in _YEAR.finditer(text):
        if (year := match["year"]) and not _COUNTED.match(text, match.end()):
            last = year[: 4 - len(match["last"] or "")] + (match["last"] or "")
            yield Stated(year, max(year, last), match.start("year"), match.end())
        elif decade := match["decade"]:
            yield Stated(decade, f"{int(decade) + 9}", *match.span())
        elif match["early"] and int(match["early"]):
            early = f"{int(match['early']):04}"
            yield Stated(early, early, *match.span())


def _ranges(text: str, found: Sequence[Stated]) -> list[Stated]:
    """`from 30 May to 2 June` and `between 1926 and 1929` made one."""
    joined: list[Stated] = []
    for stated in found:
        last = joined[-1] if joined else None
        if last and last.until and stated.since and last.until <= stated.since:
            between = _BETWEEN.search(text, max(0, last.start - 15), last.start)
            if (_AND if between else _JOINED).fullmatch(text, last.end, stated.start):
                joined[-1] = replace(last, until=stated.until, end=stated.end)
                continue
        joined.append(stated)
    return joined
