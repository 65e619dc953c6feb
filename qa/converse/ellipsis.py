"""Elliptical questions take over the previous one: "Why?", "How many?", "And the UK?", "And in Washington?"."""

import re
from collections.abc import Sequence

from qa.converse.antecedents import personhood, thing
from qa.converse.phrases import (
    AUXILIARIES,
    MODALS,
    PLACES,
    PREPOSITIONS,
    PRONOUNS,
    TIMES,
    Frame,
    Phrase,
    complemented,
    frame,
    is_participle,
    phrases,
    tokens,
)
from qa.converse.thread import Exchange, speakers
from qa.text import content_words

_LEAD = r"(?:(?:and|so|but|or|ok|okay) )?"
_MORE = re.compile(
    r"(?:and |please |can you |could you )*(?:(?:tell|give|show) me (?:some )?more|go on|continue|elaborate|more"
    r"|anything else)(?: details?| information)?(?: (?:about|on) (?:that|this|it))?(?: please)?"
)
_TOPIC = frozenset("about of on for against".split())
_LED = tuple(f"{preposition} " for preposition in PREPOSITIONS)
_STRANDED = tuple(f" {preposition}" for preposition in PREPOSITIONS)
"""A question's end that waits for what is asked for: "Who did he talk *to*?"."""
TELL_MORE = "Tell me more: "
"""What opens the question that "Tell me more" becomes."""
_BARE = re.compile(  # a question word with hardly anything beside it
    _LEAD + r"((?:(?:since|by|for|to|with|from|until|on|in|at|of|about|against) )?"
    r"(?:(?:who|whom|when|where|why|what)(?: (?:else|exactly|for|time|year|day|city|country|place))*"
    r"|(?:which|how)(?: [\w-]+){0,3}))"
)
_WHERE_IT = re.compile(_LEAD + r"([a-z][\w -]{2,30}?) (?:is|was|would|will) (that|this|it)(?: be| exactly)*")
_SO_DID_HE = re.compile(_LEAD + r"([a-z]{3,5}) (?:do|does|did|will|would|can|could) (?:he|she|it|that|they)")
_OTHER = re.compile(r"((?:(?:and|but|so),? )?(?:what|how) about |(?:and|but|so),? )?(.{1,80})", re.IGNORECASE)


def take_over(question: str, thread: Sequence[Exchange]) -> str | None:
    """The previous question with this one's question word or name put in; None where this one is no ellipsis."""
    last = thread[-1]
    plain = re.sub(r"[\s.,!?…]+", " ", question.lower()).strip()
    if not last.question:
        return None
    if _MORE.fullmatch(plain):
        return f"{TELL_MORE}{_uncapitalised(last.question)}"
    if plain in {"how so", "how come", "why so"}:
        return _ask("Why", last)
    bare = _BARE.fullmatch(plain)
    if bare and not any(is_participle(word) or word in AUXILIARIES | {"to", "about"} for word in bare[1].split()[1:]):
        return _ask(_as_written(bare, question), last)
    if (verbless := _SO_DID_HE.fullmatch(plain)) and _is_circumstance(verbless[1]):
        return _ask(_as_written(verbless, question), last)
    event = _WHERE_IT.fullmatch(plain)
    if event and _is_event(event, thread):
        return _ask(_as_written(event, question), last)
    return _ask_about_other(question, thread)


def _is_event(asked: re.Match[str], thread: Sequence[Exchange]) -> bool:
    """Whether "Why is it" or "When was that" asks about all that was said, not about one thing."""
    if asked[1] in {"why", "how"}:
        return True
    if not _is_circumstance(asked[1]) or asked[1].startswith("how "):
        return False
    before = frame(thread[-1].question)
    who = before is not None and before.asking.lower().startswith("who")
    return (who and asked[2] == "that") or thing(thread[-1], speakers(thread)) is None


def _as_written(match: re.Match[str], question: str) -> str:
    """The question words with the question's own capitals, opening with one."""
    written = {token.low: token.text for token in tokens(question)}
    asked = " ".join(written.get(word, word) for word in match[1].split())
    return asked[0].upper() + asked[1:]


def _uncapitalised(question: str) -> str:
    opening, space, rest = question.partition(" ")
    name = any(phrase.start == 0 and phrase.text[0].isupper() for phrase in phrases(question)[:1])
    return question if name or opening == "I" else f"{opening.lower()}{space}{rest}"


def _unstopped(question: str) -> str:
    return question.rstrip(" ?.!")


