"""Hybrid search: a question in, evidence out, with the ranks and scores that explain it.

Dense search finds the nearest sentences and answers with their passages (small-to-big); BM25 finds words. Reciprocal
rank fusion joins the two. LlamaIndex's nodes stay inside this module.
"""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.llms import MockLLM
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.retrievers.fusion_retriever import FUSION_MODES
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from pydantic import PrivateAttr

from qa.config import Retrieval
from qa.index import Index, Vectors, sentences_of, span_id
from qa.lexical import LexicalIndex
from qa.types import Evidence, Match, Passage, Scope


class PassageNode(TextNode):
    """A passage as LlamaIndex carries it; the article's id keeps twins in different articles apart."""

    _passage: Passage = PrivateAttr()
    _matches: Sequence[Match] = PrivateAttr(default=())

    @classmethod
    def of(cls, passage: Passage, score: float, matches: Sequence[Match] = ()) -> NodeWithScore:
        """The node of a passage that was found, with its score, and those of its sentences that were."""
        node = cls(id_=passage.id, text=passage.text, metadata={"article_id": passage.article_id})
        node._passage, node._matches = passage, matches
        return NodeWithScore(node=node, score=score)

    @property
    def hash(self) -> str:
        """By which fusion tells passages apart, nine times each; LlamaIndex's is made of the whole text each time."""
        return self.id_

    @property
    def passage(self) -> Passage:
        """What it carries."""
        return self._passage

    @property
    def matches(self) -> Sequence[Match]:
        """Those of its sentences that were found, the nearest first."""
        return self._matches


class ScopedQuery(QueryBundle):
    """A question to some of the articles: for each article of the index whether it counts, or None for all."""

    within: npt.NDArray[np.bool_] | None = None

    @classmethod
    def of(cls, question: str, embedding: list[float], within: npt.NDArray[np.bool_] | None) -> Self:
        """A question, its vector, and of what it is asked."""
        query = cls(question, embedding=embedding)
        query.within = within
        return query


class SentenceRetriever(BaseRetriever):
    """Passages by their nearest sentence."""

    def __init__(self, index: Index, sentences: int) -> None:
        """Search `index` for the `sentences` nearest to a question and answer with their passages."""
        super().__init__()
        self._index = index
        self._sentences = sentences

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        within = getattr(query_bundle, "within", None)
        found: dict[str, tuple[Passage, list[Match]]] = {}
        for hit in self._index.nearest(query_bundle.embedding or [], self._sentences, within):
            found.setdefault(hit.passage.id, (hit.passage, []))[1].append(hit.match)
        return [PassageNode.of(passage, matches[0].similarity, matches) for passage, matches in found.values()]


class LexicalRetriever(BaseRetriever):
    """Passages by the words that they share with a question."""

    def __init__(self, index: Index, lexical: LexicalIndex, passages: int) -> None:
        """Find at most `passages` in what is known of the words of `index`."""
        super().__init__()
        self._index = index
        self._lexical = lexical
        self._passages = passages

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        within = getattr(query_bundle, "within", None)
        counts = None if within is None else within[self._index.passages.owners]
        found = self._lexical.search(query_bundle.query_str, self._passages, counts)
        return [PassageNode.of(self._index.passages[number], score) for number, score in found]


class RankedNode(NodeWithScore):
    """A fused node that remembers where each retriever had it."""

    dense_rank: int | None = None
    dense_score: float | None = None
    lexical_rank: int | None = None
    lexical_score: float | None = None
    matches: Sequence[Match] = ()


class HybridRetriever(QueryFusionRetriever):
    """Reciprocal rank fusion of dense and lexical search that keeps both ranks (Cormack et al., SIGIR 2009)."""

    def __init__(self, retrievers: list[BaseRetriever], passages: int) -> None:
        """Fuse the results of the dense and the lexical retriever into the best `passages`."""
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
                place = places.setdefault(node.node.hash, {})
                place |= {f"{kind}_rank": rank, f"{kind}_score": node.score}
                if isinstance(node.node, PassageNode) and node.node.matches:
                    place["matches"] = node.node.matches
        fused = super()._reciprocal_rerank_fusion(results)
        return [RankedNode(node=node.node, score=node.score, **places[node.node.hash]) for node in fused]


class Search:
    """The search over one index."""

    def __init__(
        self, index: Index, lexical: LexicalIndex, embedding: BaseEmbedding, config: Retrieval, read: int
    ) -> None:
        """Join the lexical index with the dense one; the best `read` passages may be read."""
        self._index = index
        self._read = read
        self._embedding = embedding
        parts: list[BaseRetriever] = [
            SentenceRetriever(index, config.sentences),
            LexicalRetriever(index, lexical, config.passages),
        ]
        self._retriever = HybridRetriever(parts, config.passages)

    def __call__(self, question: str, scope: Scope | None = None) -> list[Evidence]:
        """Evidence for a standalone question, best fused rank first; empty where nothing is near.

        Args:
            question: in words.
            scope: the articles that it is asked of; all without.

        Raises:
            IndexUnavailable: the vector store fails.
        """
        within = self._index.within(scope) if scope else None
        query = ScopedQuery.of(question, self._embedding.get_query_embedding(question), within)
        ranked = [node for node in self._retriever.retrieve(query) if isinstance(node, RankedNode)]
        passages = [node.node.passage for node in ranked if isinstance(node.node, PassageNode)]
        every = self._matches(passages[: self._read], np.asarray(query.embedding, dtype=np.float32))
        return [
            Evidence(
                passage=passage,
                fused_score=node.score or 0.0,
                dense_rank=node.dense_rank,
                dense_score=node.dense_score,
                lexical_rank=node.lexical_rank,
                lexical_score=node.lexical_score,
                matches=every.get(passage.id) or tuple(sorted(node.matches, key=lambda match: match.start)),
            )
            for node, passage in zip(ranked, passages, strict=True)
        ]

    def _matches(self, passages: Sequence[Passage], query: Vectors) -> dict[str, tuple[Match, ...]]:
        """Every sentence of some passages. Of all that were found, it would take a quarter of a search more."""
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
