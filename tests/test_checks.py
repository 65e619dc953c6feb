"""What must not be wrong in a sentence of an answer: its numbers, dates, names, speakers, quotations, denials."""

import pytest

from qa.cite.checks import conflicts, problems
from qa.cite.quantities import days, quantities

# Values


@pytest.mark.parametrize(
    "one, other",
    [
        ("1,500 men", "fifteen hundred men"), ("1500", "one thousand five hundred"),
        ("$5 billion", "5 billion dollars"),
        ("£3.2m", "3.2 million pounds"), ("4.9%", "4.9 per cent"), ("23 workers", "Twenty-three workers"),
        ("9th goal", "ninth goal"), ("twice", "two times"), ("a pair of successors", "two successors"),
    ],
)  # fmt: skip
def test_the_same_value_is_known_however_it_is_written(one: str, other: str) -> None:
    (first,), (second,) = quantities(one), quantities(other)
    assert first.agrees(second)


@pytest.mark.parametrize(
    "one, other",
    [("$5 billion", "5 million dollars"), ("5 euros", "5 dollars"), ("57 seconds", "57 minutes"), ("3", "3.5")],
)
def test_another_value_or_unit_is_another_quantity(one: str, other: str) -> None:
    assert not quantities(one)[0].agrees(quantities(other)[0])


@pytest.mark.parametrize("date", ["30 May", "May 30", "May 31, 2024", "in May 2024", "30–31 May", "the 30th of May"])
def test_a_date_lies_within_a_longer_one(date: str) -> None:
    assert days(date)[0].within(days("on 30 and 31 May 2024")[0])


@pytest.mark.parametrize("date", ["29 May", "30 June", "30 May 2023"])
def test_another_date_does_not(date: str) -> None:
    assert not days(date)[0].within(days("on 30 and 31 May 2024")[0])


# What speaks against a sentence

OPENED = (
    "The meeting in Prague was opened by NATO Secretary General Jens Stoltenberg on 30 May, who presented 40 proposals."
)
SAID = "“NATO’s doors must remain open to new members,” said Foreign Minister Jan Lipavský."


@pytest.mark.parametrize(
    "sentence, quote",
    [
        ("Stoltenberg presented forty proposals in Prague.", OPENED),
        ("The meeting was opened on May 30 by Jens Stoltenberg.", OPENED),
        ("Jan Lipavsky said that NATO’s doors “must remain open”.", SAID),
        ("The United States agreed.", "The US agreed."),
        ("The North Atlantic Treaty Organisation met.", "NATO met."),
        ("Ukrainian troops arrived.", "Troops from Ukraine arrived."),
        ("Ministers did not meet.", "No ministers met; they never do."),
        ("Twenty-three library workers could lose their jobs.", "23 library workers could lose their jobs."),
        ("It takes 20 minutes at least.", "It takes 20 to 30 minutes."),
        ("They met on the 30th.", "They met on 30 May."),
    ],
)
def test_nothing_speaks_against_a_right_sentence(sentence: str, quote: str) -> None:
    assert problems(sentence, [quote]) == []


@pytest.mark.parametrize(
    "sentence, quote, kind",
    [
        ("Stoltenberg presented 50 proposals.", OPENED, "number"),
        ("Reserves fell by £9.5 million.", "Reserves fell by £3.2 million, to £9.5 million.", "number"),
        ("The meeting was opened on 31 May.", OPENED, "date"),
        ("The meeting lasted for 30 minutes.", OPENED, "number"),
        ("31 diplomats met in Prague.", "Diplomats met in Prague on 30 and 31 May.", "number"),
        ("They met on 30 May 2002.", "They met on 30 May 2024, for the first time since 2002.", "date"),
        ("They opened ⑨ schools.", "They opened schools.", "number"),
        ("The meeting was opened on 80 May.", OPENED, "date"),
        ("The meeting was opened by Foreign Minister Jens Stoltenberg.", f"{OPENED} {SAID}", "name"),
        ("The meeting was opened by him, and the meeting was opened by Stoltenberg.", OPENED, "repetition"),
        ("The meeting in Warsaw was opened.", OPENED, "name"),
        ("The Ministry said the doors must remain open.", SAID, "name"),
        ("The Communities met.", "The commitment was met.", "name"),
        ("Warsaw saw the meeting opened.", OPENED, "name"),
        ("The meeting was opened by Peter Stoltenberg.", OPENED, "name"),
        ("The Airbus A320 landed.", "The Airbus landed.", "name"),
        ("The meeting was opened by Jan Lipavský.", f"{SAID} {OPENED}", "speaker"),
        ("Jens Stoltenberg said the doors must remain open.", f"{SAID} Jens Stoltenberg listened.", "speaker"),
        ("Director said that the meeting was opened by Jens Stoltenberg.", OPENED, "speaker"),
        ("According to Stoltenberg, the summit is in July.", "The summit is in July. Stoltenberg waits.", "speaker"),
        ("Jan Lipavský said the doors “must be shut”.", SAID, "quotation"),
        ("The doors must not remain open.", SAID, "negation"),
        ("The form was decided.", "The form was not decided.", "negation"),
        ("See evil.example.com for NATO.", SAID, "address"),
    ],
)
def test_a_wrong_detail_is_named(sentence: str, quote: str, kind: str) -> None:
    assert kind in {problem.split(":")[0] for problem in problems(sentence, [quote])}


DELIVERIES = "The first deliveries of the Czech initiative will arrive in June."


@pytest.mark.parametrize(
    "sentence, other",
    [
        ("In March, the first deliveries will arrive.", "The council met on 5 March."),
        ("The first deliveries of 24 others will arrive.", "Researchers followed 612 adults for 24 weeks."),
        ("According to Hannah Birkett, the first deliveries will arrive in June.", "Hannah Birkett likes leather."),
    ],
)
def test_a_detail_of_something_else_is_named(sentence: str, other: str) -> None:
    assert any(found.startswith("of something else") for found in problems(sentence, [DELIVERIES, other]))
    assert not any(found.startswith("of something else") for found in problems(sentence, [f"{other} {DELIVERIES}"]))


def test_two_quotes_may_share_a_sentence() -> None:
    sentence = "The meeting was opened by Stoltenberg on 30 May, and the first Czech deliveries will arrive in June."
    assert problems(sentence, [OPENED, DELIVERIES]) == []


def test_a_word_is_in_conflict_with_its_contrary() -> None:
    assert conflicts("Prices fell in June.", "Prices rose in June.") == ["fell"]
    assert conflicts("Prices climbed in June.", "Prices rose in June, then fell.") == []
