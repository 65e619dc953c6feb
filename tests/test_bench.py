"""What `qa bench` measures on, and how it shows what it found."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from qa.bench.corpus import SENTENCES, Corpus
from qa.bench.measure import questions
from qa.bench.report import draw, render
from qa.bench.synthetic import Synthetic
from qa.ingest import read_folder
from qa.models.embedding import MiniLMEmbedding

KEPT = Path(__file__).parent.parent / "qa" / "bench" / "results.json"


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return Corpus()


def test_articles_are_dated_all_different_and_the_same_each_time(corpus: Corpus, tmp_path: Path) -> None:
    assert list(corpus.write(tmp_path / "one", 90))[-1] == 10
    list(Corpus().write(tmp_path / "other", 90))
    articles = read_folder(tmp_path / "one", 5).articles
    assert articles == read_folder(tmp_path / "other", 5).articles
    assert len({article.text for article in articles}) == len({article.published for article in articles}) == 10
    assert all(article.published for article in articles)
    assert questions()


def test_synthetic_vectors_depend_on_the_text_alone_and_lie_near_real_ones(corpus: Corpus) -> None:
    real = MiniLMEmbedding()
    centres = real.embed(corpus.sentences[:SENTENCES])
    synthetic = Synthetic(centres)
    texts = [f"Sentence {n}." for n in range(200)]
    vectors = synthetic.embed(texts)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.array_equal(vectors[::-1], synthetic.embed(texts[::-1]))
    near = (vectors @ centres.T).max(axis=1)
    assert near.min() > 0.6
    assert near.max() < 0.99


def test_what_was_found_is_a_table_and_plots(tmp_path: Path) -> None:
    results: dict[str, Any] = json.loads(KEPT.read_text(encoding="utf-8"))
    lines = render(results).splitlines()
    assert lines[0].split()[0] == "passages"
    assert len(lines[0].split()) == 1 + len(results["sizes"])
    draw(results, tmp_path)
    drawn = sorted(path.name for path in tmp_path.glob("*.svg"))
    assert drawn == ["answer.svg", "ingest.svg", "load.svg", "memory.svg", "start.svg"]
    for name in drawn:
        ElementTree.parse(tmp_path / name)
        assert (tmp_path / name).read_bytes() == KEPT.with_name(name).read_bytes(), "draw them anew: qa bench"
