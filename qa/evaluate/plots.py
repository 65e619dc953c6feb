"""The report's plots, as SVG: no script, no style of their own; the page's CSS gives the classes their colours.

Drawn 360 wide, so that their text can still be read on a telephone.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from markupsafe import Markup

from qa.evaluate.figures import Figure, Measured

_WIDTH = 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 342, 10, 214
"""The square of a plot with two axes."""
_LABELS = 116
"""Where the rows of a plot with names begin."""
_VALUES = 272
"""Where they end, before the numbers."""
_ROW = 26
_BINS = 5
Point = tuple[float, float]


def strip(figure: Figure) -> Markup:
    """A value between 0 and 1 with its interval, small enough for a cell of a table."""
    low, high, at = (round(4 + 92 * part, 1) for part in (figure.low, figure.high, figure.value))
    return Markup(
        '<svg class="strip" viewBox="0 0 100 12" aria-hidden="true"><line class="grid" x1="4" x2="96" y1="6" y2="6"/>'
        '<line class="spread" x1="{}" x2="{}" y1="6" y2="6"/><circle class="dot" cx="{}" cy="6" r="3.5"/></svg>'
    ).format(low, high, at)


def risk_coverage(curve: Sequence[Point], operating: Point | None) -> Markup:
    """The share of wrong answers against the share of questions answered, and where the service stands."""
    line = " ".join(f"{_x(coverage)},{_y(risk)}" for coverage, risk in curve)
    body = _axes("share of questions answered", "share of answers wrong")
    body += Markup('<polyline class="curve" points="{}"/>').format(line)
    if operating:
        coverage, risk = operating
        side, anchor = (-9, "end") if coverage > 0.5 else (9, "start")
        body += Markup('<circle class="here" cx="{}" cy="{}" r="5"/>').format(_x(coverage), _y(risk))
        body += _text(_x(coverage) + side, _y(risk) - 9, f"the service: {risk:.0%} of {coverage:.0%}", anchor, "strong")
    return _svg(248, body, "Risk-coverage curve")


def reliability(outcomes: Sequence[tuple[float, bool]]) -> Markup:
    """How often what was said with a certain confidence is right; on the diagonal if the confidence can be believed.

    Args:
        outcomes: of each question, the confidence and whether it is right.
    """
    body = _axes("confidence", "share that is right")
    body += Markup('<line class="ideal" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(_x(0), _y(0), _x(1), _y(1))
    points = []
    for low in range(_BINS):
        inside = [(c, right) for c, right in outcomes if low <= min(c * _BINS, _BINS - 0.001) < low + 1]
        if inside:
            confidence, right = (sum(part) / len(inside) for part in zip(*inside, strict=True))
            points.append((_x(confidence), _y(right), len(inside)))
    for (x1, y1, _), (x2, y2, _) in pairwise(points):
        body += Markup('<line class="curve" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(x1, y1, x2, y2)
    for x, y, n in points:
        body += Markup('<circle class="dot" cx="{}" cy="{}" r="4"/>').format(x, y)
        body += _text(x + 8, y + 13, n, "start", "small")
    return _svg(248, body, "Reliability of the confidence")


def bars(kinds: Mapping[str, Measured]) -> Markup:
    """A bar with its interval for each kind of question; the figures are shares."""
    body = Markup()
    for i, (kind, figure) in enumerate(kinds.items()):
        y = i * _ROW + 15
        body += _text(_LABELS - 8, y + 4, kind, "end")
        if isinstance(figure, Figure):
            low, high, end = (_along(part, 1) for part in (figure.low, figure.high, figure.value))
            body += _bar("bar", y, end) + Markup('<line class="whisker" x1="{0}" x2="{1}" y1="{2}" y2="{2}"/>').format(
                low, high, y
            )
            body += _text(_VALUES + 8, y + 4, f"{figure.value:.0%} of {figure.n}")
    return _svg(len(kinds) * _ROW + 6, body, "Questions handled rightly, by kind")


def latency(stages: Mapping[str, Sequence[Measured]]) -> Markup:
    """Median, 95th and 99th percentile of each stage's time, in milliseconds."""
    timed = {stage: [figure.value for figure in of if isinstance(figure, Figure)] for stage, of in stages.items()}
    longest = max((max(times) for times in timed.values() if times), default=1.0) or 1.0
    body = Markup()
    for i, (stage, times) in enumerate(timed.items()):
        y = i * _ROW + 15
        body += _text(_LABELS - 8, y + 4, stage, "end")
        for shade, ms in zip(("light", "middle", "bar"), reversed(times), strict=False):
            body += _bar(shade, y, _along(ms, longest))
        body += _text(_VALUES + 8, y + 4, " · ".join(f"{ms:.0f}" for ms in times))
    return _svg(len(timed) * _ROW + 6, body, "Milliseconds by stage")


def _axes(across: str, up: str) -> Markup:
    body = Markup()
    for step in range(0, 101, 25):
        x, y = _x(step / 100), _y(step / 100)
        body += Markup('<line class="grid" x1="{}" x2="{}" y1="{y}" y2="{y}"/>').format(_LEFT, _RIGHT, y=y)
        body += _text(_LEFT - 6, y + 4, f"{step}%", "end", "small") + _text(
            x, _BOTTOM + 15, f"{step}%", "middle", "small"
        )
    body += _text((_LEFT + _RIGHT) / 2, _BOTTOM + 30, across, "middle", "small")
    turned = Markup('<text class="small" transform="translate(9 {}) rotate(-90)" text-anchor="middle">{}</text>')
    return body + turned.format((_TOP + _BOTTOM) / 2, up)


def _svg(height: int, body: Markup, label: str) -> Markup:
    return Markup('<svg class="plot" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        _WIDTH, height, label, body
    )


def _text(x: float, y: float, text: object, anchor: str = "start", kind: str = "label") -> Markup:
    return Markup('<text class="{}" x="{}" y="{}" text-anchor="{}">{}</text>').format(kind, x, y, anchor, text)


def _bar(kind: str, y: float, end: float) -> Markup:
    width = round(max(end - _LABELS, 1), 1)
    return Markup('<rect class="{}" x="{}" y="{}" width="{}" height="12" rx="2"/>').format(kind, _LABELS, y - 6, width)


def _along(value: float, most: float) -> float:
    return round(_LABELS + (_VALUES - _LABELS) * value / most, 1)


def _x(part: float) -> float:
    return round(_LEFT + (_RIGHT - _LEFT) * part, 1)


def _y(part: float) -> float:
    return round(_BOTTOM - (_BOTTOM - _TOP) * part, 1)
