"""The embedded models: what they find, what they promise, and what happens without their files."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.errors import ModelError
from qa.models.embedding import DIMENSIONS, MiniLMEmbedding
from qa.models.onnx import SUMS, WEIGHTS, dictionary
from qa.models.reader import MAX_SPANS, Reader
from qa.models.verifier import Verifier
from qa.text import sentence_spans
from qa.types import Evidence, Passage

TEXTS = [path.read_text(encoding="utf-8") for path in sorted((Path(__file__).parent.parent / "seeds").glob("*.txt"))]
SENTENCES = [text[start:end] for text in TEXTS for start, end in sentence_spans(text)]
QUESTION = "Where would a NATO headquarters be created?"


@cache
def embedding() -> MiniLMEmbedding:
    return MiniLMEmbedding()


@cache
def reader() -> Reader:
    return Reader()


def passages(text: str, length: int = 900) -> list[Passage]:
    """The text in pieces, so that all but the first begin within it."""
    starts = range(0, len(text), length)
    cut = [text[start : start + length] for start in starts]
    return [Passage("p", "a", "Title", None, part, at, at + len(part)) for at, part in zip(starts, cut, strict=True)]


@settings(max_examples=30)
@given(st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=6))
def test_a_text_gets_the_same_vector_in_any_company(texts: list[str]) -> None:
    alone = np.concatenate([embedding().embed([text]) for text in texts])
    assert np.array_equal(embedding().embed(texts), alone)


@settings(max_examples=30)
@given(st.text(max_size=200))
def test_any_text_gets_a_unit_vector(text: str) -> None:
    (vector,) = embedding().embed([text])
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-4)


def test_no_texts_get_no_vectors() -> None:
    assert embedding().embed([]).shape == (0, DIMENSIONS)


def test_what_llama_index_asks_for_is_the_same_vector() -> None:
    model = embedding()
    expected = model.embed([QUESTION])[0].tolist()
    assert model.get_query_embedding(QUESTION) == expected
    assert model.get_text_embedding(QUESTION) == expected
    assert model.get_text_embedding_batch(["something else", QUESTION])[1] == expected
    assert asyncio.run(model.aget_query_embedding(QUESTION)) == expected
    assert asyncio.run(model.aget_text_embedding(QUESTION)) == expected


@pytest.mark.parametrize(
    ("text", "related", "unrelated"),
    [
        ("Where will the headquarters be?", "The base is going to be in Germany.", "The soup was far too salty."),
        ("The ministers met in Prague.", "Talks took place in the Czech capital.", "Our cat sleeps all day."),
        ("How much did it cost?", "The price was four million euros.", "He was born in a village in Peru."),
    ],
)
def test_related_texts_are_nearer_than_unrelated_ones(text: str, related: str, unrelated: str) -> None:
    vector, near, far = embedding().embed([text, related, unrelated])
    assert vector @ near > vector @ far + 0.1


def test_only_the_first_256_word_pieces_are_embedded() -> None:
    long = "peace " * 254
    read, cut, other = embedding().embed([long, long + "war " * 50, "war " + long])
    assert np.array_equal(read, cut)
    assert not np.array_equal(read, other)


def test_the_reader_marks_the_answer_in_the_article() -> None:
    readings = [reading for text in TEXTS for reading in reader().read(QUESTION, passages(text))]
    best = max(readings, key=lambda reading: reading.answerability)
    assert best.spans[0].text == "Wiesbaden, Germany"
    assert best.answerability > 0.7


def test_no_passage_answers_a_question_about_something_else() -> None:
    readings = [reading for text in TEXTS for reading in reader().read("Who won the chess final?", passages(text))]
    assert max(reading.answerability for reading in readings) < 0.2


def assert_promises(text: str, question: str) -> None:
    for passage, reading in zip(passages(text, 400), reader().read(question, passages(text, 400)), strict=True):
        sentences = [(passage.start + start, passage.start + end) for start, end in sentence_spans(passage.text)]
        spans = reading.spans
        assert 0 <= reading.answerability <= 1
        assert len(spans) <= MAX_SPANS
        assert [span.score for span in spans] == sorted((span.score for span in spans), reverse=True)
        for span in spans:
            assert text[span.start : span.end] == span.text
            assert any(start <= span.start < span.end <= end for start, end in sentences)
            assert not any(span.start < other.end and other.start < span.end for other in spans if other is not span)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("question", [QUESTION, "Who?", "What did Stoltenberg say about Ukraine?"])
def test_spans_are_the_article_s_words_and_stay_within_a_sentence(text: str, question: str) -> None:
    assert_promises(text, question)


@settings(max_examples=100)
@given(st.text(max_size=300), st.text(max_size=60))
def test_spans_keep_their_promises_in_any_text(text: str, question: str) -> None:
    assert_promises(text, question)


def test_spans_are_whole_words() -> None:
    text = "The treaty was signed in Tegucigalpa by Przybyszewski."
    (reading,) = reader().read("Who signed the treaty?", passages(text))
    assert reading.spans[0].text == "Przybyszewski"


@pytest.mark.parametrize("question", ["", " \n"])
@pytest.mark.parametrize("text", ["", " \n", "Anna lives in Rome."])
def test_empty_question_or_passage_is_no_answer(question: str, text: str) -> None:
    (reading,) = reader().read(question, [Passage("p", "a", "Title", None, text, 0, len(text))])
    assert (reading.answerability, reading.spans) == (0, ())


def test_no_passages_get_no_readings() -> None:
    assert reader().read(QUESTION, []) == []


def test_a_question_and_a_passage_that_are_too_long_are_cut() -> None:
    text = "Anna lives in Rome. " + "The weather was fine. " * 200
    (reading,) = reader().read("Where does Anna live? " + "Please tell me. " * 100, passages(text, len(text)))
    assert reading.spans[0].text == "Rome"


def found(*texts: tuple[str, str], score: float = 0.02) -> list[Evidence]:
    """Evidence as the search gives it, from (article, text)."""
    return [
        Evidence(Passage(f"{article}{n}", article, "", None, text, 0, len(text)), score)
        for n, (article, text) in enumerate(texts)
    ]


ANSWER = "A NATO headquarters would be created in Wiesbaden, Germany."
OTHER = "The old bridge was painted red again last summer, said the mayor of the town."


def test_once_an_article_answers_surely_the_rest_of_it_is_not_read() -> None:
    evidence = found(("a", OTHER), ("a", ANSWER), ("a", f"{OTHER} Nobody minded."), ("b", f"{OTHER} It rained."))
    first, *others = reader().rerank(QUESTION, evidence, 4)
    assert first.passage.text == ANSWER
    assert [item.passage.id for item in others if item.answerability is None] == ["a2"]
    assert {item.passage.id for item in (first, *others)} == {"a0", "a1", "a2", "b3"}


def test_all_is_read_while_nothing_answers() -> None:
    evidence = found(("a", OTHER), ("a", OTHER * 2), ("a", OTHER * 3), ("b", ANSWER))
    read = reader().rerank(QUESTION, evidence, 4)
    assert read[0].passage.id == "b3"
    assert all(item.answerability is not None for item in read)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_no_more_is_read_than_asked_for(count: int) -> None:
    read = reader().rerank(QUESTION, found(("a", OTHER), ("b", OTHER), ("c", OTHER), ("d", OTHER)), count)
    assert [item.answerability is not None for item in read] == [True] * count + [False] * (4 - count)


def test_of_passages_that_the_reader_cannot_tell_apart_the_better_found_comes_first() -> None:
    weak, strong = found(("a", OTHER), score=0.01) + found(("b", OTHER), score=0.03)
    assert [item.passage.article_id for item in reader().rerank(QUESTION, [weak, strong], 2)] == ["b", "a"]


def test_threads_get_what_one_caller_gets() -> None:
    asked = passages(TEXTS[0])

    def work(_: int) -> tuple[object, bytes]:
        return reader().read(QUESTION, asked), embedding().embed(SENTENCES[:5]).tobytes()

    expected = work(0)
    with ThreadPoolExecutor(4) as pool:
        assert all(result == expected for result in pool.map(work, range(8)))


@pytest.mark.parametrize("problem", ["missing", "damaged", "another"])
@pytest.mark.parametrize(
    ("model", "file"),
    [
        (MiniLMEmbedding, "embedding.onnx"),
        (MiniLMEmbedding, "tokenizer.json"),
        (Reader, "reader.onnx"),
        (Reader, "tokenizer.json"),
        (Reader, "calib.json"),
        (Verifier, "verifier.onnx"),
    ],
)
def test_a_missing_or_damaged_file_is_named_with_the_remedy(
    tmp_path: Path, model: Callable[[Path], object], file: str, problem: str
) -> None:
    for path in WEIGHTS.iterdir():
        if path.name != file:
            (tmp_path / path.name).symlink_to(path)
        elif problem == "damaged":
            (tmp_path / file).write_bytes(path.read_bytes()[:-1] + b"\xff")
        elif problem == "another":  # that would load, and answer otherwise
            content = (WEIGHTS / "verifier.onnx").read_bytes() if file == "reader.onnx" else path.read_bytes() + b"\n"
            (tmp_path / file).write_bytes(content)
    said = "missing" if problem == "missing" else "damaged or not the one that ships"
    with pytest.raises(ModelError, match=rf"{file} is {said}\. Install"):
        model(tmp_path)


def test_every_file_of_the_weights_has_its_sum_and_none_is_loaded_without(tmp_path: Path) -> None:
    listed = [line.split()[1] for line in (WEIGHTS / SUMS).read_text().splitlines()]
    assert sorted([*listed, SUMS]) == sorted(path.name for path in WEIGHTS.iterdir())
    for name in listed:
        (tmp_path / name).symlink_to(WEIGHTS / name)
    with pytest.raises(ModelError, match=rf"{SUMS} is missing"):
        Reader(tmp_path)


def test_the_dictionary_knows_english_words_and_no_misspellings() -> None:
    words = set(dictionary())
    assert {"headquarters", "minister", "germany"} <= words
    assert not {"ministre", "headquaters", "##ing"} & words


def test_nothing_is_kept_of_whoever_runs_it_nor_told_to_anybody(tmp_path: Path) -> None:
    script = "from qa.models.embedding import MiniLMEmbedding; MiniLMEmbedding().embed(['x'])"
    home = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parent.parent, env=home)
    assert not list(tmp_path.rglob("*"))


def test_nothing_loads_torch() -> None:
    script = (
        "import sys; from qa.models.embedding import MiniLMEmbedding; from qa.models.reader import Reader;"
        "MiniLMEmbedding().embed(['x']); Reader().read('Who?', []);"
        "assert not {'torch', 'tensorflow', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parent.parent)
