"""The running application's service and configuration, for its views."""

from dataclasses import dataclass
from typing import Protocol, cast

from flask import Flask, current_app, g
from werkzeug.exceptions import ServiceUnavailable

from qa.config import Config
from qa.errors import QAError
from qa.service import QA
from web.metrics import Metrics
from web.turns import Turns


class Newest(Protocol):
    """Gives the newest service for each request, as `qa.live.Live` does."""

    problem: QAError | None
    """Why questions cannot be answered now, as far as that is known."""

    def __call__(self) -> QA:
        """The service; raises `QAError` if there is none yet."""
        ...


@dataclass(slots=True)
class Fixed:
    """One service, which all threads share."""

    qa: QA
    problem: QAError | None = None

    def __call__(self) -> QA:
        """The service."""
        return self.qa


def bind(app: Flask, qa: Newest, config: Config) -> None:
    """Give an application what its views work with."""
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


def check_ready() -> None:
    """Make sure that questions can be answered.

    Raises:
        IndexUnavailable: there is no index at the moment, or it cannot be reached.
        ServiceUnavailable: the process has been told to stop.
    """
    if "qa_leaving" in current_app.extensions:
        raise ServiceUnavailable("The service is stopping. Running answers are finished; ask again in a moment.")
    if problem := current_app.extensions["qa"].problem:
        raise type(problem)(str(problem))  # each its own, since what is raised keeps all that it was raised from


def current_metrics() -> Metrics:
    """What is counted."""
    return metrics_of(current_app)


def metrics_of(app: Flask) -> Metrics:
    """What is counted of an application, for whoever wraps it."""
    return cast(Metrics, app.extensions["qa_metrics"])


def leave(app: Flask) -> None:
    """Have an application say that it is not ready any more, while it goes on answering."""
    app.extensions["qa_leaving"] = True


def current_turns() -> Turns:
    """Who may ask now."""
    return cast(Turns, current_app.extensions["qa_turns"])


def current_config() -> Config:
    """What was set in config.yaml."""
    return cast(Config, current_app.extensions["qa_config"])
