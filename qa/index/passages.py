"""How an article is cut: into sentences, which are embedded, and passages, which are read."""

from functools import cache
from itertools import pairwise

from llama_index.core.node_parser import SentenceSplitter

from qa.text import sentence_spans
from qa.tokens import tokenizer
from qa.types import Article, Passage


def span_id(article_id: str, start: int, end: int) -> str:
    """The id of a sentence or passage."""
    return f"{article_id}:{start}-{end}"


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


@cache
def _splitter(chunk_tokens: int) -> SentenceSplitter:
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
