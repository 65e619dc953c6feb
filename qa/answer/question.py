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
    MONEY = "money"
    DATE = "date"
    CLOCK = "clock"
    NAME = "name"
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
_SAY = "say|said|state|stated|tell|told|comment|remark|declare|claim|argue|mention|think|respond|reply|put\\ it"
_BROAD = re.compile(
    r"""\b(?: summar\w+ | overview | outline | recap | gist | highlights | tell\ me\ (?:more|about)
      | (?:main|key|central)\ (?:points?|topics?|themes?|takeaways?|messages?|findings)
      | (?:what|which)\ (?:\w+\ )? (?:was|were|is|are|has\ been|have\ been|got)\ (?:\w+\ )?
        (?:discussed|covered|addressed|debated)
      | what\ (?:did|do|does)\ [\w\s’'-]{0,60}\b (?:discuss|cover|address|talk\ about|deal\ with)
      | what\ (?:do|does|did|can)\ (?:\w+\ ){0,2} (?:articles?|texts?|stor(?:y|ies)|reports?|sources?)\ (?:\w+\ )?
        (?:say|tell|report)
      | what\ happened | what\ do\ (?:you|we)\ know)\b
    | \bwhat\ (?:is|are|was|were)\b [\w\s’'-]{0,60}\b about\W*$
    | ^(?:please\ )? (?:describe|explain)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_SUMMARY = re.compile(
    r"""\b(?: summar\w+ | overview | outline | recap | gist | highlights
      | (?:article|text|story|report|piece|page)s?\ (?:is\ |are\ )?about)\b
    | \bwhat\ (?:is|are)\ (?:this|that|these|those|the)\ (?:article|text|story|stories|report|piece)s?\b""",
    re.IGNORECASE | re.VERBOSE,
)
_QUOTATION = re.compile(
    rf"""\b(?:what|how)\s+ (?:exactly\s+|else\s+)? (?:did|does|do|has|have|had|would|will|can|could)\s+
      (?P<speaker>(?:(?!\b(?:who|that|which)\b).)+?)\s+
      (?:\w+ly\s+)? (?:{_SAY})\b
    | \baccording\ to\s+ (?P<source>[^,?.]+)
    | \b(?:quotes?|statements?|comments?|words)\ (?:from|by|of)\s+ (?P<author>[^,?.]+)
    | \bwhat\ (?:were|was|are|is)\ (?P<owner>.+?)[’']s?\ (?:words|comments?|remarks?|views?|opinion|reaction|response
      |objection)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_YES_NO = re.compile(rf"^(?:(?:and|so|but)\s+)?(?:{_AUXILIARY})\s", re.IGNORECASE)
_EXPECTS = (
    (
        Expects.MONEY,
        r"how much money\b|how much\b.*\b(?:costs?|spend|spent|pay|paid|worth|price|salary|budget|fees?|earn)\b",
    ),
    (
        Expects.MONEY,
        r"what\b.*\b(?:costs?|price|salary|budget|fee)\b|how many (?:[\w-]+ )?(?:euro|dollar|pound|crown)s?\b",
    ),
    (Expects.DURATION, r"how long\b|for how (?:many|much) \w+"),
    (Expects.NUMBER, r"how (?:many|much|old|large|big|high|far|tall|heavy|deep|often|fast|close)\b"),
    (Expects.NUMBER, r"(?:what|which) (?:number|percentage|share|proportion|age|score|amount|sum|dose)\b"),
    (Expects.DATE, r"(?:what|which) (?:exact )?(?:dates?|days?|month|year)\b"),
    (Expects.CLOCK, r"(?:what|which) (?:exact )?time\b(?! of)"),
    (Expects.WHEN, r"when\b|(?:what|which) (?:time|century|decade|weekday)\b"),
    (Expects.WHERE, r"where\b|(?:what|which) (?:\w+ )?(?:place|venue|palace|building|location|hotel)\b"),
    (
        Expects.WHO,
        r"(?:who|whom|whose)\b|(?:what|which) (?:person|man|woman|minister|politician|player|official|author)\b",
    ),
    (
        Expects.NAME,
        r"what (?:is|was|are|were) the (?:full |official )?(?:name|title)\b|what\b.*\b(?:named|called)(?=\W*$)",
    ),
    (
        Expects.NAME,
        r"(?:what|which) (?:\w+ )?(?:company|firm|club|team|party|organi[sz]ation|university|award|prize|treaty"
        r"|newspaper|agency|bank|school|hospital|website|rocket|ship|city|town|country|village|region)\b",
    ),
)
_QUESTION_WORD = re.compile(r"\b(?:what|which|why|how)\b", re.IGNORECASE)
_COUNTED = re.compile(
    rf"""\bhow\ many\s+ (?P<noun>(?:[\w’'-]+\s+){{0,3}}?[\w’'-]+)
    (?=\s+(?:{_AUXILIARY}|in|on|at|of|from|for|to|by|that|who)\b | \W*$)""",
    re.IGNORECASE | re.VERBOSE,
)
# Words that ask rather than say what about; "article" and its like, which point at the source and not into it; verbs
# that go with everything: "where was it held" is not about holding.
_SCAFFOLDING = frozenset(
    map(
        stem,
        "tell give say know mean many much long name call happen article text story report according please "
        "exactly else kind sort type summarise summarize summary overview outline recap gist highlight "
        "describe explain hold take place occur go get do make come main key central point topic theme "
        "discuss cover address".split(),
    )
)


def analyse(text: str) -> Question:
    """Take a standalone question apart."""
    kind = _kind(text)
    content = [word for word in words(text) if word.lower() not in STOP_WORDS and stem(word) not in _SCAFFOLDING]
    speaker = _group(_QUOTATION, text) if kind is Kind.QUOTATION else ""
    return Question(
        text=text,
        kind=kind,
        expects=_expects(text) if kind is Kind.FACTUAL else Expects.ANYTHING,
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


def _expects(text: str) -> Expects:
    """What the first question word in the text wants: a clause further on ("... when they met") asks for nothing."""
    matches = [(kind, re.search(rf"\b(?:{pattern})", text, re.IGNORECASE)) for kind, pattern in _EXPECTS]
    found = [(match.start(), kind) for kind, match in matches if match]
    if any_word := _QUESTION_WORD.search(text):
        found.append((any_word.start(), Expects.ANYTHING))
    return min(found, key=lambda pair: pair[0])[1] if found else Expects.ANYTHING


def _group(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return next((group for group in match.groups() if group), "") if match else ""


def _stems(tokens: Iterable[str]) -> frozenset[str]:
    return frozenset(stem(token) for token in tokens if token.lower() not in STOP_WORDS)


def _is_name(word: str, text: str) -> bool:
    """A number, or a word with a capital that is not just the first of the question."""
    return word[0].isdigit() or (word[0].isupper() and not text.lstrip("\"'“‘ ").startswith(word))
