"""Feedback as questions: what helped becomes a candidate, what did not is asked again."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import Any

import yaml

from qa.evaluate.run import Answers
from qa.feedback import Rating
from qa.index import Progress
from qa.text import printable
from qa.types import Answer, Article, Turn

_HEADING = """\
# What readers found helpful, by `qa evaluate --feedback`, which makes this file anew each time. Nobody has checked it:
# look through it, copy what is right into a file of your own, and ask that with `qa evaluate --questions FILE`.
# qa/evaluate/questions.yaml tells what the fields mean.

"""


class _Dumper(yaml.SafeDumper):
    """Escapes unusual line breaks and the like; PyYAML by itself writes some that it reads as other characters."""


_Dumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style=None if text.isprintable() else '"'
    ),
)


@dataclass(frozen=True, slots=True)
class Heard:
    """Ratings by what can be made of them."""

    candidates: tuple[Rating, ...]
    """Helpful, with every quote still in its article: these quotes are gold. Helpful refusals, which have no gold."""
    stale: tuple[Rating, ...]
    """Helpful then, but a quote is not found, exactly once, in its article now."""
    doubted: tuple[Rating, ...]
    """Not helpful. What would have been right is for a person to say."""


def hear(ratings: Sequence[Rating], articles: Sequence[Article]) -> Heard:
    """Sort ratings, oldest first, by what can be made of them with the articles as they are now."""
    titles = Counter(article.title for article in articles)
    texts = {article.id: article.text for article in articles if titles[article.title] == 1}
    latest: dict[tuple[str, tuple[Turn, ...]], Rating] = {}
    stale = []
    for rating in ratings:
        if rating.helpful and _stands(rating, texts):
            latest[rating.question, rating.history] = rating  # others may have asked the same: once is enough
        elif rating.helpful:
            stale.append(rating)
    return Heard(tuple(latest.values()), tuple(stale), tuple(rating for rating in ratings if not rating.helpful))


def _stands(rating: Rating, texts: Mapping[str, str]) -> bool:
    """Whether a file of questions can name as gold all that was cited: words that their article holds once."""
    if rating.refusal:
        return True
    return bool(rating.citations) and all(texts.get(c.article_id, "").count(c.quote) == 1 for c in rating.citations)


def as_questions(candidates: Sequence[Rating], articles: Sequence[Article]) -> str:
    """The candidates as a file that `load_cases` reads."""
    cited = {citation.article_id for rating in candidates for citation in rating.citations}
    content = {
        "articles": {article.id: article.title for article in articles if article.id in cited},
        "cases": [_question(rating) for rating in candidates],
    }
    return _HEADING + yaml.dump(content, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)


def _question(rating: Rating) -> dict[str, Any]:
    question: dict[str, Any] = {
        "id": rating.answer_id,
        "kind": "helpful refusal" if rating.refusal else "helpful answer",
        "split": "dev",
        "question": rating.question,
    }
    if history := [{"role": str(turn.role), "content": turn.text} for turn in rating.history if turn.text]:
        question["history"] = history
    for citation in rating.citations:
        quotes = question.setdefault("gold", {}).setdefault(citation.article_id, [])
        if citation.quote not in quotes:
            quotes.append(citation.quote)
    return question


def ask_again(qa: Answers, doubted: Sequence[Rating], progress: Progress) -> list[Answer]:
    """What is answered now, in the order of the ratings."""
    answers = []
    for rating in doubted:
        answers.append(qa.ask(rating.question, rating.history))
        progress(len(answers), len(doubted))
    return answers


def render_feedback(heard: Heard, unreadable: int, answers: Sequence[Answer]) -> str:
    """What came of the feedback, and for each answer that did not help: why, what it was, and what it is now."""
    lines = [
        f"{len(heard.candidates)} candidates: questions whose answer or refusal helped",
        f"{len(heard.stale)} stale: helped, but what they quote is not found, exactly once, in its article now",
    ]
    if unreadable:
        lines.append(f"{unreadable} lines of the file cannot be read")
    lines.append(f"{len(heard.doubted)} did not help; judge for yourself:")
    for rating, answer in zip(heard.doubted, answers, strict=True):
        why = ": ".join(filter(None, (rating.reason and rating.reason.replace("_", " "), printable(rating.comment))))
        then, now = _said(rating), _said(answer)
        lines += [
            "",
            printable(rating.question),
            f"    reader  {why or '(no reason given)'}",
            f"    then    {_shown(then)}",
            f"    now     {'the same' if now == then else _shown(now)}",
        ]
    return "\n".join(lines)


def _said(answer: Rating | Answer) -> list[str]:
    """What an answer came to: a refusal, or quotes."""
    return [f"refused ({answer.refusal})"] if answer.refusal else [citation.quote for citation in answer.citations]


def _shown(said: Sequence[str]) -> str:
    return " | ".join(shorten(printable(text), 200) for text in said)
