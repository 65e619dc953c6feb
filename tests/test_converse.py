"""Follow-ups: what is searched, and shown as asked, after an earlier exchange."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.converse import standalone
from qa.types import Role, Turn

OPENED = (
    "Who opened the meeting?",
    "Jens Stoltenberg. It was opened by NATO Secretary General Jens Stoltenberg, who, among other things, presented a "
    "proposal for a multi-year financial commitment. [1]",
)
HEADQUARTERS = (
    "Where would a NATO headquarters be created?",
    "Wiesbaden, Germany. Allies considered creating a NATO headquarters in Wiesbaden, Germany. [1]",
)
MET = ("When did the foreign ministers meet in Prague?", "On 30 and 31 May 2024. [1]")
TALKED = ("Which countries did Lipavský talk to?", "Canada, the US, Denmark and the UK. [1]")
MINISTER = ("Who is the Czech Foreign Minister?", "Jan Lipavský. “It is an antidote,” said Minister Jan Lipavský. [1]")
QUOTED = (
    "What did the ministers say about Ukraine?",
    "“NATO’s doors must remain open,” said Minister Jan Lipavsky. [1]",
)
REFUSED = (
    "Who opened the meeting?",
    "The articles do not say. The closest: “It was loud,” said Minister Jan Lipavský.",
)


def conversation(*exchanges: tuple[str, str]) -> list[Turn]:
    turns = ((Turn(Role.USER, question), Turn(Role.ASSISTANT, answer)) for question, answer in exchanges)
    return [turn for exchange in turns for turn in exchange if turn.text]


@pytest.mark.parametrize(
    ("exchange", "question", "asked"),
    [
        (OPENED, "What was his proposal?", "What was Jens Stoltenberg's proposal?"),
        (OPENED, "What's his job?", "What is Jens Stoltenberg's job?"),
        (OPENED, "Who met him?", "Who met Jens Stoltenberg?"),
        (OPENED, "What did she say when she left?", "What did Jens Stoltenberg say when she left?"),
        (OPENED, "How long did it last?", "How long did the meeting last?"),
        (MINISTER, "Who did he talk to?", "Who did Jan Lipavský talk to?"),
        (QUOTED, "What else did he say?", "What else did Jan Lipavsky say?"),
        (("What did Lipavský mention?", MINISTER[1]), "When did he?", "What did Lipavský mention, and when?"),
        (MET, "What did they discuss?", "What did the foreign ministers discuss?"),
        (MET, "What are their plans?", "What are the foreign ministers' plans?"),
        (TALKED, "What did they say?", "What did Canada, the US, Denmark and the UK say?"),
        (HEADQUARTERS, "In which city would that be?", "In which city would a NATO headquarters be?"),
        (HEADQUARTERS, "What is this headquarters for?", "What is a NATO headquarters for?"),
        (MET, "And where was it?", "And where was the foreign ministers' meeting in Prague?"),
        (MET, "Who opened that meeting?", "Who opened the foreign ministers' meeting in Prague?"),
        (
            ("What initiative did Lipavský mention?", "“He mentioned the successful Czech munitions initiative.” [1]"),
            "Who pays for it?",
            "Who pays for the successful Czech munitions initiative?",
        ),
        (("What is NATO?", ""), "Where is its headquarters?", "Where is NATO's headquarters?"),
    ],
)
def test_pronouns_get_what_was_last_talked_about(exchange: tuple[str, str], question: str, asked: str) -> None:
    assert standalone(question, conversation(exchange)) == asked


@pytest.mark.parametrize(
    ("exchange", "question", "asked"),
    [
        (HEADQUARTERS, "Who works there?", "Who works in Wiesbaden, Germany?"),
        (HEADQUARTERS, "Who lives in that city?", "Who lives in Wiesbaden, Germany?"),
        (MET, "What else happened there?", "What else happened in Prague?"),
        (MET, "Who was president then?", "Who was president on 30 and 31 May 2024?"),
        (("When was Apple founded?", "1976. [1]"), "What happened that year?", "What happened in 1976?"),
    ],
)
def test_there_and_then_get_the_place_and_the_time(exchange: tuple[str, str], question: str, asked: str) -> None:
    assert standalone(question, conversation(exchange)) == asked


@pytest.mark.parametrize(
    ("exchange", "question", "asked"),
    [
        (HEADQUARTERS, "Why?", "Why would a NATO headquarters be created?"),
        (HEADQUARTERS, "And why?", "Why would a NATO headquarters be created?"),
        (HEADQUARTERS, "Why is that?", "Why would a NATO headquarters be created?"),
        (HEADQUARTERS, "By whom?", "By whom would a NATO headquarters be created?"),
        (HEADQUARTERS, "Tell me more", "Tell me more: where would a NATO headquarters be created?"),
        (HEADQUARTERS, "Tell me more about that.", "Tell me more: where would a NATO headquarters be created?"),
        (OPENED, "When?", "When was it that Jens Stoltenberg opened the meeting?"),
        (REFUSED, "When?", "Who opened the meeting, and when?"),
        (OPENED, "Who else?", "Who else opened the meeting?"),
        (MINISTER, "Since when?", "Since when is Jan Lipavský the Czech Foreign Minister?"),
        (MET, "Where exactly?", "Where exactly did the foreign ministers meet in Prague?"),
        (TALKED, "How many?", "How many countries did Lipavský talk to?"),
        (("Did Poland pledge fighter jets?", ""), "How many?", "How many fighter jets did Poland pledge?"),
    ],
)
def test_a_bare_question_word_asks_the_previous_question(exchange: tuple[str, str], question: str, asked: str) -> None:
    assert standalone(question, conversation(exchange)) == asked


@pytest.mark.parametrize(
    ("previous", "question", "asked"),
    [
        ("When was the NATO summit?", "And the conference?", "When was the conference?"),
        ("What did Canada pledge to Ukraine?", "What about the UK?", "What did the UK pledge to Ukraine?"),
        ("How many people live in Sweden?", "How about Denmark?", "How many people live in Denmark?"),
        ("What did Canada pledge?", "Denmark?", "What did Denmark pledge?"),
        ("When did the ministers meet in Prague?", "And in Washington?", "When did the ministers meet in Washington?"),
        ("What did Stoltenberg say about Russia?", "And Ukraine?", "What did Stoltenberg say about Ukraine?"),
        ("What did Stoltenberg say about Russia?", "And Jan Lipavský?", "What did Jan Lipavský say about Russia?"),
        ("How many were sent?", "And Denmark?", "How many were sent, and what about Denmark?"),
    ],
)
def test_another_name_is_put_into_the_previous_question(previous: str, question: str, asked: str) -> None:
    assert standalone(question, conversation((previous, ""))) == asked


def test_a_chain_of_follow_ups_is_resolved_from_its_start() -> None:
    history = conversation(OPENED, ("When?", "On Friday 31 May. [1]"), ("Thanks!", ""), ("And where was it?", ""))
    assert standalone("What did he say there?", history) == "What did Jens Stoltenberg say there?"
    assert standalone("Why?", history) == "Why was the meeting?"
    assert standalone("Why?", conversation(HEADQUARTERS, ("Tell me more", ""))) == standalone(
        "Why?", conversation(HEADQUARTERS)
    )


@pytest.mark.parametrize(
    "question",
    [
        "What did Stoltenberg say when he opened the meeting?",
        "When he opened the meeting, what did Stoltenberg say?",
        "Did Stoltenberg present his proposal?",
        "Who said that he would leave?",
        "Is there a plan for Ukraine?",
        "How many countries are there in NATO?",
        "How many countries are there?",
        "Is it true that NATO will expand?",
        "Why is it important for NATO to expand?",
        "How long does it take to join NATO?",
        "What time is it in Prague?",
        "When is the summit that NATO will hold?",
        "Which minister said that NATO's doors must remain open?",
        "What did the ministers say about their armies?",
        "Which countries sent their ministers?",
        "Did NATO change its approach to Russia?",
        "Is NATO planning to expand, and why is it?",
        "What is this article about?",
        "Summarise the articles.",
        "What do these articles say about Ukraine?",
        "Who said that?",
        "What happened this year?",
        "Who attended?",
        "What happened?",
        "On which website was the NATO press release published?",
        "What about the goal of the Deep Impact mission?",
        "Wer hat es gesagt?",
        "streaming services",
        "?",
        "",
    ],
)
@pytest.mark.parametrize("exchange", [OPENED, HEADQUARTERS, MET, TALKED, MINISTER, QUOTED, REFUSED])
def test_a_question_that_stands_on_its_own_is_left_alone(exchange: tuple[str, str], question: str) -> None:
    assert standalone(question, conversation(exchange)) == question


def test_a_thing_is_not_guessed_from_an_answer_about_a_person() -> None:
    assert standalone("How big is it?", conversation(MINISTER)) == "How big is it?"


def test_nothing_is_taken_from_a_refusal() -> None:
    assert standalone("When did he arrive?", conversation(REFUSED)) == "When did he arrive?"


ASKED = st.sampled_from(["Why?", "Who did he meet?", "And it?", "that", "Where was it?", "And the UK?", "there then"])
TEXTS = ASKED | st.text(max_size=60) | st.sampled_from([exchange[1] for exchange in (OPENED, MET, MINISTER)])
HISTORIES = st.lists(st.builds(Turn, st.sampled_from(Role), TEXTS), max_size=6)


@given(TEXTS, HISTORIES)
def test_no_history_is_too_strange(question: str, history: list[Turn]) -> None:
    asked = standalone(question, history)
    assert asked == standalone(question, tuple(history))
    assert asked or not question


@given(TEXTS)
def test_without_history_a_question_is_unchanged(question: str) -> None:
    assert standalone(question, []) == question


@pytest.mark.timeout(20)
@pytest.mark.parametrize("piece", ["and ", "it ", "a.", "Minister ", "that it is ", "1,", "[1] ", "\n"])
def test_very_long_turns_are_read_in_time(piece: str) -> None:
    endless = piece * 200_000
    history = [Turn(role, endless) for role in (Role.USER, Role.ASSISTANT, Role.USER) * 20]
    assert standalone(endless, history) == endless
    assert isinstance(standalone(f"Where was {piece * 20} it?", history), str)
