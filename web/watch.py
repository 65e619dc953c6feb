"""Watches each request from outside the application: its id, its line in the log, and what is counted of it."""

import logging
import re
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from flask import request
from werkzeug.wsgi import get_path_info

from qa.logs import request_id
from qa.types import Answer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_KEY = "qa.seen"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LONGEST_PATH = 200
_QUIET = ("static", "health.")
"""Endpoints that begin so are logged as debug messages while all goes well: programs ask them all the time."""
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Seen:
    """What is known of a request; the views add to it."""

    id: str
    """The caller's, if it is a sane one."""
    endpoint: str = ""
    route: str | None = None
    """The address with placeholders, as `/articles/<article_id>`; None where there is no such address."""
    status: int = 500
    bytes: int = 0
    """Of the body, as sent."""
    hung_up: bool = False
    """Whether the client went away before it had all of it."""
    answer: Answer | None = None
    problem: int | None = None
    """HTTP status of an error that was told of; within a stream it comes after a status of 200."""
    started: float = field(default_factory=time.perf_counter)

    @property
    def seconds(self) -> float:
        """Time since the request came in."""
        return time.perf_counter() - self.started


def seen() -> Seen:
    """The request that is being answered."""
    return cast(Seen, request.environ[_KEY])


def note_route() -> None:
    """Note what the request asks for, once the application knows."""
    if rule := request.url_rule:
        here = seen()
        here.endpoint = rule.endpoint
        here.route = "/static" if rule.endpoint == "static" else rule.rule


def note_refused(client: str, status: int, why: str, failure: Exception | None = None) -> Seen:
    """Log what the application was not given, since it is no request; of a failure of our own, the traceback too."""
    here = Seen(uuid.uuid4().hex, status=status)
    fields = {"request_id": here.id, "client": client, "status": status}
    level = logging.ERROR if failure else logging.INFO
    _log.log(level, "Refused with %d: %s", status, why, exc_info=failure, extra={"fields": fields})
    return here


def note_answer(answer: Answer) -> None:
    """Note the answer that is given."""
    seen().answer = answer


class Watch:
    """WSGI middleware that logs and counts every request when its response has been sent, or its client has gone.

    Args:
        app: the application.
        count: told of every request.
        questions: whether the question is logged, too.
    """

    def __init__(self, app: "WSGIApplication", count: Callable[[str, Seen], None], questions: bool) -> None:
        self._app = app
        self._count = count
        self._questions = questions

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Serve a request."""
        given = environ.get("HTTP_X_REQUEST_ID", "")
        here = environ[_KEY] = Seen(given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex)
        request_id.set(here.id)

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
            here.status = int(status[:3])
            return start_response(status, headers, exc_info)

        try:
            return _Body(self._app(environ, start), here, lambda: self._done(environ, here))
        except BaseException:
            self._done(environ, here)
            raise

    def _done(self, environ: "WSGIEnvironment", here: Seen) -> None:
        self._count(environ["REQUEST_METHOD"], here)
        self._say(environ, here)
        request_id.set(None)

    def _say(self, environ: "WSGIEnvironment", here: Seen) -> None:
        quiet = here.endpoint.startswith(_QUIET) and here.status < 400
        level = logging.DEBUG if quiet else logging.INFO
        if not _log.isEnabledFor(level):
            return
        method, path = environ["REQUEST_METHOD"], get_path_info(environ)[:_LONGEST_PATH]
        ms = round(here.seconds * 1_000, 1)
        fields = {
            "client": environ.get("REMOTE_ADDR"),
            "method": method,
            "path": path,
            "route": here.route,
            "status": here.status,
            "ms": ms,
            "bytes": here.bytes,
        }
        if here.hung_up:
            fields["hung_up"] = True
        if here.problem:
            fields["problem"] = here.problem
        if here.answer:
            fields |= _facts(here.answer, self._questions)
        _log.log(
            level,
            "%s %s %d, %.0f ms%s%s",
            *(method, path, here.status, ms),
            f", {fields['outcome']}" if here.answer else "",
            ", hung up" if here.hung_up else "",
            extra={"fields": fields},
        )


def _facts(answer: Answer, questions: bool) -> dict[str, object]:
    trace = answer.trace
    facts: dict[str, object] = {
        "outcome": answer.refusal or "answered",
        "confidence": round(answer.confidence, 3),
        "timings_ms": trace.timings_ms,
        "model": trace.model,
        "index": trace.index,
    }
    return {**facts, "question": answer.question, "asked": answer.asked} if questions else facts


class _Body:
    """The body of a response: counts its bytes, and tells when it is over, once: at its end, or when it is closed."""

    def __init__(self, body: Iterable[bytes], here: Seen, done: Callable[[], None]) -> None:
        self._body = body
        self._chunks = iter(body)
        self._here = here
        self._done: Callable[[], None] | None = done

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            chunk = next(self._chunks)
        except StopIteration:
            self._finish()
            raise
        self._here.bytes += len(chunk)
        return chunk

    def close(self) -> None:
        self._here.hung_up |= self._done is not None
        try:
            if close := getattr(self._body, "close", None):
                close()
        finally:
            self._finish()

    def _finish(self) -> None:
        done, self._done = self._done, None
        if done:
            done()
