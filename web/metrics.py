"""What the service counts since it started, in the format of Prometheus."""

from collections.abc import Callable, Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from qa.errors import IndexUnavailable
from qa.service import QA
from qa.types import Answer, ModelState

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""Seconds: an answer from the articles takes hundredths, one by a language model whole seconds."""


class Metrics:
    """Counts answers; threads may share it.

    Args:
        qa: gives the service, which is asked for its articles and its language model whenever somebody reads.
    """

    def __init__(self, qa: Callable[[], QA]) -> None:
        registry = CollectorRegistry()
        self._registry = registry
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
        registry.register(_State(qa))

    def count(self, answer: Answer) -> None:
        """Add an answer that was given."""
        self._answers.labels(answer.refusal or "answered").inc()
        self._citations.inc(len(answer.citations))
        for sentence in answer.sentences:
            self._sentences.labels(sentence.support).inc()
        self._tokens.labels("prompt").inc(answer.trace.prompt_tokens)
        self._tokens.labels("completion").inc(answer.trace.completion_tokens)
        for stage, milliseconds in answer.trace.timings_ms.items():
            self._seconds.labels(stage).observe(milliseconds / 1_000)

    def text(self) -> bytes:
        """Everything, as Prometheus reads it."""
        return generate_latest(self._registry)


class _State(Collector):
    """What is not counted but looked up."""

    def __init__(self, qa: Callable[[], QA]) -> None:
        self._qa = qa

    def collect(self) -> Iterator[Metric]:
        try:
            qa = self._qa()
        except IndexUnavailable:
            yield GaugeMetricFamily("qa_index_version", "Version of the index that is served; 0 if none is.", 0)
            return
        yield GaugeMetricFamily("qa_index_version", "Version of the index that is served; 0 if none is.", qa.version)
        yield GaugeMetricFamily("qa_articles", "Articles in the index.", len(qa.articles))
        if model := qa.model:
            failing = model.state is ModelState.FAILING
            yield GaugeMetricFamily(
                "qa_model_failing", "1 if the last call of the language model failed.", int(failing)
            )
            calls = CounterMetricFamily(
                "qa_model_calls", "Calls of the language model, by how they went.", labels=["result"]
            )
            for result, number in sorted(model.calls.items()):
                calls.add_metric([result], number)
            yield calls
