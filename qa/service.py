"""The service: a question in, an answer out."""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import Protocol

from qa.converse import standalone
from qa.errors import QuestionError
from qa.models.reader import Reader
from qa.types import Answer, Article, Draft, Evidence, Trace, Turn


class Answerer(Protocol):
    """Makes an answer of evidence that was read, or refuses."""

    model: str

    def answer(self, question: str, evidence: Sequence[Evidence]) -> Draft:
        """Answer a standalone question."""
        ...


@dataclass(frozen=True, slots=True)
class Stages:
    """The parts of the pipeline that `QA` is put together from."""

    correct: Callable[[str], str]
    """Mends misspelt words of a question."""
    search: Callable[[str], list[Evidence]]
    """Evidence for a standalone question, best first."""
    reader: Reader
    passages_read: int
    """How many of the best passages the reader reads."""
    answerer: Answerer


class QA:
    """Answers questions from the articles of one index; threads may share it."""

    def __init__(self, articles: Mapping[str, Article], index: str, stages: Stages, suggestions: Sequence[str]) -> None:
        """Serve `articles`, by id, from the index with this fingerprint; only answered `suggestions` are kept."""
        self._articles = articles
        self._index = index
        self._stages = stages
        self.articles = tuple(articles[id_] for id_ in sorted(articles))
        self.suggestions = tuple(suggestion for suggestion in suggestions if self.ask(suggestion).answered)

    def article(self, article_id: str) -> Article | None:
        """The article with this id, if there is one."""
        return self._articles.get(article_id)

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """Answer a question, or say that the articles do not.

        Args:
            question: as the user put it; a follow-up is understood from the history.
            history: the conversation so far, oldest turn first.

        Raises:
            QuestionError: the question has no word in it.
            IndexUnavailable: the vector store fails.
        """
        if not any(character.isalnum() for character in question):
            raise QuestionError("The question is empty. Ask about something in the articles.")
        if any("\ud800" <= character <= "\udfff" for character in question):  # half a character
            raise QuestionError("The question is not valid text. Type it as UTF-8.")
        watch = _Stopwatch()
        with watch.stage("understand"):
            asked = self._stages.correct(standalone(question.strip(), history))
        with watch.stage("search"):
            evidence = self._stages.search(asked)
        with watch.stage("read"):
            evidence = self._stages.reader.rerank(asked, evidence, self._stages.passages_read)
        with watch.stage("answer"):
            draft = self._stages.answerer.answer(asked, evidence)
        return Answer(
            **{part.name: getattr(draft, part.name) for part in fields(draft)},
            id=uuid.uuid4().hex,
            question=question,
            asked=asked,
            evidence=tuple(evidence),
            trace=Trace(watch.timings(), self._stages.answerer.model, self._index),
        )


@dataclass(slots=True)
class _Stopwatch:
    """Times the stages of one answer."""

    _started: float = field(default_factory=time.perf_counter)
    _stages: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self._stages[name] = (time.perf_counter() - started) * 1_000

    def timings(self) -> dict[str, float]:
        """Milliseconds by stage, and `total` last."""
        total = (time.perf_counter() - self._started) * 1_000
        return {name: round(ms, 2) for name, ms in {**self._stages, "total": total}.items()}
