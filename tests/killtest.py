"""Runs `qa ingest` in processes that can be killed, and says what an index must hold. Its functions run elsewhere, too.

A fork server has imported everything, so that an ingest begins within milliseconds: a kill hits its work, not the
start of Python.
"""

import ctypes
import multiprocessing
import os
import random
import subprocess
import sys
from collections.abc import Callable, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path

from test_index_versions import Hashing

from qa.config import Config
from qa.errors import IndexUnavailable
from qa.index import Embedder, Index, open_index, sentences_of, span_id
from qa.index.chroma import connected
from qa.index.editions import edition_id
from qa.index.store import Store
from qa.ingest import read_folder
from qa.types import Article

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["qa.opening", "qa.cli", "llama_index.core.node_parser", "trafilatura"])
NAMES = "abcdefgh"
_NEW_MOUNTS = 0x20000
"""CLONE_NEWNS of Linux."""
LEASE_S = 2.0
"""After so long a killed ingest to a server counts as dead."""


class Plain(Hashing):
    """In place of the model, where it does not matter what the vectors mean."""

    def __init__(self, threads: int) -> None:  # noqa: ARG002  # as the model is made
        super().__init__()


def write_articles(folder: Path, rng: random.Random) -> None:
    """Add, change and remove articles; at least one is left."""
    folder.mkdir(exist_ok=True)
    for name in rng.sample(NAMES, rng.randint(1, 5)):
        file = folder / f"{name}.txt"
        if file.exists() and rng.random() < 0.4 and len(list(folder.iterdir())) > 1:
            file.unlink()
        else:
            edition = rng.choice(["first", "second", "third"])  # so that some come back
            sentences = [f"Sentence {n} of {name} is in the {edition} edition." for n in range(rng.randint(3, 20))]
            file.write_text(f"Article {name}\n\n" + " ".join(sentences), encoding="utf-8")


def articles_of(config: Config) -> list[Article]:
    return list(read_folder(config.articles.folder, config.articles.max_file_mb).articles)


def ingest(file: Path, model: bool) -> BaseProcess:
    """Begin `qa ingest` with this configuration file, with the real model or a plain one; its group is small."""
    process = _processes.Process(target=_ingest, args=(file, model), daemon=True)
    process.start()
    return process


def read(file: Path) -> int:
    """Open the index elsewhere, as a service would, and look something up; gives the exit code."""
    process = _processes.Process(target=_read, args=(file,), daemon=True)
    process.start()
    process.join(90)
    assert process.exitcode is not None, "it hangs"
    return process.exitcode


def with_own_mounts(work: Callable[[Config], None], config: Config) -> int:
    """Do something elsewhere, where it can mount what it wants: that is gone when it ends. Gives the exit code."""
    process = _processes.Process(target=_with_own_mounts, args=(work, config), daemon=True)
    process.start()
    process.join(90)
    assert process.exitcode is not None, "it hangs"
    return process.exitcode


def _with_own_mounts(work: Callable[[Config], None], config: Config) -> None:
    assert ctypes.CDLL(None).unshare(_NEW_MOUNTS) == 0
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    work(config)
    os._exit(0)


def _read(file: Path) -> None:
    config = Config.load(file)
    try:
        index = open_index(config)
        assert dict(index.articles) == {article.id: article for article in articles_of(config)}
        for article in index.articles.values():  # which may find something else than it should, yet real
            for hit in index.nearest(Hashing().embed([article.title])[0].tolist(), 10):
                assert hit.passage.text in index.articles[hit.passage.article_id].text
    except IndexUnavailable as error:
        assert "qa ingest" in str(error)
        os._exit(error.exit_code)
    os._exit(0)


def _ingest(file: Path, model: bool) -> None:
    import qa.assemble
    import qa.cli
    import qa.index.lock
    import qa.index.store

    qa.index.store._GROUP = 20  # more to be killed between
    qa.index.lock.LEASE_S = LEASE_S
    if not model:
        qa.assemble.MiniLMEmbedding = Plain  # type: ignore[assignment, misc]
    sys.stderr = file.with_suffix(".log").open("a")
    code = qa.cli.main(["ingest", "--config", str(file)])
    sys.stderr.flush()
    os._exit(code)


def run_to_the_end(process: BaseProcess, file: Path) -> None:
    process.join(90)
    assert process.exitcode == 0, (process.exitcode, file.with_suffix(".log").read_text())


def kill_after(seconds: float, process: BaseProcess, file: Path) -> bool:
    """Kill a process as the kernel does, unless it ends before; say whether it was killed."""
    process.join(seconds)
    if process.exitcode is None:
        process.kill()
        process.join()
        return True
    run_to_the_end(process, file)
    return False


def assert_searchable(index: Index, articles: Sequence[Article], embedder: Embedder) -> None:
    """The index has just these articles, and each of their sentences is found by its own vector."""
    assert dict(index.articles) == {article.id: article for article in articles}
    for passage in index.passages:
        for start, end in sentences_of(passage):
            text = index.articles[passage.article_id].text[start:end]
            (hit,) = index.nearest(embedder.embed([text])[0].tolist(), 1)
            assert hit.passage == passage, text
            assert hit.match.similarity > 0.985, text  # a damaged bit may make no more difference than that


def assert_nothing_else(config: Config, articles: Sequence[Article]) -> None:
    """Chroma itself has the editions and the sentences of these articles, and no other record."""
    index = open_index(config)
    editions = {article.id: edition_id(article) for article in articles}
    expected = {span_id(editions[p.article_id], *span) for p in index.passages for span in sentences_of(p)}
    index.close()
    with connected(config) as client:
        store = Store(client, config.fingerprint)
        assert set(store.articles.get()["ids"]) == set(editions.values())
        assert set(store.sentences.get()["ids"]) == expected
