"""A circuit breaker: who asks next does not wait for what has just failed."""

import threading
import time
from collections import Counter
from collections.abc import Callable

from qa.errors import EndpointError
from qa.types import ModelState

_FAILURES = 2
"""Failures in a row after which the endpoint is left alone; one may be chance."""
_REST_S = 30.0
_LONGEST_REST_S = 300.0


class Breaker:
    """Remembers how the last calls went. Threads may share it.

    After two failures in a row it lets nothing through for 30 seconds (or for as long as the endpoint asked to be left
    alone), then one call every 30 seconds, until one succeeds.

    Args:
        clock: seconds that never go backwards.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._closed_until = 0.0
        self._succeeded = False
        self._calls: Counter[str] = Counter()
        self.last: EndpointError | None = None
        """The last failure; None after a success."""

    def check(self) -> None:
        """Let a call through, or raise the `EndpointError` of the last one while the endpoint is left alone."""
        with self._lock:
            now = self._clock()
            if self.last and now < self._closed_until:
                self._calls["left_alone"] += 1
                raise type(self.last)(str(self.last), self.last.kind)
            if self._failures >= _FAILURES:
                self._closed_until = now + _REST_S  # this call tries; the others do not wait for it

    def succeeded(self) -> None:
        """A call went well."""
        with self._lock:
            self._calls["ok"] += 1
            self._failures, self._closed_until, self._succeeded, self.last = 0, 0.0, True, None

    def failed(self, error: EndpointError) -> None:
        """A call failed."""
        with self._lock:
            self._calls[error.kind] += 1
            self._failures += 1
            self.last = error
            if error.retry_after:
                self._closed_until = self._clock() + min(error.retry_after, _LONGEST_REST_S)
            elif self._failures >= _FAILURES:
                self._closed_until = self._clock() + _REST_S

    @property
    def calls(self) -> dict[str, int]:
        """How many calls went well (`ok`), failed, by the kind of failure, or were not made (`left_alone`)."""
        with self._lock:
            return dict(self._calls)

    @property
    def state(self) -> ModelState:
        """What the last call showed."""
        with self._lock:
            if self.last:
                return ModelState.FAILING
            return ModelState.WORKING if self._succeeded else ModelState.UNTRIED
