"""Hybrid search: a question in, evidence out, with the ranks and scores that explain it.

Dense search finds the nearest sentences and answers with their passages (small-to-big); BM25 finds words. Reciprocal
rank fusion joins the two. LlamaIndex's nodes stay inside this module.
"""

import logging
import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.llms import MockLLM
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.retrievers.fusion_retriever import FUSION_MODES
from llama_index.core.schema import BaseNode, NodeWithScore, QueryBundle, TextNode
from llama_index.core.vector_stores.types import VectorStoreQuery
from llama_index.retrievers.bm25 import BM25Retriever

from qa.config import Retrieval
from qa.index import Index, Vectors, sentences_of, span_id
from qa.text import stem
from qa.types import Evidence, Match, Passage

logging.getLogger("bm25s").setLevel(logging.WARNING)  # it turns its own debug messages on


class SentenceRetriever(BaseRetriever):
    """Passages by their nearest sentence."""

    def __init__(self, index: Index, nodes: Mapping[str, TextNode], sentences: int) -> None:
        """Search `index` for the `sentences` nearest to a question and answer with their passages' `nodes`, by id."""
        super().__init__()
        self._index = index
        self._nodes = nodes
        self._sentences = sentences

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = self._index.query(
            VectorStoreQuery(query_embedding=query_bundle.embedding, similarity_top_k=self._sentences)
        )
        best: dict[str, float] = {}
        for sentence, similarity in zip(found.nodes or (), found.similarities or (), strict=True):
            # ChromaVectorStore scores exp(-distance), where Chroma's cosine distance is 1 - cosine.
            best.setdefault(sentence.metadata["passage_id"], 1 + math.log(similarity))
        return [NodeWithScore(node=self._nodes[id_], score=score) for id_, score in best.items() if id_ in self._nodes]


class LexicalRetriever(BM25Retriever):
    """BM25 over passages with their title and date; a passage that shares no word with the question is not found."""

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return [node for node in super()._retrieve(query_bundle) if node.score]


class RankedNode(NodeWithScore):
    """A fused node that remembers where each retriever had it."""

    dense_rank: int | None = None
    dense_score: float | None = None
    lexical_rank: int | None = None
    lexical_score: float | None = None


class HybridRetriever(QueryFusionRetriever):
    """Reciprocal rank fusion of dense and lexical search that keeps both ranks (Cormack et al., SIGIR 2009)."""

    def __init__(self, retrievers: list[BaseRetriever], passages: int) -> None:
        """Fuse the results of the dense and, if there is one, the lexical retriever into the best `passages`."""
        super().__init__(
            retrievers,
            llm=MockLLM(),  # never called with one query, but without it LlamaIndex looks for OpenAI
            num_queries=1,
            use_async=False,
            mode=FUSION_MODES.RECIPROCAL_RANK,
            similarity_top_k=passages,
        )

    def _reciprocal_rerank_fusion(self, results: dict[tuple[str, int], list[NodeWithScore]]) -> list[NodeWithScore]:
        places: dict[str, dict[str, Any]] = {}
        for (_, retriever), nodes in results.items():
            kind = ("dense", "lexical")[retriever]
            for rank, node in enumerate(nodes, start=1):
                place = {f"{kind}_rank": rank, f"{kind}_score": node.score}
                places.setdefault(node.node.hash, {}).update(place)
        fused = super()._reciprocal_rerank_fusion(results)
        return [RankedNode(node=node.node, score=node.score, **places[node.node.hash]) for node in fused]


class Search:
    """The search over one index."""

    def __init__(self, index: Index, embedding: BaseEmbedding, config: Retrieval) -> None:
        """Build the lexical index in memory and join it with the dense one."""
        self._index = index
        self._embedding = embedding
        nodes = {
            passage.id: _node(passage, index.articles[passage.article_id].published)
            for passage in index.passages.values()
        }
        dense = SentenceRetriever(index, nodes, config.sentences)
        self._retriever = HybridRetriever([dense, *_lexical(list(nodes.values()), config.passages)], config.passages)

    def __call__(self, question: str) -> list[Evidence]:
        """Evidence for a standalone question, best fused rank first; empty where nothing is near."""
        query = QueryBundle(question, embedding=self._embedding.get_query_embedding(question))
        ranked = [node for node in self._retriever.retrieve(query) if isinstance(node, RankedNode)]
        passages = [self._index.passages[node.node.node_id] for node in ranked]
        matches = self._matches(passages, np.asarray(query.embedding, dtype=np.float32))
        return [
            Evidence(
                passage=passage,
                fused_score=node.score or 0.0,
                dense_rank=node.dense_rank,
                dense_score=node.dense_score,
                lexical_rank=node.lexical_rank,
                lexical_score=node.lexical_score,
                matches=matches[passage.id],
            )
            for node, passage in zip(ranked, passages, strict=True)
        ]

    def _matches(self, passages: Sequence[Passage], query: Vectors) -> dict[str, tuple[Match, ...]]:
        unknown = np.zeros_like(query)
        sentences = {passage.id: sentences_of(passage) for passage in passages}
        vectors = self._index.vectors([span_id(p.article_id, *span) for p in passages for span in sentences[p.id]])
        return {
            p.id: tuple(
                Match(start, end, float(vectors.get(span_id(p.article_id, start, end), unknown) @ query))
                for start, end in sentences[p.id]
            )
            for p in passages
        }


def _node(passage: Passage, published: str | None) -> TextNode:
    # The title and the date are embedded in what BM25 sees; the article's id keeps twins in different articles apart.
    return TextNode(
        id_=passage.id,
        text=passage.text,
        metadata={"title": passage.title, "published": _in_words(published), "article_id": passage.article_id},
        excluded_embed_metadata_keys=["article_id"],
        metadata_template="{value}",
    )


def _lexical(nodes: list[BaseNode], passages: int) -> list[BaseRetriever]:
    """BM25 over the nodes; none where they have no word but stop words, which bm25s cannot index."""
    try:
        return [
            LexicalRetriever.from_defaults(nodes=nodes, stemmer=_stem_words, similarity_top_k=min(passages, len(nodes)))
        ]
    except ValueError:
        return []


def _in_words(published: str | None) -> str:
    """`2024-05-31` as a question would say it: 31 May 2024."""
    return f"{date.fromisoformat(published):%d %B %Y}" if published else ""


def _stem_words(words: Sequence[str]) -> list[str]:
    return [stem(word) for word in words]
