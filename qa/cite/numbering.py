"""Citations: which quotes bear out which sentences, numbered by first use. Pure functions."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qa.types import Citation, Quote, Sentence, Support

_PLANTED = re.compile(r"\[(\^?\d[\d\s,;–-]*)\]")
"""What an article has of the form of our marks; in an answer's text it would pass for a citation."""


@dataclass(frozen=True, slots=True)
class Statement:
    """Something that an answer says, with the quotes that bear it out."""

    sentences: tuple[str, ...]
    quotes: tuple[Quote, ...]
    score: float
    """How well the quotes answer, 0 to 1."""
    support: Support = Support.VERBATIM
    problems: tuple[str, ...] = ()
    """What speaks against it, in words for a reader."""


def number(statements: Sequence[Statement]) -> tuple[str, tuple[Sentence, ...], tuple[Citation, ...]]:
    """Write statements out as an answer.

    Returns:
        The text with its `[n]` marks, its sentences, and the citations: each quote once, numbered from 1 by first use.
        What is not supported is listed among the sentences, without citations, and is not in the text. More statements
        at the end change nothing of what is there: an answer can be numbered while it is being written.
    """
    citations: dict[tuple[str, int, int], Citation] = {}
    sentences: list[Sentence] = []
    marked: list[str] = []
    for statement in statements:
        if statement.support is Support.UNSUPPORTED:
            sentences += [Sentence(text, (), statement.support, statement.problems) for text in statement.sentences]
            continue
        numbers = []
        for quote in statement.quotes:
            key = (quote.article_id, quote.start, quote.end)
            if key not in citations:
                citations[key] = Citation(
                    quote.article_id, quote.title, quote.url, quote.quote, quote.start, quote.end,
                    n=len(citations) + 1, score=statement.score,
                )  # fmt: skip
            numbers.append(citations[key].n)
        sentences += [Sentence(text, tuple(numbers), statement.support) for text in statement.sentences]
        said = _PLANTED.sub(r"(\1)", " ".join(statement.sentences))
        marked.append(f"{said} {''.join(f'[{n}]' for n in numbers)}")
    return " ".join(marked), tuple(sentences), tuple(citations.values())
