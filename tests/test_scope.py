"""Questions to some of the articles only."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from webtest import WHERE, FakeQA

from qa.service import QA
from qa.types import Scope

SHIPPED = [article for article in FakeQA().articles if article.published]


def post(client: FlaskClient, scope: Any) -> Any:
    return client.post("/api/ask", json={"question": WHERE, "scope": scope})


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ({}, Scope()),
        ({"since": "2024-05-30"}, Scope(since="2024-05-30")),
        ({"until": "2024-06-01", "since": None}, Scope(until="2024-06-01")),
        ({"articles": [SHIPPED[0].id]}, Scope(articles=frozenset({SHIPPED[0].id}))),
        (None, None),
    ],
)
def test_the_service_is_asked_what_the_client_meant(
    client: FlaskClient, fake_qa: FakeQA, sent: Any, meant: Scope | None
) -> None:
    assert post(client, sent).status_code == 200
    assert fake_qa.scopes[-1] == meant


@pytest.mark.parametrize(
    ("scope", "field"),
    [
        ({"articles": []}, "scope.articles"),
        ({"since": "yesterday"}, "scope.since"),
        ({"until": 0}, "scope.until"),
        ({"authors": ["somebody"]}, "scope.authors"),
    ],
)
def test_a_scope_that_cannot_be_is_named(client: FlaskClient, scope: Any, field: str) -> None:
    response = post(client, scope)
    assert (response.status_code, response.json["errors"][0]["field"]) == (422, field)


def test_an_article_that_is_not_there_cannot_be_asked(client: FlaskClient) -> None:
    response = post(client, {"articles": ["nobody-wrote-this"]})
    assert (response.status_code, "nobody-wrote-this" in response.json["detail"]) == (404, True)


def test_an_answer_comes_from_the_scope_alone(qa: QA) -> None:
    everywhere = qa.ask(WHERE)
    (source,) = {citation.article_id for citation in everywhere.citations}
    within = qa.ask(WHERE, scope=Scope(articles=frozenset({source})))
    assert within.citations[0].quote == everywhere.citations[0].quote
    (other,) = {article.id for article in qa.articles} - {source}
    elsewhere = qa.ask(WHERE, scope=Scope(articles=frozenset({other})))
    assert not elsewhere.answered
    assert {item.passage.article_id for item in elsewhere.evidence} == {other}
    nowhere = qa.ask(WHERE, scope=Scope(until="1900-01-01"))
    assert (nowhere.answered, nowhere.evidence) == (False, ())
