"""Every kind of response, graded by the rules of the public HTTP Observatory, and what these do not ask for."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from apitest import EVENTS
from flask.testing import FlaskClient
from observatory import grade, results
from test_problems import HTML
from webtest import BROKEN, HOSTILE_ARTICLE, NO_INDEX, WHERE, FakeQA
from werkzeug.test import TestResponse

from qa.config import Config, Evaluation, Server
from web import create_app

TLS = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "10.0.0.1"}
DIGEST = hashlib.sha256(b"key").hexdigest()
ORIGIN = "https://www.example.org"
Get = Callable[[FlaskClient], TestResponse]


def page(path: str) -> Get:
    return lambda client: client.get(path, headers={**TLS, "Accept": HTML})


def asked(question: str, accept: str = "application/json") -> Get:
    return lambda client: client.post("/api/ask", json={"question": question}, headers={**TLS, "Accept": accept})


def static(kind: str) -> Get:
    def get(client: FlaskClient) -> TestResponse:
        (address, *_) = re.findall(rf'(?:href|src)="(/static/[^"]+\.{kind})"', client.get("/").text)
        return client.get(address, headers=TLS)

    return get


RESPONSES: dict[str, tuple[int, Get]] = {
    "chat": (200, page("/")),
    "an article": (200, page(f"/articles/{HOSTILE_ARTICLE.id}")),
    "articles": (200, page("/articles")),
    "timeline": (200, page("/timeline")),
    "documentation": (200, page("/docs")),
    "no such page": (404, page("/nowhere")),
    "no such article": (404, page("/articles/nowhere")),
    "openapi": (200, page("/openapi.json")),
    "health": (200, page("/healthz")),
    "readiness": (200, page("/readyz")),
    "metrics": (200, page("/metrics")),
    "style": (200, static("css")),
    "script": (200, static("js")),
    "icon": (200, static("svg")),
    "no such file": (404, page("/static/nowhere.js")),
    "answer": (200, asked(WHERE)),
    "stream": (200, asked(WHERE, EVENTS)),
    "invalid": (422, asked("")),
    "failed": (500, asked(BROKEN)),
    "unavailable": (503, asked(NO_INDEX)),
    "too large": (413, asked("x" * 300_000)),
    "wrong method": (405, page("/api/ask")),
    "options": (200, lambda client: client.options("/api/ask", headers=TLS)),
    "head": (200, lambda client: client.head("/", headers=TLS)),
    "articles as data": (200, page("/api/articles")),
    "unmodified": (
        304,
        lambda client: client.get("/", headers={**TLS, "If-None-Match": client.get("/").headers["ETag"]}),
    ),
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """Behind a proxy that ends TLS."""
    evaluation = Evaluation(folder=tmp_path_factory.mktemp("evaluation"))
    return create_app(FakeQA(), Config(server=Server(proxies=1), evaluation=evaluation)).test_client()


@pytest.mark.parametrize("kind", RESPONSES)
def test_every_response_behind_tls_is_graded_a_plus(client: FlaskClient, kind: str) -> None:
    status, get = RESPONSES[kind]
    with get(client) as response:
        assert response.status_code == status
        assert grade(response) == "A+", results(response)
        check_more(response)


def check_more(response: TestResponse) -> None:
    """What the Observatory does not ask for."""
    headers = response.headers
    assert "Set-Cookie" not in headers
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    if response.mimetype == "text/html":
        assert {"camera=()", "geolocation=()", "microphone=()"} <= set(headers["Permissions-Policy"].split(", "))
    assert not re.search(r"\d", headers.get("Server", ""))
    assert "X-Powered-By" not in headers


def test_who_is_turned_away_is_graded_alike() -> None:
    server = Server(proxies=1, api_keys=(DIGEST,), requests_per_minute=1, cors_origins=(ORIGIN,))
    client = create_app(FakeQA(), Config(server=server)).test_client()
    headers = {**TLS, "Authorization": "Bearer key", "Origin": ORIGIN}
    preflight = {**TLS, "Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    responses = [
        client.get("/", headers={**TLS, "Accept": HTML}),
        client.get("/api/articles", headers=TLS),
        client.options("/api/ask", headers=preflight),
        client.post("/api/ask", json={"question": WHERE}, headers=headers),
        client.post("/api/ask", json={"question": WHERE}, headers=headers),
    ]
    assert [response.status_code for response in responses] == [401, 401, 200, 200, 429]
    for response in responses:
        assert grade(response) == "A+", results(response)
        check_more(response)


def test_the_report_of_an_evaluation_is_graded_alike(tmp_path: Path) -> None:
    evaluation = Evaluation(folder=tmp_path)
    evaluation.report.write_text("<!doctype html><html><head><style>p{}</style></head><body></body></html>")
    client = create_app(FakeQA(), Config(server=Server(proxies=1), evaluation=evaluation)).test_client()
    response = page("/evaluation")(client)
    assert (response.status_code, grade(response)) == (200, "A+")
    check_more(response)


def test_without_tls_nothing_promises_it(client: FlaskClient) -> None:
    assert "Strict-Transport-Security" not in client.get("/").headers
    plain = create_app(FakeQA(), Config()).test_client()
    assert "Strict-Transport-Security" not in plain.get("/", headers=TLS).headers


@pytest.mark.parametrize(
    ("name", "value", "worse"),
    [
        ("Content-Security-Policy", "", "B"),
        (
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
            "B+",
        ),
        ("Content-Security-Policy", "frame-ancestors 'none'", "B+"),
        ("Strict-Transport-Security", "", "B+"),
        ("Strict-Transport-Security", "max-age=3600", "A+"),
        ("Set-Cookie", "session=1", "B+"),
        ("Access-Control-Allow-Origin", "*", "C"),
        ("Cross-Origin-Resource-Policy", "cross-origin", "B+"),
    ],
)
def test_the_grade_falls_with_the_headers(client: FlaskClient, name: str, value: str, worse: str) -> None:
    response = page("/")(client)
    response.headers[name] = value
    assert grade(response) == worse
