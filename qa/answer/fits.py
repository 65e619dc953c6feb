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
    r"|(?i:\b(?:today|yesterday|tomorrow|now|ago|before|after|during|since|until|when|while|day|night|morning|afternoon"
    r"|evening|week|month|year|decade|century|spring|summer|autumn|fall|winter|season|noon|midnight|soon|later|earlier"
    r"|annual|daily|weekly|monthly|first|last|next|always|never|once|immediately|summit|meeting|war)s?\b)",
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


_NAME = re.compile(r"[A-ZÀ-Ž0-9]")
_MONEY = re.compile(r"[€£$¥]|\b(?:euros?|dollars?|pounds?|pence|cents?|crowns?|million|billion|free)\b", re.IGNORECASE)
_DATE = re.compile(rf"\b(?:{'|'.join(_MONTHS.split())}|{'|'.join(_DAYS.split())}|\d{{1,2}}|\d{{4}})\b")


def fits(expects: Expects, answer: str) -> bool:
    """Whether an answer is of the type that a question word asks for; generous, since a misfit counts heavily."""
    match expects:
        case Expects.NUMBER:
            return bool(_NUMBER.search(answer))
        case Expects.MONEY:
            return bool(_MONEY.search(answer))
        case Expects.DATE:
            return bool(_DATE.search(answer))
        case Expects.WHEN:
            return bool(_TIME.search(answer))
        case Expects.DURATION:
            return bool(_DURATION.search(answer) or _NUMBER.search(answer))
        case Expects.WHO:
            return bool(_PEOPLE.search(answer))
        case Expects.NAME:
            named = [bool(_NAME.match(word)) for word in content_words(answer)]
            return 2 * sum(named) >= len(named) > 0
        case Expects.WHERE:
            return not re.fullmatch(r"[\d\s.,:%€$£-]+", answer) and not _DATE.fullmatch(answer)
        case Expects.ANYTHING:
            return True
