"""The evaluation: what it asks, counts as right and reports, on examples small enough to check by hand."""

import html
import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from evaltest import (
    ABOUT,
    BRIDGE,
    BUILT,
    COST,
    LONG,
    QUESTIONS,
    TOWER,
    FakeQA,
    answer,
    fixed_cases,
    passage,
    quote,
    refusal,
)

from qa.config import Evaluation
from qa.errors import ConfigError
from qa.evaluate import Case, Report, Row, Split, evaluate, load_cases
from qa.evaluate.about import about
from qa.evaluate.figures import Figure, NotScored
from qa.evaluate.html import render_html
from qa.evaluate.measures import MEASURES
from qa.evaluate.report import failures, render
from qa.evaluate.results import keep, results
from qa.ingest import read_folder
from qa.types import Role, Turn

SEEDS = Path(__file__).parents[1] / "seeds"
HOSTILE = "<script>document.title='taken'</script>"


@pytest.fixture
def load(tmp_path: Path):
    def load(text: str, split: Split | None = None) -> tuple[Case, ...]:
        return fixed_cases(tmp_path, text, split)

    return load


@pytest.fixture
def cases(load) -> tuple[Case, ...]:
    return load(QUESTIONS)


def row(report: Report, case_id: str) -> Row:
    return next(row for row in report.rows if row.case.id == case_id)


def value(report: Report, key: str) -> float:
    figure = report.figures[key]
    assert isinstance(figure, Figure), figure
    return figure.value


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
    right = answer(BUILT, quote(BRIDGE, "It was built in 1903."), short="1903")
    report = evaluate(FakeQA(right), cases)
    assert row(report, "built").right
    assert value(report, "answers_right") == pytest.approx(1 / 3)
    assert (value(report, "exact_match"), value(report, "token_f1")) == (1, 1)
    assert (value(report, "citation_recall"), value(report, "citation_precision")) == (1, 1)


def test_the_same_words_elsewhere_are_not_gold(cases: tuple[Case, ...]):
    report = evaluate(FakeQA(answer(BUILT, quote(TOWER, "It was built in 1903."), short="1903")), cases)
    assert not row(report, "built").right
    assert value(report, "exact_match") == 1
    assert (value(report, "citation_recall"), value(report, "citation_precision")) == (0, 0)


def test_a_broad_question_needs_several_quotes(cases: tuple[Case, ...]):
    one, two = quote(BRIDGE, "It was built in 1903."), quote(BRIDGE, "It was painted red.")
    assert not row(evaluate(FakeQA(answer(ABOUT, one)), cases), "about").right
    assert row(evaluate(FakeQA(answer(ABOUT, one, two)), cases), "about").right


def test_what_the_articles_do_not_say_is_to_be_refused(cases: tuple[Case, ...]):
    assert value(evaluate(FakeQA(), cases), "refusal_recall") == 1
    report = evaluate(FakeQA(answer(COST, quote(BRIDGE, "Nobody paid."))), cases)
    assert value(report, "refusal_recall") == 0
    assert value(report, "risk") == 1
    assert isinstance(report.figures["citation_precision"], NotScored)  # it is of answerable questions


def test_a_refusal_of_an_answerable_question_counts_against_answers_and_f1(cases: tuple[Case, ...]):
    report = evaluate(FakeQA(), cases)
    assert [value(report, key) for key in ("answers_right", "token_f1", "false_refusals", "coverage")] == [0, 0, 1, 0]


def test_the_confidence_is_judged_by_its_order(cases: tuple[Case, ...]):
    sure = [answer(question, quote(BRIDGE, "1903"), confidence=0.8) for question in (BUILT, LONG, ABOUT)]
    assert value(evaluate(FakeQA(*sure), cases), "auroc") == 1
    assert value(evaluate(FakeQA(*sure, refusal(COST, confidence=0.8)), cases), "auroc") == 1 / 2


def test_a_refused_question_is_judged_by_its_closest_passage_on_the_curve(cases: tuple[Case, ...]):
    near = evaluate(FakeQA(refusal(BUILT, quote(BRIDGE, "It was built in 1903."))), cases[:1])
    far = evaluate(FakeQA(refusal(BUILT, quote(BRIDGE, "Nobody paid."))), cases[:1])
    assert (value(near, "aurc"), value(far, "aurc")) == (0, 1)
    assert value(near, "answers_right") == 0


def test_every_quote_shown_must_be_verbatim(cases: tuple[Case, ...]):
    right = quote(BRIDGE, "Nobody paid.")
    honest = evaluate(FakeQA(refusal(COST, right)), cases)
    altered = evaluate(FakeQA(refusal(COST, replace(right, quote="Nobody paid!"))), cases)
    assert (value(honest, "verbatim_quotes"), value(altered, "verbatim_quotes")) == (1, 0)
    assert failures(honest, None) == []
    assert "exact text" in " ".join(failures(altered, None))


def test_hits_and_ranks_are_by_passages_that_meet_gold(cases: tuple[Case, ...]):
    evidence = (passage(TOWER, "It was built in 1903."), passage(BRIDGE, "It was built in 1903. It is 52 metres long."))
    second = answer(BUILT, evidence=evidence)
    first = answer(LONG, evidence=evidence[1:])
    report = evaluate(FakeQA(second, first), [cases[0], cases[2]])
    assert [value(report, key) for key in ("hit_rate_at_1", "hit_rate_at_5", "mrr")] == [1 / 2, 1, (1 / 2 + 1) / 2]


