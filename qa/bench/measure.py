"""What is measured at one size. Each part runs in a process of its own: `python -m qa.bench.measure PART FOLDER ...`.

The folder of a size has `articles/`, `index/`, and what this prints, as JSON on the last line of stdout.
"""

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from qa.assemble import Models, load_models, open_stages, qa_on, sync_articles
from qa.bench.corpus import REAL, Corpus
from qa.bench.serve import CENTRES, config_of
from qa.bench.synthetic import Synthetic
from qa.index import Index, writing
from qa.models.embedding import MiniLMEmbedding
from qa.service import QA, Stages
from qa.types import Answer, Scope

_RAW = 600
"""Sentences embedded alone before and after an ingest, to know the raw rate on this machine in this minute."""
_ASKED = 200
"""Questions asked for the percentiles."""
_SEARCHED = 40
"""Questions searched in each scope."""


def questions() -> list[str]:
    """Fixed questions about the articles that the corpus is made of."""
    cases = [
        case for folder in REAL for case in yaml.safe_load((folder / "questions.yaml").read_text("utf-8"))["cases"]
    ]
    return [case["question"] for case in cases if not case.get("history")]


def ingest(folder: Path, real: bool) -> dict[str, Any]:
    """Index the articles of a size: how fast, against embedding alone."""
    config, sentences = config_of(folder), Corpus().sentences
    model = MiniLMEmbedding(threads=config.embedding.threads)
    if not real:
        np.save(folder / CENTRES, model.embed(sentences))
    embedder = model if real else Synthetic(np.load(folder / CENTRES))
    sample = [sentences[n % len(sentences)] for n in range(_RAW)]
    before = _seconds(lambda: model.embed(sample))
    with writing(config):
        began = time.perf_counter()
        report = sync_articles(config, embedder=embedder).report
        whole = time.perf_counter() - began
    after = _seconds(lambda: model.embed(sample))
    return {
        "passages": report.passages,
        "sentences": report.sentences,
        "articles": report.added,
        "chunk_tokens": config.index.chunk_tokens,
        "raw_sentences_per_s": _RAW / ((before + after) / 2),
        "sentences_per_s": report.sentences / report.seconds,
        "with_reading_s": whole,
        "memory_mb": _memory_mb(),
        "index_mb": _size_mb(folder / "index"),
    }


def answer(folder: Path, real: bool) -> dict[str, Any]:  # noqa: ARG001  # every part is called alike
    """Ask in this process: the time by stage, that of the inferences alone, and of searches in a scope."""
    config = config_of(folder)
    models = load_models(config)
    before = _memory_mb()
    began = time.perf_counter()
    index, stages = open_stages(config, models)
    qa = qa_on(index, stages, config)
    opened = time.perf_counter() - began
    asked = questions()
    for question in asked[:5]:
        qa.ask(question)
    answers, raw, times = [], [], []
    for number in range(_ASKED):
        began = time.perf_counter()
        given = qa.ask(asked[number % len(asked)])
        times.append((time.perf_counter() - began) * 1_000)
        answers.append(given)
        raw.append(_inferences(models, given) * 1_000)
    return {
        "open_s": opened,
        "memory_mb": _memory_mb(),
        "models_mb": before,
        "words_mb": sum(_size_mb(path) for path in (folder / "index").glob("*-words")),
        "answer_ms": _percentiles(times),
        "inferences_ms": _percentiles(raw),
        "stages_ms": _by_stage(answers),
        "ratio_p50": float(np.median(times) / np.median(raw)),
        "scopes_ms": _scoped(index, stages, qa, asked),
    }


def _inferences(models: Models, given: Answer) -> float:
    """Seconds that an answer's inferences take by themselves: the question embedded, the same passages read."""
    read = [item.passage for item in given.evidence if item.answerability is not None]
    return _seconds(lambda: (models.embedding.embed([given.asked]), models.reader.read(given.asked, read)))


def _scoped(index: Index, stages: Stages, qa: QA, asked: Sequence[str]) -> dict[str, Any]:
    """Milliseconds of search alone, and of an answer, by what it is asked of."""
    days = sorted(article.published or "" for article in index.articles.values())
    ids = list(index.articles)
    scopes = {
        "none": None,
        "one article": Scope(articles=frozenset(ids[len(ids) // 2 :][:1])),
        "dates, 50 %": Scope(since=days[len(days) // 2]),
        "dates, 10 %": Scope(since=days[len(days) * 9 // 10]),
        "dates, 1 %": Scope(since=days[len(days) * 99 // 100]),
    }
    found = {}
    for name, scope in scopes.items():
        chosen = [asked[number % len(asked)] for number in range(_SEARCHED)]
        search = [_seconds(lambda q=question, s=scope: stages.search(q, s)) * 1_000 for question in chosen]  # type: ignore[misc]
        answers = [_seconds(lambda q=question, s=scope: qa.ask(q, (), s)) * 1_000 for question in chosen]  # type: ignore[misc]
        found[name] = {"search": _percentiles(search), "answer": _percentiles(answers)}
    return found


def _seconds(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def _percentiles(milliseconds: Sequence[float]) -> dict[str, float]:
    p50, p95, p99 = np.percentile(milliseconds, [50, 95, 99])
    return {"p50": float(p50), "p95": float(p95), "p99": float(p99)}


def _by_stage(answers: Iterable[Answer]) -> dict[str, dict[str, float]]:
    stages: dict[str, list[float]] = {}
    for given in answers:
        for stage, milliseconds in given.trace.timings_ms.items():
            stages.setdefault(stage, []).append(milliseconds)
    return {stage: _percentiles(times) for stage, times in stages.items()}


def _memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def _size_mb(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("part", choices=["ingest", "answer"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--synthetic", action="store_true")
    options = parser.parse_args()
    part = {"ingest": ingest, "answer": answer}[options.part]
    print(json.dumps(part(options.folder, not options.synthetic)))
