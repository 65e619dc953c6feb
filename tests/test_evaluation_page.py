"""The last evaluation's report, as the service shows it."""

import base64
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from evaltest import FakeQA as TinyQA
from evaltest import fixed_cases
from flask.testing import FlaskClient
from webtest import FakeQA

from qa.config import Config, Evaluation
from qa.evaluate import evaluate
from qa.evaluate.about import about
from qa.evaluate.results import keep
from web import create_app

PATH = "/evaluation"


@pytest.fixture
def places(tmp_path: Path) -> Evaluation:
    return Evaluation(folder=tmp_path / "evaluation")


@pytest.fixture
def client(places: Evaluation) -> Iterator[FlaskClient]:
    with create_app(FakeQA(), Config(evaluation=places)).test_client() as client:
        yield client


@pytest.fixture
def report(places: Evaluation, tmp_path: Path) -> str:
    found = evaluate(TinyQA(), fixed_cases(tmp_path))
    keep(found, about(found, "in process", "questions.yaml"), places)
    return places.report.read_text(encoding="utf-8")


def test_without_a_report_the_page_says_how_to_make_one(client: FlaskClient) -> None:
    response = client.get(PATH)
    assert (response.status_code, response.mimetype) == (404, "text/html")
    assert "<code>qa evaluate</code>" in response.text
    assert PATH not in client.get("/").text


def test_the_last_report_is_shown_under_a_strict_policy(client: FlaskClient, report: str) -> None:
    response = client.get(PATH)
    assert (response.status_code, response.mimetype, response.text) == (200, "text/html", report)
    policy = response.headers["Content-Security-Policy"]
    styles = re.findall(r"<style>(.*?)</style>", report, re.DOTALL)
    assert len(styles) == 1
    digest = base64.b64encode(hashlib.sha256(styles[0].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}';" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert f'href="{PATH}"' in client.get("/").text


@pytest.mark.parametrize("content", [b"", b"<html><style>a{}</style>", b"\xff\xfe</html>", b"<html></html>"])
def test_a_torn_report_is_as_good_as_none(client: FlaskClient, places: Evaluation, content: bytes) -> None:
    places.folder.mkdir()
    places.report.write_bytes(content)
    assert client.get(PATH).status_code == 404


def test_a_folder_in_the_report_s_place_is_as_good_as_none(client: FlaskClient, places: Evaluation) -> None:
    places.report.mkdir(parents=True)
    assert client.get(PATH).status_code == 404
    assert client.get("/").status_code == 200
