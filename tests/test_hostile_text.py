"""No question, conversation or article, however strange, breaks an answer or takes for ever."""

import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.converse import standalone
from qa.errors import ArticlesError, QuestionError
from qa.ingest import read_folder
from qa.service import QA
from qa.text import sentence_spans
from qa.types import Answer, Role, Turn

FOR_EVER_S = 10.0
"""What takes a few hundred milliseconds at worst, on a machine that does other things as well."""
PIECES = [
    "a", "A", "1", ".", ",", "'", "’", "“", '"', "(", "[", "<", " ", "\n", "-", "\u0301", "😀", "\u202e", "א", "漢",
    "\0", "_", "A. ", "a' ", "1,", "1.", "a-", "U.S.", "The ", "and ", "of ", "it ", "he ", "who ", "Who is he? ",
    "“a” ", "(( ",
    "a's ", "said ", "Mr. ", "in May ", "30 ", "May 2024 ", "%", "$1 ", "1 million ", "not ", "by a ", "[1]", "NATO ",
    "Jan Lipavský ", "A B-", "Aa Bb ", "İ", "ﷺ", "a\n", "? ", "…", "twenty-", "Q1 ", "12:00 ", "http://", "is it ",
    "what about ", "Foreign Minister ",
]  # fmt: skip
"""What regular expressions and rules look for; each is repeated."""
TEXT = st.text(st.characters(), max_size=500)
SAID = st.lists(st.sampled_from(PIECES) | TEXT, max_size=30).map("".join) | st.builds(
    lambda piece, times: piece * times, st.sampled_from(PIECES), st.integers(1, 500)
)
HISTORY = st.lists(st.builds(Turn, st.sampled_from(Role), SAID), max_size=8)


def check(qa: QA, answer: Answer) -> None:
    quotes = [*answer.citations, *filter(None, [answer.closest])]
    for quote in quotes:
        article = qa.article(quote.article_id)
        assert article
        assert article.text[quote.start : quote.end] == quote.quote
    assert (answer.refusal is None) is bool(answer.citations)
    assert 0 <= answer.confidence <= 1
    assert {n for sentence in answer.sentences for n in sentence.citations} == {cited.n for cited in answer.citations}


@settings(max_examples=200)
@given(question=SAID | TEXT, history=HISTORY)
def test_any_text_is_answered_with_true_quotes_or_is_no_question(qa: QA, question: str, history: list[Turn]) -> None:
    try:
        check(qa, qa.ask(question[:500], history))
    except QuestionError:
        assert not question[:500].isprintable() or not any(map(str.isalnum, question[:500]))


@pytest.mark.parametrize("asked", ["{}", "What did {} say about NATO?"])
def test_no_question_takes_for_ever(qa: QA, asked: str) -> None:
    for piece in PIECES:
        since = time.monotonic()
        try:
            check(qa, qa.ask(asked.format(piece * 500)[:500]))
        except QuestionError:
            assert asked == "{}"
        assert time.monotonic() - since < FOR_EVER_S, piece


@pytest.mark.parametrize("question", ["And why?", "What did he say about it?"])
def test_no_conversation_takes_for_ever(question: str) -> None:
    for piece in PIECES:
        longest = (piece * 20_000)[:20_000]
        for asked in (longest, "Who is Jan Lipavský?", (piece * 300)[:298] + "?"):
            since = time.monotonic()
            assert standalone(question, [Turn(Role.USER, asked), Turn(Role.ASSISTANT, longest)] * 10)
            assert time.monotonic() - since < FOR_EVER_S, (piece, asked[:30])


def page(body: str) -> str:
    return f"<html><head><title>News</title></head><body><article>{body}</article></body></html>"


SENTENCE = "<p>The ministers met in Prague on 31 May 2024 and discussed support for Ukraine.</p>"
ARTICLES = {
    "line.txt": "a" * 4_900_000,
    "brackets.txt": "[" * 1_000_000,
    "stops.txt": "A. " * 100_000,
    "lines.txt": "a\n" * 300_000,
    "gap.txt": "a" + " \n" * 500_000 + "b",
    "quotes.txt": "“" * 500_000,
    "capitals.txt": "Aa " * 300_000,
    "accents.txt": "e" + "\u0301" * 500_000,
    "controls.txt": "a\0" * 100_000,
    "brackets.md": "[" * 100_000,
    "pictures.md": "![" * 50_000,
    "emphasis.md": "*a " * 30_000,
    "lists.md": "- " * 50_000 + "a",
    "front.md": "---\na: " + "[" * 5_000 + "]" * 5_000 + "\n---\nText.\n",
    "number.md": "---\ntitle: " + "1:" * 3_000 + "1\n---\nText.\n",
    "aliases.md": "---\na: &a [x]\n" + "".join(f"b{i}: &b{i} [*a, *a]\n" for i in range(500)) + "---\nText.\n",
    "deep.html": page("<div>" * 100_000 + "deep"),
    "deeper.html": page("<blockquote>" * 240 + SENTENCE * 20 + "</blockquote>" * 240),
    "unclosed.html": page("<p " * 300_000),
    "attributes.html": page(f"<p {' '.join(f'a{n}=b' for n in range(300_000))}>a</p>{SENTENCE * 10}"),
    "tables.html": page("<table><tr><td>" * 3_000 + "a"),
    "breaks.html": page("a<br>" * 50_000),
    "entities.html": page("&" * 500_000),
}


@pytest.mark.parametrize("name", ARTICLES)
def test_no_article_takes_for_ever_or_keeps_the_others_from_being_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "good.txt").write_text("A good article\n\nIt has a sentence.\n", encoding="utf-8")
    (tmp_path / f"strange-{name}").write_text(ARTICLES[name], encoding="utf-8")
    since = time.monotonic()
    read = read_folder(tmp_path, 5)
    for article in read.articles:
        spans = sentence_spans(article.text)
        assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert time.monotonic() - since < 3 * FOR_EVER_S
    assert "A good article" in {article.title for article in read.articles}
    assert len(read.articles) + len(read.skipped) == 2


def test_a_folder_of_nothing_but_strange_files_is_an_error_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "controls.txt").write_text(ARTICLES["controls.txt"], encoding="utf-8")
    with pytest.raises(ArticlesError, match="binary file"):
        read_folder(tmp_path, 5)
