"""The gate: an unchanged service passes it, one that is really worse does not."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from evaltest import BUILT, QUESTIONS, FakeQA, answer, fixed_cases, quote

from qa.assemble import open_stages
from qa.config import Config
from qa.errors import ConfigError
from qa.evaluate import Case, Report, Split, evaluate, load_cases
from qa.evaluate.about import about
from qa.evaluate.compare import Comparison, Earlier, compare, read_earlier
from qa.evaluate.report import drops, render_comparison
from qa.evaluate.results import results, save_baseline
from qa.models.reader import Reader
from qa.service import QA
from qa.types import Evidence, Scope


class ForgetfulReader(Reader):
    """Reads the passages that the search found least likely."""

    def rerank(self, question: str, evidence: Sequence[Evidence], passages: int) -> list[Evidence]:
        return super().rerank(question, list(evidence)[::-1], passages)


def saved(report: Report, folder: Path) -> Earlier:
    save_baseline(report, folder / "baseline.json")
    return read_earlier(folder / "baseline.json")


def dropped(comparison: Comparison) -> set[str]:
    return {change.measure.key for change in comparison.changes if change.dropped}


@pytest.fixture(scope="module")
def questions(qa: QA) -> tuple[Case, ...]:
    """Enough questions of both sorts, some of which have a short answer."""
    cases = load_cases(qa.articles, split=Split.DEV)
    return tuple([case for case in cases if case.answers][:20] + [case for case in cases if not case.answerable][:12])


@pytest.fixture(scope="module")
def baseline(qa: QA, questions: tuple[Case, ...], tmp_path_factory: pytest.TempPathFactory) -> Earlier:
    return saved(evaluate(qa, questions), tmp_path_factory.mktemp("baseline"))


@pytest.fixture(scope="module")
def rebuilt(config: Config) -> Callable[..., QA]:
    """The real service with one of its stages replaced."""
    index, stages = open_stages(config)
    return lambda **change: QA(index.articles, index.name, replace(stages, **change), ())


def test_an_unchanged_service_passes(qa: QA, questions: tuple[Case, ...], baseline: Earlier) -> None:
    comparison = compare(evaluate(qa, questions), baseline)
    assert drops(comparison) == []
    assert (comparison.questions, comparison.lost, comparison.won) == (32, (), ())
    assert "Each of the 32 questions is as right or wrong as before." in render_comparison(comparison)


def test_a_reader_that_reads_the_wrong_passages_fails(
    rebuilt: Callable[..., QA], questions: tuple[Case, ...], baseline: Earlier
) -> None:
    comparison = compare(evaluate(rebuilt(reader=ForgetfulReader()), questions), baseline)
    assert {"answers_right", "token_f1"} <= dropped(comparison)
    assert len(comparison.lost) >= 4
    assert "answers right fell from" in " ".join(drops(comparison))
    assert "a real drop" in render_comparison(comparison)


def test_a_search_that_loses_the_best_passages_fails(
    rebuilt: Callable[..., QA], qa: QA, questions: tuple[Case, ...], baseline: Earlier
) -> None:
    def last_ones(question: str, _scope: Scope | None) -> list[Evidence]:
        return list(qa.ask(question).evidence[-3:])

    worse = compare(evaluate(rebuilt(search=last_ones), questions), baseline)
    assert "hit_rate_at_5" in dropped(worse)


def test_answering_whatever_is_asked_fails(config: Config, questions: tuple[Case, ...], baseline: Earlier) -> None:
    lenient = config.model_copy(update={"answer": config.answer.model_copy(update={"threshold": 0.0})})
    index, stages = open_stages(lenient)
    qa = QA(index.articles, index.name, stages, ())
    assert dropped(compare(evaluate(qa, questions), baseline)) == {"refusal_recall"}


def test_other_questions_are_told_and_left_out(tmp_path: Path) -> None:
    cases = fixed_cases(tmp_path)
    qa = FakeQA(answer(BUILT, quote(FakeQA.articles[0], "It was built in 1903."), short="1903"))
    before = saved(evaluate(qa, cases), tmp_path)
    other = QUESTIONS.replace("id: cost", "id: price").replace("How long is it?", "And how long is it?")
    comparison = compare(evaluate(FakeQA(), fixed_cases(tmp_path, other)), before)
    assert (comparison.added, comparison.removed, comparison.reworded) == (("price",), ("cost",), ("and-long",))
    assert (comparison.questions, comparison.lost, comparison.won) == (2, ("built",), ())
    assert compare(evaluate(qa, cases), saved(evaluate(FakeQA(), cases), tmp_path)).won == ("built",)


def test_other_gold_is_another_question(tmp_path: Path) -> None:
    before = saved(evaluate(FakeQA(), fixed_cases(tmp_path)), tmp_path)
    moved = QUESTIONS.replace("b: [in 1903]", "t: [in 1903]")
    assert compare(evaluate(FakeQA(), fixed_cases(tmp_path, moved)), before).reworded == ("built",)


def test_one_run_can_be_held_against_the_results_of_another_with_every_figure(tmp_path: Path) -> None:
    report = evaluate(FakeQA(), fixed_cases(tmp_path))
    file = tmp_path / "results.json"
    file.write_text(json.dumps(results(report, about(report, "in process", "q.yaml"))), encoding="utf-8")
    keys = [change.measure.key for change in compare(report, read_earlier(file)).changes]
    assert {"mrr", "auroc", "aurc", "citation_recall", "answers_right"} & set(keys) >= {"mrr", "auroc", "aurc"}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"rows": [{"id": 1}]}', "[" * 100_000])
def test_a_file_that_is_no_baseline_says_how_to_make_one(tmp_path: Path, text: str) -> None:
    (tmp_path / "b.json").write_text(text)
    with pytest.raises(ConfigError, match="--save-baseline"):
        read_earlier(tmp_path / "b.json")
    with pytest.raises(ConfigError, match="--save-baseline"):
        read_earlier(tmp_path / "none.json")


def test_nothing_in_common_is_an_error_not_a_pass(tmp_path: Path) -> None:
    cases = fixed_cases(tmp_path)
    before = saved(evaluate(FakeQA(), cases[:1]), tmp_path)
    with pytest.raises(ConfigError, match="no question in common"):
        compare(evaluate(FakeQA(), cases[1:]), before)


def test_a_baseline_has_one_line_for_each_question(tmp_path: Path) -> None:
    save_baseline(evaluate(FakeQA(), fixed_cases(tmp_path)), tmp_path / "b.json")
    lines = (tmp_path / "b.json").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 4 + 2
    assert json.loads(lines[1].rstrip(","))["id"] == "built"
