"""The data that the verifier is trained on: what is called true is, and the false words are where it is said."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.models.train.answers import statement
from qa.models.train.edits import Edit, apply
from qa.models.train.pairs import Article, absent, rest
from qa.models.train.rewording import CUTS, MOVES

SENTENCES = [
    "Stoltenberg opened the meeting in Prague.",
    "Norway pledged forty tanks in May.",
    "The tanks of Poland are old.",
]


@given(st.text(alphabet="ab ", max_size=30), st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=4))
def test_the_new_words_are_where_the_ranges_say(text: str, steps: list[tuple[int, int]]) -> None:
    edits, at = [], 0
    for number, (gap, length) in enumerate(steps):
        start, end = at + gap, at + gap + length
        if end > len(text):
            break
        edits.append(Edit(start, end, f"<{number}>"))
        at = end
    changed, ranges = apply(text, edits)
    assert [changed[a:b] for a, b in ranges] == [edit.new for edit in edits]
    assert re.sub(r"<\d>", "", changed) == "".join(
        letter for n, letter in enumerate(text) if not any(edit.start <= n < edit.end for edit in edits)
    )


def test_the_nearest_sentence_is_found_without_those_that_are_ruled_out() -> None:
    article = Article(SENTENCES)
    assert article.nearest("Norway pledged tanks", 1) == [1]
    assert article.nearest("Norway pledged tanks", 1, without=[1]) == [2]


def test_words_that_the_evidence_lacks_and_those_that_it_has_are_the_whole_claim() -> None:
    claim = "Norway pledged forty aircraft."
    missing = absent(claim, SENTENCES[1])
    assert [claim[a:b] for a, b in missing] == ["aircraft"]
    assert [claim[a:b] for a, b in rest(claim, missing)] == ["Norway", "pledged", "forty"]


@pytest.mark.parametrize(
    ("question", "answer", "said"),
    [
        ("Who opened the meeting?", "Stoltenberg", "Stoltenberg opened the meeting."),
        ("When was the bridge built?", "1926", "The bridge was built in 1926."),
        ("Where did the ministers meet?", "in Prague", "The ministers meet in Prague."),
        ("How many tanks did Norway pledge?", "forty", "Norway pledge forty tanks."),
    ],
)
def test_a_question_and_its_answer_make_a_statement(question: str, answer: str, said: str) -> None:
    made = statement(question, answer)
    assert made is not None
    assert (made[0], made[0][slice(*made[1])]) == (said, answer)


def test_a_question_of_another_form_makes_none() -> None:
    assert statement("Is the bridge old?", "yes") is None


@pytest.mark.parametrize(
    ("rules", "text", "expected"),
    [
        (MOVES, "In May, the ministers met in Prague.", "The ministers met in Prague in May."),
        (
            MOVES,
            "The meeting was opened by Jens Stoltenberg in Prague.",
            "Jens Stoltenberg opened the meeting in Prague.",
        ),
        (MOVES, "“The doors remain open,” said Jan Lipavsky.", "Jan Lipavsky said that the doors remain open."),
        (MOVES, "They met on 30 May 2024.", "They met on May 30, 2024."),
        (CUTS, "Stoltenberg, the head of NATO, opened the meeting.", "Stoltenberg opened the meeting."),
        (CUTS, "The budget (the first in years) was passed.", "The budget was passed."),
    ],
)
def test_other_words_say_the_same(rules: list, text: str, expected: str) -> None:
    assert expected in {re.sub(pattern, new, text, count=1) for pattern, new in rules}
