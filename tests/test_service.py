"""The service as a whole."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from qa.assemble import open_qa
from qa.config import Config
from qa.errors import ArticlesError, IndexMissing, QAError, QuestionError
from qa.service import QA


@pytest.mark.parametrize("question", ["", "   ", "?!"])
def test_an_empty_question_is_an_error_of_the_one_who_asks(qa: QA, question: str) -> None:
    with pytest.raises(QuestionError, match="empty"):
        qa.ask(question)


def test_every_stage_is_timed(qa: QA) -> None:
    trace = qa.ask("Who opened the meeting?").trace
    assert list(trace.timings_ms) == ["understand", "search", "read", "answer", "total"]
    assert trace.timings_ms["total"] >= sum(list(trace.timings_ms.values())[:-1]) - 0.1
    assert (trace.model, trace.index) == ("extractive", qa.ask("Who?").trace.index)


def test_only_suggestions_that_are_really_answered_are_offered(qa: QA, config: Config) -> None:
    assert qa.suggestions == config.suggestions
    wishful = config.model_copy(
        update={"suggestions": (*config.suggestions, "How many fighter jets did Poland pledge?")}
    )
    assert open_qa(wishful).suggestions == config.suggestions


def test_where_no_suggestion_is_answered_people_of_the_articles_are_asked_about(qa: QA, config: Config) -> None:
    suggested = open_qa(config.model_copy(update={"suggestions": ("How tall is the Eiffel Tower?",)})).suggestions
    assert "Who is Jens Stoltenberg?" in suggested
    assert all(qa.ask(question).answered for question in suggested)


def test_threads_share_the_service(qa: QA) -> None:
    questions = ["Where would a NATO headquarters be created?", "How many fighter jets did Poland pledge?"] * 8
    alone = [qa.ask(question).text for question in questions[:2]]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda question: qa.ask(question).text, questions))
    assert together == alone * 8


def test_articles_are_found_by_id(qa: QA) -> None:
    assert [qa.article(article.id) for article in qa.articles] == list(qa.articles)
    assert qa.article("no-such-article") is None


@pytest.mark.parametrize("error", [ArticlesError, IndexMissing, QuestionError])
def test_one_except_clause_catches_every_error_of_ours(error: type[QAError]) -> None:
    assert issubclass(error, QAError)
    assert error.status in range(400, 600)
    assert error.exit_code in range(1, 10)
