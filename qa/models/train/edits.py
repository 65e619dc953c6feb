"""Parts of a text replaced, and where the new words are."""

from collections.abc import Iterable
from dataclasses import dataclass

Range = tuple[int, int]
"""A part of a text, by its offsets."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A part of a text, by its offsets, and what takes its place."""

    start: int
    end: int
    new: str


def apply(text: str, edits: Iterable[Edit]) -> tuple[str, list[Range]]:
    """The text with the edits made, and where in it the new words are."""
    ranges, moved = [], 0
    for edit in sorted(edits, key=lambda edit: edit.start):
        text = text[: edit.start + moved] + edit.new + text[edit.end + moved :]
        ranges.append((edit.start + moved, edit.start + moved + len(edit.new)))
        moved += len(edit.new) - (edit.end - edit.start)
    return text, ranges
