"""What an evaluation leaves behind: results.json with everything, and the baseline that later ones are held against."""

import json
import os
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from qa.config import Evaluation
from qa.errors import ConfigError
from qa.evaluate.about import About
from qa.evaluate.figures import Figure, Measured
from qa.evaluate.html import render_html
from qa.evaluate.measures import GATED, MEASURES, Row, scores_of
from qa.evaluate.metrics import meet
from qa.evaluate.run import PERCENTILES, Report


def results(report: Report, made: About) -> dict[str, Any]:
    """Everything, ready for JSON."""
    return {
        "about": asdict(made),
        "figures": _figures(report),
        "latency_ms": {
            stage: {f"p{percent}": _measured(figure) for percent, figure in zip(PERCENTILES, figures, strict=True)}
            for stage, figures in report.latency.items()
        },
        "by_kind": {kind: {"questions": len(of.rows), "figures": _figures(of)} for kind, of in report.by_kind.items()},
        "rows": [_row(row) for row in report.rows],
    }


def keep(report: Report, made: About, places: Evaluation) -> None:
    """Write results.json and report.html, in place of those of the run before.

    Raises:
        ConfigError: they cannot be written.
    """
    write(places.results, json.dumps(results(report, made), indent=1, ensure_ascii=False) + "\n")
    write(places.report, render_html(report, made))


def save_baseline(report: Report, path: Path) -> None:
    """Write the little that a later run is held against: one line a question, with the scores of what is gated.

    Raises:
        ConfigError: the file cannot be written.
    """
    rows = [
        {
            "id": row.case.id,
            "asks": row.case.digest,
            "scores": {key: score for key, score in scores_of(row).items() if key in GATED},
        }
        for row in report.rows
    ]
    write(path, '{"rows": [\n' + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]}\n")


def write(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a file, readable by whom `mode` allows, so that a reader meets the old one or the new one, whole.

    Raises:
        ConfigError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            os.close(handle)
            Path(name).write_text(text, encoding="utf-8")
            Path(name).chmod(mode)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ConfigError(f"Cannot write {path}: {error}. Name another folder as evaluation.folder.") from error


def _figures(report: Report) -> dict[str, Any]:
    return {measure.key: {"name": measure.name, **_measured(report.figures[measure.key])} for measure in MEASURES}


def _measured(figure: Measured) -> dict[str, Any]:
    if isinstance(figure, Figure):
        return {
            "value": round(figure.value, 5),
            "interval": [round(figure.low, 5), round(figure.high, 5)],
            "n": figure.n,
        }
    return {"value": None, "not_scored": figure.because}


def _row(row: Row) -> dict[str, Any]:
    case, answer = row.case, row.answer
    return {
        "id": case.id,
        "asks": case.digest,
        "kind": case.kind,
        "split": case.split,
        "question": case.question,
        "asked": answer.asked,
        "right": row.right,
        "expected": {
            "answerable": case.answerable,
            "gold": [asdict(quote) for quote in case.gold],
            "needed": case.needed,
            "answers": case.answers,
        },
        "answered": answer.answered,
        "answer": answer.text,
        "short_answer": answer.short_answer,
        "confidence": answer.confidence,
        "refusal": answer.refusal,
        "closest": asdict(answer.closest) if answer.closest else None,
        "citations": [
            {**asdict(citation), "meets_gold": any(meet(citation, quote) for quote in case.gold)}
            for citation in answer.citations
        ],
        "evidence": [
            {
                "article_id": found.passage.article_id,
                "start": found.passage.start,
                "end": found.passage.end,
                "meets_gold": any(meet(found.passage, quote) for quote in case.gold),
            }
            for found in answer.evidence
        ],
        "timings_ms": dict(answer.trace.timings_ms),
        "scores": scores_of(row),
    }
