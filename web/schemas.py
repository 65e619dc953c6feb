"""The JSON of the API: pydantic models that check what comes in, shape what goes out and make the OpenAPI document."""

from datetime import date
from typing import Annotated, Self

from pydantic import (
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    model_validator,
)

from qa.feedback import Reason
from qa.types import ModelState, Refusal, Role, Scope, Support

MAX_COMMENT_CHARS = 500
MAX_MESSAGE_CHARS = 20_000
MAX_ASKED_CHARS = 10_000
MAX_QUOTE_CHARS = 5_000
MAX_SCOPE_ARTICLES = 1_000


def _written(day: object) -> object:
    """A day is text, not a number of seconds, for which pydantic would take it, too."""
    if not isinstance(day, str):
        raise ValueError("a day is written as 2024-05-30")
    return day


_Day = Annotated[date, BeforeValidator(_written)]
_ShortText = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Response(BaseModel):
    """Read straight from the frozen dataclasses of `qa.types`."""

    model_config = ConfigDict(from_attributes=True)


class Message(_Request):
    """One message of the conversation so far."""

    role: Role
    content: Annotated[str, StringConstraints(max_length=MAX_MESSAGE_CHARS)]


class Conversation(_Request):
    """A question, with the conversation that it continues. The server remembers nothing between requests."""

    question: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)] = Field(
        description="At most `server.max_question_chars` characters, a letter or a digit among them."
    )
    history: list[Message] = Field(
        default=[], description="Earlier messages, oldest first; at most `server.max_history_turns`."
    )


class ScopeIn(_Request):
    """Which articles a question is asked of: those that meet all that is set."""

    articles: frozenset[_ShortText] | None = Field(default=None, min_length=1, max_length=MAX_SCOPE_ARTICLES)
    since: _Day | None = Field(default=None, description="Published on this day or later.")
    until: _Day | None = Field(default=None, description="Published on this day or earlier.")

    @property
    def scope(self) -> Scope:
        """The same for the service."""
        return Scope(self.articles, *(day.isoformat() if day else None for day in (self.since, self.until)))


class AskRequest(Conversation):
    """A question, perhaps to some of the articles only."""

    scope: ScopeIn | None = Field(default=None, description="Asks all articles if it is left out.")


class CitedIn(_Request):
    """What an answer quoted."""

    article_id: _ShortText
    quote: Annotated[str, StringConstraints(min_length=1, max_length=MAX_QUOTE_CHARS)]


class FeedbackRequest(Conversation):
    """What a reader thinks of an answer, with the question and the history as they were asked."""

    answer_id: _ShortText = Field(description="The `id` of the answer.")
    index: _ShortText = Field(description="The `index` of the answer's `trace`.")
    asked: Annotated[str, StringConstraints(min_length=1, max_length=MAX_ASKED_CHARS)] = Field(
        description="The answer's `asked`."
    )
    refusal: Refusal | None = None
    citations: list[CitedIn] = Field(default=[], max_length=50, description="Those of the answer; none for a refusal.")
    helpful: StrictBool
    reason: Reason | None = Field(default=None, description="Why it was not helpful.")
    comment: Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_COMMENT_CHARS)] = ""

    @model_validator(mode="after")
    def _is_one_or_the_other(self) -> Self:
        if bool(self.citations) is (self.refusal is not None):
            raise ValueError("an answer has citations and no refusal, a refusal has no citations")
        if self.helpful and self.reason:
            raise ValueError("a reason says why an answer was not helpful")
        return self


class ArticlePath(BaseModel):
    """Names an article."""

    article_id: str = Field(description="The `id` of an article, from `GET /api/articles` or from a citation.")


class SentenceOut(_Response):
    """One sentence of an answer."""

    text: str
    citations: list[int] = Field(description="The `n` of each citation that bears the sentence out.")
    support: Support = Field(description="A sentence that is `unsupported` is listed here, and is not in `answer`.")
    problems: list[str] = Field(description="What of an `unsupported` sentence no quote has: `number: 40`.")


