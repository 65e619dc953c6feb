"""The HTTP API as its clients meet it."""

import io
import json
import re
from typing import Any

import httpx
import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape
from webtest import (
    AGAIN,
    BROKEN,
    DISAGREE,
    DOUBTED,
    HOSTILE_QUESTION,
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

from qa.config import Colours, Config, Server
from qa.errors import IndexMissing
from qa.types import ModelHealth, ModelState, Pause, Piece, Role, Turn
from web import MAX_BODY_BYTES, create_app
from web.events import stream

JSON = "application/json"
EVENTS = "text/event-stream"
CONTRACT = [
    "id", "question", "asked", "answered", "answer", "short_answer", "confidence", "refusal", "closest",
    "unknown_words", "sentences", "citations", "evidence", "disagreement", "notice", "trace",
]  # fmt: skip


@pytest.fixture(scope="module")
def qa() -> FakeQA:
    return FakeQA()


@pytest.fixture(scope="module")
def client(qa: FakeQA) -> FlaskClient:
    server = Server(max_question_chars=100, max_history_turns=4)
    return create_app(qa, Config(title="Test", server=server)).test_client()


def ask(client: FlaskClient, question: str, **more: Any) -> dict[str, Any]:
    response = client.post("/api/ask", json={"question": question, **more})
    assert response.status_code == 200, response.text
    return response.get_json()


def events(body: str) -> list[tuple[str, Any]]:
    found = []
    for block in filter(None, body.split("\n\n")):
        name, data = block.split("\n")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


# Answers


def test_an_answer_has_exactly_the_fields_of_the_contract(client: FlaskClient) -> None:
    body = ask(client, WHERE)
    assert list(body) == CONTRACT
    assert (body["answered"], body["short_answer"], body["refusal"]) == (True, "Wiesbaden, Germany", None)
    assert body["sentences"][0].keys() == {"text", "citations", "support", "problems"}
    assert body["sentences"][0]["support"] == "verbatim"
    assert body["citations"][0].keys() == {"n", "article_id", "title", "url", "quote", "start", "end", "score"}
    assert body["evidence"][0].keys() == {
        "article_id", "start", "end", "text", "dense_rank", "dense_score", "lexical_rank", "lexical_score",
        "fused_score", "answerability",
    }  # fmt: skip
    assert body["trace"].keys() == {"timings_ms", "model", "prompt_tokens", "completion_tokens", "index"}
    assert body["closest"] is None
    assert body["unknown_words"] == []


@pytest.mark.parametrize("question", [WHERE, HOSTILE_QUESTION, DISAGREE])
def test_every_quote_is_the_article_at_its_offsets(client: FlaskClient, question: str) -> None:
    for citation in ask(client, question)["citations"]:
        text = client.get(f"/api/articles/{citation['article_id']}").get_json()["text"]
        assert text[citation["start"] : citation["end"]] == citation["quote"]


def test_a_refusal_is_a_result_with_the_closest_passage_and_the_unknown_words(client: FlaskClient) -> None:
    body = ask(client, JETS)
    assert (body["answered"], body["refusal"]) == (False, "not_in_articles")
    assert body["unknown_words"] == ["fighter", "Poland"]
    assert body["citations"] == []
    assert body["closest"].keys() == {"article_id", "title", "url", "quote", "start", "end"}


def test_a_disagreement_gives_each_side_with_its_citations(client: FlaskClient) -> None:
    assert ask(client, DISAGREE)["disagreement"] == {
        "sides": [
            {"short_answer": "30 and 31 May 2024", "citations": [1]},
            {"short_answer": "May 31, 2024", "citations": [2]},
        ]
    }


def test_history_reaches_the_service_and_asked_comes_back(client: FlaskClient, qa: FakeQA) -> None:
    history = [{"role": "user", "content": WHERE}, {"role": "assistant", "content": "Wiesbaden [1]"}]
    assert ask(client, AGAIN, history=history)["asked"] == WHERE
    assert qa.asked_with[-1] == (AGAIN, (Turn(Role.USER, WHERE), Turn(Role.ASSISTANT, "Wiesbaden [1]")))


def test_white_space_around_a_question_is_not_part_of_it(client: FlaskClient) -> None:
    assert ask(client, f"  {WHERE}\n")["question"] == WHERE


def test_a_length_limit_counts_characters_not_bytes(client: FlaskClient) -> None:
    assert ask(client, "😀" * 100)["answered"] is False


# Server-sent events


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


def test_a_slow_answer_is_accompanied_by_heartbeats(qa: FakeQA) -> None:
    lines = list(stream(iter([Pause(), Pause(), qa.ask(WHERE)]), heartbeat_s=0))
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


def test_a_client_that_hangs_up_ends_the_answer(qa: FakeQA) -> None:
    with serving(create_app(qa, Config())) as address:
        headers = {"Accept": EVENTS}
        with httpx.stream("POST", f"{address}/api/ask", json={"question": SLOW}, headers=headers) as response:
            assert next(response.iter_lines()) == "event: search_results"
        assert qa.given_up.wait(10)


def test_what_is_withheld_is_listed_and_not_told(client: FlaskClient) -> None:
    body = ask(client, DOUBTED)
    assert body["notice"] == NOTICE
    assert body["sentences"][0] == {"text": LIE, "citations": [], "support": "unsupported", "problems": [WHY]}
    assert LIE not in body["answer"]


def test_who_goes_away_gets_nothing_more(qa: FakeQA) -> None:
    assert list(stream(iter([Pause(), qa.ask(WHERE)]), gone=lambda: True)) == []


@pytest.mark.parametrize("accept", ["*/*", "text/html", "application/json, text/event-stream;q=0.5"])
def test_who_does_not_prefer_events_gets_json(client: FlaskClient, accept: str) -> None:
    assert client.post("/api/ask", json={"question": WHERE}, headers={"Accept": accept}).mimetype == JSON


# Articles, suggestions, health


def test_articles_are_listed_without_and_given_with_their_text(client: FlaskClient, qa: FakeQA) -> None:
    listed = client.get("/api/articles").get_json()["articles"]
    assert [article["id"] for article in listed] == [article.id for article in qa.articles]
    assert listed[0].keys() == {"id", "title", "url", "published"}
    whole = client.get(f"/api/articles/{listed[0]['id']}").get_json()
    assert whole == {**listed[0], "text": qa.articles[0].text}


def test_suggestions_health_and_readiness(client: FlaskClient) -> None:
    assert client.get("/api/suggestions").get_json() == {"suggestions": [WHERE, JETS]}
    assert client.get("/healthz").get_json() == {"status": "ok"}
    assert client.get("/readyz").get_json() == {"status": "ready", "articles": 4, "model": None}


def test_a_service_without_articles_is_not_ready() -> None:
    qa = FakeQA()
    qa.articles = ()
    response = create_app(qa, Config()).test_client().get("/readyz")
    assert response.status_code == 503
    assert "qa ingest" in response.get_json()["detail"]


# Errors


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
        raise IndexMissing("Run `qa ingest` <now>.")

    monkeypatch.setattr(FakeQA, "timeline", unavailable)
    client = create_app(FakeQA(), Config(language="cs")).test_client()
    page = client.get("/timeline", headers={"Accept": HTML})
    assert (page.status_code, page.mimetype) == (503, "text/html")
    assert "Tuto stránku teď nelze zobrazit" in page.text
    assert '<p lang="en">Run `qa ingest` &lt;now&gt;.</p>' in page.text
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
    assert detail == "No article has been indexed yet. Run `qa ingest`."


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


# Headers


@pytest.mark.parametrize("path", ["/", "/api/articles", "/nowhere", "/healthz", "/docs", "/openapi.json"])
def test_every_response_carries_an_id_and_the_security_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert len(headers["X-Request-Id"]) == 32
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self'; " in policy
    assert ("unsafe" in policy) == (path == "/docs")
    assert headers["Cache-Control"] == ("no-cache" if path == "/" else "no-store")


def test_a_dark_page_stays_dark_where_something_is_raised_above_it_in_either_scheme(qa: FakeQA) -> None:
    exchanged = Colours(light=Colours().dark, dark=Colours().light)
    client = create_app(qa, Config(colours=exchanged)).test_client()
    lifts = re.findall(r":root\{--paper:(#\w+);[^}]*;--lift:(\d+%)\}", client.get("/").text)
    assert lifts == [("#191714", "4%"), ("#fbfaf7", "60%")]
    assert 'theme="dark"' in (docs := client.get("/docs").text)
    assert 'bg-color="#191714"' in docs


def test_an_article_can_be_read_without_scripts(client: FlaskClient, qa: FakeQA) -> None:
    for article in qa.articles:
        (unscripted,) = re.findall(r"<noscript>(.*?)</noscript>", client.get(f"/articles/{article.id}").text, re.DOTALL)
        assert re.findall(r'href="([^"]+)"', unscripted) == ["/articles", "/timeline", "/openapi.json"]
        assert f'<h2 dir="auto">{escape(article.title)}</h2>' in unscripted
        paragraphs = re.findall(r'<p dir="auto">(.*?)</p>', unscripted)
        assert paragraphs == [escape(line) for line in article.text.splitlines() if line.strip()]
    assert "unscripted" not in client.get("/").text


def test_a_page_is_sent_once_and_compressed(client: FlaskClient) -> None:
    first = client.get("/", headers={"Accept-Encoding": "br"})
    assert first.headers["Content-Encoding"] == "br"
    again = client.get("/", headers={"Accept-Encoding": "br", "If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_part_of_a_file_is_never_sent_because_it_would_be_compressed(client: FlaskClient) -> None:
    (address,) = re.findall(r'href="(/static/[^"]+/style.css)"', client.get("/").text)
    headers = {"Range": "bytes=100-299", "Accept-Encoding": "br"}
    with client.get(address, headers=headers) as part, client.get(address, headers={"Accept-Encoding": "br"}) as whole:
        assert (part.status_code, part.data) == (200, whole.data)


def test_static_files_may_be_kept_for_good_because_their_address_changes_with_them(client: FlaskClient) -> None:
    addresses = re.findall(r'(?:href|src)="(/static/[^"]+)"', client.get("/").text)
    assert len(addresses) > 5
    for address in addresses:
        assert re.match(r"/static/[0-9a-f]{12}/", address)
        with client.get(address) as response:
            assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
            assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(("given_id", "kept"), [("abc-1.2_3", True), ("", False), ("a b", False), ("x" * 65, False)])
def test_a_sane_request_id_is_kept(client: FlaskClient, given_id: str, kept: bool) -> None:
    answered = client.get("/healthz", headers={"X-Request-Id": given_id}).headers["X-Request-Id"]
    assert (answered == given_id) is kept


# The OpenAPI document


def test_the_openapi_document_describes_every_route_and_resolves(client: FlaskClient) -> None:
    document = client.get("/openapi.json").get_json()
    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]) == {
        "/api/ask", "/api/feedback", "/api/articles", "/api/articles/{article_id}", "/api/suggestions",
        "/healthz", "/readyz", "/metrics",
    }  # fmt: skip
    schemas = document["components"]["schemas"]
    references = {line.split('"')[0] for line in json.dumps(document).split('"$ref": "')[1:]}
    assert references
    assert all(reference.removeprefix("#/components/schemas/") in schemas for reference in references)
    answer = document["paths"]["/api/ask"]["post"]["responses"]
    assert set(answer) == {"200", "default"}
    assert set(answer["200"]["content"]) == {JSON, EVENTS}


def test_the_documented_answer_is_the_answer(client: FlaskClient) -> None:
    schema = client.get("/openapi.json").get_json()["components"]["schemas"]["Answer"]
    assert list(schema["properties"]) == CONTRACT
    assert set(schema["required"]) == set(CONTRACT)


def test_the_documentation_page_loads_nothing_from_elsewhere(client: FlaskClient) -> None:
    page = client.get("/docs").text
    assert "http" not in page.replace('http-equiv="', "")
    with client.get("/docs/rapidoc.js") as script:
        assert (script.status_code, script.mimetype) == (200, "text/javascript")
