"""`qa serve` over FakeQA, as a process: `python -m fakeserver '{"port": 8001}' PATIENCE_S CONNECTIONS`."""

import json
import logging
import os
import sys
import tempfile
from dataclasses import replace

from webtest import SITED_ARTICLE, FakeQA

import web.serve
from qa.config import Config, Server
from qa.types import Article
from web import create_app

BIG = "big"
_BIG_ARTICLE = replace(SITED_ARTICLE, id=BIG, text="Nobody reads this to its end. " * 100_000)


class BigFakeQA(FakeQA):
    """Has an article that no socket's buffer holds."""

    def article(self, article_id: str) -> Article | None:
        return _BIG_ARTICLE if article_id == BIG else super().article(article_id)


if __name__ == "__main__":
    server = Server.model_validate(json.loads(sys.argv[1]))
    web.serve.PATIENCE_S, web.serve._CONNECTIONS = int(sys.argv[2]), int(sys.argv[3])
    logging.basicConfig(format="%(message)s")
    logging.getLogger("web.serve").setLevel(logging.INFO)
    with tempfile.TemporaryDirectory(prefix="qa-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        web.serve.serve(server, lambda: create_app(BigFakeQA(), Config(server=server)))
