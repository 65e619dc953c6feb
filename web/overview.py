"""What there is to ask about: the articles with their outlines, and a timeline of what they state. Needs no script."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil
from typing import Generic, TypeVar

from flask import Blueprint, Response, request

from qa.types import Statement
from web.current import current_config, current_qa
from web.locale import Locale, locale
from web.rendering import render

_ARTICLES = 20
"""On one page."""
_STATEMENTS = 50
_NAMES = 12
"""Shown of an article's people, places ... at once; the others on demand."""

_T = TypeVar("_T")

browse = Blueprint("browse", __name__)


@dataclass(frozen=True, slots=True)
class Page(Generic[_T]):
    """Some of many things: those of one page."""

    items: Sequence[_T]
    number: int
    count: int
    """Of pages; one even where there is nothing."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A year, a month or a date of the timeline, and how deep below the page's own heading it stands."""

    text: str
    level: int


@browse.get("/articles")
def articles() -> Response:
    """Every article: its digest, and whom and what it names."""
    qa = current_qa()
    page = _page(qa.articles, _ARTICLES)
    outlined = [(article, qa.outline(article.id)) for article in page.items] if page else []
    return render(
        "articles.html",
        200 if page else 404,
        "overview.js",
        page=page,
        outlined=outlined,
        total=len(qa.articles),
        shown=_NAMES,
    )


@browse.get("/timeline")
def timeline() -> Response:
    """Every dated statement of the articles, in the order of the calendar."""
    statements = current_qa().timeline()
    page = _page(statements, _STATEMENTS)
    said = locale(current_config().language)
    dated = list(_dated(page.items, said)) if page else []
    status = 200 if page else 404
    return render("timeline.html", status, "overview.js", page=page, dated=dated, total=len(statements))


def _page(items: Sequence[_T], size: int) -> Page[_T] | None:
    """The page that the address asks for, the first if it names none; None if there is no such page."""
    number, count = request.args.get("page", "1"), max(1, ceil(len(items) / size))
    if not (number.isascii() and number.isdigit() and len(number) < 10 and 1 <= int(number) <= count):
        return None
    return Page(items[(int(number) - 1) * size : int(number) * size], int(number), count)


def _dated(statements: Sequence[Statement], said: Locale) -> Iterator[tuple[list[Heading], list[Statement]]]:
    """Statements of the same date together, with those headings above them that the ones before did not have."""
    above: list[str] = []
    for (since, until), same in groupby(statements, key=lambda statement: (statement.since, statement.until)):
        parts = [said.dates(since[:length], since[:length]) for length in (4, 7) if length <= len(since)]
        path = list(dict.fromkeys([*parts, said.dates(since, until)]))
        known = next((at for at, text in enumerate(path) if above[at : at + 1] != [text]), len(path))
        yield [Heading(text, at + 2) for at, text in enumerate(path) if at >= known], list(same)
        above = path
