"""The measures of one question, on examples small enough to check by hand and against the field's own definitions."""

import re
import string
from collections import Counter

import pytest
from evaltest import BRIDGE, TOWER, answer, passage, quote
from hypothesis import given
from hypothesis import strategies as st

from qa.evaluate import metrics
from qa.types import Evidence, Passage, Quote

ASCII = st.text(st.characters(codec="ascii"))


def at(start: int, end: int) -> Quote:
    return Quote("x", "", None, "", start, end)


def passages(*spans: tuple[int, int]) -> list[Evidence]:
    return [Evidence(Passage(str(i), "x", "", None, "", start, end), 0) for i, (start, end) in enumerate(spans)]


stretches = st.tuples(st.integers(0, 60), st.integers(1, 9)).map(lambda pair: (pair[0], sum(pair)))


@given(stretches, stretches)
def test_two_stretches_meet_exactly_if_they_share_a_character(one: tuple[int, int], other: tuple[int, int]) -> None:
    assert metrics.meet(at(*one), at(*other)) == bool(set(range(*one)) & set(range(*other)))


def test_stretches_of_two_articles_never_meet() -> None:
    assert not metrics.meet(quote(BRIDGE, "It was built in 1903."), quote(TOWER, "It was built in 1903."))


def test_ranks_are_of_the_first_passage_with_gold() -> None:
    evidence, gold = passages((50, 60), (0, 9), (3, 20)), [at(5, 7)]
    assert [metrics.hit(evidence, gold, k) for k in (1, 2, 3)] == [False, True, True]
    assert metrics.reciprocal_rank(evidence, gold) == 1 / 2
    assert metrics.reciprocal_rank(evidence[:1], gold) == 0


def test_ndcg_by_hand() -> None:
    one, two = at(0, 5), at(20, 25)
    assert metrics.ndcg(passages((0, 9), (20, 29)), [one, two], 10) == 1
    assert metrics.ndcg(passages((50, 60), (0, 9)), [one], 10) == pytest.approx(1 / 1.5849625)
    assert metrics.ndcg(passages((0, 9)), [one, two], 10) == pytest.approx(1 / (1 + 1 / 1.5849625))
    assert metrics.ndcg(passages((0, 9), (0, 9)), [one], 10) == 1  # a second passage with the same gold gains nothing
    assert metrics.ndcg(passages((50, 60), (0, 9)), [one], 1) == 0


@given(st.lists(stretches, max_size=8), st.lists(stretches, min_size=1, max_size=4), st.integers(1, 10), st.data())
def test_ndcg_is_a_share_and_a_useless_passage_on_top_never_helps(
    spans: list[tuple[int, int]], gold: list[tuple[int, int]], k: int, data: st.DataObject
) -> None:
    quotes, evidence = [at(*span) for span in gold], passages(*spans)
    value = metrics.ndcg(evidence, quotes, k)
    assert 0 <= value <= 1 + 1e-12
    place = data.draw(st.integers(0, len(evidence)))
    worse = [*evidence[:place], *passages((900, 901)), *evidence[place:]]
    assert metrics.ndcg(worse, quotes, k) <= value + 1e-12


def test_citation_recall_counts_sentences_and_precision_citations() -> None:
    gold = [quote(BRIDGE, "in 1903")]
    given_answer = answer("?", quote(BRIDGE, "It was built in 1903."), quote(BRIDGE, "Nobody paid."))
    sentences, citations = given_answer.sentences, given_answer.citations
    assert metrics.borne_out(sentences, citations, gold) == 1
    assert metrics.borne_out(sentences[1:], citations, gold) == 0
    assert metrics.precise(citations, gold) == 1
    assert metrics.gold_cited(citations, [*gold, quote(BRIDGE, "red")]) == 1


def test_a_quote_is_verbatim_only_at_its_own_place() -> None:
    texts = {BRIDGE.id: BRIDGE.text}
    right = quote(BRIDGE, "Nobody paid.")
    moved = Quote(BRIDGE.id, "", None, right.quote, right.start + 1, right.end + 1)
    assert metrics.verbatim([right, moved, quote(TOWER, "The tower")], texts) == 1


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
def test_short_answers_are_compared_as_squad_does(
    given_answer: str, accepted: list[str], exact: float, f1: float
) -> None:
    assert metrics.exact_match(given_answer, accepted) == exact
    assert metrics.token_f1(given_answer, accepted) == pytest.approx(f1)


def official_normalise(text: str) -> str:
    """As the evaluation script of SQuAD 2.0 does it."""
    bare = "".join(c for c in text.lower() if c not in set(string.punctuation))
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", bare).split())


def official_f1(gold: str, predicted: str) -> float:
    gold_tokens, tokens = official_normalise(gold).split(), official_normalise(predicted).split()
    same = sum((Counter(gold_tokens) & Counter(tokens)).values())
    if not gold_tokens or not tokens:
        return float(gold_tokens == tokens)
    if same == 0:
        return 0
    precision, recall = same / len(tokens), same / len(gold_tokens)
    return 2 * precision * recall / (precision + recall)


@given(ASCII, ASCII)
def test_on_ascii_they_agree_with_squad_s_own_script(given_answer: str, accepted: str) -> None:
    assert metrics.normalise(given_answer) == official_normalise(given_answer)
    assert metrics.token_f1(given_answer, [accepted]) == pytest.approx(official_f1(accepted, given_answer))


@given(st.text(), st.text())
def test_f1_lies_between_exact_match_and_one(given_answer: str, accepted: str) -> None:
    assert metrics.exact_match(given_answer, [accepted]) <= metrics.token_f1(given_answer, [accepted]) <= 1


def test_evidence_of_another_article_is_no_hit() -> None:
    assert not metrics.hit([passage(TOWER, "It was built in 1903.")], [quote(BRIDGE, "in 1903")], 10)
