"""Puts the service together: the only module that knows every concrete part."""

from collections.abc import Sequence
from dataclasses import dataclass

from qa.answer.condense import Condense
from qa.answer.extractive import Extractive
from qa.answer.generative import Generative
from qa.answer.verify import Verify
from qa.config import Answering, Config
from qa.converse import standalone
from qa.index import Embedder, Index, Progress, Stored, SyncReport, open_index, sync
from qa.ingest import Collection, read_folder
from qa.lexical import open_words
from qa.models.embedding import MiniLMEmbedding
from qa.models.endpoint import Endpoint
from qa.models.llm import open_endpoint
from qa.models.onnx import dictionary
from qa.models.reader import Reader
from qa.models.verifier import Verifier
from qa.outline import Outlines
from qa.retrieve import Search
from qa.service import QA, Answerer, Stages
from qa.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Synced:
    """What was read from the folder of articles, and what that changed in the index."""

    collection: Collection
    report: SyncReport


def _no_progress(_done: int, _total: int) -> None:
    """Nobody looks on."""


def sync_articles(config: Config, progress: Progress = _no_progress, embedder: Embedder | None = None) -> Synced:
    """Bring the index in step with the folder of articles. Call it within `qa.index.writing`.

    Args:
        config: names both.
        progress: of reading the files, then of indexing what is new.
        embedder: the embedding model that ships if it is not given.

    Raises:
        ArticlesError: the folder is missing or holds no readable article; the index is left as it is.
        IndexUnavailable: the vector store cannot be written.
        ModelError: the embedding model is missing or damaged.
    """
    cache = config.index.folder / "parsed.sqlite3"
    collection = read_folder(config.articles.folder, config.articles.max_file_mb, cache, progress)
    embedder = embedder or MiniLMEmbedding(threads=config.embedding.threads)
    return Synced(collection, sync(collection.articles, config, embedder, progress))


@dataclass(frozen=True, slots=True)
class Models:
    """What needs no index, and so is loaded once, however often an index is opened."""

    embedding: MiniLMEmbedding
    reader: Reader
    endpoint: Endpoint | None
    verifier: Verifier | None
    """Only where there is a language model to verify."""


def load_models(config: Config) -> Models:
    """Load the models.

    Raises:
        ModelError: one is missing or damaged.
        ConfigError: the language model cannot be used as it is configured.
    """
    endpoint = None if config.answer.provider == "extractive" else open_endpoint(config.answer)
    return Models(
        embedding=MiniLMEmbedding(threads=config.embedding.threads),
        reader=Reader(threads=config.reader.threads),
        endpoint=endpoint,
        verifier=Verifier() if endpoint else None,
    )


def open_qa(
    config: Config,
    models: Models | None = None,
    progress: Progress = _no_progress,
    known: Sequence[Stored] = (),
) -> QA:
    """Open the service on the index as it is now.

    Args:
        config: names the index.
        models: loaded here if they are not given.
        progress: of counting words, which a version of the index wants once on each machine.
        known: what the index holds, if a sync has just read it.

    Raises:
        IndexMissing: nothing was indexed with this configuration.
        IndexUnavailable: the vector store cannot be read.
        ModelError: a model is missing or damaged.
        ConfigError: the language model cannot be used as it is configured.
    """
    return qa_on(*open_stages(config, models, progress, known), config)


def qa_on(index: Index, stages: Stages, config: Config) -> QA:
    """The service on an open index."""
    return QA(index.articles, index.name, stages, config.suggestions, index.version.number)


def open_stages(
    config: Config,
    models: Models | None = None,
    progress: Progress = _no_progress,
    known: Sequence[Stored] = (),
) -> tuple[Index, Stages]:
    """Open the index, and put the stages of an answer together. Takes and raises what `open_qa` does."""
    index = open_index(config, known)
    models = models or load_models(config)
    words = open_words(index, progress)
    vocabulary = Vocabulary(words.counts, dictionary())
    extractive = Extractive(index.articles, vocabulary, config.answer.threshold)
    return index, Stages(
        standalone=standalone,
        correct=vocabulary.correct,
        search=Search(index, words.lexical, models.embedding, config.retrieval, config.reader.passages),
        reader=models.reader,
        passages_read=config.reader.passages,
        answerer=_answerer(config.answer, extractive, models),
        outlines=Outlines(index.articles, index.vectors),
        condense=Condense(models.endpoint) if models.endpoint else None,
    )


def _answerer(config: Answering, extractive: Extractive, models: Models) -> Answerer:
    if not models.endpoint or not models.verifier:
        return extractive
    verify = Verify(models.embedding.embed, models.verifier)
    return Generative(extractive, models.endpoint, verify, config.context_tokens, config.max_tokens)
