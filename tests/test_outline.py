"""Outlines of articles: what they say, whom and what they name, when it happened."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.outline import Outlines
from qa.outline.dates import stated_dates
from qa.outline.mentions import Kind, named
from qa.outline.outlines import statements
from qa.service import QA
from qa.types import Article, Outline

PROMPTED = Article("a", "A title", "", published="2024-05-31")


def dates(text: str, published: str | None = None) -> list[tuple[str, str] | str]:
    """Since and until of each date of a text; its words where its year is not known."""
    found = stated_dates(replace(PROMPTED, text=text, published=published))
    return [(d.since, d.until) if d.since and d.until else text[d.start : d.end] for d in found]


def day(iso: str) -> tuple[str, str]:
    return iso, iso


def names(text: str, kind: Kind) -> list[str]:
    return [text[slice(*name.spans[0])] for name in named(text) if name.kind is kind]


# Dates


@pytest.mark.parametrize(
    "text, expected",
    [
        ("They met in Prague on 30 and 31 May 2024.", [("2024-05-30", "2024-05-31")]),
        ("On May 31, 2024, they met.", [day("2024-05-31")]),
        ("It ran from 30 May 2024 to 2 June 2024.", [("2024-05-30", "2024-06-02")]),
        ("Anna Bell (14 October 1891 – 2 February 1967) was an engineer.", [("1891-10-14", "1967-02-02")]),
        ("A storm in November 1927 drowned a foreman.", [day("1927-11")]),
        ("It was built between 1926 and 1929, and lit in 1930.", [("1926", "1929"), day("1930")]),
        ("The budget for 2025/26 was passed.", [("2025", "2026")]),
        ("It was in use until the 1970s.", [("1970", "1979")]),
        ("The oak was felled in the winter of AD 103.", [day("0103")]),
        ("They settled in 1541, 1563 and 1581.", [day("1541"), day("1563"), day("1581")]),
        ("The seal of 1999-12-31 holds.", [day("1999-12-31")]),
    ],
)
def test_a_date_that_is_told_in_full_is_one_of_the_calendar(text: str, expected: list[object]) -> None:
    assert dates(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "The company employs 1,940 people, and 2024 of them in Geel.",
        "The village had in 1900 houses no water.",
        "Piles dated to about 1650 BC stand in the water.",
        "They may march on, and mar it.",
        "It costs $1999, or 2030 euros, and weighs 1850 kg.",
        "It was signed on 31 June 2024.",
        "A room for 2000 people.",
        "The rule 1999/2004 holds.",
    ],
)
def test_a_number_that_is_no_date_is_not_taken_for_one(text: str) -> None:
    assert dates(text) == []


@pytest.mark.parametrize(
    "text, published, expected",
    [
        ("The works begin on 3 June.", "2024-05-31", [day("2024-06-03")]),
        ("It began on 28 December.", "2025-01-04", [day("2024-12-28")]),
        ("It will open on 2 January.", "2024-12-20", [day("2025-01-02")]),
        ("The works begin in June.", "2024-05-31", [day("2024-06")]),
        ("PRAGUE, 8 June 2024 – The works begin in July.", None, [day("2024-06-08"), day("2024-07")]),
        ("They met on 31 May 2024. On Friday 31 May they ate.", None, [day("2024-05-31"), day("2024-05-31")]),
        ("The works begin on 3 June.", None, ["3 June"]),
        ("They met on Monday 31 May.", "2024-06-02", ["31 May"]),
        ("From October, visitors will see it.", "2025-02-14", ["October"]),
        ("It fell on 29 February.", "2023-03-01", ["29 February"]),
        ("They met on 31 May 2024. The 31 May is a holiday.", None, [day("2024-05-31"), "31 May"]),
    ],
)  # fmt: skip
def test_a_year_that_is_not_told_is_found_out_or_left_open(
    text: str, published: str | None, expected: list[object]
) -> None:
    assert dates(text, published) == expected


def test_a_statement_is_a_whole_sentence_with_what_it_leans_on() -> None:
    text = "9 November 2024\n\nBuilt in 1903\n\nThe ship was lost. It sank on 18 September 1944 with 61 on board."
    found = list(statements(replace(PROMPTED, text=text)))
    assert [(s.since, s.quote) for s in found] == [
        ("1944-09-18", "The ship was lost. It sank on 18 September 1944 with 61 on board.")
    ]


# Names


@pytest.mark.parametrize(
    "text, people",
    [
        ("The talks were opened by NATO Secretary General Jens Stoltenberg.", ["Jens Stoltenberg"]),
        ("“Stay open,” said Foreign Minister Jan Lipavský. Lipavský left.", ["Jan Lipavský"]),
        ("The winger Sofian Haddad scored.", ["Sofian Haddad"]),
        ("Zubaida Qwerty, the mayor, agreed.", ["Zubaida Qwerty"]),
        ("They read Simone de Beauvoir and Franklin D. Roosevelt.", ["Simone de Beauvoir", "Franklin D. Roosevelt"]),
        ("The judge, Mr Pugh, wrote it.", ["Pugh"]),
        ("The Mexican Rodrigo Anaya won.", ["Rodrigo Anaya"]),
        ("General Motors and Brightwell Cycles said so; Stephen Foster Memorial is near Charlotte Street.", []),
        ("The Golden Lamp went to Salt Years. Foreign Ministers Strengthen Alliance Unity.", []),
    ],
)
def test_people_are_told_from_other_names(text: str, people: list[str]) -> None:
    assert names(text, Kind.PERSON) == people


@pytest.mark.parametrize(
    "text, places",
    [
        ("They met at the Czernin Palace in Prague, and thanked Canada, the US and the UK.",
         ["Czernin Palace", "Prague", "Canada", "US", "UK"]),
        ("It burned at Zzgeel, in northern Belgium.", ["Zzgeel", "Belgium"]),
        ("She was born in Qleith, near Lake Orvessa.", ["Qleith", "Lake Orvessa"]),
        ("KOUROU, 19 September 2024 - It was launched.", ["KOUROU"]),
        ("Ms Paris said that the European Union reads the Washington Post in Latin.", []),
    ],
)  # fmt: skip
def test_places_are_told_from_other_names(text: str, places: list[str]) -> None:
    assert names(text, Kind.PLACE) == places


def test_organisations_are_told_from_other_names() -> None:
    text = (
        "NATO asked the University of Leeds, the Finnish Meteorological Institute and St Brigid’s Hospital. ABC ended."
    )
    assert names(text, Kind.ORGANISATION) == [
        "NATO", "University of Leeds", "Finnish Meteorological Institute", "St Brigid’s Hospital",
    ]  # fmt: skip


def test_names_that_join_on_and_on_are_not_put_together_for_ever() -> None:
    text = "They spoke to the " + "Council of " * 20_000 + "Europe."
    assert max(end - start for name in named(text) for start, end in name.spans) < 100


def test_somebody_named_in_full_and_by_surname_is_one_however_it_is_spelt() -> None:
    text = "“Yes,” said Lipavský. Foreign Minister Jan Lipavsky left. Jan Lipavský’s car broke down."
    [person] = named(text)
    assert [text[slice(*span)] for span in person.spans] == ["Jan Lipavsky", "Jan Lipavský", "Lipavský"]


# Outlines


def test_every_article_that_ships_is_outlined(qa: QA) -> None:
    for article in qa.articles:
        outline = qa.outline(article.id)
        assert outline is not None
        assert len(outline.digest) == 3
        assert outline.digest[0].start == 0
        assert outline.words > 300
        assert {"Prague", "Ukraine"} < {place.name for place in outline.places}
        assert "Jens Stoltenberg" in {person.name for person in outline.people}
        check(article, outline)
    assert qa.outline("no-such-article") is None


def test_a_digest_leaves_out_headings_and_what_says_the_same_twice() -> None:
    said = "The council closed two libraries because it had no money left for them."
    article = replace(
        PROMPTED, text=f"A heading of as many words as a sentence\n\n{said} {said} He left it at once then."
    )
    found = Outlines({"a": article}, lambda ids: {id_: [1.0, 0.0] for id_ in ids}).outline(article)  # type: ignore
    assert [quote.quote for quote in found.digest] == [said]


def test_an_article_without_a_sentence_has_an_empty_digest() -> None:
    article = replace(PROMPTED, text="Contents")
    assert Outlines({"a": article}, lambda _: {}).outline(article) == Outline(1, (), (), (), (), ())


def test_the_timeline_has_the_dated_statements_of_all_articles_in_order(qa: QA) -> None:
    timeline = qa.timeline()
    assert timeline is qa.timeline()
    assert [statement.since for statement in timeline] == [
        "2002",
        "2024-05-30",
        "2024-05-30",
        "2024-05-31",
        "2024-05-31",
    ]
    assert {statement.article_id for statement in timeline} == {article.id for article in qa.articles}
    for statement in timeline:
        article = qa.article(statement.article_id)
        assert article is not None
        assert article.text[statement.start : statement.end] == statement.quote


PIECES = st.lists(
    st.sampled_from(
        ["NATO", "Jan Lipavský", "said", "in Prague", "May", "31", "2024", "30 and 31 May 2024", "Friday", "(", ")",
         "–", "of", "1970s", "\n\n", "\n", ". ", ", ", "“", "”", "'s", "’s", "Mr", "Dr.", "Lake", "St.", "<script>",
         "😀", "İ", "ſ", "AD 99", "from", "to", "between", "1999", "and", "It", "He", "0", "Feb. 29", "2023-02-29",
         "University", "AAAA", "...", "\u202e"]
    ),
    max_size=40,
)  # fmt: skip


@given(
    st.one_of(st.text(max_size=200), PIECES.map(" ".join), PIECES.map("".join)),
    st.sampled_from([None, "2024-05-31", "0001-01-01", "9999-12-31"]),
)
def test_whatever_is_outlined_is_in_the_article_to_the_letter(text: str, published: str | None) -> None:
    article = replace(PROMPTED, text=text, published=published)
    outlines = Outlines({"a": article}, lambda ids: {id_: [1.0, len(id_)] for id_ in ids})  # type: ignore
    check(article, outlines.outline(article))
    for statement in outlines.timeline():
        assert article.text[statement.start : statement.end] == statement.quote
        assert statement.since <= statement.until or len(statement.since) != len(statement.until)


def check(article: Article, outline: Outline) -> None:
    for quote in outline.digest:
        assert article.text[quote.start : quote.end] == quote.quote
    assert list(outline.digest) == sorted(outline.digest, key=lambda quote: quote.start)
    for mention in (*outline.people, *outline.places, *outline.organisations, *outline.dates):
        assert mention.name in article.text[mention.start : mention.end]
        assert mention.count >= 1


def test_a_note_too_short_for_a_digest_has_none() -> None:
    article = Article("a", "A note", "The tiny note on the well\n\nThe well is dry.\n")

    def stored(ids: object) -> dict[str, object]:
        raise AssertionError(f"Chroma refuses to look up nothing, and is asked for {ids}")

    assert Outlines({"a": article}, stored).outline(article).digest == ()
