"""What readers say about answers: taken over HTTP, kept as lines."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from evaltest import RATING, TEXT
from flask.testing import FlaskClient
from hypothesis import given
from webtest import AGAIN, JETS, WHERE, FakeQA

from qa.config import Config, Feedback, Server
from qa.errors import FeedbackFull
from qa.feedback import Cited, Reason, append, read_ratings
from qa.types import Refusal, Role, Turn
from web import create_app

PROBLEM = "application/problem+json"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "feedback.jsonl"


@pytest.fixture
def client(file: Path) -> FlaskClient:
    config = Config(feedback=Feedback(file=file), server=Server(max_question_chars=100, max_history_turns=4))
    return create_app(FakeQA(), config).test_client()


def rate(client: FlaskClient, question: str, history: list[dict[str, str]] | None = None, **more: Any) -> Any:
    """Ask, and say what one thinks of the answer, as the page does."""
    answer = client.post("/api/ask", json={"question": question, "history": history or []}).get_json()
    return client.post("/api/feedback", json=request_for(answer, history or []) | more)


def request_for(answer: dict[str, Any], history: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "answer_id": answer["id"],
        "index": answer["trace"]["index"],
        "question": answer["question"],
        "asked": answer["asked"],
        "history": history,
        "refusal": answer["refusal"],
        "citations": [{key: citation[key] for key in ("article_id", "quote")} for citation in answer["citations"]],
        "helpful": True,
    }


# Taking it


def test_what_is_said_is_kept_with_its_question_its_quotes_and_the_index_and_nothing_about_the_reader(
    client: FlaskClient, file: Path
) -> None:
    history = [{"role": "user", "content": WHERE}, {"role": "assistant", "content": "Wiesbaden [1]"}]
    response = rate(client, AGAIN, history, helpful=False, reason="wrong_quote", comment=" It says\nsomething else. ")
    assert (response.status_code, response.data) == (204, b"")
    line = json.loads(file.read_bytes())
    assert line.keys() == {
        "time", "answer_id", "index", "question", "asked", "history", "refusal", "citations", "helpful", "reason",
        "comment",
    }  # fmt: skip
    ((kept,), unreadable) = read_ratings(file)
    assert kept.history == (Turn(Role.USER, WHERE), Turn(Role.ASSISTANT, "Wiesbaden [1]"))
    assert (kept.answer_id, kept.index, kept.asked) == ("a1", "0123456789ab", WHERE)
    assert (kept.helpful, kept.reason, kept.comment) == (False, Reason.WRONG_QUOTE, "It says\nsomething else.")
    assert kept.citations[0].quote.startswith("Allies considered creating a NATO headquarters")
    assert kept.time.endswith("Z")
    assert unreadable == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_refusal_is_kept_as_one(client: FlaskClient, file: Path) -> None:
    assert rate(client, JETS).status_code == 204
    ((kept,), _) = read_ratings(file)
    assert (kept.refusal, kept.citations, kept.helpful) == (Refusal.NOT_IN_ARTICLES, (), True)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"helpful": "yes"}, "helpful"),
        ({"helpful": False, "reason": "boring"}, "reason"),
        ({"comment": "x" * 501}, "comment"),
        ({"comment": "\ud800"}, "comment"),
        ({"question": "\udfff"}, "question"),
        ({"question": "?!"}, "question"),
        ({"question": "x" * 101}, "question"),
        ({"history": [{"role": "user", "content": "y"}] * 5}, "history"),
        ({"history": [{"role": "user", "content": "\ud800"}]}, "history.0.content"),
        ({"history": [{"role": "user", "content": "y" * 20_001}]}, "history.0.content"),
        ({"asked": "x" * 10_001}, "asked"),
        ({"citations": [{"article_id": "a", "quote": "q" * 5_001}]}, "citations.0.quote"),
        ({"answer_id": ""}, "answer_id"),
        ({"answer_id": "x" * 201}, "answer_id"),
        ({"citations": [{"article_id": "a"}]}, "citations.0.quote"),
        ({"citations": [{"article_id": "a", "quote": "q"}] * 51}, "citations"),
        ({"citations": []}, "body"),
        ({"refusal": "not_in_articles"}, "body"),
        ({"reason": "incomplete"}, "body"),
        ({"address": "127.0.0.1"}, "address"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name_and_not_kept(
    client: FlaskClient, file: Path, change: dict[str, Any], field: str
) -> None:
    answer = client.post("/api/ask", json={"question": WHERE}).get_json()
    body = json.dumps(request_for(answer, []) | change)
    response = client.post("/api/feedback", data=body, content_type="application/json")
    assert (response.status_code, response.mimetype) == (422, PROBLEM)
    assert [error["field"] for error in response.get_json()["errors"]] == [field]
    assert not file.exists()


def test_without_a_file_nothing_is_taken() -> None:
    response = rate(create_app(FakeQA(), Config()).test_client(), WHERE)
    assert (response.status_code, response.mimetype) == (404, PROBLEM)
    assert "feedback.file" in response.get_json()["detail"]


def test_a_full_file_says_what_to_do_and_moving_it_away_helps(file: Path) -> None:
    client = create_app(FakeQA(), Config(feedback=Feedback(file=file, max_mb=0.005))).test_client()
    while (response := rate(client, WHERE)).status_code == 204:
        pass
    assert (response.status_code, response.mimetype) == (507, PROBLEM)
    assert "move it away" in response.get_json()["detail"]
    assert 4_000 < file.stat().st_size <= 5_000
    file.rename(file.with_suffix(".old"))
    assert rate(client, WHERE).status_code == 204


def test_a_conversation_that_is_too_long_to_be_kept_is_refused(client: FlaskClient, file: Path) -> None:
    history = [{"role": "user", "content": "é" * 8_000}] * 2
    response = rate(client, WHERE, history)
    assert (response.status_code, response.mimetype) == (413, PROBLEM)
    assert "32 kB are allowed" in response.get_json()["detail"]
    assert not file.exists()
    assert rate(client, WHERE, history[:1]).status_code == 204


def test_a_disk_that_fails_is_told_without_a_traceback_or_a_path(file: Path, client: FlaskClient) -> None:
    file.mkdir(parents=True)
    response = rate(client, WHERE)
    assert (response.status_code, response.mimetype) == (500, PROBLEM)
    assert "cannot be written: Is a directory" in response.get_json()["detail"]
    assert str(file.parent) not in response.text


# The lines


@given(question=TEXT, comment=TEXT, said=TEXT)
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, question: str, comment: str, said: str
) -> None:
    file = tmp_path_factory.mktemp("kept") / "feedback.jsonl"
    cited = (Cited("bridge", said), Cited("tower", question))
    first = replace(RATING, question=question, comment=comment, history=(Turn(Role.USER, said),), citations=cited)
    second = replace(first, answer_id="a2", question=said, refusal=Refusal.UNSUPPORTED)
    append(first, file, 1)
    append(second, file, 1)
    assert file.read_bytes().count(b"\n") == 2
    assert read_ratings(file) == ((first, second), 0)


def test_of_an_answer_rated_twice_both_lines_stay_and_the_last_one_counts(file: Path) -> None:
    changed = replace(RATING, helpful=False, reason=Reason.INCOMPLETE)
    other = replace(RATING, answer_id="a2")
    for rating in (RATING, other, changed):
        append(rating, file, 1)
    assert len(file.read_bytes().splitlines()) == 3
    assert read_ratings(file) == ((other, changed), 0)


def test_many_threads_write_whole_lines(file: Path) -> None:
    ratings = [replace(RATING, answer_id=f"a{n}", comment="x" * (n * 37 % 500)) for n in range(300)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda rating: append(rating, file, 1), ratings))
    read, unreadable = read_ratings(file)
    assert sorted(read, key=lambda rating: int(rating.answer_id[1:])) == ratings
    assert unreadable == 0


def test_many_threads_together_keep_the_bound(file: Path) -> None:
    def fits(n: int) -> bool:
        try:
            append(replace(RATING, answer_id=f"a{n}"), file, 0.01)
        except FeedbackFull:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        kept = sum(pool.map(fits, range(200)))
    assert len(read_ratings(file)[0]) == kept < 200
    assert file.stat().st_size <= 10_000


@pytest.mark.parametrize("half", [b'{"time": "2024', b"\xf0\x9f", b'{"answer_id": 1}\n'])
def test_half_a_line_spoils_neither_the_one_before_nor_the_next(file: Path, half: bytes) -> None:
    append(RATING, file, 1)
    with file.open("ab") as lines:
        lines.write(half)
    append(replace(RATING, answer_id="a2"), file, 1)
    assert read_ratings(file) == ((RATING, replace(RATING, answer_id="a2")), 1)
