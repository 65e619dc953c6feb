"""What the web tests share: a QA that answers a fixed set of questions, from the real articles."""

import contextlib
import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from flask import Flask
from werkzeug.serving import make_server

from qa.errors import IndexMissing
from qa.ingest import read_folder
from qa.outline import Outlines
from qa.service import QA, Event
from qa.types import (
    Answer,
    Article,
    Citation,
    Disagreement,
    Evidence,
    Found,
    ModelHealth,
    Outline,
    Passage,
    Pause,
    Piece,
    Quote,
    Refusal,
    Scope,
    Sentence,
    Side,
    Statement,
    Support,
    Trace,
    Turn,
)

SEEDS = Path(__file__).parent.parent / "seeds"
HOSTILE = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"
LONG_WORD = "Donaudampfschifffahrt" * 20
RIGHT_TO_LEFT = "\u202eמאמר עוין"
HOSTILE_ARTICLE = Article(
    id="hostile",
    title=f"Title {HOSTILE} {LONG_WORD}",
    text=f"""😀😀 First paragraph, with an astral opening.

The second 😀 says {HOSTILE}, {RIGHT_TO_LEFT}, {LONG_WORD} and more. It ends here.

On 31 May 2024 the author Jan Nowak read {HOSTILE}, {RIGHT_TO_LEFT} and {LONG_WORD} aloud in Prague 😀.""",
    url="javascript:document.title='taken'",
    published="2024-05-31",
)

SITED_ARTICLE = Article(
    id="sited",
    title="An article with an address",
    text="It opens. The ministers of every member of the alliance, from A to Z, met in the old-town hall. It closes.",
    url="https://example.org/news",
)

WHERE = "Where would a NATO headquarters be created?"
AGAIN = "And where was it?"
JETS = "How many fighter jets did Poland pledge?"
DISAGREE = "When did the ministers meet?"
HOSTILE_QUESTION = f"What about {HOSTILE}?"
NO_INDEX = "Is there an index?"
BROKEN = "Does it break?"
SITED = "Which article has an address?"
SLOW = "Does it take long?"
PIECEMEAL = "What happened, one thing after another?"
DOUBTED = "Is all of it true?"
LIE = "It will be in Madrid. <b>See</b>"
WHY = "name: Madrid"
NOTICE = "The language model's server failed. The articles are quoted instead."


class FakeQA(QA):
    """Stands for the states that the real service seldom gives: disagreement, an error, a hostile article."""

    def __init__(self) -> None:
        self.articles = (*read_folder(SEEDS, 5).articles, HOSTILE_ARTICLE, SITED_ARTICLE)
        self.suggestions = (WHERE, JETS)
        self.version = 1
        self.scopes: list[Scope | None] = []
        self.asked_with: list[tuple[str, tuple[Turn, ...]]] = []
        self.given_up = threading.Event()
        self._outlines = Outlines({article.id: article for article in self.articles}, _vectors)

    def article(self, article_id: str) -> Article | None:
        return next((article for article in self.articles if article.id == article_id), None)

    @property
    def model(self) -> ModelHealth | None:
        return None

    def outline(self, article_id: str) -> Outline | None:
        article = self.article(article_id)
        return self._outlines.outline(article) if article else None

    def timeline(self) -> tuple[Statement, ...]:
        return self._outlines.timeline()

    def stream(
        self, question: str, history: Sequence[Turn] = (), scope: Scope | None = None, until: float = math.inf
    ) -> Iterator[Event]:
        self.scopes.append(scope)
        answer = self._answer(question, history)
        try:
            yield Found(answer.asked, answer.evidence)
            if question == PIECEMEAL:
                yield from _one_by_one(answer)
            else:
                yield Piece(answer.text, answer.citations)
            while question == SLOW and time.monotonic() < until:
                time.sleep(0.01)
                yield Pause()
            yield answer
        except GeneratorExit:
            self.given_up.set()
            raise

    def _answer(self, question: str, history: Sequence[Turn]) -> Answer:
        self.asked_with.append((question, tuple(history)))
        if question == NO_INDEX:
            raise IndexMissing("No article has been indexed yet. Run `qa ingest`.")
        if question == BROKEN:
            raise ZeroDivisionError("a secret of the house")
        where = self._sentence("Allies considered creating", "security assistance and training.")
        if question == DOUBTED:
            answer = _answer(question, [where])
            lie = Sentence(LIE, (), Support.UNSUPPORTED, (WHY,))
            return replace(answer, sentences=(lie, *answer.sentences), notice=NOTICE)
        if question in (WHERE, SLOW):
            return _answer(question, [where], short_answer="Wiesbaden, Germany")
        if question == AGAIN and history:
            return _answer(question, [where], asked=WHERE, short_answer="Wiesbaden, Germany")
        if question == SITED:
            return _answer(question, [self._sentence("The ministers of", "old-town hall.")])
        if question == HOSTILE_QUESTION:
            return _answer(question, [self._sentence("The second", "and more.")], short_answer=HOSTILE)
        if question == PIECEMEAL:
            return _answer(question, [where, *self._meetings()])
        if question == DISAGREE:
            first, second = self._meetings()
            sides = (Side("30 and 31 May 2024", (1,)), Side("May 31, 2024", (2,)))
            return _answer(question, [first, second], short_answer=sides[0].short_answer, sides=sides)
        return _answer(question, [where], refusal=Refusal.NOT_IN_ARTICLES)

    def _meetings(self) -> tuple[Quote, Quote]:
        first = self._sentence("NATO diplomatic chiefs met", "May 2024.")
        return first, self._sentence("As tensions continue", "in July.")

    def _sentence(self, begin: str, end: str) -> Quote:
        article = next(article for article in self.articles if begin in article.text)
        start = article.text.index(begin)
        stop = article.text.index(end, start) + len(end)
        return Quote(article.id, article.title, article.url, article.text[start:stop], start, stop)


