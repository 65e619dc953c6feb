"""The service: a question in, an answer out."""

import logging
import math
import time
import uuid
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from functools import cached_property
from itertools import islice
from threading import Thread
from typing import Protocol

from qa.errors import QuestionError
from qa.models.reader import Reader
from qa.types import (
    Answer,
    Article,
    Draft,
    Evidence,
    Found,
    ModelHealth,
    Outcome,
    Outline,
    Pause,
    Piece,
    Scope,
    Statement,
    Trace,
    Turn,
    Usage,
)

_log = logging.getLogger(__name__)
Event = Found | Piece | Pause | Answer
"""`Found` first, then pieces and pauses, then the `Answer`; `Found` again where a follow-up was understood better."""


_PROPOSED = 4
"""Questions that are suggested where the configuration suggests none that is answered."""
_SURE = 0.8
"""Confidence of an answer that is shown off: of a refusal it is below the threshold."""


class Answerer(Protocol):
    """Makes an answer of evidence that was read, or refuses."""

    @property
    def health(self) -> ModelHealth | None:
        """How its language model fares, if it has one."""
        ...

    def answer(self, question: str, evidence: Sequence[Evidence]) -> Draft:
        """Answer a standalone question at once, without a language model."""
        ...

    def stream(
        self, question: str, evidence: Sequence[Evidence], since: float, until: float
    ) -> Iterator[Piece | Pause | Outcome]:
        """Answer a standalone question that came in then, until then, by `time.monotonic()`; the outcome comes last."""
        ...


class Outlines(Protocol):
    """Says what the articles are about, without a question."""

    def outline(self, article: Article) -> Outline:
        """The digest of an article, and what it names."""
        ...

    def timeline(self) -> tuple[Statement, ...]:
        """Every dated statement of the articles, in the order of the calendar."""
        ...

    def questions(self) -> Iterator[str]:
        """A few questions that the articles may answer."""
        ...


@dataclass(frozen=True, slots=True)
class Stages:
    """The parts of the pipeline that `QA` is put together from."""

    standalone: Callable[[str, Sequence[Turn]], str]
    """Makes a follow-up stand on its own, by rule."""
    correct: Callable[[str], str]
    """Mends misspelt words of a question."""
    search: Callable[[str, Scope | None], list[Evidence]]
    """Evidence for a standalone question to some articles, or to all, best first."""
    reader: Reader
    passages_read: int
    """How many of the best passages the reader reads."""
    answerer: Answerer
    outlines: Outlines
    condense: Callable[[str, Sequence[Turn]], Generator[Pause, None, tuple[str | None, Usage]]] | None = None
    """Makes a follow-up stand on its own by a language model, which takes time; None if that fails."""


