"""Sentence embeddings by all-MiniLM-L6-v2, as LlamaIndex expects them."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from llama_index.core.embeddings import BaseEmbedding
from numpy.typing import NDArray
from pydantic import PrivateAttr
from tokenizers import Tokenizer

from qa.models.onnx import WEIGHTS, Model, open_tokenizer

DIMENSIONS = 384
MAX_PIECES = 256
"""Upstream's limit, [CLS] and [SEP] included; what follows is not seen."""


class MiniLMEmbedding(BaseEmbedding):
    """Unit vectors of 384 numbers: the closer two texts in meaning, the larger the dot product. Threads may share one.

    Args:
        weights_folder: holds `embedding.onnx` and `tokenizer.json`.
        threads: how many texts are embedded at the same time, one core each.

    Raises:
        ModelError: a file is missing or damaged.
    """

    model_name: str = "all-MiniLM-L6-v2"
    _model: Model = PrivateAttr()
    _tokenizer: Tokenizer = PrivateAttr()
    _pool: ThreadPoolExecutor | None = PrivateAttr()

    def __init__(self, weights_folder: Path = WEIGHTS, threads: int = 1, **settings: Any) -> None:
        super().__init__(**settings)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="embedding") if threads > 1 else None
        self._model = Model(weights_folder / "embedding.onnx")
        self._tokenizer = open_tokenizer(weights_folder)
        self._tokenizer.enable_truncation(MAX_PIECES)

    @classmethod
    def class_name(cls) -> str:
        """LlamaIndex's name of the class."""
        return "MiniLMEmbedding"

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of several texts, one a row. A text's vector is the same whatever it is embedded with."""
        together = self._pool.map if self._pool and len(texts) > 1 else map
        return np.array(list(together(self._embed, texts)), np.float32).reshape(-1, DIMENSIONS)

    def _embed(self, text: str) -> NDArray[np.float32]:
        encoding = self._tokenizer.encode(text)
        (vector,) = self._model(encoding.ids, encoding.type_ids)
        return vector

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        vectors: list[list[float]] = self.embed(texts).tolist()
        return vectors

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)
