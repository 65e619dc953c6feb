"""What was run, where and when."""

import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

from qa.evaluate.figures import RESAMPLES, SEED
from qa.evaluate.run import Report

_PROJECT = "ask-the-articles"
_PACKAGES = ("chromadb", "llama-index-core", "bm25s", "numpy", "onnxruntime", "tokenizers")
"""Those whose version may change a figure."""


@dataclass(frozen=True, slots=True)
class About:
    """What was run, where and when: enough to run it again."""

    date: str
    """UTC, to the second."""
    mode: str
    """`in process`, or the address of the service."""
    questions: str
    """The file of the questions."""
    asked: int
    model: str
    index: str
    """Fingerprint of the index that was searched."""
    project: str
    python: str
    packages: Mapping[str, str]
    """Versions; like those above, of the measuring side."""
    machine: str
    cores: int
    seed: int
    resamples: int


def about(report: Report, mode: str, questions: str) -> About:
    """Describe a run that has just ended."""
    trace = report.rows[0].answer.trace
    return About(
        date=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        mode=mode,
        questions=questions,
        asked=len(report.rows),
        model=trace.model,
        index=trace.index,
        project=version(_PROJECT),
        python=platform.python_version(),
        packages={name: version(name) for name in _PACKAGES},
        machine=f"{sys.platform} {platform.machine()}",
        cores=os.cpu_count() or 1,
        seed=SEED,
        resamples=RESAMPLES,
    )
