"""The OpenAPI document: what flask-openapi3 gathers from the views and their models, made exact."""

from http import HTTPStatus
from typing import Any

from flask_openapi3.types import ResponseDict

from qa.config import Server
from web.problems import MIMETYPE

_WHEN = {
    HTTPStatus.BAD_REQUEST: "The body is not JSON, or breaks off.",
    HTTPStatus.UNAUTHORIZED: "The service wants a key, and none that it knows was sent.",
    HTTPStatus.NOT_FOUND: "There is no such article, or no feedback is wanted.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is not declared as `application/json`.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "A field is missing, unknown, blank or beyond its limit; `errors` names it.",
    HTTPStatus.TOO_MANY_REQUESTS: "This client sent more than it may in a minute.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "The service failed. Its log has the reason under the request's id.",
    HTTPStatus.SERVICE_UNAVAILABLE: "No question can be answered now; `detail` says why.",
    HTTPStatus.INSUFFICIENT_STORAGE: "The file of feedback is full.",
}
"""What each status of an error means here."""
_REQUEST_ID = {
    "description": "The request's own `X-Request-Id`, if it is a sane one; else one that the service made.",
    "required": True,
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
}
_RETRY_AFTER = {
    "description": "Seconds after which to try again; not there where waiting does not help.",
    "schema": {"type": "integer", "minimum": 0},
}
_EVENTS = """Server-sent events; the data of each is JSON, on one line.

- `search_results`: the `evidence`; a second time if a language model understood a follow-up better than the rules.
- `message`: `{"delta": "..."}`, the next piece of the text; together they are `answer`.
- `citation`: one of the `citations`, after the piece that first refers to it.
- `final_answer`: the whole answer, as in JSON.
- `error`: problem details; the status was out already.
- `done`: `{}`, always last.
"""
_QUESTION = {"question": "Where would a NATO headquarters be created?"}
_FEEDBACK = {
    **_QUESTION,
    "asked": _QUESTION["question"],
    "answer_id": "2c1f0a",
    "index": "5d0c3ae1f2b4",
    "refusal": "not_in_articles",
    "helpful": False,
    "reason": "should_answer",
}
_FEEDBACK_RULES = {
    "oneOf": [
        {"required": ["citations"], "properties": {"citations": {"minItems": 1}, "refusal": {"type": "null"}}},
        {"required": ["refusal"], "properties": {"citations": {"maxItems": 0}, "refusal": {"type": "string"}}},
    ],
    "anyOf": [{"properties": {"helpful": {"const": False}}}, {"properties": {"reason": {"type": "null"}}}],
}
"""What `FeedbackRequest` checks of its fields together."""


def failures(*statuses: int) -> ResponseDict:
    """What an operation documents of its errors: each of these statuses, as problem details (RFC 9457)."""
    content = {MIMETYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": _WHEN[HTTPStatus(status)], "content": content} for status in statuses}


def named(*, name: str, path: str, method: str) -> str:  # noqa: ARG001  # flask-openapi3 gives all three
    """The id of an operation, which names its function in a generated client: that of its view."""
    return name


def complete(document: dict[str, Any], limits: Server) -> None:
    """Add to the document what no view and no model tells.

    Args:
        document: of flask-openapi3; changed in place.
        limits: those of a question and its history.
    """
    parts, paths = document["components"], document["paths"]
    for name in [name for name, part in parts.items() if part is None]:  # which is no valid OpenAPI
        del parts[name]
    for name in ("AskRequest", "FeedbackRequest"):
        fields = parts["schemas"][name]["properties"]
        fields["question"]["maxLength"] = limits.max_question_chars
        fields["history"]["maxItems"] = limits.max_history_turns
    parts["schemas"]["FeedbackRequest"].update(_FEEDBACK_RULES)
    ask, feedback = paths["/api/ask"]["post"], paths["/api/feedback"]["post"]
    ask["requestBody"]["content"]["application/json"]["example"] = _QUESTION
    feedback["requestBody"]["content"]["application/json"]["example"] = _FEEDBACK
    ask["responses"]["200"]["content"]["text/event-stream"] = {"schema": {"type": "string", "description": _EVENTS}}
    for operation in (operation for path in paths.values() for operation in path.values()):
        if "description" in operation:
            operation["description"] = operation["description"].replace("<br/>", "\n").strip()
        operation["responses"] = dict(sorted(operation["responses"].items()))
        for status, response in operation["responses"].items():
            again = {"Retry-After": _RETRY_AFTER} if status in ("429", "503") else {}
            response["headers"] = {"X-Request-Id": _REQUEST_ID, **again}