class Newest:
    """Gives the service that a function names, for each request."""

    problem = None

    def __init__(self, give: Callable[[], QA]) -> None:
        self._give = give

    def __call__(self) -> QA:
        return self._give()


def _answer(
    question: str,
    quotes: list[Quote],
    *,
    asked: str = "",
    short_answer: str | None = None,
    refusal: Refusal | None = None,
    sides: tuple[Side, ...] = (),
) -> Answer:
    cited = [] if refusal else list(enumerate(quotes, 1))
    return Answer(
        id="a1",
        question=question,
        asked=asked or question,
        text=" ".join(f"{quote.quote} [{n}]" for n, quote in cited) or "The articles do not say.",
        confidence=0.1 if refusal else 0.9,
        evidence=tuple(_evidence(quote) for quote in quotes),
        trace=Trace(timings_ms={"retrieve": 12.5, "total": 20.25}, model="extractive", index="0123456789ab"),
        short_answer=short_answer,
        sentences=tuple(Sentence(quote.quote, (n,), Support.VERBATIM) for n, quote in cited),
        citations=tuple(
            Citation(q.article_id, q.title, q.url, q.quote, q.start, q.end, n=n, score=0.9) for n, q in cited
        ),
        refusal=refusal,
        closest=quotes[0] if refusal else None,
        unknown_words=("fighter", "Poland") if refusal else (),
        disagreement=Disagreement(sides) if sides else None,
    )


def _one_by_one(answer: Answer) -> Iterator[Piece]:
    """A piece for each sentence, as a language model that thinks a little before each."""
    for number, (sentence, citation) in enumerate(zip(answer.sentences, answer.citations, strict=True)):
        yield Piece(f"{' ' if number else ''}{sentence.text} [{citation.n}]", (citation,))
        time.sleep(0.4)


def _vectors(ids: Sequence[str]) -> dict[str, list[float]]:
    """One for each sentence; those of early sentences are near each other."""
    return {id_: [1.0, place / len(ids)] for place, id_ in enumerate(ids)}


def _evidence(quote: Quote) -> Evidence:
    passage = Passage("p1", quote.article_id, quote.title, quote.url, quote.quote, quote.start, quote.end)
    return Evidence(passage, fused_score=0.03, dense_rank=1, dense_score=0.71, lexical_rank=2, lexical_score=4.2)


@contextlib.contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serve an application over HTTP for the time of a test; gives its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
