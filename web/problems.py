"""Every error response of the service is made here: RFC 9457 problem details, or a page for whoever reads pages."""

import logging
from http import HTTPStatus
from typing import NoReturn

from flask import Flask, Response, g, request
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException, InternalServerError, UnprocessableEntity

from qa.errors import Busy, EndpointError, FeedbackError, IndexMissing, IndexUnavailable, QAError, QuestionError
from web.headers import HEADERS
from web.rendering import render
from web.schemas import FieldProblem, Problem
from web.watch import seen

MIMETYPE = "application/problem+json"
_FOR_PROGRAMS = ("/api/", "/healthz", "/readyz", "/metrics", "/openapi.json")
"""Where these addresses begin, no page is meant, whatever the client accepts."""
_TITLES = {HTTPStatus.NOT_FOUND: "error.not_found", HTTPStatus.SERVICE_UNAVAILABLE: "error.unavailable"}
_FOR_CLIENTS = (Busy, EndpointError, FeedbackError)
"""Errors whose messages are made for whoever asks, and say nothing about the inside."""
_log = logging.getLogger(__name__)


class InvalidFields(UnprocessableEntity):
    """Fields of a request cannot be used. Seen by API clients as status 422, with each field named."""

    def __init__(self, errors: list[FieldProblem]) -> None:
        """Keep the fields for the response, and sum them up in one sentence each."""
        super().__init__(" ".join(f"{error.field}: {error.message.rstrip('.')}." for error in errors))
        self.errors = errors


def reject(error: ValidationError) -> NoReturn:
    """Turn pydantic's verdict on a request into our error; flask-openapi3 calls this.

    Raises:
        InvalidFields: always.
    """
    raise InvalidFields(
        [
            FieldProblem(field=".".join(map(str, problem["loc"])) or "body", message=problem["msg"])
            for problem in error.errors(include_url=False, include_input=False, include_context=False)
        ]
    ) from error


def problem(error: Exception) -> Problem:
    """Describe an error to a client. What we did not raise on purpose is logged and told without its details."""
    if isinstance(error, QAError):
        status, detail = error.status, _told(error)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(error, Busy):
            _log.error("Request %s failed: %s", g.request_id, error)
    elif isinstance(error, HTTPException) and not isinstance(error, InternalServerError):
        status, detail = error.code or HTTPStatus.INTERNAL_SERVER_ERROR, error.description or ""
    else:
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        detail = f"The service failed. Its log tells why, under request id {g.request_id}."
        logged = isinstance(error, InternalServerError)  # by Flask, with its traceback; what breaks a stream is not
        _log.error("Request %s failed", g.request_id, exc_info=None if logged else error)
    seen().problem = status
    return Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        request_id=g.request_id,
        errors=_fields(error),
    )


def _told(error: QAError) -> str:
    """An error's message, unless that is for whoever runs the service and may name paths or addresses."""
    if error.status < HTTPStatus.INTERNAL_SERVER_ERROR or isinstance(error, _FOR_CLIENTS):
        return str(error)
    if isinstance(error, IndexMissing):
        return "No article has been indexed yet. Run `qa ingest`, or wait until it is done."
    what = "The index cannot be used at the moment" if isinstance(error, IndexUnavailable) else "The service failed"
    return f"{what}. `qa doctor` and the service's log, under request id {g.request_id}, tell why."


def _fields(error: Exception) -> list[FieldProblem]:
    if isinstance(error, QuestionError):
        return [FieldProblem(field="question", message=str(error))]
    return error.errors if isinstance(error, InvalidFields) else []


def _respond(error: Exception) -> Response:
    body = problem(error)
    response = (_page(body) if _wants_a_page() else None) or _document(body)
    if isinstance(error, Busy):
        response.retry_after = error.retry_after
    if isinstance(error, HTTPException):
        response.headers.extend((name, value) for name, value in error.get_headers() if name != "Content-Type")
    return response


def _document(body: Problem) -> Response:
    return Response(body.model_dump_json(), status=body.status, mimetype=MIMETYPE)


def refusal(status: HTTPStatus, detail: str, request_id: str) -> bytes:
    """A whole response, as it is sent, to what is no request that the application could be given."""
    body = Problem(title=status.phrase, status=status, detail=detail, request_id=request_id)
    headers = {
        "Connection": "close",
        "Content-Type": MIMETYPE,
        "Content-Length": len(content := body.model_dump_json().encode()),
        "X-Request-Id": body.request_id,
        **HEADERS,
    }
    lines = [f"HTTP/1.1 {status} {status.phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def _wants_a_page() -> bool:
    accepted = request.accept_mimetypes.best_match([MIMETYPE, "application/json", "text/html"])
    return accepted == "text/html" and not request.path.startswith(_FOR_PROGRAMS)


def _page(body: Problem) -> Response | None:
    """The problem as a page; None if the pages are what is broken."""
    try:
        heading = _TITLES.get(HTTPStatus(body.status), "error.other")
        return render("problem.html", body.status, heading=heading, detail=body.detail)
    except Exception:
        _log.exception("Request %s: its problem cannot be told on a page", g.request_id)
        return None


def register(app: Flask) -> None:
    """Answer every error of an application with problem details, or with a page that tells them."""
    app.register_error_handler(QAError, _respond)
    app.register_error_handler(HTTPException, _respond)
