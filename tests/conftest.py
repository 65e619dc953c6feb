"""What the tests share: the real service on the real articles, opened once."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from qa.assemble import open_qa, sync_articles
from qa.config import Config
from qa.index import writing
from qa.service import QA

ROOT = Path(__file__).parent.parent

settings.register_profile("suite", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """The configuration that ships, with its index in a temporary folder."""
    environ = {"QA_INDEX__FOLDER": str(tmp_path_factory.mktemp("index"))}
    return Config.load(ROOT / "config.yaml", {**environ, "PATH": os.environ["PATH"]})


@pytest.fixture(scope="session")
def qa(config: Config) -> Iterator[QA]:
    """The service as `qa serve` opens it, on the articles that ship."""
    with writing(config):
        sync_articles(config)
        yield open_qa(config)
