"""Whether an answer is of the kind that its question word asks for."""

import re

from qa.answer.question import Expects
from qa.text import content_words

_MONTHS = "January February March April May June July August September October November December"
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
_NUMBER = re.compile(
    r"\d|\b(?:zero|no|none|one|once|two|twice|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty"
    r"|forty|fifty|sixty|seventy|eighty|ninety|hundreds?|thousands?|millions?|billions?|dozens?|tens|half|quarters?|third"
    r"|several|many|few|single|double|couple|pair|both|all|\w+(?:ty)-\w+)\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    rf"\d|\b(?:{'|'.join(f'{name}' for name in (_MONTHS + ' ' + _DAYS).split())})\b"
    r"|(?i:\b(?:today|yesterday|tomorrow|now|ago|before|after|since|until|when|night|morning|afternoon|evening|spring"
    r"|summer|autumn|winter|season|noon|midnight|soon|later|earlier|last|next|never|once|immediately|summit|meeting|war"
    r"|(?:the|this|that|same|every|each) (?:day|week|month|year|decade|century))s?\b)",
)
_DURATION = re.compile(
    r"\b(?:seconds?|minutes?|hours?|days?|nights?|weeks?|months?|years?|decades?|centur(?:y|ies)|long|short|forever|until"
    r"|since|permanent\w*|temporar\w*|brief\w*|multi-year|annual)\b|-(?:minute|hour|day|week|month|year)s?\b",
    re.IGNORECASE,
)
_PEOPLE = re.compile(
    r"[A-ZÀ-Ž]|\b(?:he|she|they|we|minister|president|chief|leader|head|member|official|people|person|man|woman|men|women"
    r"|children|nobody|everyone|expert|scientist|researcher|player|team|group|company|government|police|officer"
    r"|worker|volunteer|resident|student|teacher|doctor|family|mother|father|\w+(?:ers|ors|ists|ians|ants|ents|ees))s?\b",
)


_CALENDAR = re.compile(
    rf"\b(?:\d{{1,2}} )?(?:{'|'.join(_MONTHS.split())})(?: \d{{1,2}})?,?(?: (?:19|20)\d\d)?|\b(?:19|20)\d\d\b"
)
"""Figures that count nothing: a date is no answer to "how many"."""
_MONTH = re.compile(rf"\b(?:{'|'.join(_MONTHS.split())})\b")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_LONGEST_NAME = 9
"""Words; a longer "who" is a title or half a sentence."""
_CLOCK = re.compile(
    r"\b\d{1,2}[:.]\d\d\b|\b\d{1,2} ?(?:[ap]\.?m\b|o[’']clock)|\b(?:noon|midnight|dawn|dusk|sunrise|sunset)\b", re.I
)
_NAME = re.compile(r"[A-ZÀ-Ž0-9]")
_MONEY = re.compile(r"[€£$¥]|\b(?:euros?|dollars?|pounds?|pence|cents?|crowns?|million|billion|free)\b", re.IGNORECASE)
_DATE = re.compile(rf"\b(?:{'|'.join(_MONTHS.split())}|{'|'.join(_DAYS.split())}|\d{{1,2}}|\d{{4}})\b")


def fits(expects: Expects, answer: str) -> bool:
    """Whether an answer is of the type that a question word asks for; generous, since a misfit counts heavily."""
    match expects:
        case Expects.NUMBER:
            return bool(_NUMBER.search(_CALENDAR.sub("", answer)))
        case Expects.MONEY:
            return bool(_MONEY.search(answer))
        case Expects.DATE:
            return bool(_DATE.search(answer))
        case Expects.CLOCK:
            return bool(_CLOCK.search(answer))
        case Expects.WHEN:
            return bool(_TIME.search(answer))
        case Expects.DURATION:
            return bool(_DURATION.search(answer) or _NUMBER.search(answer))
        case Expects.WHO:
            return bool(_PEOPLE.search(answer)) and len(answer.split()) <= _LONGEST_NAME
        case Expects.NAME:
            named = [bool(_NAME.match(word)) for word in content_words(answer)]
            return 2 * sum(named) >= len(named) > 0
        case Expects.WHERE:
            return not re.fullmatch(r"[\d\s.,:%€$£-]+", answer) and not _DATE.fullmatch(answer)
        case Expects.ANYTHING:
            return True


def contradicts(question: str, answer: str) -> bool:
    """Whether an answer names a month or a year other than the question's own: "which day in July", "31 May"."""
    for pattern in (_MONTH, _YEAR):
        asked, told = set(pattern.findall(question)), set(pattern.findall(answer))
        if asked and told and asked.isdisjoint(told):
            return True
    return False
