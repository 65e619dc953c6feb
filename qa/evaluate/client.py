"""A running service, asked over HTTP as any client would."""

import math
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import httpx
from pydantic import TypeAdapter, ValidationError

from qa.errors import ServiceError
from qa.types import Answer, Article, Turn

ROUND_TRIP = "round trip"
"""The stage, added to those of the service, that a client sees: everything from sending to having read."""
_TIMEOUT_S = 60.0
_PATIENCE = 5
"""How often a service that is busy is asked again."""
_MOST_WAIT_S = 60.0

_answer = TypeAdapter(Answer)
_article = TypeAdapter(Article)


class Client:
    """Answers like `QA`, by asking a service elsewhere. Close it, or use it in a `with`."""

    def __init__(self, url: str, wait: Callable[[float], object] = time.sleep) -> None:
        """Ask the service at this address; `wait` lets so many seconds pass while it is busy.

        Where it wants a key, this is the password in the address: `http://:KEY@localhost:8000`.

        Raises:
            ServiceError: the address is not one of HTTP.
        """
        self.url = url.rstrip("/")
        self._wait = wait
        try:
            self._http = httpx.Client(base_url=self.url, timeout=_TIMEOUT_S)
            self.url = str(self._http.base_url.copy_with(userinfo=b"")).rstrip(
                "/"
            )  # users are told it: without the key
            if self._http.base_url.scheme not in ("http", "https") or not self._http.base_url.host:
                raise httpx.InvalidURL("no http:// or https:// in front of a host")
        except httpx.InvalidURL as error:
            raise ServiceError(f"{url!r} is no address of a service: {error}. Try http://127.0.0.1:8000.") from error

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    @cached_property
    def articles(self) -> tuple[Article, ...]:
        """Every article of the service with its text, fetched once.

        Raises:
            ServiceError: it cannot be reached, is not ready, or is another kind of service.
        """
        try:
            ids = [article["id"] for article in self._json("GET", "/api/articles")["articles"]]
            return tuple(_article.validate_python(self._json("GET", f"/api/articles/{id_}")) for id_ in ids)
        except (KeyError, TypeError, ValidationError) as error:
            raise self._stranger() from error

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """Ask a question over HTTP; the trace has one more stage, `ROUND_TRIP`.

        Raises:
            ServiceError: there is no answer, or none of ours.
        """
        turns = [{"role": turn.role, "content": turn.text} for turn in history]
        began = time.perf_counter()
        body = self._json("POST", "/api/ask", {"question": question, "history": turns})
        try:
            body["text"] = body.pop("answer")
            body["evidence"] = [{**found, "passage": _passage(found)} for found in body["evidence"]]
            body["trace"]["timings_ms"][ROUND_TRIP] = round((time.perf_counter() - began) * 1000, 2)
            return _answer.validate_python(body)
        except (KeyError, TypeError, ValidationError) as error:
            raise self._stranger() from error

    def _json(self, method: str, path: str, body: object = None) -> Any:
        response = self._patiently(method, path, body)
        try:
            content = response.json()
        except ValueError as error:
            raise self._stranger() from error
        if response.is_success:
            return content
        detail = content.get("detail") if isinstance(content, dict) else None
        if not detail:
            raise self._stranger()
        raise ServiceError(f"{self.url} answered {path} with {response.status_code}: {detail}")

    def _patiently(self, method: str, path: str, body: object) -> httpx.Response:
        """Send a request; while the service is busy, wait as long as it says and send it again."""
        for _ in range(_PATIENCE):
            try:
                response = self._http.request(method, path, json=body)
            except httpx.HTTPError as error:
                raise ServiceError(
                    f"{self.url} cannot be reached: {error}. Start it with `qa serve`, or give its address to --url."
                ) from error
            if not _is_busy(response):
                return response
            self._wait(_seconds(response.headers.get("Retry-After", "")))
        raise ServiceError(f"{self.url} is too busy to be measured. Try again when it has less to do.")

    def _stranger(self) -> ServiceError:
        return ServiceError(
            f"{self.url} does not answer like this service of this version. Check the address given to --url."
        )


def _is_busy(response: httpx.Response) -> bool:
    """Whether it helps to wait: 503 without a word of when means that something has to be mended."""
    limited, unavailable = httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE
    return response.status_code == limited or (
        response.status_code == unavailable and "Retry-After" in response.headers
    )


def _seconds(retry_after: str) -> float:
    """How long to wait; a date, which the header may also hold, counts as one second."""
    try:
        seconds = float(retry_after)
    except ValueError:
        seconds = 1.0
    return min(max(seconds, 0.0), _MOST_WAIT_S) if math.isfinite(seconds) else 1.0


def _passage(found: dict[str, Any]) -> dict[str, Any]:
    """The passage of a piece of evidence; the API gives neither its id nor its article's title again."""
    place = {key: found[key] for key in ("article_id", "start", "end", "text")}
    return {"id": f"{found['article_id']}:{found['start']}", "title": "", "url": None, **place}
