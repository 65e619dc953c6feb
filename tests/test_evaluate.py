"""The evaluation: what it counts as right, on examples small enough to check by hand."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.config import Evaluation
from qa.errors import ConfigError
from qa.evaluate import Case, Report, Split, evaluate, failures, load_cases, metrics, render
from qa.ingest import read_folder
from qa.types import Answer, Article, Citation, Evidence, Passage, Quote, Refusal, Role, Trace, Turn

SEEDS = Path(__file__).parents[1] / "seeds"
BRIDGE = Article("bridge", "The bridge", "It was built in 1903. It is 52 metres long. Nobody paid. It was painted red.")
TOWER = Article("tower", "The tower", "The tower is 30 metres high. It was built in 1903.")
QUESTIONS = """
articles: {b: The bridge, t: The tower}
cases:
  - {id: built, kind: fact, split: dev, question: "When was the bridge built?", gold: {b: [in 1903]}, answers: ["1903"]}
  - {id: about, kind: broad, split: test, question: Describe the bridge., gold: {b: ["1903", 52 m, red]}, needed: 2}
  - id: and-long
    kind: follow-up
    split: dev
    history: [{role: user, content: "When was the bridge built?"}, {role: assistant, content: In 1903.}]
    question: How long is it?
    gold: {b: [52 metres]}
  - {id: cost, kind: absent, split: dev, question: "What did the bridge cost?"}
