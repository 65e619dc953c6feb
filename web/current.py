"""The running application's service and configuration, for its views."""

from collections.abc import Callable
from typing import cast

from flask import Flask, current_app, g

from qa.config import Config
from qa.service import QA
from web.metrics import Metrics
from web.turns import Turns


def bind(app: Flask, qa: Callable[[], QA], config: Config) -> None:
    """Give an application what its views work with; `qa` gives the service for a request."""
    app.extensions["qa"] = qa
    app.extensions["qa_config"] = config
    metrics, limits = Metrics(qa), config.server
    app.extensions["qa_metrics"] = metrics
    app.extensions["qa_turns"] = Turns(limits.threads, limits.queue, limits.answer_seconds, metrics.tell_of_turns)


def current_qa() -> QA:
    """The service that answers questions, the same one throughout a request.

    Raises:
        IndexUnavailable: there is none at the moment.
    """
    if "qa" not in g:
        g.qa = current_app.extensions["qa"]()
    return cast(QA, g.qa)


def current_metrics() -> Metrics:
    """What is counted."""
    return metrics_of(current_app)


def metrics_of(app: Flask) -> Metrics:
    """What is counted of an application, for whoever wraps it."""
    return cast(Metrics, app.extensions["qa_metrics"])


def leave(app: Flask) -> None:
    """Have an application say that it is not ready any more, while it goes on answering."""
    app.extensions["qa_leaving"] = True


def leaving() -> bool:
    """Whether the process has been told to stop."""
    return "qa_leaving" in current_app.extensions


def current_turns() -> Turns:
    """Who may ask now."""
    return cast(Turns, current_app.extensions["qa_turns"])


def current_config() -> Config:
    """What was set in config.yaml."""
    return cast(Config, current_app.extensions["qa_config"])
