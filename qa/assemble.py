"""Puts the service together: the only module that knows every concrete part."""

from dataclasses import dataclass

from qa.answer.condense import Condense
from qa.answer.extractive import Extractive
from qa.answer.generative import Generative
from qa.answer.verify import Verify
from qa.config import Answering, Config
from qa.converse import standalone
from qa.index import Index, Progress, SyncReport, open_index, sync
from qa.ingest import Collection, read_folder
from qa.models.embedding import MiniLMEmbedding
from qa.models.endpoint import Endpoint
from qa.models.llm import open_endpoint
from qa.models.onnx import dictionary
from qa.models.reader import Reader
from qa.models.verifier import Verifier
from qa.outline import Outlines
from qa.retrieve import Search
from qa.service import QA, Stages
from qa.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Synced:
    """What was read from the folder of articles, and what that changed in the index."""

    collection: Collection
    report: SyncReport


def sync_articles(config: Config, progress: Progress = lambda _done, _total: None) -> Synced:
    """Bring the index in step with the folder of articles. Call it within `qa.index.writing`.

    Raises:
        ArticlesError: the folder is missing or holds no readable article; the index is left as it is.
        IndexUnavailable: the vector store cannot be written.
        ModelError: the embedding model is missing or damaged.
    """
    collection = read_folder(config.articles.folder, config.articles.max_file_mb)
    return Synced(collection, sync(collection.articles, config, MiniLMEmbedding(), progress))


def open_qa(config: Config) -> QA:
    """Open the service. Raises what `open_stages` raises."""
    index, stages = open_stages(config)
    return QA(index.articles, index.fingerprint, stages, config.suggestions)


def open_stages(config: Config) -> tuple[Index, Stages]:
    """Open the index and the models, and put the stages of an answer together.

    Raises:
        IndexMissing: nothing was indexed with this configuration.
        IndexUnavailable: the vector store cannot be read.
        ModelError: a model is missing or damaged.
        ConfigError: the language model cannot be used as it is configured.
    """
    index = open_index(config)
    vocabulary = Vocabulary((f"{p.title}\n{p.text}" for p in index.passages.values()), dictionary())
    embedding = MiniLMEmbedding()
    extractive = Extractive(index.articles, vocabulary, config.answer.threshold)
    endpoint = None if config.answer.provider == "extractive" else open_endpoint(config.answer)
    return index, Stages(
        standalone=standalone,
        correct=vocabulary.correct,
        search=Search(index, embedding, config.retrieval),
        reader=Reader(threads=config.reader.threads),
        passages_read=config.reader.passages,
        answerer=_generative(config.answer, extractive, endpoint, embedding) if endpoint else extractive,
        outlines=Outlines(index.articles, index.vectors),
        condense=Condense(endpoint) if endpoint else None,
    )


def _generative(
    config: Answering, extractive: Extractive, endpoint: Endpoint, embedding: MiniLMEmbedding
) -> Generative:
    verify = Verify(embedding.embed, Verifier())
    return Generative(extractive, endpoint, verify, config.context_tokens, config.max_tokens)
