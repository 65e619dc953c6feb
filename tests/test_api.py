"""The HTTP API as its clients meet it."""

import json
import re
from dataclasses import replace

import pytest
from apitest import EVENTS, JSON, ask
from flask.testing import FlaskClient
from markupsafe import escape
from webtest import (
    AGAIN,
    DISAGREE,
    HOSTILE_QUESTION,
    JETS,
    SITED_ARTICLE,
    WHERE,
    FakeQA,
    Newest,
)
from werkzeug.test import TestResponse

from qa.config import Colours, Config
from qa.types import Article, Role, Turn
from web import create_app

CONTRACT = [
    "id", "question", "asked", "answered", "answer", "short_answer", "confidence", "refusal", "closest",
    "unknown_words", "sentences", "citations", "evidence", "disagreement", "notice", "trace",
]  # fmt: skip


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


def test_history_reaches_the_service_and_asked_comes_back(client: FlaskClient, fake_qa: FakeQA) -> None:
    history = [{"role": "user", "content": WHERE}, {"role": "assistant", "content": "Wiesbaden [1]"}]
    assert ask(client, AGAIN, history=history)["asked"] == WHERE
    assert fake_qa.asked_with[-1] == (AGAIN, (Turn(Role.USER, WHERE), Turn(Role.ASSISTANT, "Wiesbaden [1]")))


def test_white_space_around_a_question_is_not_part_of_it(client: FlaskClient) -> None:
    assert ask(client, f"  {WHERE}\n")["question"] == WHERE


def test_a_length_limit_counts_characters_not_bytes(client: FlaskClient) -> None:
    assert ask(client, "😀" * 100)["answered"] is False


# Articles, suggestions, health


def test_articles_are_listed_without_and_given_with_their_text(client: FlaskClient, fake_qa: FakeQA) -> None:
    listed = client.get("/api/articles").get_json()["articles"]
    assert [article["id"] for article in listed] == [article.id for article in fake_qa.articles]
    assert listed[0].keys() == {"id", "title", "url", "published"}
    whole = client.get(f"/api/articles/{listed[0]['id']}").get_json()
    assert whole == {**listed[0], "text": fake_qa.articles[0].text}


def test_suggestions_health_and_readiness(client: FlaskClient) -> None:
    assert client.get("/api/suggestions").get_json() == {"suggestions": [WHERE, JETS]}
    assert client.get("/healthz").get_json() == {"status": "ok"}
    assert client.get("/readyz").get_json() == {"status": "ready", "articles": 4, "model": None}


def test_a_service_without_articles_is_not_ready() -> None:
    fake_qa = FakeQA()
    fake_qa.articles = ()
    response = create_app(fake_qa, Config()).test_client().get("/readyz")
    assert response.status_code == 503
    assert "qa ingest" in response.get_json()["detail"]


# Headers


@pytest.mark.parametrize("path", ["/", "/api/articles", "/nowhere", "/healthz", "/docs", "/openapi.json"])
def test_every_response_carries_an_id_and_says_how_long_it_may_be_kept(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert len(headers["X-Request-Id"]) == 32
    assert headers["Cache-Control"] == ("no-cache" if path in ("/", "/docs", "/api/articles") else "no-store")


def test_a_dark_page_stays_dark_where_something_is_raised_above_it_in_either_scheme(fake_qa: FakeQA) -> None:
    exchanged = Colours(light=Colours().dark, dark=Colours().light)
    client = create_app(fake_qa, Config(colours=exchanged)).test_client()
    lifts = re.findall(r":root\{--paper:(#\w+);[^}]*;--lift:(\d+%)\}", client.get("/").text)
    assert lifts == [("#191714", "4%"), ("#fbfaf7", "60%")]


def test_an_article_can_be_read_without_scripts(client: FlaskClient, fake_qa: FakeQA) -> None:
    for article in fake_qa.articles:
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


@pytest.mark.parametrize("encoding", ["br", "gzip", "identity"])
def test_the_list_of_articles_is_made_and_sent_once_for_each_version_of_the_index(encoding: str) -> None:
    class Version(FakeQA):
        made = 0

        def __init__(self, count: int) -> None:
            self._listed = tuple(replace(SITED_ARTICLE, id=f"{count}-{n}", title=f"{n:x}" * 9) for n in range(count))

        @property
        def articles(self) -> tuple[Article, ...]:
            self.made += 1
            return self._listed

    versions = [Version(5_000), Version(5_001)]
    served = versions[:1]
    client = create_app(Newest(lambda: served[-1]), Config()).test_client()

    def get(etag: str = "") -> TestResponse:
        return client.get("/api/articles", headers={"Accept-Encoding": encoding, "If-None-Match": etag})

    first, *again = [get() for _ in range(4)]
    assert {response.data for response in again} == {first.data}
    unchanged = get(first.headers["ETag"])
    assert (unchanged.status_code, unchanged.data) == (304, b"")
    served.append(versions[1])
    newer = get(first.headers["ETag"])
    assert (newer.status_code, newer.data == first.data) == (200, False)
    assert get(newer.headers["ETag"]).status_code == 304
    assert [version.made for version in versions] == [1, 1]


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
    assert set(answer["200"]["content"]) == {JSON, EVENTS}


def test_the_documented_answer_is_the_answer(client: FlaskClient) -> None:
    schema = client.get("/openapi.json").get_json()["components"]["schemas"]["Answer"]
    assert list(schema["properties"]) == CONTRACT
    assert set(schema["required"]) == set(CONTRACT)


def test_the_documentation_shows_every_operation_and_every_shape(client: FlaskClient) -> None:
    document, page = client.get("/openapi.json").get_json(), client.get("/docs").text
    for path, methods in document["paths"].items():
        assert all(f"<code>{method.upper()} {path}</code>" in page for method in methods)
    for name, schema in document["components"]["schemas"].items():
        assert f'<article id="{name}">' in page
        assert all(f"<dt><code>{field}</code>" in page for field in schema.get("properties", ()))
    assert set(re.findall(r'href="#(\w+)"', page)) - {"main"} <= set(document["components"]["schemas"])
    assert "&lt;br" not in page
