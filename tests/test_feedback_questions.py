"""Feedback made into questions: `qa evaluate --feedback`."""

import stat
from dataclasses import replace
from pathlib import Path

import pytest
from evaltest import BRIDGE, BUILT, COST, LONG, RATING, TEXT, TOWER, answer, quote, refusal
from evaltest import FakeQA as MeasuredQA
from hypothesis import given
from webtest import JETS, WHERE, FakeQA

from qa.cli import main
from qa.config import Config
from qa.evaluate import load_cases
from qa.evaluate.feedback import as_questions, ask_again, hear, render_feedback
from qa.feedback import Cited, Reason, append
from qa.types import Article, Refusal, Role, Turn

ARTICLES = (BRIDGE, TOWER)
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
