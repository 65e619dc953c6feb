"""What a question asks for: its kind, the type of answer that fits, and the words that an answer must be about."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from qa.text import STOP_WORDS, stem, words


class Kind(StrEnum):
    """How a question wants to be answered."""

    FACTUAL = "factual"
    YES_NO = "yes_no"
    QUOTATION = "quotation"
    BROAD = "broad"


class Expects(StrEnum):
    """The type of answer that the question word asks for."""

    WHO = "who"
    WHERE = "where"
    WHEN = "when"
    NUMBER = "number"
    DURATION = "duration"
    ANYTHING = "anything"


@dataclass(frozen=True, slots=True)
class Question:
    """A standalone question, taken apart. All words are stems."""

    text: str
    kind: Kind
    expects: Expects
    terms: frozenset[str]
    """What the question is about: its content words without the question's own scaffolding."""
    names: frozenset[str]
    """Those of the terms that are names or numbers, for which there is no paraphrase."""
    counted: frozenset[str]
    """What "how many ..." counts."""
    speaker: frozenset[str]
    """Whose words a quotation question asks for."""
    summary: bool
    """Whether the whole of something is asked for, not what it says of a topic."""


_AUXILIARY = (
    "is|are|was|were|do|does|did|has|have|had|will|would|can|could|shall|should|may|might|must|isn't|aren't|wasn't"
    "|weren't|don't|doesn't|didn't|hasn't|haven't|hadn't|won't|wouldn't|can't|couldn't|shouldn't"
)
_SAY = "say|said|says|state|stated|tell|told|comment|remark|declare|claim|argue|mention|think|respond|reply|quoted|put"
_BROAD = re.compile(
    r"\b(?:summar\w+|overview|outline|recap|gist|highlights|tell me (?:more )?about"
    r"|(?:main|key|central) (?:points?|topics?|themes?|takeaways?|messages?|findings)"
    r"|what (?:is|are|was|were) (?:all )?(?:this|that|these|those|the|your)? ?[\w\s’'-]{0,40}\babout"
    r"|(?:what|which) (?:\w+ )?(?:was|were|is|are|has been|have been|got) (?:\w+ )?(?:discussed|covered|addressed|debated)"
    r"|what (?:did|do|does|was|is) [\w\s’'-]{0,60}\b(?:discuss|cover|address|talk about|deal with)\b"
    r"|what (?:do|does|did|can) (?:\w+ ){0,2}(?:articles?|texts?|stor(?:y|ies)|reports?|sources?) (?:\w+ )?(?:say|tell|report)"
    r"|what happened|describe|what do (?:you|we) know)\b",
    re.IGNORECASE,
)
_SUMMARY = re.compile(
    r"\b(?:summar\w+|overview|outline|recap|gist|highlights|(?:article|text|story|report|piece|page)s? (?:is |are )?about)\b"
    r"|\bwhat (?:is|are) (?:this|that|these|those|the) (?:article|text|story|stories|report|piece)s?\b",
    re.IGNORECASE,
)
_QUOTATION = re.compile(
    rf"\b(?:what|how)\s+(?:exactly\s+|else\s+)?(?:{_AUXILIARY})\s+(?P<speaker>.+?)\s+(?:\w+ly\s+)?(?:{_SAY})\b"
    r"|\baccording to\s+(?P<source>[^,?.]+)"
    r"|\b(?:quotes?|statements?|comments?|words) (?:from|by|of)\s+(?P<author>[^,?.]+)"
    r"|\bwhat (?:were|was|are|is) (?P<owner>.+?)[’']s? (?:words|comments?|remarks?|views?|opinion|reaction|response|objection)\b",
    re.IGNORECASE,
)
_YES_NO = re.compile(rf"^(?:(?:and|so|but)\s+)?(?:{_AUXILIARY})\s", re.IGNORECASE)
_EXPECTS = (
    (Expects.DURATION, r"how long|for how (?:many|much) \w+"),
    (Expects.NUMBER, r"how (?:many|much|old|large|big|high|far|tall|heavy|deep|often|fast|close)"),
    (Expects.NUMBER, r"(?:what|which) (?:number|percentage|share|proportion|age|score|amount|price|sum|salary)"),
    (Expects.WHEN, r"when|(?:what|which) (?:year|date|day|month|time|century|decade|weekday)"),
    (
        Expects.WHERE,
        r"where|(?:what|which) (?:\w+ )?(?:place|city|town|country|venue|palace|building|location|village|state)",
    ),
    (Expects.WHO, r"who|whom|whose|(?:what|which) (?:person|man|woman|minister|politician|player|official|author)"),
)
_COUNTED = re.compile(
    rf"\bhow many\s+(?P<noun>(?:[\w’'-]+\s+){{0,3}}?[\w’'-]+)(?=\s+(?:{_AUXILIARY}|in|on|at|of|from|for|to|by|that|who)\b|\W*$)",
    re.IGNORECASE,
)
# Words that ask rather than say what about; "article" and its like point at the source, not into it.
_SCAFFOLDING = frozenset(
    "tell give say said says know mean many much long name call happen article articles text story report according "
    "please exactly else kind sort type summarise summarize summary overview outline recap gist highlights describe main "
    "key central point points topic topics theme themes discuss discussed cover covered address addressed".split()
)


def analyse(text: str) -> Question:
    """Take a standalone question apart."""
    kind = _kind(text)
    content = [word for word in words(text) if word.lower() not in STOP_WORDS | _SCAFFOLDING]
    speaker = _group(_QUOTATION, text) if kind is Kind.QUOTATION else ""
    return Question(
        text=text,
        kind=kind,
        expects=next(
            (e for e, pattern in _EXPECTS if re.search(rf"\b(?:{pattern})\b", text, re.IGNORECASE)), Expects.ANYTHING
        )
        if kind is Kind.FACTUAL
        else Expects.ANYTHING,
        terms=_stems(content),
        names=_stems(word for word in content if _is_name(word, text)),
        counted=_stems(words(_group(_COUNTED, text))),
        speaker=_stems(word for word in words(speaker) if word in content),
        summary=bool(_SUMMARY.search(text)),
    )


def _kind(text: str) -> Kind:
    if _BROAD.search(text):
        return Kind.BROAD
    if _QUOTATION.search(text):
        return Kind.QUOTATION
    return Kind.YES_NO if _YES_NO.match(text) else Kind.FACTUAL


def _group(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return next((group for group in match.groups() if group), "") if match else ""


def _stems(tokens: Iterable[str]) -> frozenset[str]:
    return frozenset(stem(token) for token in tokens if token.lower() not in STOP_WORDS)


def _is_name(word: str, text: str) -> bool:
    """A number, or a word with a capital that is not just the first of the question."""
    return word[0].isdigit() or (word[0].isupper() and not text.lstrip("\"'“‘ ").startswith(word))
