"""The data that travels through the pipeline. Everything is frozen: a stage returns new data, it never edits its input.

All `start` and `end` are character offsets into `Article.text`, end exclusive, and whatever carries such a pair and a
text keeps the invariant `article.text[start:end] == text`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Refusal(StrEnum):
    """Why a question was not answered. A refusal is a result, not an error."""

    NO_EVIDENCE = "no_evidence"
    """The search found no passage that shares anything with the question."""
    NOT_IN_ARTICLES = "not_in_articles"
    """There are passages on the topic, but none of them answers the question."""
    UNSUPPORTED = "unsupported"
    """An answer was written, but no sentence of it is borne out by the articles."""


class Support(StrEnum):
    """How well a sentence of an answer is borne out by its citations."""

    VERBATIM = "verbatim"
    SUPPORTED = "supported"
    UNSUPPORTED = "unsupported"


class Role(StrEnum):
    """Who said a turn of a conversation."""

    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Article:
    """One article: the cleaned text that every offset points into, and where it comes from."""

    id: str
    title: str
    text: str
    url: str | None = None
    published: str | None = None
    """ISO 8601 date, `YYYY-MM-DD`."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which articles a question is asked of; an article is in it if it meets all that is set."""

    articles: frozenset[str] | None = None
    """Ids of articles."""
    since: str | None = None
    """ISO 8601 date: published then or later."""
    until: str | None = None
    """ISO 8601 date: published then or earlier."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of whole sentences of an article: what is searched for and read."""

    id: str
    article_id: str
    title: str
    url: str | None
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Span:
    """An answer that the reader marked: a few words within one sentence."""

    start: int
    end: int
    text: str
    score: float
    """The reader's margin over "no answer here", in logits."""


@dataclass(frozen=True, slots=True)
class Match:
    """A sentence of a passage, and how near it is to the question."""

    start: int
    end: int
    similarity: float
    """Cosine of the two embeddings."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage together with everything that explains why it was chosen."""

    passage: Passage
    fused_score: float
    dense_rank: int | None = None
    """1 for the nearest passage by sentence embedding; None where dense search did not find it."""
    dense_score: float | None = None
    """Cosine similarity of the question and the passage's best sentence."""
    lexical_rank: int | None = None
    lexical_score: float | None = None
    """BM25."""
    matches: tuple[Match, ...] = ()
    """Sentences of the passage, in order: every one if it is among those to be read, or else those that were found."""
    answerability: float | None = None
    """The reader's probability that the passage answers the question, 0 to 1; None before it was read."""
    spans: tuple[Span, ...] = ()
    """The reader's answers in this passage, best first."""


@dataclass(frozen=True, slots=True)
class Quote:
    """The exact words of an article."""

    article_id: str
    title: str
    url: str | None
    quote: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Statement(Quote):
    """A quote that states a date."""

    since: str
    """ISO 8601: `2024-05-31`, `2024-05` or `2024`."""
    until: str
    """The same, unless it is a range."""


@dataclass(frozen=True, slots=True)
class Mention:
    """Something that an article names, and the sentence that does so first."""

    name: str
    """As the sentence has it."""
    start: int
    end: int
    """Of the sentence."""
    count: int
    """How often the article names it."""


@dataclass(frozen=True, slots=True)
class Outline:
    """What an article is about, and what it names, each in the order of the text."""

    words: int
    digest: tuple[Quote, ...]
    """Its most central sentences."""
    people: tuple[Mention, ...]
    places: tuple[Mention, ...]
    organisations: tuple[Mention, ...]
    dates: tuple[Mention, ...]


@dataclass(frozen=True, slots=True)
class Citation(Quote):
    """A quote that an answer refers to as `[n]`."""

    n: int
    score: float
    """How well the quote answers, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an answer, with the numbers of the citations that bear it out."""

    text: str
    citations: tuple[int, ...]
    """Empty for a sentence that is unsupported: it is listed here, and withheld from the answer's text."""
    support: Support
    problems: tuple[str, ...] = ()
    """What of an unsupported sentence is in no quote, as far as it can be named: `number: 40`."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of several answers that the articles give to the same question."""

    short_answer: str
    citations: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Articles that answer the same question differently, each side with its citations."""

    sides: tuple[Side, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """What an answerer makes of the evidence: an answer whose every sentence is cited, or a refusal that says why."""

    text: str
    """The answer with its `[n]` marks."""
    confidence: float
    """Probability that the answer is right; of a broad question, how near its best sentence is to the topic; of a
    refusal, what the best candidate reached. 0 to 1."""
    short_answer: str | None = None
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    """Only those that a sentence refers to, numbered from 1 by first use."""
    refusal: Refusal | None = None
    closest: Quote | None = None
    """With a refusal: what comes nearest, and does not answer."""
    unknown_words: tuple[str, ...] = ()
    """With a refusal: the question's words that occur in no article."""
    disagreement: Disagreement | None = None
    notice: str | None = None
    """What went otherwise than it should, for whoever asked: the language model failed and the articles are quoted."""

    @property
    def answered(self) -> bool:
        """Whether the articles answer the question."""
        return self.refusal is None


@dataclass(frozen=True, slots=True)
class Trace:
    """How an answer came about."""

    timings_ms: Mapping[str, float]
    """Milliseconds by stage, in the order in which the stages ran, and `total`."""
    model: str
    index: str
    """Recipe and content of the index that was searched."""
    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of the conversation so far."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Draft):
    """A draft with the question that it belongs to and the record of how it came about."""

    id: str
    question: str
    asked: str
    """The standalone question that was really searched."""
    evidence: tuple[Evidence, ...]
    trace: Trace


@dataclass(frozen=True, slots=True)
class Usage:
    """What a language model was used for."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    """Milliseconds by part of the stage; empty where the stage has no parts."""


class ModelState(StrEnum):
    """What the last use of a language model showed."""

    UNTRIED = "untried"
    WORKING = "working"
    FAILING = "failing"


@dataclass(frozen=True, slots=True)
class ModelHealth:
    """How a language model fares. Where it fails, questions are answered without it."""

    model: str
    state: ModelState
    detail: str | None = None
    """Why it fails, and what to do about it."""
    calls: Mapping[str, int] = field(default_factory=dict)
    """How many calls there were since the start, by how they went: `ok`, `left_alone`, or a kind of failure."""


# An answer while it is being made; `qa.service.Event` says in which order.


@dataclass(frozen=True, slots=True)
class Found:
    """What the answer will be made from."""

    asked: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """The next piece of an answer's text. It was verified, and stays."""

    text: str
    """With its `[n]` marks; all pieces together are the answer's text."""
    citations: tuple[Citation, ...]
    """Those that this piece is the first to refer to."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing new for a moment: a chance to see whether anybody still listens."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finished draft, and what it took."""

    draft: Draft
    model: str
    """Who wrote it."""
    usage: Usage = Usage()
