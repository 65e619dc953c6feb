"""The configuration: one YAML file, every key with a default that works offline."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator, model_validator

from qa.addresses import ChromaAddress, KeyDigest, ModelAddress, Origin, RateStorage
from qa.colours import Palette
from qa.errors import ConfigError

INDEX_FORMAT = 2
"""Raise it when cleaning, sentence splitting or the layout of the index changes: old indexes are then built anew."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Articles(_Section):
    """Where the articles are."""

    folder: Path = Field(Path("seeds"), description="Folder of .txt, .md and .html files, with its subfolders.")
    max_file_mb: float = Field(5, gt=0, le=100, description="A larger file is skipped with a warning.")


class Index(_Section):
    """How articles become passages, and where the index lives."""

    folder: Path = Field(Path("data"), description="Holds one subfolder for each recipe (fingerprint) of an index.")
    chunk_tokens: int = Field(160, ge=32, le=240, description="Longest passage, in cl100k_base tokens.")


class Chroma(_Section):
    """The vector store."""

    mode: Literal["embedded", "server"] = Field("embedded", description="Chroma runs inside the process, or elsewhere.")
    url: ChromaAddress = Field("http://localhost:8001", description="Address of the Chroma server; `https://` for TLS.")
    tenant: str = Field("default_tenant", min_length=3, description="Tenant on the Chroma server.")
    database: str = Field("default_database", min_length=3, description="Database of the tenant.")
    token_header: Literal["Authorization", "X-Chroma-Token"] = Field(
        "Authorization", description="Header that carries the secret `CHROMA_TOKEN` of the environment, if it is set."
    )
    poll_seconds: float = Field(
        2, gt=0, le=3600, description="How often a worker looks for a new version of the index."
    )
    grace_seconds: float = Field(
        60,
        ge=0,
        le=86_400,
        description="How long what was changed or removed stays there for workers not yet up to date.",
    )


class Embedding(_Section):
    """The embedding model."""

    model: Literal["all-MiniLM-L6-v2"] = Field("all-MiniLM-L6-v2", description="Ships with the package.")
    threads: int = Field(2, ge=1, le=64, description="Sentences embedded at the same time, one core each.")


class Retrieval(_Section):
    """How many candidates each step of the search keeps."""

    sentences: int = Field(40, ge=1, le=500, description="Nearest sentences fetched from Chroma.")
    passages: int = Field(20, ge=1, le=100, description="Passages fetched by BM25, and kept after rank fusion.")


class Reader(_Section):
    """The model that finds the answer in a passage and says whether it is there."""

    passages: int = Field(6, ge=1, le=50, description="Best fused passages that are read for each question, at most.")
    threads: int = Field(2, ge=1, le=16, description="Passages read at the same time, one core each.")


class Answering(_Section):
    """How an answer is made from what was read."""

    provider: Literal["extractive", "openai_like", "ollama", "llamacpp"] = Field(
        "extractive", description="Who writes it; `extractive` quotes the articles and needs no LLM."
    )
    threshold: float = Field(0.45, ge=0, le=1, description="Least confidence of an answer. Higher refuses more.")
    model: str | None = Field(None, min_length=1, description="The LLM's name, for `openai_like` and `ollama`.")
    base_url: ModelAddress | None = Field(None, description="The LLM's address, for `openai_like` and `ollama`.")
    gguf: Path | None = Field(None, description="The LLM's file, for `llamacpp`.")
    context_tokens: int = Field(4096, ge=1024, le=1_000_000, description="The LLM's context: prompt and answer.")
    max_tokens: int = Field(512, ge=16, le=8192, description="Longest answer of the LLM.")
    timeout_seconds: float = Field(60, ge=1, le=600, description="After this the articles are quoted instead.")

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.provider in ("openai_like", "ollama") and not self.model:
            raise ValueError(f"provider {self.provider} needs `model`, the name of the LLM")
        if self.provider == "llamacpp" and not self.gguf:
            raise ValueError("provider llamacpp needs `gguf`, the path of the LLM's file")
        if self.max_tokens > self.context_tokens // 2:
            raise ValueError("max_tokens must be at most half of context_tokens: the passages need room, too")
        return self


