"""What went wrong with a language model: whatever its client library raises becomes an `EndpointError`.

The libraries share no root of their errors, and a reply in the wrong shape makes them raise anything. So an error is
judged by what it carries (an HTTP status) and by what caused it. What the endpoint wrote is never repeated: it may hold
the key.
"""

import math
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from qa.errors import EndpointError, EndpointTimeout

BROKE_OFF = ("The language model's answer broke off. The log of its server may tell why.", "broke_off")
EMPTY = ("The language model gave an empty answer. Try another model, or ask again.", "empty")
ENDLESS = ("The language model did not come to an end. Try another model.", "endless")
NOT_UNDERSTOOD = (
    "The language model's server answers in a form that is not understood. Check that answer.base_url is the address "
    "that answer.provider expects.",
    "not_understood",
)
UNREACHABLE = (
    "The language model's server cannot be reached. Start it, or check answer.base_url.",
    "unreachable",
)
UNKNOWN_HOST = (
    "The language model's server has a name that cannot be resolved. Check answer.base_url.",
    "unknown_host",
)
TOO_SLOW = "too_slow"
"""The kind of what `too_slow` gives."""
SILENT = ("The language model's server fell silent. The log of its server may tell why.", "silent")
_BY_STATUS = {
    401: "The language model's server rejects the key. Check the key in the environment.",
    403: "The language model's server does not allow this. Check the key in the environment.",
    404: "The language model's server does not know the model or the address. Check answer.model and answer.base_url.",
    429: "The language model is asked too often at the moment. Try again later.",
    503: "The language model's server is overloaded or starting. Try again later.",
}
_AGAIN = (429, 503)
"""Statuses of a request that was not worked on."""


def fault(error: Exception) -> EndpointError:
    """Say what an error of a client library means."""
    chain = list(_chain(error))
    known = next((cause for cause in chain if isinstance(cause, EndpointError)), None)
    if known:
        return known
    status = next((s for cause in chain if isinstance(s := getattr(cause, "status_code", None), int) and s >= 300), 0)
    if status:
        return _by_status(status, chain)
    if any(isinstance(cause, socket.gaierror) for cause in chain):
        return EndpointError(*UNKNOWN_HOST)
    if any(isinstance(cause, httpx.ConnectError | ConnectionRefusedError) for cause in chain):
        return EndpointError(*UNREACHABLE, again=True)
    if any(isinstance(cause, httpx.TimeoutException) for cause in chain):
        return EndpointTimeout(*SILENT)
    if any(isinstance(cause, httpx.TransportError) for cause in chain):
        return EndpointError(*BROKE_OFF)
    return EndpointError(*NOT_UNDERSTOOD)


def too_slow(seconds: float) -> EndpointTimeout:
    """The whole answer was not there in time."""
    return EndpointTimeout(
        f"The language model did not finish within {seconds:.3g} seconds. Try a smaller model, or raise "
        "answer.timeout_seconds.",
        TOO_SLOW,
    )


def _by_status(status: int, chain: list[BaseException]) -> EndpointError:
    if status in _BY_STATUS:
        message = _BY_STATUS[status]
    elif status < 500:
        message = f"The language model's server rejects the request (status {status}). Check answer.model, "
        message += "answer.base_url and answer.context_tokens."
    else:
        message = f"The language model's server failed (status {status}). Its log tells why."
    again = status in _AGAIN
    return EndpointError(message, f"status_{status}", again=again, retry_after=_retry_after(chain) if again else None)


def _retry_after(chain: list[BaseException]) -> float | None:
    """Seconds that the endpoint asks for, as a number or as the date when they are over."""
    for cause in chain:
        headers = getattr(getattr(cause, "response", None), "headers", None) or {}
        if seconds := _seconds(headers.get("retry-after", "")):
            return seconds
    return None


def _seconds(told: str) -> float | None:
    try:
        seconds = float(told)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(told) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return None
    return seconds if math.isfinite(seconds) and seconds > 0 else None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
