"""An answer as server-sent events: what was found, the text piece by piece with its citations, then the whole."""

import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait

from qa.types import Answer
from web.problems import problem
from web.schemas import AnswerOut

HEARTBEAT_S = 10.0
"""Proxies close a silent connection after 30 to 60 seconds."""
_PIECE = re.compile(r".*?(?:\[\d+\]\s*)+|.+", re.DOTALL)
"""Text up to and with the next `[n]` marks; what follows the last mark."""
_MARK = re.compile(r"\[(\d+)\]")


def stream(ask: Callable[[], Answer], heartbeat_s: float = HEARTBEAT_S) -> Iterator[str]:
    """Answer, and tell the client every `heartbeat_s` seconds that it has not been forgotten.

    The HTTP status is out before the answer is known, so an error becomes an `error` event.
    """
    with ThreadPoolExecutor(max_workers=1) as worker:
        answer = worker.submit(ask)
        while not wait([answer], timeout=heartbeat_s).done:
            yield ": heartbeat\n\n"
    if error := answer.exception():
        if not isinstance(error, Exception):
            raise error
        yield _event("error", problem(error).model_dump_json())
    else:
        yield from _answer_events(AnswerOut.model_validate(answer.result()))
    yield _event("done", "{}")


def _answer_events(answer: AnswerOut) -> Iterator[str]:
    yield _event("search_results", json.dumps([item.model_dump(mode="json") for item in answer.evidence]))
    waiting = {citation.n: citation for citation in answer.citations}
    for piece in _PIECE.findall(answer.answer):
        yield _event("message", json.dumps({"delta": piece}))
        for n in map(int, _MARK.findall(piece)):
            if citation := waiting.pop(n, None):
                yield _event("citation", citation.model_dump_json())
    for citation in waiting.values():
        yield _event("citation", citation.model_dump_json())
    yield _event("final_answer", answer.model_dump_json())


def _event(name: str, data: str) -> str:
    """One event; `data` is JSON on one line, so it needs no splitting."""
    return f"event: {name}\ndata: {data}\n\n"
