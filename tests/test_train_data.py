"""The data that the reader is trained on: what is called unanswerable must be, and offsets must hold."""

import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.models.train.nearmiss import Pair, Swap, other_attribute, untold, without_answer
from qa.models.train.plain import among, cut
from qa.models.train.sources import BLOCK, BM25, read_nqg, sentence_marked
from qa.models.train.surface import key_words, misspelt

PASSAGE = "Poland pledged 40 tanks in May. Norway pledged nothing. The tanks of Poland are old."
ANSWER = PASSAGE.index("40"), PASSAGE.index("40") + 2
PAIR = Pair("How many tanks did Poland pledge?", PASSAGE, *ANSWER)


def test_a_swap_in_the_question_makes_a_near_miss():
    assert Swap("Poland", "Hungary", "name").in_question(PAIR) == Pair(
        "How many tanks did Hungary pledge?", PASSAGE, -1, -1
    )


def test_a_swap_for_something_that_the_passage_tells_of_is_refused():
    assert Swap("Poland", "Norway", "name").in_question(PAIR) is None


def test_a_swap_in_both_keeps_the_answer():
    both = Swap("Poland", "Luxembourg", "name").in_both(PAIR)
    assert both is not None
    assert both.passage[both.start : both.end] == "40"
    assert "Poland" not in both.passage + both.question


def test_a_swap_keeps_the_case_of_what_it_replaces():
    assert Swap("tanks", "guns", "word").apply("Tanks and tanks") == "Guns and guns"


def test_deleting_the_answer_deletes_every_sentence_that_has_it():
    repeated = Pair(PAIR.question, f"{PASSAGE} The 40 went by train, and nobody saw them go.", *ANSWER)
    left = without_answer(repeated, ("40",))
    assert left is None or "40" not in left.passage


@pytest.mark.parametrize("passage", ["The bridge opened in 1932.", "The bridge opened before the war."])
def test_when_is_not_asked_of_a_passage_that_tells_a_time(passage):
    pair = Pair("Where did the bridge open?", passage, 0, 3)
    made = [other_attribute(pair, random.Random(seed)) for seed in range(20)]
    assert not any(one and one.question.startswith("When") for one in made)


def test_nothing_is_asked_that_the_passage_may_tell():
    passage = "In 1932 the mayor of Northam, aged 61, was born, paid, met and opened in Hull."
    made = [untold(Pair("", passage, -1, -1), random.Random(seed)) for seed in range(50)]
    assert not any(one and one.question.startswith(("How old", "When was", "Who opened")) for one in made)


@given(st.lists(st.sampled_from(["One is here.", "Two is there.", "Three!", "Why four?"]), min_size=1), st.randoms())
def test_a_cut_keeps_the_answer(sentences, shuffle):
    passage = " ".join([*sentences, "The answer is forty.", *sentences])
    start = passage.index("forty")
    text, begin, end = cut(passage, start, start + 5, shuffle)
    assert text[begin:end] == "forty"


@given(st.lists(st.sampled_from(["One is here.", "Two is there."])), st.randoms())
def test_neighbours_leave_the_answer_where_it_says(others, shuffle):
    text, start, end = among(others, "It is forty.", 6, 11, shuffle)
    assert text[start:end] == "forty"


@given(st.text(), st.randoms())
def test_any_question_can_be_misspelt(question, shuffle):
    assert abs(len(misspelt(question, shuffle)) - len(question)) <= 2


def test_key_words_keep_what_is_asked_for():
    forms = {key_words("How many tanks did Poland pledge?", random.Random(seed)) for seed in range(20)}
    assert any(form.startswith("how many") for form in forms)
    assert all("Poland" in form and "tanks" in form and "did" not in form.split() for form in forms)


def nqg(folder: Path) -> list[tuple[str, str]]:
    """Two questions for each of seven sentences, as NQG writes them."""
    (folder / "nqg_src_test.txt").write_text("".join(f"the {n}th king ruled in {1900 + n} .\n" * 2 for n in range(7)))
    (folder / "nqg_tgt_test.txt").write_text("when did the king rule ?\nwho ruled ?\n" * 7)
    return read_nqg(folder)


def test_questions_with_only_a_sentence_stand_beside_their_neighbours(tmp_path):
    pairs = nqg(tmp_path)
    collection = sentence_marked(pairs, None)
    assert [passage.count(".") for passage in collection.passages] == [BLOCK, 7 - BLOCK]
    for (question, sentence), asked in zip(pairs, collection.asked, strict=True):
        assert asked.question == question
        assert collection.passages[asked.passage][asked.start : asked.end] == sentence
        assert not asked.marked


def test_a_mark_is_used_where_the_reader_was_sure(tmp_path):
    pairs, marks = nqg(tmp_path), tmp_path / "marks.jsonl"
    lines = [{"start": s.index("19"), "end": s.index("19") + 4, "probability": n % 2} for n, (_, s) in enumerate(pairs)]
    marks.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    collection = sentence_marked(pairs, marks)
    assert [asked.marked for asked in collection.asked] == [False, True] * 7
    found = [collection.passages[asked.passage][asked.start : asked.end] for asked in collection.asked if asked.marked]
    assert found == [str(1900 + n) for n in range(7)]


@given(st.permutations("red green blue white black".split()))
def test_what_is_equally_near_keeps_its_order(colours):
    search = BM25([f"a {colour} boat" for colour in colours] + ["a car"] * 40)
    assert search.nearest(" ".join(colours), 5) == [0, 1, 2, 3, 4]
