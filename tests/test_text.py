"""Sentences and words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.text import content_words, sentence_spans, stem


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    "expected",
    [
        ["NATO chiefs met on 30 and 31 May 2024.", "They talked."],
        ["He met J. Smith of Acme Inc. at 5 p.m. on Monday.", "Then he left."],
        ["The U.S. troops came.", "Dr. Novák saw them."],
        ["It cost €3.5 million.", "“Too much,” said Mr. Brown."],
        ["“Why now?” Jan Lipavský asked.", "Nobody knew."],
        ["“Czechia would welcome it.", "Part of it is right,” said Jan Lipavský."],
        ["(See No. 5 of the list.)", "All agreed!", "Did they?"],
    ],
)
def test_sentences_end_where_a_reader_would_say(expected: list[str]) -> None:
    assert sentences(" ".join(expected)) == expected


def test_a_line_that_an_editor_wrapped_is_not_the_end_of_a_sentence() -> None:
    wrapped = "The two-day event was the largest meeting of the Organisation in\nPrague since 2002. It ended."
    assert sentences(wrapped) == [wrapped[: wrapped.index(" It")], "It ended."]


def test_headings_list_items_and_paragraphs_end_sentences() -> None:
    assert sentences("Heading\n\nText of it\n- one item\n- another item") == [
        "Heading",
        "Text of it",
        "- one item",
        "- another item",
    ]


@given(st.text(alphabet=st.sampled_from("ab A.!?…”“\"'\n\t žŽ1é)("), max_size=200))
def test_sentences_are_ordered_trimmed_and_lose_only_white_space(text: str) -> None:
    spans = sentence_spans(text)
    assert all(text[start:end] == text[start:end].strip() != "" for start, end in spans)
    gaps = [0, *(number for span in spans for number in span), len(text)]
    assert gaps == sorted(gaps)
    assert not "".join(text[a:b] for a, b in zip(gaps[::2], gaps[1::2], strict=True)).strip()


def test_stems_ignore_case_accents_and_possessives() -> None:
    assert stem("Lipavský’s") == stem("Lipavsky") == stem("LIPAVSKÝ")
    assert stem("ministers") == stem("minister")


def test_content_words_leave_the_stop_words_out() -> None:
    assert content_words("Where would a NATO headquarters be created?") == ["NATO", "headquarters", "created"]


@pytest.mark.parametrize("filler", [" ", "\t", "\n", "a", ". ", "“"])
def test_long_runs_take_no_time_to_speak_of(filler: str) -> None:
    text = f"x.{filler * 200_000}x"  # took minutes when it was quadratic; the suite's limit for a test is two
    assert sentence_spans(text)[-1][1] == len(text)
