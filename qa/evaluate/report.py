"""A report for the terminal, and which floors it falls below."""

from collections.abc import Sequence

from qa.config import Evaluation
from qa.evaluate.run import Report, Row, Summary

_COLUMNS = (
    ("hit@1", "hit_rate_at_1"),
    ("hit@5", "hit_rate_at_5"),
    ("MRR", "mrr"),
    ("answers right", "answers_right"),
    ("wrongly refused", "refusals_wrong"),
    ("citations precise", "citations_precise"),
    ("short EM", "exact_match"),
    ("short F1", "f1"),
    ("refusals right", "refusals_right"),
    ("verbatim", "quotes_verbatim"),
    ("p50 ms", "p50_ms"),
    ("p95 ms", "p95_ms"),
)
_HEAD_LINES = 2


def render(report: Report) -> str:
    """A table with a row for each kind of question, and below it the questions that went wrong."""
    kinds = [_cells(kind, summary) for kind, summary in report.by_kind.items()]
    table = _table([("questions", "n", *(head for head, _ in _COLUMNS)), *kinds, _cells("all", report.summary)])
    wrong = [line for row in report.rows if (line := _verdict(row))]
    return "\n".join([*table, "", *(wrong or ["Nothing went wrong."])])


def failures(report: Report, floors: Evaluation) -> list[str]:
    """One sentence for each measure below its floor. What was not scored is no failure; a changed quote always is."""
    summary = report.summary
    checks = [
        ("answers_right", summary.answers_right, floors.answers_right),
        ("refusals_right", summary.refusals_right, floors.refusals_right),
        ("hit_rate_at_5", summary.hit_rate_at_5, floors.hit_rate_at_5),
    ]
    found = [
        f"{name} is {value:.3f}, below its floor of {floor:g}; lower `evaluation.{name}` only if that was meant."
        for name, value, floor in checks
        if value is not None and value < floor
    ]
    if summary.quotes_verbatim is not None and summary.quotes_verbatim < 1:
        found.append("Not every quote is the article's exact text at its offsets; no setting allows that.")
    return found


def _cells(name: str, summary: Summary) -> tuple[str, ...]:
    values = (_cell(getattr(summary, field), field) for _, field in _COLUMNS)
    return (name, str(summary.answerable + summary.unanswerable), *values)


def _cell(value: float | None, field: str) -> str:
    if value is None:
        return "-"
    if field.endswith("_ms"):
        return f"{value:.0f}"
    return f"{value:.3f}" if field == "mrr" else f"{value:.1%}"


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of aligned columns: the first to the left, the others to the right, headings over two lines."""
    heads = [word.rsplit(" ", 1) if " " in word else ["", word] for word in rows[0]]
    lines = [[head[i] for head in heads] for i in range(_HEAD_LINES)] + [list(row) for row in rows[1:]]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rule = "  ".join("-" * width for width in widths)
    text = ["  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]).rstrip() for line in lines]
    return [*text[:_HEAD_LINES], rule, *text[_HEAD_LINES:-1], rule, text[-1]]


def _verdict(row: Row) -> str | None:
    """What went wrong with a question, None if nothing did."""
    got = f'"{row.short_answer or row.answer}" ({row.confidence:.2f})'
    if not row.answerable and row.answered:
        problem = f"the articles do not say, but answered {got}"
    elif row.answerable and not row.answered:
        problem = f"refused ({row.confidence:.2f})"
    elif not row.right:
        problem = f"too little gold cited, answered {got}"
    elif row.f1 == 0:
        problem = f"the sentence is right, the short answer is not: {got}"
    else:
        return None
    return f"{row.id} ({row.kind}): {row.question}\n    {problem}"
