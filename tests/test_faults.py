"""What happens when the language model fails: the articles are quoted, in time, with a word on what went wrong."""

import logging
import socket
import time
from collections.abc import Callable

import pytest
from misbehaving import (
    Behaviour,
    ModelServer,
    breaks_off,
    cut_off,
    drips,
    empty,
    endless,
    fails,
    in_turn,
    raw,
    says,
    silent,
    stalls,
)
from modeltest import GOOD, KEY, WHERE, check_citations, check_quoted

from qa.service import QA
from qa.types import Answer, ModelState, Piece

QUOTE = "Allies considered creating a NATO headquarters in Wiesbaden, Germany, as the central coordination point"
TIMEOUT_S = 2.0
Opened = tuple[QA, ModelServer]

FAULTS: dict[str, tuple[Behaviour, str]] = {
    "wrong key": (fails(401), "rejects the key"),
    "unknown model": (fails(404), "does not know the model"),
    "rejected": (fails(400), "status 400"),
    "too often": (fails(429, Retry_After="30"), "asked too often"),
    "failing": (fails(500), "status 500"),
    "overloaded": (fails(503), "overloaded"),
    "silent": (silent, "2 seconds"),
    "stalled": (stalls("NATO foreign"), "2 seconds"),
    "dripping": (drips, "2 seconds"),
    "broken off": (breaks_off("NATO foreign"), "broke off"),
    "cut off": (cut_off("NATO foreign"), "broke off"),
    "endless": (endless, "come to an end"),
    "empty": (empty, "empty answer"),
    "a web page": (raw(b"<html><body>Log in</body></html>", "text/html"), "not understood"),
    "no JSON": (raw(b"data: {oops\n\n{oops\n"), "not understood"),
    "no stream": (raw(b'{"choices": [{"message": {"content": "Hi."}}]}', "application/json"), "not understood"),
    "wrong shape": (raw(b'data: {"choices": 7}\n\n'), "not understood"),
    "another wrong shape": (raw(b"data: [1, 2]\n\n"), "not understood"),
}


@pytest.mark.parametrize("provider", ["openai_like", "ollama"])
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_the_model_leaves_the_articles_quoted_in_time(
    opened: Callable[..., Opened], caplog: pytest.LogCaptureFixture, name: str, provider: str
) -> None:
    behaviour, told = FAULTS[name]
    qa, _ = opened(behaviour, provider, timeout_seconds=TIMEOUT_S)
    caplog.set_level(logging.INFO)
    started = time.monotonic()
    answer = qa.ask(WHERE)
    assert time.monotonic() - started < TIMEOUT_S + 1
    check_quoted(answer, qa)
    assert qa.model is not None
    assert (qa.model.state, qa.model.detail in (answer.notice or "")) == (ModelState.FAILING, True)
    if provider == "openai_like":
        assert told in (answer.notice or "")
    assert KEY not in caplog.text + repr(answer) + repr(qa.model)


@pytest.mark.parametrize(
    ("address", "told"), [("http://no-such-host.invalid/v1", "cannot be resolved"), ("refusing", "cannot be reached")]
)
@pytest.mark.parametrize("provider", ["openai_like", "ollama"])
def test_an_address_that_nobody_answers_at_leaves_the_articles_quoted(
    opened: Callable[..., Opened], address: str, told: str, provider: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        refusing = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    qa, _ = opened(provider=provider, base_url=refusing if address == "refusing" else address)
    answer = qa.ask(WHERE)
    check_quoted(answer, qa)
    assert told in (answer.notice or "")


@pytest.mark.parametrize("end", [stalls, breaks_off, cut_off])
def test_what_was_verified_before_a_fault_stays_and_the_articles_are_quoted_after_it(
    opened: Callable[..., Opened], end: Callable[[str], Behaviour]
) -> None:
    said = "The ministers met in Prague. [2] Allies considered creating a NATO"
    qa, _ = opened(end(said), timeout_seconds=TIMEOUT_S)
    *events, answer = qa.stream(WHERE)
    assert isinstance(answer, Answer)
    assert "".join(event.text for event in events if isinstance(event, Piece)) == answer.text
    assert QUOTE in answer.text
    assert answer.notice is not None
    assert "and the articles are quoted" in answer.notice or answer.trace.model == "extractive"
    check_citations(answer, qa)


@pytest.mark.parametrize("trouble", [fails(429), fails(503), fails(429, Retry_After="0.1")])
def test_a_request_that_was_not_worked_on_is_made_again(opened: Callable[..., Opened], trouble: Behaviour) -> None:
    qa, server = opened(in_turn(trouble, says(GOOD)), timeout_seconds=10)
    answer = qa.ask(WHERE)
    assert (answer.text, answer.notice, len(server.calls)) == (GOOD, None, 2)


@pytest.mark.parametrize("trouble", [fails(500), fails(401), breaks_off("NATO"), empty])
def test_a_request_that_may_have_been_worked_on_is_not_made_again(
    opened: Callable[..., Opened], trouble: Behaviour
) -> None:
    qa, server = opened(in_turn(trouble, says(GOOD)))
    assert qa.ask(WHERE).notice is not None
    assert len(server.calls) == 1


def test_after_two_failures_nobody_waits_for_the_model(opened: Callable[..., Opened]) -> None:
    qa, server = opened(fails(500))
    answers = [qa.ask(WHERE) for _ in range(4)]
    assert len(server.calls) == 2
    assert len({answer.notice for answer in answers}) == 1
    assert qa.model is not None
    assert qa.model.calls == {"status_500": 2, "left_alone": 2}


def test_an_answer_whose_time_is_over_keeps_what_was_verified_and_blames_nobody(opened: Callable[..., Opened]) -> None:
    qa, server = opened(stalls("The ministers met in Prague. [2] Allies considered creating a NATO"))
    for _ in range(3):
        *events, answer = qa.stream(WHERE, until=time.monotonic() + 1)
        assert isinstance(answer, Answer)
        assert "".join(event.text for event in events if isinstance(event, Piece)) == answer.text
        assert "did not finish within" in (answer.notice or "")
        check_citations(answer, qa)
    assert len(server.calls) == 3