def _ask(asked: str, last: Exchange) -> str | None:
    """The previous question, but asked for something else: "Why", "Which countries", "How many"."""
    before = frame(last.question)
    if before is None:
        return None
    both = f"{_unstopped(last.question)}, and {_uncapitalised(asked)}?"
    clause = f"{before.auxiliary} {before.rest}".strip()
    new, old = asked.lower().split(), before.asking.lower().split()
    if new in (["how", "many"], ["how", "much"], ["how", "many", "exactly"]):
        return _count(asked, before) or both
    if _is_circumstance(asked):
        clause = clause if not old or _is_circumstance(before.asking) else _answered(before, last.short)
    elif not old or _is_circumstance(before.asking):
        clause = ""
    return f"{asked} {_uncapitalised(clause)}?" if clause else both


def _count(asked: str, before: Frame) -> str | None:
    """ "How many jets did Poland pledge" after "Which jets did Poland pledge?" or "Did Poland pledge jets?"."""
    clause = f"{before.auxiliary.lower()} {before.rest}".strip()
    if before.asking.lower().startswith(("which ", "what ")):
        return f"{asked} {before.asking.partition(' ')[2]} {clause}?"
    counted = next((phrase for phrase in reversed(phrases(clause)) if phrase.plural and not phrase.named), None)
    if counted is None or counted.before in PREPOSITIONS or not before.auxiliary:
        return None
    noun = re.sub(r"^(?:the|these|those|any|some) ", "", counted.text, flags=re.IGNORECASE)
    return f"{asked} {noun} {clause[: counted.start]}{clause[counted.end :].lstrip()}".rstrip() + "?"


def _answered(asked: Frame, short: str) -> str:
    """What is left to ask when a "who" or "what" has its answer: "did Jens Stoltenberg talk to the ministers"."""
    if not short:
        return ""
    if not asked.auxiliary:
        return f"was it that {short} {asked.rest}"
    if asked.auxiliary.lower() not in MODALS:
        return f"{asked.auxiliary} {short} {asked.rest}"
    return f"{asked.auxiliary} {asked.rest} {short}" if asked.rest.endswith(_STRANDED) else ""


def _is_circumstance(asked: str) -> bool:
    """Whether a question word asks for a time, a place, a reason or a manner, which any sentence may have."""
    said = set(asked.lower().split())
    how = "how" in said and not {"many", "much"} & said
    return how or asked.lower().startswith(_LED) or bool(({"when", "where", "why"} | TIMES | PLACES) & said)


def _ask_about_other(question: str, thread: Sequence[Exchange]) -> str | None:
    """ "And the UK?" asks the previous question about the UK."""
    asked, fragment = thread[-1].question, _fragment(question)
    if fragment is None or frame(asked) is None:
        return None
    preposition, other = fragment
    if not preposition:
        span = _exchangeable(other, asked, speakers(thread))
        start, end = span or (0, 0)
        return (
            f"{asked[:start]}{other.text}{asked[end:]}"
            if span
            else f"{_unstopped(asked)}, and what about {other.text}?"
        )
    alike = {"in", "at"} if preposition in {"in", "at"} else {preposition}
    old = next((phrase for phrase in reversed(phrases(asked)) if phrase.before in alike), None)
    if old is None:
        return f"{_unstopped(asked)} {preposition} {other.text}?"
    return f"{asked[: asked.lower().rfind(old.before, 0, old.start)]}{preposition} {other.text}{asked[old.end :]}"


def _fragment(question: str) -> tuple[str, Phrase] | None:
    """The preposition, if any, and the one phrase that a question without a verb consists of: "And in Washington?"."""
    split = _OTHER.fullmatch(question.strip(" ?.!"))
    found = phrases(split[2]) if split else []
    if split is None or not found or any(token.low in PRONOUNS for token in tokens(split[2])):
        return None
    first, preposition = found[0], split[2][: found[0].start].strip().lower()
    other = complemented(split[2], found, 0)
    definite = first.named or other.lower().startswith("the ")
    if not split[1] and not (definite and question.rstrip().endswith("?")):
        return None  # "streaming services": a search of its own
    whole = split[2][first.start :] == other and (not preposition or preposition in PREPOSITIONS)
    return (preposition, Phrase(other, 0, len(other), "")) if whole and len(content_words(other)) <= 3 else None


def _exchangeable(new: Phrase, asked: str, spoke: frozenset[str]) -> tuple[int, int] | None:
    """Where in the question the new phrase belongs: a person for a person, a name for a name, else the subject."""
    found = phrases(asked)
    names = [phrase for phrase in found if phrase.named]
    person = personhood(new, spoke) > 1
    alike = [phrase for phrase in names if (personhood(phrase, spoke) > 1) == person]
    if new.named and (alike or names):
        topics = [phrase for phrase in alike if phrase.before in _TOPIC and not person]
        chosen = (topics[-1:] or alike or names)[0]
        return chosen.start, chosen.end
    common = [p for p in found if not p.named and p.before not in PREPOSITIONS | {"which", "what", "many", "much"}]
    if common and (person or not new.named):
        chosen = common[0]
        return chosen.start, chosen.start + len(complemented(asked, found, found.index(chosen)))
    return (names[0].start, names[0].end) if names else None