class Server(_Section):
    """The web server."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=1, le=65535, description="Port to listen on.")
    drain_seconds: float = Field(
        0, ge=0, le=300, description="Told to stop, so long it says that it is not ready before it stops listening."
    )
    workers: int = Field(1, ge=1, le=64, description="Processes; more than one only with `chroma.mode: server`.")
    threads: int = Field(4, ge=1, le=64, description="Answers made at the same time, by each process.")
    queue: int = Field(16, ge=0, le=256, description="Questions that wait, in each process; one more gets status 503.")
    answer_seconds: float = Field(90, ge=1, le=900, description="Longest time for an answer, waiting included.")
    max_question_chars: int = Field(500, ge=20, le=10_000, description="A longer question is an error.")
    max_history_turns: int = Field(20, ge=0, le=200, description="A longer history is an error.")
    api_keys: tuple[KeyDigest, ...] = Field((), description="Digests of its keys, from `qa key`; none: it is open.")
    requests_per_minute: int | None = Field(
        None, ge=1, le=100_000, description="Questions and ratings of one client; one more gets status 429."
    )
    rate_storage: RateStorage = Field("memory", description="Where they are counted: `memory`, or redis://host:6379/0.")
    cors_origins: tuple[Origin, ...] = Field((), description="Other sites whose pages may use the API.")
    proxies: int = Field(0, ge=0, le=10, description="Reverse proxies in front of it; clients are told apart by them.")


class Logging(_Section):
    """What is logged, on stderr."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least weight of a line.")
    format: Literal["json", "text"] | None = Field(
        None, description="`json` or `text`; unset: JSON of `qa serve` where stderr is no terminal, else text."
    )
    questions: bool = Field(False, description="Whether the line of an answer has the question, too.")


class Evaluation(_Section):
    """Where `qa evaluate` reports, and its floors; a result below one makes it exit with 6."""

    folder: Path = Field(Path("data/evaluation"), description="Holds the last results.json and report.html.")
    answers_right: float = Field(0.65, ge=0, le=1, description="Least share of answerable questions answered right.")
    refusal_recall: float = Field(0.75, ge=0, le=1, description="Least share of unanswerable questions refused.")
    hit_rate_at_5: float = Field(0.95, ge=0, le=1, description="Least share with a gold passage among the first five.")

    @property
    def results(self) -> Path:
        """Everything that the last evaluation found."""
        return self.folder / "results.json"

    @property
    def report(self) -> Path:
        """The same to read in a browser; shown at /evaluation."""
        return self.folder / "report.html"

    @property
    def candidates(self) -> Path:
        """Questions that readers' feedback suggests."""
        return self.folder / "candidates.yaml"


class Feedback(_Section):
    """What readers say about answers."""

    file: Path | None = Field(None, description="Where it is kept, as JSON lines; unset: readers are not asked.")
    max_mb: float = Field(10, gt=0, le=1000, description="When the file is as large, no more is taken.")


class Colours(_Section):
    """The colours of the pages. A palette in which text could not be read is an error."""

    light: Palette = Field(
        Palette(paper="#fbfaf7", ink="#1f1c18", accent="#8a5a00", highlight="#fbe3a0"),
        description="Four colours; the others are mixed from them.",
    )
    dark: Palette = Field(
        Palette(paper="#191714", ink="#ebe6dc", accent="#e3b04b", highlight="#614a14"),
        description="The same for whoever prefers a dark page.",
    )

    @field_validator("light", "dark", mode="before")
    @classmethod
    def _with_the_usual(cls, value: Any, info: ValidationInfo) -> Any:
        """A palette may leave out what stays as it is."""
        usual = cls.model_fields[str(info.field_name)].default
        return {**usual.model_dump(), **value} if isinstance(value, dict) else value


