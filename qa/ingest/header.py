"""What stands above an article's text: its title, date and source.

Formats say some of it in their own way; the rest is read from the first lines of the text.
"""

import datetime
import re
from dataclasses import dataclass

from qa.ingest.furniture import without_lines

_LONGEST_TITLE = 200
_WRAPPED = range(50, 121)
"""Lengths, in characters, of a line that an editor may have broken in mid-sentence: it goes on in the next line."""
_SENTENCE_END = re.compile(r"(?:(?<!\.[A-Z])\.|[…:;,])[\"'”’»)\]]*$")
_TITLE_LABEL = re.compile(r"^(?:title|headline):\s*", re.IGNORECASE)
_LABEL = re.compile(
    r"^(?:date|published|posted|(?:last )?updated|released|source|url|link|original)(?: on| at)?(?:\s*:\s*|\s+)",
    re.IGNORECASE,
)
_BYLINE = re.compile(r"(?:(?:written )?by|authors?:) [^.!?]{2,100}", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<{}>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DATE = re.compile(
    r"(?:(?:mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(?:day)?\.?,?\s+)?"
    rf"(?:(?P<y1>\d{{4}})-(?P<m1>\d\d)-(?P<d1>\d\d)"
    rf"|(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\s+{_MONTH.format('m2')},?\s+(?P<y2>\d{{4}})"
    rf"|{_MONTH.format('m3')}\s+(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y3>\d{{4}}))"
    r"(?:(?:\s*[,|·–-]|\s+at|T)?\s*\d{1,2}[:.]\d\d(?:[:.]\d\d(?:\.\d+)?)?(?:\s?[ap]\.?m\.?)?"
    r"(?:\s?(?:Z|[A-Z]{2,4}|[+-]\d\d:?\d\d))?)?",
    re.IGNORECASE,
)
"""A date that leaves no doubt, with its time of day; 05/06/2024 is May here and June there, so it is none."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What the format itself says about an article. The text is not yet cleaned."""

    text: str
    title: str | None = None
    url: str | None = None
    published: str | None = None


def take_header(draft: Draft) -> Draft:
    """Move title, date and source from the first lines of the text to where they belong."""
    title, url, published = draft.title, draft.url, draft.published
    lines = draft.text.split("\n")
    taken = set()
    for place, line in enumerate(lines):
        bare = line.strip()
        address, date = _metadata(bare)
        if address or date:
            url, published = url or address, published or date
            taken.add(place)
        elif title is None and _is_title(bare, "".join(lines[place + 1 : place + 2])):
            title = one_line(_TITLE_LABEL.sub("", bare))
            taken.add(place)
        elif bare and not (title and _BYLINE.fullmatch(bare)):
            break
    text = without_lines(lines, taken)
    return Draft(text, title, url, published) if text else draft


def _metadata(line: str) -> tuple[str | None, str | None]:
    """The address and the date that a line consists of, if it does."""
    value = _LABEL.sub("", line).removeprefix("<").removesuffix(">")
    return web_address(value), iso_date(value)


def _is_title(line: str, following: str) -> bool:
    if not line or len(line) > _LONGEST_TITLE or _SENTENCE_END.search(line):
        return False
    following = following.strip()
    if not following or any(_metadata(following)) or _BYLINE.fullmatch(following):
        return True
    if line[-1] in "?!" or following[0].islower():
        return False
    return len(line) not in _WRAPPED or len(following) >= _WRAPPED.stop


def iso_date(value: object) -> str | None:
    """`2024-05-31` for a date or for a string that is a date as a whole, None for anything else."""
    if isinstance(value, datetime.date):
        return value.isoformat()[:10]
    match = _DATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    year, month, day = (next(v for k, v in match.groupdict().items() if k[0] == part and v) for part in "ymd")
    number = int(month) if month.isdigit() else _MONTHS.index(month[:3].lower()) + 1
    try:
        return datetime.date(int(year), number, int(day)).isoformat()
    except ValueError:
        return None


def web_address(value: object) -> str | None:
    """The value if it is an http or https address, else None: nothing else is fit to become a link."""
    return value if isinstance(value, str) and re.fullmatch(r"https?://[!-~]+", value) else None


def one_line(value: object) -> str | None:
    """A title as it can be shown anywhere: on one line, not too long, no control characters; None for an empty one."""
    if not isinstance(value, str | int | float | datetime.date):
        return None
    return "".join(c for c in " ".join(str(value).split()) if c.isprintable())[:_LONGEST_TITLE] or None
