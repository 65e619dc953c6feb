"""An index opened for reading."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chromadb.api.client import Client
from llama_index.core.vector_stores.types import VectorStoreQuery, VectorStoreQueryResult
from llama_index.vector_stores.chroma import ChromaVectorStore

from qa.config import Config
from qa.errors import IndexMissing
from qa.index.store import Store, Vectors, chroma_errors, open_client
from qa.types import Article, Passage


@dataclass(frozen=True, slots=True)
class Index:
    """An index opened for reading: everything but the vectors is in memory."""

    fingerprint: str
    articles: Mapping[str, Article]
    passages: Mapping[str, Passage]
    store: ChromaVectorStore
    """The sentences; the metadata of each names its `passage_id`."""
    client: Client

    def query(self, query: VectorStoreQuery) -> VectorStoreQueryResult:
        """The nearest sentences, as LlamaIndex's vector store gives them."""
        with chroma_errors():
            return self.store.query(query)

    def vectors(self, sentence_ids: Sequence[str]) -> dict[str, Vectors]:
        """The stored vectors of some sentences; one that is not stored is left out."""
        with chroma_errors():
            found = self.store.client.get(ids=list(sentence_ids), include=["embeddings"])
        return dict(zip(found["ids"], found["embeddings"], strict=True))

    def close(self) -> None:
        """Let go of the files."""
        self.client.close()


def open_index(config: Config) -> Index:
    """Open the index for reading.

    Raises:
        IndexMissing: there is none for this configuration, or it is empty.
        IndexUnavailable: Chroma cannot read it.
    """
    folder = config.index.folder / config.fingerprint
    if not folder.exists():
        raise IndexMissing(f"There is no index for this configuration in {config.index.folder}. Run `qa ingest`.")
    with chroma_errors():
        client = open_client(folder)
        store = Store(client)
        articles, passages = store.load()
    if not articles:
        raise IndexMissing("The index holds no article yet. Run `qa ingest`.")
    return Index(config.fingerprint, articles, passages, ChromaVectorStore(chroma_collection=store.sentences), client)
