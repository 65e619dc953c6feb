"""Hybrid search on the articles that ship."""

import bm25s
import numpy as np
import pytest

from qa.assemble import open_qa
from qa.config import Config
from qa.index import sentences_of
from qa.lexical import LexicalIndex
from qa.service import QA
from qa.types import Evidence


def search(qa: QA, question: str) -> tuple[Evidence, ...]:
    return tuple(sorted(qa.ask(question).evidence, key=lambda item: -item.fused_score))


def test_evidence_says_why_it_was_chosen(qa: QA) -> None:
    best = search(qa, "Where would a NATO headquarters be created?")[0]
    assert "Wiesbaden" in best.passage.text
    assert (best.dense_rank, best.lexical_rank) == (1, 1)
    assert best.dense_score == pytest.approx(max(match.similarity for match in best.matches), abs=1e-3)
    assert best.lexical_score is not None
    assert best.lexical_score > 0
    assert best.fused_score == pytest.approx(2 / 60)


def test_every_passage_and_sentence_is_a_slice_of_its_article(qa: QA) -> None:
    for item in search(qa, "What was discussed in Prague?"):
        article = qa.article(item.passage.article_id)
        assert article
        assert article.text[item.passage.start : item.passage.end] == item.passage.text
        assert all(article.text[m.start : m.end].strip() == article.text[m.start : m.end] for m in item.matches)


@pytest.mark.usefixtures("qa")  # has made the index
def test_every_sentence_is_compared_of_what_is_read_and_of_the_rest_what_was_found(config: Config) -> None:
    few = config.retrieval.model_copy(update={"sentences": 2})
    evidence = search(open_qa(config.model_copy(update={"retrieval": few})), "What was discussed in Prague?")
    compared = [({(m.start, m.end) for m in e.matches}, set(sentences_of(e.passage)), e.dense_rank) for e in evidence]
    read = config.reader.passages
    assert all(matches == sentences for matches, sentences, _ in compared[:read])
    assert all(matches < sentences and bool(matches) == bool(rank) for matches, sentences, rank in compared[read:])
    assert len(compared) > read


def test_a_passage_without_any_of_the_words_has_no_lexical_rank(qa: QA) -> None:
    ranks = {item.passage.id: item.lexical_rank for item in search(qa, "Wiesbaden")}
    assert sorted(rank for rank in ranks.values() if rank) == [1]


def test_of_many_passages_with_a_word_those_are_found_that_say_little_else() -> None:
    bm25 = bm25s.BM25()
    bm25.index(
        bm25s.tokenize([f"river {'stone ' * (60 - n)}" for n in range(60)], show_progress=False), show_progress=False
    )
    found = LexicalIndex(bm25).search("river", 5)
    assert [number for number, _ in found] == [59, 58, 57, 56, 55]
    within = np.arange(60) < 10
    assert [number for number, _ in LexicalIndex(bm25).search("river", 5, within)] == [9, 8, 7, 6, 5]


def test_the_title_is_visible_to_lexical_search(qa: QA) -> None:
    found = search(qa, "imperialism")
    assert [item.passage.title for item in found if item.lexical_rank == 1] == [
        "NATO Foreign Ministers Met at the Czernin Palace to Discuss How to Contain Russian Imperialism"
    ]


def test_a_question_of_stop_words_only_still_searches(qa: QA) -> None:
    assert search(qa, "What is it about?")


def test_opening_twice_gives_the_same_answers(qa: QA, config: Config) -> None:
    other = open_qa(config)
    question = "Who opened the meeting?"
    assert [e.passage.id for e in other.ask(question).evidence] == [e.passage.id for e in qa.ask(question).evidence]
