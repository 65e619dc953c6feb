"""Verification with the weights that ship, of what a language model might write: right, and nearly right."""

from functools import cache
from pathlib import Path

import pytest

from qa.answer.verify import Verify
from qa.cite import Written
from qa.ingest import read_folder
from qa.models.embedding import MiniLMEmbedding
from qa.models.verifier import Verifier
from qa.types import Evidence, Passage, Support

ARTICLES = read_folder(Path(__file__).parent.parent / "seeds", max_file_mb=5).articles
RIGHT = [
    "NATO foreign ministers gathered in Prague on 31 May 2024 to confirm transatlantic unity.",
    "The first shipments under the Czech initiative will reach Ukraine in June.",
    "Allies weighed the creation of a NATO headquarters in Wiesbaden, Germany.",
    "It was the biggest NATO meeting in Prague since the summit of 2002.",
    "Jens Stoltenberg announced that military and political support for Kyiv would continue.",
    "NATO wants Ukraine's armed forces to be more interoperable with its own.",
    "Security for Ukraine was not the only topic on the agenda.",
    "At the Washington Summit, NATO will celebrate its 75th anniversary.",
    "NATO does not offer Ukraine immediate membership at present.",
    "Stoltenberg proposed a multi-year financial commitment of the allies to Ukraine.",
    "The heads of state will decide on the form of the commitment in Washington in July.",
    "Ministers discussed preparations for the Washington Summit.",
    "Ukraine's integration into Western defense structures is gaining speed.",
    "Jan Lipavský said that Czechia would welcome a consistent strategy to contain Russia.",
    "The step would be a strategic shift to a more unified effort led by NATO.",
]
WRONG = [
    "NATO foreign ministers gathered in Prague on 31 May 2024 to dissolve the alliance.",
    "The last shipments under the Czech initiative will reach Ukraine in June.",
    "Allies rejected the creation of a NATO headquarters in Wiesbaden, Germany.",
    "It was the smallest NATO meeting in Prague since the summit of 2002.",
    "Jens Stoltenberg announced that military and political support for Kyiv would end.",
    "NATO wants Ukraine's armed forces to be less interoperable with its own.",
    "Security for Ukraine was the only topic on the agenda.",
    "At the Washington Summit, NATO will celebrate the accession of Ukraine.",
    "NATO currently offers Ukraine immediate membership.",
    "Stoltenberg withdrew a proposal for a multi-year financial commitment to Ukraine.",
    "The foreign ministers will decide on the form of the commitment in Washington in July.",
    "Ministers cancelled preparations for the Washington Summit.",
    "Ukraine's integration into Western defense structures is slowing down.",
    "Jan Lipavský said that Czechia would reject a consistent strategy to contain Russia.",
    "The step would be a strategic shift to a less unified effort led by NATO.",
]
MISTAKES = 4
"""Of fifteen, in each list: about three sentences in four are told right, which is what is measured on others too."""


@cache
def verifier() -> Verifier:
    return Verifier()


def support(sentence: str) -> Support:
    passages = [Passage(one.id, one.id, one.title, None, one.text, 0, len(one.text)) for one in ARTICLES]
    check = Verify(MiniLMEmbedding().embed, verifier()).against([Evidence(one, 1.0) for one in passages])
    return check(Written(sentence)).support


def test_most_paraphrases_are_kept() -> None:
    withheld = [sentence for sentence in RIGHT if support(sentence) is Support.UNSUPPORTED]
    assert len(withheld) <= MISTAKES, withheld


def test_most_sentences_with_one_thing_changed_are_withheld() -> None:
    kept = [sentence for sentence in WRONG if support(sentence) is not Support.UNSUPPORTED]
    assert len(kept) <= MISTAKES, kept


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("The bridge was opened by the mayor on Monday.", "The bridge was closed by the mayor on Monday."),
        ("The mayor opened the bridge.", "The bishop opened the bridge."),
        ("The bridge cost nine million pounds.", "The bridge cost nine million pounds and was paid for by a lottery."),
        ("Ferries will stop next week.", "Ferries will not stop next week."),
    ],
)
def test_one_wrong_word_lowers_both_logits(right: str, wrong: str) -> None:
    told = "The bridge, which cost nine million pounds, was opened by the mayor on Monday. The ferries stop next week."
    for good, bad in zip(verifier()(right, told), verifier()(wrong, told), strict=True):
        assert good > bad


@pytest.mark.parametrize("claim", ["", "?!", "word " * 500])
@pytest.mark.parametrize("evidence", ["", "word " * 500])
def test_any_two_texts_are_judged(claim: str, evidence: str) -> None:
    assert all(abs(logit) < 100 for logit in verifier()(claim, evidence))
