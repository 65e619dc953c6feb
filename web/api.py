"""The JSON API. A view only translates: request to question, answer to JSON."""

import socket
import ssl
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from weakref import WeakKeyDictionary

from flask import Response, request, stream_with_context
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from gunicorn.http.errors import ParseException
from werkzeug.exceptions import BadRequest, NotFound, ServiceUnavailable

from qa.feedback import Cited, Rating, append
from qa.service import QA, check
from qa.types import Scope, Turn
from web.current import check_ready, current_config, current_metrics, current_qa, current_turns
from web.events import stream
from web.lasting import Lasting
from web.metrics import CONTENT_TYPE
from web.openapi import failures, named
from web.problems import InvalidFields
from web.schemas import (
    AnswerOut,
    ArticleOut,
    ArticlePath,
    ArticlesOut,
    ArticleSummary,
    AskRequest,
    Conversation,
    FeedbackRequest,
    FieldProblem,
    HealthOut,
    ModelOut,
    ReadyOut,
    SuggestionsOut,
)
from web.watch import note_answer, seen

_EVENT_STREAM = "text/event-stream"
_listed: "WeakKeyDictionary[QA, Lasting]" = WeakKeyDictionary()
"""The list of the articles of each version of the index that is in use."""

api = APIBlueprint(
    "api",
    __name__,
    abp_tags=[Tag(name="Questions and articles")],
    abp_responses=failures(401, 429, 500, 503),
    operation_id_callback=named,
)
health = APIBlueprint(
    "health", __name__, abp_tags=[Tag(name="Health")], abp_responses=failures(500), operation_id_callback=named
)


@api.before_request
def require_json() -> None:
    """Tell a body that is no JSON (400) or does not claim to be (415) from one whose fields are wrong (422)."""
    if request.method == "POST":
        try:
            request.get_data()
            if request.content_length is None:
                request.stream.read(1)  # it was cut off at the limit: 413, not bad JSON
        except ParseException as error:
            raise BadRequest("The body breaks off, or its chunks are malformed. Send it again.") from error
        try:
            request.get_json()
        except (BadRequest, RecursionError) as error:
            raise BadRequest('The body is not valid JSON. Send {"question": "..."}.') from error


@api.post("/api/ask", responses={200: AnswerOut, **failures(400, 404, 413, 415, 422)})
def ask(body: AskRequest) -> Response:
    """Answer a question from the articles.

    A question that the articles do not answer is a refusal, with status 200. With `Accept: text/event-stream` the
    answer comes as events: `search_results`, `message`, `citation`, `final_answer`, `error`, `done`.
    """
    _check_limits(body)
    qa = current_qa()
    asked, gone = (body.question, _turns(body), _scope(body, qa)), _hung_up(request.environ)
    turn = current_turns().enter(gone)
    if request.accept_mimetypes.best_match(["application/json", _EVENT_STREAM]) == _EVENT_STREAM:
        events = stream(qa.stream(*asked, turn.until), note_answer, gone)
        response = Response(stream_with_context(events), mimetype=_EVENT_STREAM, headers={"X-Accel-Buffering": "no"})
        response.call_on_close(turn.leave)
        return response
    with turn:
        answer = qa.ask(*asked, turn.until)
    note_answer(answer)
    return _json(AnswerOut.model_validate(answer))


@api.post("/api/feedback", responses={204: None, **failures(400, 404, 413, 415, 422, 507)})
def feedback(body: FeedbackRequest) -> Response:
    """Say whether an answer helped, and why not.

    Where config.yaml names a file for it, the service keeps it, with the time and nothing else. Of an answer that is
    rated again the last rating counts.
    """
    settings = current_config().feedback
    if settings.file is None:
        raise NotFound("This service takes no feedback. Whoever runs it can set feedback.file in config.yaml.")
    _check_limits(body)
    check(body.question)
    rating = Rating(
        time=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        answer_id=body.answer_id,
        index=body.index,
        question=body.question,
        asked=body.asked,
        history=_turns(body),
        refusal=body.refusal,
        citations=tuple(Cited(citation.article_id, citation.quote) for citation in body.citations),
        helpful=body.helpful,
        reason=body.reason,
        comment=body.comment,
    )
    append(rating, settings.file, settings.max_mb)
    return Response(status=204)


