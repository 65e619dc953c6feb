"""What `qa bench` found, as a table for the terminal and as plots."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

_COLOURS = ("#8a5a00", "#2a6f97", "#7a3b69", "#4f772d")
_WIDTH, _HEIGHT = 420, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 390, 34, 218

Sizes = Mapping[str, Mapping[str, Any]]
Series = Mapping[str, Sequence[tuple[float, float]]]


def render(results: Mapping[str, Any]) -> str:
    """A row for each figure, a column for each size."""
    sizes: Sizes = results["sizes"]
    rows = [("passages", [f"{size['ingest']['passages']:,}" for size in sizes.values()])]
    for name, value in _FIGURES.items():
        rows.append((name, [value(size) for size in sizes.values()]))
    widths = [max(len(row[1][column]) for row in rows) for column in range(len(sizes))]
    head = max(len(name) for name, _ in rows)
    lines = []
    for name, values in rows:
        cells = "  ".join(value.rjust(width) for value, width in zip(values, widths, strict=True))
        lines.append(f"{name.ljust(head)}  {cells}")
    return "\n".join(lines)


def _ms(percentiles: Mapping[str, float]) -> str:
    return "/".join(f"{percentiles[key]:.0f}" for key in ("p50", "p95", "p99"))


def _scope_ratio(size: Mapping[str, Any], what: str) -> str:
    scopes = size["answer"]["scopes_ms"]
    worst = max(scope[what]["p50"] for name, scope in scopes.items() if name != "none")
    return f"{worst / scopes['none'][what]['p50']:.2f}"


def _clients(size: Mapping[str, Any], clients: int) -> str:
    load = next(load for load in size["serve"]["load"] if load["clients"] == clients)
    failed = sum(count for status, count in load["statuses"].items() if status >= "500")
    return f"{load['answers_per_s']:.1f}" + (f" ({failed} failed)" if failed else "")


_FIGURES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "tokens of each, at most": lambda size: f"{size['ingest']['chunk_tokens']}",
    "vectors": lambda size: f"{size['ingest']['sentences']:,}" + ("" if size["real"] else " synthetic"),
    "ingest, sentences/s": lambda size: f"{size['ingest']['sentences_per_s']:.0f}",
    "embedding alone, sentences/s": lambda size: f"{size['ingest']['raw_sentences_per_s']:.0f}",
    "index, MB": lambda size: f"{size['ingest']['index_mb']:.0f}",
    "words, MB": lambda size: f"{size['answer']['words_mb']:.0f}",
    "memory while ingesting, MB": lambda size: f"{size['ingest']['memory_mb']:.0f}",
    "memory while answering, MB": lambda size: f"{size['answer']['memory_mb']:.0f}",
    "second start, s": lambda size: f"{size['serve']['start_s']:.1f}",
    "answer, ms p50/p95/p99": lambda size: _ms(size["answer"]["answer_ms"]),
    "  inferences alone": lambda size: _ms(size["answer"]["inferences_ms"]),
    "  ratio of the medians": lambda size: f"{size['answer']['ratio_p50']:.2f}",
    "  search": lambda size: _ms(size["answer"]["stages_ms"]["search"]),
    "  read": lambda size: _ms(size["answer"]["stages_ms"]["read"]),
    "search in a scope, worst ratio": lambda size: _scope_ratio(size, "search"),
    "answer in a scope, worst ratio": lambda size: _scope_ratio(size, "answer"),
    "over HTTP, 1 client, ms": lambda size: _ms(size["serve"]["load"][0]["ms"]),
    "answers/s, 1 client": lambda size: _clients(size, 1),
    "answers/s, 4 clients": lambda size: _clients(size, 4),
    "answers/s, 8 clients": lambda size: _clients(size, 8),
}


def draw(results: Mapping[str, Any], folder: Path) -> None:
    """Write the plots as SVG files into a folder."""
    sizes: Sizes = results["sizes"]

    def series(**values: Any) -> Series:
        return {
            name.replace("_", " "): [(size["ingest"]["passages"], value(size)) for size in sizes.values()]
            for name, value in values.items()
        }

    plots = {
        "ingest": ("sentences a second", series(
            ingest=lambda s: s["ingest"]["sentences_per_s"],
            embedding_alone=lambda s: s["ingest"]["raw_sentences_per_s"],
        )),
        "answer": ("milliseconds", series(
            answer_p50=lambda s: s["answer"]["answer_ms"]["p50"], answer_p99=lambda s: s["answer"]["answer_ms"]["p99"],
            inferences_p50=lambda s: s["answer"]["inferences_ms"]["p50"],
            search_p50=lambda s: s["answer"]["stages_ms"]["search"]["p50"],
        )),
        "memory": ("MB", series(
            memory=lambda s: s["answer"]["memory_mb"], index_on_disk=lambda s: s["ingest"]["index_mb"],
            words_on_disk=lambda s: s["answer"]["words_mb"],
        )),
        "start": ("seconds", series(second_start=lambda s: s["serve"]["start_s"])),
    }  # fmt: skip
    for name, (unit, lines) in plots.items():
        (folder / f"{name}.svg").write_text(plot(unit, lines) + "\n", encoding="utf-8")
    load = {
        f"{int(size['ingest']['passages']):,} passages": [
            (one["clients"], one["answers_per_s"]) for one in size["serve"]["load"]
        ]
        for size in list(sizes.values())[-len(_COLOURS) :]
    }
    (folder / "load.svg").write_text(plot("answers a second", load, "clients") + "\n", encoding="utf-8")


def plot(unit: str, series: Series, across: str = "passages") -> Markup:
    """Lines on two logarithmic axes, self-contained, on a ground of its own so that it can be read in the dark, too."""
    points = [point for line in series.values() for point in line]
    (left, right), (low, high) = (_decades([point[axis] for point in points]) for axis in (0, 1))

    def x(value: float) -> float:
        return round(_LEFT + (_RIGHT - _LEFT) * (math.log10(value) - left) / (right - left), 1)

    def y(value: float) -> float:
        return round(_BOTTOM - (_BOTTOM - _TOP) * (math.log10(max(value, 10**low)) - low) / (high - low), 1)

    body = Markup()
    for power in range(left, right + 1):
        body += _line(x(10**power), _TOP, x(10**power), _BOTTOM) + _text(
            x(10**power), _BOTTOM + 16, f"{10**power:,}", "middle"
        )
    for power in range(low, high + 1):
        body += _line(_LEFT, y(10**power), _RIGHT, y(10**power)) + _text(
            _LEFT - 6, y(10**power) + 4, f"{10**power:,g}", "end"
        )
    body += _text((_LEFT + _RIGHT) / 2, _BOTTOM + 34, across, "middle") + _text(_LEFT, 12, unit, "start")
    for number, (name, line) in enumerate(series.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        path = " ".join(f"{x(a)},{y(b)}" for a, b in line)
        body += Markup('<polyline points="{}" fill="none" stroke="{}" stroke-width="2"/>').format(path, colour)
        for a, b in line:
            body += Markup('<circle cx="{}" cy="{}" r="3" fill="{}"/>').format(x(a), y(b), colour)
        body += _text(_LEFT + 92 * number, 26, name, "start", colour)
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" font-family="sans-serif" font-size="11">'
        '<rect width="{0}" height="{1}" fill="#fbfaf7"/>{2}</svg>'
    ).format(_WIDTH, _HEIGHT, body)


def _decades(values: Sequence[float]) -> tuple[int, int]:
    low, high = math.floor(math.log10(max(min(values), 0.01))), math.ceil(math.log10(max(*values, 0.1)))
    return low, max(high, low + 1)


def _line(x1: float, y1: float, x2: float, y2: float) -> Markup:
    return Markup('<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="#d9d4c8"/>').format(x1, y1, x2, y2)


def _text(x: float, y: float, text: str, anchor: str, colour: str = "#1f1c18") -> Markup:
    return Markup('<text x="{}" y="{}" text-anchor="{}" fill="{}">{}</text>').format(x, y, anchor, colour, text)
