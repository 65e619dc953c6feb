"""What readers say about answers: taken over HTTP, kept as lines, made into questions."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from evaltest import BRIDGE, BUILT, COST, LONG, TOWER, answer, quote, refusal
from evaltest import FakeQA as MeasuredQA
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from webtest import AGAIN, JETS, WHERE, FakeQA

from qa.cli import main
from qa.config import Config, Feedback, Server
from qa.errors import FeedbackFull
from qa.evaluate import load_cases
from qa.evaluate.feedback import as_questions, ask_again, hear, render_feedback
from qa.feedback import Cited, Rating, Reason, append, read_ratings
from qa.types import Article, Refusal, Role, Turn
from web import create_app

PROBLEM = "application/problem+json"
ARTICLES = (BRIDGE, TOWER)
RATING = Rating(
    time="2024-05-31T12:00:00Z",
    answer_id="a1",
    index="0123456789ab",
    question=BUILT,
    asked=BUILT,
    history=(),
    refusal=None,
    citations=(Cited("bridge", "It was built in 1903."),),
    helpful=True,
    reason=None,
    comment="",
)
TEXT = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(["a\nb", "\u2028", "😀", "\r", "\0", "\x85"])


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


# As questions

HELPFUL = RATING
REFUSED = replace(RATING, answer_id="a2", question=COST, asked=COST, refusal=Refusal.NOT_IN_ARTICLES, citations=())
FOLLOW_UP = replace(
    RATING,
    answer_id="a3",
    question=LONG,
    history=(Turn(Role.USER, BUILT), Turn(Role.ASSISTANT, ""), Turn(Role.ASSISTANT, "In 1903. [1]")),
    citations=(Cited("bridge", "It is 52 metres long."), Cited("tower", "The tower is 30 metres high.")),
)
STALE = replace(RATING, answer_id="a4", question="Who paid?", citations=(Cited("bridge", "The king paid."),))
TWICE = replace(RATING, answer_id="a5", question="When?", citations=(Cited("bridge", "It"),))
GONE = replace(RATING, answer_id="a6", question="Who?", citations=(Cited("ferry", "It was built in 1903."),))
DOUBTED = replace(RATING, answer_id="a7", helpful=False, reason=Reason.WRONG_ANSWER, comment="No!\x1b[2J It was 1904.")


def test_what_helped_becomes_questions_with_the_quotes_as_gold(tmp_path: Path) -> None:
    heard = hear((HELPFUL, REFUSED, FOLLOW_UP, STALE, TWICE, GONE, DOUBTED), ARTICLES)
    assert (heard.stale, heard.doubted) == ((STALE, TWICE, GONE), (DOUBTED,))
    file = tmp_path / "candidates.yaml"
    file.write_text(as_questions(heard.candidates, ARTICLES), encoding="utf-8")
    answered, refused, follow_up = load_cases(ARTICLES, file)
    assert (answered.id, answered.gold) == ("a1", (quote(BRIDGE, "It was built in 1903."),))
    assert (refused.question, refused.answerable) == (COST, False)
    assert follow_up.gold == (quote(BRIDGE, "It is 52 metres long."), quote(TOWER, "The tower is 30 metres high."))
    assert follow_up.history == (FOLLOW_UP.history[0], FOLLOW_UP.history[2])


def test_an_article_whose_title_is_not_its_own_gives_no_gold() -> None:
    namesake = Article("other", BRIDGE.title, "Another text.")
    assert hear((HELPFUL,), (*ARTICLES, namesake)).stale == (HELPFUL,)


def test_the_same_question_of_several_readers_is_one_candidate() -> None:
    again = replace(HELPFUL, answer_id="b1")
    assert hear((HELPFUL, again, replace(again, answer_id="b2", helpful=False)), ARTICLES).candidates == (again,)


@given(TEXT.filter(bool), TEXT.filter(bool))
def test_whatever_was_asked_comes_back_out_of_the_file_of_questions(
    tmp_path_factory: pytest.TempPathFactory, question: str, said: str
) -> None:
    file = tmp_path_factory.mktemp("made") / "candidates.yaml"
    article = Article("a", f"Title {said}", f"<{said}>")
    rating = replace(
        RATING, question=question, history=(Turn(Role.USER, said),), citations=(Cited("a", article.text),)
    )  # fmt: skip
    file.write_text(as_questions([rating], [article]), encoding="utf-8")
    (case,) = load_cases([article], file)
    assert (case.question, case.history) == (question, rating.history)
    assert [gold.quote for gold in case.gold] == [article.text]


def test_what_did_not_help_is_asked_again_and_shown_beside_what_it_was() -> None:
    refused = replace(REFUSED, helpful=False, answer_id="b1")
    heard = hear((DOUBTED, refused), ARTICLES)
    qa = MeasuredQA(answer(COST, quote(BRIDGE, "Nobody paid.")), refusal(BUILT))
    seen: list[tuple[int, int]] = []
    now = ask_again(qa, heard.doubted, lambda done, total: seen.append((done, total)))
    shown = render_feedback(heard, 2, now)
    assert seen == [(1, 2), (2, 2)]
    assert "2 lines of the file cannot be read" in shown
    first, second = shown.split("\n\n")[1:]
    assert first.splitlines() == [
        BUILT,
        "    reader  wrong answer: No![2J It was 1904.",
        "    then    It was built in 1903.",
        "    now     refused (not_in_articles)",
    ]
    assert second.splitlines()[2:] == ["    then    refused (not_in_articles)", "    now     Nobody paid."]
    assert "now     the same" in render_feedback(
        heard, 0, [answer(BUILT, quote(BRIDGE, "It was built in 1903.")), now[1]]
    )


def test_evaluate_asks_what_readers_rated_and_leaves_the_report_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], config: Config, qa: object
) -> None:
    assert qa
    file, evaluation = tmp_path / "feedback.jsonl", tmp_path / "evaluation"
    config_file = tmp_path / "config.yaml"
    config_file.write_text(
        f"articles: {{folder: {config.articles.folder}}}\nindex: {{folder: {config.index.folder}}}\n"
        f"evaluation: {{folder: {evaluation}}}\nfeedback: {{file: feedback.jsonl}}\n"
    )
    cited = (Cited(next(a.id for a in FakeQA().articles if "Wiesbaden" in a.text), "Wiesbaden, Germany"),)
    append(replace(RATING, question=WHERE, citations=cited), file, 1)
    append(replace(REFUSED, question=JETS, helpful=False, reason=Reason.SHOULD_ANSWER), file, 1)
    assert main(["evaluate", "--feedback", "--config", str(config_file)]) == 0
    out = capsys.readouterr().out
    assert "1 questions of candidates.yaml, in process" in out
    assert "Nothing went wrong." in out
    assert f"{JETS}\n    reader  should answer\n    then    refused" in out
    assert [made.name for made in evaluation.iterdir()] == ["candidates.yaml"]
    assert stat.S_IMODE((evaluation / "candidates.yaml").stat().st_mode) == 0o600
    elsewhere = file.rename(tmp_path / "moved.jsonl")
    assert main(["evaluate", "--feedback", "--config", str(config_file)]) == 2
    assert "--feedback FILE" in capsys.readouterr().err
    assert main(["evaluate", "--feedback", str(elsewhere), "--config", str(config_file)]) == 0


@pytest.mark.parametrize("more", [["--split", "dev"], ["--against"], ["--save-baseline"], ["--ablate"], []])
def test_feedback_is_evaluated_by_itself_and_needs_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str]
) -> None:
    config_file = tmp_path / "config.yaml"
    config_file.touch()
    assert main(["evaluate", "--feedback", "--config", str(config_file), *more]) == 2
    assert "--feedback" in capsys.readouterr().err
