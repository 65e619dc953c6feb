"""Files of each kind: their title, their date, their source, and the text that is left."""

from pathlib import Path

import pytest
from ingesttest import only, read

from qa.ingest.header import iso_date

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
