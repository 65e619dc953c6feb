"""The OpenAPI document is valid, says all that the API may answer, and the running service keeps to it."""

from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from flask.testing import FlaskClient
from fuzz_api import fuzz

PROBLEM = "application/problem+json"
STATUSES = {
    ("/api/ask", "post"): ["200", "400", "401", "404", "413", "415", "422", "429", "500", "503"],
    ("/api/feedback", "post"): ["204", "400", "401", "404", "413", "415", "422", "429", "500", "503", "507"],
    ("/api/articles", "get"): ["200", "304", "401", "429", "500", "503"],
    ("/api/articles/{article_id}", "get"): ["200", "401", "404", "429", "500", "503"],
    ("/api/suggestions", "get"): ["200", "401", "429", "500", "503"],
    ("/healthz", "get"): ["200", "500"],
    ("/readyz", "get"): ["200", "500", "503"],
    ("/metrics", "get"): ["200", "401", "429", "500"],
}


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    return client.get("/openapi.json").get_json()


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    paths = document["paths"].items()
    return {(path, method): operation for path, item in paths for method, operation in item.items()}


def test_the_document_is_valid_openapi_and_so_are_its_schemas(document: dict[str, Any]) -> None:
    schemathesis.openapi.from_dict(document).validate()
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema)


def test_every_status_is_documented(document: dict[str, Any]) -> None:
    assert {key: list(operation["responses"]) for key, operation in operations(document).items()} == STATUSES


def test_every_error_is_documented_as_problem_details_and_every_response_with_its_id(document: dict[str, Any]) -> None:
    for operation in operations(document).values():
        for status, response in operation["responses"].items():
            assert response["headers"]["X-Request-Id"]["required"]
            assert response["description"]
            if int(status) >= 400:
                assert list(response["content"]) == [PROBLEM]


def test_the_configured_limits_are_documented(document: dict[str, Any]) -> None:
    for name in ("AskRequest", "FeedbackRequest"):
        fields = document["components"]["schemas"][name]["properties"]
        assert (fields["question"]["maxLength"], fields["history"]["maxItems"]) == (100, 4)


def test_the_operations_have_the_names_of_what_they_do(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for operation in operations(document).values()]
    assert names == ["ask", "feedback", "articles", "article", "suggestions", "healthz", "readyz", "metrics"]


@pytest.mark.timeout(300)
def test_the_service_keeps_to_its_document(service: str) -> None:
    right, report = fuzz(service, cases=100, seed=1)
    assert right, report
    assert "No issues found" in report
