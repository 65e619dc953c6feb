"""What the tests share: the real service on the real articles, opened once."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from misbehaving import Behaviour, ModelServer, silent
from modeltest import with_model

from qa.assemble import open_qa, open_stages, sync_articles
from qa.config import Answering, Config
from qa.index import writing
from qa.service import QA, Stages

ROOT = Path(__file__).parent.parent
# The second imports the first.
pytest_plugins = ["pagetest", "apitest", "chromatest", "fakeservetest", "storetest", "nginxtest"]

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


@pytest.fixture(scope="session")
def stages(qa: QA, config: Config) -> Stages:
    """The stages of the service that ships; it holds the index's lock."""
    assert qa.articles
    return open_stages(config)[1]


@pytest.fixture
def opened(qa: QA, stages: Stages) -> Iterator[Callable[..., tuple[QA, ModelServer]]]:
    """Opens the service with a model that behaves as told."""
    servers: list[ModelServer] = []

    def open_with(behaviour: Behaviour = silent, provider: str = "openai_like", **more: Any) -> tuple[QA, ModelServer]:
        server = ModelServer(behaviour)
        servers.append(server)
        address = server.address + ("/v1" if provider == "openai_like" else "")
        more = {"provider": provider, "model": "m", "base_url": address, "timeout_seconds": 30, **more}
        return with_model(qa, stages, Answering.model_validate(more)), server

    yield open_with
    for server in servers:
        server.close()
