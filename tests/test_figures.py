"""Figures and their intervals, against definitions written out the long way."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.evaluate.figures import (
    Figure,
    NotScored,
    Score,
    Statistic,
    aurc,
    auroc,
    change,
    measure,
    percentile,
    ratio,
    risk_coverage,
)

part = st.floats(0, 1).map(lambda x: round(x, 2))
outcomes = st.lists(st.tuples(part, st.booleans().map(float)), min_size=1, max_size=25)
STATISTICS = (ratio, auroc, aurc, percentile(95))


def figure(scores: list[Score], statistic: Statistic) -> Figure:
    made = measure(scores, statistic, "nothing")
    assert isinstance(made, Figure)
    return made


@given(st.lists(part, min_size=1, max_size=25))
def test_a_mean_lies_in_its_interval_and_that_within_the_values(values: list[float]) -> None:
    made = figure([(value, 1.0) for value in values], ratio)
    assert made.value == pytest.approx(np.mean(values))
    assert min(values) - 1e-9 <= made.low <= made.value + 1e-9
    assert made.value - 1e-9 <= made.high <= max(values) + 1e-9
    assert made.n == len(values)


def test_the_interval_of_a_share_is_about_as_wide_as_theory_says() -> None:
    made = figure([(float(i < 60), 1.0) for i in range(100)], ratio)
    half = 1.96 * math.sqrt(0.6 * 0.4 / 100)
    assert (made.low, made.high) == pytest.approx((0.6 - half, 0.6 + half), abs=0.012)


def test_a_ratio_resamples_questions_not_citations() -> None:
    one_long_answer = figure([(9.0, 9.0), (0.0, 1.0)], ratio)
    assert one_long_answer.value == 0.9
    assert (one_long_answer.low, one_long_answer.high) == (0, 1)


@pytest.mark.parametrize("statistic", STATISTICS)
def test_nothing_to_measure_is_apart_from_zero(statistic: Statistic) -> None:
    assert measure([], statistic, "no question was asked") == NotScored("no question was asked")


def test_what_needs_both_sorts_says_so() -> None:
    assert measure([(0.5, 1.0), (0.7, 1.0)], auroc, "both sorts") == NotScored("both sorts")
    assert measure([(0.0, 0.0)], ratio, "no citation") == NotScored("no citation")


def test_the_same_scores_give_the_same_interval() -> None:
    scores = [(float(i % 3 == 0), 1.0) for i in range(50)]
    assert measure(scores, ratio, "") == measure(scores, ratio, "")


@given(outcomes)
def test_auroc_is_the_mann_whitney_statistic(scores: list[Score]) -> None:
    yes, no = ([confidence for confidence, outcome in scores if outcome == of] for of in (1, 0))
    made = measure(scores, auroc, "both sorts")
    if not yes or not no:
        assert made == NotScored("both sorts")
    else:
        wins = sum((a > b) + (a == b) / 2 for a, b in itertools.product(yes, no))
        assert isinstance(made, Figure)
        assert made.value == pytest.approx(wins / (len(yes) * len(no)))
        assert 0 <= made.low <= made.high <= 1


@given(outcomes)
def test_aurc_is_the_mean_risk_over_all_coverages(scores: list[Score]) -> None:
    risks = []
    for confidence, _ in scores:  # everything of the same confidence is answered together
        answered = [right for other, right in scores if other >= confidence]
        risks.append(1 - sum(answered) / len(answered))
    assert figure(scores, aurc).value == pytest.approx(np.mean(risks))


def test_the_risk_coverage_curve_by_hand() -> None:
    scores = [(0.2, 0.0), (0.9, 1.0), (0.5, 0.0), (0.7, 1.0)]
    assert risk_coverage(scores) == [(0.25, 0), (0.5, 0), (0.75, pytest.approx(1 / 3)), (1, 0.5)]


@given(st.lists(st.floats(0, 1e4), min_size=1, max_size=30), st.sampled_from([50, 95, 99]))
def test_percentiles_are_by_nearest_rank(values: list[float], percent: int) -> None:
    nearest = sorted(values)[math.ceil(percent / 100 * len(values)) - 1]
    assert figure([(value, 1.0) for value in values], percentile(percent)).value == nearest


@given(outcomes, st.sampled_from(STATISTICS))
def test_no_change_is_exactly_none(scores: list[Score], statistic: Statistic) -> None:
    made = change(scores, scores, statistic, "nothing")
    if isinstance(made, Figure):
        assert (made.value, made.low, made.high) == (0, 0, 0)


@pytest.mark.parametrize(("lost", "real"), [(1, False), (3, False), (4, True), (12, True)])
def test_a_drop_is_real_if_four_questions_are_lost_and_none_won(lost: int, real: bool) -> None:
    before = [(1.0, 1.0)] * 100
    after = [(float(i >= lost), 1.0) for i in range(100)]
    made = change(before, after, ratio, "nothing")
    assert isinstance(made, Figure)
    assert made.value == pytest.approx(-lost / 100)
    assert (made.high < 0) is real


def test_as_many_won_as_lost_is_no_change() -> None:
    before = [(float(i < 50), 1.0) for i in range(100)]
    made = change(before, before[::-1], ratio, "nothing")
    assert isinstance(made, Figure)
    assert made.low < made.value == 0 < made.high
