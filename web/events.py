"""An answer as server-sent events: what was found, the text piece by piece with its citations, then the whole."""

import json
import re
import time
from collections.abc import Callable, Iterator

from qa.service import Event
from qa.types import Answer, Found, Piece
from web.problems import problem
from web.schemas import AnswerOut, CitationOut, EvidenceOut

HEARTBEAT_S = 10.0
"""Proxies close a silent connection after 30 to 60 seconds."""
_PART = re.compile(r".*?(?:\[\d+\]\s*)+|.+", re.DOTALL)
"""Text up to and with the next `[n]` marks; what follows the last mark."""
_MARK = re.compile(r"\[(\d+)\]")


def stream(
    events: Iterator[Event],
    answered: Callable[[Answer], None] = lambda _answer: None,
    gone: Callable[[], bool] = lambda: False,
    heartbeat_s: float = HEARTBEAT_S,
) -> Iterator[str]:
    """Tell of an answer while it is being made.

    The HTTP status is out before the answer is known, so an error becomes an `error` event.

    Args:
        events: of `QA.stream`; they stop when this iterator is closed.
        answered: told of the answer.
        gone: whether the client has gone away; asked whenever there is nothing to tell, which also ends the answer.
        heartbeat_s: longest silence, in seconds.
    """
    spoken = time.monotonic()
    try:
        for event in events:
            if isinstance(event, Answer):
                answered(event)
            for line in _lines(event):
                yield line
                spoken = time.monotonic()
            if gone():
                return
            if time.monotonic() - spoken >= heartbeat_s:
                yield ": heartbeat\n\n"
                spoken = time.monotonic()
    except Exception as error:
        yield _event("error", problem(error).model_dump_json())
    yield _event("done", "{}")


def _lines(event: Event) -> Iterator[str]:
    match event:
        case Found():
            evidence = [EvidenceOut.model_validate(item).model_dump(mode="json") for item in event.evidence]
            yield _event("search_results", json.dumps(evidence))
        case Piece():
            yield from _piece(event)
        case Answer():
            yield _event("final_answer", AnswerOut.model_validate(event).model_dump_json())


def _piece(piece: Piece) -> Iterator[str]:
    """Each citation follows the text that first refers to it."""
    waiting = {citation.n: CitationOut.model_validate(citation) for citation in piece.citations}
    for part in _PART.findall(piece.text):
        yield _event("message", json.dumps({"delta": part}))
        for n in map(int, _MARK.findall(part)):
            if citation := waiting.pop(n, None):
                yield _event("citation", citation.model_dump_json())
    for citation in waiting.values():
        yield _event("citation", citation.model_dump_json())


def _event(name: str, data: str) -> str:
    """One event; `data` is JSON on one line, so it needs no splitting."""
    return f"event: {name}\ndata: {data}\n\n"
