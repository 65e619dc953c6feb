"""How an article is cut: into sentences, which are embedded, and passages, which are read."""

from bisect import bisect_right
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, overload

import numpy as np
import numpy.typing as npt

from qa.text import sentence_spans
from qa.types import Article, Passage

if TYPE_CHECKING:
    from llama_index.core.node_parser import SentenceSplitter


def span_id(owner_id: str, start: int, end: int) -> str:
    """The id of a sentence or passage of what has the id `owner_id`."""
    return f"{owner_id}:{start}-{end}"


def sentences_of(passage: Passage) -> list[tuple[int, int]]:
    """Offsets into the article of a passage's sentences."""
    return [(passage.start + start, passage.start + end) for start, end in sentence_spans(passage.text)]


def split(article: Article, chunk_tokens: int) -> list[tuple[int, int]]:
    """Offsets of an article's passages: whole sentences, at most `chunk_tokens` cl100k_base tokens, nothing twice.

    SentenceSplitter's own offsets can point at an earlier occurrence of a repeated text; its chunks come in order and
    do not overlap, so each is found after the one before.
    """
    offsets = []
    cursor = 0
    for chunk in filter(None, _splitter(chunk_tokens).split_text(article.text)):
        start = article.text.index(chunk, cursor)
        cursor = start + len(chunk)
        offsets.append((start, cursor))
    return offsets


class Passages(Sequence[Passage]):
    """The passages of many articles, in the order of the articles and of their texts; each is made when looked at.

    Args:
        articles: in the order in which their passages are numbered.
        offsets: of each article's passages.
    """

    def __init__(self, articles: Sequence[Article], offsets: Sequence[Sequence[tuple[int, int]]]) -> None:
        self._articles = articles
        self._spans = np.array([span for spans in offsets for span in spans], np.int32).reshape(-1, 2)
        self._first = np.cumsum([0, *map(len, offsets)])
        self.owners: npt.NDArray[np.int32] = np.repeat(
            np.arange(len(articles), dtype=np.int32), [len(spans) for spans in offsets]
        )
        """For each passage the number of its article."""

    def __len__(self) -> int:
        return len(self._spans)

    @overload
    def __getitem__(self, number: int) -> Passage: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[Passage]: ...
    def __getitem__(self, number: int | slice) -> Passage | Sequence[Passage]:
        if isinstance(number, slice):
            return [self[one] for one in range(*number.indices(len(self)))]
        article = self._articles[self.owners[number]]
        start, end = map(int, self._spans[number])
        text = article.text[start:end]
        return Passage(span_id(article.id, start, end), article.id, article.title, article.url, text, start, end)

    def at(self, article: int, offset: int) -> Passage:
        """The passage of an article, by its number, that holds the character at `offset`, which one does."""
        first, last = self._first[article : article + 2]
        return self[int(first) + bisect_right(self._spans[first:last, 0].tolist(), offset) - 1]


@cache
def _splitter(chunk_tokens: int) -> "SentenceSplitter":
    # Importing these takes a second or two, for which whoever only reads an index need not wait.
    from llama_index.core.node_parser import SentenceSplitter

    from qa.tokens import tokenizer

    return SentenceSplitter(
        chunk_size=chunk_tokens,
        chunk_overlap=0,
        paragraph_separator="\n\n",
        tokenizer=tokenizer(),
        chunking_tokenizer_fn=_sentences_with_gaps,
    )


def _sentences_with_gaps(text: str) -> list[str]:
    """Sentences that joined give the text again, as SentenceSplitter needs them."""
    starts = [0, *(start for start, _ in sentence_spans(text)[1:]), len(text)]
    return [text[start:end] for start, end in pairwise(starts)]
