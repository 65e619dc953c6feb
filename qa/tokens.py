"""Counting tokens with tiktoken, without the network: llama-index-core ships the cl100k_base vocabulary."""

from collections.abc import Callable
from functools import cache

from llama_index.core.utils import get_tokenizer


@cache
def tokenizer() -> Callable[[str], list[int]]:
    """The cl100k_base encoder; LlamaIndex points tiktoken at its bundled copy before loading it."""
    return get_tokenizer()


def count(text: str) -> int:
    """How many cl100k_base tokens a text has."""
    return len(tokenizer()(text))