"""


class FakeQA:
    """Gives the answers that it was told to, and refuses everything else."""

    articles = (BRIDGE, TOWER)

    def __init__(self, *answers: Answer) -> None:
        self.answers = {answer.question: answer for answer in answers}
        self.histories: dict[str, tuple[Turn, ...]] = {}

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        self.histories[question] = tuple(history)
        return self.answers.get(question) or refusal(question)


def quote(article: Article, text: str) -> Quote:
    start = article.text.index(text)
    return Quote(article.id, article.title, article.url, text, start, start + len(text))


def passage(article: Article, text: str) -> Evidence:
    start = article.text.index(text)
    place = Passage(f"{article.id}:{start}", article.id, article.title, None, text, start, start + len(text))
    return Evidence(place, fused_score=0.5)


def cited(*quotes: Quote) -> tuple[Citation, ...]:
    return tuple(
        Citation(q.article_id, q.title, q.url, q.quote, q.start, q.end, n, 1.0) for n, q in enumerate(quotes, 1)
    )


def answer(question: str, *quotes: Quote, short: str | None = None, evidence: tuple[Evidence, ...] = ()) -> Answer:
    return Answer(
        id="1",
        question=question,
        asked=question,
        text=" ".join(q.quote for q in quotes),
        short_answer=short,
        confidence=0.9,
        citations=cited(*quotes),
        evidence=evidence,
        trace=Trace({"total": 1.0}, "fake", "fake"),
    )


def refusal(question: str, closest: Quote | None = None) -> Answer:
    why = Refusal.NOT_IN_ARTICLES
    return replace(answer(question), text="The articles do not say.", confidence=0.1, refusal=why, closest=closest)


@pytest.fixture
def load(tmp_path: Path):
    def load(text: str, split: Split | None = None) -> tuple[Case, ...]:
        path = tmp_path / "questions.yaml"
        path.write_text(text, encoding="utf-8")
        return load_cases(FakeQA.articles, path, split)

    return load


@pytest.fixture
def cases(load) -> tuple[Case, ...]:
    return load(QUESTIONS)


def row(report: Report, case_id: str):
    return next(row for row in report.rows if row.id == case_id)


# --- the questions


def test_every_shipped_question_has_its_gold_in_the_shipped_articles():
    cases = load_cases(read_folder(SEEDS, max_file_mb=5).articles)
    assert len(cases) >= 110
    assert sum(not case.answerable for case in cases) >= 35
    splits = Counter((case.kind, case.split) for case in cases)
    for kind in {case.kind for case in cases}:
        assert splits[kind, Split.DEV], kind
        assert splits[kind, Split.TEST], kind


def test_gold_becomes_offsets_into_the_article(cases: tuple[Case, ...]):
    assert cases[0].gold == (quote(BRIDGE, "in 1903"),)
    assert BRIDGE.text[cases[0].gold[0].start : cases[0].gold[0].end] == "in 1903"


def test_one_split_can_be_asked_alone(load):
    assert [case.id for case in load(QUESTIONS, Split.TEST)] == ["about"]


def test_history_reaches_the_qa(cases: tuple[Case, ...]):
    qa = FakeQA()
    evaluate(qa, cases)
    assert qa.histories["How long is it?"] == (
        Turn(Role.USER, "When was the bridge built?"),
        Turn(Role.ASSISTANT, "In 1903."),
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[52 metres]", "[53 metres]", "and-long: gold occurs 0 times"),
        ("[in 1903]", "[It]", "built: gold occurs 3 times"),
        ("gold: {b: [in 1903]}", "gold: {x: [in 1903]}", "built names an article that is not listed"),
        ("b: The bridge", "b: The ferry", "'The ferry'; 0 of the 2 articles have that title"),
        ("needed: 2", "needed: 4", "about needs 4 quotes but gives 3"),
        ("id: about", "id: cost", "used twice as an id: cost"),
        ('cost?"}', 'cost?", answers: ["5"]}', "cost has short answers but no gold"),
        ("kind: absent", "sort: absent", "cases.3.kind: Field required"),
        ("split: test", "split: train", "cases.1.split"),
        ("articles: {", "articles: [", "is not valid YAML"),
    ],
)
def test_a_wrong_question_file_is_an_error_that_names_the_case(load, old: str, new: str, message: str):
    assert QUESTIONS.count(old) == 1
    with pytest.raises(ConfigError) as caught:
        load(QUESTIONS.replace(old, new))
    assert message in str(caught.value)
    assert "questions.yaml" in str(caught.value)


def test_nothing_to_ask_is_an_error(load, tmp_path: Path):
    with pytest.raises(ConfigError, match="no question"):
        load("articles: {}\ncases: []")
    with pytest.raises(ConfigError, match="Cannot read"):
        load_cases(FakeQA.articles, tmp_path / "missing.yaml")


# --- what counts as right


def test_an_answer_is_right_if_it_cites_gold(cases: tuple[Case, ...]):
    right = answer("When was the bridge built?", quote(BRIDGE, "It was built in 1903."), short="1903")
    report = evaluate(FakeQA(right), cases)
    assert row(report, "built").right
    assert row(report, "built").exact_match == 1


def test_a_planted_wrong_answer_is_counted_wrong(cases: tuple[Case, ...]):
    wrong = answer("When was the bridge built?", quote(BRIDGE, "Nobody paid."), short="1902")
    report = evaluate(FakeQA(wrong), cases[:1])
    assert not report.rows[0].right
    assert report.summary.answers_right == 0
    assert report.summary.citations_precise == 0
    assert report.summary.f1 == 0
    assert "built (fact): When was the bridge built?" in render(report)


def test_the_same_words_in_another_article_are_not_gold(cases: tuple[Case, ...]):
    elsewhere = answer("When was the bridge built?", quote(TOWER, "It was built in 1903."), short="1903")
    assert not evaluate(FakeQA(elsewhere), cases[:1]).rows[0].right


def test_a_broad_question_needs_several_of_its_quotes(cases: tuple[Case, ...]):
    one = answer("Describe the bridge.", quote(BRIDGE, "It is 52 metres long."))
    two = answer("Describe the bridge.", quote(BRIDGE, "It is 52 metres long."), quote(BRIDGE, "It was painted red."))
    assert not evaluate(FakeQA(one), cases[1:2]).rows[0].right
    assert evaluate(FakeQA(two), cases[1:2]).rows[0].right


def test_a_refusal_is_right_only_where_the_articles_do_not_say(cases: tuple[Case, ...]):
    summary = evaluate(FakeQA(), cases).summary
    assert (summary.answers_right, summary.refusals_wrong, summary.refusals_right) == (0, 1, 1)


def test_an_answer_to_what_the_articles_do_not_say_is_wrong(cases: tuple[Case, ...]):
    invented = answer("What did the bridge cost?", quote(BRIDGE, "Nobody paid."), short="nothing")
    report = evaluate(FakeQA(invented), cases)
    assert not row(report, "cost").right
    assert report.summary.refusals_right == 0
    assert 'the articles do not say, but answered "nothing"' in render(report)


def test_precision_is_over_all_citations_of_answerable_questions(cases: tuple[Case, ...]):
    built = answer("When was the bridge built?", quote(BRIDGE, "It was built in 1903."))
    about = answer(
        "Describe the bridge.",
        quote(BRIDGE, "It is 52 metres long."),
        quote(BRIDGE, "Nobody paid."),
        quote(TOWER, "The tower is 30 metres high."),
    )
    invented = answer("What did the bridge cost?", quote(BRIDGE, "Nobody paid."))
    assert evaluate(FakeQA(built, about, invented), cases).summary.citations_precise == 2 / 4


def test_a_quote_that_is_not_the_articles_text_fails_the_evaluation(cases: tuple[Case, ...]):
    closest = quote(BRIDGE, "Nobody paid.")
    changed = Quote("bridge", "The bridge", None, "Somebody paid.", closest.start, closest.end)
    honest = evaluate(FakeQA(refusal("What did the bridge cost?", closest)), cases[3:])
    altered = evaluate(FakeQA(refusal("What did the bridge cost?", changed)), cases[3:])
    floors = Evaluation(answers_right=0, refusals_right=0, hit_rate_at_5=0)
    assert (honest.summary.quotes_verbatim, failures(honest, floors)) == (1, [])
    assert altered.summary.quotes_verbatim == 0
    assert "exact text" in " ".join(failures(altered, floors))


def test_hits_and_ranks_are_by_passages_that_meet_gold(cases: tuple[Case, ...]):
    evidence = (passage(TOWER, "It was built in 1903."), passage(BRIDGE, "It was built in 1903. It is 52 metres long."))
    second = answer("When was the bridge built?", evidence=evidence)
    first = answer("How long is it?", evidence=evidence[1:])
    report = evaluate(FakeQA(second, first), [cases[0], cases[2]])
    assert report.summary.hit_rate_at_1 == 1 / 2
    assert report.summary.hit_rate_at_5 == 1
    assert report.summary.mrr == (1 / 2 + 1) / 2


def test_what_was_not_scored_is_none_and_apart_from_zero(cases: tuple[Case, ...]):
    unanswerable = evaluate(FakeQA(), cases[3:]).summary
    assert unanswerable.answers_right is None
    assert unanswerable.mrr is None
    assert unanswerable.f1 is None
    assert unanswerable.quotes_verbatim is None
    answerable = evaluate(FakeQA(), cases[:1]).summary
    assert answerable.refusals_right is None
    assert (answerable.answers_right, answerable.mrr, answerable.f1) == (0, 0, 0)


# --- the report


def test_floors_name_what_is_below_them(cases: tuple[Case, ...]):
    report = evaluate(FakeQA(), cases)
    assert failures(report, Evaluation(answers_right=0, refusals_right=1, hit_rate_at_5=0)) == []
    found = failures(report, Evaluation(answers_right=0.5, refusals_right=1, hit_rate_at_5=0.25))
    assert [sentence.split(" ")[0] for sentence in found] == ["answers_right", "hit_rate_at_5"]
    assert "0.000, below its floor of 0.5" in found[0]


def test_a_floor_of_what_was_not_scored_is_not_missed(cases: tuple[Case, ...]):
    assert failures(evaluate(FakeQA(), cases[3:]), Evaluation(answers_right=1, refusals_right=1, hit_rate_at_5=1)) == []


def test_the_table_has_a_row_for_each_kind_and_lists_what_went_wrong(cases: tuple[Case, ...]):
    right = answer("When was the bridge built?", quote(BRIDGE, "It was built in 1903."), short="long ago")
    table, wrong = render(evaluate(FakeQA(right), cases)).split("\n\n")
    rows = [line.split()[:2] for line in table.splitlines()[3:]]
    assert [cells for cells in rows if cells[1].isdigit()] == [
        ["fact", "1"],
        ["broad", "1"],
        ["follow-up", "1"],
        ["absent", "1"],
        ["all", "4"],
    ]
    assert "the sentence is right, the short answer is not" in wrong
    assert wrong.count("refused (0.10)") == 2


def test_a_faultless_run_says_so(cases: tuple[Case, ...]):
    assert render(evaluate(FakeQA(), cases[3:])).endswith("Nothing went wrong.")


def test_the_report_is_json(cases: tuple[Case, ...]):
    report = json.loads(json.dumps(evaluate(FakeQA(), cases).as_dict()))
    assert report["summary"]["unanswerable"] == 1
    assert list(report["by_kind"]) == ["fact", "broad", "follow-up", "absent"]
    assert report["by_kind"]["absent"]["mrr"] is None
    assert [row["id"] for row in report["rows"]] == ["built", "about", "and-long", "cost"]


def test_each_row_is_reported_as_it_is_done(cases: tuple[Case, ...]):
    seen: list[str] = []
    evaluate(FakeQA(), cases, progress=lambda row: seen.append(row.id))
    assert seen == ["built", "about", "and-long", "cost"]


# --- the measures


@pytest.mark.parametrize(
    ("given_answer", "accepted", "exact", "f1"),
    [
        ("The Wallenstein Palace", ["Wallenstein Palace."], 1, 1),
        ("“a multi-year program”", ["multi-year program"], 1, 1),
        ("in June", ["June"], 0, 2 / 3),
        ("30 May", ["Thursday, 30 May", "30 and 31 May"], 0, 4 / 5),
        ("Friday", ["Thursday"], 0, 0),
        ("", ["Thursday"], 0, 0),
    ],
)
def test_short_answers_are_compared_as_squad_does(given_answer: str, accepted: list[str], exact: float, f1: float):
    assert metrics.exact_match(given_answer, accepted) == exact
    assert metrics.token_f1(given_answer, accepted) == pytest.approx(f1)


@given(st.text(), st.text().filter(metrics.normalise))
def test_f1_lies_between_exact_match_and_one(given_answer: str, accepted: str):
    assert metrics.exact_match(given_answer, [accepted]) <= metrics.token_f1(given_answer, [accepted]) <= 1


@given(st.integers(0, 30), st.integers(1, 9), st.integers(0, 30), st.integers(1, 9))
def test_two_stretches_meet_exactly_if_they_share_a_character(a: int, a_length: int, b: int, b_length: int):
    one = Quote("x", "", None, "", a, a + a_length)
    other = Quote("x", "", None, "", b, b + b_length)
    assert metrics.meet(one, other) == bool(set(range(a, a + a_length)) & set(range(b, b + b_length)))


def test_percentiles_are_by_nearest_rank():
    assert metrics.percentile(range(1, 101), 95) == 95
    assert metrics.percentile([40, 10, 30, 20], 50) == 20
    assert metrics.percentile([40, 10, 30, 20], 95) == 40
    assert metrics.percentile([7], 50) == 7
