"""The pages: the chat, an article opened in it, and the last evaluation."""

import base64
import hashlib
import re

from flask import Blueprint, Response, g

from qa.types import Article
from web.current import current_config, current_qa
from web.rendering import render

_SHOWN_ARTICLES = 5
"""How many articles the first page names; the API lists all."""
_STYLE = re.compile(rb"<style>(.*?)</style>", re.DOTALL)

pages = Blueprint("pages", __name__)


@pages.get("/")
def chat() -> Response:
    """The conversation."""
    return _chat(200)


@pages.get("/articles/<article_id>")
def article(article_id: str) -> Response:
    """The same page: its script reads the address and opens the article at `?start=..&end=..`."""
    found = current_qa().article(article_id)
    return _chat(200 if found else 404, found)


def _chat(status: int, opened: Article | None = None) -> Response:
    qa, config = current_qa(), current_config()
    return render(
        "chat.html",
        status,
        script="main.js",
        suggestions=qa.suggestions,
        opened=opened,
        articles=qa.articles[:_SHOWN_ARTICLES],
        article_count=len(qa.articles),
        max_history_turns=config.server.max_history_turns,
        max_question_chars=config.server.max_question_chars,
        feedback=config.feedback.file is not None,
        evaluated=config.evaluation.report.is_file(),
    )


@pages.get("/evaluation")
def evaluation() -> Response:
    """The report of the last `qa evaluate`, or how to make one."""
    report = _report()
    if report is None:
        return render("evaluation.html", 404)
    digests = (base64.b64encode(hashlib.sha256(style).digest()).decode() for style in _STYLE.findall(report))
    g.styles = " ".join(f"'sha256-{digest}'" for digest in digests)
    return Response(report, mimetype="text/html")


def _report() -> bytes | None:
    """The report of the last evaluation, if there is a whole one."""
    try:
        report = current_config().evaluation.report.read_bytes()
    except OSError:
        return None
    return report if report.rstrip().endswith(b"</html>") and _STYLE.search(report) else None
