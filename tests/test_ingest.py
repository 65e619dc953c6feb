"""Reading a folder: what becomes an article, what is left out and why."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.errors import ArticlesError
from qa.ingest import Collection, read_folder
from qa.ingest.furniture import RULES, clean
from qa.ingest.header import iso_date
from qa.types import Article

SEEDS = Path(__file__).parent.parent / "seeds"
GOOD = "A good article\n\nIt has a sentence.\n"
PAGE = """<html><head><title>Big event | The Daily Site</title><link rel="canonical" href="https://x.org/big">
<meta property="article:published_time" content="2024-05-31T10:00:00Z"></head><body><nav><a href="/">Home</a></nav>
<article><h1>Big event</h1><p>The first paragraph tells of 1 May 2001 in <b>bold</b> and with a <a href="/">link</a>,
over two lines.</p><p>The second paragraph is long enough for an article of its own, or so we hope.</p>
<ul><li>One item</li><li>Another item</li></ul><table><tr><td>Poland</td><td>5</td></tr></table>
<p>Share this:</p><ul><li>Facebook</li><li>Twitter</li></ul></article>
<div id="comments"><h3>Leave a Reply</h3><p>Required fields are marked *</p></div></body></html>"""
MARKDOWN = """---
title: Big event
date: 2024-05-31
source: https://x.org/big
---
![logo](logo.png)

# Big event

