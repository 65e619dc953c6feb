"""Whole conversations exported, by the page's own modules."""

import re
import string
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote as percent_encoded

import pytest
from axetest import violations
from exporttest import (
    HERE,
    NASTY,
    as_parsed,
    call,
    conversation,
    exchange,
    facts_of,
    invented,
    letters,
    many,
    rendered,
    texts,
)
from hypothesis import given
from pagetest import WIDE
from playwright.sync_api import BrowserContext, Page, expect
from webtest import (
    DISAGREE,
    DOUBTED,
    HOSTILE,
    HOSTILE_QUESTION,
    JETS,
    NOTICE,
    WHERE,
    FakeQA,
    serving,
)

from qa.config import Config
from web import create_app

# A conversation as Markdown


def test_every_footnote_of_a_conversation_is_its_own(page: Page) -> None:
    given = conversation(*(exchange(page, question) for question in (WHERE, DISAGREE, JETS, HOSTILE_QUESTION)))
    quotes = [citation["quote"] for turn in given["exchanges"] for citation in turn["answer"]["citations"]]
    assert len(quotes) == 4
    markdown = call(page, "export", "conversationAsMarkdown", given, HERE)
    assert re.findall(r"^\[\^(\d+)\]:", markdown, re.MULTILINE) == ["1", "2", "3", "4"]
    notes = [item for item in facts_of(page, rendered(markdown))["items"] if "The passage in its article" in item]
    assert [re.search("“(.*)”", note, re.DOTALL).group(1) for note in notes] == quotes


@many
@given(text=texts, quote=texts)
def test_markdown_shows_hostile_words_as_they_are(page: Page, text: str, quote: str) -> None:
    _shown_in_markdown(page, text, quote)


@pytest.mark.parametrize("start", ["", "x", "\n"], ids=["first", "within", "on a new line"])
def test_markdown_shows_every_special_sign_as_it_is(page: Page, start: str) -> None:
    for sign in filter(str.strip, NASTY):
        _shown_in_markdown(page, f"{start}{sign}x", f"{start}{sign}")


def _shown_in_markdown(page: Page, text: str, quote: str) -> None:
    given = conversation(invented(text, quote), invented(text, quote))
    facts = facts_of(page, rendered(call(page, "export", "conversationAsMarkdown", given, HERE)))
    assert [as_parsed(f"“{quote}”") in note for note in facts["items"]] == [True, True]
    assert letters(facts["text"]).count(letters(text)) >= 8
    assert set(facts["tags"]) <= {"h1", "h2", "p", "strong", "a", "br", "sup", "hr", "section", "ol", "li"}
    assert set(facts["attributes"]) <= {"href", "id", "class"}
    here = f"{HERE}/articles/{percent_encoded(text, safe=string.ascii_letters + string.digits + '!*' + chr(39))}"
    links = {link for link in facts["addresses"] if not re.fullmatch(r"#fn(ref)?\d+(:\d+)?", link)}
    assert links == {f"{HERE}/", "https://x.example/%28a%29?c=%60*&lt;d", f"{here}?start=3&end=7"}


@many
@given(text=texts, quote=texts)
def test_a_copied_answer_in_markdown_shows_hostile_words_as_they_are(page: Page, text: str, quote: str) -> None:
    facts = facts_of(page, rendered(call(page, "export", "answerAsMarkdown", invented(text, quote), HERE)))
    assert [as_parsed(f"“{quote}”") in item for item in facts["items"]] == [True]
    assert set(facts["tags"]) <= {"p", "strong", "a", "br", "ol", "li"}
    assert len(facts["addresses"]) == 2


# A conversation as HTML


@many
@given(text=texts, quote=texts)
def test_html_shows_hostile_words_as_they_are(page: Page, complaints: list[str], text: str, quote: str) -> None:
    complaints.extend(
        ("Applying inline style", "style-src-elem by inline")
    )  # parsed here, it is held to the page's policy
    html = call(page, "export-html", "conversationAsHtml", conversation(invented(text, quote)), HERE)
    facts = facts_of(page, html)
    assert facts["quotes"] == [quote]
    assert facts["text"].count(text) >= 4
    allowed = "main h1 p a article h2 q bdi sup h3 ol li cite time blockquote"
    assert set(facts["tags"]) <= set(allowed.split())
    assert not [name for name in facts["attributes"] if name.startswith("on") or name in ("src", "style")]


