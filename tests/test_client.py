"""Measuring a running service over HTTP, as it is met by whoever gives the address."""

import hashlib
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, Response, jsonify
from webtest import AGAIN, DISAGREE, HOSTILE_QUESTION, JETS, NO_INDEX, WHERE, FakeQA, serving

from qa.config import Config, Server
from qa.errors import ServiceError
from qa.evaluate.client import ROUND_TRIP, Client
from qa.types import Role, Turn
from web import create_app


@pytest.fixture(scope="module")
def qa() -> FakeQA:
    return FakeQA()


@pytest.fixture(scope="module")
def client(qa: FakeQA) -> Iterator[Client]:
    with serving(create_app(qa, Config())) as address, Client(f"{address}/") as client:
        yield client


def other(status: int, body: str, **headers: str) -> Flask:
    """A server that always answers the same."""
    app = Flask("other")

    @app.route("/<path:_>", methods=["GET", "POST"])
    def anything(_: str) -> Response:
        return Response(body, status, headers, content_type="application/json")

    return app


def test_its_articles_are_the_service_s(client: Client, qa: FakeQA) -> None:
    assert client.articles == qa.articles


@pytest.mark.parametrize("question", [WHERE, JETS, DISAGREE, HOSTILE_QUESTION])
def test_an_answer_over_http_is_the_answer(client: Client, qa: FakeQA, question: str) -> None:
    here, there = qa.ask(question), client.ask(question)
    for part in ("text", "short_answer", "confidence", "sentences", "citations", "refusal", "closest", "disagreement"):
        assert getattr(there, part) == getattr(here, part), part
    places = [[(e.passage.article_id, e.passage.start, e.passage.end) for e in of.evidence] for of in (here, there)]
    assert places[0] == places[1]
    assert list(there.trace.timings_ms) == [*here.trace.timings_ms, ROUND_TRIP]


def test_the_history_goes_along(client: Client, qa: FakeQA) -> None:
    history = (Turn(Role.USER, WHERE), Turn(Role.ASSISTANT, "Wiesbaden [1]"))
    assert client.ask(AGAIN, history).asked == WHERE
    assert qa.asked_with[-1] == (AGAIN, history)


def test_an_error_of_the_service_keeps_its_remedy(client: Client) -> None:
    with pytest.raises(ServiceError, match=r"503: No article has been indexed yet. Run `qa ingest`, or wait"):
        client.ask(NO_INDEX)


@pytest.mark.parametrize("url", ["localhost:8000", "", "ftp://host", "http://", "http://a:b"])
def test_what_is_no_address_is_told(url: str) -> None:
    with pytest.raises(ServiceError, match="no address of a service"):
        Client(url)


def test_nobody_there_says_how_to_start_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with Client(f"http://127.0.0.1:{port}") as client, pytest.raises(ServiceError, match="qa serve"):
        _ = client.articles


@pytest.mark.parametrize(
    ("status", "body"),
    [(404, "<h1>Not Found</h1>"), (404, "[]"), (200, "welcome"), (200, "[]"), (200, '{"articles": [{}]}'), (500, "{}")],
)
def test_another_kind_of_service_is_told_from_ours(status: int, body: str) -> None:
    with serving(other(status, body)) as address, Client(address) as client:
        with pytest.raises(ServiceError, match="does not answer like this service"):
            _ = client.articles
        with pytest.raises(ServiceError, match="does not answer like this service"):
            client.ask(WHERE)


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_service_is_waited_for_as_long_as_it_says(status: int) -> None:
    app, seen, waits = Flask("busy"), [], []

    @app.get("/api/articles")
    def articles() -> Any:
        seen.append(1)
        if len(seen) < 3:
            return Response("{}", status, {"Retry-After": "7"}, content_type="application/json")
        return jsonify(articles=[])

    with serving(app) as address, Client(address, wait=waits.append) as client:
        assert client.articles == ()
    assert waits == [7, 7]


@pytest.mark.parametrize(("header", "seconds"), [("soon", 1), ("nan", 1), ("-5", 0), ("9999", 60), ("", 1)])
def test_a_service_that_stays_busy_is_given_up(header: str, seconds: float) -> None:
    waits: list[float] = []
    busy = other(429, "{}", **{"Retry-After": header})
    with serving(busy) as address, Client(address, wait=waits.append) as client, pytest.raises(ServiceError):
        _ = client.articles
    assert set(waits) == {seconds}


def test_a_key_goes_along_and_is_not_told() -> None:
    digest = hashlib.sha256(b"a key").hexdigest()
    with serving(create_app(FakeQA(), Config(server=Server(api_keys=(digest,))))) as address:
        with Client(address.replace("//", "//:a%20key@")) as client:
            assert client.ask(WHERE).answered
            assert client.url == address
        with Client(address) as client, pytest.raises(ServiceError, match="401: This service wants a key"):
            client.ask(WHERE)
