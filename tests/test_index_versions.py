"""Versions of the index: whatever is interrupted, a reader sees one that was put into force, whole and nothing else."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.config import Config
from qa.errors import IndexMissing, IndexUnavailable
from qa.index import Index, Vectors, open_index, sentences_of, span_id, sync, writing
from qa.types import Article, Scope


class Interrupted(KeyboardInterrupt):
    """Somebody presses Ctrl-C here."""


class Hashing:
    """Unit vectors that depend on nothing but the text, far from those of any other; may be cut short."""

    def __init__(self, texts_left: int | None = None) -> None:
        self._left = texts_left

    def embed(self, texts: Sequence[str]) -> Vectors:
        if self._left is not None:
            self._left -= len(texts)
            if self._left < 0:
                raise Interrupted
        return np.array([vector(text) for text in texts], np.float32)


def vector(text: str) -> Vectors:
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    numbers = np.random.default_rng(seed).standard_normal(384)
    return np.asarray(numbers / np.linalg.norm(numbers), np.float32)


def article(name: str, content: int, published: str | None = None) -> Article:
    text = " ".join(f"Sentence {n} of {name} is in edition {content}." for n in range(3 + content))
    return Article(name, name, text, None, published)


def bring(config: Config, articles: Sequence[Article], embedder: Hashing | None = None) -> None:
    with writing(config):
        sync(articles, config, embedder or Hashing(), lambda _done, _total: None)


def assert_holds(index: Index, articles: Sequence[Article]) -> None:
    """Each sentence of the articles is found by its own vector, and Chroma has no other."""
    assert dict(index.articles) == {article.id: article for article in articles}
    spans = {span_id(p.article_id, *span): p for p in index.passages for span in sentences_of(p)}
    for id_, passage in spans.items():
        start, end = map(int, id_.rpartition(":")[2].split("-"))
        (hit,) = index.nearest(vector(index.articles[passage.article_id].text[start:end]).tolist(), 1)
        assert (hit.passage, round(hit.match.similarity, 3)) == (passage, 1.0)
    assert index.store.sentences.count() == len(spans) == len(index.vectors(list(spans)))


@pytest.fixture(autouse=True, scope="module")
def small_groups() -> Iterator[None]:
    """Articles are stored one by one, so that there is something between them to be interrupted at."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("qa.index.store._GROUP", 1)
        yield


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config.model_validate({"index": {"folder": tmp_path / "data"}})


STATES = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 2), min_size=1, max_size=5)
STEPS = st.lists(st.tuples(STATES, st.none() | st.integers(0, 12)), min_size=1, max_size=6)


@given(STEPS)
@settings(max_examples=25)
def test_what_is_in_force_is_whole_after_any_history(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[dict[str, int], int | None]]
) -> None:
    config = Config.model_validate({"index": {"folder": tmp_path_factory.mktemp("data")}})
    in_force: list[Article] | None = None
    for state, texts_left in steps:
        wanted = [article(name, content) for name, content in state.items()]
        try:
            bring(config, wanted, Hashing(texts_left))
        except Interrupted:
            if in_force is None:
                with pytest.raises(IndexMissing):
                    open_index(config)
            else:
                index = open_index(config)
                assert dict(index.articles) == {a.id: a for a in in_force}
                index.close()
        else:
            in_force = wanted
            index = open_index(config)
            assert_holds(index, wanted)
            index.close()


def test_a_reader_keeps_its_version_while_another_is_written(config: Config) -> None:
    before = [article("a", 0), article("b", 0)]
    bring(config, before)
    reader = open_index(config)
    with pytest.raises(Interrupted):  # between the two articles that are new
        bring(config, [article("a", 1), article("c", 0)], Hashing(2 + 4))
    assert reader.store.sentences.count() == 3 + 3 + 4
    (hit,) = reader.nearest(vector("Sentence 0 of b is in edition 0.").tolist(), 1)
    assert hit.passage.article_id == "b"
    (hit,) = reader.nearest(vector("Sentence 0 of a is in edition 0.").tolist(), 1)
    assert round(hit.match.similarity, 3) == 1.0
    reader.close()


def test_an_article_that_comes_back_needs_no_embedding_while_it_is_still_there(config: Config) -> None:
    bring(config, [article("a", 0), article("b", 0)])
    with pytest.raises(Interrupted):
        bring(config, [article("a", 0), article("c", 0)], Hashing(2))
    bring(config, [article("a", 0), article("b", 0)], Hashing(2))  # two that are looked up to see that all is well
    index = open_index(config)
    assert_holds(index, [article("a", 0), article("b", 0)])
    index.close()


def test_a_text_that_changed_on_the_disk_is_noticed_and_mended(config: Config) -> None:
    articles = [article("a", 0), article("b", 0)]
    bring(config, articles)
    index = open_index(config)
    (stored,) = [id_ for id_ in index.store.articles.get()["ids"] if id_.startswith("b@")]
    index.store.articles.upsert(ids=[stored], documents=["Something else."], embeddings=[vector("")])
    index.close()
    with pytest.raises(IndexUnavailable, match="qa ingest"):
        open_index(config)
    bring(config, articles)
    index = open_index(config)
    assert_holds(index, articles)
    index.close()


DATED = [article(name, 0, f"2024-05-{day}") for name, day in zip("abcde", range(10, 15), strict=True)]


@pytest.mark.parametrize(
    ("scope", "found"),
    [
        (Scope(), "abcdef"),
        (Scope(articles=frozenset({"b", "gone"})), "b"),
        (Scope(since="2024-05-12"), "cde"),
        (Scope(until="2024-05-11"), "ab"),
        (Scope(since="2024-05-11", until="2024-05-12"), "bc"),
        (Scope(articles=frozenset({"a", "e"}), since="2024-05-11"), "e"),
        (Scope(articles=frozenset({"gone"})), ""),
    ],
)
def test_a_scope_leaves_only_its_articles(config: Config, scope: Scope, found: str) -> None:
    bring(config, [*DATED, article("f", 0)])
    index = open_index(config)
    hits = index.nearest(vector("Sentence 1 of c is in edition 0.").tolist(), 40, index.within(scope))
    assert {hit.passage.article_id for hit in hits} == set(found)
    assert [hit.match.similarity for hit in hits] == sorted((hit.match.similarity for hit in hits), reverse=True)
    index.close()


def test_a_large_scope_is_looked_through(config: Config) -> None:
    many = [Article(f"n{n}", "N", " ".join(f"It is {n} and {i}." for i in range(60)), None, "2024") for n in range(16)]
    bring(config, many)
    index = open_index(config)
    half = index.within(Scope(articles=frozenset(f"n{n}" for n in range(8))))
    hits = index.nearest(vector("It is 3 and 7.").tolist(), 40, half)
    assert len(hits) == 40
    assert {hit.passage.article_id for hit in hits} <= {f"n{n}" for n in range(8)}
    assert hits[0].passage.article_id == "n3"
    index.close()
