"""A model's answer, cut into sentences while it is being written, its own marks and its markup taken out.

What a model writes is shown as text and nothing else: no image, no link, no HTML, no citation mark that we did not
compute. Its marks are kept as hints of what it had in mind.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from qa.text import STOP_WORDS, sentence_spans, words

_NUMBERS = r"\^?(?:(?:source|passage|document|doc|ref|article)s?\s*)?\#?\d{1,3}(?:\s*(?:[,;&–-]|and)\s*\#?\d{1,3})*"
_UNSEEN = "script|style|template|iframe|svg|noscript|think|thinking|reasoning"
"""Elements whose content is not for the reader; some models think aloud in one before they answer."""
_MARKUP = re.compile(
    rf"""
    (?P<hidden><!--.*?(?:-->|\Z) | <(?P<tag>{_UNSEEN})\b.*?(?:</(?P=tag)\s*>|\Z)
      | <(?P<unseen>\w+)\b[^<>]*(?:\bhidden\b|display\s*:\s*none|visibility\s*:\s*hidden)[^<>]*>
        .*?(?:</(?P=unseen)\s*>|\Z))
    | (?P<element></?[a-zA-Z][^<>]*>)
    | (?P<image>!\[[^\[\]]*\](?:\([^()\s]*(?:\([^()]*\)[^()]*)*[^()]*\)|\[[^\[\]]*\])?)
    | (?P<reference>(?:(?<=\n)|\A)[ \t]*\[[^\[\]\n]+\]:[ \t]*\S[^\n]*)
    | [ \t]*(?P<mark>\[{{1,2}}\s*{_NUMBERS}\s*\]{{1,2}}(?!\()|[【［]\s*{_NUMBERS}[^【】［］]{{0,20}}[】］])
    | \[(?P<link>[^\[\]]*)\](?:\([^()\s]*(?:\([^()]*\)[^()]*)*[^()]*\)|\[[^\[\]]*\])
    | (?P<start>(?:(?<=\n)|\A)[ \t]*(?:(?:[-+•‣▪–]|\*(?!\*)|>|\d{{1,2}}[.)])[ \t]+)+)
    | (?P<line>\s*\n\s*)
    | (?P<emphasis>\*+|`+|~~|(?<![^\W_])__?(?=\S)|(?<=\S)__?(?![^\W_])|[​-‏‪-‮⁠-⁯﻿])
    """,
    re.DOTALL | re.VERBOSE | re.IGNORECASE,
)
_REMAINS = re.compile(r"\]\(|!\[|\]\[|<(?=[a-zA-Z/!])")
"""What is left of markup that was nested or broken: it is taken apart, so that nobody takes it for markup."""
_HEADING = re.compile(
    r"(?:^|(?<=\n))[ \t]*(?:#{1,6}[ \t]+[^\n]*|(?:\*\*|__)[^\n*_.!?]*(?:\*\*|__):?[ \t]*|[-*_=|: \t]{3,})(?=\n|\Z)"
)
_OPEN = re.compile(r"<(?:[a-zA-Z/!][^<>]*)?\Z|!?\[[^\[\]\n]{0,300}\Z|\]\([^()\n]{0,300}\Z|[【［][^【】［］]{0,30}\Z")
"""The beginning of something that only what follows can tell."""
_HIDDEN = re.compile(rf"<!--(?!.*-->)|<({_UNSEEN})\b(?!.*</\1\s*>)", re.DOTALL | re.IGNORECASE)
_STOP = re.compile(r"""[.!?…]["'”’»)\]]*$""")
_CLOSED_QUOTE = re.compile(r"""["'”’»)\]]$""")
_LIST_ITEM = re.compile(r"[^.!?…:\"'”’»)\]]$")
_MAY_END = re.compile(r"[.!?…\n]")
_LONGEST = 2_000
"""Characters without a stop: no sentence, and not waited for."""
_LOOK_AHEAD = 60
"""After a closing quote this many characters must be known: `“Why now?” Jan Lipavský asked.` is one sentence."""
_LAST_MARK = re.compile(r"\s*(?:!?\[[^\]]*|[【［][^】］]*|<[a-zA-Z/!][^>]*)\Z")


@dataclass(frozen=True, slots=True)
class Written:
    """A sentence as the model wrote it, without markup."""

    text: str
    hints: tuple[int, ...] = ()
    """The numbers in the model's own marks, as it numbered the passages."""
    finished: bool = True
    """Whether it comes to an end; the last one may be broken off."""


class Splitter:
    """Takes an answer in pieces and gives back its sentences. How the answer is cut up makes no difference.

    A sentence comes out once it is certain that it ends, which is when the next one begins.
    """

    def __init__(self) -> None:
        self._raw = ""
        self._bare = False

    def feed(self, text: str) -> list[Written]:
        """Add what came in; the sentences that it completes."""
        return [sentence for character in text for sentence in self._push(character)]

    def close(self) -> list[Written]:
        """What is left when nothing more will come."""
        raw = _LAST_MARK.sub("", self._raw) if _OPEN.search(self._raw) else self._raw
        self._raw = ""
        written = [sentence for sentence, _ in self._cut(raw)]
        for sentence in written[:-1]:
            self._released(sentence)
        if written and not _STOP.search(written[-1].text) and not (self._bare and _is_item(written[-1].text)):
            written[-1] = Written(written[-1].text, written[-1].hints, finished=False)
        return written

    def _push(self, character: str) -> Iterator[Written]:
        begins = character.isalnum() and (not self._raw or not self._raw[-1].isalnum())
        self._raw += character
        if len(self._raw) > _LONGEST and not _MAY_END.search(self._raw):
            yield from (replace(sentence, finished=False) for sentence, _ in self._cut(self._raw))
            self._raw = ""
        if not begins or not _MAY_END.search(self._raw) or _OPEN.search(self._raw) or _HIDDEN.search(self._raw):
            return
        sentences = self._cut(self._raw)
        done = 0
        for (sentence, _), (_, next_start) in pairwise(sentences):
            if _CLOSED_QUOTE.search(sentence.text) and len(self._raw) - next_start < _LOOK_AHEAD:
                break
            yield self._released(sentence)
            done = next_start
        self._raw = self._raw[done:]

    def _released(self, sentence: Written) -> Written:
        """Where list items have no full stop, the last one needs none to be whole."""
        self._bare |= bool(_LIST_ITEM.search(sentence.text))
        return sentence

    def _cut(self, raw: str) -> list[tuple[Written, int]]:
        """Sentences with where each begins in the raw text, its marks and markup included."""
        text, origins, marks = _clean(raw)
        spans = sentence_spans(text)
        sentences = []
        for number, (start, end) in enumerate(spans):
            following = spans[number + 1][0] if number + 1 < len(spans) else len(text) + 1
            hints = [n for at, numbers in marks for n in numbers if (at >= start or number == 0) and at < following]
            bare = _REMAINS.sub(lambda match: " ".join(match.group()), " ".join(text[start:end].split()))
            written = Written(bare, tuple(dict.fromkeys(hints)))
            sentences.append((written, origins[start]))
        return sentences


def _is_item(text: str) -> bool:
    """Whether a line without a stop may be whole: none ends in "and it was"."""
    last = words(text)[-1:]
    return bool(last) and last[0].lower() not in STOP_WORDS


def _clean(raw: str) -> tuple[str, list[int], list[tuple[int, list[int]]]]:
    """The text without markup, where each of its characters stood, and the marks with their place in it."""
    raw = _HEADING.sub(lambda match: "\n".ljust(len(match.group())), raw)
    text: list[str] = []
    origins: list[int] = []
    marks: list[tuple[int, list[int]]] = []
    at = 0

    def keep(start: int, end: int) -> None:
        text.extend(raw[start:end])
        origins.extend(range(start, end))

    for match in _MARKUP.finditer(raw):
        keep(at, match.start())
        if match["mark"]:
            marks.append((len(text), _numbers(match["mark"])))
        elif match["link"]:
            keep(*match.span("link"))
        elif match["line"] or match["start"]:
            text.extend("\n\n")
            origins.extend([match.start(), match.end() - 1])
        at = match.end()
    keep(at, len(raw))
    return "".join(text), [*origins, len(raw)], marks


def _numbers(mark: str) -> list[int]:
    """The numbers of a mark, ranges written out."""
    found: list[int] = []
    for first, last in re.findall(r"(\d+)(?:\s*[–-]\s*\#?(\d+))?", mark):
        found += range(int(first), min(int(last), int(first) + 20) + 1) if last else [int(first)]
    return found