class Config(_Section):
    """Everything that can be set, from `config.yaml` and from the environment."""

    title: str = Field("Ask the articles", min_length=1, max_length=80, description="Heading of the chat page.")
    language: Literal["en", "cs"] = Field("en", description="Language of the pages; the articles stay in theirs.")
    colours: Colours = Colours()
    articles: Articles = Articles()
    index: Index = Index()
    chroma: Chroma = Chroma()
    embedding: Embedding = Embedding()
    retrieval: Retrieval = Retrieval()
    reader: Reader = Reader()
    answer: Answering = Answering()
    server: Server = Server()
    logging: Logging = Logging()
    evaluation: Evaluation = Evaluation()
    feedback: Feedback = Feedback()
    suggestions: tuple[str, ...] = Field((), description="First questions offered, if really answered.")

    @model_validator(mode="after")
    def _has_one_writer(self) -> Self:
        if self.server.workers > 1 and self.chroma.mode == "embedded":
            raise ValueError(
                "server.workers: an embedded index belongs to one process. Set it to 1 (and raise server.threads), or "
                "run Chroma as a server and set chroma.mode: server"
            )
        return self

    @classmethod
    def load(cls, path: Path, environ: Mapping[str, str] = os.environ) -> Self:
        """Read a YAML file and let `QA_<SECTION>__<KEY>` variables override it.

        Relative folders are taken from where the file lies, so a service can be started from anywhere.

        Raises:
            ConfigError: the file is missing or no YAML mapping, a key is unknown, or a value is wrong.
        """
        try:
            raw = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"Cannot read {path}: {error}. Name another file with --config.") from error
        except yaml.YAMLError as error:
            raise ConfigError(f"{path} is not valid YAML: {error}") from error
        if not isinstance(raw, dict):
            raise ConfigError(f"{path} must be a mapping of sections to keys.")
        try:
            config = cls.model_validate(_override(raw, environ))
        except ValidationError as error:
            problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            raise ConfigError(f"{path}: {problems}") from error
        base = path.resolve().parent
        return config.model_copy(
            update={
                "articles": config.articles.model_copy(update={"folder": base / config.articles.folder}),
                "index": config.index.model_copy(update={"folder": base / config.index.folder}),
                "evaluation": config.evaluation.model_copy(update={"folder": base / config.evaluation.folder}),
                "feedback": config.feedback.model_copy(
                    update={"file": base / config.feedback.file.expanduser() if config.feedback.file else None}
                ),
                "answer": config.answer.model_copy(
                    update={"gguf": base / config.answer.gguf.expanduser() if config.answer.gguf else None}
                ),
            }
        )

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits that name the recipe of the index: whatever shapes it is in here, nothing else is."""
        recipe = [INDEX_FORMAT, self.index.chunk_tokens, self.embedding.model]
        return hashlib.sha256(json.dumps(recipe).encode()).hexdigest()[:12]


def _override(raw: dict[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """Lay `QA_SECTION__KEY=value` over the file's values; values are read as YAML scalars or lists."""
    # A section with nothing below its name counts as empty.
    merged = {
        key: dict(value) if isinstance(value, dict) else {} if value is None else value for key, value in raw.items()
    }
    for name, value in environ.items():
        if not name.startswith("QA_"):
            continue
        section, separator, key = name.removeprefix("QA_").lower().partition("__")
        try:
            parsed = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise ConfigError(f"Environment variable {name} is not valid YAML: {error}") from error
        if not separator:
            merged[section] = parsed
        elif isinstance(inner := merged.setdefault(section, {}), dict):
            # The address `::` is no mapping.
            inner[key] = value if isinstance(parsed, dict) and "{" not in value else parsed
        else:
            raise ConfigError(f"Environment variable {name}: {section} is not a section.")
    return merged