class QA:
    """Answers questions from the articles of one index; threads may share it."""

    def __init__(
        self,
        articles: Mapping[str, Article],
        index: str,
        stages: Stages,
        suggestions: Sequence[str],
        version: int = 1,
    ) -> None:
        """Serve `articles`, by id, from the index with this name and version."""
        self._articles = articles
        self._index = index
        self.version = version
        self._stages = stages
        self._suggestions = suggestions
        self.articles = tuple(articles[id_] for id_ in sorted(articles))

    @cached_property
    def suggestions(self) -> tuple[str, ...]:
        """Questions to begin with, each of which is really answered: those that were given.

        Where none of these is answered, as with articles that are new to the service, a few about people whom the
        articles name.
        """
        given = tuple(question for question in self._suggestions if self._draft(question).answered)
        proposed = (
            question for question in self._stages.outlines.questions() if self._draft(question).confidence >= _SURE
        )
        return given or tuple(islice(proposed, _PROPOSED))

    def article(self, article_id: str) -> Article | None:
        """The article with this id, if there is one."""
        return self._articles.get(article_id)

    def outline(self, article_id: str) -> Outline | None:
        """What the article with this id is about, and what it names, if there is one.

        Raises:
            IndexUnavailable: the vector store fails.
        """
        article = self.article(article_id)
        return self._stages.outlines.outline(article) if article else None

    def timeline(self) -> tuple[Statement, ...]:
        """Every dated statement of the articles, in the order of the calendar.

        Raises:
            Busy: it is being made.
        """
        return self._stages.outlines.timeline()

    @property
    def model(self) -> ModelHealth | None:
        """How the language model fares; None where there is none."""
        return self._stages.answerer.health

    def ask(
        self, question: str, history: Sequence[Turn] = (), scope: Scope | None = None, until: float = math.inf
    ) -> Answer:
        """Answer a question, or say that the articles do not.

        Args:
            question: as the user put it; a follow-up is understood from the history.
            history: the conversation so far, oldest turn first.
            scope: the articles that are asked; all without.
            until: `time.monotonic()` of when a language model has to stop, if not before by its own time-out.

        Raises:
            QuestionError: the question has no word in it.
            IndexUnavailable: the vector store fails.
        """
        return next(event for event in self.stream(question, history, scope, until) if isinstance(event, Answer))

    def stream(
        self, question: str, history: Sequence[Turn] = (), scope: Scope | None = None, until: float = math.inf
    ) -> Iterator[Event]:
        """Answer as `ask` does, and tell of it while it happens: what was found, pieces of the text, the answer.

        Closing the iterator stops a language model that is writing. Takes and raises what `ask` does.
        """
        check(question)
        since, watch = time.monotonic(), _Stopwatch()
        with watch.stage("understand"):
            asked = self._stages.correct(self._stages.standalone(question.strip(), history))
        evidence = self._evidence(asked, scope, watch)
        yield Found(asked, evidence)
        better, understanding = yield from self._condensed(question.strip(), history, watch)
        if better and better != asked:
            asked, evidence = better, self._evidence(better, scope, watch)
            yield Found(asked, evidence)
        with watch.stage("answer"):
            outcome = yield from self._told(self._stages.answerer.stream(asked, evidence, since, until))
        watch.split("answer", outcome.usage.timings_ms)
        used = (understanding, outcome.usage)
        yield Answer(
            **{part.name: getattr(outcome.draft, part.name) for part in fields(outcome.draft)},
            id=uuid.uuid4().hex,
            question=question,
            asked=asked,
            evidence=evidence,
            trace=Trace(
                timings_ms=watch.timings(),
                model=outcome.model,
                index=self._index,
                prompt_tokens=sum(usage.prompt_tokens for usage in used),
                completion_tokens=sum(usage.completion_tokens for usage in used),
            ),
        )

    def _condensed(
        self, question: str, history: Sequence[Turn], watch: "_Stopwatch"
    ) -> Generator[Pause, None, tuple[str | None, Usage]]:
        """A follow-up as a language model puts it; None where there is none, or where it fails."""
        if not history or self._stages.condense is None:
            return None, Usage()
        with watch.stage("condense"):
            rewritten, usage = yield from self._stages.condense(question, history)
        return rewritten and self._stages.correct(rewritten), usage

    def _evidence(self, asked: str, scope: Scope | None, watch: "_Stopwatch") -> tuple[Evidence, ...]:
        with watch.stage("search"):
            evidence = self._stages.search(asked, scope)
        with watch.stage("read"):
            return tuple(self._stages.reader.rerank(asked, evidence, self._stages.passages_read))

    @staticmethod
    def _told(events: Iterator[Piece | Pause | Outcome]) -> Generator[Piece | Pause, None, Outcome]:
        """Pass on the pieces of an answer, and what of its text was in none; return the outcome."""
        told, cited = 0, 0
        for event in events:
            if isinstance(event, Outcome):
                if rest := event.draft.text[told:]:
                    yield Piece(rest, event.draft.citations[cited:])
                return event
            if isinstance(event, Piece):
                told += len(event.text)
                cited += len(event.citations)
            yield event
        raise AssertionError("an answerer's last event is its outcome")

    def _draft(self, question: str) -> Draft:
        evidence = self._evidence(self._stages.correct(question), None, _Stopwatch())
        return self._stages.answerer.answer(question, evidence)


def find_suggestions(qa: QA) -> Thread:
    """Have the suggestions found while nobody waits for them, neither the start nor the first visitor.

    Returns:
        What looks for them, to be joined by whoever wants to wait.
    """

    def find() -> None:
        try:
            _log.debug("Suggested: %s", qa.suggestions)
        except Exception:  # they are looked for again when somebody wants them, who is told what is wrong
            _log.debug("No suggestions could be found", exc_info=True)

    thread = Thread(target=find, name="suggestions", daemon=True)
    thread.start()
    return thread


def check(question: str) -> None:
    """Tell apart what can be asked.

    Raises:
        QuestionError: the question has no word in it, or is no text.
    """
    if not any(character.isalnum() for character in question):
        raise QuestionError("The question is empty. Ask about something in the articles.")
    if any("\ud800" <= character <= "\udfff" for character in question):  # half a character
        raise QuestionError("The question is not valid text. Type it as UTF-8.")


@dataclass(slots=True)
class _Stopwatch:
    """Times the stages of one answer."""

    _started: float = field(default_factory=time.perf_counter)
    _stages: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self._stages[name] = self._stages.get(name, 0.0) + (time.perf_counter() - started) * 1_000

    def split(self, stage: str, parts: Mapping[str, float]) -> None:
        """Put the parts of a stage in its place, if it has any; each in milliseconds."""
        if parts:
            del self._stages[stage]
            self._stages.update(parts)

    def timings(self) -> dict[str, float]:
        """Milliseconds by stage, and `total` last."""
        total = (time.perf_counter() - self._started) * 1_000
        return {name: round(ms, 2) for name, ms in {**self._stages, "total": total}.items()}