def test_what_was_not_scored_says_why_and_is_apart_from_zero(cases: tuple[Case, ...]):
    unanswerable = evaluate(FakeQA(), cases[3:])
    for key in ("answers_right", "mrr", "token_f1", "verbatim_quotes", "auroc", "risk"):
        assert isinstance(unanswerable.figures[key], NotScored), key
    answerable = evaluate(FakeQA(), cases[:1])
    assert isinstance(answerable.figures["refusal_recall"], NotScored)
    assert [value(answerable, key) for key in ("answers_right", "mrr", "token_f1")] == [0, 0, 0]
    text = render(unanswerable, about(unanswerable, "in process", "q.yaml"))
    assert "not scored: no question was asked that the articles answer" in text
    page = render_html(unanswerable, about(unanswerable, "in process", "q.yaml"))
    assert "not scored, because no question was asked that the articles answer" in page
    written = results(unanswerable, about(unanswerable, "in process", "q.yaml"))["figures"]["mrr"]
    assert (written["value"], written["not_scored"]) == (None, "no question was asked that the articles answer")


# --- the reports


def test_floors_name_what_is_below_them(cases: tuple[Case, ...]):
    report = evaluate(FakeQA(), cases)
    assert failures(report, Evaluation(answers_right=0, refusal_recall=1, hit_rate_at_5=0)) == []
    found = failures(report, Evaluation(answers_right=0.5, refusal_recall=1, hit_rate_at_5=0.25))
    assert ["evaluation.answers_right" in found[0], "evaluation.hit_rate_at_5" in found[1]] == [True, True]
    assert "0.000, below its floor of 0.5" in found[0]


def test_a_floor_of_what_was_not_scored_is_not_missed(cases: tuple[Case, ...]):
    floors = Evaluation(answers_right=1, refusal_recall=1, hit_rate_at_5=1)
    assert failures(evaluate(FakeQA(), cases[3:]), floors) == []


def test_the_terminal_shows_each_figure_each_kind_each_stage_and_what_went_wrong(cases: tuple[Case, ...]):
    report = evaluate(FakeQA(answer(BUILT, quote(BRIDGE, "It was built in 1903."), short="long ago")), cases)
    text = render(report, about(report, "in process", "q.yaml"))
    assert all(f"\n  {measure.name} " in text for measure in MEASURES)
    kinds = text.split("by kind")[1].split("\n\n")[0].splitlines()[2:]
    assert [line.split()[:2] for line in kinds] == [
        ["fact", "1"], ["broad", "1"], ["follow-up", "1"], ["absent", "1"], ["all", "4"],
    ]  # fmt: skip
    assert "the sentence is right, the short answer is not" in text
    assert text.count("refused (0.10)") == 2
    assert max(map(len, text.splitlines())) <= 120


def test_a_faultless_run_says_so(cases: tuple[Case, ...]):
    report = evaluate(FakeQA(), cases[3:])
    assert render(report, about(report, "in process", "q.yaml")).endswith("Nothing went wrong.")


def test_a_run_is_kept_as_json_and_as_a_page(cases: tuple[Case, ...], tmp_path: Path):
    report = evaluate(FakeQA(answer(BUILT, quote(BRIDGE, "It was built in 1903."), short="1903")), cases)
    places = Evaluation(folder=tmp_path / "kept")
    keep(report, about(report, "in process", "q.yaml"), places)
    written = json.loads(places.results.read_text(encoding="utf-8"))
    assert written["about"].keys() >= {
        "date",
        "mode",
        "index",
        "model",
        "seed",
        "packages",
        "python",
        "cores",
        "project",
    }
    assert written["figures"]["answers_right"] == {
        "name": "answers right", "value": 0.33333, "interval": [0.0, 1.0], "n": 3,
    }  # fmt: skip
    assert [row["id"] for row in written["rows"]] == ["built", "about", "and-long", "cost"]
    assert written["rows"][0]["citations"][0]["meets_gold"] is True
    assert written["rows"][0]["timings_ms"]["total"] == 1
    assert places.report.read_text(encoding="utf-8").endswith("</html>")
    assert len(list(places.folder.iterdir())) == 2


def test_a_folder_that_cannot_be_written_is_our_error(cases: tuple[Case, ...], tmp_path: Path):
    (tmp_path / "file").touch()
    report = evaluate(FakeQA(), cases)
    with pytest.raises(ConfigError, match=r"evaluation\.folder"):
        keep(report, about(report, "in process", "q.yaml"), Evaluation(folder=tmp_path / "file"))


def test_the_page_needs_nothing_else_and_shows_every_wrong_answer(cases: tuple[Case, ...]):
    wrong = answer(COST, quote(BRIDGE, "Nobody paid."), short=HOSTILE)
    report = evaluate(FakeQA(wrong), cases)
    page = render_html(report, about(report, "in process", "q.yaml"))
    assert not re.search(r"<script|stylesheet|https?://|@import|url\(| style=| on\w+=", page)
    assert "&lt;script&gt;" in page
    assert page.count("<li>") == 4
    assert all(f"<h3>{question}</h3>" in page for question in (BUILT, ABOUT, LONG, COST))
    assert page.count('<svg class="plot"') == 4
    assert all(measure.plain in html.unescape(page) for measure in MEASURES)


def test_each_question_is_reported_as_it_is_done(cases: tuple[Case, ...]):
    seen: list[tuple[int, int]] = []
    evaluate(FakeQA(), cases, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_the_readme_defines_every_measure():
    readme = (Path(__file__).parents[1] / "qa" / "evaluate" / "README.md").read_text(encoding="utf-8")
    assert [measure.name for measure in MEASURES if f"| {measure.name} |" not in readme] == []
