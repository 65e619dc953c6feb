"""What is counted, in the format of Prometheus: the sum over all worker processes of `qa serve`, dead ones included."""

import contextlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from qa.errors import QAError
from qa.service import QA
from qa.types import Answer, ModelState
from web.watch import Seen

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
"""Names, in the environment, the folder where the workers count together. Without it a process counts alone.

The client library looks at it when it is first imported.
"""
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""Seconds: an answer from the articles takes hundredths, one by a language model whole seconds."""
_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"})


class Metrics:
    """Counts requests and answers; threads may share it.

    Args:
        qa: gives the service that answers now.
    """

    def __init__(self, qa: Callable[[], QA]) -> None:
        self._qa = qa
        self._counted = registry = CollectorRegistry()
        self._looked_up = CollectorRegistry()
        self._looked_up.register(_State(qa))
        self._requests = Counter(
            "qa_requests", "Requests that were answered.", ["route", "method", "status"], registry=registry
        )
        self._request_seconds = Histogram(
            "qa_request_seconds",
            "Time of a request, until its last byte.",
            ["route"],
            buckets=_BUCKETS,
            registry=registry,
        )
        self._answers = Counter("qa_answers", "Answers, by what came of the question.", ["result"], registry=registry)
        self._sentences = Counter(
            "qa_sentences", "Sentences of answers, by how the articles bear them out.", ["support"], registry=registry
        )
        self._citations = Counter("qa_citations", "Citations in answers.", registry=registry)
        self._tokens = Counter(
            "qa_model_tokens", "Tokens that the language model read and wrote.", ["kind"], registry=registry
        )
        self._seconds = Histogram(
            "qa_stage_seconds", "Time of an answer, by stage.", ["stage"], buckets=_BUCKETS, registry=registry
        )
        self._calls = Counter(
            "qa_model_calls", "Calls of the language model, by how they went.", ["result"], registry=registry
        )
        self._calls_told: Mapping[str, int] = {}
        self._telling = threading.Lock()
        self._failing = Gauge(
            "qa_model_failing",
            "1 if the last call of the language model failed, in any worker.",
            registry=registry,
            multiprocess_mode="livemax",
        )
        self._waiting = Gauge(
            "qa_answers_waiting",
            "Questions that wait for their turn.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._running = Gauge(
            "qa_answers_running", "Answers in progress.", registry=registry, multiprocess_mode="livesum"
        )

    def tell_of_turns(self, running: int, waiting: int) -> None:
        """Note how many answers are in progress, and how many questions wait for their turn."""
        self._running.set(running)
        self._waiting.set(waiting)

    def finished(self, method: str, seen: Seen) -> None:
        """Add a request, with its answer if it had one. Labels are few, whatever clients send."""
        route = seen.route or "unmatched"
        self._requests.labels(route, method if method in _METHODS else "other", seen.status).inc()
        self._request_seconds.labels(route).observe(seen.seconds)
        if seen.answer:
            self._count(seen.answer)
        self._tell_of_model()

    def _count(self, answer: Answer) -> None:
        self._answers.labels(answer.refusal or "answered").inc()
        self._citations.inc(len(answer.citations))
        for sentence in answer.sentences:
            self._sentences.labels(sentence.support).inc()
        self._tokens.labels("prompt").inc(answer.trace.prompt_tokens)
        self._tokens.labels("completion").inc(answer.trace.completion_tokens)
        for stage, milliseconds in answer.trace.timings_ms.items():
            self._seconds.labels(stage).observe(milliseconds / 1_000)

    def _tell_of_model(self) -> None:
        """Add the calls since the last time: each worker's model counts its own, and none can see another's."""
        with self._telling, contextlib.suppress(QAError):
            if model := self._qa().model:
                self._failing.set(model.state is ModelState.FAILING)
                for result, number in model.calls.items():
                    self._calls.labels(result).inc(max(number - self._calls_told.get(result, 0), 0))
                self._calls_told = model.calls

    def text(self) -> bytes:
        """Everything, as Prometheus reads it."""
        self._tell_of_model()
        counted = self._counted
        if folder := os.environ.get(FOLDER):
            counted = CollectorRegistry()
            MultiProcessCollector(counted, folder)  # type: ignore[no-untyped-call]
        return generate_latest(counted) + generate_latest(self._looked_up)


class _State(Collector):
    """What is not counted but looked up, and the same in every worker."""

    def __init__(self, qa: Callable[[], QA]) -> None:
        self._qa = qa

    def collect(self) -> Iterator[Metric]:
        try:
            qa = self._qa()
        except QAError:
            yield GaugeMetricFamily("qa_index_version", "Version of the index that is served; 0 if none is.", 0)
            return
        yield GaugeMetricFamily("qa_index_version", "Version of the index that is served; 0 if none is.", qa.version)
        yield GaugeMetricFamily("qa_articles", "Articles in the index.", len(qa.articles))
