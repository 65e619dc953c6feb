"""An ingest that is killed at any moment: what was in force before or after it is searchable, whole, and nothing else.

KILLS says how often the first test kills, and the others in proportion; SEED says when. `make kill` does it 200 times.
"""

import os
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from chromatest import ChromaServer
from killtest import (
    LEASE_S,
    articles_of,
    assert_nothing_else,
    assert_searchable,
    ingest,
    kill_after,
    run_to_the_end,
    write_articles,
)
from test_index_versions import Hashing

from qa.config import Config
from qa.errors import IndexMissing
from qa.index import Embedder, open_index
from qa.models.embedding import MiniLMEmbedding
from qa.types import Article

KILLS = int(os.environ.get("KILLS", "5"))
SEED = int(os.environ.get("SEED", "0"))
pytestmark = pytest.mark.timeout(60 + 30 * KILLS)


@dataclass
class Trial:
    """An index, its articles, and the moments at which ingests are killed."""

    file: Path
    rng: random.Random
    model: bool = False
    in_force: Sequence[Article] = ()

    def __post_init__(self) -> None:
        self.config = Config.load(self.file)
        self.embedder: Embedder = MiniLMEmbedding() if self.model else Hashing()
        self.change()
        started = time.monotonic()
        self.finish()
        self.usual_s = time.monotonic() - started

    def change(self) -> None:
        write_articles(self.config.articles.folder, self.rng)

    def kill(self) -> None:
        """Change the articles, and kill their ingest at some moment. The version before it or after it is in force."""
        self.change()
        process = ingest(self.file, self.model)
        kill_after(self.rng.uniform(0, 1.2 * self.usual_s), process, self.file)
        self.check_readable()

    def check_readable(self) -> None:
        wanted = articles_of(self.config)
        index = open_index(self.config)
        after = dict(index.articles) == {article.id: article for article in wanted}
        self.in_force = wanted if after else self.in_force
        assert_searchable(index, self.in_force, self.embedder)
        index.close()

    def finish(self) -> None:
        """Let an ingest come to its end: Chroma holds what it read, and nothing else."""
        run_to_the_end(ingest(self.file, self.model), self.file)
        self.in_force = articles_of(self.config)
        index = open_index(self.config)
        assert_searchable(index, self.in_force, self.embedder)
        index.close()
        assert_nothing_else(self.config, self.in_force)


def written(folder: Path, **sections: object) -> Path:
    file = folder / "config.yaml"
    file.write_text(yaml.safe_dump({"articles": {"folder": "articles"}, "index": {"folder": "data"}, **sections}))
    return file


@pytest.mark.parametrize(("model", "kills"), [(False, KILLS), (True, max(2, KILLS // 5))])
def test_whenever_an_ingest_is_killed_the_index_is_whole(tmp_path: Path, model: bool, kills: int) -> None:
    trial = Trial(written(tmp_path), random.Random(SEED), model)
    for _ in range(kills):
        trial.kill()
        if trial.rng.random() < 0.7:  # else it is killed again
            trial.finish()
    trial.finish()


def test_killing_the_first_ingest_leaves_no_index_or_a_whole_one(tmp_path: Path) -> None:
    rng = random.Random(SEED)
    whole = Trial(written(tmp_path), rng)
    for n in range(max(3, KILLS // 5)):
        folder = tmp_path / str(n)
        folder.mkdir()
        file = written(folder)
        config = Config.load(file)
        write_articles(config.articles.folder, rng)
        kill_after(rng.uniform(0, 1.2 * whole.usual_s), ingest(file, model=False), file)
        try:
            index = open_index(config)
        except IndexMissing:
            pass
        else:
            assert_searchable(index, articles_of(config), whole.embedder)
            index.close()
        run_to_the_end(ingest(file, model=False), file)
        assert_nothing_else(config, articles_of(config))


def test_an_ingest_to_a_server_that_is_killed_is_taken_over(tmp_path: Path, chroma_server: ChromaServer) -> None:
    chroma = {"mode": "server", "url": chroma_server.url, "grace_seconds": 0, "database": f"kill{time.time_ns()}"}
    trial = Trial(written(tmp_path, chroma=chroma), random.Random(SEED))
    for _ in range(max(2, KILLS // 3)):
        trial.kill()
        time.sleep(LEASE_S)
        trial.finish()


def test_a_server_that_is_killed_during_an_ingest_loses_nothing(tmp_path: Path) -> None:
    (tmp_path / "chroma").mkdir()
    server = ChromaServer(tmp_path / "chroma")
    chroma = {"mode": "server", "url": server.url, "grace_seconds": 0}
    trial = Trial(written(tmp_path, chroma=chroma), random.Random(SEED))
    for _ in range(max(2, KILLS // 5)):
        trial.change()
        process = ingest(trial.file, model=False)
        process.join(trial.rng.uniform(0, trial.usual_s))
        server.stop()
        process.join(60)
        assert process.exitcode in (0, 4)
        server.start()
        trial.check_readable()
        time.sleep(LEASE_S)
        trial.finish()
    server.stop()
    log = trial.file.with_suffix(".log").read_text()
    assert "Traceback" not in log
