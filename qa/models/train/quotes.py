"""Quotation questions: what somebody said, and on what; made of the corpora's sentences, put into people's mouths."""

import random
import re
from collections.abc import Iterable

from qa.models.train.lexicon import names_in
from qa.models.train.nearmiss import Pair
from qa.models.train.sources import NO_ANSWER, mentions, tokens
from qa.text import STOP_WORDS, sentence_spans

_SPEAKER = re.compile(
    r"\b([A-Z][\w'-]+(?: [A-Z][\w.'-]*)? [A-Z][\w'-]+) (?:said|says|told|added|wrote|argued|announced|explained"
    r"|stated|was born|became|claimed|resigned)\b|(?:President|Minister|Secretary|Senator|Mr\.?|Dr\.?|Professor|General"
    r"|spokesman|spokeswoman|director) ([A-Z][\w'-]+(?: [A-Z][\w'-]+)?)\b"
)
_TITLES = [
    "", "", "", "Foreign Minister ", "President ", "Prime Minister ", "Professor ", "Secretary General ", "Senator ",
    "Dr ", "spokeswoman ", "Defence Minister ", "director ", "Mayor ", "analyst ", "Ambassador ", "chief executive ",
]  # fmt: skip
_TELLINGS = [
    "“{said},” said {who}.", "“{said},” {who} said.", "{who} said: “{said}.”", "“{said},” {who} told reporters.",
    "According to {who}, “{said}.”", "“{said},” stressed {who} during the meeting.", "“{said},” added {who}.",
    "{who} said that {told}.", "{who} noted that {told}.", "{who} stressed that {told}.", "According to {who}, {told}.",
    "“{said},” explained {who} after the talks.", "{who} warned that {told}.",
]  # fmt: skip
_ABOUT = [
    "What did {who} say about {topic}?", "What did {who} say about {topic}?", "What did {who} say about {topic}?",
    "What did {who} say on {topic}?", "What was said by {who} about {topic}?", "What does {who} think about {topic}?",
    "What is {who}'s view on {topic}?", "What did {who} tell reporters about {topic}?",
    "How did {who} comment on {topic}?", "what did {who} say about {topic}", "{who} on {topic}",
    "What were {who}'s words about {topic}?",
]  # fmt: skip
_AT_ALL = [
    "What did {who} say?", "What did {who} say?", "What did {who} tell reporters?", "What was {who}'s statement?",
]  # fmt: skip
_PEOPLE = 4
_LONGEST = 26
"""Words of a statement: what the service marks is a few words within one sentence."""


