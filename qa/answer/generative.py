"""Answers that a language model writes and the articles bear out.

The model is believed in nothing. Whether to answer at all is decided before it is called; each sentence that it writes
is checked against the articles before anybody sees it; the citations are computed. Where it fails, the articles are
quoted.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from qa.answer.extractive import Extractive
from qa.answer.prompts import NOT_SAID, Prompt, answering, declines, echoes, is_about_passages, plain
from qa.answer.verify import Verify
from qa.cite import ADDRESS, Splitter, Statement, Written, number
from qa.errors import EndpointError
from qa.models import faults
from qa.models.endpoint import Endpoint, Reply
from qa.types import (
    Draft,
    Evidence,
    ModelHealth,
    Outcome,
    Pause,
    Piece,
    Quote,
    Refusal,
    Support,
    Usage,
)

_UNSUPPORTED = "The language model wrote an answer, but the articles do not bear it out."
_NO_ROOM = (
    "The question leaves no room for a passage in the language model's context. Ask in fewer words, or raise "
    "answer.context_tokens."
)
_UNCHECKED = "What the language model wrote could not be checked."
_QUOTED_INSTEAD = "The articles are quoted instead."
_QUOTED_TOO = "What it had written and the articles bear out is kept, and the articles are quoted."
_log = logging.getLogger(__name__)


class Generative:
    """Lets a language model write the answer, and checks it.

    Args:
        extractive: decides whether to answer, and answers where the model fails.
        endpoint: the model.
        verify: checks sentences.
        context_tokens: room for prompt and answer.
        max_tokens: longest answer.
    """

    def __init__(
        self, extractive: Extractive, endpoint: Endpoint, verify: Verify, context_tokens: int, max_tokens: int
    ) -> None:
        self.model = endpoint.model
        self._extractive = extractive
        self._endpoint = endpoint
        self._verify = verify
        self._context_tokens = context_tokens
        self._max_tokens = max_tokens

    @property
    def health(self) -> ModelHealth | None:
        """How the model fares."""
        return self._endpoint.health

    def answer(self, question: str, evidence: Sequence[Evidence]) -> Draft:
        """Answer at once, in the articles' own words."""
        return self._extractive.answer(question, evidence)

    def stream(
        self, question: str, evidence: Sequence[Evidence], since: float, until: float
    ) -> Iterator[Piece | Pause | Outcome]:
        """Answer sentence by sentence, each as soon as it is verified. Closing the iterator stops the model.

        Args:
            question: a standalone question.
            evidence: best first.
            since: `time.monotonic()` of when the question came in; the time-out counts from there.
            until: when the model has to stop in any case.
        """
        clock = _Clock()
        quoted = self._extractive.answer(question, evidence)
        clock.lap("gate")
        if not quoted.answered:
            yield Outcome(quoted, self._extractive.model)
            return
        read = [item for item in evidence if item.answerability is not None]
        prompt = answering(question, read, self._context_tokens, self._max_tokens)
        answer = _Answer()
        notice: str | None = None
        usage = Usage()
        try:
            if not prompt.evidence:
                raise EndpointError(_NO_ROOM)
            reply = self._endpoint.ask(prompt.messages, min(self._endpoint.timeout_s, until - since), since)
            try:
                yield from self._written(reply, prompt, answer, clock)
            finally:
                reply.close()
                usage = reply.usage
        except EndpointError as error:
            notice = str(error)
        except Exception:  # whatever a model writes, the articles can be quoted
            _log.exception("What the language model wrote could not be checked")
            notice = _UNCHECKED
        if notice:
            notice = f"{notice} {_QUOTED_TOO if answer.told else _QUOTED_INSTEAD}"
            draft = replace(_rescued(answer, quoted), notice=notice)
        else:
            draft = _finished(answer, quoted)
        clock.lap("write")
        by = self._extractive.model if notice and not answer.told else self.model
        yield Outcome(draft, by, replace(usage, timings_ms=clock.ms))

    def _written(self, reply: Reply, prompt: Prompt, answer: "_Answer", clock: "_Clock") -> Iterator[Piece | Pause]:
        """Check what the model writes, and pass on what holds."""
        check = self._verify.against(prompt.evidence)  # while the model reads its prompt
        clock.lap("verify")
        splitter = Splitter()
        silent = True
        for piece in reply:
            yield Pause()
            if piece is None:
                continue
            clock.lap("first_token" if silent else "write")
            silent = False
            for written in splitter.feed(piece):
                yield from answer.add(written, check)
                clock.lap("verify")
        clock.lap("write")
        for written in splitter.close():
            yield from answer.add(written, check)
        clock.lap("verify")
        if answer.is_empty:
            raise EndpointError(*faults.EMPTY)


