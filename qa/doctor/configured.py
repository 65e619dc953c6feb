"""Checks of what the configuration names: articles, index, folders, port, language model."""

import os
import shutil
import socket
import tempfile
from pathlib import Path

import httpx
from limits.errors import ConfigurationError
from limits.storage import storage_from_string

from qa.config import Config
from qa.doctor.finding import Doubt
from qa.errors import (
    ArticlesError,
    ConfigError,
    EndpointError,
    FeedbackError,
    IndexMissing,
    IndexUnavailable,
    QAError,
)
from qa.index import Index, open_index, sentences_of, span_id
from qa.index.store import MOST, OWN
from qa.ingest import read_folder
from qa.models.embedding import MiniLMEmbedding
from qa.models.llm import OLLAMA, OPENAI, open_endpoint

_SAMPLE = 20
_LITTLE_MB, _TOO_LITTLE_MB = 1000, 100
_PATIENCE_S = 5.0


def _articles(config: Config) -> str:
    if config.chroma.mode == "server" and not config.articles.folder.exists():
        return "none on this machine, and none needed: another one takes them in"
    collection = read_folder(config.articles.folder, config.articles.max_file_mb)
    if not collection.articles:
        raise ArticlesError(f"{config.articles.folder} holds no article that can be read. Put some there.")
    said = f"{len(collection.articles)} in {config.articles.folder}"
    if skipped := collection.skipped:
        raise Doubt(f"{said}; {len(skipped)} skipped, {skipped[0]} for one: `qa ingest` says why")
    return said


def _rate_storage(config: Config) -> str:
    server = config.server
    if server.requests_per_minute is None or server.rate_storage == "memory":
        return "none is wanted: each process counts for itself, if any"
    try:
        there = storage_from_string(server.rate_storage).check()
    except ConfigurationError as error:
        raise ConfigError("server.rate_storage needs a package: `pip install redis`.") from error
    if not there:
        raise Doubt("server.rate_storage does not answer: each process counts for itself meanwhile. Start Redis.")
    return "Redis answers"


def _index(config: Config) -> str:
    """Whether it is there, finds what it holds, and holds what the folder does."""
    try:
        index = open_index(config)
    except IndexMissing as error:
        raise Doubt(f"{error} `qa serve` makes it, too.") from error
    try:
        _find_itself(index)
        said = f"{len(index.articles)} articles, {len(index.passages)} passages in {_where(config)}"
        if config.chroma.mode == "server" and not config.articles.folder.exists():
            return said
        articles = read_folder(config.articles.folder, config.articles.max_file_mb).articles
        there = {article.id: article for article in articles}
        stale = [id_ for id_ in there.keys() | index.articles.keys() if there.get(id_) != index.articles.get(id_)]
        if stale:
            remedy = "Run `qa ingest`, or restart `qa serve`."
            raise Doubt(f"{said}; not as in the folder: {len(stale)}. {remedy}")
        return f"{said}, in step with the folder"
    finally:
        index.close()


def _where(config: Config) -> str:
    return str(config.index.folder) if config.chroma.mode == "embedded" else "Chroma's server"


