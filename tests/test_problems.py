"""Errors as the clients of the API meet them, and people in a browser."""

import io
import json
import re
from typing import Any

import pytest
from apitest import JSON
from flask.testing import FlaskClient
from webtest import (
    BROKEN,
    NO_INDEX,
    FakeQA,
    Newest,
)

from qa.config import Config
from qa.errors import Busy, IndexLocked, IndexMissing, IndexUnavailable, ModelError, QAError
from qa.service import QA
from web import MAX_BODY_BYTES, create_app


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "question"),
        ({"question": ""}, "question"),
        ({"question": " \n\t "}, "question"),
        ({"question": 7}, "question"),
        ({"question": None}, "question"),
        ({"question": "\ud800"}, "question"),
        ({"question": "x" * 101}, "question"),
        ({"question": "x", "history": "y"}, "history"),
        ({"question": "x", "history": [{"role": "user", "content": "y"}] * 5}, "history"),
        ({"question": "x", "history": [{"role": "system", "content": "y"}]}, "history.0.role"),
        ({"question": "x", "history": [{"role": "user"}]}, "history.0.content"),
        ({"question": "x", "history": [{"role": "user", "content": "\ud800"}]}, "history.0.content"),
        ({"question": "x", "qestion": "y"}, "qestion"),
        ([], "body"),
        (None, "body"),
        ("x", "body"),
    ],
)
def test_an_invalid_field_is_named(client: FlaskClient, body: Any, field: str) -> None:
    response = client.post("/api/ask", data=json.dumps(body), content_type=JSON)
    assert response.status_code == 422
    problem = response.get_json()
    assert [error["field"] for error in problem["errors"]] == [field]
    assert field in problem["detail"]


def test_a_limit_is_told(client: FlaskClient) -> None:
    problem = client.post("/api/ask", json={"question": "x" * 101}).get_json()
    assert problem["detail"] == "question: has 101 characters, 100 are allowed."


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("POST", "/api/ask", {"data": "{", "content_type": JSON}, 400),
        ("POST", "/api/ask", {"data": b"\xff", "content_type": JSON}, 400),
        ("POST", "/api/ask", {"data": "[" * 100_000, "content_type": JSON}, 400),
        ("POST", "/api/ask", {"data": "", "content_type": JSON}, 400),
        ("GET", "/api/articles/none", {}, 404),
        ("GET", "/nowhere", {}, 404),
        ("GET", "/api/ask", {}, 405),
        ("DELETE", "/api/articles", {}, 405),
        ("POST", "/api/ask", {"data": "x" * (MAX_BODY_BYTES + 1), "content_type": JSON}, 413),
        ("POST", "/api/ask", {"data": "question=x", "content_type": "application/x-www-form-urlencoded"}, 415),
        ("POST", "/api/ask", {"data": '{"question": "x"}', "content_type": "text/plain"}, 415),
        ("POST", "/api/ask", {"json": {"question": BROKEN}}, 500),
        ("POST", "/api/ask", {"json": {"question": NO_INDEX}}, 503),
    ],
)
def test_every_error_is_a_problem_document(
    client: FlaskClient, method: str, path: str, options: dict[str, Any], status: int
) -> None:
    response = client.open(path, method=method, **options)
    assert (response.status_code, response.mimetype) == (status, "application/problem+json")
    problem = response.get_json()
    assert problem.keys() == {"type", "title", "status", "detail", "request_id", "errors"}
    assert problem["status"] == status
    assert problem["detail"]
    assert problem["request_id"] == response.headers["X-Request-Id"]


HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("path", "accept", "mimetype"),
    [
        ("/nowhere", HTML, "text/html"),
        ("/nowhere", "*/*", "application/problem+json"),
        ("/nowhere", "application/json", "application/problem+json"),
        ("/api/articles/none", HTML, "application/problem+json"),
    ],
)
def test_whoever_reads_pages_is_told_of_an_error_on_one(
    client: FlaskClient, path: str, accept: str, mimetype: str
) -> None:
    response = client.get(path, headers={"Accept": accept})
    assert (response.status_code, response.mimetype) == (404, mimetype)
    assert ("There is no such page" in response.text) == (mimetype == "text/html")


def test_a_page_that_cannot_be_made_says_why_and_says_it_without_pages_too(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def unavailable(_: object) -> None:
        raise Busy("Ask again, but not <now>.", 1)

    monkeypatch.setattr(FakeQA, "timeline", unavailable)
    client = create_app(FakeQA(), Config(language="cs")).test_client()
    page = client.get("/timeline", headers={"Accept": HTML})
    assert (page.status_code, page.mimetype) == (503, "text/html")
    assert "Tuto stránku teď nelze zobrazit" in page.text
    assert '<p lang="en">Ask again, but not &lt;now&gt;.</p>' in page.text
    monkeypatch.setattr("web.rendering.render_template", unavailable)
    document = client.get("/timeline", headers={"Accept": HTML})
    assert (document.status_code, document.mimetype) == (503, "application/problem+json")
    assert "cannot be told on a page" in caplog.text


def test_a_body_that_does_not_tell_its_length_is_limited_too(client: FlaskClient) -> None:
    body = io.BytesIO(b'{"question": "x"}' + b" " * MAX_BODY_BYTES)
    response = client.post(
        "/api/ask", input_stream=body, content_type=JSON, environ_overrides={"wsgi.input_terminated": True}
    )
    assert response.status_code == 413


def test_our_own_errors_keep_their_message(client: FlaskClient) -> None:
    detail = client.post("/api/ask", json={"question": NO_INDEX}).get_json()["detail"]
    assert detail == "No article has been indexed yet. Run `qa ingest`, or wait until it is done."


@pytest.mark.parametrize("path", ["/readyz", "/api/articles", "/api/suggestions", "/timeline"])
@pytest.mark.parametrize(
    "error",
    [
        IndexUnavailable("The Chroma server at http://10.0.0.7:8001 cannot be reached ([Errno 111] refused)."),
        IndexMissing("There is no index for this configuration in /srv/secret/data. Run `qa ingest`."),
        IndexLocked("Process 77 on inner-host writes to /srv/secret/data."),
        ModelError("/srv/secret/weights/model.onnx is damaged."),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_concerns_the_inside_is_in_the_log_and_not_in_the_response(
    error: QAError, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    def unavailable() -> QA:
        raise error

    client = create_app(Newest(unavailable), Config()).test_client()
    for accept in (JSON, HTML):
        response = client.get(path, headers={"Accept": accept, "X-Request-Id": "find-me"})
        assert response.status_code == error.status
        assert not re.search(r"secret|10\.0\.0|Errno|inner-host", response.text)
        assert ("find-me" in response.text) or isinstance(error, IndexMissing)
        assert f"Request find-me failed: {error}" in caplog.text


def test_an_unexpected_error_is_in_the_log_and_not_in_the_response(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    response = client.post("/api/ask", json={"question": BROKEN}, headers={"X-Request-Id": "find-me"})
    assert "secret" not in response.text
    assert "Traceback" not in response.text
    assert "find-me" in response.get_json()["detail"]
    assert "find-me" in caplog.text
    assert "a secret of the house" in caplog.text


def test_a_wrong_method_names_the_right_ones(client: FlaskClient) -> None:
    assert "POST" in client.get("/api/ask").headers["Allow"]
