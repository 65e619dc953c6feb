"""What readers say about answers: the service appends it to a file of JSON lines, `qa evaluate --feedback` reads it.

A line holds what was asked and answered and what the reader thought of it, and nothing about the reader.
"""

import os
import threading
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from qa.errors import ConfigError, FeedbackError, FeedbackFull, FeedbackTooLong
from qa.types import Refusal, Turn

MAX_LINE_BYTES = 32_000
"""Of one rating with its conversation, so that a few cannot fill the file."""


class Reason(StrEnum):
    """Why an answer did not help."""

    WRONG_ANSWER = "wrong_answer"
    WRONG_QUOTE = "wrong_quote"
    """The quote does not say what the answer says."""
    INCOMPLETE = "incomplete"
    MISUNDERSTOOD = "misunderstood"
    """Something else was searched for than was meant."""
    SHOULD_REFUSE = "should_refuse"
    """The articles do not say what was asked."""
    SHOULD_ANSWER = "should_answer"
    """The articles do say it, and the question was refused."""


@dataclass(frozen=True, slots=True)
class Cited:
    """What an answer quoted, as its reader saw it. Whether the article still says so is checked when it is used."""

    article_id: str
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """What a reader said about an answer: one line of the file."""

    time: str
    """UTC, to the second."""
    answer_id: str
    index: str
    """Fingerprint of the index that the answer was made from."""
    question: str
    asked: str
    """The standalone question that was really searched."""
    history: tuple[Turn, ...]
    refusal: Refusal | None
    citations: tuple[Cited, ...]
    """Empty for a refusal."""
    helpful: bool
    reason: Reason | None
    """Why it was not helpful, if the reader chose a reason."""
    comment: str


_rating = TypeAdapter(Rating)
_appending = threading.Lock()


def append(rating: Rating, file: Path, max_mb: float) -> None:
    """Add a line to the file; threads may do so at the same time. The file and its folder are made if need be.

    Raises:
        FeedbackTooLong: the line would have more than `MAX_LINE_BYTES`.
        FeedbackFull: the file would be larger than `max_mb` million bytes.
        FeedbackError: it cannot be written.
    """
    line = _rating.dump_json(rating) + b"\n"
    if len(line) > MAX_LINE_BYTES:
        raise FeedbackTooLong(
            f"The feedback has {len(line) / 1000:.0f} kB with its question, its quotes and the conversation before it; "
            f"{MAX_LINE_BYTES / 1000:.0f} kB are allowed. Begin a new conversation and ask again."
        )
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with _appending, open(file, "a+b", buffering=0, opener=_private) as lines:
            size = lines.seek(0, os.SEEK_END)
            if size + len(line) > max_mb * 1e6:
                raise FeedbackFull(
                    f"The file of feedback has reached its {max_mb:g} MB (`feedback.max_mb`). Whoever runs the service "
                    "can move it away; a new one is then begun."
                )
            if size:
                lines.seek(-1, os.SEEK_END)
                if lines.read() != b"\n":  # half a line, from a disk that was full or a machine that stopped
                    line = b"\n" + line
            if lines.write(line) < len(line):
                raise FeedbackError("The file of feedback could be written only in part: the disk is full.")
    except OSError as error:
        raise FeedbackError(
            f"The file of feedback (`feedback.file`) cannot be written: {error.strerror}. Send it again when whoever "
            "runs the service has mended that."
        ) from error


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def read_ratings(file: Path) -> tuple[tuple[Rating, ...], int]:
    """Every rating of a file, of several of the same answer the last, and how many lines cannot be read.

    Raises:
        ConfigError: the file cannot be read at all.
    """
    try:
        lines = file.read_bytes().split(b"\n")
    except OSError as error:
        raise ConfigError(
            f"Cannot read the feedback in {file}: {error.strerror}. It is made when the first reader gives some; "
            "name another file with --feedback FILE."
        ) from error
    ratings: dict[str, Rating] = {}
    unreadable = 0
    for line in filter(None, lines):
        try:
            rating = _rating.validate_json(line)
        except ValidationError:
            unreadable += 1
        else:
            ratings.pop(rating.answer_id, None)  # so that the order is that of the last ratings
            ratings[rating.answer_id] = rating
    return tuple(ratings.values()), unreadable