def _find_itself(index: Index) -> None:
    """Look up a sample of sentences by their own vectors, since a count would not notice lost ones."""
    texts = {}
    for passage in index.passages[:: max(1, len(index.passages) // _SAMPLE)]:
        start, end = sentences_of(passage)[0]
        texts[span_id(passage.article_id, start, end)] = index.articles[passage.article_id].text[start:end]
    vectors = MiniLMEmbedding().embed(list(texts.values()))
    stored = index.vectors(list(texts))
    as_written = all(
        id_ in stored and stored[id_] @ vector > 1 - OWN for id_, vector in zip(texts, vectors, strict=True)
    )
    hits = [hit for vector in vectors.tolist() for hit in index.nearest(vector, 1)]
    if not as_written or sum(hit.match.similarity > 1 - OWN for hit in hits) < MOST * len(texts):
        raise IndexUnavailable("The index does not find what it holds. Run `qa ingest` while it is not served.")


def _disk(config: Config) -> str:
    folder = _existing(config.index.folder)
    free = shutil.disk_usage(folder).free // 10**6
    said = f"{free:,} MB free in {folder}"
    if free < _TOO_LITTLE_MB:
        raise IndexUnavailable(f"Only {said}. Make room, or name another index.folder.")
    if free < _LITTLE_MB:
        raise Doubt(f"Only {said}; an index takes about 10 kB for a page of text")
    return said


def _folders(config: Config) -> str:
    feedback = config.feedback.file
    wanted: dict[str, tuple[Path, type[QAError]]] = {
        "index.folder": (config.index.folder, IndexUnavailable),
        "TMPDIR": (Path(tempfile.gettempdir()), ConfigError),
        **({"feedback.file": (feedback.parent, FeedbackError)} if feedback else {}),
    }
    for key, (folder, error) in wanted.items():
        try:
            with tempfile.TemporaryFile(dir=_existing(folder)):
                pass
        except OSError as problem:
            reason = problem.strerror
            raise error(f"{folder} cannot be written to: {reason}. Allow it, or name another as {key}.") from problem
    return f"{', '.join(str(folder) for folder, _ in wanted.values())} can be written to"


def _port(config: Config) -> str:
    host, port = config.server.host, config.server.port
    try:
        with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
            return f"{port} is free"
    except OSError as error:
        if ready := _readiness(host, port):
            if ready == "ready":
                return f"{port}: the service runs there, and is ready"
            raise Doubt(f"{port}: the service runs there, and is not ready. GET /readyz says why.") from error
        raise ConfigError(
            f"Cannot listen on {host}:{port}: {error.strerror}. Choose another as server.host and server.port."
        ) from error


def _readiness(host: str, port: int) -> str | None:
    """What a service of ours says there; None if it is none."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    try:
        response = httpx.get(f"http://{f'[{host}]' if ':' in host else host}:{port}/readyz", timeout=_PATIENCE_S)
        said = response.json()
        return str(said.get("status")) if "X-Request-Id" in response.headers else None
    except (httpx.HTTPError, ValueError, AttributeError):
        return None


def _language_model(config: Config) -> str:
    answer = config.answer
    if answer.provider == "extractive":
        return "none is wanted: the articles are quoted"
    open_endpoint(answer)
    if answer.provider == "llamacpp":
        return f"{answer.gguf} is loaded by llama.cpp"
    if answer.provider == "ollama":
        base, path = answer.base_url or os.environ.get("OLLAMA_BASE_URL") or OLLAMA, "/api/tags"
    else:
        base, path = answer.base_url or os.environ.get("OPENAI_BASE_URL") or OPENAI, "/models"
    key = os.environ.get("OPENAI_API_KEY") if answer.provider == "openai_like" else None
    try:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        response = httpx.get(base.rstrip("/") + path, headers=headers, timeout=_PATIENCE_S)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        remedy = "Start it, or set answer.base_url. Until then the articles are quoted."
        raise EndpointError(f"{base} cannot be reached ({type(error).__name__}). {remedy}") from None
    if response.status_code in (401, 403):
        raise EndpointError(f"{base} does not accept the key. Set OPENAI_API_KEY.")
    if response.status_code != 200 or answer.model not in _offered(response):
        raise Doubt(f"{base} answers, and does not list the model {answer.model}. Ask something to see if it has it.")
    return f"{base} answers, and has the model {answer.model}"


def _offered(response: httpx.Response) -> set[str]:
    """The names of the models that an endpoint lists; Ollama's with and without their tags."""
    try:
        listed = response.json()
        names = [str(item.get("id") or item.get("name")) for item in listed.get("data") or listed.get("models") or ()]
    except (ValueError, AttributeError, TypeError):
        return set()
    return {*names, *(name.removesuffix(":latest") for name in names)}


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    return next((above for above in (folder, *folder.parents) if above.exists()), Path("/"))


CHECKS = {
    "articles": _articles,
    "index": _index,
    "rate storage": _rate_storage,
    "disk": _disk,
    "folders": _folders,
    "port": _port,
    "language model": _language_model,
}
