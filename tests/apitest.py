"""What the tests of the API share: a client, and what it sends and reads. A plugin of pytest."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from realpage import served
from webtest import FakeQA

from qa.config import Config, Server
from web import create_app

JSON = "application/json"
EVENTS = "text/event-stream"


@pytest.fixture(scope="module")
def client(fake_qa: FakeQA) -> FlaskClient:
    """A client of the API over `fake_qa`, with limits that are soon reached."""
    server = Server(max_question_chars=100, max_history_turns=4)
    return create_app(fake_qa, Config(title="Test", server=server)).test_client()


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the real service, run by `qa serve` in its own process; it takes feedback."""
    feedback = tmp_path_factory.mktemp("feedback") / "feedback.jsonl"
    with served(QA_FEEDBACK__FILE=str(feedback)) as address:
        yield address


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