class _Answer:
    """What has been written so far: what may be told, and what is withheld."""

    def __init__(self) -> None:
        self._statements: list[Statement] = []
        self.declined = False
        """Whether the model said that the articles do not say."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written that could be told or withheld."""
        return not self._statements and not self.declined

    @property
    def told(self) -> list[Statement]:
        """What the articles bear out."""
        return [statement for statement in self._statements if statement.support is not Support.UNSUPPORTED]

    def add(self, written: Written, check: Callable[[Written], Statement]) -> Iterator[Piece]:
        """Check a sentence; the piece of the answer that it makes, if it holds."""
        written = replace(written, text=plain(written.text))
        if declines(written.text):
            self.declined = True
        elif written.text and not echoes(written.text) and not self._has(written.text):
            before, _, cited = number(self._statements)
            self.append(_verified(written, check))
            after, _, citations = number(self._statements)
            if after != before:
                yield Piece(after[len(before) :], citations[len(cited) :])

    def append(self, statement: Statement) -> None:
        """Go on with a statement."""
        self._statements.append(statement)

    def draft(self, confidence: float) -> Draft:
        """The answer as a whole."""
        text, sentences, citations = number(self._statements)
        return Draft(text, confidence, sentences=sentences, citations=citations)

    def _has(self, sentence: str) -> bool:
        return any(sentence in statement.sentences for statement in self._statements)


def _verified(written: Written, check: Callable[[Written], Statement]) -> Statement:
    if not written.finished:
        return _withheld(written.text, ["broken off"])
    statement = check(written)
    if statement.support is Support.UNSUPPORTED:
        return _withheld(written.text, statement.problems)
    if is_about_passages(written.text, [quote.quote for quote in statement.quotes]):
        return _withheld(written.text, ["about the passages, not from them"])
    return statement


def _withheld(text: str, problems: Iterable[str]) -> Statement:
    """Shown on demand; but even there nobody should be led to an address that a model made up."""
    told = tuple(ADDRESS.sub("…", problem) for problem in problems)
    return Statement((ADDRESS.sub("…", text),), (), 0.0, Support.UNSUPPORTED, told)


def _finished(answer: _Answer, quoted: Draft) -> Draft:
    """The model's answer, or the refusal that it comes to."""
    draft = answer.draft(quoted.confidence)
    if answer.told:
        return draft
    refusal, text = (Refusal.NOT_IN_ARTICLES, NOT_SAID) if answer.declined else (Refusal.UNSUPPORTED, _UNSUPPORTED)
    best = quoted.citations[0]
    closest = Quote(best.article_id, best.title, best.url, best.quote, best.start, best.end)
    return replace(draft, text=text, refusal=refusal, closest=closest)


def _rescued(answer: _Answer, quoted: Draft) -> Draft:
    """What the model could still tell, and then the articles' own words; only these where it told nothing."""
    if not answer.told:
        return replace(quoted, sentences=(*answer.draft(0).sentences, *quoted.sentences))
    for statement in _statements(quoted):
        if not any(set(statement.sentences) <= set(told.sentences) for told in answer.told):
            answer.append(statement)
    return answer.draft(quoted.confidence)


def _statements(draft: Draft) -> list[Statement]:
    """A draft taken apart: its sentences by the citations that they share."""
    cited = {citation.n: citation for citation in draft.citations}
    return [
        Statement(tuple(s.text for s in sentences), tuple(cited[n] for n in numbers), cited[numbers[0]].score, support)
        for (numbers, support), sentences in groupby(draft.sentences, key=lambda s: (s.citations, s.support))
    ]


class _Clock:
    """Adds up where the time goes."""

    def __init__(self) -> None:
        self.ms: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        """Count the time since the last lap under this name."""
        now = time.perf_counter()
        self.ms[name] = self.ms.get(name, 0.0) + (now - self._last) * 1_000
        self._last = now
