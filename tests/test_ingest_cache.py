"""What was read from a file is kept, and never outlives the file's content."""

import os
import sqlite3
import time
from pathlib import Path

import pytest

from qa.ingest import Collection, folder, read_folder


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files whose content was read."""
    found: list[Path] = []
    read = folder._content

    def watched(path: Path) -> bytes:
        found.append(path)
        return read(path)

    monkeypatch.setattr(folder, "_content", watched)
    return found


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    """Two articles that were written an hour ago."""
    made = tmp_path / "articles"
    made.mkdir()
    for name in ("a", "b"):
        write(made / f"{name}.txt", f"Title {name}\n\nThe bridge of {name} is old.")
    return made


def write(path: Path, text: str, seconds_ago: float = 3600) -> None:
    path.write_text(text)
    os.utime(path, (time.time() - seconds_ago,) * 2)


def read(articles: Path) -> Collection:
    return read_folder(articles, 5, articles.parent / "parsed.sqlite3")


def settle() -> None:
    """Let what was just written grow old enough to be believed."""
    time.sleep(2.1)


def test_only_what_changed_is_read_again(articles: Path, reads: list[Path]) -> None:
    settle()
    first = read(articles)
    reads.clear()
    assert read(articles) == first
    assert reads == []
    write(articles / "a.txt", "Title a\n\nThe bridge of a is new.")  # as long as before, and as old
    assert read(articles).articles[0].text == "The bridge of a is new."
    assert reads == [articles / "a.txt"]


def test_what_is_gone_is_forgotten_and_what_comes_back_is_read(articles: Path, reads: list[Path]) -> None:
    settle()
    read(articles)
    (articles / "b.txt").rename(articles.parent / "b.txt")
    assert len(read(articles).articles) == 1
    (articles.parent / "b.txt").rename(articles / "b.txt")
    reads.clear()
    assert len(read(articles).articles) == 2
    assert reads == [articles / "b.txt"]


def test_a_file_that_was_just_written_is_not_believed_to_stay(articles: Path, reads: list[Path]) -> None:
    read(articles)
    reads.clear()
    read(articles)
    assert len(reads) == 2


@pytest.mark.parametrize("damage", [b"", b"not a database " * 1000])
def test_a_damaged_cache_does_no_harm(articles: Path, damage: bytes) -> None:
    settle()
    first = read(articles)
    (articles.parent / "parsed.sqlite3").write_bytes(damage)
    assert read(articles) == first


def test_an_article_that_changed_in_the_cache_is_not_believed(articles: Path) -> None:
    settle()
    first = read(articles)
    with sqlite3.connect(articles.parent / "parsed.sqlite3") as table:
        table.execute("UPDATE parsed SET article = replace(article, 'old', 'new')")
    table.close()
    assert read(articles) == first