class QuoteOut(_Response):
    """The exact words of an article: its `text[start:end]`, counted in Unicode code points."""

    article_id: str
    title: str
    url: str | None
    quote: str
    start: int
    end: int


class CitationOut(QuoteOut):
    """A quote that the answer refers to as `[n]`."""

    n: int
    score: float = Field(description="How well the quote answers, 0 to 1.")


class EvidenceOut(_Response):
    """A passage that was found, and why."""

    article_id: str = Field(validation_alias=AliasPath("passage", "article_id"))
    start: int = Field(validation_alias=AliasPath("passage", "start"))
    end: int = Field(validation_alias=AliasPath("passage", "end"))
    text: str = Field(validation_alias=AliasPath("passage", "text"))
    dense_rank: int | None = Field(description="1 for the nearest by sentence embedding.")
    dense_score: float | None = Field(description="Cosine similarity of the question and the best sentence.")
    lexical_rank: int | None = Field(description="1 for the best by shared words.")
    lexical_score: float | None = Field(description="BM25.")
    fused_score: float = Field(description="Both ranks fused.")
    answerability: float | None = Field(description="The reader's probability that the passage answers, 0 to 1.")


class SideOut(_Response):
    """One of the answers that the articles give."""

    short_answer: str
    citations: list[int]


class DisagreementOut(_Response):
    """Articles that answer the question differently."""

    sides: list[SideOut]


class TraceOut(_Response):
    """How the answer came about."""

    timings_ms: dict[str, float] = Field(description="Milliseconds by stage, and `total`.")
    model: str
    prompt_tokens: int
    completion_tokens: int
    index: str = Field(description="Recipe and content of the index that was searched.")


class AnswerOut(_Response):
    """An answer whose every sentence is cited, or a refusal that says why."""

    model_config = ConfigDict(json_schema_extra={"title": "Answer"})

    id: str
    question: str
    asked: str = Field(description="The standalone question that was really searched.")
    answered: bool
    answer: str = Field(validation_alias="text", description="Text with `[n]` marks.")
    short_answer: str | None
    confidence: float = Field(description="0 to 1.")
    refusal: Refusal | None = Field(description="Why the question was not answered; null where it was.")
    closest: QuoteOut | None = Field(description="With a refusal: the passage that comes nearest and does not answer.")
    unknown_words: list[str] = Field(description="With a refusal: the question's words that occur in no article.")
    sentences: list[SentenceOut]
    citations: list[CitationOut] = Field(description="Numbered from 1 by first use; only those referred to.")
    evidence: list[EvidenceOut]
    disagreement: DisagreementOut | None
    notice: str | None = Field(description="What went otherwise than it should: the language model failed, and so on.")
    trace: TraceOut


class ArticleSummary(_Response):
    """An article without its text."""

    id: str
    title: str
    url: str | None
    published: str | None = Field(description="ISO 8601 date.")


class ArticleOut(ArticleSummary):
    """An article. All offsets of the API count the Unicode code points of `text`."""

    text: str


class ArticlesOut(_Response):
    """Every article in the index."""

    articles: list[ArticleSummary]


class SuggestionsOut(_Response):
    """Questions that this index really answers."""

    suggestions: list[str]


class HealthOut(_Response):
    """The process answers."""

    status: str


class ModelOut(_Response):
    """How the language model fares. Where it fails, the articles are quoted instead."""

    model: str
    state: ModelState = Field(description="What its last use showed.")
    detail: str | None = Field(description="Why it fails, and what to do about it.")


class ReadyOut(HealthOut):
    """Questions can be answered."""

    articles: int = Field(description="How many are in the index.")
    model: ModelOut | None = Field(description="Null where no language model is configured.")


class FieldProblem(BaseModel):
    """One field of a request that cannot be used."""

    field: str
    message: str


class Problem(BaseModel):
    """What went wrong, as RFC 9457 problem details."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = Field(description="What to do next.")
    request_id: str = Field(description="The same as in the `X-Request-Id` header and in the server's log.")
    errors: list[FieldProblem] = Field(default=[], description="The fields concerned, for status 422.")
