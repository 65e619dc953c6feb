"""The index: in step with the articles, whatever interrupts it."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.config import Config
from qa.errors import IndexLocked, IndexMissing, IndexUnavailable
from qa.index import Index, SyncReport, Vectors, open_index, sentences_of, split, sync, writing
from qa.models.embedding import MiniLMEmbedding
from qa.types import Article


class CountingEmbedder:
    """The real model, which remembers how many texts it was given and can fail at one."""

    def __init__(self, fail_at: int | None = None) -> None:
        self._model = MiniLMEmbedding()
        self._fail_at = fail_at
        self.texts: list[str] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.texts += texts
        if self._fail_at is not None and len(self.texts) >= self._fail_at:
            raise KeyboardInterrupt
        return self._model.embed(texts)


def article(number: int, text: str = "") -> Article:
    text = text or f"Town number {number} has a bridge. It was built in {1900 + number}.\n\nMany people cross it."
    return Article(f"town-{number}", f"Town {number}", text)


def run(config: Config, articles: Sequence[Article], embedder: CountingEmbedder | None = None) -> SyncReport:
    with writing(config):
        return sync(articles, config, embedder or CountingEmbedder(), lambda _done, _total: None)


def opened(config: Config) -> Index:
    index = open_index(config)
    index.close()
    return index


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config.model_validate({"index": {"folder": tmp_path / "data"}})


def test_sync_says_what_it_did_and_embeds_only_what_changed(config: Config) -> None:
    first = run(config, [article(1), article(2), article(3)])
    assert (first.added, first.changed, first.removed, first.unchanged) == (3, 0, 0, 0)
    assert first.sentences == 9

    embedder = CountingEmbedder()
    changed = article(2, "Town number 2 lost its bridge.")
    second = run(config, [article(1), changed, article(4)], embedder)
    assert (second.added, second.changed, second.removed, second.unchanged) == (1, 1, 1, 1)
    assert "Town number 4 has a bridge." in embedder.texts
    assert opened(config).articles == {a.id: a for a in (article(1), changed, article(4))}


def test_a_second_sync_of_the_same_articles_writes_nothing(config: Config) -> None:
    run(config, [article(1), article(2)])
    report = run(config, [article(2), article(1)])
    assert (report.added, report.changed, report.removed, report.unchanged) == (0, 0, 0, 2)
    assert not report.rebuilt


def test_an_interrupted_sync_is_finished_by_the_next(config: Config) -> None:
    long = [article(n, " ".join(f"Sentence {i} of town {n} is here." for i in range(300))) for n in range(4)]
    with pytest.raises(KeyboardInterrupt):
        run(config, long, CountingEmbedder(fail_at=700))
    report = run(config, long)
    assert (report.unchanged, report.sentences) == (2, 1_200)
    assert len(opened(config).articles) == 4


def test_killing_a_sync_loses_nothing_and_doubles_nothing(config: Config, tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    for n in range(16):
        (folder / f"{n}.txt").write_text(
            f"Title {n}\n\n" + " ".join(f"Sentence {i} of {n} is here." for i in range(50))
        )
    settings_file = tmp_path / "config.yaml"
    settings_file.write_text(f"articles: {{folder: {folder}}}\nindex: {{folder: {config.index.folder}}}\n")
    command = [sys.executable, "-m", "qa.cli", "ingest", "--config", str(settings_file)]
    database = config.index.folder / config.fingerprint / "chroma.sqlite3"

    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    while process.poll() is None and not _stored_sentences(database):
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()

    again = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "800 sentences" in again.stderr
    once_more = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "16 unchanged" in once_more.stderr


def _stored_sentences(database: Path) -> int:
    try:
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
            return int(connection.execute("select count(*) from embeddings").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def test_a_second_writer_is_told_to_wait(config: Config) -> None:
    with writing(config), pytest.raises(IndexLocked, match="qa serve"), writing(config):
        pass


def test_without_an_index_the_remedy_is_named(config: Config) -> None:
    with pytest.raises(IndexMissing, match="qa ingest"):
        open_index(config)


def test_a_damaged_vector_index_is_built_anew(config: Config) -> None:
    articles = [article(n) for n in range(20)]
    run(config, articles)
    with writing(config):
        index = open_index(config)
        ids = index.store.sentences.get()["ids"]
        wrong = np.random.default_rng(0).normal(size=(len(ids), 384)).astype(np.float32)
        index.store.sentences.update(ids=ids, embeddings=wrong)
        index.close()
    report = run(config, articles)
    assert report.rebuilt
    assert report.added == 20


def test_lost_sentences_are_built_anew(config: Config) -> None:
    run(config, [article(1)])
    with writing(config):
        index = open_index(config)
        index.client.delete_collection(index.store.sentences.name)
        index.close()
    assert run(config, [article(1)]).sentences == 3


def test_a_folder_that_cannot_be_written_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    blocked = Config.model_validate({"index": {"folder": tmp_path / "file" / "data"}})
    with pytest.raises(IndexUnavailable, match=r"index\.folder"), writing(blocked):
        pass


@pytest.mark.parametrize("garbage", [b"", b"not a database " * 100])
def test_an_unreadable_store_is_built_anew(config: Config, garbage: bytes) -> None:
    run(config, [article(1)])
    (config.index.folder / config.fingerprint / "chroma.sqlite3").write_bytes(garbage)
    report = run(config, [article(1)])
    assert report.added == 1
    assert opened(config).articles


def test_another_recipe_gets_another_index(config: Config) -> None:
    smaller = config.model_copy(update={"index": config.index.model_copy(update={"chunk_tokens": 64})})
    assert smaller.fingerprint != config.fingerprint
    run(config, [article(1)])
    with pytest.raises(IndexMissing):
        open_index(smaller)


PROSE = st.lists(
    st.sampled_from(["The bridge is old.", "“Why?” she asked.", "It cost £3.5m", "\n\n", "\n", "ž 🌉", "a" * 400]),
    max_size=40,
).map(" ".join)


@given(PROSE, st.integers(32, 240))
@settings(max_examples=100)
def test_passages_are_ordered_slices_that_cover_every_word(text: str, chunk_tokens: int) -> None:
    offsets = split(Article("a", "A", text), chunk_tokens)
    assert all(start < end for start, end in offsets)
    assert all(before[1] <= after[0] for before, after in pairwise(offsets))
    gaps = [0, *(number for pair in offsets for number in pair), len(text)]
    assert not "".join(text[a:b] for a, b in zip(gaps[::2], gaps[1::2], strict=True)).strip()


def test_every_sentence_of_a_passage_is_stored_with_its_vector(config: Config) -> None:
    run(config, [article(1), article(2)])
    with writing(config):
        index = open_index(config)
        for passage in index.passages:
            assert index.articles[passage.article_id].text[passage.start : passage.end] == passage.text
            ids = [f"{passage.article_id}:{start}-{end}" for start, end in sentences_of(passage)]
            assert index.vectors(ids).keys() == set(ids)
        index.close()
