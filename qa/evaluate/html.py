"""The report to read in a browser: one file that needs nothing else, neither network nor scripts."""

from collections.abc import Callable
from itertools import groupby
from pathlib import Path

import jinja2

from qa.evaluate import plots
from qa.evaluate.about import About
from qa.evaluate.figures import Figure, risk_coverage
from qa.evaluate.measures import BY_KEY, MEASURES, RIGHT, Row
from qa.evaluate.metrics import meet
from qa.evaluate.report import interval, short_is_wrong, value
from qa.evaluate.run import Report

_IN_SHORT = ("answers_right", "refusal_recall", "citation_precision", "verbatim_quotes")
_GROUPS: tuple[tuple[str, str, Callable[[Row], bool]], ...] = (
    (
        "Answered, though the articles do not say",
        "The worst sort: a reader may believe it. The quotes are genuine, but they do not answer the question.",
        lambda row: row.answer.answered and not row.case.answerable,
    ),
    (
        "Answered from the wrong place",
        "The articles do answer, but the quotes miss the place that does, or enough of the places.",
        lambda row: row.answer.answered and row.case.answerable and not row.right,
    ),
    (
        "Refused, though the articles do say",
        "The service was not sure enough. The closest passage is shown to users, and is sometimes the answer.",
        lambda row: row.case.answerable and not row.answer.answered,
    ),
    (
        "The right place, another short answer",
        "The right sentence is quoted, but the few words marked in it, if any, are not those expected.",
        lambda row: row.right and short_is_wrong(row),
    ),
)
"""Every question that went wrong is in exactly one of these."""


def render_html(report: Report, made: About) -> str:
    """The whole report as an HTML document."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    coverage, risk = report.figures["coverage"], report.figures["risk"]
    operating = (coverage.value, risk.value) if isinstance(coverage, Figure) and isinstance(risk, Figure) else None
    aurc = BY_KEY["aurc"]
    return environment.get_template("report.html").render(
        about=made,
        report=report,
        in_short=[BY_KEY[key] for key in _IN_SHORT],
        groups=[(name, list(measures)) for name, measures in groupby(MEASURES, key=lambda each: each.group)],
        value=value,
        interval=interval,
        strip=plots.strip,
        meet=meet,
        wrong=[(name, why, [row for row in report.rows if belongs(row)]) for name, why, belongs in _GROUPS],
        curve=plots.risk_coverage(
            risk_coverage([score for row in report.rows if (score := aurc.score(row))]), operating
        ),
        reliability=plots.reliability([(row.answer.confidence, row.would_be_right) for row in report.rows]),
        bars=plots.bars({kind: of.figure(RIGHT) for kind, of in report.by_kind.items()}),
        latency=plots.latency(report.latency),
    )