One *soft*
line with a [link](https://y.org), `code` &amp; more.

## Part

- one
- two

| Country | Jets |
|---|---|
| Poland | 5 |

<p align="center">centred</p>

<!-- a comment -->
"""


def read(folder: Path, files: dict[str, str | bytes], max_file_mb: float = 1) -> Collection:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_folder(folder, max_file_mb)


def only(folder: Path, name: str, content: str | bytes) -> Article:
    (article,) = read(folder, {name: content}).articles
    return article


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


# Text


@pytest.mark.parametrize(
    ("content", "title", "text"),
    [
        ("The title\n\nText.", "The title", "Text."),
        ("The title\nText on the next line.", "The title", "Text on the next line."),
        ("Will they meet?\n\nThey met.", "Will they meet?", "They met."),
        ("Headline: The title\nDate: 2024-05-31\n\nText.", "The title", "Text."),
        ("A first sentence.\n\nA second one.", "the file", "A first sentence.\n\nA second one."),
        ("Only one line", "the file", "Only one line"),
        ("x" * 201 + "\n\nText.", "the file", "x" * 201 + "\n\nText."),
        (
            wrapped := "NATO diplomatic chiefs met for informal talks in Prague on 30 and\n31 May 2024.",
            "the file",
            wrapped,
        ),
    ],
)
def test_title_is_the_first_line_when_that_is_no_sentence(tmp_path: Path, content: str, title: str, text: str) -> None:
    article = only(tmp_path, "the_file.txt", content)
    assert (article.title, article.text) == (title, text)


@pytest.mark.parametrize(
    "header",
    [
        "The title\n\nPublished: 31 May 2024\nSource: https://x.org/a\n\n",
        "Date: May 31st, 2024, 5:30 PM EDT\nhttps://x.org/a\n\nThe title\n\n",
        "The title\nURL: <https://x.org/a>\nFriday, 31 May 2024\nUpdated: 2 June 2024\n\n",
    ],
)
def test_date_and_source_around_the_title_leave_the_text(tmp_path: Path, header: str) -> None:
    article = only(tmp_path, "a.txt", header + "On 1 June 2024 they met.\n\n31 May 2023\n")
    assert (article.title, article.published, article.url) == ("The title", "2024-05-31", "https://x.org/a")
    assert article.text == "On 1 June 2024 they met.\n\n31 May 2023"


def test_byline_stays_and_does_not_hide_the_date_below(tmp_path: Path) -> None:
    article = only(tmp_path, "a.txt", "The title\n\nBy Jane Doe\n31 May 2024\n\nText.")
    assert (article.text, article.published) == ("By Jane Doe\n\nText.", "2024-05-31")


@pytest.mark.parametrize(
    "value", ["05/06/2024", "2024", "May 2024", "31 February 2024", "in 31 May 2024", "", None, 2024]
)
def test_doubtful_dates_are_none(value: object) -> None:
    assert iso_date(value) is None


@pytest.mark.parametrize(
    "raw",
    [
        "Title\r\n\r\n“Text” – é".encode(),
        "Title\n\n“Text” – é".encode("utf-8-sig"),
        "Title\n\n“Text” – é".encode("utf-16"),
        "Title\r\r“Text” – é".encode(),
    ],
)
def test_unicode_files_read_the_same(tmp_path: Path, raw: bytes) -> None:
    assert only(tmp_path, "a.txt", raw).text == "“Text” – é"


def test_legacy_windows_file_is_read_only_where_no_letter_is_in_doubt(tmp_path: Path) -> None:
    assert only(tmp_path, "quotes.txt", "Title\n\n“Yes” – it’s so".encode("cp1252")).text == "“Yes” – it’s so"
    (skipped,) = read(tmp_path, {"letters.txt": "Title\n\nPříběh".encode("cp1250")}).skipped
    assert skipped.path == "letters.txt"
    assert "Save it as UTF-8" in skipped.reason


# Markdown and HTML


def test_markdown_becomes_plain_text(tmp_path: Path) -> None:
    article = only(tmp_path, "a.md", MARKDOWN)
    assert (article.title, article.published, article.url) == ("Big event", "2024-05-31", "https://x.org/big")
    assert article.text == (
        "One soft line with a link, code & more.\n\nPart\n\none\ntwo\n\nCountry | Jets\nPoland | 5\n\ncentred"
    )


def test_markdown_without_front_matter_has_its_heading_as_title(tmp_path: Path) -> None:
    article = only(tmp_path, "a.md", "# The *title*\n\nSource: <https://x.org/a>\n\nText.")
    assert (article.title, article.url, article.text) == ("The title", "https://x.org/a", "Text.")


def test_heading_further_down_is_no_title(tmp_path: Path) -> None:
    article = only(tmp_path, "a.md", "Text comes first.\n\n# Part\n\nMore text.")
    assert (article.title, article.text) == ("a", "Text comes first.\n\nPart\n\nMore text.")


def test_html_gives_the_article_without_the_page(tmp_path: Path) -> None:
    article = only(tmp_path, "a.HTML", PAGE)
    assert (article.title, article.published, article.url) == ("Big event", "2024-05-31", "https://x.org/big")
    assert article.text == (
        "The first paragraph tells of 1 May 2001 in bold and with a link, over two lines.\n\n"
        "The second paragraph is long enough for an article of its own, or so we hope.\n\n"
        "One item\nAnother item\n\nPoland | 5"
    )


def test_html_without_an_article_element_keeps_its_lists(tmp_path: Path) -> None:
    page = PAGE.replace("article>", "div>")
    assert "One item\nAnother item" in only(tmp_path, "a.html", page).text


def test_html_in_a_declared_charset(tmp_path: Path) -> None:
    page = PAGE.replace("<head>", '<head><meta charset="windows-1250">').replace("second paragraph", "příběh")
    assert "The příběh is long enough" in only(tmp_path, "a.htm", page.encode("cp1250")).text


def test_source_that_is_no_web_address_is_not_taken(tmp_path: Path) -> None:
    assert only(tmp_path, "a.md", "---\ntitle: T\nurl: javascript:alert(1)\n---\nText.").url is None


# Furniture


@pytest.mark.parametrize(
    "line",
    [
        "Leave a Reply", "LEAVE A REPLY", "Required fields are marked *", "Post Comment", "Comment *", "12 Comments",
        "Save my name, email, and website in this browser for the next time I comment.", "Comments are closed.",
        "2025-11-08T044506.778Z.png", "Screenshot 2024-05-31 at 10.00.15.png", "https://x.org/a.jpg?w=300",
        "Share this:", "Share on Facebook", "Tweet", "Facebook Twitter LinkedIn Email", "Like this:", "Like Loading...",
        "Click to share on X (Opens in new window)", "We use cookies to improve your experience.", "Accept all cookies",
        "By continuing to use this site, you agree to our use of cookies.", "Subscribe to our newsletter", "Loading…",
        "Sign up for our free weekly newsletter!", "Advertisement", "Read more: Talks in Prague", "Related posts",
        "Skip to content", "Tags: NATO, Ukraine", "© 2024 The Daily Site. All rights reserved.", "All rights reserved",
    ],
)  # fmt: skip
def test_furniture_goes(line: str) -> None:
    assert clean(f"One.\n\n  {line}\n\nTwo.") == "One.\n\nTwo."


@pytest.mark.parametrize(
    "line",
    [
        "Comments", "Facebook", "More", "Name", "Accept", "No comment",
        "Leave a reply on his desk, she said.", "We use cookies “to lure them”, said the baker.",
        "The advertisement was withdrawn.", "He called the file cover.png.", "Read more books, the minister said.",
        "Share prices fell on Friday.", "Copyright law was discussed at the meeting.", "(c) the parties shall confer;",
        "Related posts were left vacant.", "Tweets by the minister caused a stir.", "By using force you lose.",
        "Follow us, they said. And they did.", "Subscribe to our values, he urged the allies.",
    ],
)  # fmt: skip
def test_an_articles_own_line_stays(line: str) -> None:
    assert clean(f"One.\n{line}\n\n\nTwo.") == f"One.\n{line}\n\n\nTwo."


def test_doubtful_lines_go_right_below_furniture_only() -> None:
    text = "Facebook\n\nThe firm was fined.\n\nShare this:\nFacebook\nX\n\nIt will appeal.\nComments"
    assert clean(text) == "Facebook\n\nThe firm was fined.\n\nIt will appeal.\nComments"


def test_text_below_a_comment_form_stays() -> None:
    assert clean("One.\n\nLeave a Reply\n\nName *\nWebsite\nPost Comment\n\nTwo.") == "One.\n\nTwo."


FURNITURE = ["Leave a Reply", "Share this:", "Facebook", "Comments", "x.png", "Tags: a", "", " ", "\t"]
LINES = st.lists(st.sampled_from(FURNITURE) | st.text(max_size=20), max_size=12).map("\n".join)


@given(LINES)
def test_cleaning_is_idempotent_and_invents_no_line(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert set(cleaned.split("\n")) <= {*text.split("\n"), ""}


def test_every_rule_has_a_reason() -> None:
    assert all(rule.reason and rule.pattern for rule in RULES)


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
