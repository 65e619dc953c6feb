"""The three kinds of file that hold articles: bytes in, a draft of an article out.

Text is kept character by character. Markdown and HTML become plain text: one line for a paragraph, a heading, a list
item or a table row, and an empty line between blocks.
"""

import codecs
import html
import logging
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import yaml

from qa.ingest.header import Draft, iso_date, one_line, web_address

if TYPE_CHECKING:
    from markdown_it.token import Token

_CONTROL = re.compile(r"[\0-\x08\x0e-\x1f\x7f]")
_MOST_CONTROL = 0.1
"""Share of control characters above which a file is binary; text has none, or a few that were pasted along."""
_WINDOWS_PUNCTUATION = re.compile(rb"[\x00-\x7f\x85\x91-\x97\xa0]*")
"""Quotes, dashes, ellipsis and hard space: the same in every Windows code page, so no letter can come out wrong."""
_DECLARED_CHARSET = re.compile(rb"(?:charset|encoding)\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)

_MARKED_ARTICLE = re.compile(r"<(?:article|main)\b", re.IGNORECASE)
_LONG_TAG = re.compile(r"<[^<>]{5000,}")
_MOST_ATTRIBUTES = 2_000
"""Of one tag. The parser compares each with all before it: 20,000 take it seconds, and a file could hold a million."""
_SHORT_PAGE = 100
"""Characters below which trafilatura runs a page together into one line. Its default, 250, does so to short news."""

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # what it complains of, we report by the file's name


class UnusableFileError(Exception):
    """The file holds no article; the message is a sentence for whoever put it there."""


def read_text(raw: bytes) -> Draft:
    """A text file, exactly as it is but for its line ends."""
    return Draft(_decode(raw))


def read_markdown(raw: bytes) -> Draft:
    """A Markdown file with optional YAML front matter; a `# heading` above all text becomes the title."""
    from markdown_it import MarkdownIt  # here, because a folder of text files has no use for it

    source = _decode(raw)
    meta, source = _front_matter(source)
    tokens = MarkdownIt("commonmark").enable("table").parse(source)
    title = one_line(meta.get("title"))
    first = next((i for i, t in enumerate(tokens) if t.type == "inline" and _markdown_line(t).strip()), None)
    if first is not None and tokens[first - 1].tag == "h1":
        heading = one_line(_markdown_line(tokens[first]))
        if title is None or _same(title, heading):
            title = heading
            del tokens[first - 1 : first + 2]
    return Draft(
        text=_markdown_text(tokens),
        title=title,
        url=web_address(meta.get("source")) or web_address(meta.get("url")),
        published=iso_date(meta.get("date")) or iso_date(meta.get("published")),
    )


def read_html(raw: bytes) -> Draft:
    """A saved web page; trafilatura tells its article from what surrounds it."""
    from trafilatura import bare_extraction  # here, because it is slow to import and only HTML needs it
    from trafilatura.settings import Document, use_config

    settings = use_config()
    settings.set("DEFAULT", "MIN_EXTRACTED_SIZE", str(_SHORT_PAGE))
    markup = _decode(raw, _declared_charset)
    if any(len(tag.split()) > _MOST_ATTRIBUTES for tag in _LONG_TAG.findall(markup)):
        raise UnusableFileError("A tag of it has thousands of attributes. Save the page again, or its text as .txt.")
    page = bare_extraction(
        markup,
        include_comments=False,
        # Where the page does not say which part is the article, the cautious way loses its lists.
        favor_recall=_MARKED_ARTICLE.search(markup) is None,
        with_metadata=True,
        # The extensive search would take a date that the article merely mentions.
        date_extraction_params={"original_date": True, "extensive_search": False},
        config=settings,
    )
    if not isinstance(page, Document) or page.body is None:
        raise UnusableFileError("No article was found in this page. Save the article's own page, or its text as .txt.")
    text = _html_text(page.body)
    title = one_line(page.title)
    first, _, rest = text.partition("\n")
    if _same(first, title):
        text = rest
    return Draft(text, title, web_address(page.url), iso_date(page.date))


READERS: Mapping[str, Callable[[bytes], Draft]] = MappingProxyType(
    {".txt": read_text, ".md": read_markdown, ".html": read_html, ".htm": read_html}
)
"""What reads a file, by its suffix in lower case."""


def _decode(raw: bytes, fallback: Callable[[bytes], str | None] | None = None) -> str:
    utf16 = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = raw.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        if b"\0" in raw:
            raise UnusableFileError("It is a binary file under the name of a text file.") from error
        encoding = fallback(raw) if fallback else "cp1252" if _WINDOWS_PUNCTUATION.fullmatch(raw) else None
        if encoding is None:
            raise UnusableFileError("Its characters cannot be told: it is not UTF-8. Save it as UTF-8.") from error
        text = raw.decode(encoding, errors="replace")
    if "\0" in text or len(_CONTROL.findall(text)) > _MOST_CONTROL * len(text):
        raise UnusableFileError("It is a binary file under the name of a text file.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _declared_charset(raw: bytes) -> str:
    """What a page says of itself, or what browsers take it for."""
    found = _DECLARED_CHARSET.search(raw[:4096])
    try:
        return codecs.lookup(found.group(1).decode()).name if found else "cp1252"
    except LookupError:
        return "cp1252"


def _same(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one.casefold().split() == other.casefold().split()


def _front_matter(source: str) -> tuple[dict[Any, Any], str]:
    found = _FRONT_MATTER.match(source)
    if found is None:
        return {}, source
    try:
        meta = yaml.safe_load(found.group(1))
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date such as 2024-02-31
        message = "The block between its --- lines is not valid YAML. Put values that hold a colon in quotes."
        raise UnusableFileError(message) from error
    return (meta, source[found.end() :]) if isinstance(meta, dict) else ({}, source)


_MARKDOWN_BREAKS = {
    "heading_open": "\n\n", "blockquote_open": "\n\n", "hr": "\n\n", "table_open": "\n\n", "table_close": "\n\n",
    "bullet_list_open": "\n\n", "ordered_list_open": "\n\n", "list_item_open": "\n", "tr_open": "\n", "td_close": " | ",
    "th_close": " | ",
}  # fmt: skip


def _markdown_text(tokens: "list[Token]") -> str:
    parts = []
    for token in tokens:
        if token.type == "inline":
            parts.append(_markdown_line(token))
        elif token.type in ("fence", "code_block"):
            parts.append(f"\n\n{token.content}\n\n")
        elif token.type == "html_block":
            parts.append(f"\n\n{_tagless(token.content)}\n\n")
        elif token.type == "paragraph_open":
            parts.append("" if token.hidden else "\n\n")
        else:
            parts.append(_MARKDOWN_BREAKS.get(token.type, ""))
    return _tidy("".join(parts))


def _markdown_line(token: "Token") -> str:
    breaks = {"softbreak": " ", "hardbreak": "\n", "image": "", "html_inline": ""}
    return "".join(breaks.get(child.type, child.content) for child in token.children or ())


def _tagless(markup: str) -> str:
    """The text of HTML within Markdown; of a comment, a script or a style sheet nothing."""
    if re.match(r"\s*<(?:!--|script|style)", markup, re.IGNORECASE):
        return ""
    return html.unescape(re.sub(r"<[^<>]*>", "", markup))


_HTML_BREAKS = {
    "p": "\n\n", "head": "\n\n", "quote": "\n\n", "list": "\n\n", "table": "\n\n",
    "item": "\n", "row": "\n", "lb": "\n",
}  # fmt: skip


def _html_text(body: Any) -> str:
    """The text of trafilatura's tree. Its own plain text has no empty lines between paragraphs, and draws tables."""
    parts = ["\n"]

    def flow(text: str | None) -> None:
        spaced = re.sub(r"\s+", " ", text or "")
        if spaced := spaced.lstrip() if parts[-1].endswith("\n") else spaced:
            parts.append(spaced)

    def walk(element: Any) -> None:
        gap = _HTML_BREAKS.get(element.tag)
        if gap:
            parts.append(gap)
        flow(element.text)
        for child in element:
            walk(child)
            flow(child.tail)
        if gap == "\n\n":
            parts.append(gap)
        elif element.tag == "cell":
            parts.append(" | ")

    walk(body)
    return _tidy("".join(parts))


def _tidy(text: str) -> str:
    lines = (line.rstrip().removesuffix(" |") for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
