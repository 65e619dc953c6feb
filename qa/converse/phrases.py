"""The noun phrases and the frame of an English question, found by closed lists of words: no tagger, no model.

It knows function words, and a few frequent verbs where nothing else ends a subject. What it does not know is taken for
part of a noun phrase: too long a phrase still searches well.
"""

import re
from dataclasses import dataclass

from qa.text import stem

BE = frozenset("is are was were be been being".split())
MODALS = frozenset("do does did will would can could shall should may might must".split())
"""What a bare verb follows: "did the ministers *meet*"."""
AUXILIARIES = BE | MODALS | {"has", "have", "had"}
ASKING = frozenset("who whom whose what which when where why how".split())
DETERMINERS = frozenset("the a an this these those his her its their".split())
PREPOSITIONS = frozenset(
    "of in on at to for from with by about into over under between among during before after against without within "
    "near since until through as than like besides".split()
)
CLAUSE = frozenset(
    "and but or that when while if because although though since after before as who which where".split()
)
"""What a new clause may begin with."""
_OTHER_FUNCTION = frozenset(
    "i you we he she they it me us him them my your our theirs hers there then here no not so too also else exactly "
    "ever still really just today yesterday tomorrow now any some all both each many much more most other others only "
    "very up out off back again please oh well".split()
)
FUNCTION = AUXILIARIES | ASKING | DETERMINERS | PREPOSITIONS | CLAUSE | _OTHER_FUNCTION
"""What no noun phrase holds, but for the determiner that opens it."""
ROLES = frozenset(
    "minister president secretary general chancellor king queen emperor pope senator governor director chief chairman "
    "chairwoman spokesman spokeswoman ambassador professor author singer coach leader ceo mr mrs ms dr sir judge mayor "
    "commissioner man woman person".split()
)
"""Titles and roles: before a person's name, or instead of one."""
TIMES = frozenset("year day month week date time decade century".split())
PLACES = frozenset("city country place town region capital state village building venue".split())
PRONOUNS = dict.fromkeys(["he", "she", "him", "his", "her", "hers"], "person")
PRONOUNS |= dict.fromkeys(["they", "them", "their", "theirs", "these", "those"], "group")
PRONOUNS |= {"it": "thing", "its": "thing", "this": "thing", "that": "thing", "there": "place", "then": "time"}
"""What each can stand for."""
CORPUS = frozenset("article articles text texts document documents source sources story stories page pages".split())
"""What is searched, never what was talked about."""
DATE = re.compile(
    r"\b(?:\d{1,2} (?:and \d{1,2} )?)?(?:January|February|March|April|May|June|July|August|September|October|November"
    r"|December)(?: \d{1,2}\b)?(?:,? \d{4})?|\b(?:1\d|20)\d\d\b"
)
_SAID = "say said tell told add note stress ask write emphasize mention explain claim"
SAYING = frozenset(stem(verb) for verb in _SAID.split())
"""Stems of what persons do beside their names."""
_IMPERATIVES = frozenset("tell summarise summarize explain describe list name give show say".split())
_IRREGULAR_PARTICIPLES = frozenset(
    "held built made found taken given known said met begun written sent won lost".split()
)
_VERBS = frozenset(
    "say do make take give get go come meet hold open discuss announce decide pledge support plan want need use have "
    "happen begin start end consider propose present agree mean offer send help work play live become join".split()
)
"""Frequent verbs: where a subject of several words ends ("did the Czech minister *say* nothing")."""
_PLURALS = frozenset("people men women children police staff troops".split())
_SINGULARS = frozenset("headquarters series news politics means physics species".split())
_BEFORE_NO_NOUN = frozenset("how most more very so who that i you we he she they it".split())
_TOKEN = re.compile(r"\d+(?:[.,:]\d+)*\w*|[^\W_]+(?:['’.&-][^\W_]+)*|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a punctuation mark; `low` is what rules look at: no case, no "n't"."""

    text: str
    low: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun phrase at `start` of its text, and the word before it."""

    text: str
    start: int
    end: int
    before: str

    @property
    def head(self) -> str:
        """The last word, which says what it is: "headquarters" in "a NATO headquarters"."""
        return self.text.split()[-1]

    @property
    def named(self) -> bool:
        """Whether it is a proper name: "the Wallenstein Palace", not "the NATO summit"."""
        return self.head[0].isupper()

    @property
    def plural(self) -> bool:
        """Whether it is many: "these ministers", not "a headquarters"."""
        return not self.text.lower().startswith(("a ", "an ", "this ", "that ")) and is_plural(self.head.lower())


@dataclass(frozen=True, slots=True)
class Frame:
    """A question in three: "In which city" "would" "a NATO headquarters be"; any of them may be empty."""

    asking: str
    auxiliary: str
    rest: str


def tokens(text: str) -> list[Token]:
    """Words and punctuation marks, left to right."""
    return [
        Token(m.group(), m.group().lower().replace("’", "'").removesuffix("n't"), m.start(), m.end())
        for m in _TOKEN.finditer(text)
    ]


def is_plural(word: str) -> bool:
    """Whether a lower-case noun looks like many."""
    looks = len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is", "'s", "’s"))
    return word in _PLURALS or (looks and word not in _SINGULARS)


def is_participle(word: str) -> bool:
    """Whether a lower-case word looks like "created" or "held"."""
    return word in _IRREGULAR_PARTICIPLES or (len(word) > 4 and word.endswith("ed"))


def phrases(text: str) -> list[Phrase]:
    """The noun phrases of a text, left to right, without their complements ("of", "in" ...)."""
    found = []
    all_tokens = tokens(text)
    i = 0
    while i < len(all_tokens):
        noun = i + _is_determiner(all_tokens, i)
        end = noun
        while opens_noun(all_tokens, end):
            end += 1
        if end == noun or (noun == i and _is_verb(all_tokens, i)):
            i += 1
            continue
        cut = _verb_after(all_tokens, i, noun, end)
        start, stop = all_tokens[i].start, all_tokens[cut - 1].end
        found.append(Phrase(text[start:stop], start, stop, all_tokens[i - 1].low if i else ""))
        i = cut + (cut < end)
    return found


def complemented(text: str, found: list[Phrase], index: int) -> str:
    """A phrase with what complements it: "the conference on 75 years of NATO"."""
    end = found[index].end
    for following in found[index + 1 : index + 4]:
        if text[end : following.start].strip() != following.before or following.before not in PREPOSITIONS:
            break
        end = following.end
    return text[found[index].start : end]


def frame(question: str) -> Frame | None:
    """A question's frame; None for what is no question (an order, a fragment, a statement)."""
    words = tokens(question)
    while words and words[0].low in {"and", "so", "but", ","}:
        words = words[1:]
    if not words:
        return None
    start = words[0].start
    if words[0].low in AUXILIARIES:
        return Frame("", words[0].text, question[words[0].end :].strip(" ?"))
    asked = 1 if words[0].low in PREPOSITIONS else 0
    if asked >= len(words) or words[asked].low not in ASKING:
        return None
    for word in words[asked + 1 : asked + 7]:
        if word.low in AUXILIARIES:
            return Frame(question[start : word.start].strip(), word.text, question[word.end :].strip(" ?"))
        if word.low in CLAUSE or is_participle(word.low) or not word.text[0].isalnum():
            break
    return Frame(words[asked].text, "", question[words[asked].end :].strip(" ?"))


def opens_noun(all_tokens: list[Token], i: int) -> bool:
    """Whether a content word stands there."""
    return i < len(all_tokens) and all_tokens[i].text[0].isalnum() and all_tokens[i].low not in FUNCTION


def _is_determiner(all_tokens: list[Token], i: int) -> bool:
    """Whether a noun follows; "that" is mostly a conjunction ("said that NATO ...", "the summit that NATO ...")."""
    if all_tokens[i].low != "that":
        return all_tokens[i].low in DETERMINERS
    before = all_tokens[i - 1].low if i else "that"
    follows = opens_noun(all_tokens, i + 1) and not is_plural(all_tokens[i + 1].low)
    object_ = follows and is_participle(before) and stem(before) not in SAYING
    return before in AUXILIARIES | PREPOSITIONS or object_


def _is_verb(all_tokens: list[Token], i: int) -> bool:
    """Whether a content word that no determiner opens is a verb: "Who *opened*", "did he *talk*", "was *created*"."""
    word, before = all_tokens[i], all_tokens[i - 1].low if i else ""
    if i == 0:
        return word.low in _IMPERATIVES
    if word.text[0].isupper():
        return False
    if before == "what":
        return all(following.low not in AUXILIARIES for following in all_tokens[i + 1 : i + 3])
    predicate = before in BE and i > 1 and all_tokens[i - 2].low not in ASKING and not opens_noun(all_tokens, i + 1)
    passive = before in BE | {"has", "have", "had"} and is_participle(word.low)
    infinitive = before == "to" and not is_plural(word.low)
    return predicate or passive or infinitive or before in _BEFORE_NO_NOUN


def _verb_after(all_tokens: list[Token], opening: int, noun: int, end: int) -> int:
    """Where the verb stands that ends the noun phrase which opens at `opening`, or `end`."""
    before = all_tokens[opening - 1].low if opening else ""
    for i in range(noun + 1, end):
        last, word = all_tokens[i - 1], all_tokens[i]
        if word.text[0].isupper() or word.text[0].isdigit():
            continue
        possessive = last.low.endswith(("'s", "s'"))
        many = is_plural(last.low) and (noun == opening or before in MODALS)
        ends = many or (is_participle(word.low) and not last.low.endswith("ly"))
        bare_name = opening == noun and before in MODALS and last.text[0].isupper() and not possessive
        if ends or bare_name or (before in MODALS and word.low in _VERBS) or stem(word.low) in SAYING:
            return i
    predicate = opening == 1 and before in BE and (end == len(all_tokens) or all_tokens[end].text == "?")
    subject = before in MODALS and (end == len(all_tokens) or all_tokens[end].low not in AUXILIARIES)
    several = end - noun > 1 and not all_tokens[end - 1].text[0].isupper()
    return end - 1 if several and (predicate or subject) else end
