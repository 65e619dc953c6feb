"""The report for the terminal, and which floors a run falls below."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from textwrap import shorten

from qa.config import Evaluation
from qa.evaluate.about import About
from qa.evaluate.compare import Comparison
from qa.evaluate.figures import Figure, Measured
from qa.evaluate.measures import BY_KEY, GATED, MEASURES, Measure, Row
from qa.evaluate.run import PERCENTILES, Report
from qa.text import printable

_BY_KIND = ("hit_rate_at_5", "mrr", "answers_right", "token_f1", "citation_precision", "refusal_recall")
_FLOORS = ("answers_right", "refusal_recall", "hit_rate_at_5")
_NAMED = 8
"""How many questions of a sort are named; results.json names all."""


def render(report: Report, made: About) -> str:
    """The figures, each kind of question by itself, the latency, and the questions that went wrong."""
    wrong = [line for row in report.rows if (line := verdict(row))]
    heading = f"{made.asked} questions of {made.questions}, {made.mode}; {made.model}, index {made.index}"
    sections = [[heading], _headline(report), _kinds(report), _latency(report)]
    asked = [f"{row.case.id} ({row.case.kind}): {printable(row.case.question)}" for row in report.rows if verdict(row)]
    listed = [text for pair in zip(asked, wrong, strict=True) for text in (pair[0], f"    {pair[1]}")]
    return "\n\n".join("\n".join(lines) for lines in [*sections, listed or ["Nothing went wrong."]])


def failures(report: Report, floors: Evaluation | None) -> list[str]:
    """One sentence for each figure below its floor. What was not scored is no failure; a changed quote always is."""
    found = []
    for key in _FLOORS if floors else ():
        figure, floor = report.figures[key], getattr(floors, key)
        if isinstance(figure, Figure) and figure.value < floor:
            found.append(
                f"{BY_KEY[key].name} is {figure.value:.3f}, below its floor of {floor:g}; "
                f"lower `evaluation.{key}` only if that was meant."
            )
    quotes = report.figures["verbatim_quotes"]
    if isinstance(quotes, Figure) and quotes.value < 1:
        found.append("Not every quote is the article's exact text at its offsets; no setting allows that.")
    return found


def render_comparison(comparison: Comparison) -> str:
    """Old, new and difference of each figure, and the questions that changed sides."""
    rows = [("since the baseline", "before", "now", "change", "95 % interval", "")]
    for each in comparison.changes:
        gate = "a real drop" if each.dropped else "" if each.measure.key in GATED else "not gated"
        rows.append(
            (
                each.measure.name,
                value(each.old, each.measure),
                value(each.new, each.measure),
                value(each.difference, each.measure, sign=True),
                interval(each.difference, each.measure, sign=True),
                gate,
            )
        )
    lines = [*_table(rows), ""]
    for what, ids in (
        ("right before, wrong now", comparison.lost),
        ("wrong before, right now", comparison.won),
        ("new questions, not compared", comparison.added),
        ("not asked this time, not compared", comparison.removed),
        ("reworded, not compared", comparison.reworded),
    ):
        if ids:
            more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
            lines.append(f"{len(ids)} {what}: {', '.join(ids[:_NAMED])}{more}")
    if not comparison.lost and not comparison.won:
        lines.append(f"Each of the {comparison.questions} questions is as right or wrong as before.")
    return "\n".join(lines)


def drops(comparison: Comparison) -> list[str]:
    """One sentence for each figure that really dropped."""
    return [
        f"{each.measure.name} fell from {value(each.old, each.measure)} to {value(each.new, each.measure)} since the "
        "baseline, beyond chance; mend it, or save a new baseline if that was meant."
        for each in comparison.changes
        if each.dropped
    ]


def verdict(row: Row) -> str | None:
    """What went wrong with a question, None if nothing did."""
    answer = row.answer
    got = f'"{shorten(answer.short_answer or answer.text, 160)}" ({answer.confidence:.2f})'
    if not row.case.answerable and answer.answered:
        return f"the articles do not say, but answered {got}"
    if row.case.answerable and not answer.answered:
        return f"refused ({answer.confidence:.2f})"
    if not row.right:
        return f"too little gold cited, answered {got}"
    return f"the sentence is right, the short answer is not: {got}" if short_is_wrong(row) else None


def short_is_wrong(row: Row) -> bool:
    """Whether the short answer has not a word of the expected ones."""
    score = BY_KEY["token_f1"].score(row)
    return score is not None and score[0] == 0


def value(figure: Measured, of: Measure, sign: bool = False) -> str:
    """A figure's value as it is shown: in percent, with two digits after the point, or a dash."""
    return _number(figure.value, of, sign) if isinstance(figure, Figure) else "-"


def interval(figure: Measured, of: Measure, sign: bool = False) -> str:
    """A figure's 95 % interval, or why there is none."""
    if isinstance(figure, Figure):
        return f"{_number(figure.low, of, sign)} to {_number(figure.high, of, sign)}"
    return f"not scored: {figure.because}"


def _number(number: float, of: Measure, sign: bool) -> str:
    plus = "+" if sign else ""
    return f"{100 * number:{plus}.1f} %" if of.share else f"{number:{plus}.3f}"


def _headline(report: Report) -> list[str]:
    rows: list[tuple[str, ...]] = [("", "value", "95 % interval", "n")]
    missing = []
    for group, measures in groupby(MEASURES, key=lambda each: each.group):
        rows.append((group,))
        for each in measures:
            figure = report.figures[each.key]
            if isinstance(figure, Figure):
                rows.append((f"  {each.name}", value(figure, each), interval(figure, each), str(figure.n)))
            else:
                rows.append((f"  {each.name}", "-"))
                missing.append(f"{each.name} {interval(figure, each)}")
    return [*_table(rows), *missing]


def _kinds(report: Report) -> list[str]:
    measures = [BY_KEY[key] for key in _BY_KIND]
    rows = [("by kind", "n", *(each.name for each in measures), "p50 ms")]
    for kind, of in [*report.by_kind.items(), ("all", report)]:
        values = (value(of.figures[each.key], each) for each in measures)
        rows.append((kind, str(len(of.rows)), *values, _ms(of.latency["total"][0]) if "total" in of.latency else "-"))
    return _table(rows)


def _latency(report: Report) -> list[str]:
    rows = [("milliseconds", *(f"p{percent}" for percent in PERCENTILES), "95 % interval of p95", "n")]
    for stage, (median, high, highest) in report.latency.items():
        if isinstance(high, Figure):
            spread = f"{high.low:.1f} to {high.high:.1f}"
            rows.append((stage, _ms(median), _ms(high), _ms(highest), spread, str(high.n)))
    return _table(rows)


def _ms(figure: Measured) -> str:
    return f"{figure.value:.1f}" if isinstance(figure, Figure) else "-"


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of aligned columns, the first to the left, the others to the right, with a rule below the heading."""
    columns = max(map(len, rows))
    full = [[*row, *[""] * (columns - len(row))] for row in rows]
    widths = [max(map(len, column)) for column in zip(*full, strict=True)]

    def lines() -> Iterator[str]:
        for i, row in enumerate(full):
            yield "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip()
            if i == 0:
                yield "  ".join("-" * width for width in widths)

    return list(lines())
