"""Whether the numbers, dates and names of a sentence stand in its quotes for what they stand for in it.

A sentence may be put together from several quotes. Then it is not enough that one of them has its date: that quote must
be about what the sentence dates. "In May the first deliveries will arrive" is not borne out by a quote on the
deliveries, which come in June, beside another on what happened in May.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from qa.cite.names import missing_names, names
from qa.cite.quantities import Day, Quantity, days, quantities
from qa.text import content_words, stem

_WINDOW = 5
"""Content words on each side of a number or a name that say what it belongs to."""
_PRONOUN = re.compile(r"\b(?:he|she|his|her|him)\b", re.IGNORECASE)
"""What stands for a name that came before."""
Has = Callable[[str], bool]


def strays(sentence: str, stretches: Sequence[str]) -> list[str]:
    """The sentence's details that only a stretch of the evidence has which is about something else.

    Args:
        sentence: one sentence of an answer.
        stretches: the quotes; sentences that follow each other in an article are one stretch, because the first may
            say what the second goes on about.
    """
    if len(stretches) < 2:
        return []
    stems = [_stems(stretch) for stretch in stretches]
    own = _plain(sentence)
    main = _main(own, stems)
    referred = bool(_PRONOUN.search(stretches[main]))
    found = []
    for start, end, named, has in _details(sentence):
        having = [n for n, stretch in enumerate(stretches) if has(stretch)]
        company = around(sentence, start, end) & own
        if having and not any(
            n == main or company & stems[n] or (n < main and (_heads(stretches[n]) or (named and referred)))
            for n in having
        ):
            found.append(sentence[start:end])
    return found


def main_stretch(sentence: str, stretches: Sequence[str]) -> str:
    """The stretch that shares most words with a sentence, its names and numbers left aside; empty without any."""
    return stretches[_main(_plain(sentence), [_stems(stretch) for stretch in stretches])] if stretches else ""


def _main(own: frozenset[str], stems: Sequence[frozenset[str]]) -> int:
    return max(range(len(stems)), key=lambda n: len(own & stems[n]))


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in content_words(text))


def _heads(stretch: str) -> bool:
    """Whether it is a heading, a byline or a dateline: what it tells may be of all that follows."""
    return stretch.rstrip("\"”’')")[-1:] not in ".!?"


def around(text: str, start: int, end: int) -> frozenset[str]:
    """Stems of the content words before and after a place in a text, within its sentence."""
    before = content_words(re.split(r"[.;!?]\s", text[:start])[-1])[-_WINDOW:]
    after = content_words(re.split(r"[.;!?](?:\s|$)", text[end:])[0])[:_WINDOW]
    return frozenset(stem(word) for word in (*before, *after))


def _details(sentence: str) -> Iterator[tuple[int, int, bool, Has]]:
    """Every number, date and name of a sentence: where it is, whether it is a name, and whether another text has it."""
    dated = days(sentence)
    for day in dated:
        yield day.start, day.end, False, partial(_is_dated, day)
    for one in quantities(sentence):
        if not any(day.start <= one.start < day.end for day in dated):
            yield one.start, one.end, False, partial(_is_counted, one)
    for run in names(sentence):
        if match := re.search(r"\W+".join(map(re.escape, run)), sentence):
            yield *match.span(), True, partial(_is_named, match.group())


def _is_dated(day: Day, text: str) -> bool:
    return any(day.within(other) for other in days(text))


def _is_counted(one: Quantity, text: str) -> bool:
    return any(one.agrees(other) for other in quantities(text))


def _is_named(name: str, text: str) -> bool:
    return not missing_names(f"x {name}", text)


def _plain(sentence: str) -> frozenset[str]:
    """Stems of the content words that are no name and no number."""
    named = {word for run in names(sentence) for word in run}
    return frozenset(stem(word) for word in content_words(sentence) if word not in named and not word[0].isdigit())
