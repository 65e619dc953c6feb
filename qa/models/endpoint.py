"""A language model that may fail, hang, or never come to an end: what it writes, in time, or an `EndpointError`."""

import contextlib
import logging
import queue
import random
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from llama_index.core.llms import LLM, ChatMessage, ChatResponse

from qa.errors import EndpointError
from qa.models import faults
from qa.models.breaker import Breaker
from qa.types import ModelHealth, Usage

TICK_S = 0.25
"""How long a reply may be silent before its reader gets a turn, to give up if nobody listens any more."""
_TRIES = 3
_FIRST_WAIT_S = 0.3
_LONGEST_WAIT_S = 2.0
"""A server that wants to be left alone for longer is not asked again: the articles can be quoted at once."""
_CHARACTERS_PER_TOKEN = 12
"""More than any language has: beyond this an answer ignores its limit."""
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""What no text holds: control characters, and half characters, which cannot be written out."""
_log = logging.getLogger(__name__)


class Endpoint:
    """Asks a language model.

    Args:
        llm: makes one attempt for each call, and gives up on a silent server by itself after some time.
        model: its name, for users.
        timeout_s: longest time for an answer.
        max_tokens: longest answer.
        breaker: keeps calls away from an endpoint that has just failed.
    """

    def __init__(self, llm: LLM, model: str, timeout_s: float, max_tokens: int, breaker: Breaker | None = None) -> None:
        self.model = model
        self.timeout_s = timeout_s
        self.llm = llm
        self.most_characters = max_tokens * _CHARACTERS_PER_TOKEN
        self.breaker = breaker or Breaker()

    def ask(self, messages: Sequence[ChatMessage], within_s: float, since: float) -> "Reply":
        """Send messages to the model.

        Args:
            messages: what it is told.
            within_s: longest time for the answer, in seconds. Less than `timeout_s` is a wish, and no fault of the
                model's where it takes longer.
            since: `time.monotonic()` of when that time began.

        Raises:
            EndpointError: the endpoint has just failed and is left alone.
        """
        self.breaker.check()
        return Reply(self, messages, within_s, since)

    @property
    def health(self) -> ModelHealth:
        """How the last call went, and how many went how."""
        last = self.breaker.last
        return ModelHealth(self.model, self.breaker.state, str(last) if last else None, self.breaker.calls)


class Reply:
    """What the model writes, piece by piece, and None whenever it pauses or thinks. Close it when you stop reading.

    A client library blocks, and cannot be told to stop, while it waits for a byte. So it is read in a thread of its
    own; when the reply is closed that thread ends with the next byte, or with the library's own time-out.

    Raises:
        EndpointError: while iterating; not before three attempts, where nothing has been said and it is safe.
    """

    def __init__(self, endpoint: Endpoint, messages: Sequence[ChatMessage], within_s: float, since: float) -> None:
        self._endpoint = endpoint
        self._messages = messages
        self._within_s = within_s
        self._until = since + within_s
        self._closed = threading.Event()
        self._text = ""
        self._counts: Mapping[str, object] = {}
        self._arrived: queue.SimpleQueue[ChatResponse | Exception | None] = queue.SimpleQueue()
        self._start()

    def __iter__(self) -> Iterator[str | None]:
        try:
            for attempt in range(1, _TRIES + 1):
                try:
                    yield from self._received()
                    break
                except EndpointError as error:
                    wait = error.retry_after or _FIRST_WAIT_S * 2 ** (attempt - 1) * random.uniform(0.5, 1.5)
                    late = time.monotonic() + wait >= self._until
                    if self._text or not error.again or attempt == _TRIES or wait > _LONGEST_WAIT_S or late:
                        raise
                    _log.info("The language model is asked again in %.1f s: %s", wait, error)
                    self._closed.wait(wait)
                    self._start()
        except EndpointError as error:
            _log.warning("%s", error)
            if error.kind != faults.TOO_SLOW or self._within_s >= self._endpoint.timeout_s:
                self._endpoint.breaker.failed(error)
            raise
        finally:
            self.close()
        self._endpoint.breaker.succeeded()

    def close(self) -> None:
        """Stop the model."""
        self._closed.set()

    @property
    def usage(self) -> Usage:
        """Tokens in and out, as the endpoint counted them; zero where it did not."""
        prompt, completion = (self._counts.get(name) for name in ("prompt_tokens", "completion_tokens"))
        return Usage(_natural(prompt), _natural(completion))

    def _start(self) -> None:
        threading.Thread(target=self._pump, args=(self._arrived,), name="language model", daemon=True).start()

    def _pump(self, arrived: "queue.SimpleQueue[ChatResponse | Exception | None]") -> None:
        characters = 0
        try:
            with contextlib.closing(self._endpoint.llm.stream_chat(self._messages)) as responses:
                for response in responses:
                    if self._closed.is_set():
                        return
                    characters += len(response.delta or "")
                    if characters > self._endpoint.most_characters:
                        raise EndpointError(*faults.ENDLESS)
                    arrived.put(response)
            arrived.put(None)
        except Exception as error:
            arrived.put(error)

    def _received(self) -> Iterator[str | None]:
        finished = False
        while True:
            left = self._until - time.monotonic()
            if left <= 0:
                raise faults.too_slow(self._within_s)
            try:
                item = self._arrived.get(timeout=min(left, TICK_S))
            except queue.Empty:
                yield None
                continue
            if item is None:
                break
            if isinstance(item, Exception):
                raise faults.fault(item) from item
            finished |= _is_last(item.raw)
            self._counts = _counts(item) or self._counts
            delta = _UNPRINTABLE.sub("", item.delta or "")
            self._text += delta
            yield delta or None
        if not finished:
            raise EndpointError(*(faults.BROKE_OFF if self._text else faults.NOT_UNDERSTOOD))
        if not self._text.strip():
            raise EndpointError(*faults.EMPTY)


def _is_last(raw: Any) -> bool:
    """Whether the endpoint says that its answer ends here: `done` of Ollama, `finish_reason` of OpenAI."""
    if isinstance(raw, Mapping):
        return bool(raw.get("done"))
    return any(choice.finish_reason for choice in getattr(raw, "choices", None) or ())


def _natural(count: object) -> int:
    return count if isinstance(count, int) and count > 0 else 0


def _counts(response: ChatResponse) -> Mapping[str, object]:
    if "prompt_tokens" in response.additional_kwargs:
        return response.additional_kwargs
    raw = response.raw
    return raw.get("usage") or {} if isinstance(raw, Mapping) else {}
