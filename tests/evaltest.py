"""What the tests of the evaluation share: two small articles, four questions, and a QA that answers as it is told."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hypothesis import strategies as st

from qa.evaluate import Case, Split, load_cases
from qa.feedback import Cited, Rating
from qa.types import Answer, Article, Citation, Evidence, Passage, Quote, Refusal, Sentence, Support, Trace, Turn

BRIDGE = Article("bridge", "The bridge", "It was built in 1903. It is 52 metres long. Nobody paid. It was painted red.")
TOWER = Article("tower", "The tower", "The tower is 30 metres high. It was built in 1903.")
QUESTIONS = """
articles: {b: The bridge, t: The tower}
cases:
  - {id: built, kind: fact, split: dev, question: "When was the bridge built?", gold: {b: [in 1903]}, answers: ["1903"]}
  - {id: about, kind: broad, split: test, question: Describe the bridge., gold: {b: ["1903", 52 m, red]}, needed: 2}
  - id: and-long
    kind: follow-up
    split: dev
    history: [{role: user, content: "When was the bridge built?"}, {role: assistant, content: In 1903.}]
    question: How long is it?
    gold: {b: [52 metres]}
  - {id: cost, kind: absent, split: dev, question: "What did the bridge cost?"}
"""
BUILT, ABOUT, LONG, COST = (
    "When was the bridge built?", "Describe the bridge.", "How long is it?", "What did the bridge cost?",
)  # fmt: skip
RATING = Rating(
    time="2024-05-31T12:00:00Z",
    answer_id="a1",
    index="0123456789ab",
    question=BUILT,
    asked=BUILT,
    history=(),
    refusal=None,
    citations=(Cited("bridge", "It was built in 1903."),),
    helpful=True,
    reason=None,
    comment="",
)
"""What a reader said of an answer."""
TEXT = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(["a\nb", "\u2028", "😀", "\r", "\0", "\x85"])
"""What readers and their questions may hold."""


class FakeQA:
    """Gives the answers that it was told to, and refuses everything else."""

    articles = (BRIDGE, TOWER)

    def __init__(self, *answers: Answer) -> None:
        self.answers = {answer.question: answer for answer in answers}
        self.histories: dict[str, tuple[Turn, ...]] = {}

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        self.histories[question] = tuple(history)
        return self.answers.get(question) or refusal(question)


def fixed_cases(folder: Path, text: str = QUESTIONS, split: Split | None = None) -> tuple[Case, ...]:
    path = folder / "questions.yaml"
    path.write_text(text, encoding="utf-8")
    return load_cases(FakeQA.articles, path, split)


def quote(article: Article, text: str) -> Quote:
    start = article.text.index(text)
    return Quote(article.id, article.title, article.url, text, start, start + len(text))


def passage(article: Article, text: str) -> Evidence:
    start = article.text.index(text)
    place = Passage(f"{article.id}:{start}", article.id, article.title, None, text, start, start + len(text))
    return Evidence(place, fused_score=0.5)


def answer(
    question: str,
    *quotes: Quote,
    short: str | None = None,
    evidence: tuple[Evidence, ...] = (),
    confidence: float = 0.9,
) -> Answer:
    cited = list(enumerate(quotes, 1))
    return Answer(
        id="1",
        question=question,
        asked=question,
        text=" ".join(f"{q.quote} [{n}]" for n, q in cited),
        short_answer=short,
        confidence=confidence,
        sentences=tuple(Sentence(q.quote, (n,), Support.VERBATIM) for n, q in cited),
        citations=tuple(
            Citation(q.article_id, q.title, q.url, q.quote, q.start, q.end, n, confidence) for n, q in cited
        ),
        evidence=evidence,
        trace=Trace({"read": 0.5, "total": 1.0}, "fake", "fake-index"),
    )


def refusal(question: str, closest: Quote | None = None, confidence: float = 0.1) -> Answer:
    made = answer(question, confidence=confidence)
    return replace(made, text="The articles do not say.", refusal=Refusal.NOT_IN_ARTICLES, closest=closest)
