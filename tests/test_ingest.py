"""Reading a folder: what becomes an article, what is left out and why."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ingesttest import LINES, only, read

from qa.errors import ArticlesError
from qa.ingest import read_folder

SEEDS = Path(__file__).parent.parent / "seeds"
GOOD = "A good article\n\nIt has a sentence.\n"


# The articles that come with the project


def test_seeds_keep_their_text_and_lose_the_page_around_it() -> None:
    collection = read_folder(SEEDS, 1)
    assert [a.title for a in collection.articles] == [
        "NATO Foreign Ministers Met at the Czernin Palace to Discuss How to Contain Russian Imperialism",
        "NATO Foreign Ministers Strengthen Alliance Unity and Support for Ukraine Ahead of Washington Summit",
    ]
    for article, path in zip(collection.articles, sorted(SEEDS.iterdir()), strict=True):
        gone = set(path.read_text().split("\n")) - set(article.text.split("\n"))
        assert gone - {"2025-11-08T044506.778Z.png"} == {
            article.title,
            "Leave a Reply",
            "Your email address will not be published. Required fields are marked *",
        }
        assert article.text in path.read_text(), "what is left is one untouched stretch of the file"


# What is left out


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.txt", b"", "empty"),
        ("a.md", b" \n\t\n", "empty"),
        ("a.txt", b"Leave a Reply\n", "furniture"),
        ("a.txt", b"GIF89a\0\0\x01", "binary"),
        ("a.md", b"\x01\x02\x03\x04text", "binary"),
        ("a.txt", b"\x80\x81\xfe", "UTF-8"),
        ("a.txt", b"x" * 1_000_001, "max_file_mb allows 1"),
        ("a.html", b"<html><body></body></html>", "No article"),
        ("a.html", b"just words", "No article"),
        ("a.md", b"---\ntitle: a: b\n---\nText.", "YAML"),
        ("a.md", b"---\n" + b"[ " * 5000 + b"\n---\nText.", "RecursionError"),
    ],
)
def test_bad_file_is_skipped_by_name_and_reason(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str, content: bytes, reason: str
) -> None:
    collection = read(tmp_path, {"good.txt": GOOD, f"sub/{name}": content})
    (skipped,) = collection.skipped
    assert skipped.path == f"sub/{name}"
    assert reason in skipped.reason
    assert f"sub/{name}: {skipped.reason}" in caplog.text
    assert [a.title for a in collection.articles] == ["A good article"]


def test_links_and_pipes_neither_hang_nor_lead_elsewhere(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    read(outside, {"linked.txt": "Linked\n\nText."})
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "file.txt").symlink_to(outside / "linked.txt")
    (folder / "elsewhere").symlink_to(outside)
    (folder / "up").symlink_to(folder)
    (folder / "loop.txt").symlink_to("loop.txt")
    (folder / "broken.txt").symlink_to("missing.txt")
    os.mkfifo(folder / "pipe.txt")
    collection = read_folder(folder, 1)
    assert [a.title for a in collection.articles] == ["Linked"]
    assert [s.path for s in collection.skipped] == ["broken.txt", "elsewhere", "loop.txt", "pipe.txt", "up"]


@contextmanager
def ordinary_user() -> Iterator[None]:
    """Root may read everything, so that root's tests become somebody else for a moment."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


def test_unreadable_file_and_folder_are_skipped() -> None:
    with tempfile.TemporaryDirectory() as name:  # not tmp_path, whose parents are closed to others
        folder = Path(name)
        folder.chmod(0o755)
        read(folder, {"good.txt": GOOD, "secret.txt": GOOD, "closed/a.txt": GOOD})
        (folder / "secret.txt").chmod(0)
        (folder / "closed").chmod(0)
        with ordinary_user():
            skipped = read_folder(folder, 1).skipped
        (folder / "closed").chmod(0o700)
    assert [s.path for s in skipped] == ["closed", "secret.txt"]
    assert all("Permission denied" in s.reason for s in skipped)