@api.get("/api/articles", responses={200: ArticlesOut, 304: {"description": "Not Modified"}})
def articles() -> Response:
    """List the articles."""
    qa = current_qa()
    if qa not in _listed:
        articles = ArticlesOut(articles=[ArticleSummary.model_validate(article) for article in qa.articles])
        _listed[qa] = Lasting.of(articles.model_dump_json())
    return _listed[qa].response()


@api.get("/api/articles/<article_id>", responses={200: ArticleOut, **failures(404)})
def article(path: ArticlePath) -> Response:
    """Get one article with its text."""
    found = current_qa().article(path.article_id)
    if found is None:
        raise NotFound(f"There is no article {path.article_id!r}. GET /api/articles lists them.")
    return _json(ArticleOut.model_validate(found))


@api.get("/api/suggestions", responses={200: SuggestionsOut})
def suggestions() -> Response:
    """List questions that are really answered."""
    return _json(SuggestionsOut(suggestions=list(current_qa().suggestions)))


@health.get("/healthz", responses={200: HealthOut})
def healthz() -> Response:
    """Say that the process answers."""
    return _json(HealthOut(status="ok"))


@health.get("/readyz", responses={200: ReadyOut, **failures(503)})
def readyz() -> Response:
    """Say whether questions can be answered: the index is open and holds articles, and the process is not stopping.

    A language model that fails is told of, and no reason not to be ready: the articles are quoted instead.
    """
    check_ready()
    count = len(current_qa().articles)
    if not count:
        raise ServiceUnavailable("The index holds no article. Put some into the articles folder and run `qa ingest`.")
    model = current_qa().model
    return _json(ReadyOut(status="ready", articles=count, model=ModelOut.model_validate(model) if model else None))


@health.get(
    "/metrics", responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **failures(401, 429)}
)
def metrics() -> Response:
    """Tell what was counted since the start, for Prometheus."""
    return Response(current_metrics().text(), content_type=CONTENT_TYPE)


def _hung_up(environ: Mapping[str, Any]) -> Callable[[], bool]:
    """Make a test of whether the client has closed its connection; never, where the server does not show it."""
    connection = environ.get("gunicorn.socket") or environ.get("werkzeug.socket")
    here = seen()

    def hung_up() -> bool:
        try:
            here.hung_up = connection is not None and connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
        except BlockingIOError:
            return False
        except (OSError, ValueError):  # reset; or TLS, which cannot be peeked into
            here.hung_up = not isinstance(connection, ssl.SSLSocket)
        return here.hung_up

    return hung_up


def _turns(body: Conversation) -> tuple[Turn, ...]:
    return tuple(Turn(message.role, message.content) for message in body.history)


def _scope(body: AskRequest, qa: QA) -> Scope | None:
    if body.scope is None:
        return None
    if unknown := sorted(id_ for id_ in body.scope.articles or () if qa.article(id_) is None):
        raise NotFound(f"There is no article {', '.join(map(repr, unknown[:3]))}. GET /api/articles lists them.")
    return body.scope.scope


def _check_limits(body: Conversation) -> None:
    limits = current_config().server
    errors = []
    if (length := len(body.question)) > limits.max_question_chars:
        message = f"has {length} characters, {limits.max_question_chars} are allowed"
        errors.append(FieldProblem(field="question", message=message))
    if (length := len(body.history)) > limits.max_history_turns:
        message = f"has {length} messages, {limits.max_history_turns} are allowed"
        errors.append(FieldProblem(field="history", message=message))
    if errors:
        raise InvalidFields(errors)


def _json(model: AnswerOut | ArticleOut | SuggestionsOut | HealthOut) -> Response:
    return Response(model.model_dump_json(), mimetype="application/json")