class Speeches:
    """Makes passages in which people say things, and questions about what they said.

    Args:
        texts: where the statements, and the first and last names, come from.
        shuffle: draws everything.
    """

    def __init__(self, texts: Iterable[str], shuffle: random.Random) -> None:
        self._shuffle = shuffle
        texts = list(texts)
        found = {name for text in texts for match in _SPEAKER.finditer(text) if (name := match[1] or match[2])}
        ordinary = {word for text in texts for word in re.findall(r"\b[a-z]{3,}\b", text)}
        people = sorted(name for name in found if not set(name.lower().split()) & ordinary and "." not in name)
        self._first = sorted({name.split()[0] for name in people if " " in name})
        self._last = sorted({name.split()[-1] for name in people})
        sentences = [text[a:b] for text in texts for a, b in sentence_spans(text)]
        self._plain = [one for one in sentences if 6 <= len(one.split()) <= 30]
        self._statements = [one[:-1] for one in self._plain if _can_be_said(one)]

    def pairs(self) -> list[Pair]:
        """From one new passage: questions that it answers, and about as many that it does not."""
        shuffle = self._shuffle
        first, last = shuffle.sample(self._first, _PEOPLE), shuffle.sample(self._last, _PEOPLE)
        people = [" ".join(name) for name in zip(first, last, strict=True)]
        said = shuffle.sample(self._statements, shuffle.choice([1, 2, 2, 3]))
        lines = [(number, *self._telling(people[number], statement)) for number, statement in enumerate(said)]
        for _ in range(shuffle.choice([0, 1, 1, 2, 3])):
            lines.insert(shuffle.randint(0, len(lines)), (-1, shuffle.choice(self._plain), 0, 0))
        passage = ""
        spans = [(0, 0)] * len(said)
        for number, text, start, end in lines:
            passage += " " if passage else ""
            if number >= 0:
                spans[number] = len(passage) + start, len(passage) + end
            passage += text
        return [pair for number in range(len(said)) for pair in self._questions(number, passage, people, said, spans)]

    def _telling(self, who: str, statement: str) -> tuple[str, int, int]:
        """A sentence in which somebody makes the statement, and where the statement stands in it."""
        who = self._shuffle.choice(_TITLES) + who
        form = self._shuffle.choice(_TELLINGS)
        lowered = "{told}" in form and not names_in(f"x {statement}")
        said = statement[0].lower() + statement[1:] if lowered else statement
        before = re.split(r"\{(?:said|told)\}", form)[0].format(who=who)
        text = form.format(who=who, said=said, told=said)
        return text[0].upper() + text[1:], len(before), len(before) + len(said)

    def _questions(
        self, number: int, passage: str, people: list[str], said: list[str], spans: list[tuple[int, int]]
    ) -> list[Pair]:
        """One question about a person's statement, and one that is like it and has no answer."""
        shuffle = self._shuffle
        topic = self._topic(said[number])
        if shuffle.random() < 0.3 or not topic:
            asked = shuffle.choice(_AT_ALL)
            told = Pair(asked.format(who=self._called(people[number])), passage, *spans[number])
            silent = asked.format(who=self._called(people[-1]))
            return [told, Pair(silent, passage, NO_ANSWER, NO_ANSWER)]
        asked = shuffle.choice(_ABOUT)
        told = Pair(asked.format(who=self._called(people[number]), topic=topic), passage, *spans[number])
        if shuffle.random() < 0.6:
            spoke = [other for other, statement in enumerate(said) if mentions(statement, topic)]
            silent = [who for other, who in enumerate(people) if other != number and other not in spoke]
            missed = asked.format(who=self._called(shuffle.choice(silent)), topic=topic)
            return [told, Pair(missed, passage, NO_ANSWER, NO_ANSWER)]
        foreign = self._topic(shuffle.choice(self._statements))
        known = set(tokens(passage))
        if not foreign or any(word in known for word in tokens(foreign) if word not in STOP_WORDS):
            return [told]
        missed = asked.format(who=self._called(people[number]), topic=foreign)
        return [told, Pair(missed, passage, NO_ANSWER, NO_ANSWER)]

    def _called(self, person: str) -> str:
        return person if self._shuffle.random() < 0.7 else person.split()[-1]

    def _topic(self, statement: str) -> str | None:
        """A name or a noun phrase of the statement, roughly."""
        nouns = re.findall(r"\b(?:the|a|an|of|for|about) ((?:[a-z]{3,} )?[a-z]{4,})\b", statement)
        phrases = names_in(f"x {statement}") + nouns
        fit = [one for one in phrases if tokens(one)[-1] not in STOP_WORDS and tokens(one)[0] not in STOP_WORDS]
        if not fit:
            return None
        topic = self._shuffle.choice(fit)
        return f"the {topic}" if topic.islower() and self._shuffle.random() < 0.6 else topic


def _can_be_said(sentence: str) -> bool:
    """Whether a sentence stands on its own and quotes nobody yet."""
    opens = re.match(r"(?:[A-Z][a-z]+|I|We) [a-z]", sentence) and not re.match(r"(?:He|She|It|They|His|Her) ", sentence)
    closed = sentence.endswith(".") and not re.search(r"[\"“”():;]", sentence)
    return bool(opens and closed) and 6 <= len(sentence.split()) <= _LONGEST
