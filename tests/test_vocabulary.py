"""Misspelt and unknown words."""

import pytest

from qa.models.onnx import dictionary
from qa.text import stem
from qa.vocabulary import Vocabulary, WordCounts

TEXTS = ["The NATO headquarters in Wiesbaden, Germany.", "Jens Stoltenberg opened the conference for Ukraine."]


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary(WordCounts.of(TEXTS), dictionary())


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("What did Stoltenburg open?", "What did Stoltenberg open?"),
        ("nato hedquarters in germny", "nato headquarters in germany"),
        ("the confrence for Ukrane", "the conference for Ukraine"),
    ],
)
def test_misspelt_words_become_the_words_of_the_articles(vocabulary: Vocabulary, written: str, meant: str) -> None:
    assert vocabulary.correct(written) == meant


@pytest.mark.parametrize(
    "question", ["Did Blinken go to Slovenia?", "Who conferred in Bremen?", "F-16s for 2 German bases?", "Opener?"]
)
def test_words_that_are_spelt_right_stay(vocabulary: Vocabulary, question: str) -> None:
    assert vocabulary.correct(question) == question


def test_related_words_are_known_and_others_are_not(vocabulary: Vocabulary) -> None:
    assert vocabulary.knows(stem("German"))
    assert vocabulary.knows(stem("Ukrainian"))
    assert not vocabulary.knows(stem("Poland"))


def test_a_rare_word_weighs_more_than_a_common_one(vocabulary: Vocabulary) -> None:
    assert vocabulary.rarity(stem("Wiesbaden")) > vocabulary.rarity(stem("the"))
