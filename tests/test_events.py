"""An answer as server-sent events."""

import httpx
import pytest
from apitest import EVENTS, JSON, ask, events
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from webtest import (
    BROKEN,
    DISAGREE,
    DOUBTED,
    JETS,
    LIE,
    NO_INDEX,
    NOTICE,
    SLOW,
    WHERE,
    WHY,
    FakeQA,
    serving,
)

from qa.config import Config
from qa.types import ModelHealth, ModelState, Pause, Piece
from web import create_app
from web.events import stream


def test_events_come_in_order_and_add_up_to_the_answer(client: FlaskClient) -> None:
    response = client.post("/api/ask", json={"question": DISAGREE}, headers={"Accept": EVENTS})
    assert response.mimetype == EVENTS
    found = events(response.text)
    assert [name for name, _ in found] == [
        "search_results", "message", "citation", "message", "citation", "final_answer", "done",
    ]  # fmt: skip
    final = dict(found)["final_answer"]
    assert "".join(data["delta"] for name, data in found if name == "message") == final["answer"]
    assert [data for name, data in found if name == "citation"] == final["citations"]
    assert dict(found)["search_results"] == final["evidence"]
    plain = ask(client, DISAGREE)
    assert final == plain


@given(st.text(st.sampled_from("ab[]1 \n😀")))
def test_whatever_an_answer_looks_like_its_deltas_add_up(text: str) -> None:
    lines = stream(iter([Piece(text, FakeQA().ask(DISAGREE).citations)]))
    deltas = [data["delta"] for name, data in events("".join(lines)) if name == "message"]
    assert "".join(deltas) == text


@pytest.mark.parametrize(("question", "status"), [(NO_INDEX, 503), (BROKEN, 500)])
def test_an_error_in_a_stream_is_an_event_and_the_stream_ends_well(
    client: FlaskClient, question: str, status: int
) -> None:
    response = client.post("/api/ask", json={"question": question}, headers={"Accept": EVENTS})
    assert response.status_code == 200
    found = events(response.text)
    assert [name for name, _ in found] == ["error", "done"]
    assert found[0][1]["status"] == status
    assert "secret" not in response.text


def test_an_invalid_request_for_a_stream_is_refused_before_it_begins(client: FlaskClient) -> None:
    response = client.post("/api/ask", json={"question": " "}, headers={"Accept": EVENTS})
    assert (response.status_code, response.mimetype) == (422, "application/problem+json")


def test_a_slow_answer_is_accompanied_by_heartbeats(fake_qa: FakeQA) -> None:
    lines = list(stream(iter([Pause(), Pause(), fake_qa.ask(WHERE)]), heartbeat_s=0))
    assert lines[:2] == [": heartbeat\n\n"] * 2
    assert lines[-1] == "event: done\ndata: {}\n\n"


def test_the_state_of_the_language_model_is_told_and_no_reason_not_to_be_ready() -> None:
    class Failing(FakeQA):
        @property
        def model(self) -> ModelHealth:
            return ModelHealth("m", ModelState.FAILING, "It cannot be reached.")

    response = create_app(Failing(), Config()).test_client().get("/readyz")
    assert response.status_code == 200
    assert response.get_json()["model"] == {"model": "m", "state": "failing", "detail": "It cannot be reached."}


def test_what_was_answered_is_counted() -> None:
    client = create_app(FakeQA(), Config()).test_client()
    ask(client, WHERE)
    client.post("/api/ask", json={"question": WHERE}, headers={"Accept": EVENTS}).get_data()
    ask(client, JETS)
    counted = client.get("/metrics").text.splitlines()
    assert 'qa_answers_total{result="answered"} 2.0' in counted
    assert 'qa_answers_total{result="not_in_articles"} 1.0' in counted
    assert any(line.startswith('qa_stage_seconds_count{stage="total"}') for line in counted)
    assert not any(line.startswith("qa_model_calls") for line in counted)


def test_the_calls_of_the_language_model_are_counted() -> None:
    class Failing(FakeQA):
        @property
        def model(self) -> ModelHealth:
            return ModelHealth("m", ModelState.FAILING, "No.", {"ok": 3, "status_500": 2, "left_alone": 7})

    counted = create_app(Failing(), Config()).test_client().get("/metrics").text.splitlines()
    assert {'qa_model_calls_total{result="ok"} 3.0', 'qa_model_calls_total{result="status_500"} 2.0',
            'qa_model_calls_total{result="left_alone"} 7.0', "qa_model_failing 1.0"} <= set(counted)  # fmt: skip


def test_a_client_that_hangs_up_ends_the_answer(fake_qa: FakeQA) -> None:
    fake_qa.given_up.clear()
    with serving(create_app(fake_qa, Config())) as address:
        headers = {"Accept": EVENTS}
        with httpx.stream("POST", f"{address}/api/ask", json={"question": SLOW}, headers=headers) as response:
            assert next(response.iter_lines()) == "event: search_results"
        assert fake_qa.given_up.wait(10)


def test_what_is_withheld_is_listed_and_not_told(client: FlaskClient) -> None:
    body = ask(client, DOUBTED)
    assert body["notice"] == NOTICE
    assert body["sentences"][0] == {"text": LIE, "citations": [], "support": "unsupported", "problems": [WHY]}
    assert LIE not in body["answer"]


def test_who_goes_away_gets_nothing_more(fake_qa: FakeQA) -> None:
    assert list(stream(iter([Pause(), fake_qa.ask(WHERE)]), gone=lambda: True)) == []


@pytest.mark.parametrize("accept", ["*/*", "text/html", "application/json, text/event-stream;q=0.5"])
def test_who_does_not_prefer_events_gets_json(client: FlaskClient, accept: str) -> None:
    assert client.post("/api/ask", json={"question": WHERE}, headers={"Accept": accept}).mimetype == JSON
