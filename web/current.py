"""The running application's service and configuration, for its views."""

from typing import cast

from flask import Flask, current_app

from qa.config import Config
from qa.service import QA
from web.metrics import Metrics
from web.turns import Turns


def bind(app: Flask, qa: QA, config: Config) -> None:
    """Give an application what its views work with."""
    app.extensions["qa"] = qa
    app.extensions["qa_config"] = config
    app.extensions["qa_metrics"] = Metrics(qa)
    limits = config.server
    app.extensions["qa_turns"] = Turns(limits.threads, limits.queue, limits.answer_seconds)


def current_qa() -> QA:
    """The service that answers questions."""
    return cast(QA, current_app.extensions["qa"])


def current_metrics() -> Metrics:
    """What is counted."""
    return cast(Metrics, current_app.extensions["qa_metrics"])


def current_turns() -> Turns:
    """Who may ask now."""
    return cast(Turns, current_app.extensions["qa_turns"])


def current_config() -> Config:
    """What was set in config.yaml."""
    return cast(Config, current_app.extensions["qa_config"])
