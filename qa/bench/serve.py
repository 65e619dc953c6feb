"""Serves a size as `qa serve` does, but for what embeds: `python -m qa.bench.serve FOLDER PORT [--synthetic]`.

Nothing is imported before `qa serve` would: how long the start takes is measured, too.
"""

import argparse
import os
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from qa.config import Config

if TYPE_CHECKING:
    from flask import Flask

CENTRES = "centres.npy"
"""In the folder of a size: the real vectors near which the synthetic ones lie."""


def config_of(folder: Path) -> Config:
    """The configuration of a size, which the environment overrides as it does any."""
    return Config.load(folder / "config.yaml")


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("port", type=int)
    parser.add_argument("--synthetic", action="store_true")
    options = parser.parse_args()
    config, held = config_of(options.folder), ExitStack()

    def load() -> "Flask":
        from qa.index import read_ahead, writing

        held.enter_context(writing(config))
        read_ahead(config)
        import numpy as np

        from qa.assemble import open_qa, sync_articles
        from qa.bench.synthetic import Synthetic
        from web import create_app

        embedder = Synthetic(np.load(options.folder / CENTRES)) if options.synthetic else None
        return create_app(open_qa(config, known=sync_articles(config, embedder=embedder).report.known), config)

    with TemporaryDirectory() as counters:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = counters
        from web.serve import serve

        serve(config.server.model_copy(update={"port": options.port}), load)


if __name__ == "__main__":
    main()
