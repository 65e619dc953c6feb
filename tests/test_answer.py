"""Answers, as somebody who asks meets them: right, cited to the letter, or an honest refusal."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.answer.extractive import figures_differ
from qa.answer.fits import fits
from qa.answer.question import Expects, Kind, analyse
from qa.answer.quotes import quote, sentences, standalone
from qa.service import QA
from qa.types import Answer, Article, Refusal, Role, Support, Turn


def cited(answer: Answer) -> str:
    return " ".join(citation.quote for citation in answer.citations)


@pytest.mark.parametrize(
    ("question", "short_answer", "quoted"),
    [
        ("Where would a NATO headquarters be created?", "Wiesbaden, Germany", "Allies considered creating"),
        ("When will the first Czech munitions arrive in Ukraine?", "June", "The first deliveries secured"),
        ("Which anniversary will NATO celebrate at the Washington Summit?", "75th anniversary", "75th anniversary"),
        ("On which dates were the informal talks in Prague held?", "30 and 31 May 2024", "met for informal talks"),
    ],
)
def test_a_factual_question_gets_the_short_answer_and_its_sentence(
    qa: QA, question: str, short_answer: str, quoted: str
) -> None:
    answer = qa.ask(question)
    assert answer.short_answer == short_answer
    assert quoted in answer.citations[0].quote
    assert answer.text.endswith("[1]") or "[2]" in answer.text


@pytest.mark.parametrize(
    "question",
    [
        "How many fighter jets did Poland pledge?",
        "How many tanks will Czechia send to Ukraine?",
        "What did Emmanuel Macron say in Prague?",
        "What was decided at the Vilnius summit?",
        "Summarise what was said about China.",
        "How do I make goulash?",
        "Which fields of the comment form are required?",
    ],
)
def test_what_the_articles_do_not_say_is_refused(qa: QA, question: str) -> None:
    answer = qa.ask(question)
    assert answer.refusal is Refusal.NOT_IN_ARTICLES
    assert answer.text.startswith("The articles do not say.")
    assert not answer.citations
    assert not answer.sentences


def test_a_refusal_names_the_unknown_words_and_the_closest_passage(qa: QA) -> None:
    answer = qa.ask("How many fighter jets did Poland pledge?")
    assert answer.unknown_words == ("fighter", "jets", "Poland", "pledge")
    assert "“fighter”, “jets”, “Poland” or “pledge”" in answer.text
    assert answer.closest
    assert qa.article(answer.closest.article_id)


def test_a_quotation_comes_whole_with_its_speaker(qa: QA) -> None:
    answer = qa.ask("What did Jan Lipavský say about containing Russia?")
    assert answer.citations[0].quote == (
        "“Czechia would welcome a consistent strategy to contain Russia within NATO. Part of containing Russia is "
        "logically and decisively supporting Ukraine’s right to defend itself against Russian aggression,” "
        "said Jan Lipavský."
    )
    assert [sentence.citations for sentence in answer.sentences][:2] == [(1,), (1,)]


def test_nobody_is_quoted_for_what_another_said(qa: QA) -> None:
    assert qa.ask("What did Stoltenberg say about the Czech munitions initiative?").refusal


def test_a_yes_no_question_gets_the_sentence_that_settles_it(qa: QA) -> None:
    answer = qa.ask("Does NATO offer Ukraine immediate membership?")
    assert "does not currently offer Ukraine immediate membership" in cited(answer)
    assert answer.short_answer is None


def test_a_sentence_that_opens_with_a_pronoun_brings_the_one_before(qa: QA) -> None:
    answer = qa.ask("What proposal did Jens Stoltenberg present?")
    assert len(answer.sentences) == 2
    assert answer.sentences[1].text.startswith("It was opened by")
    assert answer.citations[0].quote == f"{answer.sentences[0].text} {answer.sentences[1].text}"


@pytest.mark.parametrize("question", ["Summarise the articles.", "What do the articles say about Ukraine?"])
def test_a_broad_question_is_answered_from_all_articles_without_repetition(qa: QA, question: str) -> None:
    answer = qa.ask(question)
    assert len({citation.article_id for citation in answer.citations}) == 2
    texts = [sentence.text for sentence in answer.sentences]
    assert len(texts) == len(set(texts)) >= 4


def test_a_follow_up_is_understood_from_the_conversation(qa: QA) -> None:
    history = [
        Turn(Role.USER, "Where would a NATO headquarters be created?"),
        Turn(Role.ASSISTANT, qa.ask("Where would a NATO headquarters be created?").text),
    ]
    answer = qa.ask("And what would it be used for?", history)
    assert "headquarters" in answer.asked
    assert "central coordination point" in cited(answer)


def test_misspelt_words_are_understood_and_shown(qa: QA) -> None:
    answer = qa.ask("Where would a NATO hedquartrs be created?")
    assert answer.asked == "Where would a NATO headquarters be created?"
    assert answer.short_answer == "Wiesbaden, Germany"


QUESTIONS = st.lists(
    st.sampled_from(
        "who what where when how many did does the NATO Ukraine Prague Stoltenberg say about summit Czech “ ” 2024 ? "
        "xyzzy summarise headquarters Wiesbaden Lipavský open was it he 🚀 ÄÖ <b> [1]".split()
    ),
    min_size=1,
    max_size=12,
).map(" ".join)


@given(QUESTIONS)
@settings(max_examples=60)
def test_whatever_is_asked_every_quote_is_the_article_s_own_text(qa: QA, question: str) -> None:
    if not any(character.isalnum() for character in question):
        return
    answer = qa.ask(question)
    for source in (*answer.citations, *((answer.closest,) if answer.closest else ())):
        article = qa.article(source.article_id)
        assert article
        assert article.text[source.start : source.end] == source.quote
    assert [citation.n for citation in answer.citations] == list(range(1, len(answer.citations) + 1))
    assert {n for sentence in answer.sentences for n in sentence.citations} == {c.n for c in answer.citations}
    assert answer.answered == bool(answer.sentences)
    for sentence in answer.sentences:
        assert sentence.citations
        if sentence.support is Support.VERBATIM:
            assert any(sentence.text in c.quote for c in answer.citations if c.n in sentence.citations)


@pytest.mark.parametrize(
    ("question", "kind", "expects"),
    [
        ("Who opened the meeting?", Kind.FACTUAL, Expects.WHO),
        ("How much did the bridge cost?", Kind.FACTUAL, Expects.MONEY),
        ("How many shells were bought?", Kind.FACTUAL, Expects.NUMBER),
        ("Who was the secretary general when the ministers met where?", Kind.FACTUAL, Expects.WHO),
        ("What is the operation called?", Kind.FACTUAL, Expects.NAME),
        ("What tribute did Poland pay?", Kind.FACTUAL, Expects.ANYTHING),
        ("Who is the minister who said that Russia is a threat?", Kind.FACTUAL, Expects.WHO),
        ("Which company built it?", Kind.FACTUAL, Expects.NAME),
        ("What is the name of the brewery that enquired about the building?", Kind.FACTUAL, Expects.NAME),
        ("Did the ministers meet in Prague?", Kind.YES_NO, Expects.ANYTHING),
        ("According to Lipavský, what is the strongest guarantee?", Kind.QUOTATION, Expects.ANYTHING),
        ("What was the meeting about?", Kind.BROAD, Expects.ANYTHING),
        ("Tell me more: where would it be?", Kind.BROAD, Expects.ANYTHING),
        ("What is released when nylon flags are burned?", Kind.FACTUAL, Expects.ANYTHING),
    ],
)
def test_what_a_question_asks_for(question: str, kind: Kind, expects: Expects) -> None:
    asked = analyse(question)
    assert (asked.kind, asked.expects) == (kind, expects)


@pytest.mark.parametrize(
    ("expects", "fitting", "other"),
    [
        (Expects.MONEY, "£11.8 million", "tens of thousands"),
        (Expects.NUMBER, "tens of thousands", "artillery ammunition"),
        (Expects.NUMBER, "38", "ministers convened on May 31, 2024"),
        (Expects.DATE, "31 May", "over the years"),
        (Expects.CLOCK, "6.30 p.m", "Friday 31 May"),
        (Expects.WHEN, "during the summit", "Wiesbaden"),
        (Expects.DURATION, "more than three hours", "Germany"),
        (Expects.WHO, "Jens Stoltenberg", "2,024"),
        (Expects.NAME, "the Wellcome Trust", "several companies"),
        (Expects.WHERE, "Wiesbaden", "2024"),
    ],
)
def test_the_kind_of_answer_must_fit(expects: Expects, fitting: str, other: str) -> None:
    assert fits(expects, fitting)
    assert not fits(expects, other)


SPEECH = Article(
    "a",
    "A",
    'Nwosu led the trial.\n\nShe was pleased. "It works. It is cheap," she said. Others agreed.\n\nIt ended in May.',
)


@pytest.mark.parametrize(
    ("sentence", "quoted"),
    [
        ("It works.", 'She was pleased. "It works. It is cheap," she said.'),
        ("She was pleased.", "She was pleased."),  # the sentence before is another paragraph's
        ("Others agreed.", "Others agreed."),
        ("It ended in May.", "It ended in May."),
    ],
)
def test_a_quote_stands_on_its_own_within_its_paragraph(sentence: str, quoted: str) -> None:
    start = SPEECH.text.index(sentence)
    found = standalone(SPEECH, start, start + len(sentence))
    assert quote(SPEECH, found).quote == quoted


@given(st.text(alphabet=st.sampled_from('ab. “”"\nHe'), max_size=120))
def test_a_quote_always_holds_its_sentence(text: str) -> None:
    article = Article("a", "A", text)
    for start, end in sentences(text):
        found = standalone(article, start, end)
        assert found[0][0] <= start
        assert end <= found[-1][1]


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("28 April 2024", "29 April 2024", True),
        ("28 April 2024", "135 metres long", False),
        ("30 and 31 May 2024", "May 31, 2024", False),
        ("Twelve", "Nineteen", True),
        ("12", "twelve", False),
        ("120 metres", "120 years", False),
        ("120 metres", "135 metres", True),
        ("Jan Lipavský", "12", False),
    ],
)
def test_only_figures_of_the_same_kind_disagree(one: str, other: str, differ: bool) -> None:
    assert figures_differ(one, other) is figures_differ(other, one) is differ