@pytest.fixture
def exported(page: Page, context: BrowserContext, tmp_path: Path) -> Page:
    """A conversation with everything in it, as HTML, opened from a file."""
    questions = (WHERE, DOUBTED, DISAGREE, JETS, HOSTILE_QUESTION)
    given = conversation(*(exchange(page, question) for question in questions), invented(f"</style>{HOSTILE}", HOSTILE))
    file = tmp_path / "conversation.html"
    file.write_text(call(page, "export-html", "conversationAsHtml", given, HERE), encoding="utf-8", newline="")
    opened = context.new_page()
    opened.goto(file.as_uri())
    return opened


def test_the_html_file_needs_nothing_and_runs_nothing(exported: Page) -> None:
    assert exported.title() == WHERE
    assert exported.locator("script, img, link, iframe, object, a[href^=javascript]").count() == 0
    policy = exported.locator("meta[http-equiv=Content-Security-Policy]").get_attribute("content")
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    assert exported.evaluate("document.compatMode") == "CSS1Compat"
    assert exported.locator("html").get_attribute("lang") == "en"


def test_the_html_file_tells_everything_but_what_was_withheld(exported: Page) -> None:
    text = exported.locator("main").inner_text()
    assert exported.locator("h2").count() == 6
    for told in (NOTICE, "30 and 31 May 2024", "May 31, 2024", "The articles do not say.", "fighter", "Poland"):
        assert told in text
    assert "Madrid" not in text
    expect(exported.locator(".refusal blockquote")).to_contain_text("Allies considered creating a NATO headquarters")
    assert exported.locator(".refusal a[role=doc-noteref]").count() == 0
    cited = exported.locator("blockquote").first
    assert "/articles/" in (cited.get_attribute("cite") or "")
    assert cited.get_attribute("lang") == "en"


def test_footnotes_of_the_html_file_lead_there_and_back(exported: Page) -> None:
    assert exported.evaluate(
        "new Set([...document.querySelectorAll('[id]')].map((n) => n.id)).size"
    ) == exported.evaluate("document.querySelectorAll('[id]').length")
    marks = exported.locator("a[role=doc-noteref]")
    assert marks.count() == 6
    for i in range(marks.count()):
        mark = marks.nth(i)
        source = exported.locator(mark.get_attribute("href") or "")
        expect(source.locator("blockquote")).to_have_count(1)
        expect(source.locator(f"a[href='#{mark.get_attribute('id')}']")).to_have_count(1)
    assert marks.all_text_contents() == [f"[{n}]" for n in range(1, 7)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_html_file_hinders_nobody(exported: Page, scheme: str) -> None:
    exported.emulate_media(color_scheme=scheme)
    assert violations(exported) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_html_file_has_the_colours_of_the_page(exported: Page, page: Page, scheme: str) -> None:
    for tab in (page, exported):
        tab.emulate_media(color_scheme=scheme)
    ground, same = (tab.evaluate("getComputedStyle(document.body).backgroundColor") for tab in (page, exported))
    assert ground == same


def test_the_html_file_fits_a_small_phone_and_prints_black_on_white(exported: Page) -> None:
    exported.set_viewport_size({"width": 320, "height": 640})
    assert exported.evaluate("document.documentElement.scrollWidth") == 320
    exported.set_viewport_size(WIDE)
    exported.emulate_media(media="print", color_scheme="dark")
    assert exported.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


# In Czech


@pytest.fixture
def czech(context: BrowserContext, fake_qa: FakeQA) -> Iterator[Page]:
    with serving(create_app(fake_qa, Config(language="cs"))) as address:
        page = context.new_page()
        page.goto(address)
        yield page
        page.close()


def test_the_words_around_a_quote_are_in_the_language_of_the_page(czech: Page) -> None:
    given = {**invented("words", "words"), "question": "Kdo?"}
    assert "31. května 2024\n    „words“\n" in call(czech, "export", "answerAsText", given, HERE)
    html = call(czech, "export-html", "conversationAsHtml", conversation(given), HERE)
    assert '<html lang="cs">' in html
    assert re.search('<blockquote [^>]*lang="en"[^>]*>words</blockquote>', html)
    assert "Poznámka:" in html