def test_hidden_and_foreign_files_are_ignored_silently(tmp_path: Path) -> None:
    collection = read(
        tmp_path, {"good.txt": GOOD, ".git/a.txt": GOOD, ".DS_Store": b"\0", "a.pdf": b"\0", "b.txt~": ""}
    )
    assert (len(collection.articles), collection.skipped, collection.duplicates) == (1, (), ())


def test_identical_articles_are_kept_once(tmp_path: Path) -> None:
    copy = GOOD.replace("\n", "\r\n") + "\r\nLeave a Reply"
    collection = read(tmp_path, {"b.txt": GOOD, "a/x.txt": copy, "c.txt": GOOD + "More."})
    assert [a.id.rpartition("-")[0] for a in collection.articles] == ["a-x", "c"]
    assert collection.duplicates == (("b.txt", "a/x.txt"),)


@pytest.mark.parametrize("missing", ["folder", "is a file", "empty", "nothing readable"])
def test_no_article_at_all_is_an_error_with_its_remedy(tmp_path: Path, missing: str) -> None:
    folder = tmp_path / "articles"
    if missing == "is a file":
        folder.write_text("")
    elif missing != "folder":
        folder.mkdir()
    if missing == "nothing readable":
        (folder / "bad.txt").write_bytes(b"")
    with pytest.raises(ArticlesError, match=r"articles\.folder in config\.yaml") as caught:
        read_folder(folder, 1)
    assert str(folder) in str(caught.value)
    assert ("bad.txt: It is empty." in str(caught.value)) == (missing == "nothing readable")


# Ids


def test_id_stays_when_other_files_come(tmp_path: Path) -> None:
    before = only(tmp_path, "Prague talks (2024).txt", GOOD)
    after = read(tmp_path, {"prague-talks-2024.txt": "B\n\nText.", "0.md": "# A\n\nText."}).articles
    assert before in after
    assert before.id.startswith("prague-talks-2024-")
    assert len({a.id for a in after}) == 3


NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=12)


@settings(max_examples=40, deadline=None)
@given(st.sets(NAMES.filter(lambda name: not name.startswith(".")), min_size=1, max_size=6))
def test_ids_are_unique_and_fit_for_a_url(names: set[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        articles = read(Path(folder), {f"{name}.txt": f"T\n\nText of {name!r}." for name in names}).articles
    assert len({a.id for a in articles}) == len(names)
    assert all(a.id.replace("-", "").isalnum() and a.id.isascii() for a in articles)


@pytest.mark.skipif(os.name != "posix", reason="only there a name can be any bytes")
def test_file_name_that_is_not_unicode(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt")).write_text("Only one line")
    (article,) = read_folder(tmp_path, 1).articles
    assert article.title == "caf\N{REPLACEMENT CHARACTER}"


# Anything at all


SOUP = st.lists(
    st.sampled_from(
        ["<p>", "</p>", "<table><tr><td>", "<!--", "&#0;", "---\n", "title: ", "# ", "- ", "|", "\0", "é", "\n"]
    )
    | st.text(max_size=30),
    max_size=25,
).map(lambda parts: "".join(parts).encode())


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300) | SOUP, st.sampled_from([".txt", ".md", ".html"]))
def test_no_content_ends_the_run(content: bytes, suffix: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        collection = read(Path(folder), {"good.txt": GOOD, f"any{suffix}": content})
    assert len(collection.articles) + len(collection.skipped) + len(collection.duplicates) == 2
    for article in collection.articles:
        assert article.title.strip()
        assert article.text.strip()
        f"{article.title}{article.text}{article.url}".encode()


@settings(max_examples=100, deadline=None)
@given(LINES)
def test_every_line_of_a_text_article_is_a_line_of_its_file(content: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        collection = read(Path(folder), {"good.txt": GOOD, "any.txt": content})
    lines = set(content.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\N{BOM}").split("\n"))
    for article in collection.articles:
        assert article.text == "It has a sentence." or set(article.text.split("\n")) <= lines | {""}
